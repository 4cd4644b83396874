"""Uploads in every form that clients send, quotas, and waiting for the models."""

import base64
import json
import struct

import pytest

import build
import files
from dog_golden import compare
from dog_world import Kennel
from menagerie.core.apps import quotas


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def code_of(answer) -> str:
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_a_file_is_taken_and_stays_private(kennel: Kennel):
    data = kennel.picture()
    answer = kennel.post(
        "/images/upload",
        files={"file": ("rex.png", data)},
        data={"sub_id": "me", "breed_ids": "321"},
    )
    compare("upload", answer, 201)
    code = code_of(answer)
    assert answer.json()["links"]["status"] == f"http://test/v1/images/{code}/status"
    assert kennel.get(f"/images/{code}/status", "user").json()["id"] == code
    assert kennel.get("/images/search?limit=10", "user").json() == []
    assert [one["id"] for one in kennel.get("/images?sub_id=me", "user").json()] == [code]


def test_every_form_of_body_is_taken(kennel: Kennel):
    def bodies():
        yield {"json": {"image": encoded(kennel.picture())}}
        yield {"json": {"type": "base64", "image": encoded(kennel.picture("png"))}}
        yield {"json": {"image": "data:image/png;base64," + encoded(kennel.picture("png"))}}
        yield {"data": {"type": "base64", "image": encoded(kennel.picture("gif"))}}
        yield {"data": {"image": encoded(kennel.picture("webp"))}}
        yield {"content": json.dumps({"image": encoded(kennel.picture())})}
        yield {"files": {"image": (None, encoded(kennel.picture()))}}
        yield {
            "files": {"file": ("x.txt", kennel.picture(), "text/plain")},
            "data": {"type": "FILE"},
        }

    for body in bodies():
        code_of(kennel.post("/images/upload", **body))
    assert kennel.get("/images?limit=50", "user").headers["pagination-count"] == "8"


def test_bodies_in_pieces_without_a_length_are_taken(kennel: Kennel):
    data = kennel.picture()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'

    async def pieces():
        yield head + data[:100]
        yield data[100:]
        yield b"\r\n--x--\r\n"

    answer = kennel.post(
        "/images/upload?sub_id=query",
        content=pieces(),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert code_of(answer)
    assert answer.json()["sub_id"] == "query"


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_pictures_are_made_to_fit_and_never_larger(kennel: Kennel, ending: str):
    for sent, shown in {
        "width=30": (30, 20), "height=30": (45, 30), "width=30&height=10": (15, 10),
        "width=600": (60, 40), "width=&height=": (60, 40), "width=30.0": (30, 20),
    }.items():  # fmt: skip
        data = kennel.picture(ending, (60, 40))
        answer = kennel.post(f"/images/upload?{sent}", files={"file": ("a", data)})
        assert code_of(answer)
        made = answer.json()
        assert (made["width"], made["height"]) == shown, sent
        served = kennel.get(made["url"].removeprefix("http://test"), root=True)
        if ending == "png":
            assert struct.unpack(">II", served.content[16:24]) == shown
    moving = kennel.post("/images/upload?width=9", files={"file": ("a", files.animation("gif"))})
    assert moving.json()["width"] == 60


def test_what_is_no_picture_is_refused(kennel: Kennel):
    def refused(status: int = 400, **body) -> str:
        answer = kennel.post("/images/upload", **body)
        assert answer.status_code == status, answer.text
        return str(answer.json()["message"])

    assert "Invalid file data." in refused()
    assert "Invalid file data." in refused(json={})
    whole = {"content": kennel.picture(), "headers": {"content-type": "image/jpeg"}}
    assert "as the part `file`" in refused(**whole)
    assert "Invalid file data." in refused(json={"image": "not base64!"})
    assert "Invalid file data." in refused(json={"image": encoded(b"not a picture")})
    assert "Invalid file data." in refused(files={"file": ("a.jpg", b"not a picture")})
    assert "Invalid file data." in refused(files={"file": ("a.jpg", b"")})
    assert refused(415, files={"file": ("a.svg", files.svg())})
    assert refused(data={"type": "film", "image": "x"})
    picture = {"file": ("a.jpg", kennel.picture())}
    for query in ("width=0", "width=-1", "height=x", "breed_ids=none", "sub_id=" + "x" * 256):
        answer = kennel.post(f"/images/upload?{query}", files=picture)
        assert answer.status_code == 400, query
    for body in ("{", '["a"]', '{"image"'):
        assert kennel.post("/images/upload", content=body).status_code == 400
    assert kennel.post("/images/upload", "anonymous", files=picture).status_code == 401
    assert kennel.get("/images", "user").json() == []


def test_too_much_is_refused(make_kennel):
    kennel = make_kennel(upload_limit=1000)
    data = build.png((900, 600)) + b"x" * 1000
    large = kennel.post("/images/upload", files={"file": ("a.png", data)})
    assert large.status_code == 413
    assert kennel.post("/images/upload", content=b"x" * (17 << 20)).status_code == 413


def test_the_upload_paths_take_nothing_but_post(kennel: Kennel):
    for path in ("/images/upload", "/images/upload-sync"):
        answer = kennel.get(path, "user")
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]


def test_the_quota_counts_uploads(make_kennel):
    kennel = make_kennel(monthly_quota=2)
    kennel.upload()
    kennel.post("/images/upload", files={"file": ("a.jpg", b"no picture")})
    assert kennel.get("/accounts/quota", "user").json() == {
        "quota": 2, "usage": 1, "remaining": 1,
    }  # fmt: skip
    code_of(kennel.post("/images/upload-sync", files={"file": ("a.jpg", kennel.picture())}))
    full = kennel.post("/images/upload", files={"file": ("a.jpg", kennel.picture())})
    assert (full.status_code, "quota" in full.json()["message"]) == (400, True)
    kennel.upload("other")
    with kennel.reading("user") as tx:
        assert quotas.quota(tx).remaining == 0


def test_the_same_picture_may_be_uploaded_twice(kennel: Kennel):
    data = kennel.picture()
    kennel.put(data=data)
    first, second = kennel.upload(data=data), kennel.upload(data=data)
    assert first["id"] != second["id"]


# Models.


def test_uploads_are_labelled_by_the_models(make_kennel):
    kennel = make_kennel(review="model", recognition=True)
    made = kennel.upload()
    path = f"/images/{made['id']}"
    assert (made["status"], made["pending"], made["approved"]) == ("clean", 0, 1)
    assert kennel.get(f"{path}/labels", "user").status_code == 404
    assert kennel.get(f"{path}/analysis", "user").json() == []
    kennel.look(kennel.number(made["id"]))
    assert kennel.get(f"{path}/status", "user").json()["status"] == "labelled"
    labels = kennel.get(f"{path}/labels", "user").json()
    assert labels["image_id"] == made["id"]
    [seen] = kennel.get(f"{path}/analysis", "user").json()
    assert {"labels", "moderation_labels", "vendor", "image_id", "created_at"} <= seen.keys()
    assert (seen["approved"], seen["rejected"]) == (1, 0)
    assert kennel.get(f"{path}/status", "other").status_code == 404


def test_waiting_uploads_answer_once_they_are_labelled(kennel: Kennel):
    answer = kennel.post("/images/upload-sync", files={"file": ("a.jpg", kennel.picture())})
    assert answer.status_code == 201
    assert answer.json()["status"] == "labelled"


def test_what_waits_for_a_person_is_pending(make_kennel):
    kennel = make_kennel(review="person")
    made = kennel.upload()
    assert (made["status"], made["pending"], made["approved"]) in {
        ("labelled", 0, 1),
        ("to_be_reviewed", 1, 0),
    }


# Breeds of one's own images.


def test_breeds_are_put_on_and_taken_off_ones_own_images(kennel: Kennel):
    code, public = kennel.upload()["id"], kennel.code(kennel.put("safe, breed:pug"))
    path = f"/images/{code}/breeds"
    assert kennel.get(path, "user").json() == []
    assert kennel.get(f"/images/{public}/breeds").json()[0]["name"] == "Pug"
    added = kennel.post(path, json={"breed_id": 321})
    assert (added.status_code, [b["name"] for b in added.json()]) == (201, ["Pug"])
    assert kennel.get(f"/images/{code}", "user").json()["breed_ids"] == "321"
    assert kennel.post(path, json={}).status_code == 400
    assert kennel.post(path, json={"breed_id": "none"}).status_code == 404
    assert kennel.post(path, "other", json={"breed_id": 321}).status_code == 404
    foreign = kennel.post(f"/images/{public}/breeds", json={"breed_id": 321})
    assert foreign.status_code == 403
    assert kennel.delete(f"{path}/321").json() == {"message": "SUCCESS"}
    assert kennel.get(path, "user").json() == []
    assert kennel.delete(f"{path}/321").status_code == 404
