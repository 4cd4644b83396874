import pytest
from sqlalchemy import insert, select

import build
from menagerie.core import accounts, checks
from menagerie.core.people import messages
from menagerie.core.staff import bans
from menagerie.errors import Banned, Invalid, NotFound, RateLimited, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Role


def titles(library, actor, **how):
    with library.reading(actor) as tx:
        return [one.title for one in messages.find(tx, **how)[0]]


def unread(library, actor):
    with library.reading(actor) as tx:
        return messages.unread_count(tx)


def test_two_people_write_to_each_other(library, clock):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    carol = build.account(library, "Carol")
    with library.writing(alice) as tx:
        begun = messages.start(tx, " bob ", "About  dogs", "Hello")
        assert (begun.title, begun.other_name, begun.is_read) == ("About dogs", "Bob", True)
        assert messages.unread_count(tx) == 0
    assert (unread(library, bob), unread(library, carol), unread(library, ANONYMOUS)) == (1, 0, 0)
    clock.advance(5)
    with library.writing(bob) as tx:
        assert messages.get(tx, begun.key).other_name == "Alice"
        messages.read(tx, begun.key)
        messages.put_away(tx, begun.key)
        assert (messages.find(tx)[1], messages.find(tx, put_away=True)[1]) == (0, 1)
        messages.take_back(tx, begun.key)
        answered = messages.answer(tx, begun.key, "Hello yourself")
        messages.unread(tx, begun.key)
        assert messages.unread_count(tx) == 1
        messages.put_away(tx, begun.key)
        assert messages.unread_count(tx) == 0
    assert unread(library, alice) == 1
    assert titles(library, bob) == []
    with library.writing(alice) as tx:
        letters, total = messages.of(tx, begun.key)
        assert [(one.account_name, one.body) for one in letters] == [
            ("Alice", "Hello"),
            ("Bob", "Hello yourself"),
        ]
        assert letters[1] == answered
        assert total == messages.get(tx, begun.key).message_count == 2
        messages.answer(tx, begun.key, "Third")
        assert [one.body for one in messages.of(tx, begun.key, limit=1, offset=2)[0]] == ["Third"]
    assert titles(library, bob) == ["About dogs"]
    for stranger in (carol, build.account(library, "Mary", Role.MODERATOR)):
        with library.writing(stranger) as tx:
            for act in (messages.get, messages.of, messages.read, messages.put_away):
                with pytest.raises(NotFound):
                    act(tx, begun.key)
            with pytest.raises(NotFound):
                messages.answer(tx, begun.key, "Hello")
    with library.reading(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        messages.get(tx, begun.key)
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_moderators_read_what_was_reported_until_that_is_decided(library):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    mary = build.account(library, "Mary", Role.MODERATOR)
    with library.writing(alice) as tx:
        begun = messages.start(tx, "Bob", "Title", "Rude")
        row = {"subject_kind": "conversation", "subject_id": begun.id, "category": "other"}
        tx.execute(
            insert(schema.reports).values(
                **row, reason="rude", reporter="x", state="open", created_at=tx.now
            )
        )
    with library.writing(mary) as tx:
        assert [one.body for one in messages.of(tx, begun.key)[0]] == ["Rude"]
        with pytest.raises(NotFound):
            messages.answer(tx, begun.key, "I join you")
        with pytest.raises(NotFound):
            messages.read(tx, begun.key)
        tx.execute(schema.reports.update().values(state="rejected"))
        with pytest.raises(NotFound):
            messages.of(tx, begun.key)
    assert unread(library, bob) == 1


def test_what_cannot_be_sent(library, clock):
    alice, mary = build.account(library, "Alice"), build.account(library, "Mary", Role.MODERATOR)
    gone = build.account(library, "Gone")
    wrong = [
        (("alice", "Title", "Body"), "recipient"),
        (("Nobody", "Title", "Body"), "recipient"),
        (("a\0", "Title", "Body"), "recipient"),
        (("Mary", "  ", "Body"), "title"),
        (("Mary", "x" * 301, "Body"), "title"),
        (("Mary", "Title", " \n"), "body"),
        (("Mary", "Title", "x\0"), "body"),
        (("Mary", "Title", "ä" * 25_001), "body"),
    ]
    with library.writing(alice) as tx:
        for given, field in wrong:
            with pytest.raises(Invalid) as refused:
                messages.start(tx, *given)
            assert list(refused.value.fields) == [field]
        messages.start(tx, "Mary", "x" * 300, "ä" * 25_000)
        with pytest.raises(RateLimited) as patience:
            messages.start(tx, "Gone", "Again", "Body")
        assert patience.value.retry_after_s == 60
    clock.advance(60)
    with library.writing(alice) as tx:
        begun = messages.start(tx, "Gone", "Again", "Body")
    with library.writing(mary) as tx:
        messages.start(tx, "Alice", "One", "Body")
        messages.start(tx, "Alice", "Two", "Body")
    accounts.deactivate(library, gone, build.PASSWORD)
    with library.writing(alice) as tx:
        assert messages.get(tx, begun.key).other_name == f"deleted-{gone.account_id}"
        with pytest.raises(Invalid):
            messages.answer(tx, begun.key, "Are you there?")
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, reason="rude", account_id=alice.account_id)
    with library.writing(alice) as tx:
        for banned in (
            lambda: messages.start(tx, "Mary", "Title", "Body"),
            lambda: messages.answer(tx, begun.key, "Body"),
        ):
            with pytest.raises(Banned):
                banned()
        messages.read(tx, begun.key)
    with library.writing(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        messages.start(tx, "Mary", "Title", "Body")


def test_letters_go_when_both_have_left(library):
    alice, bob = build.account(library, "Alice"), build.account(library, "Bob")
    with library.writing(alice) as tx:
        begun = messages.start(tx, "Bob", "Title", "Body")
    accounts.deactivate(library, alice, build.PASSWORD)
    with library.reading(bob) as tx:
        assert [one.body for one in messages.of(tx, begun.key)[0]] == ["Body"]
    accounts.deactivate(library, bob, build.PASSWORD)
    with library.reading(SYSTEM) as tx:
        for table in (schema.conversations, schema.messages):
            assert tx.all(select(table)) == []
