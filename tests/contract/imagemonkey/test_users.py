"""Accounts as others see them."""

import crowd_golden
from monkey_world import Monkey


def test_a_profile_tells_what_was_done(monkey: Monkey):
    key = monkey.donate()
    monkey.vote(key, role="user")
    monkey.vote(key)
    shown = {"total": {"validations": 2, "annotations": 0},
             "user": {"validations": 1, "annotations": 0}}  # fmt: skip
    assert monkey.get("/v1/user/Alice/profile").json() == {"statistics": shown}
    bob = monkey.get("/v1/user/bob/profile", "user").json()["statistics"]["user"]
    assert bob == {"validations": 0, "annotations": 0}


def test_what_one_may_do_is_told_to_oneself(monkey: Monkey):
    crowd_golden.check("profile_own", monkey.get("/v1/user/Alice/profile", "user"))
    crowd_golden.check("profile_moderator", monkey.get("/v1/user/Mia/profile", "moderator"))
    assert "permissions" not in monkey.get("/v1/user/Mia/profile", "user").json()


def test_everybody_has_a_picture(monkey: Monkey):
    answer = monkey.get("/v1/user/Alice/profile/avatar?width=64&height=x")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert 'width="64" height="128"' in answer.text
    assert ">A</text>" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    huge = monkey.get("/v1/user/Alice/profile/avatar?width=99999999999&height=-5")
    assert 'width="1024" height="1"' in huge.text


def test_nobody_is_nobody(monkey: Monkey):
    for path in ("profile", "profile/avatar"):
        assert monkey.get(f"/v1/user/Nobody/{path}").status_code == 404
