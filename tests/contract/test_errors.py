"""Every error of the core has words at every door."""

import msgspec
import pytest

import door_errors
from booru_world import World
from menagerie import app, errors
from menagerie.http.call import Call, WrongMethod
from menagerie.http.parameters import Malformed
from menagerie.http.routing import Door, answer_error

INSTANCES = {
    errors.NotFound: (errors.NotFound(), 404, {"error": "Not found"}),
    errors.Invalid: (
        errors.Invalid({"tags": ["t"], "name": ["n"], "size": ["s"], "source_url": ["u"]}),
        400,
        {
            "errors": {
                "tag_input": ["t"],
                "image_name": ["n"],
                "image_size": ["s"],
                "source_url": ["u"],
                "sources": [{"source": ["u"]}],
            }
        },
    ),
    errors.QueryError: (errors.QueryError("Expected a term."), 400, {"error": "Expected a term."}),
    errors.Conflict: (
        errors.Conflict(7),
        400,
        {
            "errors": {
                "image": ["has already been uploaded: it's image 7"],
                "image_orig_sha512_hash": ["has already been taken"],
            }
        },
    ),
    errors.Unauthenticated: (errors.Unauthenticated(), 401, None),
    errors.Forbidden: (errors.Forbidden(), 403, None),
    errors.Banned: (errors.Banned(), 403, None),
    errors.TooLarge: (errors.TooLarge(5), 413, {"error": "Request Entity Too Large"}),
    errors.RateLimited: (errors.RateLimited(9), 429, None),
    errors.Unavailable: (errors.Unavailable("no room"), 503, {"error": "no room"}),
    Malformed: (Malformed("x"), 400, {"error": "Bad Request"}),
    WrongMethod: (WrongMethod("GET"), 404, {"error": "Not found"}),
}


def subclasses(cls: type) -> set[type]:
    return {cls}.union(*(subclasses(sub) for sub in cls.__subclasses__()))


def call_of(world: World, path: str = "/api/v1/json/images") -> Call:
    return door_errors.call_of(world.library, path)


def philomena(world: World) -> Door:
    return app.dialects(world.library)[0]


@pytest.mark.parametrize("cls", INSTANCES)
def test_the_words_of_the_api(world: World, cls: type[Exception]):
    error, status, body = INSTANCES[cls]
    answer = answer_error(philomena(world), error, call_of(world))
    assert answer.status == status
    if body is None:
        assert (answer.body, answer.header("content-type")) == (b"", "text/plain; charset=utf-8")
    else:
        assert msgspec.json.decode(answer.body) == body
        assert answer.header("content-type") == "application/json; charset=utf-8"


def test_a_limited_call_says_when_to_come_back(world: World):
    answer = answer_error(philomena(world), errors.RateLimited(9), call_of(world))
    assert answer.header("retry-after") == "9"


def test_what_nobody_expected_stays_private(world: World):
    answer = answer_error(philomena(world), ValueError("the password"), call_of(world))
    assert (answer.status, answer.body) == (500, b'{"error":"Internal Error"}')


def test_every_error_has_an_answer_at_every_door(world: World):
    for door in app.dialects(world.library):
        for cls in subclasses(errors.MenagerieError) - {errors.MenagerieError}:
            if cls in INSTANCES:
                error = INSTANCES[cls][0]
            elif cls is errors.Unsupported:
                error = errors.Unsupported("no picture")
            elif issubclass(cls, errors.Invalid):
                error = cls({"image": ["x"]})
            else:
                error = cls.__new__(cls, "x")
                errors.MenagerieError.__init__(error, "x")
            answer = answer_error(door, error, call_of(world))
            assert 400 <= answer.status < 600
            assert answer.status != 500


BLANK = [
    "image_aspect_ratio", "image_duration", "image_format", "image_height", "image_is_animated",
    "image_mime_type", "image_orig_sha512_hash", "image_orig_size", "image_sha512_hash",
    "image_size", "image_width", "uploaded_image",
]  # fmt: skip
CORRUPT = "contents corrupt, not recognized, or dimensions are too large to process"


@pytest.mark.parametrize(
    ("error", "image", "media_type"),
    [
        (errors.Unsupported(CORRUPT), [CORRUPT, "can't be blank"], ["can't be blank"]),
        (
            errors.Unsupported("image/webp is not taken", media_type="image/webp"),
            [CORRUPT, "can't be blank"],
            ["(image/webp) is invalid"],
        ),
        (errors.Unsupported("dimensions are too large to process"), None, None),
        (
            errors.Unsupported("has scripts", media_type="image/svg+xml"),
            [CORRUPT, "can't be blank", "has scripts"],
            ["can't be blank"],
        ),
    ],
)
def test_the_words_about_files(world: World, error, image, media_type):
    answer = answer_error(philomena(world), error, call_of(world))
    told = msgspec.json.decode(answer.body)["errors"]
    if image is None:
        assert told == {"image": ["dimensions are too large to process"]}
    else:
        assert set(told) == {"image", *BLANK}
        assert (told["image"], told["image_mime_type"]) == (image, media_type)
        assert told["image_width"] == ["can't be blank"]
