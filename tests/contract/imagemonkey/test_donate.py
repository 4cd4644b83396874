"""Donating: what is taken, what is refused, and that nothing of what is refused stays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import pyvips

import files
from menagerie.core import galleries
from menagerie.library import SYSTEM
from monkey_world import MACHINE, NOWHERE, Monkey


def stored(monkey: Monkey) -> set[str]:
    """Return the files that the library keeps, but for those of its database."""
    folder = monkey.library.settings.data_path / "files"
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def test_a_donation_is_there_at_once(monkey: Monkey):
    data = monkey.picture()
    answer = monkey.send("banana", data=data)
    assert answer.status_code == 200
    said = answer.json()
    assert said == {
        "uuid": said["uuid"], "url": f"/donations/{said['uuid']}", "label": "banana",
        "sublabels": [], "unlocked": True, "width": 96, "height": 72, "provider": "donation",
    }  # fmt: skip
    for address in (said["url"], f"/v1/donation/{said['uuid']}"):
        file = monkey.get(address)
        assert (file.status_code, file.headers["content-type"]) == (200, "image/jpeg")
        assert file.headers["cache-control"] == "public, s-maxage=5260000, max-age=604800"
        shown = pyvips.Image.new_from_buffer(file.content, "")
        assert (shown.width, shown.height) == (96, 72)
    offered = monkey.get("/v1/validate").json()
    assert (offered["uuid"], offered["label"]) == (said["uuid"], "banana")
    assert (offered["provider"], offered["url"]) == ("donation", said["url"])


def test_the_same_picture_again_is_a_conflict(monkey: Monkey):
    photo = files.still("png", size=(400, 300), seed=5)
    image = pyvips.Image.new_from_buffer(photo, "").gaussblur(12)
    first = image.write_to_buffer(".jpg[Q=92]")
    key = monkey.donate(data=first)
    before = stored(monkey)
    copies = [
        first,
        image.write_to_buffer(".jpg[Q=60]"),
        image.resize(0.5).write_to_buffer(".jpg[Q=92]"),
    ]
    for copy in copies:
        answer = monkey.send(data=copy)
        assert answer.status_code == 409, answer.text
        assert "already exists" in answer.json()["error"]
        assert answer.json()["uuid"] == key
    assert monkey.count() == 1
    assert stored(monkey) == before


def test_flat_pictures_are_not_taken_for_each_other(monkey: Monkey):
    for color in ((200, 0, 0), (0, 0, 200)):
        data = (pyvips.Image.black(64, 48, bands=3) + color).cast("uchar").write_to_buffer(".png")
        assert monkey.send(data=data).status_code == 200


def test_look_alikes_may_be_let_in(make_monkey):
    monkey = make_monkey(lookalikes="accept")
    image = pyvips.Image.new_from_buffer(files.still("png", size=(400, 300), seed=5), "")
    for quality in (90, 60):
        data = image.gaussblur(12).write_to_buffer(f".jpg[Q={quality}]")
        assert monkey.send(data=data).status_code == 200


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (b"this is no picture", {422}),
        (files.still("jpg", size=(300, 300))[:3000], {422}),
        (files.huge_png(), {413, 422}),
        (files.still("webp"), {200}),
        (b"BM" + bytes(200), {422}),
    ],
)
def test_what_is_no_picture_is_refused(monkey: Monkey, data: bytes, statuses: set[int]):
    before = stored(monkey)
    answer = monkey.send(data=data)
    assert answer.status_code in statuses, answer.text
    if answer.status_code != 200:
        assert set(answer.json()) >= {"error", "code", "request_id"}
        assert stored(monkey) == before
        assert monkey.count() == 0


def test_an_empty_file_and_none_at_all(monkey: Monkey):
    empty = monkey.post("/v1/donate", data={"label": "banana"}, files={"image": ("a.jpg", b"")})
    assert empty.status_code == 422
    assert monkey.post("/v1/donate", data={"label": "banana"}).status_code == 400
    assert monkey.post("/v1/donate").status_code == 400


def test_the_part_may_be_called_file(monkey: Monkey):
    sent = {"file": ("a.jpg", monkey.picture(), "image/jpg")}
    assert monkey.post("/v1/donate", data={"label": "dog"}, files=sent).status_code == 200


def test_a_picture_that_is_too_large(make_monkey):
    monkey = make_monkey(upload_limit=2000)
    answer = monkey.send(data=files.still("png", size=(200, 200)))
    assert answer.status_code in {413, 422}
    assert "error" in answer.json()


def test_unknown_words_are_for_those_with_an_account(monkey: Monkey):
    before = stored(monkey)
    answer = monkey.send("bananna")
    assert answer.status_code == 422
    assert "unknown label" in answer.json()["error"]
    assert "banana" in answer.json()["error"]
    assert stored(monkey) == before
    assert monkey.count() == 0
    key = monkey.donate("zorple", "user")
    assert "zorple" in monkey.get("/v1/label/suggestions").json()
    assert [row["uuid"] for row in monkey.rows("tags=zorple")] == []
    assert monkey.get(f"/donations/{key}").status_code == 200


@pytest.mark.parametrize("label", [None, "", "  "])
def test_without_a_label_a_picture_is_not_offered(monkey: Monkey, label):
    monkey.donate(label)
    assert monkey.get("/v1/validate").status_code == 404


def test_labels_are_matched_exactly_and_then_in_any_case(monkey: Monkey):
    for written, shown in (("TV", "TV"), ("Banana", "banana"), ("tennis ball", "tennis ball")):
        assert monkey.send(written).json()["label"] == shown


def test_parts_come_along_when_the_form_asks(monkey: Monkey):
    with_parts = monkey.send("dog", fields={"add_sublabels": "true"}).json()
    assert "mouth" in with_parts["sublabels"]
    labels = {row["label"] for row in monkey.rows("query=dog")[0]["validations"]}
    assert {"dog", "mouth/dog"} <= labels
    in_the_query = monkey.post(
        "/v1/donate?add_sublabels=true", data={"label": "dog"}, files={"image": monkey.picture()}
    )
    assert in_the_query.json()["sublabels"] == []


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer nobody's"}, {"X-Api-Token": "nobody's"}],
)
def test_an_unknown_token_is_not_taken_for_nobody(monkey: Monkey, headers):
    assert monkey.send(headers=headers).status_code == 401
    assert monkey.count() == 0
    assert monkey.get("/v1/export?tags=banana", headers=headers).status_code == 200


def test_an_empty_bearer_is_nobody(monkey: Monkey):
    assert monkey.send(headers={"Authorization": "Bearer "}).status_code == 200


@pytest.mark.parametrize("way", ["session", "key", "bearer key"])
def test_donations_of_accounts_are_kept_together(monkey: Monkey, way: str):
    key = monkey.keys["user"]
    headers = {
        "session": {"Authorization": f"Bearer {monkey.tokens['user']}"},
        "key": {"X-Api-Token": key},
        "bearer key": {"Authorization": f"Bearer {key}"},
    }[way]
    image_id = monkey.image_id(monkey.donate(headers=headers))
    with monkey.library.reading(SYSTEM) as tx:
        found = galleries.find_by_title(tx, monkey.actors["user"].account_id, "my donations")
        assert found is not None
        assert galleries.image_ids(tx, found.id) == [image_id]


def test_a_collection_may_be_named(monkey: Monkey):
    with monkey.library.writing(monkey.actors["user"]) as tx:
        gallery = galleries.create(tx, title="pets")
    key = monkey.donate("dog", "user", fields={"image_collection": "pets"})
    with monkey.library.reading(SYSTEM) as tx:
        assert galleries.image_ids(tx, gallery.id) == [monkey.image_id(key)]
    for name, role, status in (
        ("none", "user", 404), ("../etc", "user", 400), ("pets", "anonymous", 401)
    ):  # fmt: skip
        answer = monkey.send("dog", role, fields={"image_collection": name})
        assert (name, answer.status_code) == (name, status)


def test_the_licence_and_the_consent_are_kept(monkey: Monkey):
    key = monkey.donate()
    image = monkey.everywhere.get(f"/api/v1/json/images/{monkey.image_id(key)}")
    assert image.status_code == 200
    found = monkey.everywhere.get("/api/v1/json/search/images?q=donated:true").json()
    assert [one["id"] for one in found["images"]] == [monkey.image_id(key)]


def test_programs_bring_pictures_in(monkey: Monkey):
    def send(data: bytes, headers: dict[str, str], **fields: str):
        return monkey.post(
            "/v1/internal/labelme/donate",
            data={"label": "banana", **fields},
            files={"image": data},
            headers=headers,
        )

    assert send(monkey.picture(), {}).status_code == 401
    assert send(monkey.picture(), MACHINE | {"X-Client-Secret": "x"}).status_code == 401
    source = "https://a.example/1.jpg"
    answer = send(monkey.picture(), MACHINE, image_source_url=source, auto_unlock="yes")
    assert answer.status_code == 200, answer.text
    [row] = monkey.rows("tags=banana")
    assert (row["uuid"], row["num_yes"]) == (answer.json()["uuid"], 1)
    assert send(monkey.picture(), MACHINE, label="zorple").status_code == 422


def test_at_once_only_one_of_the_same_is_taken(make_monkey):
    monkey = make_monkey()
    data = monkey.picture()
    others = [Monkey(monkey.library, monkey.people) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda one: one.send(data=data).status_code, others))
    assert statuses == [200, 409, 409, 409]
    for one in others:
        one.client.close()
    assert monkey.count() == 1


def test_donations_of_strangers_are_limited(make_monkey):
    monkey = make_monkey(crowd_rate=3)
    statuses = [monkey.send().status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    limited = monkey.send()
    assert int(limited.headers["retry-after"]) > 0
    assert limited.json()["code"] == "rate_limited"
    assert monkey.send(role="user").status_code == 200


# Review.


def test_a_locked_picture_is_there_for_its_owner_only(make_monkey):
    monkey = make_monkey(review="person")
    key = monkey.donate("banana", "user")
    image_id = monkey.image_id(key)
    paths = [
        f"/donations/{key}", f"/v1/donation/{key}", f"/v1/validate/{key}",
    ]  # fmt: skip
    for role, status in (("anonymous", 404), ("other", 404), ("user", 200), ("moderator", 200)):
        for path in paths:
            assert (path, role, monkey.get(path, role).status_code) == (path, role, status)
    by_token = monkey.get(f"/donations/{key}?token={monkey.tokens['user']}")
    assert (by_token.status_code, by_token.headers["cache-control"]) == (200, "private, no-cache")
    unverified = f"/v1/unverified-donation/{key}"
    assert monkey.get(unverified).status_code == 403
    assert monkey.get(unverified, "user").status_code == 200
    assert monkey.vote(key, role="user").json()["num_yes"] == 1
    assert monkey.post(f"/v1/validate/{key}/yes").status_code == 404
    assert monkey.get("/v1/validate").status_code == 404
    assert monkey.get("/v1/validate", "user").json()["unlocked"] is False
    assert monkey.rows("tags=banana") == []
    decide = monkey.post(f"/v1/unverified/donation/{key}/good", headers=MACHINE)
    assert decide.status_code == 201, decide.text
    assert monkey.get(f"/donations/{key}").status_code == 200
    assert monkey.get("/v1/validate").json()["uuid"] == key
    assert monkey.rows("tags=banana")[0]["uuid"] == key
    assert monkey.image_id(key) == image_id


@pytest.mark.parametrize(("word", "of_owner"), [("delete", 404), ("quarantine", 404)])
def test_a_picture_that_is_turned_away(make_monkey, word: str, of_owner: int):
    monkey = make_monkey(review="person")
    key = monkey.donate("banana", "user")
    assert monkey.post(f"/v1/unverified/donation/{key}/{word}", headers=MACHINE).status_code == 201
    for path in (f"/donations/{key}", f"/v1/validate/{key}"):
        assert monkey.get(path).status_code == 404
        assert monkey.get(path, "user").status_code == of_owner
    assert monkey.rows("tags=banana") == []


# Files.


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("width=500", (500, 331)),
        ("height=375", (566, 375)),
        ("width=500&height=200", (500, 200)),
        ("width=abc", (1132, 750)),
        ("width=0&height=-3", (1132, 750)),
        ("width=1132&height=200", (1132, 750)),
        ("width=2264", (2264, 1500)),
    ],
)
def test_pictures_are_scaled(monkey: Monkey, query: str, size: tuple[int, int]):
    key = monkey.donate(data=files.still("jpg", size=(1132, 750), Q=30))
    answer = monkey.get(f"/v1/donation/{key}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    shown = pyvips.Image.new_from_buffer(answer.content, "")
    assert (shown.width, shown.height) == size
    known = {"If-None-Match": answer.headers["etag"]}
    assert monkey.get(f"/v1/donation/{key}?{query}", headers=known).status_code == 304


def test_every_kind_of_picture_is_scaled(monkey: Monkey):
    for ending, data, media_type in (
        ("png", files.still("png"), "image/png"),
        ("gif", files.animation("gif"), "image/gif"),
        ("webp", files.still("webp", seed=9), "image/webp"),
        ("svg", files.svg(), "image/png"),
        ("avif", files.still("avif", seed=8), "image/jpeg"),
    ):
        key = monkey.donate(data=data)
        answer = monkey.get(f"/donations/{key}?width=20&height=10")
        assert (ending, answer.headers["content-type"]) == (ending, media_type)
        shown = pyvips.Image.new_from_buffer(answer.content, "")
        assert (shown.width, shown.height) == (20, 10)


def test_files_have_validators_ranges_and_heads(monkey: Monkey):
    path = f"/donations/{monkey.donate()}"
    whole = monkey.get(path)
    head = monkey.call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    part = monkey.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, whole.content[2:5])
    known = {"If-None-Match": whole.headers["etag"]}
    assert monkey.get(path, headers=known).status_code == 304
    assert monkey.get(f"{path}?width=99999").status_code == 422


@pytest.mark.parametrize(
    "name",
    [NOWHERE, "x", "..%2f..%2fetc%2fpasswd", "..%2f..", "%00", "1", "donations",
     "{48750a63-df1f-48d1-99ee-6c60e535a271}"],
)  # fmt: skip
def test_no_other_file_is_served(monkey: Monkey, name: str):
    for folder in ("/donations", "/v1/donation", "/v1/unverified-donation"):
        assert monkey.get(f"{folder}/{name}").status_code in {400, 404}
