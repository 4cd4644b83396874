"""Where the dialect is reached, how it knows callers, and how it words errors."""

import math
import re
from collections.abc import Mapping, Sequence

import msgspec

from menagerie.core import credentials
from menagerie.dialects.philomena import (
    files,
    firehose,
    handlers_comments,
    handlers_edits,
    handlers_filters,
    handlers_forums,
    handlers_galleries,
    handlers_images,
    handlers_people,
    handlers_queue,
    handlers_staff,
    handlers_tags,
    handlers_topics,
    sessions,
    shapes,
)
from menagerie.dialects.philomena.handlers_images import TAKEN_TYPES
from menagerie.dialects.philomena.site import IMG, prefix_of
from menagerie.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QueryError,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from menagerie.http import answers
from menagerie.http.answers import Answer, Waiting
from menagerie.http.call import Call, WrongMethod
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Door, ErrorAnswer, Handler
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.media.limits import CORRUPT, TOO_MANY_PIXELS

DESCRIPTION = (
    "The API of Philomena boards, with additions: what their pages do, with an API key, and reverse"
    " search by perceptual hash."
)


def doors(library: Library) -> list[Door]:
    """Return the doors of the dialect: its API, what belongs to it outside, and its files."""
    prefix = prefix_of(library.settings)
    operations = (
        *handlers_images.operations(library),
        *handlers_tags.operations(library),
        *handlers_filters.operations(library),
        *handlers_edits.operations(library),
        *handlers_comments.operations(library),
        *handlers_forums.operations(library),
        *handlers_topics.operations(library),
        *handlers_galleries.operations(library),
        *handlers_people.operations(library),
        *handlers_staff.operations(library),
        *handlers_queue.operations(library),
    )
    return [
        Door(
            name="philomena",
            title="Philomena",
            description=DESCRIPTION,
            prefixes=(prefix + "/api", prefix + "/autocomplete", prefix + "/fetch"),
            operations=[o._replace(handler=_judged(o.handler)) for o in operations],
            shapes=shapes.REFERRED,
            credentials={"key": {"type": "apiKey", "in": "query", "name": "key"}},
            identify=identify,
            errors=ERRORS,
            headers=(("cache-control", "no-store, no-cache"),),
            allows_origins=True,
        ),
        Door(
            name="philomena files",
            title="Philomena",
            prefixes=(prefix + IMG,),
            operations=files.operations(library),
            identify=files.identify,
            errors=files.ERRORS,
            allows_origins=True,
        ),
        firehose.door(library, ERRORS),
        sessions.door(library, ERRORS, identify),
    ]


def _judged(handler: Handler) -> Handler:
    """Judge the key first: a closed account's is refused even where none is needed."""

    def judged(call: Call) -> Answer | Waiting:
        _actor = call.actor
        return handler(call)

    return judged


def identify(call: Call) -> Actor:
    """Return who the parameter `key` belongs to; missing and unknown keys are anonymous.

    Raises Forbidden for the key of a closed account. Sessions of browsers do not count here.
    """
    key = call.text("key")
    if call.method in {"GET", "HEAD"}:
        if not key:
            return ANONYMOUS
        with call.library.reading(ANONYMOUS) as tx:
            return credentials.actor_for_key(tx, key) or ANONYMOUS
    # Only what changes something is bound by bans of addresses.
    visitor = Actor(address=call.address)
    if not key:
        return visitor
    with call.library.reading(visitor) as tx:
        actor = credentials.actor_for_key(tx, key)
    return msgspec.structs.replace(actor, address=call.address) if actor else visitor


def _empty(status: int) -> ErrorAnswer:
    return lambda _error, _call: answers.text("", status)


def _message(status: int, text: str) -> ErrorAnswer:
    return lambda _error, _call: answers.json({"error": text}, status)


def _query(error: QueryError, _call: Call) -> Answer:
    return answers.json({"error": error.message}, 400)


_IMAGE_FIELDS = {"tags": "tag_input", "size": "image_size", "name": "image_name"}
_FILTER_FIELDS = {"hidden_query": "hidden_complex", "spoilered_query": "spoilered_complex"}
_BLANK = (
    "image_aspect_ratio",
    "image_duration",
    "image_format",
    "image_height",
    "image_is_animated",
    "image_mime_type",
    "image_orig_sha512_hash",
    "image_orig_size",
    "image_sha512_hash",
    "image_size",
    "image_width",
    "uploaded_image",
)


# What is said of an image itself; other things below it have fields of their own.
_OF_IMAGE = re.compile(r"/images(?:/\d+)?$|/search/\w+$")


def _fields(error: Invalid, call: Call) -> Answer:
    if "/filters" in call.path:
        return _errors({_FILTER_FIELDS.get(name, name): t for name, t in error.fields.items()})
    return _errors(_renamed(error.fields) if _OF_IMAGE.search(call.path) else error.fields)


def _renamed(fields: Mapping[str, Sequence[str]]) -> dict[str, list[object]]:
    """Name the fields as the API does; a wrong source is said twice, as its forms do."""
    renamed: dict[str, list[object]] = {
        _IMAGE_FIELDS.get(name, name): list(texts) for name, texts in fields.items()
    }
    if "source_url" in renamed:
        renamed.setdefault("sources", []).append({"source": renamed["source_url"]})
    return renamed


def _unsupported(error: Unsupported, _call: Call) -> Answer:
    """Say that the file cannot be read and, as the API does, that nothing is known about it."""
    errors = _renamed(error.fields)
    if error.reason == TOO_MANY_PIXELS:
        return _errors(errors)
    is_refused_type = error.media_type is not None and error.media_type not in TAKEN_TYPES
    errors.pop("url", None)  # a file that could not be fetched is none, and nothing besides
    errors |= {name: ["can't be blank"] for name in _BLANK}
    errors["image"] = [CORRUPT, "can't be blank"]
    if is_refused_type:
        errors["image_mime_type"] = [f"({error.media_type}) is invalid"]
    elif error.reason != CORRUPT:
        # Programs look for the API's own words, which come first; people learn more from ours.
        errors["image"].append(error.reason)
    return _errors(errors)


def _conflict(error: Conflict, _call: Call) -> Answer:
    return _errors(
        {
            "image": [f"has already been uploaded: it's image {error.existing_id}"],
            "image_orig_sha512_hash": ["has already been taken"],
        }
    )


def _errors(errors: Mapping[str, Sequence[object]]) -> Answer:
    return answers.json({"errors": errors}, 400)


def _rate_limited(error: RateLimited, _call: Call) -> Answer:
    return answers.text("", 429, headers=[("retry-after", str(math.ceil(error.retry_after_s)))])


def _unavailable(error: Unavailable, _call: Call) -> Answer:
    return answers.json({"error": error.message}, 503)


ERRORS: Mapping[type[Exception], ErrorAnswer] = {
    NotFound: _message(404, "Not found"),
    WrongMethod: _message(404, "Not found"),
    Invalid: _fields,
    Unsupported: _unsupported,
    QueryError: _query,
    Conflict: _conflict,
    Unauthenticated: _empty(401),
    Forbidden: _empty(403),
    TooLarge: _message(413, "Request Entity Too Large"),
    RateLimited: _rate_limited,
    Unavailable: _unavailable,
    Malformed: _message(400, "Bad Request"),
    Exception: _message(500, "Internal Error"),
}
