"""Requests to make an image public (spec 3.13, 4.10)."""

import re

from dog_world import UNKNOWN_ID, Kennel
from menagerie.core.apps import requests


def decide(kennel: Kennel, key: str, *, approve: bool, message: str = "") -> None:
    with kennel.library.writing(kennel.actors["moderator"]) as tx:
        requests.decide(tx, key, approve=approve, message=message)


def asked(kennel: Kennel, path: str, **options):
    answer = kennel.post(path, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_request_that_is_approved(kennel: Kennel):
    code = kennel.code(kennel.put_private())
    path = f"/images/{code}/public-requests"
    assert kennel.get(f"{path}/status", "user").json() == {"status": "none"}
    made = asked(kennel, path, json={"request_message": "She is lovely."})
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}", made["id"])
    time = "2026-01-01T12:00:00.000Z"
    url = made["image"]["url"]
    assert made == {
        "id": made["id"],
        "image_id": code,
        "account_id": made["account_id"],
        "status": "pending",
        "request_message": "She is lovely.",
        "admin_message": None,
        "actioned_by_email": None,
        "actioned_at": None,
        "created_at": time,
        "updated_at": time,
        "image": {"id": code, "url": url},
    }
    assert kennel.get(f"{path}/status", "user").json() == made
    assert kennel.get(f"/images/{code}").status_code == 404
    decide(kennel, made["id"], approve=True, message="Indeed.")
    told = kennel.get(f"{path}/status", "user").json()
    assert (told["status"], told["admin_message"]) == ("approved", "Indeed.")
    assert (told["actioned_by_email"], told["actioned_at"]) == ("Mia", time)
    assert kennel.get(f"/images/{code}").status_code == 200
    found = kennel.get("/images/search?limit=10").json()
    assert [image["id"] for image in found] == [code]
    assert kennel.post(path).status_code == 400


def test_a_request_that_is_denied_or_taken_back_can_be_made_again(kennel: Kennel):
    code = kennel.code(kennel.put_private())
    path = f"/images/{code}/public-requests"
    decide(kennel, asked(kennel, path)["id"], approve=False)
    assert kennel.get(f"{path}/status", "user").json()["status"] == "denied"
    asked(kennel, path, content=b"")
    assert kennel.post(path).status_code == 409
    assert kennel.delete(path).json()["status"] == "cancelled"
    assert kennel.delete(path).status_code == 404
    asked(kennel, path, json={})


def test_what_is_public_already_takes_in_the_same_file(kennel: Kennel):
    data = kennel.picture()
    public = kennel.code(kennel.put(data=data))
    uploaded = kennel.upload(data=data)
    code, path = uploaded["id"], f"/images/{uploaded['id']}/public-requests"
    decide(kennel, asked(kennel, path)["id"], approve=True)
    told = kennel.get(f"{path}/status", "user").json()
    assert (told["status"], told["image_id"], told["image"]["id"]) == ("approved", code, public)
    assert kennel.get(f"{path}/status", "other").status_code == 403
    for role in ("user", "anonymous"):
        assert kennel.get(f"/images/{code}", role).json()["id"] == public
    assert kennel.get(uploaded["url"]).status_code == 200
    assert kennel.delete(f"/images/{code}").status_code == 403


def test_who_may_ask_for_what(kennel: Kennel):
    code = kennel.code(kennel.put_private())
    path = f"/images/{code}/public-requests"
    assert kennel.post(path, "anonymous").status_code == 401
    assert kennel.post(path, "other").status_code == 404
    assert kennel.get(f"{path}/status", "other").status_code == 404
    assert kennel.delete(path, "other").status_code == 404
    public = f"/images/{kennel.code(kennel.put())}/public-requests"
    assert kennel.post(public).status_code == 403
    missing = kennel.post(f"/images/{UNKNOWN_ID}/public-requests")
    assert missing.status_code == 404
    assert f"matching the passed 'id' of {UNKNOWN_ID}" in missing.json()["message"]
    assert kennel.post(path, json={"request_message": "x" * 501}).status_code == 400
    assert asked(kennel, path, json={"request_message": "x" * 500})
