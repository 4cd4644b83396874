"""How the dialect words errors, and what goes with every answer."""

import msgspec
import pytest

import door_errors
from menagerie import errors
from menagerie.http.parameters import Malformed
from menagerie.http.routing import answer_error
from monkey_world import NOWHERE, Monkey

WORDS: dict[type[Exception], tuple[Exception, int, str]] = door_errors.WORDS | {
    errors.Invalid: (errors.Invalid({"label": ["is odd"]}), 422, "label is odd"),
    errors.Unsupported: (errors.Unsupported("no picture"), 422, "image no picture"),
    errors.QueryError: (errors.QueryError("Expected a term."), 422, "Expected a term."),
    Malformed: (Malformed("not JSON"), 400, "The request cannot be read: not JSON."),
}


def test_every_error_has_words(monkey: Monkey):
    call = door_errors.call_of(monkey.library, "/v1/validate")
    doors = door_errors.doors(monkey.library, "ImageMonkey")
    assert len(doors) == 2
    for door in doors:
        for error, status, text in WORDS.values():
            answer = answer_error(door, error, call)
            told = msgspec.json.decode(answer.body)
            assert (answer.status, told["error"], told["request_id"]) == (status, text, "r1")
            assert told["code"]
            assert answer.header("content-type") == "application/json; charset=utf-8"
        door_errors.check_beside_words(door, call)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/export?tags=banana", 200),
        ("GET", "/v1/export", 422),
        ("GET", f"/v1/validate/{NOWHERE}", 404),
        ("GET", "/v1/validate/nothing/here/at/all", 404),
        ("DELETE", "/v1/validate", 405),
        ("POST", "/v1/donate", 400),
        ("GET", f"/donations/{NOWHERE}", 404),
        ("OPTIONS", "/v1/donate", 200),
        ("OPTIONS", f"/donations/{NOWHERE}", 200),
        ("OPTIONS", "/v1/label/anything", 200),
    ],
)
def test_what_goes_with_every_answer(monkey: Monkey, method: str, path: str, status: int):
    sent = "{48750a63-df1f-48d1-99ee-6c60e535a271}"
    answer = monkey.call(method, path, headers={"X-Request-Id": sent, "Origin": "http://a.example"})
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == sent
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    if status >= 400:
        assert answer.json()["request_id"] == sent
    if method == "OPTIONS":
        allowed = answer.headers["access-control-allow-headers"]
        for name in ("Authorization", "X-Api-Token", "X-Browser-Fingerprint", "X-App-Identifier",
                     "X-Client-Secret", "X-Moderation", "X-Total-Count"):  # fmt: skip
            assert name in allowed
    elsewhere = monkey.call(method, path)
    assert elsewhere.headers["x-request-id"]


def test_broken_requests_are_said_so(monkey: Monkey):
    for path in ("/v1/export?tags=%ff", "/v1/export?tags=%00", "/v1/validate?label=%00"):
        assert monkey.get(path).status_code == 400


def test_a_prefix_in_front(make_monkey):
    monkey = make_monkey(imagemonkey_prefix="/monkey/")
    sent = {"data": {"label": "banana"}, "files": {"image": monkey.picture()}}
    made = monkey.post("/monkey/v1/donate", **sent)
    assert made.status_code == 200, made.text
    url = made.json()["url"]
    assert url.startswith("/monkey/donations/")
    assert monkey.get(url).status_code == 200
    assert monkey.get("/monkey/v1/export?tags=banana").json()[0]["url"] == url
    assert monkey.get("/v1/export?tags=banana").status_code == 404
