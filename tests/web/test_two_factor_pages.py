"""The second factor on pages: set up, asked for at the door, renewed, switched off."""

import re

import pyotp
import pytest

import build
from web.conftest import text_of

ROOM = "/settings/two-factor"


@pytest.fixture
def patient(library):
    """A door that lets one knock more often than in life."""
    with build.configured(library, login_rate=100):
        yield


def _code(library, secret, steps=0):
    return pyotp.TOTP(secret).at(library.clock.now() // 1_000_000 + 30 * steps)


@pytest.mark.usefixtures("patient")
def test_a_second_factor_from_setting_up_to_switching_off(library, open_browser, alice):
    browser = open_browser("Alice")
    assert open_browser().get(ROOM, follow_redirects=False).status_code == 303
    browser.get(ROOM)
    setup = browser.post(f"{ROOM}/begin")
    assert setup.headers["cache-control"] == "private, no-store"
    assert "<svg" in setup.text.split("camera")[1]
    secret = re.search(r'<code class="secret"[^>]*>(\w+)</code>', setup.text)[1]
    wrong = browser.post(f"{ROOM}/confirm", {"code": "000000"})
    assert wrong.status_code == 422
    assert secret not in wrong.text
    on = browser.post(f"{ROOM}/confirm", {"code": _code(library, secret, -1)})
    spare = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', on.text)[1].split()
    assert len(spare) == 10
    assert browser.post(f"{ROOM}/begin").status_code == 303
    assert "10 spare codes left" in text_of(browser.get(ROOM))

    door = open_browser()
    door.get("/login")
    fields = {"name": "Alice", "password": build.PASSWORD, "then": "/tags"}
    asked = door.post("/login", fields)
    assert asked.status_code == 422
    assert "also asks for a code" in text_of(asked)
    assert 'value="Alice"' in asked.text
    assert 'value="/tags"' in asked.text
    assert build.PASSWORD not in asked.text
    assert "set-cookie" not in asked.headers or "session" not in asked.headers["set-cookie"]
    for wrong_fields in ({"code": "000000"}, {"code": "x", "password": "no"}):
        answer = door.post("/login", {**fields, **wrong_fields})
        assert answer.status_code == 422
        assert "<details open>" in answer.text
    taken = door.post("/login", {**fields, "code": _code(library, secret)})
    assert taken.headers["location"] == "/tags"
    used = open_browser()
    used.get("/login")
    assert used.post("/login", {**fields, "code": _code(library, secret)}).status_code == 422
    assert used.post("/login", {**fields, "code": spare[0].upper()}).status_code == 303

    assert "9 spare codes left" in text_of(browser.get(ROOM))
    assert browser.post(f"{ROOM}/renew", {"code": spare[0]}).status_code == 422
    renewed = browser.post(f"{ROOM}/renew", {"code": spare[1]})
    fresh = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', renewed.text)[1].split()
    assert not set(fresh) & set(spare)
    off = {"password": "not mine", "code": fresh[0]}
    assert browser.post(f"{ROOM}/off", off).status_code == 422
    assert browser.post(f"{ROOM}/off", {**off, "password": build.PASSWORD}).status_code == 303
    assert "Set it up" in text_of(browser.get(ROOM))
    open_browser("Alice")
