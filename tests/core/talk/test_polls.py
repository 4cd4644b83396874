import threading

import pytest
from sqlalchemy import event, insert

import rows
import talk_world as world
from menagerie.core.talk import polls, topics
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema

DAY = 86_400_000_000


def ask(library, actor, clock, *, method="single", options=("Dogs", "Cats", "Both")):
    draft = polls.Draft("Which?", options, method, clock.now() + DAY)
    made = world.topic(library, actor, poll=draft)
    with library.reading(actor) as tx:
        found = polls.of_topic(tx, made.id)
    assert made.poll_id == found.id
    return found


def vote(library, actor, poll, *places):
    with library.writing(actor) as tx:
        return polls.vote(tx, poll.id, [poll.options[place].id for place in places])


def test_each_account_answers_once(library, alice, bob, mod, clock):
    poll = ask(library, alice, clock, options=(" Dogs ", "Cats", "", "Dogs", "Both"))
    assert [option.label for option in poll.options] == ["Dogs", "Cats", "Both"]
    assert poll.is_open
    after = vote(library, bob, poll, 1)
    assert [option.vote_count for option in after.options] == [0, 1, 0]
    assert (after.vote_count, after.own_option_ids) == (1, (poll.options[1].id,))
    for actor, places, error in (
        (bob, (0,), Invalid),
        (alice, (), Invalid),
        (alice, (0, 1), Invalid),
        (ANONYMOUS, (0,), Unauthenticated),
    ):
        with pytest.raises(error):
            vote(library, actor, poll, *places)
    other, without = ask(library, alice, clock, method="multiple"), world.topic(library, alice)
    with pytest.raises(Invalid), library.writing(alice) as tx:
        polls.vote(tx, poll.id, [other.options[0].id])
    assert vote(library, alice, other, 0, 2, 0).vote_count == 2
    with library.reading(mod) as tx:
        assert [one.name for one in polls.voters(tx, poll.options[1].id)] == ["Bob"]
        assert polls.voters(tx, poll.options[0].id) == []
        with pytest.raises(NotFound):
            polls.voters(tx, 999)
    with library.reading(ANONYMOUS) as tx:
        assert polls.of_topic(tx, poll.topic_id).own_option_ids == ()
        assert polls.of_topic(tx, without.id) is None
        with pytest.raises(Unauthenticated):
            polls.voters(tx, poll.options[0].id)
    assert world.wrong(library) == []


def test_a_poll_closes_and_may_be_hidden(library, alice, bob, helper, clock):
    poll = ask(library, alice, clock)
    mallory = rows.account(library, "Mallory")
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=mallory.account_id, created_at=0))
    with pytest.raises(Banned):
        vote(library, mallory, poll, 0)
    with pytest.raises(Forbidden), library.writing(alice) as tx:
        polls.hide(tx, poll.id)
    with library.writing(helper) as tx:
        hidden = polls.hide(tx, poll.id, "Silly")
        assert polls.hide(tx, poll.id, "Again") == hidden
        assert (hidden.hide_reason, hidden.is_open) == ("Silly", False)
    with pytest.raises(NotFound):
        vote(library, bob, poll, 0)
    with library.writing(helper) as tx:
        polls.unhide(tx, poll.id)
        topics.lock(tx, poll.topic_id)
    assert vote(library, bob, poll, 0).vote_count == 1
    clock.advance(86_400)
    with pytest.raises(Forbidden):
        vote(library, alice, poll, 0)
    with library.writing(helper) as tx:
        topics.hide(tx, poll.topic_id)
    with library.reading(alice) as tx, pytest.raises(NotFound):
        polls.of_topic(tx, poll.topic_id)


def test_what_a_poll_may_not_ask(library, alice, clock):
    later = clock.now() + DAY
    for draft, field in (
        (polls.Draft("", ("a", "b"), "single", later), "poll_title"),
        (polls.Draft("t", ("a", "a", " "), "single", later), "options"),
        (polls.Draft("t", tuple(map(str, range(21))), "single", later), "options"),
        (polls.Draft("t", ("a", "x" * 81), "single", later), "options"),
        (polls.Draft("t", ("a", "b"), "many", later), "method"),
        (polls.Draft("t", ("a", "b"), "multiple", clock.now()), "until_at"),
    ):
        with pytest.raises(Invalid) as caught:
            world.topic(library, alice, poll=draft)
        assert list(caught.value.fields) == [field]
    assert world.forum(library).topic_count == 0


def test_reading_takes_three_statements(library, alice, clock):
    poll = ask(library, alice, clock)
    statements = []

    def count(*args):
        statements.append(args[2])

    event.listen(library.database._reader, "before_cursor_execute", count)
    with library.reading(alice) as tx:
        polls.of_topic(tx, poll.topic_id)
    event.remove(library.database._reader, "before_cursor_execute", count)
    assert len([text for text in statements if text.startswith("SELECT")]) == 3


def test_people_vote_at_once(library, alice, clock):
    poll = ask(library, alice, clock)
    people = [rows.account(library, f"Voter {n}") for n in range(3)]
    refused = []

    def answer(actor):
        try:
            vote(library, actor, poll, 1)
        except Invalid:
            refused.append(actor)

    threads = [threading.Thread(target=answer, args=(actor,)) for actor in people * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(actor.name for actor in refused) == [actor.name for actor in people]
    with library.reading(SYSTEM) as tx:
        assert polls.of_topic(tx, poll.topic_id).vote_count == 3
    assert world.wrong(library) == []
