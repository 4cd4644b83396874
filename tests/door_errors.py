"""Errors as the doors of a dialect answer them, and what dialects that word them say alike."""

from menagerie import app, errors
from menagerie.http.call import Call, WrongMethod, anonymous
from menagerie.http.routing import Door, answer_error
from menagerie.library import Library

WORDS: dict[type[Exception], tuple[Exception, int, str]] = {
    errors.NotFound: (errors.NotFound(), 404, "Not found"),
    errors.Conflict: (errors.Conflict(7), 409, "This picture already exists."),
    errors.Unauthenticated: (errors.Unauthenticated("log in"), 401, "log in"),
    errors.Forbidden: (errors.Forbidden("no"), 403, "no"),
    errors.Banned: (errors.Banned("out"), 403, "out"),
    errors.TooLarge: (
        errors.TooLarge(5),
        413,
        "What was sent is larger than the limit of 5 bytes.",
    ),
    errors.RateLimited: (errors.RateLimited(9), 429, "Too many requests; try again in 9 s."),
    errors.Unavailable: (errors.Unavailable("no room"), 503, "no room"),
    WrongMethod: (WrongMethod("GET"), 405, "This path takes GET."),
}


def doors(library: Library, title: str) -> list[Door]:
    """Return the doors of a dialect."""
    return [door for door in app.dialects(library) if door.title == title]


def call_of(library: Library, path: str) -> Call:
    """Return a call by nobody; its id is r1."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": [],
             "state": {"request_id": "r1"}, "query_string": b"", "path_params": {},
             "client": None}  # fmt: skip
    return Call(library, scope, identify=anonymous)


def check_beside_words(door: Door, call: Call) -> None:
    """Check the headers that help clients, and that what nobody expected stays private."""
    assert answer_error(door, WrongMethod("GET"), call).header("allow") == "GET"
    assert answer_error(door, errors.RateLimited(9), call).header("retry-after") == "9"
    secret = answer_error(door, ValueError("the password"), call)
    assert (secret.status, b"password" in secret.body) == (500, False)
