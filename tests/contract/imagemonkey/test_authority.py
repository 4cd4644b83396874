"""Who is shut out changes nothing by any route, and nobody takes a weight that is not theirs."""

from typing import Any

import pytest

import build
from menagerie.core import accounts, annotations, words
from menagerie.core.staff import bans
from menagerie.library import ANONYMOUS, SYSTEM
from monkey_world import MACHINE, Monkey

RECT = {"type": "rect", "left": 4, "top": 4, "width": 40, "height": 24}


def ban(monkey: Monkey, by: str) -> dict[str, Any]:
    """Shut somebody out; return how they call."""
    values: dict[str, Any] = {
        "fingerprint": {"fingerprint": "rogue"},
        "address": {"network": "10.0.0.0/24"},
        "account": {"account_id": monkey.actors["other"].account_id},
    }[by]
    with monkey.library.writing(monkey.actors["moderator"]) as tx:
        bans.ban(tx, reason="spam", **values)
    return {"fingerprint": {"print": "rogue"}, "address": {}, "account": {"role": "other"}}[by]


@pytest.mark.parametrize("by", ["fingerprint", "address", "account"])
def test_who_is_banned_adds_nothing(make_monkey, by: str):
    monkey = make_monkey()
    key = monkey.donate("banana", "user")
    image_id = monkey.image_id(key)
    with monkey.library.writing(ANONYMOUS) as tx:
        word = words.vocabulary(tx).by_name("banana")
        assert word is not None
        drawn = annotations.put(tx, image_id, word.tag_id or 0, [RECT])
    calling = ban(monkey, by)
    shape = drawn.shapes[0].key
    said = {"annotation_data_uuid": shape, "label_uuid": word.key}
    for method, path, body in (
        ("POST", f"/v1/validate/{key}/yes", {}),
        ("PATCH", "/v1/validation/validate", {"validations": [{"uuid": key, "valid": "yes"}]}),
        ("POST", f"/v1/report/{key}", {"reason": "x"}),
        ("POST", "/v1/label/suggest", {"label": "gizmo"}),
        ("POST", f"/v1/donation/{key}/labelme", [{"label": "dog"}]),
        ("POST", f"/v1/donation/{key}/annotate", [{"label": "banana", "annotations": [RECT]}]),
        ("PUT", f"/v1/annotation/{drawn.key}", {"annotations": [RECT]}),
        ("POST", f"/v1/annotation/{drawn.key}/validate/yes", {"label": "banana"}),
        ("POST", f"/v1/donation/{key}/description", [{"description": "x", "language": "en"}]),
        ("PATCH", "/v1/refine", [said]),
    ):
        answer = monkey.call(method, path, json=body, **calling)
        assert (path, answer.status_code) == (path, 403), answer.text
    assert monkey.send("banana", **calling).status_code == 403
    assert monkey.get("/v1/label/suggestions").json() == []
    [row] = monkey.rows("tags=banana")
    assert (row["num_yes"], row["num_no"]) == (0, 0)


@pytest.mark.parametrize("role", ["anonymous", "user"])
def test_only_moderators_weigh_more(monkey: Monkey, role: str):
    key = monkey.donate("banana", "other")
    headers = {"X-Moderation": "true"} | MACHINE
    assert monkey.vote(key, "yes", role=role, headers=headers).json()["num_yes"] == 1


def test_tokens_that_ended_are_nobodys(make_monkey):
    monkey = make_monkey()
    user = monkey.actors["user"]
    revoked = build.key(monkey.library, user, "old")
    path = f"/v1/user/Alice/api-token/{revoked}/revoke"
    assert monkey.post(path, "other").status_code == 403
    assert monkey.post(path, "user").status_code == 200
    answer = monkey.send("banana", headers={"X-Api-Token": revoked})
    assert answer.status_code == 401
    with monkey.library.writing(SYSTEM) as tx:
        accounts.suspend(tx, monkey.actors["other"].account_id or 0)
    assert monkey.send("banana", "other").status_code in {401, 403}
    assert monkey.count() == 0


@pytest.mark.parametrize("secret", ["", "a", "a long secre", "a long secret"])
def test_the_machines_secret_is_whole_or_nothing(make_monkey, secret: str):
    for settings in ({}, {"machine_id": "", "machine_secret": ""}):
        monkey = make_monkey(**settings)
        for name in ("", "reviewer"):
            headers = {"X-Client-Id": name, "X-Client-Secret": secret}
            answer = monkey.get("/v1/internal/unverified-donations", headers=headers)
            assert answer.status_code == (200 if secret == "a long secret"
                                          and name and not settings else 401)  # fmt: skip
