"""How the dialect words errors, who is let in, and what goes with every answer."""

import msgspec
import pytest

import door_errors
from dog_world import Kennel
from menagerie import errors
from menagerie.http.parameters import Malformed
from menagerie.http.routing import answer_error

WORDS: dict[type[Exception], tuple[Exception, int, str]] = door_errors.WORDS | {
    errors.Invalid: (errors.Invalid({"limit": ["is odd"]}), 400, "limit is odd"),
    errors.Unsupported: (errors.Unsupported("no"), 400, "Invalid file data. image no"),
    errors.Taken: (errors.Taken({"image": ["is asked for"]}), 409, "image is asked for"),
    errors.QueryError: (errors.QueryError("Expected a term."), 400, "Expected a term."),
    Malformed: (
        Malformed("not JSON"),
        400,
        "INVALID_DATA the request cannot be read: not JSON.",
    ),
}
FIELDS = {"statusCode", "status", "error", "message", "level", "timestamp", "path", "code"}


def test_every_error_has_words(kennel: Kennel):
    call = door_errors.call_of(kennel.library, "/v1/images")
    doors = door_errors.doors(kennel.library, "TheDogAPI")
    for door in doors:
        for error, status, text in WORDS.values():
            answer = answer_error(door, error, call)
            told = msgspec.json.decode(answer.body)
            assert told.keys() == FIELDS
            assert (answer.status, told["statusCode"], told["message"]) == (status, status, text)
            assert answer.header("content-type") == "application/json; charset=utf-8"
        door_errors.check_beside_words(door, call)
    several = errors.Invalid({"a": ["is odd"], "b": ["is even"]})
    told = msgspec.json.decode(answer_error(doors[0], several, call).body)
    assert told["message"] == ["a is odd", "b is even"]


def test_paths_below_v1_belong_to_whom_they_should(kennel: Kennel):
    ours = ("/foo", "/images/x", "/images/x/none", "/images/search/x", "/breeds/x/y", "")
    for path in ours:
        answer = kennel.get(f"/v1{path}", root=True)
        assert (path, answer.status_code, answer.json()["error"]) == (path, 404, "Not Found")
        assert answer.json()["path"] == "/v1" + path
    for path in ("/donation/x", "/images/x/details", "/validate/x/y", "/label/none"):
        assert "statusCode" not in kennel.get(f"/v1{path}", root=True).json(), path
    wrong = kennel.call("TRACE", "/breeds")
    assert (wrong.status_code, wrong.json()["statusCode"]) == (405, 405)
    assert kennel.call("HEAD", "/breeds").status_code == 200


def test_another_place_for_the_dialect(make_kennel):
    kennel = make_kennel(dogapi_prefix="dogs")
    code = kennel.code(kennel.put("safe, dog"))
    [found] = kennel.get("/dogs/v1/images/search", root=True).json()
    assert found["url"] == f"http://test/dogs/images/{code}.jpg"
    assert kennel.get(f"/dogs/images/{code}.jpg", root=True).status_code == 200
    assert kennel.get("/dogs/v1/none", root=True).json()["statusCode"] == 404
    assert "statusCode" not in kennel.get("/v1/none", root=True).text
    assert kennel.get("/openapi-json", root=True).status_code == 200


@pytest.mark.parametrize("status", ["401", "403"])
def test_without_a_key_where_one_is_needed(make_kennel, status: str):
    kennel = make_kennel(dogapi_missing_key_status=status)
    for headers in ({}, {"x-api-key": "wrong"}):
        answer = kennel.get("/images", headers=headers)
        assert answer.status_code == int(status)
        assert answer.json()["message"].startswith("AUTHENTICATION_ERROR")
        assert answer.headers["authenticated"] == "false"
    assert kennel.get("/votes", headers={"x-api-key": "wrong"}).status_code == int(status)
    assert kennel.get("/votes").status_code == 200
    good = {"x-api-key": kennel.keys["user"]}
    assert kennel.get("/images?api_key=wrong", headers=good).status_code == 200
    assert kennel.get(f"/images?api_key={kennel.keys['user']}").status_code == 200


def test_a_good_key_is_never_called_unknown(kennel: Kennel):
    for method, path in (
        ("GET", "/images/upload"),  # the wrong method
        ("GET", "/nothing"),
        ("GET", "/breeds/bans/country"),  # a parameter is missing
    ):
        assert "authenticated" not in kennel.call(method, path, "user").headers, path


def test_a_missing_key_is_told_before_what_else_is_wrong(kennel: Kennel):
    for path in (
        "/facts?limit=0",
        "/health-tips?limit=0",
        "/pets?limit=0",
        "/sub-ids?limit=0",
        "/images?limit=0",
        "/breeds/bans/countries?animal_type=cow",
        "/breeds/bans/country",
        "/images/x/status",
        "/accounts/x/overview",
    ):
        assert kennel.get(path).status_code == 401, path
        assert kennel.get(path, "user").status_code in {400, 403, 404}, path


def test_a_library_closed_to_the_keyless(make_kennel):
    kennel = make_kennel(dogapi_anonymous="closed")
    for path in ("/images/search", "/breeds", "/categories", "/votes", "/favourites"):
        assert kennel.get(path).status_code == 401, path
        assert kennel.get(path, "user").status_code == 200, path


def test_errors_as_bare_text(make_kennel):
    kennel = make_kennel(dogapi_errors="text")
    answer = kennel.get("/images")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("AUTHENTICATION_ERROR - you need to send your API Key")


def test_the_rate_of_a_key(make_kennel):
    kennel = make_kennel(dogapi_rate="3")
    answers = [kennel.get("/breeds", "user") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    left = [answer.headers["ratelimit-remaining"] for answer in answers]
    assert left == ["2", "1", "0", "0"]
    assert answers[0].headers["ratelimit-limit"] == "3"
    assert answers[0].headers["ratelimit-reset"].endswith(".000Z")
    assert int(answers[3].headers["retry-after"]) > 0
    assert kennel.get("/breeds", "other").status_code == 200


def test_pages_elsewhere_may_send_a_key(kennel: Kennel):
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "x-api-key"}
    preflight = kennel.call("OPTIONS", "/images/upload", headers=asked)
    assert preflight.status_code == 200
    assert "x-api-key" in preflight.headers["access-control-allow-headers"].lower()
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    exposed = kennel.get("/breeds").headers["access-control-expose-headers"]
    assert "Pagination-Count" in exposed


@pytest.mark.parametrize("path", ["/pets/%00", "/pets/%00/portraits", "/images/%00", "/facts/%00"])
def test_a_nul_byte_names_nothing(kennel: Kennel, path: str):
    assert kennel.get(path, "user").status_code == 404
