"""What clients do wrong: how they are told, in one sentence, and that nothing comes of it."""

import pytest

from monkey_world import MACHINE, NOWHERE, Monkey

SHAPES = [{"type": "rect", "left": 1, "top": 1, "width": 9, "height": 9}]


@pytest.mark.parametrize(
    ("method", "path", "options", "text"),
    [
        ("POST", "/v1/validate/{}/yes?label=egg", {}, "The image has no label egg."),
        ("GET", "/v1/validate?label=nonesuch", {}, '"nonesuch" is an unknown label'),
        ("GET", "/v1/export", {}, "Give one of the two: tags=a,b or query=a & b."),
        ("GET", "/v1/export?tags=a&limit=x", {}, "limit must be a whole number from 1 to 1000000"),
        ("GET", "/v1/refine", {}, "query or annotation_data_id must be given, and not both"),
        ("GET", "/v1/label/graph/none", {}, "'none' is no graph; there is main"),
        ("POST", "/v1/label/suggest", {"json": {"label": " "}}, "label can't be blank"),
        ("POST", "/v1/label/suggest", {"json": {"label": 5}}, "label must be a text"),
    ],
)
def test_errors_are_sentences(monkey: Monkey, method, path, options, text):
    answer = monkey.call(method, path.format(monkey.donate()), **options)
    assert (answer.status_code, answer.json()["error"]) == (422, text)


def test_unknown_labels_and_other_files_are_named_once(monkey: Monkey):
    told = monkey.send("caat")
    assert told.json()["error"].startswith('"caat" is an unknown label; did you mean cat')
    other = monkey.send(data=monkey.picture("tif"))
    assert other.json()["error"].startswith("image type image/tiff is not taken; send ")
    assert (told.status_code, other.status_code, monkey.count()) == (422, 422, 0)


def test_wrong_sources_are_named_as_they_were_sent(monkey: Monkey):
    answer = monkey.post(
        "/v1/internal/labelme/donate",
        data={"label": "dog", "image_source_url": "no address"},
        files={"image": ("x.jpg", monkey.picture())},
        headers=MACHINE,
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["image_source_url"])
    assert monkey.count() == 0


def test_batches_of_something_else(monkey: Monkey):
    key = monkey.donate()
    entry = {"uuid": key, "valid": ["yes"]}
    path = "/v1/validation/validate"
    assert monkey.call("PATCH", path, json={"validations": [entry]}).status_code == 204
    assert monkey.call("PATCH", path, json={"validations": [1]}).status_code == 422
    assert monkey.rows("tags=banana")[0]["num_yes"] == 0


def test_groups_are_never_empty(monkey: Monkey):
    monkey.donate()
    assert monkey.get("/v1/validate?grouped=true&limit=0").status_code == 400
    assert monkey.get("/v1/validate?grouped=true&label=egg").status_code == 404


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/user/Alice/api-token", {}),
        ("/v1/user/Alice/imagecollection", {}),
        ("/v1/label/graph-editor/evaluate", {}),
        ("/v1/internal/reports/{}/accept", MACHINE),
    ],
)
def test_broken_json_does_nothing(monkey: Monkey, path, headers):
    key = monkey.donate()
    assert monkey.post(f"/v1/report/{key}", json={"reason": "x"}).status_code == 200
    answer = monkey.post(path.format(key), "user", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert monkey.get(f"/donations/{key}").status_code == 200


def test_exports_know_the_collections_of_the_caller(monkey: Monkey):
    key, _other = monkey.donate(), monkey.donate()
    own = "/v1/user/Alice/imagecollection"
    assert monkey.post(own, "user", json={"name": "pets"}).status_code == 201
    assert monkey.post(f"{own}/pets/image/{key}", "user").status_code == 201
    path = "/v1/export?query=image.collection='pets'"
    assert [row["uuid"] for row in monkey.get(path, "user").json()] == [key]
    assert monkey.get(path, "other").status_code == 422


def test_what_was_deleted_is_gone_for_reviewers_too(monkey: Monkey):
    key = monkey.donate()
    path = f"/v1/unverified/donation/{key}"
    assert monkey.get(path, headers=MACHINE).status_code == 200
    assert monkey.post(f"{path}/delete", headers=MACHINE).status_code == 201
    assert monkey.get(path, headers=MACHINE).status_code == 404
    assert monkey.get(f"/v1/unverified-donation/{key}", "admin").status_code == 404
    for action in ("good", "bad", "quarantine", "delete"):
        assert monkey.post(f"{path}/{action}", headers=MACHINE).status_code == 404
    batch = [{"uuid": key, "action": "good"}]
    answer = monkey.call("PATCH", "/v1/unverified/donation", json=batch, headers=MACHINE)
    assert answer.status_code == 404


def test_highlights_of_locked_pictures_are_private(make_monkey):
    monkey = make_monkey(review="person")
    key = monkey.donate("dog", "user")
    path = f"/v1/donation/{key}"
    drawn = monkey.post(f"{path}/annotate", "user", json=[{"label": "dog", "annotations": SHAPES}])
    assert drawn.status_code == 201
    locked = monkey.get(f"{path}?highlight=dog", "user")
    assert locked.headers["cache-control"] == "private, no-cache"
    action = f"/v1/unverified/donation/{key}/good"
    assert monkey.post(action, headers=MACHINE).status_code == 201
    shown = monkey.get(f"{path}?highlight=dog")
    assert (shown.headers["cache-control"], "etag" in shown.headers) == ("no-cache", True)
    known = monkey.get(f"{path}?highlight=dog", headers={"If-None-Match": shown.headers["etag"]})
    assert known.status_code == 304


@pytest.mark.parametrize("sent", [b"x" * 3000, "Anfrage-\u00fc1".encode(), b"a\tb", b"\xff\x9b1m"])
def test_request_ids_come_back_as_they_were(monkey: Monkey, sent):
    answer = monkey.get(f"/v1/validate/{NOWHERE}", headers={"X-Request-Id": sent})
    assert dict(answer.headers.raw)[b"x-request-id"] == sent
    assert answer.json()["request_id"].isprintable()
