"""Verdicts: what one counts, who has one, what moves it, and what it is kept in."""

import contextlib
import random
import threading

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

import build
import rows
from menagerie.core import (
    checks,
    images,
    label_keys,
    labels,
    moderation,
    own_data,
    reports,
    validations,
    vocabulary,
    words,
)
from menagerie.core.staff import bans
from menagerie.errors import Banned, Invalid, NotFound
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review, Role

FINGER = Actor(fingerprint="one", address="192.0.2.1")


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


@pytest.fixture
def dog(library):
    return build.word(library, "dog").tag_id


def judge(library, actor, image_id, tag_id, says="yes", **more):
    with library.writing(actor) as tx:
        judged = validations.judge(tx, image_id, tag_id, is_yes=says == "yes", **more)
    return judged.num_yes, judged.num_no


def check(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_probability_has_the_fewest_digits_of_a_float32(yes, no):
    found = validations.probability(yes, no)
    assert isinstance(found, float)
    exact = np.float32(yes / (yes + no)) if yes + no else np.float32(0)
    assert np.float32(found) == exact
    assert repr(found) == str(exact)
    assert msgspec.json.encode(found).decode() == repr(found)


def test_twelve_to_one_without_identity_is_the_known_example(library, dog):
    image_id = rows.image(library, "dog")
    for _ in range(12):
        judge(library, ANONYMOUS, image_id, dog)
    assert judge(library, ANONYMOUS, image_id, dog, "no") == (12, 1)
    with library.reading(ANONYMOUS) as tx:
        (judged,) = validations.of_image(tx, image_id)
        image = images.get(tx, image_id)
    assert (judged.probability, judged.status) == (0.9230769, "positive")
    assert image.verdict_count == 13
    check(library)


@pytest.mark.parametrize("says", ["account", "fingerprint"])
def test_a_known_judge_has_one_verdict_that_moves(library, alice, dog, says):
    image_id = rows.image(library, "dog")
    actor = alice if says == "account" else FINGER
    assert judge(library, actor, image_id, dog) == (1, 0)
    before = rows.changes(library)
    assert judge(library, actor, image_id, dog) == (1, 0)
    assert rows.changes(library) == before
    assert judge(library, actor, image_id, dog, "no") == (0, 1)
    with library.writing(actor) as tx:
        assert validations.own(tx, image_id) == {dog: False}
        taken = validations.take_back(tx, image_id, dog)
        assert (taken.num_yes, taken.num_no, taken.probability) == (0, 0, 0.0)
        assert validations.take_back(tx, image_id, dog) == taken
        assert validations.own(tx, image_id) == {}
    assert judge(library, actor, image_id, dog, "no") == (0, 1)
    check(library)


def test_what_changes_is_logged_for_the_catalogue(library, dog):
    image_id = rows.image(library, "dog")
    with library.reading(SYSTEM) as tx:
        last = tx.scalar(select(func.max(schema.changes.c.seq)))

    def logged():
        log = schema.changes.c
        with library.reading(SYSTEM) as tx:
            return {
                tuple(row) for row in tx.all(select(log.kind, log.subject_id).where(log.seq > last))
            }

    judge(library, FINGER, image_id, dog)
    assert logged() == {("label", image_id), ("image", image_id)}
    with library.reading(SYSTEM) as tx:
        last = tx.scalar(select(func.max(schema.changes.c.seq)))
    judge(library, FINGER, image_id, dog, "no")
    assert logged() == {("label", image_id)}


def test_a_moderator_counts_for_more_only_when_asked(library, alice, moderator, dog):
    image_id = rows.image(library, "dog")
    assert judge(library, moderator, image_id, dog) == (1, 0)
    assert judge(library, moderator, image_id, dog, weight=5) == (5, 0)
    assert judge(library, moderator, image_id, dog) == (5, 0)
    assert judge(library, alice, image_id, dog, "no", weight=5) == (5, 1)
    assert judge(library, moderator, image_id, dog, "no") == (0, 2)
    with pytest.raises(Invalid):
        judge(library, moderator, image_id, dog, weight=0)
    with library.reading(SYSTEM) as tx:
        assert images.get(tx, image_id).verdict_count == 2
    check(library)


def test_only_labels_of_the_vocabulary_are_judged(library, alice, dog):
    image_id = rows.image(library, "dog, solo")
    (solo,) = rows.tag_ids(library, "solo")
    cat = build.word(library, "cat").tag_id
    for tag_id in (solo, cat, 0, -1, 10**9, 2**70):
        with pytest.raises(NotFound):
            judge(library, alice, image_id, tag_id)
    for image in (0, 999, 2**70):
        with pytest.raises(NotFound):
            judge(library, alice, image, dog)
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, remove=["dog"], enforce_board_rules=False)
    with pytest.raises(NotFound):
        judge(library, alice, image_id, dog)


def test_nobody_judges_what_is_not_theirs_to_see(library, alice, moderator, dog):
    bob = rows.account(library, "Bob")
    pending = rows.image(library, "dog", owner=alice, review=Review.PENDING)
    private = rows.image(library, "dog", owner=alice, audience=Audience.PRIVATE)
    removed = rows.image(library, "dog", owner=alice)
    rows.remove(library, removed)
    for image_id, able in ((pending, [alice, moderator]), (private, [alice]), (removed, [])):
        for actor in (ANONYMOUS, bob, alice, moderator):
            if actor in able:
                judge(library, actor, image_id, dog)
                continue
            with pytest.raises(NotFound):
                judge(library, actor, image_id, dog)


def test_the_banned_do_not_judge(library, alice, moderator, dog):
    image_id = rows.image(library, "dog")
    with library.writing(moderator) as tx:
        bans.ban(tx, account_id=alice.account_id)
        bans.ban(tx, fingerprint="one")
        bans.ban(tx, network="198.51.100.0/24")
    for actor in (alice, FINGER, Actor(address="198.51.100.7")):
        with pytest.raises(Banned):
            judge(library, actor, image_id, dog)
    judge(library, Actor(address="192.0.2.1"), image_id, dog)


def test_a_batch_counts_whole_or_not_at_all(library, alice, dog):
    ids = [rows.image(library, "dog, cat") for _ in range(3)]
    cat = build.word(library, "cat").tag_id
    with library.writing(alice) as tx:
        done = validations.judge_many(
            tx, [(ids[0], dog, True), (ids[0], cat, False), (ids[1], dog, True)]
        )
    assert [(j.image_id, j.num_yes, j.num_no) for j in done] == [
        (ids[0], 1, 0),
        (ids[0], 0, 1),
        (ids[1], 1, 0),
    ]
    with pytest.raises(NotFound), library.writing(alice) as tx:
        validations.judge_many(tx, [(ids[2], dog, True), (ids[2], 10**9, True)])
    with library.reading(alice) as tx:
        found = validations.of_images(tx, [ids[2], 999, *ids[:2]])
    assert list(found) == [ids[2], *ids[:2]]
    assert [[(j.name, j.num_yes) for j in of] for of in found.values()] == [
        [("cat", 0), ("dog", 0)],
        [("cat", 0), ("dog", 1)],
        [("cat", 0), ("dog", 1)],
    ]
    check(library)


def test_labels_are_read_in_the_words_of_the_vocabulary(library, alice):
    dog = build.word(library, "dog")
    build.word(library, "TV")
    build.word(library, "mouth", parent=dog)
    image_id = rows.image(library, "tv, mouth/dog, dog, solo")
    private = rows.image(library, "dog", owner=alice, audience=Audience.PRIVATE)
    with library.reading(ANONYMOUS) as tx:
        found = validations.of_image(tx, image_id)
        assert validations.of_images(tx, [private]) == {}
        with pytest.raises(NotFound):
            validations.of_image(tx, private)
    assert [(j.name, j.label, j.sublabel) for j in found] == [
        ("TV", "TV", ""),
        ("dog", "dog", ""),
        ("mouth/dog", "dog", "mouth"),
    ]
    assert found[0].key == label_keys.encode(library, image_id, found[0].tag_id)


def test_a_key_of_an_image_or_a_label_is_resolved(library, alice, dog):
    image_id = rows.image(library, "dog")
    private = rows.image(library, "dog", owner=alice, audience=Audience.PRIVATE)
    with library.reading(alice) as tx:
        hidden = images.key_of(tx, private)
        assert validations.resolve(tx, hidden) == (private, None)
    with library.reading(ANONYMOUS) as tx:
        (judged,) = validations.of_image(tx, image_id)
        assert validations.resolve(tx, judged.key) == (image_id, dog)
        assert validations.resolve(tx, images.key_of(tx, image_id)) == (image_id, None)
        assert validations.get(tx, image_id, dog) == judged
        unknown = label_keys.encode(library, private, dog)
        for key in (hidden, unknown, "", "nonsense", label_keys.encode(library, 999, 1)):
            with pytest.raises(NotFound):
                validations.resolve(tx, key)


def test_whoever_is_known_says_once_that_a_label_cannot_be_outlined(library, alice, dog):
    image_id = rows.image(library, "dog")
    judges = (alice, alice, FINGER, FINGER, ANONYMOUS, ANONYMOUS, Actor(fingerprint="two"))
    for actor, count in zip(judges, (1, 1, 2, 2, 3, 4, 5), strict=True):
        with library.writing(actor) as tx:
            assert validations.mark_unfit(tx, image_id, dog).unfit_count == count
    with library.reading(ANONYMOUS) as tx:
        assert validations.get(tx, image_id, dog).unfit_count == 5
    check(library)


def test_who_rules_a_label_out_goes_along_with_it(library, alice, dog):
    (hound,) = rows.tag_ids(library, "hound")
    both, other = rows.image(library, "dog, hound"), rows.image(library, "dog")
    hounds = build.word(library, "hound")
    for actor, image_id, tag_id in (
        (alice, both, dog),
        (alice, both, hound),
        (FINGER, both, hound),
        (alice, other, dog),
    ):
        with library.writing(actor) as tx:
            validations.mark_unfit(tx, image_id, tag_id)
    with library.writing(SYSTEM) as tx:
        words.remove(tx, hounds.key)
        vocabulary.alias(tx, hound, dog)
        assert validations.get(tx, both, dog).unfit_count == 2
        moderation.merge(tx, both, other)
        assert validations.get(tx, other, dog).unfit_count == 2
    check(library)
    assert library.catalogue.verify() == []


@pytest.mark.parametrize("actor", [FINGER, ANONYMOUS])
def test_eight_threads_at_once(library, dog, actor):
    image_id = rows.image(library, "dog")
    problems = []
    start = threading.Barrier(8)

    def vote():
        try:
            start.wait()
            judge(library, actor, image_id, dog)
        except BaseException as error:
            problems.append(error)
            raise

    threads = [threading.Thread(target=vote) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with library.reading(SYSTEM) as tx:
        judged = validations.get(tx, image_id, dog)
    assert judged.num_yes == (1 if actor is FINGER else 8)
    check(library)


# Labels that come, go and move.


def said_of(library, image_id, tag_id):
    with library.reading(SYSTEM) as tx:
        found = validations.get(tx, image_id, tag_id)
        return found.num_yes, found.num_no, images.get(tx, image_id).verdict_count


def test_a_removed_label_keeps_its_verdicts_for_when_it_comes_back(library, alice, dog):
    image_id = rows.image(library, "dog, solo")
    judge(library, alice, image_id, dog)
    judge(library, FINGER, image_id, dog, "no")
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, remove=["dog"], enforce_board_rules=False)
        assert validations.of_image(tx, image_id) == []
        assert images.get(tx, image_id).verdict_count == 0
    check(library)
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, add=["dog"], enforce_board_rules=False)
    assert said_of(library, image_id, dog) == (1, 1, 2)
    assert judge(library, alice, image_id, dog, "no") == (0, 2)
    check(library)


def test_an_alias_takes_the_verdicts_along(library, alice, dog):
    (hound,) = rows.tag_ids(library, "hound")
    hounds = build.word(library, "hound")
    both, one = rows.image(library, "dog, hound"), rows.image(library, "hound")
    for tag_id, says in ((dog, "yes"), (hound, "no")):
        judge(library, alice, both, tag_id, says)
    judge(library, FINGER, both, hound)
    judge(library, ANONYMOUS, both, hound)
    judge(library, ANONYMOUS, both, dog)
    judge(library, alice, one, hound)
    with library.writing(SYSTEM) as tx:
        old_key = validations.get(tx, one, hound).key
        with pytest.raises(Invalid, match="has the word 'hound' and the other tag the word 'dog'"):
            vocabulary.alias(tx, hound, dog)
        words.remove(tx, hounds.key)
        vocabulary.alias(tx, hound, dog)
    # Alice's verdict on what stays stands, and all others come along.
    assert said_of(library, both, dog) == (4, 0, 4)
    assert said_of(library, one, dog) == (1, 0, 1)
    with library.reading(SYSTEM) as tx:
        image_id, tag_id = validations.resolve(tx, old_key)
        assert validations.get(tx, image_id, tag_id).tag_id == dog
    check(library)
    assert library.catalogue.verify() == []


def test_the_word_of_an_alias_goes_to_a_target_without_one(library, alice):
    telly = build.word(library, "TV")
    image_id = rows.image(library, "tv, television")
    (television,) = rows.tag_ids(library, "television")
    judge(library, alice, image_id, telly.tag_id)
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, telly.tag_id, television)
    with library.reading(ANONYMOUS) as tx:
        (judged,) = validations.of_image(tx, image_id)
    assert (judged.tag_id, judged.name, judged.num_yes) == (television, "TV", 1)
    check(library)


def test_a_merge_carries_the_verdicts_and_counts_a_judge_once(library, alice, clock, dog):
    old, target = rows.image(library, "dog"), rows.image(library, "dog, solo")
    judge(library, alice, old, dog, "no")
    judge(library, alice, target, dog)
    judge(library, FINGER, old, dog)
    judge(library, ANONYMOUS, old, dog)
    clock.advance(1)
    judge(library, ANONYMOUS, target, dog)
    for _ in range(2):
        with library.writing(SYSTEM) as tx:
            moderation.merge(tx, old, target)
        assert said_of(library, target, dog) == (4, 0, 4)
        check(library)
        with library.writing(SYSTEM) as tx:
            moderation.restore(tx, old)
        assert said_of(library, old, dog) == (2, 1, 3)
    assert library.catalogue.verify() == []


def test_counters_equal_recounts_after_any_sequence(library, alice, moderator):
    chance = random.Random(3)
    names = ["dog", "cat", "cup", "egg", "hound"]
    ids = {name: build.word(library, name).tag_id for name in names}
    pictures = [rows.image(library, ", ".join(names)) for _ in range(4)]
    actors = [ANONYMOUS, FINGER, Actor(fingerprint="two"), alice, moderator]

    def alias(tx, name, other):
        word = words.vocabulary(tx).by_tag(ids[name])
        words.remove(tx, word.key)
        vocabulary.alias(tx, ids[name], ids[other])

    with library.writing(SYSTEM) as tx:
        alias(tx, "hound", "dog")

    def step(tx, image_id, name):
        act = chance.randrange(8)
        tag_id = ids[name]
        if act < 4:
            weight = chance.choice((1, 5))
            validations.judge(tx, image_id, tag_id, is_yes=act < 2, weight=weight)
        elif act == 4:
            validations.take_back(tx, image_id, tag_id)
        elif act == 5:
            validations.mark_unfit(tx, image_id, tag_id)
        else:
            change = {"add" if act == 6 else "remove": [name]}
            labels.edit(tx, image_id, **change, enforce_board_rules=False, requires_account=False)

    for number in range(150):
        with contextlib.suppress(NotFound), library.writing(chance.choice(actors)) as tx:
            step(tx, chance.choice(pictures), chance.choice(names))
        if number in {50, 100}:
            first, second = pictures[-1], pictures[0]
            with library.writing(SYSTEM) as tx:
                if number == 50:
                    alias(tx, "egg", "cup")
                else:
                    moderation.merge(tx, first, second)
            check(library)
    check(library)
    assert library.catalogue.verify() == []


def test_who_leaves_takes_the_name_off_the_verdicts_and_leaves_them(library, dog):
    alice = build.account(library, "Alice")
    ids = [rows.image(library, "dog") for _ in range(2)]
    for image_id in ids:
        judge(library, alice, image_id, dog)
    with library.writing(alice) as tx:
        reports.report(tx, ids[0], "Other Violation: dull")
    with library.reading(alice) as tx:
        data = own_data.export(tx)
    assert [(v["image_id"], v["tag_id"], v["is_yes"]) for v in data["verdicts"]] == [
        (image_id, dog, True) for image_id in ids
    ]
    assert [r["reason"] for r in data["reports"]] == ["Other Violation: dull"]
    own_data.delete_account(library, alice, build.PASSWORD)
    for image_id in ids:
        assert said_of(library, image_id, dog) == (1, 0, 1)
    with library.reading(SYSTEM) as tx:
        said, reported = schema.validations.c, schema.reports.c
        rows_left = tx.all(select(said.account_id, said.voter))
        assert {account_id for account_id, _ in rows_left} == {None}
        # Still one judge, though nobody knows who.
        (voter,) = {voter for _, voter in rows_left}
        assert voter.startswith("x")
        assert tx.all(select(reported.account_id, reported.reporter)) == [(None, voter)]
    check(library)
