import random
import threading

import pytest
from sqlalchemy import insert, select

import rows
from menagerie.core import checks, votes
from menagerie.core.votes import Counts, Interaction
from menagerie.errors import Banned, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def image_id(library):
    return rows.image(library)


def do(library, actor, act, image_id, *more):
    with library.writing(actor) as tx:
        return act(tx, image_id, *more)


def said(library, actor, *ids):
    with library.reading(actor) as tx:
        return [(i.type, i.value) for i in votes.interactions(tx, ids)]


UP, DOWN, FAVED, HIDDEN = ("voted", "up"), ("voted", "down"), ("faved", ""), ("hidden", "")


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ("up", ((1, 1, 0, 0, 0), [UP])),
        ("up up", ((1, 1, 0, 0, 0), [UP])),
        ("up down", ((-1, 0, 1, 0, 0), [DOWN])),
        ("down up", ((1, 1, 0, 0, 0), [UP])),
        ("down unvote", ((0, 0, 0, 0, 0), [])),
        ("unvote", ((0, 0, 0, 0, 0), [])),
        ("fave", ((1, 1, 0, 1, 0), [FAVED, UP])),
        ("fave fave", ((1, 1, 0, 1, 0), [FAVED, UP])),
        ("down fave", ((1, 1, 0, 1, 0), [FAVED, UP])),
        ("fave down", ((-1, 0, 1, 0, 0), [DOWN])),
        ("fave unfave", ((1, 1, 0, 0, 0), [UP])),
        ("fave unvote", ((0, 0, 0, 1, 0), [FAVED])),
        ("unfave", ((0, 0, 0, 0, 0), [])),
        ("hide hide fave", ((1, 1, 0, 1, 1), [HIDDEN, FAVED, UP])),
        ("hide unhide unhide", ((0, 0, 0, 0, 0), [])),
    ],
)
def test_what_each_does_to_the_others(library, alice, image_id, steps, outcome):
    counts, left = outcome
    acts = {
        "up": lambda tx, i: votes.vote(tx, i, 1),
        "down": lambda tx, i: votes.vote(tx, i, -1),
    }
    for step in steps.split():
        after = do(library, alice, acts.get(step) or getattr(votes, step), image_id)
    assert after == Counts(*counts)
    assert said(library, alice, image_id) == left
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_a_change_is_logged_and_a_repetition_is_not(library, alice, image_id):
    do(library, alice, votes.vote, image_id, 1)
    log = {("image", image_id, None), ("interaction", alice.account_id, image_id)}
    assert log <= rows.changes(library)
    with library.writing(alice) as tx:
        votes.vote(tx, image_id, 1)
        votes.unhide(tx, image_id)
        votes.unsubscribe(tx, image_id)
        assert not tx.has_changed


def test_interactions_are_ordered_by_kind_then_as_asked(library, alice, image_id):
    other = rows.image(library)
    do(library, alice, votes.vote, image_id, -1)
    do(library, alice, votes.hide, image_id)
    do(library, alice, votes.fave, other)
    with library.reading(alice) as tx:
        assert votes.interactions(tx, [other, image_id]) == [
            Interaction(image_id, "hidden", ""),
            Interaction(other, "faved", ""),
            Interaction(other, "voted", "up"),
            Interaction(image_id, "voted", "down"),
        ]
        assert votes.interactions(tx, []) == []
    assert said(library, ANONYMOUS, image_id, other) == []


def test_subscriptions_touch_no_counter(library, alice, image_id):
    for _ in range(2):
        assert do(library, alice, votes.subscribe, image_id) == Counts(0, 0, 0, 0, 0)
    with library.reading(alice) as tx:
        assert votes.is_subscribed(tx, image_id)
    do(library, alice, votes.unsubscribe, image_id)
    with library.reading(alice) as tx:
        assert not votes.is_subscribed(tx, image_id)


def test_fans_are_named(library, alice, image_id, clock):
    bob = rows.account(library, "Bob")
    do(library, bob, votes.fave, image_id)
    clock.advance(5)
    do(library, alice, votes.fave, image_id)
    with library.reading(ANONYMOUS) as tx:
        assert [fan.name for fan in votes.fans(tx, image_id)] == ["Bob", "Alice"]


def test_who_may_not(library, alice, image_id):
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    rejected = rows.image(library, owner=alice, review=Review.REJECTED)
    pending = rows.image(library, review=Review.PENDING)
    removed = rows.image(library)
    rows.remove(library, removed)
    bob, mallory = rows.account(library, "Bob"), rows.account(library, "Mallory")
    mod = rows.account(library, "Mod", "moderator")
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=mallory.account_id, created_at=0))
    acts = [votes.fave, votes.unfave, votes.unvote, lambda tx, i: votes.vote(tx, i, 1)]
    own_sight = [votes.hide, votes.unhide, votes.subscribe, votes.unsubscribe]
    for actor, target, error in (
        (bob, private, NotFound),
        (bob, rejected, NotFound),
        (mod, private, NotFound),
        (mod, removed, NotFound),
        (ANONYMOUS, private, NotFound),
        (ANONYMOUS, image_id, Unauthenticated),
        (bob, 10**9, NotFound),
        (bob, 2**64, NotFound),
        (bob, -1, NotFound),
    ):
        for act in acts + own_sight:
            with pytest.raises(error):
                do(library, actor, act, target)
    for act in acts:
        with pytest.raises(Banned):
            do(library, mallory, act, image_id)
    for act in own_sight:
        do(library, mallory, act, image_id)
    for value in (0, 2):
        with pytest.raises(Invalid):
            do(library, alice, votes.vote, image_id, value)
    assert do(library, alice, votes.fave, private).faves == 1
    assert do(library, bob, votes.fave, pending).faves == 1


def test_a_merge_takes_along_what_does_not_contradict(library, image_id):
    target = rows.image(library)
    people = {name: rows.account(library, name) for name in "abcdef"}
    for name, act, where in (
        ("a", votes.fave, image_id),
        ("b", votes.fave, image_id),
        ("c", votes.hide, image_id),
        ("d", votes.fave, target),
        ("e", votes.subscribe, image_id),
    ):
        do(library, people[name], act, where)
    do(library, people["b"], votes.vote, target, -1)
    do(library, people["f"], votes.vote, image_id, -1)
    do(library, people["d"], votes.unvote, target)
    do(library, people["d"], votes.vote, image_id, -1)
    with library.writing(SYSTEM) as tx:
        votes.move_all(tx, image_id, target)
        votes.move_all(tx, image_id, target)
        assert checks.counters(tx) == []
        upvotes = tx.scalar(select(schema.images.c.upvotes).where(schema.images.c.id == target))
    assert upvotes == 1
    assert said(library, people["a"], target) == [FAVED, UP]
    assert said(library, people["b"], target) == [DOWN]
    assert said(library, people["c"], target) == [HIDDEN]
    assert said(library, people["d"], target) == [FAVED]
    assert said(library, people["f"], target) == [DOWN]
    assert ("interaction", people["e"].account_id, target) in rows.changes(library)


def test_forgetting_an_account_takes_its_votes_out_of_the_counters(library, alice, image_id):
    bob = rows.account(library, "Bob")
    for actor in (alice, bob):
        do(library, actor, votes.fave, image_id)
        do(library, actor, votes.hide, image_id)
    with library.writing(SYSTEM) as tx:
        votes.forget_account(tx, alice.account_id)
        assert checks.counters(tx) == []
    assert do(library, bob, votes.vote, image_id, 1) == Counts(1, 1, 0, 1, 1)
    assert said(library, alice, image_id) == []


@pytest.mark.parametrize("seed", range(3))
def test_counters_equal_recounts_after_anything(library, seed):
    chance = random.Random(seed)
    people = [rows.account(library, name) for name in "abc"]
    images = [rows.image(library) for _ in range(3)]
    acts = [
        lambda tx, i: votes.vote(tx, i, chance.choice([1, -1])),
        votes.unvote,
        votes.fave,
        votes.unfave,
        votes.hide,
        votes.unhide,
        lambda tx, i: votes.move_all(tx, i, chance.choice(images)),
    ]
    for _ in range(150):
        do(library, chance.choice(people), chance.choice(acts), chance.choice(images))
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_threads_lose_no_vote(library, image_id):
    people = [rows.account(library, f"person {n}") for n in range(8)]

    def act(actor, seed):
        chance = random.Random(seed)
        for _ in range(6):
            do(library, actor, chance.choice([votes.fave, votes.unfave, votes.hide]), image_id)
        do(library, actor, votes.vote, image_id, 1)

    threads = [threading.Thread(target=act, args=(actor, n)) for n, actor in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
        assert tx.scalar(select(schema.images.c.upvotes)) == len(people)
