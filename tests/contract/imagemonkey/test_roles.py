"""Every route by every role: answers are documented, and an account is needed where it says so."""

import re

import pytest

import build
from menagerie import app
from menagerie.core import images
from menagerie.http.routing import Operation
from menagerie.storage.schema import Audience
from monkey_world import MACHINE, NOWHERE, PEOPLE, ROLES, Monkey

ACTIONS = {"action": "yes", "verdict": "reject", "name": "main", "username": "Alice",
           "parameter": "tags=banana", "token": "none", "id": "1"}  # fmt: skip


def documented(monkey: Monkey) -> list[tuple[Operation, str]]:
    return [
        (operation, path)
        for door in app.dialects(monkey.library)
        if door.title == "ImageMonkey"
        for operation in door.operations
        for path in operation.paths
    ]


def filled(path: str, key: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", lambda match: ACTIONS.get(match[1], key), path)


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_gets_is_documented(make_monkey, role: str):
    monkey = make_monkey(crowd_rate=0)
    key = monkey.donate("banana", "user")
    for operation, path in documented(monkey):
        statuses = {outcome.status for outcome in operation.outcomes}
        for target in (key, NOWHERE):
            if path.endswith("/logout"):
                continue  # it would end what the others need
            answer = monkey.call(operation.method, filled(path, target), role)
            where = (operation.method, path, role, answer.status_code)
            assert answer.status_code in statuses, (where, answer.text)
            if role == "anonymous" and operation.needs_key and answer.status_code != 400:
                # The game answers visitors who donate 403 (spec 14.9).
                is_donation = path.endswith("imagehunt/donate")
                assert answer.status_code == (403 if is_donation else 401), where


@pytest.mark.parametrize("role", [*PEOPLE, "anonymous"])
def test_programs_alone_reach_what_is_theirs(monkey: Monkey, role: str):
    paths = [("GET", "/v1/internal/unverified-donations"), ("GET", "/v1/internal/auto-annotation")]
    for method, path in paths:
        answer = monkey.call(method, path, role)
        if role in {"moderator", "admin"} and answer.status_code != 401:
            continue  # some are for moderators as well
        assert (path, answer.status_code) == (path, 401)
        wrong = MACHINE | {"X-Client-Secret": ""}
        assert monkey.call(method, path, role, headers=wrong).status_code == 401
        assert monkey.call(method, path, role, headers=MACHINE).status_code in {200, 422}


def test_a_private_picture_does_not_exist_for_others(monkey: Monkey):
    data = build.png((90, 70), mark=77)
    actor = monkey.actors["user"]
    image_id = build.image(
        monkey.library, "banana", actor=actor, data=data, audience=Audience.PRIVATE
    )
    with monkey.library.reading(actor) as tx:
        key = images.key_of(tx, image_id)
    for role in ("anonymous", "other", "moderator", "admin"):
        for method, path in (
            ("GET", f"/donations/{key}"), ("GET", f"/v1/validate/{key}"),
            ("POST", f"/v1/validate/{key}/yes"), ("GET", f"/v1/donation/{key}/labels"),
            ("GET", f"/v1/donation/{key}/annotations"), ("GET", f"/v1/images/{key}/details"),
        ):  # fmt: skip
            assert (path, monkey.call(method, path, role).status_code) == (path, 404)
        assert monkey.post(f"/v1/report/{key}", role, json={"reason": "x"}).status_code == 404
        assert monkey.get("/v1/export?tags=banana", role).json() == []
    assert monkey.get(f"/donations/{key}", "user").status_code == 200
    assert monkey.send("banana", "other", data=data).status_code == 200
