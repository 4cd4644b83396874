"""Uploads, reverse search and the extension, through HTTP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pyvips

import build
import files
from booru_world import World
from core.models import picture
from menagerie.core import accounts, recognition
from menagerie.core.staff import bans

CORRUPT = "contents corrupt, not recognized, or dimensions are too large to process"


@pytest.fixture(scope="module")
def board(make_world) -> World:
    return make_world(is_empty=True)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A web site of the loopback with one picture, whatever the path."""

    class Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = build.png(mark=int(self.path.split("/")[1]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def send(board: World, data: bytes, role: str = "user", **fields: str):
    form = {"image[tag_input]": "safe, a, b"} | {f"image[{k}]": v for k, v in fields.items()}
    return board.call(
        "POST", "/images", role, data=form, files={"image[image]": ("x y.png", data, "image/jpeg")}
    )


def test_a_form_with_a_file(board: World):
    data = build.png((70, 50), mark=500)
    answer = send(
        board,
        data,
        tag_input="Safe, Artist:Some_One,  two  words,safe",
        description="Words",
        source_url="https://a.example/x",
        anonymous="true",
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["interactions"] == []
    image = answer.json()["image"]
    assert image["tags"] == ["safe", "artist:some_one", "two words"]
    assert (image["name"], image["mime_type"], image["description"]) == (
        "x y.png",
        "image/png",
        "Words",
    )
    assert (image["uploader"], image["source_url"]) == (None, "https://a.example/x")
    assert (image["processed"], image["thumbnails_generated"]) == (False, False)
    found = board.get("/search/images?q=two words").json()
    assert [one["id"] for one in found["images"]] == [image["id"]]
    assert board.client.get(image["view_url"]).status_code == 200


def test_json_with_an_address(board: World, site: str):
    body = {
        "image": {
            "tag_input": "safe, c, d",
            "source_url": "",
            "sources": {"0": {"source": "https://a.example/1"}, "1": {"source": ""}},
            "source_urls": ["https://a.example/2"],
            "anonymous": False,
        },
        "url": f"{site}/501/pic.png?x=1",
        "key": board.keys["user"],
    }
    answer = board.client.post("/api/v1/json/images", json=body)
    assert answer.status_code == 200, answer.text
    image = answer.json()["image"]
    assert image["source_urls"] == ["https://a.example/1", "https://a.example/2"]
    assert (image["name"], image["uploader"]) == ("pic.png?x=1", "Alice")


def test_an_address_in_the_query(board: World, site: str):
    answer = board.call(
        "POST",
        "/images",
        "user",
        params={"url": f"{site}/502"},
        json={"image": {"tag_input": "safe, c, d"}},
    )
    assert answer.status_code == 200, answer.text


def test_sources_go_by_their_numbers(board: World, site: str):
    sources = {str(n): {"source": f"https://a.example/{n}"} for n in (10, 9, 0)}
    body = {"url": f"{site}/520", "image": {"tag_input": "safe, c, d", "sources": sources}}
    image = board.call("POST", "/images", "user", json=body).json()["image"]
    assert image["source_urls"] == [f"https://a.example/{n}" for n in (0, 9, 10)]


def test_what_cannot_be_fetched_is_no_file(board: World):
    fields = {"image": {"tag_input": "safe, c, d"}}
    for url in ("", "http://127.0.0.1:9/none", "ftp://a.example/x.png", "nonsense"):
        answer = board.call("POST", "/images", "user", json=fields | {"url": url})
        errors = answer.json()["errors"]
        assert (answer.status_code, errors.pop("image")) == (400, [CORRUPT, "can't be blank"])
        assert len(errors) == 12
        assert set(map(tuple, errors.values())) == {("can't be blank",)}


def test_the_same_file_again(board: World):
    data = build.png(mark=503)
    first = send(board, data).json()["image"]["id"]
    again = send(board, data, "other")
    assert (again.status_code, again.json()) == (
        400,
        {
            "errors": {
                "image": [f"has already been uploaded: it's image {first}"],
                "image_orig_sha512_hash": ["has already been taken"],
            }
        },
    )


def test_all_wrong_fields_are_told_together(board: World):
    answer = send(
        board, b"no picture", tag_input="solo", source_url="ftp://x", description="x" * 50_001
    )
    errors = answer.json()["errors"]
    assert answer.status_code == 400
    assert errors["image"] == [CORRUPT, "can't be blank"]
    assert errors["tag_input"] == [
        "must contain at least one rating tag",
        "must contain at least 3 tags",
    ]
    assert errors["source_url"] == ["has invalid format"]
    assert errors["sources"] == [{"source": ["has invalid format"]}]
    assert errors["description"] == ["should be at most 50000 byte(s)"]
    assert errors["uploaded_image"] == ["can't be blank"]


def test_formats_the_board_does_not_take(board: World):
    errors = send(board, files.still("webp")).json()["errors"]
    assert errors["image_mime_type"] == ["(image/webp) is invalid"]
    assert errors["image"] == [CORRUPT, "can't be blank"]
    huge = send(board, files.huge_png()).json()["errors"]
    assert huge["image"] == ["dimensions are too large to process"]


@pytest.mark.parametrize("ending", ["jpg", "gif", "svg"])
def test_formats_the_board_takes(board: World, ending: str):
    data = files.svg() if ending == "svg" else files.still(ending, seed=9)
    image = send(board, data).json()["image"]
    assert image["format"] == ending


def test_uploads_need_a_key_and_no_ban(board: World):
    for role in ("anonymous",):
        answer = send(board, build.png(mark=504), role)
        assert (answer.status_code, answer.text) == (401, "")
    bad = board.client.post("/api/v1/json/images?key=AAAAAAAAAAAAAAAAAAAA", json={})
    assert (bad.status_code, bad.headers["content-type"]) == (401, "text/plain; charset=utf-8")


def test_keys_of_banned_and_closed_accounts(make_world):
    board = make_world(is_empty=True)
    with board.library.writing(board.actors["moderator"]) as tx:
        bans.ban(tx, account_id=board.actors["user"].account_id, reason="no")
    banned = send(board, build.png(mark=1))
    assert (banned.status_code, banned.text) == (403, "")
    assert banned.headers["content-type"] == "text/plain; charset=utf-8"
    assert board.get("/search/images?q=*", "user").status_code == 200
    with board.library.writing(board.actors["moderator"]) as tx:
        bans.ban(tx, network="10.0.0.0/24", reason="no")
    assert send(board, build.png(mark=1), "other").status_code == 403
    with board.library.writing(board.actors["admin"]) as tx:
        accounts.suspend(tx, board.actors["other"].account_id)
    for path in ("/images/1", "/search/images?q=", "/tags/safe", "/filters/system", "/oembed",
                 "/autocomplete/tags", "/fetch/tags", "/profiles/1"):  # fmt: skip
        closed = board.get(path, "other")
        assert (path, closed.status_code, closed.text) == (path, 403, "")
    assert send(board, build.png(mark=1), "other").status_code == 403


def test_a_body_that_is_too_large(make_world):
    board = make_world(is_empty=True, upload_limit=2_000)
    big = build.png(mark=1) + b"\0" * 3_000
    # Beyond the file's limit but within the request's: a wrong field, like any other.
    answer = send(board, big)
    assert answer.status_code == 400
    assert answer.json()["errors"]["image_size"] == ["must be less than or equal to 2000"]
    answer = send(board, b"\0" * 6_000_000)
    assert (answer.status_code, answer.json()) == (413, {"error": "Request Entity Too Large"})


def test_reverse_search_by_file_address_and_hash(board: World, site: str):
    data = files.still("png", seed=505)
    image_id = send(board, data, tag_input="safe, look, alike").json()["image"]["id"]

    def found(**options) -> list[int]:
        answer = board.call("POST", "/search/reverse", **options)
        assert answer.status_code == 200, answer.text
        return [image["id"] for image in answer.json()["images"]]

    assert found(files={"image[image]": data}) == [image_id]
    known = send(board, build.png(mark=510), tag_input="safe, one, colour").json()["image"]["id"]
    assert known in found(params={"url": f"{site}/510", "limit": "50"})
    assert known in found(params={"url": f"{site}/510", "limit": "", "distance": ""})
    smaller = files.still("jpg", seed=505, Q=60)
    assert image_id in found(files={"image[image]": smaller}, data={"perceptual_distance": "10"})
    assert found(data={"perceptual_hash": "zz"}) == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"params": {"url": "http://127.0.0.1:9/none"}},
        {"params": {"url": "nonsense"}},
        {"files": {"image[image]": b"no picture"}},
        {"files": {"image[image]": build.png()}, "data": {"distance": "2"}},
        {"files": {"image[image]": build.png()}, "data": {"limit": "0"}},
        {"files": {"image[image]": build.png()}, "data": {"limit": "51"}},
        {"files": {"image[image]": build.png()}, "data": {"limit": "x"}},
        {"files": {"image[image]": build.png()}, "data": {"limit": "1.5"}},
    ],
)
def test_reverse_search_never_fails(board: World, options):
    answer = board.call("POST", "/search/reverse", **options)
    assert (answer.status_code, answer.json()) == (
        200,
        {"images": [], "interactions": [], "total": 0},
    )


def test_what_is_alike_by_image_and_by_file(make_world):
    """With the real models, whose graph is made first."""
    board = make_world(is_empty=True, recognition=True)
    cat = send(board, picture("cat.jpg"), tag_input="safe, cat, grey").json()["image"]["id"]
    other = pyvips.Image.new_from_buffer(picture("cat.jpg"), "")
    part = other.crop(60, 60, other.width - 120, other.height - 120).write_to_buffer(".jpg")
    part = send(board, part, tag_input="safe, cat, face").json()["image"]["id"]
    explicit = send(board, other.resize(0.5).write_to_buffer(".jpg"), tag_input="explicit, cat, x")
    copy = explicit.json()["image"]["id"]
    assert recognition.look_at(board.library, [cat, part, copy]) == {}

    def found(answer) -> list[tuple[int, bool]]:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert list(page) == ["images", "interactions", "total", "similarities"]
        assert [one["id"] for one in page["images"]] == [
            one["image_id"] for one in page["similarities"]
        ]
        assert all(0.5 < one["similarity"] <= 1 for one in page["similarities"])
        return [(one["image_id"], one["is_copy"]) for one in page["similarities"]]

    assert found(board.get(f"/images/{cat}/similar")) == [(part, False)]
    everything = board.get(f"/images/{cat}/similar?filter_id=2")
    assert found(everything) == [(copy, True), (part, False)]
    assert len(found(board.get(f"/images/{cat}/similar?filter_id=2&per_page=1"))) == 1
    shown = {"files": {"image[image]": picture("cat.jpg")}}
    assert found(board.call("POST", "/search/similar", **shown)) == [(cat, True), (part, False)]
    for options in ({}, {"files": {"image[image]": b"no picture"}}):
        answer = board.call("POST", "/search/similar", **options)
        assert (answer.status_code, list(answer.json())) == (400, ["errors"])
    for wrong in ("0", "999", "x"):
        assert board.get(f"/images/{wrong}/similar").status_code == 404


def test_votes_faves_and_hides(board: World):
    image_id = send(board, build.png(mark=506)).json()["image"]["id"]

    def press(method: str, button: str, **options) -> list[int]:
        answer = board.call(method, f"/images/{image_id}/{button}", "other", **options)
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == ["score", "faves", "upvotes", "downvotes"]
        return list(answer.json().values())

    assert press("POST", "fave") == [1, 1, 1, 0]
    assert press("POST", "fave") == [1, 1, 1, 0]
    assert press("POST", "vote", json={"up": False}) == [-1, 0, 0, 1]
    assert press("POST", "vote", data={"up": "true"}) == [1, 0, 1, 0]
    assert press("DELETE", "vote") == [0, 0, 0, 0]
    assert press("POST", "hide") == [0, 0, 0, 0]
    seen = board.get(f"/images/{image_id}", "other").json()
    assert seen["image"]["hides"] == 1
    assert seen["interactions"] == [
        {"image_id": image_id, "user_id": 2, "interaction_type": "hidden", "value": ""}
    ]
    assert press("DELETE", "hide") == [0, 0, 0, 0]
    bad = board.call("POST", f"/images/{image_id}/vote", "other", params={"up": "sideways"})
    assert (bad.status_code, bad.json()) == (400, {})


def test_edits_happen_together_or_not_at_all(board: World):
    image_id = send(board, build.png(mark=507), tag_input="safe, one, two").json()["image"]["id"]

    def edit(role: str, **fields):
        return board.call("PATCH", f"/images/{image_id}", role, json={"image": fields})

    image = edit("other", add_tags="three, four", remove_tags="one").json()["image"]
    assert image["tags"] == ["safe", "four", "three", "two"]
    image = edit("other", tag_input="safe, two, six", old_tag_input="safe, two, four").json()
    assert image["image"]["tags"] == ["safe", "six", "three", "two"]
    image = edit("other", source_urls=["https://a.example/1", "https://b.example/2"]).json()
    assert image["image"]["source_urls"] == ["https://a.example/1", "https://b.example/2"]
    assert edit("user", description="New").json()["image"]["description"] == "New"
    refused = edit("other", add_tags="seven", description="Not mine")
    assert (refused.status_code, refused.text) == (403, "")
    worse = edit("other", remove_tags=["safe"])
    assert worse.json()["errors"] == {"tag_input": ["must contain at least one rating tag"]}
    assert "seven" not in board.get(f"/images/{image_id}").json()["image"]["tags"]


def test_deleting_ones_own(board: World):
    image_id = send(board, build.png(mark=508)).json()["image"]["id"]
    gone = board.call("DELETE", f"/images/{image_id}", "user")
    assert (gone.status_code, gone.json()["image"]["hidden_from_users"]) == (200, True)
    assert board.get(f"/images/{image_id}").json()["image"] == gone.json()["image"]
    assert send(board, build.png(mark=508)).status_code == 200


def test_filters_are_made_changed_chosen_and_deleted(board: World):
    send(board, build.png(mark=509), tag_input="safe, ugly, thing")
    made = board.call(
        "POST",
        "/filters",
        "user",
        json={"filter": {"name": "mine", "hidden_tags": ["ugly"], "spoilered_complex": "b"}},
    )
    assert made.status_code == 200, made.text
    own = made.json()["filter"]
    assert (own["name"], own["spoilered_complex"], len(own["hidden_tag_ids"])) == ("mine", "b", 1)
    assert own["user_id"] == 1
    again = board.call("POST", "/filters", "user", data={"filter[name]": "mine"})
    assert again.json() == {"errors": {"name": ["has already been taken"]}}
    wrong = board.call(
        "POST", "/filters", "user", json={"filter": {"name": "x", "hidden_complex": "("}}
    )
    assert list(wrong.json()["errors"]) == ["hidden_complex"]
    path = f"/filters/{own['id']}"
    changed = board.call("PATCH", path, "user", json={"filter": {"public": True}}).json()["filter"]
    assert changed == own | {"public": True}
    assert board.call("PUT", "/filters/current", "user", params={"id": own["id"]}).is_success
    assert board.get("/filters/current", "user").json()["filter"]["id"] == own["id"]
    assert board.get("/search/images?q=ugly", "user").json()["total"] == 0
    assert board.get("/search/images?q=ugly", "other").json()["total"] == 1
    assert board.call("DELETE", path, "user").json()["filter"]["id"] == own["id"]
    assert board.get(path, "user").status_code == 404
    assert board.get("/search/images?q=ugly", "user").json()["total"] == 1
