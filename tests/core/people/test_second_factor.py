import pyotp
import pytest
from sqlalchemy import select

import build
from menagerie.core import accounts, attempts
from menagerie.core.people import second_factor
from menagerie.errors import (
    Forbidden,
    Invalid,
    RateLimited,
    SecondFactorNeeded,
    Unauthenticated,
)
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema


def code_at(setup, clock, steps=0):
    return pyotp.TOTP(setup.secret).at(clock.now() // 1_000_000 + 30 * steps)


def log_in(library, code="", **how):
    return accounts.log_in(library, "Alice", build.PASSWORD, code=code, **how).actor.name


def turn_on(library, clock, actor):
    with library.writing(actor) as tx:
        setup = second_factor.begin(tx)
    codes = second_factor.confirm(library, actor, code_at(setup, clock))
    clock.advance(60)
    return setup, codes


def test_it_is_asked_for_once_confirmed(library, clock):
    alice = build.account(library, "Alice")
    key = build.key(library, alice)
    with library.writing(alice) as tx:
        setup = second_factor.begin(tx)
        assert not second_factor.is_on(tx, alice.account_id)
        again = second_factor.begin(tx)
    assert setup.secret != again.secret
    assert again.uri.startswith("otpauth://totp/")
    assert "Alice" in again.uri
    assert again.secret in again.uri
    assert again.qr_svg.startswith("<svg")
    assert "style" not in again.qr_svg
    assert log_in(library) == "Alice"
    for wrong in ("", "000000", code_at(setup, clock), "１２３４５６", "\0"):
        with pytest.raises(Invalid):
            second_factor.confirm(library, alice, wrong)
    codes = second_factor.confirm(library, alice, code_at(again, clock))
    assert len(set(codes)) == 10
    for attempt in ("", code_at(again, clock)):  # the second was used up by confirming
        with pytest.raises(SecondFactorNeeded):
            log_in(library, attempt)
    clock.advance(30)
    text = code_at(again, clock)
    assert log_in(library, f"{text[:3]} {text[3:]}") == "Alice"
    with pytest.raises(Invalid), library.writing(alice) as tx:
        second_factor.begin(tx)
    with library.reading(ANONYMOUS) as tx:
        assert accounts.actor_for_key(tx, key).name == "Alice"
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        second_factor.begin(tx)


def test_a_code_works_once_and_one_step_around(library, clock):
    alice = build.account(library, "Alice")
    setup, _ = turn_on(library, clock, alice)
    for steps in (-2, 2):
        with pytest.raises(SecondFactorNeeded):
            log_in(library, code_at(setup, clock, steps))
    log_in(library, code_at(setup, clock, -1))
    log_in(library, code_at(setup, clock, 1))
    for steps in (-1, 0, 1):  # all up to the newest one used are used up
        with pytest.raises(SecondFactorNeeded):
            log_in(library, code_at(setup, clock, steps))


def test_spare_codes_work_once_and_can_be_renewed(library, clock):
    alice = build.account(library, "Alice")
    setup, codes = turn_on(library, clock, alice)
    assert log_in(library, codes[0].upper()) == "Alice"
    with pytest.raises(SecondFactorNeeded):
        log_in(library, codes[0])
    with library.reading(alice) as tx:
        assert second_factor.spare_count(tx) == 9
        kept = set(tx.execute(select(schema.spare_codes.c.hash)).scalars())
    assert not any(code.replace("-", "") in text for code in codes for text in kept)
    with pytest.raises(Invalid):
        second_factor.renew_spare_codes(library, alice, "nothing")
    new = second_factor.renew_spare_codes(library, alice, code_at(setup, clock))
    with pytest.raises(SecondFactorNeeded):
        log_in(library, codes[1])
    assert log_in(library, new[1]) == "Alice"


def test_guessing_is_slow_from_wherever_and_with_the_password_only(library, clock):
    alice = build.account(library, "Alice")
    setup, _ = turn_on(library, clock, alice)
    for number in range(attempts.MAX_FAILURES):
        with pytest.raises(SecondFactorNeeded):
            log_in(library, "123 45", address=f"192.0.2.{number}")
    with pytest.raises(RateLimited):
        log_in(library, code_at(setup, clock), address="192.0.2.99")
    with pytest.raises(RateLimited):
        second_factor.disable(library, alice, password=build.PASSWORD, code="1")
    clock.advance(attempts.PAUSE_S + 1)
    with pytest.raises(Unauthenticated) as caught:
        accounts.log_in(library, "Alice", "wrong", code=code_at(setup, clock))
    assert not isinstance(caught.value, SecondFactorNeeded)
    assert log_in(library, code_at(setup, clock)) == "Alice"


def test_it_outlives_a_new_password_and_ends_by_will(library, clock):
    alice = build.account(library, "Alice")
    setup, _ = turn_on(library, clock, alice)
    with library.writing(SYSTEM) as tx:
        password = accounts.admin_reset(tx, alice.account_id)
    with pytest.raises(SecondFactorNeeded):
        accounts.log_in(library, "Alice", password)
    for given in (
        {"password": "wrong", "code": code_at(setup, clock)},
        {"password": password, "code": "000000"},
    ):
        with pytest.raises(Invalid):
            second_factor.disable(library, alice, **given)
    second_factor.disable(library, alice, password=password, code=code_at(setup, clock))
    assert accounts.log_in(library, "Alice", password).actor.name == "Alice"


def test_whoever_lost_the_phone_is_let_in_by_the_operator(library, clock):
    alice = build.account(library, "Alice")
    turn_on(library, clock, alice)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        second_factor.switch_off(tx, alice.account_id)
    with library.writing(SYSTEM) as tx:
        assert second_factor.switch_off(tx, alice.account_id)
        assert not second_factor.switch_off(tx, alice.account_id)
    assert log_in(library) == "Alice"
