"""Reports."""

import pytest

from monkey_world import NOWHERE, Monkey


def test_a_report_is_taken_and_changes_nothing_yet(monkey: Monkey):
    key = monkey.donate()
    for _ in range(2):
        answer = monkey.post(f"/v1/report/{key}", json={"reason": "Sensitive Content: nudity"})
        assert (answer.status_code, answer.json()) == (200, {"uuid": key, "reports": 1})
    other = monkey.post(f"/v1/report/{key}", "user", json={"reason": "blurred"})
    assert other.json() == {"uuid": key, "reports": 1}
    assert monkey.get(f"/donations/{key}").status_code == 200
    assert len(monkey.rows("tags=banana")) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b'{"reason":"picture contains nudity"}'}, 200),
        ({"data": {"reason": "as a form"}}, 200),
        ({"json": {"reason": ""}}, 422),
        ({"json": {"reason": "  "}}, 422),
        ({"json": {"reason": 5}}, 422),
        ({"json": {"reason": "x" * 2001}}, 422),
        ({"json": {}}, 422),
        ({"json": []}, 422),
        ({"content": b"{"}, 400),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({}, 400),
    ],
)
def test_what_a_report_must_say(monkey: Monkey, sent, status: int):
    answer = monkey.post(f"/v1/report/{monkey.donate()}", **sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("key", [NOWHERE, "x", "..%2f.."])
def test_what_is_not_there_cannot_be_reported(monkey: Monkey, key: str):
    assert monkey.post(f"/v1/report/{key}", json={"reason": "no"}).status_code == 404
