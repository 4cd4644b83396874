"""What the handlers share: addresses, credentials, lenient bodies, limits, and documentation."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from menagerie.core import credentials, images, labelling, visibility, words
from menagerie.core.images import Image
from menagerie.core.visibility import State
from menagerie.core.words import Word
from menagerie.dialects.imagemonkey import shapes
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import SESSION_COOKIE, Call
from menagerie.http.parameters import Malformed, Tree, refuse_nul, whole_number
from menagerie.http.routing import Outcome, Parameter
from menagerie.library import ANONYMOUS, Actor, Library, Tx
from menagerie.settings import Settings
from menagerie.storage.schema import Role

MACHINE = Actor(role=Role.ADMIN, name="machine")
"""Programs of the operator's, that review donations."""

MOST_FINGERPRINT = 200


# Addresses.


def prefix_of(settings: Settings) -> str:
    """Return the path in front of the whole dialect, without a slash at its end."""
    prefix = settings.text("imagemonkey_prefix").strip("/")
    return f"/{prefix}" if prefix else ""


def paths(library: Library, *tails: str) -> tuple[str, ...]:
    """Return the full paths of routes: `/v1/label` and the like behind our prefix."""
    return tuple(prefix_of(library.settings) + tail for tail in tails)


def relative_url(call: Call, key: str) -> str:
    """Return where an image's bytes are, from the root of the site: `/donations/<uuid>`."""
    return f"{prefix_of(call.library.settings)}/donations/{key}"


def public_url(call: Call, key: str) -> str:
    """Return the whole address of an image's bytes, as later versions of the API answer it."""
    return f"{call.base_url}{prefix_of(call.library.settings)}/v1/donation/{key}"


# Images and words.


def image_of(tx: Tx, text: str) -> int:
    """Return the id of the image a UUID names; raises NotFound, also for others while locked."""
    image_id = images.id_of_key(tx, text)
    visibility.require_workable(tx, image_id)
    return image_id


def open_image(tx: Tx, image_id: int) -> Image:
    """Return an image that may be shown here to whoever asks; raises NotFound."""
    image = images.get(tx, image_id)
    if not visibility.may_work_on(tx.actor, image):
        raise NotFound
    return image


def require_there(image: Image) -> None:
    """Let pass unless an image was removed or merged; raises NotFound, also for moderators."""
    if visibility.state(image) not in {State.VISIBLE, State.PENDING}:
        raise NotFound


def is_unlocked(image: Image) -> bool:
    """Tell whether everybody sees the image."""
    return visibility.is_searchable(image)


def picture(call: Call, image: Image) -> shapes.PictureShape:
    """Return an image as other answers hold it."""
    return shapes.picture(image, public_url(call, image.key), unlocked=is_unlocked(image))


def word_of(tx: Tx, label: str, sublabel: str = "") -> Word:
    """Return the word a client names; raises Invalid (`label`) that names what is near."""
    found = labelling.find_word(tx, label, sublabel)
    if found is None:
        raise Invalid({"label": [unknown_label(tx, label, sublabel)]})
    return found


def unknown_label(tx: Tx, label: str, sublabel: str = "") -> str:
    """Return what to say about a word that is not in the vocabulary."""
    text = f'"{sublabel + "/" if sublabel else ""}{label}" is an unknown label'
    near = words.vocabulary(tx).near(label)
    return f"{text}; did you mean {', '.join(near)}?" if near else text


# Who calls.


def _secrets(call: Call) -> tuple[str, str]:
    """Return the access token and the API token that were sent, empty when they were not."""
    scheme, _, bearer = call.headers.get("authorization", "").strip().partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    return token, call.headers.get("x-api-token", "").strip()


def identify(call: Call) -> Actor:
    """Return who calls, by bearer token, else by API token, else nobody known.

    Unknown tokens are nobody's; what needs known ones says so by `require_known`. Raises Forbidden
    for a closed account, except for reading.
    """
    return _identified(call, *_secrets(call))


def identify_viewer(call: Call) -> Actor:
    """Return who wants a file: also by `?token=`, or by the session of the web face."""
    bearer, key = _secrets(call)
    bearer = bearer or call.text("token").strip() or call.cookies.get(SESSION_COOKIE, "")
    return _identified(call, bearer, key)


def _identified(call: Call, bearer: str, key: str) -> Actor:
    reads = call.method in {"GET", "HEAD"}
    found = None
    if bearer or key:
        try:
            with call.library.reading(ANONYMOUS) as tx:
                found = credentials.actor_for_session(tx, bearer)
                found = found or credentials.actor_for_key(tx, bearer)
                found = found or credentials.actor_for_key(tx, key)
        except Forbidden:
            if not reads:
                raise
    fingerprint = call.headers.get("x-browser-fingerprint", "").strip()[:MOST_FINGERPRINT] or None
    # Only what changes something is bound by bans of addresses.
    address = "" if reads else call.address
    return msgspec.structs.replace(found or ANONYMOUS, address=address, fingerprint=fingerprint)


def require_known(call: Call) -> None:
    """Let pass unless a token was sent that nobody has; raises Unauthenticated."""
    if any(_secrets(call)) and not call.actor.is_signed_in:
        raise Unauthenticated("The token is not known, has expired or was revoked.")


def signed_in(call: Call) -> Call:
    """Return the call of an account. Raises Unauthenticated."""
    if not call.actor.is_signed_in:
        raise Unauthenticated
    return call


def own_name(call: Call, name: str = "username") -> str:
    """Return the caller's name, which the path must have too.

    Raises Unauthenticated for nobody, Forbidden for anybody else.
    """
    if call.text(name).lower() != signed_in(call).actor.name.lower():
        raise Forbidden
    return call.actor.name


def moderates(call: Call) -> bool:
    """Tell whether a moderator calls and says so by `X-Moderation: true`."""
    asked = call.headers.get("x-moderation", "").strip().lower() == "true"
    return asked and call.actor.is_moderator


def require_machine(call: Call) -> Actor:
    """Return the actor of a program that knows the machines' secret; raises Unauthenticated."""
    settings = call.library.settings
    given = (call.headers.get("x-client-id", ""), call.headers.get("x-client-secret", ""))
    expected = (settings.machine_id, settings.machine_secret)
    pairs = zip(given, expected, strict=True)
    # Both are compared, so that the time tells nothing.
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs]
    if not settings.machine_secret or not all(matches):
        raise Unauthenticated("The client id or its secret is wrong.")
    return msgspec.structs.replace(MACHINE, address=call.address)


def weight(call: Call) -> int:
    """Return how many verdicts the caller's counts as: more than one if a moderator asks so."""
    return call.library.settings.moderator_weight if moderates(call) else 1


def crowd_limit(call: Call, count: int = 1) -> None:
    """Count `count` contributions of somebody without an account; raises RateLimited."""
    for _ in range(count):
        call.limit_crowd()


# What is sent.


def sent_json(call: Call) -> Any:
    """Return the body as JSON whatever it says it is; None without one. Raises Malformed.

    Quirk: some clients, and `curl -d`, send JSON as a form or without a type (spec 5.5).
    """
    if call.body is None or not call.body.raw.strip():
        return None
    value = call.body.json
    if value is None:
        try:
            value = msgspec.json.decode(call.body.raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed("the body is not JSON") from error
    refuse_nul(value)
    return value


def sent_object(call: Call) -> Tree:
    """Return the JSON object that was sent. Raises Malformed, or Invalid (`body`)."""
    value = sent_json(call)
    if value is None:
        raise Malformed("the body is empty; a JSON object is needed")
    if not isinstance(value, dict):
        raise Invalid({"body": ["must be a JSON object"]})
    return value


def sent_list(call: Call) -> list[Any]:
    """Return the JSON array that was sent. Raises Malformed, or Invalid (`body`)."""
    value = sent_json(call)
    if value is None:
        raise Malformed("the body is empty; a JSON array is needed")
    if not isinstance(value, list):
        raise Invalid({"body": ["must be a JSON array"]})
    return value


def sent_fields(call: Call, *names: str, may_be_empty: bool = False) -> Tree:
    """Return the form that was sent if it has one of the fields, else the JSON object.

    Raises Malformed, also for no body at all unless there need be none, or Invalid (`body`).
    """
    if any(name in call.form for name in names):
        return call.form
    if may_be_empty and (call.body is None or not call.body.raw.strip()):
        return {}
    return sent_object(call)


def said(call: Call) -> Tree:
    """Return what a body says beside the path, however it was sent; empty when nothing readable.

    Quirk: some clients post JSON as a form or without any type, or nothing at all (spec 5.5).
    """
    try:
        value = sent_json(call)
    except Malformed:
        return call.form
    return value if isinstance(value, dict) else call.form


def renamed(error: Invalid, names: Mapping[str, str]) -> Invalid:
    """Return an error of the core's about the fields that the client knows by other names."""
    return Invalid({names.get(name, name): texts for name, texts in error.fields.items()})


def flag(call: Call, name: str) -> bool:
    """Tell whether parameter `name` is `true`."""
    return call.text(name).strip().lower() in {"true", "1"}


def number(call: Call, name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
    """Return whole parameter `name`; raises Invalid for another text or one out of bounds."""
    text = call.text(name).strip()
    if not text:
        return default
    value = whole_number(text)
    if value is None or not least <= value <= most:
        raise Invalid({name: [f"must be a whole number from {least} to {most}"]})
    return value


# What is answered.


def null(status: int = 200) -> Answer:
    """Answer `null`, which is how the API says nothing."""
    return answers.json(None, status)


def error(call: Call, status: int, code: str, text: str) -> Answer:
    """Answer an error in the dialect's words."""
    return answers.json(shapes.ErrorShape(text, code, call.request_id), status)


def sentence(fields: Mapping[str, Sequence[str]]) -> str:
    """Say in one text what is wrong with fields.

    Texts go on from the name of their field unless they begin like a sentence of their own; what
    is said of several fields is said once.

    >>> sentence({"limit": ["must be a number"], "label": ['"caat" is an unknown label']})
    'limit must be a number; "caat" is an unknown label'
    """
    said = [
        f"{name} {text}" if text[:1].islower() else text
        for name, texts in fields.items()
        for text in texts
    ]
    return "; ".join(dict.fromkeys(said))


def nothing(call: Call, status: int) -> Answer:
    """Answer that there is nothing to offer: 422 as later versions do, or 404."""
    return error(call, status, "empty", "empty result set: there is nothing to offer right now")


# Documentation that many operations share.

UUID = Parameter("uuid", "UUID of the image.", "path", "48750a63-df1f-48d1-99ee-6c60e535a271")
USERNAME = Parameter("username", "Name of the account.", "path", "monkey")
QUERY = Parameter("query", "Labels with & | ~ ( ).", example="dog & ~cat")
BAD = Outcome(400, "The request cannot be read.", shapes.ErrorShape)
UNAUTHENTICATED = Outcome(401, "Without a known token.", shapes.ErrorShape)
NOT_ALLOWED = Outcome(403, "The caller may not.", shapes.ErrorShape)
NOT_FOUND = Outcome(404, "There is none.", shapes.ErrorShape)
CONFLICT = Outcome(409, "It already exists.", shapes.ErrorShape)
TOO_LARGE = Outcome(413, "The body is too large.", shapes.ErrorShape)
INVALID = Outcome(422, "Something in it is missing or wrong.", shapes.ErrorShape)
LIMITED = Outcome(429, "Too often.", shapes.ErrorShape)
AWAY = Outcome(503, "A part of the library is down.", shapes.ErrorShape)
NOTHING = Outcome(200, "Done; the body is null.", None.__class__)
READS = (BAD, NOT_FOUND, INVALID, AWAY)
WRITES = (BAD, UNAUTHENTICATED, NOT_ALLOWED, NOT_FOUND, TOO_LARGE, INVALID, LIMITED, AWAY)
