"""Accounts: sign up, log in and out, API tokens."""

import pyotp
import pytest

import build
from menagerie.core.people import second_factor
from monkey_world import Monkey, basic


def test_logging_in_and_out(monkey: Monkey):
    answer = monkey.post("/v1/login", headers=basic("Alice", build.PASSWORD))
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    issued = monkey.post("/v1/user/Alice/api-token", headers=bearer, json={"description": "mine"})
    assert issued.status_code == 201
    out = monkey.post("/v1/logout", headers=bearer)
    assert (out.status_code, out.json()) == (200, None)
    assert monkey.post("/v1/logout", headers=bearer).status_code == 401
    assert monkey.post("/v1/user/Alice/api-token", headers=bearer, json={}).status_code == 401


def test_an_account_with_a_second_factor_is_told_where_to_log_in(monkey: Monkey):
    library = monkey.library
    bob = build.account(library, "Zoe")
    with library.writing(bob) as tx:
        secret, now = second_factor.begin(tx).secret, tx.now
    second_factor.confirm(library, bob, pyotp.TOTP(secret).at(now // 1_000_000))
    answer = monkey.post("/v1/login", headers=basic("Zoe", build.PASSWORD))
    assert answer.status_code == 401
    assert "Log in on the web" in answer.json()["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("Alice", "wrong"), 401),
        (basic("Nobody", build.PASSWORD), 401),
        ({}, 422),
        ({"Authorization": "Basic !"}, 422),
        ({"Authorization": "Basic YWJj"}, 422),
        ({"Authorization": "Bearer abc"}, 422),
    ],
)
def test_not_getting_in(monkey: Monkey, headers, status: int):
    answer = monkey.post("/v1/login", headers=headers)
    assert (answer.status_code, "token" in answer.json()) == (status, False)


def test_logins_are_limited(make_monkey):
    monkey = make_monkey(login_rate=2)
    statuses = [monkey.post("/v1/login", headers=basic("A", "b")).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_signing_up(make_monkey):
    monkey = make_monkey(registration="open")
    new = {"username": "Newcomer", "email": "n@a.example", "password": "long enough words"}
    made = monkey.post("/v1/signup", json=new)
    assert (made.status_code, made.json()) == (201, None)
    assert monkey.post("/v1/signup", json=new).status_code == 409
    again = monkey.post("/v1/signup", json=new | {"username": "Other", "email": "N@a.example"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    other = new | {"username": "Other", "email": "o@a.example"}
    for wrong in ({"username": ""}, {"username": "a b"}, {"username": "a!"}, {"password": "x"},
                  {"email": "no"}):  # fmt: skip
        answer = monkey.post("/v1/signup", json=other | wrong)
        assert (wrong, answer.status_code) == (wrong, 422)
    assert monkey.post("/v1/signup", content=b"{").status_code == 400
    entered = monkey.post("/v1/login", headers=basic("newcomer", "long enough words"))
    assert entered.status_code == 200


def test_signing_up_where_nobody_may(make_monkey):
    monkey = make_monkey(registration="closed")
    new = {"username": "Newcomer", "email": "", "password": "long enough words"}
    assert monkey.post("/v1/signup", json=new).status_code == 403


def test_api_tokens(monkey: Monkey):
    issued = monkey.post("/v1/user/alice/api-token", "user", json={"description": "script"})
    token = issued.json()
    assert issued.status_code == 201
    assert (token["description"], token["revoked"]) == ("script", False)
    assert token["issued_at"] == 1_767_268_800
    headers = {"X-Api-Token": token["token"]}
    monkey.donate(headers=headers)
    path = f"/v1/user/Alice/api-token/{token['token']}/revoke"
    assert monkey.post(path).status_code == 401
    assert monkey.post(path, "other").status_code == 403
    assert monkey.post(path.replace("Alice", "Bob"), "other").status_code == 400
    assert monkey.post(path, "user").status_code == 200
    assert monkey.post(path, "user").status_code == 400
    assert monkey.send(headers=headers).status_code == 401
    assert monkey.get("/v1/validate", headers=headers).status_code == 200
