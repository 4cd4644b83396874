"""What the handlers share: addresses, keys, lenient parameters, pages, ids and documentation."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

import msgspec

from menagerie.core import credentials, images, scaling, short_ids, visibility, voters
from menagerie.core.images import Image
from menagerie.core.orders import Order
from menagerie.dialects.dogapi import shapes
from menagerie.errors import Invalid, Unauthenticated
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.limits import Buckets
from menagerie.http.parameters import Tree, as_text, as_texts, parse_json, parse_pairs, refuse_nul
from menagerie.http.routing import Outcome, Parameter
from menagerie.library import ANONYMOUS, SECOND, Actor, Library, Tx
from menagerie.settings import Settings
from menagerie.storage.schema import Audience, Species

API = "/v1"
MOST_SUB_ID = 255
# Beyond any list; keeps page × limit within what databases count.
MOST_OFFSET = 10**15
KEY_NEEDED = "AUTHENTICATION_ERROR - you need to send your API Key as the 'x-api-key' header"

# Addresses.


def prefix_of(settings: Settings) -> str:
    """Return the path in front of the whole dialect, without a slash at its end."""
    prefix = settings.text("dogapi_prefix").strip("/")
    return f"/{prefix}" if prefix else ""


def paths(library: Library, *tails: str) -> tuple[str, ...]:
    """Return the full paths of routes: `/v1/breeds` and the like behind our prefix."""
    return tuple(prefix_of(library.settings) + API + tail for tail in tails)


def image_url(
    library: Library, base_url: str, image: Image, box: tuple[int, int] | None = None
) -> str:
    """Return where an image's published file is: `<base>/images/<id>.<ext>`; with a box, see below.

    That of a private image has a proof in it, since programs hand addresses to browsers, which
    send no key: `<base>/images/<id>.<proof>.<ext>`.
    """
    return f"{base_url}{prefix_of(library.settings)}/images/{file_name(library, image, box)}"


def file_name(library: Library, image: Image, box: tuple[int, int] | None = None) -> str:
    """Return the name of an image's file in addresses; with a box in px, of one that fits in it."""
    stem, ending = short_ids.encode(library, image.id), image.format
    if box is not None and (image.width > box[0] or image.height > box[1]):
        stem += f"_{box[0]}x{box[1]}"
        ending = scaling.ending(image)
    if image.audience == Audience.PRIVATE:
        stem += f".{short_ids.proof(library, image.id)}"
    return f"{stem}.{ending}"


# Who calls.


def _sent_key(call: Call) -> str:
    """Return the key that was sent, the header's before the query's; empty without one."""
    return call.headers.get("x-api-key", "").strip() or as_text(call.query.get("api_key")).strip()


def identify(call: Call) -> Actor:
    """Return who calls by API key; a missing or unknown one is nobody's.

    Counts the call against the rate of the key. Raises RateLimited, and Forbidden for a closed
    account.
    """
    found = None
    if key := _sent_key(call):
        with call.library.reading(ANONYMOUS) as tx:
            found = credentials.actor_for_key(tx, key)
    # Only what changes something is bound by bans of addresses.
    address = "" if call.method in {"GET", "HEAD"} else call.address
    actor = msgspec.structs.replace(found or ANONYMOUS, address=address)
    call.scope["state"]["knows_key"] = found is not None
    _take_rate(call, actor)
    return actor


def require_key(call: Call) -> Actor:
    """Return the actor of the key that was sent; raises Unauthenticated."""
    if not call.actor.is_signed_in:
        raise Unauthenticated(KEY_NEEDED)
    return call.actor


def allow_all(call: Call) -> Actor:
    """Return whoever asks for what is public: an unknown key counts as none.

    Raises Unauthenticated without a key where the library is closed to them.
    """
    if not call.actor.is_signed_in and call.library.settings.text("dogapi_anonymous") == "closed":
        raise Unauthenticated(KEY_NEEDED)
    return call.actor


def allow_known(call: Call) -> Actor:
    """Return whoever reads or keeps votes and favourites: nobody known, or by a known key.

    Raises Unauthenticated for an unknown key, and without one where the library is closed to them.
    """
    if not call.actor.is_signed_in and _sent_key(call):
        raise Unauthenticated(KEY_NEEDED)
    return allow_all(call)


def behalf(call: Call) -> str | None:
    """Return the caller's own label for whom it acts (`sub_id`); None without one.

    Raises Invalid (`sub_id`) for one of more than 255 characters.
    """
    text = text_of(call, "sub_id")
    if len(text) > MOST_SUB_ID:
        raise Invalid({"sub_id": [f"must have at most {MOST_SUB_ID} characters"]})
    return text or None


# The rate of a key.


def _rate(settings: Settings) -> int:
    text = settings.text("dogapi_rate").strip()
    return int(text) if text.isascii() and text.isdigit() else 0


def _take_rate(call: Call, actor: Actor) -> None:
    library = call.library
    per_minute = _rate(library.settings)
    if not per_minute:
        return
    buckets = library.caches.get("dogapi rate")
    if buckets is None:
        fresh = Buckets(per_minute, clock=lambda: library.clock.now() / SECOND)
        buckets = library.caches.setdefault("dogapi rate", fresh)
    key = actor.key_id if actor.key_id is not None else voters.network(call.address)
    call.scope["state"]["rate_left"] = 0
    call.scope["state"]["rate_left"] = buckets.take(key)


def finish(call: Call, answer: Answer) -> Answer:
    """Add what depends on the caller: whether its key is known, and how much it may still ask."""
    state = call.scope["state"]
    # Of some answers, such as 405, nobody asked who the caller is.
    if state.get("knows_key") is False:
        answer.add("authenticated", "false")
    left = state.get("rate_left")
    if left is not None:
        per_minute = _rate(call.library.settings)
        reset = call.library.clock.now() + math.ceil((per_minute - left) * 60 / per_minute) * SECOND
        answer.add("ratelimit-limit", str(per_minute)).add("ratelimit-remaining", str(left))
        answer.add("ratelimit-consumed", str(per_minute - left)).add("ratelimit-reset", time(reset))
    return answer


# Parameters.


def text_of(call: Call, name: str) -> str:
    """Return a parameter without blanks at its ends; an empty one counts as absent."""
    # Most calls have few parameters or none, and ten are asked for.
    return call.text(name).strip() if name in call.params else ""


def list_of(call: Call, name: str) -> list[str]:
    """Return a list parameter: comma lists and repeated names mean the same; blanks are dropped."""
    if name not in call.params:
        return []
    sent = as_texts(call.params.get(name))
    if isinstance(call.query.get(name), str):
        # Of repeated names, parameters know the last alone.
        sent = [value for key, value in parse_pairs(call.scope["query_string"]) if key == name]
    return [word.strip() for text in sent for word in text.split(",") if word.strip()]


_FLAGS = {"true": True, "1": True, "yes": True, "on": True}
_FLAGS |= {"false": False, "0": False, "no": False, "off": False}


def flag(call: Call, name: str, default: bool) -> bool:  # noqa: FBT001  # reads as a default
    """Return a truth parameter: true or false, 1 or 0, in any case. Raises Invalid for another."""
    text = text_of(call, name).lower()
    if not text:
        return default
    if text not in _FLAGS:
        raise Invalid({name: ["must be true or false"]})
    return _FLAGS[text]


def number_of(call: Call, name: str, default: int | None, *, least: int = 0) -> int | None:
    """Return a whole parameter; `default` without one. Raises Invalid (`name`) for anything else.

    Very large ones are cut to 10^15.
    """
    text = text_of(call, name)
    if not text:
        return default
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()) or int(digits[:30]) < least:
        raise Invalid({name: [f"INVALID_DATA {name} must be a whole number from {least}"]})
    return min(int(digits[:30]), MOST_OFFSET)


class Paging(msgspec.Struct, frozen=True):
    """Which part of a list is asked for; `page` counts from 0."""

    limit: int
    page: int
    offset: int


def page_of(
    call: Call, *, limit_default: int, limit_max: int, takes_offset: bool = False
) -> Paging:
    """Return the part asked for: a limit over the most is cut to it.

    With `takes_offset`, parameter `offset` wins over `page`. Raises Invalid (`limit`, `page`,
    `offset`) for what is no whole number, a limit below 1 or a page below 0.
    """
    limit = min(number_of(call, "limit", limit_default, least=1) or 1, limit_max)
    page = number_of(call, "page", 0) or 0
    offset = number_of(call, "offset", None) if takes_offset else None
    if offset is not None:
        return Paging(limit, offset // limit, offset)
    return Paging(limit, page, min(page * limit, MOST_OFFSET))


_ORDERS = {"ASC": Order.ASC, "DESC": Order.DESC, "RANDOM": Order.RANDOM, "RAND": Order.RANDOM}


def order_of(call: Call, default: Order) -> Order:
    """Return the order asked for, RAND meaning RANDOM.

    Raises Invalid (`order`) for another.
    """
    text = text_of(call, "order").upper()
    if text and text not in _ORDERS:
        raise Invalid({"order": ["must be ASC, DESC or RANDOM"]})
    return _ORDERS[text] if text else default


class Unknown(Enum):
    """That something is named which is not here: nothing matches."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
_NUMBERS = {Species.DOG: 1, Species.CAT: 2}
_SPECIES = {"1": Species.DOG, "dog": Species.DOG, "2": Species.CAT, "cat": Species.CAT}


def home(library: Library) -> Species:
    """Return the animals that lists are about when a program names none."""
    return Species(library.settings.text("dogapi_species"))


def species_number(species: Species | str) -> int:
    """Return the API's number of a species: 1 for dogs, 2 for cats."""
    return _NUMBERS[Species(species)]


def species_named(text: str) -> Species | Unknown:
    """Return what `1`, `2`, `dog` or `cat` means."""
    return _SPECIES.get(text.strip().lower(), UNKNOWN)


def species_of(
    call: Call, name: str = "species_id", *, spans_all: bool = False
) -> Species | Unknown | None:
    """Return the species asked for; without one the home species, or None with `spans_all`."""
    text = text_of(call, name)
    if text:
        return species_named(text)
    return None if spans_all else home(call.library)


def language_of(call: Call) -> str:
    """Return the language asked for by its two letters; `en` without one."""
    return text_of(call, "lang").lower().replace("_", "-").partition("-")[0] or "en"


def body(call: Call) -> Tree:
    """Return what the body says, JSON or a form, whatever type it claims; empty without one.

    Raises Malformed for what looks like JSON and is none, Invalid (`body`) for JSON that is no
    object.
    """
    sent = call.body
    if sent is None:
        return {}
    value: Any = sent.json
    text = sent.raw.strip()
    # Quirk: some clients, and `curl -d`, send JSON as a form or without a type (spec 4.2).
    if value is None and text[:1] in {b"{", b"["}:
        value = parse_json(text)
        refuse_nul(value)
        sent.json = value  # from now on a parameter like any other
    if value is None and (text == b"null" or not text or call.form):
        return call.form
    if isinstance(value, dict):
        return value
    raise Invalid({"body": ["must be a JSON object"]})


# Ids.


def image_code(library: Library, image_id: int) -> str:
    """Return the public id of an image."""
    return short_ids.encode(library, image_id)


def image_ref(tx: Tx, text: str) -> int | None:
    """Return the number of the image with this public id if the caller may see it, else None."""
    number = short_ids.decode(tx.library, text.strip())
    if number is None:
        return None
    found = images.find_many(tx, [number])
    return number if found and visibility.may_see(tx.actor, found[0]) else None


def image_shown(tx: Tx, text: str) -> Image | None:
    """Return the image with this public id if the caller may see it, else None.

    One that was merged, as happens to a file that is made public and is public already, stands
    for the image it was merged into.
    """
    number = short_ids.decode(tx.library, text.strip())
    found = images.find_many(tx, [number]) if number is not None else []
    if found and found[0].merged_into_id is not None:
        found = images.find_many(tx, [found[0].merged_into_id])
    return found[0] if found and visibility.may_see(tx.actor, found[0]) else None


def user_code(library: Library, account_id: int | None) -> str:
    """Return the public id of an account; everybody without a key has the same one."""
    return short_ids.account_code(library, account_id or 0)


# What is answered.


def time(microseconds: int) -> str:
    """Return a time as the API writes it, in whole seconds: clients parse a literal `.000Z`.

    >>> time(1_767_268_800_000_000)
    '2026-01-01T12:00:00.000Z'
    """
    return datetime.fromtimestamp(microseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def small_image(call: Call, image: Image | None) -> shapes.SmallImageShape:
    """Return an image as votes and favourites hold it, nothing in it when there is none."""
    if image is None:
        return shapes.SmallImageShape()
    url = image_url(call.library, call.base_url, image)
    return shapes.SmallImageShape(short_ids.encode(call.library, image.id), url)


def paged(items: Sequence[object], total: int, paging: Paging) -> Answer:
    """Answer a part of a list, with headers that say how much there is."""
    return paged_bytes(answers.encode_json(items), total, paging)


def paged_bytes(encoded: bytes, total: int, paging: Paging) -> Answer:
    """Answer a part of a list that is encoded already."""
    headers = (
        ("pagination-count", str(total)),
        ("pagination-page", str(paging.page)),
        ("pagination-limit", str(paging.limit)),
    )
    return Answer(200, encoded, headers=headers)


def done() -> Answer:
    """Answer that something was done."""
    return answers.json(shapes.MessageShape())


def gone() -> Answer:
    """Answer 204, which says JSON all the same."""
    # Quirk: an async client runs its JSON decoder over every answer, by its type (spec 4.10).
    return Answer(204, headers=[("content-type", answers.JSON)])


def error(call: Call, status: int, code: str, message: str | list[str]) -> Answer:
    """Answer an error in the dialect's words, as JSON or as bare text by the setting."""
    if call.library.settings.text("dogapi_errors") == "text":
        return answers.text(message if isinstance(message, str) else "; ".join(message), status)
    shape = shapes.ErrorShape(
        statusCode=status,
        status=status,
        error=HTTPStatus(status).phrase,
        message=message,
        level="info",
        timestamp=time(call.library.clock.now()),
        path=call.path,
        code=code,
    )
    return answers.json(shape, status)


# Documentation that many operations share.

LIMIT = Parameter("limit", "Most items on a page; more than the most allowed is cut to it.")
PAGE = Parameter("page", "Page, from 0.")
ORDER = Parameter("order", "ASC, DESC or RANDOM.")
PAGES = (LIMIT, PAGE, ORDER)
OFFSET = Parameter("offset", "How many items to skip; wins over `page`.")
SPECIES = Parameter("species_id", "1 or dog, 2 or cat.")
GROUPS = Parameter("breed_groups", "Breed groups, with commas, one of which is needed.")
NOT_GROUPS = Parameter("exclude_breed_groups", "Breed groups to leave out, with commas.")
LANG = Parameter("lang", "Language of texts, by two letters; English where there is none.")
FILTERS = (SPECIES, GROUPS, NOT_GROUPS, LANG)
SUB_ID = Parameter("sub_id", "The caller's own label for whom it acts.")
API_KEY = Parameter("api_key", "The key, where the header cannot be sent.")
IMAGE_ID = Parameter("id", "Id of the image.", "path", "aB3dE6gH9")


def failed(status: int, help_: str) -> tuple[Outcome, Outcome]:
    """Return the documentation of an error, as JSON and as text."""
    return (
        Outcome(status, help_, shapes.ErrorShape),
        Outcome(status, help_, media_type=answers.TEXT),
    )


BAD = failed(400, "Something in it is missing or wrong.")
UNAUTHENTICATED = failed(401, "Without a known key.")
NOT_ALLOWED = failed(403, "The caller may not, or without a known key by the setting.")
NOT_FOUND = failed(404, "There is none.")
CONFLICT = failed(409, "It is there already.")
TOO_LARGE = failed(413, "The body is too large.")
UNSUPPORTED = failed(415, "The file is of a kind that is not taken.")
LIMITED = failed(429, "Too often.")
AWAY = failed(503, "A part of the library is down.")
READS = (*BAD, *UNAUTHENTICATED, *NOT_ALLOWED, *NOT_FOUND, *LIMITED, *AWAY)
WRITES = (*READS, *CONFLICT, *TOO_LARGE)
