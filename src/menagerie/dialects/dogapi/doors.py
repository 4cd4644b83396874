"""Where the dialect is reached, and how it words errors."""

import math
from collections.abc import Callable, Mapping
from types import ModuleType

from menagerie.dialects.dogapi import (
    files,
    handlers_accounts,
    handlers_breeds,
    handlers_favourites,
    handlers_images,
    handlers_labels,
    handlers_laws,
    handlers_pets,
    handlers_requests,
    handlers_texts,
    handlers_uploads,
    handlers_votes,
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
    Taken,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from menagerie.http import openapi
from menagerie.http.answers import Answer
from menagerie.http.call import Call, WrongMethod
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Door, ErrorAnswer, Operation, Runs
from menagerie.library import Library

TITLE = "TheDogAPI"
DESCRIPTION = (
    "The API of TheDogAPI and TheCatAPI, version 1.6: pictures of dogs and cats, breeds and what is"
    " known about them, votes, favourites, pets, and what models see in pictures."
)
# Each has `operations(library)`.
_HANDLERS: tuple[ModuleType, ...] = (
    handlers_images,
    handlers_uploads,
    handlers_labels,
    handlers_breeds,
    handlers_texts,
    handlers_laws,
    handlers_votes,
    handlers_favourites,
    handlers_accounts,
    handlers_requests,
    handlers_pets,
)
ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, Range, X-Api-Key, X-Request-Id"
EXPOSED_HEADERS = (
    "Pagination-Count, Pagination-Page, Pagination-Limit, RateLimit-Limit, RateLimit-Remaining,"
    " RateLimit-Consumed, RateLimit-Reset, Retry-After, Authenticated, X-Hint, X-Request-Id"
)


def doors(library: Library) -> list[Door]:
    """Return the doors of the dialect: its API, its files, and the document of both."""
    shown = [_api(library), _files(library)]
    document = openapi.Made(TITLE, DESCRIPTION, shown)
    operation = Operation(
        "GET", ("/openapi-json",), document.answer, Runs.INLINE, is_documented=False
    )
    return [
        *shown,
        shown[1]._replace(
            name="dogapi document", prefixes=("/openapi-json",), operations=(operation,)
        ),
    ]


def _api(library: Library) -> Door:
    """Return the door below /v1, which also has all there that is nobody else's."""
    prefix = site.prefix_of(library.settings)
    return Door(
        name="dogapi",
        title=TITLE,
        description=DESCRIPTION,
        prefixes=(prefix + site.API, prefix + site.API + "/images"),
        operations=[one for module in _HANDLERS for one in module.operations(library)],
        shapes=(shapes.ErrorShape,),
        credentials={
            "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            "query-key": {"type": "apiKey", "in": "query", "name": "api_key"},
        },
        identify=site.identify,
        takes_json=True,
        errors=ERRORS,
        headers=(("cache-control", "no-store"), ("vary", "Origin")),
        finish=site.finish,
        allows_origins=True,
        allowed_headers=ALLOWED_HEADERS,
        exposed_headers=EXPOSED_HEADERS,
    )


def _files(library: Library) -> Door:
    """Return the door of pictures; pages of images, whose names have no dot, are the web's."""
    return Door(
        name="dogapi files",
        title=TITLE,
        prefixes=(site.prefix_of(library.settings) + "/images/*.*",),
        operations=files.operations(library),
        identify=files.identify,
        errors=ERRORS,
        allows_origins=True,
        allowed_headers=ALLOWED_HEADERS,
        exposed_headers=EXPOSED_HEADERS,
    )


# How errors are worded.


def _message(status: int) -> Callable[[MenagerieError, Call], Answer]:
    def answer(error: MenagerieError, call: Call) -> Answer:
        return site.error(call, status, error.code, error.message)

    return answer


def _invalid(error: Invalid, call: Call) -> Answer:
    texts = [
        f"{name} {text}" if text[:1].islower() else text
        for name, problems in error.fields.items()
        for text in problems
    ]
    return site.error(call, 400, error.code, texts[0] if len(texts) == 1 else texts)


def _unsupported(error: Unsupported, call: Call) -> Answer:
    """A picture of a kind that is not taken is 415; what is no picture is wrong data."""
    status = 400 if error.media_type is None else 415
    return site.error(call, status, error.code, f"Invalid file data. {error.message}")


def _taken(error: Taken, call: Call) -> Answer:
    return site.error(call, 409, error.code, error.message)


def _conflict(error: Conflict, call: Call) -> Answer:
    return site.error(call, 409, error.code, "This picture already exists.")


def _unauthenticated(error: Unauthenticated, call: Call) -> Answer:
    status = int(call.library.settings.text("dogapi_missing_key_status"))
    return site.error(call, status, error.code, error.message)


def _wrong_method(error: WrongMethod, call: Call) -> Answer:
    text = f"This path takes {error.allowed or 'other methods'}."
    return site.error(call, 405, "wrong_method", text).add("allow", error.allowed)


def _too_large(error: TooLarge, call: Call) -> Answer:
    text = f"What was sent is larger than the limit of {error.limit_bytes} bytes."
    return site.error(call, 413, error.code, text)


def _rate_limited(error: RateLimited, call: Call) -> Answer:
    seconds = str(math.ceil(error.retry_after_s))
    answer = site.error(call, 429, error.code, f"Too many requests; try again in {seconds} s.")
    return answer.add("retry-after", seconds).add("retry-after-seconds", seconds)


def _malformed(error: Malformed, call: Call) -> Answer:
    return site.error(call, 400, "malformed", f"INVALID_DATA the request cannot be read: {error}.")


def _unexpected(_cause: Exception, call: Call) -> Answer:
    text = f"Something went wrong here; it has been noted as {call.request_id}."
    return site.error(call, 500, "internal", text)


ERRORS: Mapping[type[Exception], ErrorAnswer] = {
    NotFound: _message(404),
    WrongMethod: _wrong_method,
    Invalid: _invalid,
    Unsupported: _unsupported,
    Taken: _taken,
    QueryError: _message(400),
    Conflict: _conflict,
    Unauthenticated: _unauthenticated,
    Forbidden: _message(403),
    Banned: _message(403),
    TooLarge: _too_large,
    RateLimited: _rate_limited,
    Unavailable: _message(503),
    Malformed: _malformed,
    Exception: _unexpected,
}
