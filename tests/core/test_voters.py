"""Who counts as one and the same when people judge, report and are shown things."""

import re

import msgspec
import pytest

from menagerie.core import voters
from menagerie.library import ANONYMOUS, SYSTEM, Actor

HERE = "192.0.2.1"


def stands_for(library, actor, what=voters.voter):
    with library.reading(actor) as tx:
        return what(tx)


def test_an_account_judges_as_itself_else_the_fingerprint_else_nobody(library):
    assert stands_for(library, Actor(account_id=7, fingerprint="x", address=HERE)) == "a7"
    first = stands_for(library, Actor(fingerprint="x", address=HERE))
    assert re.fullmatch("f[0-9a-f]{32}", first)
    assert stands_for(library, Actor(fingerprint="x")) == first
    assert stands_for(library, Actor(fingerprint="y", address=HERE)) != first
    for nobody in (ANONYMOUS, SYSTEM, Actor(address=HERE), Actor(fingerprint="")):
        assert stands_for(library, nobody) is None
        assert stands_for(library, nobody, voters.shown_to) is None


def test_a_report_is_never_told_apart_by_the_forgeable_fingerprint(library):
    by = [
        stands_for(library, Actor(fingerprint=print_, address=HERE), voters.reporter)
        for print_ in ("x", "y", None)
    ]
    assert len(set(by)) == 1
    assert re.fullmatch("n[0-9a-f]{32}", by[0])
    assert stands_for(library, Actor(address="192.0.2.2"), voters.reporter) != by[0]
    assert stands_for(library, Actor(account_id=7, address=HERE), voters.reporter) == "a7"


class TestStrict:
    @pytest.fixture
    def settings(self, settings):
        return msgspec.structs.replace(settings, strict_verdicts=True)

    def test_an_address_is_one_judge_a_day(self, library, clock):
        today = stands_for(library, Actor(address=HERE))
        assert re.fullmatch("d[0-9a-f]{32}", today)
        clock.advance(60 * 60)
        assert stands_for(library, Actor(address=HERE)) == today
        assert stands_for(library, Actor(address="192.0.2.2")) != today
        assert stands_for(library, Actor(address=HERE), voters.shown_to) is None
        clock.advance(24 * 60 * 60)
        assert stands_for(library, Actor(address=HERE)) != today

    def test_a_network_of_ipv6_is_one_address(self, library):
        judges = {
            address: stands_for(library, Actor(address=address))
            for address in ("2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1", "::ffff:192.0.2.1")
        }
        assert judges["2001:db8::1"] == judges["2001:db8::2:1"] != judges["2001:db8:0:1::1"]
        assert judges["::ffff:192.0.2.1"] == stands_for(library, Actor(address=HERE))
