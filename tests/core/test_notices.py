import pytest

import build
from menagerie.core import notices
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Role

MINUTE = 60_000_000


def shown(library):
    with library.reading(ANONYMOUS) as tx:
        return [one.title for one in notices.in_force(tx)]


def test_notices_are_shown_in_their_time(library, clock):
    mary = build.account(library, "Mary", Role.MODERATOR)
    assert shown(library) == []
    with library.writing(mary) as tx:
        now = tx.now
        first = notices.create(tx, title=" Down <b>tonight</b> ", until_at=now + MINUTE)
        notices.create(
            tx, title="Later", from_at=now + 2 * MINUTE, link="/rules", link_text="Rules"
        )
        assert [one.title for one in notices.in_force(tx)] == ["Down <b>tonight</b>"]
    assert shown(library) == ["Down <b>tonight</b>"]
    clock.advance(60)
    assert shown(library) == []
    clock.advance(60)
    assert shown(library) == ["Later"]
    with library.writing(mary) as tx:
        assert [one.title for one in notices.find_all(tx)] == ["Later", "Down <b>tonight</b>"]
        notices.edit(tx, first.id, until_at=None, title="Always")
    assert shown(library) == ["Later", "Always"]
    with library.writing(mary) as tx:
        notices.take_down(tx, first.id)
    assert shown(library) == ["Later"]
    with library.writing(mary) as tx:
        notices.delete(tx, first.id)
        with pytest.raises(NotFound):
            notices.delete(tx, first.id)


def test_pages_ask_the_database_once_in_some_seconds(library, clock):
    with library.writing(SYSTEM) as tx:
        notices.create(tx, title="Hello")
    assert shown(library) == ["Hello"]
    with library.reading(ANONYMOUS) as tx:
        notices.in_force(tx)
        assert not tx.is_open
        clock.advance(notices.CACHE_S)
    with library.reading(ANONYMOUS) as tx:
        notices.in_force(tx)
        assert tx.is_open


def test_what_no_notice_may_be(library):
    alice = build.account(library, "Alice")
    with library.writing(alice) as tx, pytest.raises(Forbidden):
        notices.create(tx, title="Hello")
    with library.writing(SYSTEM) as tx:
        wrong = [
            ({"title": " "}, "title"),
            ({"title": "x" * 256}, "title"),
            ({"title": "x", "body": "\0"}, "body"),
            ({"title": "x", "link": "javascript:1"}, "link"),
            ({"title": "x", "link": "//evil.example"}, "link"),
            ({"title": "x", "until_at": tx.now}, "until_at"),
        ]
        for values, field in wrong:
            with pytest.raises(Invalid) as refused:
                notices.create(tx, **values)
            assert list(refused.value.fields) == [field]
        made = notices.create(tx, title="x", link="https://example.org/a")
        with pytest.raises(Invalid):
            notices.edit(tx, made.id, id=7)
