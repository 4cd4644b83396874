"""What an account may do and has done (spec 4.3, 4.11)."""

import pytest

from dog_world import Kennel
from menagerie.core.apps import quotas
from menagerie.library import SYSTEM


def limit(kennel: Kennel, monthly_quota=None, withheld=()) -> None:
    with kennel.library.writing(SYSTEM) as tx:
        account_id = kennel.actors["user"].account_id
        quotas.set_limits(tx, account_id, monthly_quota=monthly_quota, withheld=tuple(withheld))


def test_features_are_listed(kennel: Kennel):
    assert kennel.get("/accounts/features", "user").json() == list(quotas.FEATURES)
    limit(kennel, withheld=["pets"])
    assert "pets" not in kennel.get("/accounts/features/", "user").json()
    assert "pets" in kennel.get("/accounts/features", "other").json()


def test_a_quota_counts_uploads_and_ends_them(kennel: Kennel):
    limit(kennel, monthly_quota=2)
    used = kennel.get("/accounts/quota", "user").json()
    assert used == {"quota": 2, "usage": 0, "remaining": 2}
    image = kennel.upload()
    kennel.upload()
    kennel.delete(f"/images/{image['id']}")
    used = kennel.get("/accounts/quota", "user").json()
    assert used == {"quota": 2, "usage": 2, "remaining": 0}
    refused = kennel.post("/images/upload", files={"file": ("x.jpg", kennel.picture())})
    assert refused.status_code == 400
    assert "quota" in refused.json()["message"]
    assert kennel.get("/accounts/quota", "other").json()["usage"] == 0


def test_an_overview_is_for_administrators(kennel: Kennel):
    kennel.post("/votes", json={"image_id": "x", "value": 1, "sub_id": "tom"})
    kennel.post("/favourites", json={"image_id": "x", "sub_id": "eve"})
    kennel.upload()
    one = kennel.get("/favourites", "user").json()[0]["user_id"]
    for role, status in (("anonymous", 401), ("user", 403), ("moderator", 403), ("admin", 200)):
        answer = kennel.get(f"/accounts/{one}/overview", role)
        assert answer.status_code == status, role
    seen = answer.json()
    assert "last_request_at" in seen  # written once a minute at most
    del seen["last_request_at"]
    assert seen == {
        "account_id": one,
        "images": 1,
        "votes": 1,
        "favourites": 1,
        "pets": 0,
        "sub_ids": 2,
        "quota": {"quota": quotas.UNLIMITED, "usage": 1, "remaining": quotas.UNLIMITED - 1},
        "created_at": "2026-01-01T12:00:00.000Z",
    }
    assert kennel.get("/accounts/nobody/overview", "admin").status_code == 404


def test_for_whom_how_much(kennel: Kennel):
    for person in ("tom", "eve", "tom"):
        kennel.post("/votes", json={"image_id": "x", "value": 1, "sub_id": person})
    kennel.post("/favourites", json={"image_id": "x", "sub_id": "tom"})
    kennel.post("/votes", json={"image_id": "x", "value": 1})
    kennel.upload(data=None, params={"sub_id": "eve"})
    answer = kennel.get("/sub-ids", "user")
    assert answer.headers["pagination-count"] == "2"
    assert answer.headers["pagination-limit"] == "1000"
    time = "2026-01-01T12:00:00.000Z"
    rest = {"first_used_at": time, "last_used_at": time, "pets": 0}
    assert answer.json() == [
        {"sub_id": "tom", "images": 0, "votes": 2, "favourites": 1, "total": 3} | rest,
        {"sub_id": "eve", "images": 1, "votes": 1, "favourites": 0, "total": 2} | rest,
    ]
    for query, count in (
        ("start_date=2026-01-01&end_date=2026-01-01", 2),
        ("end_date=2026-01-01T11:59:59Z", 0),
        ("start_date=2026-01-01T12:00:00%2B00:00", 2),
        ("start_date=&end_date=&page=1&limit=1", 1),
        ("start_date=2026-01-02", 0),
    ):
        assert len(kennel.get(f"/sub-ids?{query}", "user").json()) == count, query
    for wrong in ("start_date=yesterday", "end_date=2026-13-01"):
        assert kennel.get(f"/sub-ids?{wrong}", "user").status_code == 400, wrong
    assert kennel.get("/sub-ids", "other").json() == []


@pytest.mark.parametrize("path", ["/accounts/features", "/accounts/quota", "/sub-ids"])
def test_a_key_is_needed(kennel: Kennel, path: str):
    answer = kennel.get(path)
    assert answer.status_code == 401
    assert "AUTHENTICATION_ERROR" in answer.json()["message"]
