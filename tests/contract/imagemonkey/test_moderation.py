"""Reviews of donations and of reports, by machines and by moderators."""

import pytest

import crowd_golden
from monkey_world import MACHINE, NOWHERE, Monkey

LIST = "/v1/internal/unverified-donations"
BATCH = "/v1/unverified/donation"


@pytest.fixture
def reviewed(make_monkey) -> Monkey:
    """A library in which a person reviews everything."""
    made: Monkey = make_monkey(review="person")
    return made


def decide(monkey: Monkey, key: str, action: str, **options):
    options.setdefault("headers", MACHINE)
    return monkey.post(f"/v1/unverified/donation/{key}/{action}", **options)


def is_seen(monkey: Monkey, key: str, role: str = "anonymous") -> bool:
    return monkey.get(f"/v1/donation/{key}", role).status_code == 200


def test_what_waits_is_listed(reviewed: Monkey):
    for label in ("banana", "orange"):
        reviewed.donate(label)
    crowd_golden.check("unverified", reviewed.get(LIST, headers=MACHINE))
    some = reviewed.get(f"{LIST}?limit=1&shuffle=true", headers=MACHINE).json()
    assert (len(some["images"]), some["total"]) == (1, 2)
    assert reviewed.get(f"{LIST}?limit=x", headers=MACHINE).status_code == 422
    other = reviewed.get(f"{LIST}?image_provider=labelme", headers=MACHINE).json()
    assert other == {"images": [], "total": 0}


def test_what_is_good_is_seen_by_all(reviewed: Monkey):
    key = reviewed.donate(role="user")
    assert not is_seen(reviewed, key)
    assert is_seen(reviewed, key, "user")
    bytes_of = reviewed.get(f"/v1/unverified/donation/{key}", headers=MACHINE)
    assert bytes_of.headers["content-type"] == "image/jpeg"
    bad = decide(reviewed, key, "bad")
    assert (bad.status_code, bad.json()) == (201, None)
    assert not is_seen(reviewed, key)
    good = decide(reviewed, key, "good")
    assert (good.status_code, good.json()) == (201, None)
    assert is_seen(reviewed, key)
    assert reviewed.get(LIST, headers=MACHINE).json() == {"images": [], "total": 0}


def test_what_is_deleted_or_in_quarantine_is_gone(reviewed: Monkey):
    deleted, held = reviewed.donate(role="user"), reviewed.donate(role="user")
    assert decide(reviewed, deleted, "delete").status_code == 201
    assert decide(reviewed, held, "quarantine").status_code == 201
    for key in (deleted, held):
        for role in ("anonymous", "other", "user"):
            assert not is_seen(reviewed, key, role)
    assert reviewed.get(LIST, headers=MACHINE).json()["total"] == 0


def test_words_and_ids_that_there_are_not(reviewed: Monkey):
    key = reviewed.donate()
    assert decide(reviewed, key, "burn").status_code == 404
    assert decide(reviewed, NOWHERE, "good").status_code == 404
    assert decide(reviewed, "7", "good").status_code == 400


def test_a_batch_is_decided_whole_or_not_at_all(reviewed: Monkey):
    one, two = reviewed.donate(), reviewed.donate()

    def send(*pairs, body=None):
        listed = [{"uuid": key, "action": action} for key, action in pairs]
        sent = listed if body is None else body
        return reviewed.call("PATCH", BATCH, headers=MACHINE, json=sent)

    assert send((one, "good"), (NOWHERE, "good")).status_code == 404
    assert send((one, "good"), (two, "burn")).status_code == 422
    assert send(body={"uuid": one}).status_code == 422
    assert send(body=["good"]).status_code == 422
    assert not is_seen(reviewed, one)
    done = send((one, "good"), (two, "delete"))
    assert (done.status_code, done.content) == (204, b"")
    assert (is_seen(reviewed, one), is_seen(reviewed, two)) == (True, False)
    broken = reviewed.call("PATCH", BATCH, headers=MACHINE, content=b"[{")
    assert broken.status_code == 400


def test_machines_need_their_secret_and_moderators_their_token(make_monkey, reviewed: Monkey):
    key = reviewed.donate()
    calls = (
        ("GET", LIST),
        ("GET", f"/v1/unverified/donation/{key}"),
        ("POST", f"/v1/unverified/donation/{key}/bad"),
        ("PATCH", BATCH),
        ("GET", "/v1/internal/reports"),
        ("POST", f"/v1/internal/reports/{key}/accept"),
    )
    wrong = (
        {},
        {"X-Client-Id": MACHINE["X-Client-Id"]},
        MACHINE | {"X-Client-Secret": "a long secre"},
        MACHINE | {"X-Client-Id": "ä"},
    )
    for method, path in calls:
        for headers in wrong:
            raw = {name: value.encode() for name, value in headers.items()}
            assert reviewed.call(method, path, headers=raw).status_code == 401
        assert reviewed.call(method, path, "user").status_code == 401
    for role in ("moderator", "admin"):
        assert reviewed.get(LIST, role).json()["total"] == 1
    without = make_monkey(machine_id="", machine_secret="")
    empty = {"X-Client-Id": "", "X-Client-Secret": ""}
    assert without.get(LIST, headers=empty).status_code == 401


def test_reports_are_listed_and_decided(monkey: Monkey):
    key, other = monkey.donate(), monkey.donate()
    for one in (key, other):
        monkey.post(f"/v1/report/{one}", json={"reason": "Copyright Violation: mine"})
    crowd_golden.check("reports", monkey.get("/v1/internal/reports", "moderator"))
    assert len(monkey.get("/v1/internal/reports?limit=1", headers=MACHINE).json()["reports"]) == 1
    path = "/v1/internal/reports/"
    assert monkey.post(f"{path}{key}/shrug", "moderator").status_code == 404
    assert monkey.post(f"{path}{NOWHERE}/accept", "moderator").status_code == 404
    wrong = monkey.post(f"{path}{key}/accept", "moderator", json={"action": "burn"})
    assert wrong.status_code == 422
    assert monkey.post(f"{path}{other}/reject", "moderator").status_code == 201
    assert is_seen(monkey, other)
    done = monkey.post(f"{path}{key}/accept", headers=MACHINE, json={"action": "quarantine"})
    assert (done.status_code, done.json()) == (201, None)
    assert not is_seen(monkey, key)
    assert monkey.get("/v1/internal/reports", "moderator").json() == {"reports": [], "total": 0}
