"""Where the dialect is reached, and how it words errors."""

import math
from collections.abc import Callable, Mapping
from types import ModuleType

from msgspec import UNSET, UnsetType

from menagerie.dialects.imagemonkey import (
    files,
    handlers_accounts,
    handlers_annotations,
    handlers_browse,
    handlers_collections,
    handlers_donate,
    handlers_export,
    handlers_game,
    handlers_graph,
    handlers_labels,
    handlers_moderation,
    handlers_refine,
    handlers_reports,
    handlers_statistics,
    handlers_users,
    handlers_validate,
    shapes,
    site,
)
from menagerie.errors import (
    Banned,
    Conflict,
    Forbidden,
    Invalid,
    MenagerieError,
    NotFound,
    QueryError,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call, WrongMethod
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Door, ErrorAnswer
from menagerie.library import Library

DESCRIPTION = (
    "The API of ImageMonkey, from its first page to today's: donate pictures with a label, judge"
    " labels, outline what they mean, search and export."
)
# Each has `operations(library)`.
_HANDLERS: tuple[ModuleType, ...] = (
    handlers_donate,
    handlers_validate,
    handlers_export,
    handlers_reports,
    handlers_accounts,
    handlers_labels,
    handlers_browse,
    handlers_annotations,
    handlers_refine,
    handlers_moderation,
    handlers_collections,
    handlers_users,
    handlers_statistics,
    handlers_graph,
    handlers_game,
)
# The first words of the dialect's paths; the rest of /v1 is somebody else's.
FIRST_WORDS = (
    "activity",
    "annotate",
    "annotation",
    "annotations",
    "donate",
    "donation",
    "donations",
    "export",
    "games",
    "images",
    "internal",
    "label",
    "labelme",
    "login",
    "logout",
    "quiz-refine",
    "refine",
    "report",
    "signup",
    "statistics",
    "trendinglabels",
    "unverified",
    "unverified-donation",
    "user",
    "validate",
    "validation",
    "validations",
)
ALLOWED_HEADERS = (
    "Authorization, Cache-Control, Content-Type, If-None-Match, Range, X-Api-Token,"
    " X-App-Identifier, X-Browser-Fingerprint, X-Client-Id, X-Client-Secret, X-Moderation,"
    " X-Request-Id, X-Requested-With, X-Total-Count"
)
EXPOSED_HEADERS = "ETag, Location, Retry-After, X-Request-Id, X-Total-Count"


def doors(library: Library) -> list[Door]:
    """Return the doors of the dialect: its API, and its files."""
    prefix = site.prefix_of(library.settings)
    operations = [one for module in _HANDLERS for one in module.operations(library)]
    return [
        Door(
            name="imagemonkey",
            title="ImageMonkey",
            description=DESCRIPTION,
            prefixes=(
                *(f"{prefix}/v1/{word}" for word in FIRST_WORDS),
                # Ours even where another API has the other paths below /v1/images.
                f"{prefix}/v1/images/*/details",
            ),
            operations=operations,
            shapes=(shapes.ErrorShape,),
            credentials={
                "bearer": {"type": "http", "scheme": "bearer"},
                "api-token": {"type": "apiKey", "in": "header", "name": "X-Api-Token"},
            },
            identify=site.identify,
            errors=ERRORS,
            headers=(("cache-control", "no-store"),),
            allows_origins=True,
            allowed_headers=ALLOWED_HEADERS,
            exposed_headers=EXPOSED_HEADERS,
        ),
        Door(
            name="imagemonkey files",
            title="ImageMonkey",
            prefixes=(prefix + "/donations",),
            operations=files.operations(library),
            identify=site.identify_viewer,
            errors=ERRORS,
            headers=(("cache-control", "no-store"),),
            allows_origins=True,
            allowed_headers=ALLOWED_HEADERS,
            exposed_headers=EXPOSED_HEADERS,
        ),
    ]


# How errors are worded.


def _error(
    call: Call,
    status: int,
    code: str,
    text: str,
    *,
    uuid: str | UnsetType = UNSET,
    fields: Mapping[str, list[str]] | UnsetType = UNSET,
) -> Answer:
    shape = shapes.ErrorShape(text, code, call.request_id, uuid, fields)
    return answers.json(shape, status)


def _message(status: int) -> Callable[[MenagerieError, Call], Answer]:
    def answer(error: MenagerieError, call: Call) -> Answer:
        return _error(call, status, error.code, error.message)

    return answer


def _invalid(error: Invalid, call: Call) -> Answer:
    return _error(call, 422, error.code, site.sentence(error.fields), fields=error.fields)


def _conflict(error: Conflict, call: Call) -> Answer:
    """Say it in the words that clients look for; name the image to whoever may see it."""
    key: str | UnsetType = UNSET
    with call.reading() as tx:
        try:
            key = site.open_image(tx, error.existing_id).key
        except NotFound:
            key = UNSET
    return _error(call, 409, error.code, "This picture already exists.", uuid=key)


def _wrong_method(error: WrongMethod, call: Call) -> Answer:
    text = f"This path takes {error.allowed or 'other methods'}."
    return _error(call, 405, "wrong_method", text).add("allow", error.allowed)


def _too_large(error: TooLarge, call: Call) -> Answer:
    text = f"What was sent is larger than the limit of {error.limit_bytes} bytes."
    return _error(call, 413, error.code, text)


def _rate_limited(error: RateLimited, call: Call) -> Answer:
    text = f"Too many requests; try again in {math.ceil(error.retry_after_s)} s."
    answer = _error(call, 429, error.code, text)
    return answer.add("retry-after", str(math.ceil(error.retry_after_s)))


def _malformed(error: Malformed, call: Call) -> Answer:
    return _error(call, 400, "malformed", f"The request cannot be read: {error}.")


def _unexpected(_cause: Exception, call: Call) -> Answer:
    return _error(call, 500, "internal", "Something went wrong here; it has been noted.")


ERRORS: Mapping[type[Exception], ErrorAnswer] = {
    NotFound: _message(404),
    WrongMethod: _wrong_method,
    Invalid: _invalid,
    Unsupported: _invalid,
    QueryError: _message(422),
    Conflict: _conflict,
    Unauthenticated: _message(401),
    Forbidden: _message(403),
    Banned: _message(403),
    TooLarge: _too_large,
    RateLimited: _rate_limited,
    Unavailable: _message(503),
    Malformed: _malformed,
    Exception: _unexpected,
}
