"""Picking: tiers, exclusions and their end, visibility; against a plain account of the rules."""

import random
from collections import Counter

import msgspec
import pytest
from sqlalchemy import update

import build
import rows
from menagerie.core import picking, validations
from menagerie.core.picking import Task
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, Review

ANN = Actor(fingerprint="ann")
BOB = Actor(fingerprint="bob")


@pytest.fixture
def tags(library):
    """The tags of three words."""
    return {name: build.word(library, name).tag_id for name in ("dog", "cat", "cup")}


def pick(library, actor=ANONYMOUS, **options):
    with library.reading(actor) as tx:
        return picking.pick(tx, **options)


def judge(library, image_id, tag_id, said="y", actor=ANONYMOUS):
    for letter in said:
        with library.writing(actor) as tx:
            validations.judge(tx, image_id, tag_id, is_yes=letter == "y")


def set_image(library, image_id, **values):
    with library.writing(SYSTEM) as tx:
        which = schema.images.c.id == image_id
        tx.execute(update(schema.images).where(which).values(**values))
        tx.changed(ChangeKind.IMAGE, image_id)


def test_nothing_to_judge_is_no_task(library, tags):
    rows.image(library, "no such word")
    assert pick(library) is None
    assert pick(library, tag_id=tags["dog"]) is None
    with library.reading(ANONYMOUS) as tx:
        assert picking.pick_many(tx, tag_id=tags["dog"], limit=3) == []


def test_what_nobody_judged_comes_first_until_somebody_does(library, tags):
    one, other = rows.image(library, "dog"), rows.image(library, "dog")
    judge(library, one, tags["dog"], "yn")
    assert {pick(library) for _ in range(20)} == {Task(other, tags["dog"])}
    judge(library, other, tags["dog"])
    assert {pick(library) for _ in range(20)} == {Task(other, tags["dog"])}
    judge(library, other, tags["dog"])
    assert {pick(library).image_id for _ in range(20)} == {one, other}


@pytest.mark.parametrize("count", [3, 15])  # looked through, and drawn
def test_equals_are_picked_equally_often(library, tags, count):
    found = [rows.image(library, "dog, cat") for _ in range(count)]
    found += [rows.image(library, "cup") for _ in range(count)]
    picked = Counter(pick(library) for _ in range(100 * 3 * count))
    assert len(picked) == 3 * count
    assert {task.image_id for task in picked} == set(found)
    assert 60 < min(picked.values()) <= max(picked.values()) < 150


def test_beyond_five_verdicts_the_disputed_come_first(library, tags):
    clear, disputed, between = (rows.image(library, "dog") for _ in range(3))
    judge(library, clear, tags["dog"], "yyyyyy")
    judge(library, disputed, tags["dog"], "yyynnn")
    judge(library, between, tags["dog"], "yyyynn")
    assert {pick(library).image_id for _ in range(9)} == {disputed}
    judge(library, disputed, tags["dog"], "yyyyyyyyyy")
    assert {pick(library).image_id for _ in range(9)} == {between}


def test_nobody_is_asked_again_until_nothing_else_remains(library, tags):
    one, other = rows.image(library, "dog"), rows.image(library, "dog")
    judge(library, one, tags["dog"], actor=ANN)
    judge(library, other, tags["dog"], "yyy", actor=ANONYMOUS)
    assert {pick(library, ANN).image_id for _ in range(9)} == {other}
    assert {pick(library, BOB, remember=False).image_id for _ in range(9)} == {one}
    judge(library, other, tags["dog"], actor=ANN)
    assert pick(library, ANN) is not None
    with library.writing(ANN) as tx:
        validations.take_back(tx, one, tags["dog"])
    judge(library, one, tags["dog"], "yyyyyyy")
    assert {pick(library, ANN).image_id for _ in range(9)} == {one}


def test_an_account_is_known_whatever_else_it_sends(library, tags):
    account = rows.account(library, "Ann")
    one, other = rows.image(library, "dog"), rows.image(library, "dog")
    judge(library, one, tags["dog"], actor=account)
    judge(library, other, tags["dog"], "yy")
    actor = msgspec.structs.replace(account, fingerprint="other browser")
    assert {pick(library, actor).image_id for _ in range(9)} == {other}


def test_what_was_just_shown_comes_again_only_when_nothing_else_does(library, tags):
    count = 5
    for _ in range(count):
        rows.image(library, "dog")
    first = [pick(library, ANN) for _ in range(count)]
    assert len(set(first)) == count
    assert pick(library, ANN) in first
    assert len({pick(library, BOB, remember=False) for _ in range(60)}) == count


def test_only_what_everybody_may_see_is_offered_and_to_its_owner_what_waits(library, tags):
    owner, dog = rows.account(library, "Owner"), tags["dog"]
    rows.image(library, "dog, explicit")
    rows.image(library, "dog", owner=owner, review=Review.QUARANTINED)
    withheld = rows.image(library, "dog")
    set_image(library, withheld, is_withheld=True)
    pending = rows.image(library, "dog", owner=owner, review=Review.PENDING)
    private = rows.image(library, "dog", owner=owner, audience=Audience.PRIVATE)
    assert pick(library) is None
    assert pick(library, rows.account(library, "Other")) is None
    assert {pick(library, owner, remember=False).image_id for _ in range(30)} == {pending, private}
    assert pick(library, image_id=pending) is None
    assert pick(library, owner, image_id=pending) == Task(pending, dog)
    set_image(library, pending, review=Review.APPROVED)
    assert pick(library) == Task(pending, dog)
    set_image(library, pending, removed_at=1)
    assert pick(library) is None


def test_many_that_nobody_may_see_do_not_hide_the_few_that_all_may(library, tags):
    for _ in range(40):
        rows.image(library, "dog, explicit")
    seen = rows.image(library, "dog")
    judge(library, seen, tags["dog"], "yyy")
    assert pick(library) == Task(seen, tags["dog"])
    assert pick(library) == Task(seen, tags["dog"])


def test_of_one_word_and_of_one_image(library, tags):
    one, other = rows.image(library, "dog, cat"), rows.image(library, "cat, explicit")
    assert {pick(library, tag_id=tags["cat"]) for _ in range(9)} == {Task(one, tags["cat"])}
    assert {pick(library, image_id=one).tag_id for _ in range(30)} == {tags["dog"], tags["cat"]}
    judge(library, one, tags["dog"])
    assert {pick(library, image_id=one).tag_id for _ in range(9)} == {tags["cat"]}
    assert pick(library, image_id=one, tag_id=tags["dog"]) == Task(one, tags["dog"])
    assert pick(library, image_id=one, tag_id=tags["cup"]) is None
    assert pick(library, image_id=other) == Task(other, tags["cat"])
    assert pick(library, image_id=10**9) is None


def test_many_of_a_word_are_different_ones_with_the_fewest_verdicts_first(library, tags):
    dog = tags["dog"]
    judged = [rows.image(library, "dog") for _ in range(3)]
    for image_id in judged:
        judge(library, image_id, dog)
    fresh = [rows.image(library, "dog") for _ in range(4)]

    def many(limit, actor=ANONYMOUS):
        with library.reading(actor) as tx:
            return [t.image_id for t in picking.pick_many(tx, tag_id=dog, limit=limit)]

    assert len(many(2)) == 2
    assert set(many(4)) == set(fresh)
    assert set(many(6)[:4]) == set(fresh)
    assert sorted(many(100)) == sorted([*judged, *fresh])
    judge(library, fresh[0], dog, actor=ANN)
    assert sorted(many(100, ANN)) == sorted([*judged, *fresh[1:]])


def test_the_most_popular_words_are_on_the_most_images(library, tags):
    for text in ("dog, cup", "dog", "cup, dog", "cat, explicit", "cat, explicit", "no such word"):
        rows.image(library, text)

    def popular(limit):
        with library.reading(ANONYMOUS) as tx:
            return picking.popular(tx, limit)

    assert popular(10) == [tags["dog"], tags["cup"]]
    assert popular(1) == [tags["dog"]]
    assert popular(0) == []


def test_a_random_image_is_one_that_everybody_finds(library, tags):
    def one(text=None):
        with library.reading(ANONYMOUS) as tx:
            return picking.random_image(tx, picking.find.parse(tx, text) if text else None)

    assert one() is None
    rows.image(library, "dog, explicit")
    dog, cat = rows.image(library, "dog"), rows.image(library, "cat")
    assert {one() for _ in range(30)} == {dog, cat}
    assert {one("dog") for _ in range(9)} == {dog}
    assert one("cup") is None
    set_image(library, dog, is_withheld=True)
    assert one("dog") is None


class Rules:
    """What may be picked, said as plainly as possible."""

    def __init__(self, library, tags):
        self.library, self.tags = library, tags
        self.labels, self.verdicts, self.open = {}, Counter(), set()
        self.judged, self.shown = {ANN: set(), BOB: set()}, {ANN: [], BOB: []}

    def add(self, rng):
        names = rng.sample(sorted(self.tags), rng.randint(1, 2))
        is_open = rng.random() < 0.6
        image_id = rows.image(self.library, ", ".join([*names, *([] if is_open else ["explicit"])]))
        for name in names:
            task = Task(image_id, self.tags[name])
            self.labels[task] = (0, 0)
            if is_open:
                self.open.add(task)

    def judge(self, rng):
        task, actor = rng.choice(sorted(self.labels, key=str)), rng.choice([ANN, BOB, ANONYMOUS])
        if actor in self.judged and task in self.judged[actor]:
            return
        is_yes = rng.random() < 0.6
        judge(self.library, task.image_id, task.tag_id, "y" if is_yes else "n", actor)
        yes, no = self.labels[task]
        self.labels[task] = (yes + is_yes, no + (not is_yes))
        if actor in self.judged:
            self.judged[actor].add(task)

    def expected(self, actor, tag_id):
        every = {t for t in self.open if tag_id in (None, t.tag_id)}
        judged = self.judged.get(actor, set())
        shown = set(self.shown.get(actor, [])[-50:])
        for left in (every - judged - shown, every - judged, every - shown, every):
            if left:
                first = min(self.key(task) for task in left)
                return {task for task in left if self.key(task) == first}
        return {None}

    def key(self, task):
        yes, no = self.labels[task]
        return (yes + no,) if yes + no <= 5 else (6, abs(yes - no) * 10 // (yes + no))


@pytest.mark.parametrize("seed", range(3))
def test_every_pick_is_one_that_the_rules_allow(library, tags, seed):
    rng, rules = random.Random(seed), Rules(library, tags)
    for _ in range(25):
        if not rules.labels or rng.random() < 0.3:
            rules.add(rng)
        for _ in range(rng.randint(0, 3)):
            rules.judge(rng)
        actor = rng.choice([ANN, BOB, ANONYMOUS])
        tag_id = rng.choice([None, None, tags["dog"]])
        task = pick(library, actor, tag_id=tag_id)
        assert task in rules.expected(actor, tag_id)
        if task is not None and actor in rules.shown:
            rules.shown[actor].append(task)
    assert library.catalogue.verify() == []
