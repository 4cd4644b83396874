import random

import pytest
from sqlalchemy import insert, select

import rows
from menagerie.core import labels, tags, vocabulary
from menagerie.errors import Banned, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


def recount(library):
    with library.reading(SYSTEM) as tx:
        return labels.recount(tx)


def test_an_edit_changes_labels_counters_history_and_the_log(library, alice, clock):
    image_id = rows.image(library, "safe, dog, solo")
    clock.advance(60)
    with library.writing(alice) as tx:
        done = labels.edit(tx, image_id, add=["Big_Dog", "safe"], remove=["dog", "unknown"])
        assert done == labels.Edit(added=("big dog",), removed=("dog",))
        past = labels.history(tx, image_id)
        image = tx.one(select(schema.images.c.tag_count, schema.images.c.updated_at))
        big, dog = tags.canonical(tx, ["big dog", "dog"]).values()
    assert rows.tags_of(library, image_id) == {"safe", "big dog", "solo"}
    assert rows.states(library, image_id)["dog"] == ("removed", "person")
    assert [(c.tag_name, c.is_added, c.account_name) for c in past] == [
        ("dog", False, "Alice"),
        ("big dog", True, "Alice"),
    ]
    assert tuple(image) == (3, clock.now())
    assert (rows.count(library, "dog"), rows.count(library, "big dog")) == (0, 1)
    ids = set(rows.tag_ids(library, "dog", "big dog"))
    assert {("image", image_id, None), *(("label", image_id, i) for i in ids)} <= rows.changes(
        library
    )
    assert {big.id, dog.id} == ids
    assert recount(library) == []


def test_an_edit_that_changes_nothing_leaves_no_trace(library, alice):
    image_id = rows.image(library, "safe, dog, solo")
    with library.writing(alice) as tx:
        assert labels.edit(tx, image_id, add=["dog"], remove=["cat"]) == labels.Edit()
        assert labels.history(tx, image_id) == []


def test_a_removed_label_comes_back_in_its_own_row(library, alice):
    image_id = rows.image(library, "safe, dog, solo, big")
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, remove=["dog"])
        labels.edit(tx, image_id, add=["dog"])
        assert len(labels.history(tx, image_id)) == 2
    assert rows.states(library, image_id)["dog"] == ("asserted", "person")
    assert recount(library) == []


def test_a_suggested_label_counts_once_a_person_adds_it(library, alice):
    image_id = rows.image(library, "safe, dog, solo")
    (pug,) = rows.tag_ids(library, "pug")
    with library.writing(SYSTEM) as tx:
        tx.execute(
            insert(schema.labels).values(
                image_id=image_id, tag_id=pug, origin="model", state="suggested", created_at=0
            )
        )
    assert recount(library) == []
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, add=["pug"])
    assert rows.states(library, image_id)["pug"] == ("asserted", "person")
    assert recount(library) == []


def test_implied_tags_come_along_and_stay(library, alice):
    image_id = rows.image(library, "safe, solo, cat")
    pug, dog = rows.tag_ids(library, "pug", "dog")
    with library.writing(SYSTEM) as tx:
        vocabulary.imply(tx, pug, dog)
    with library.writing(alice) as tx:
        assert labels.edit(tx, image_id, add=["pug"]).added == ("pug", "dog")
        assert labels.edit(tx, image_id, remove=["pug"]).removed == ("pug",)
        assert labels.edit(tx, image_id, add=["pug"], remove=["dog"]).added == ("pug",)
    assert rows.tags_of(library, image_id) == {"safe", "solo", "cat", "pug"}
    assert recount(library) == []


def test_board_rules_bind_as_far_as_an_edit_makes_it_worse(library, alice):
    good, poor = rows.image(library, "safe, dog, solo"), rows.image(library, "dog")
    with library.writing(alice) as tx:
        labels.edit(tx, poor, add=["cat"])
    with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
        labels.edit(tx, good, remove=["safe"], add=["nonsense"])
    assert caught.value.fields == {"tags": ["must contain at least one rating tag"]}
    with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
        labels.replace(tx, good, "solo")
    assert caught.value.fields == {
        "tags": ["must contain at least one rating tag", "must contain at least 3 tags"]
    }
    with library.writing(alice) as tx:
        labels.edit(tx, good, remove=["safe"], enforce_board_rules=False)
        assert "nonsense" not in tags.canonical(tx, ["nonsense"])
    assert rows.tags_of(library, good) == {"dog", "solo"}


def test_two_people_who_edit_at_once_both_get_what_they_meant(library, alice):
    bob = rows.account(library, "Bob")
    image_id = rows.image(library, "safe, dog, solo")
    seen = "safe, dog, solo"
    with library.writing(alice) as tx:
        labels.replace(tx, image_id, "safe, dog, solo, big", seen)
    with library.writing(bob) as tx:
        done = labels.replace(tx, image_id, "safe, dog, brown", seen)
    assert (done.added, done.removed) == (("brown",), ("solo",))
    assert rows.tags_of(library, image_id) == {"safe", "dog", "big", "brown"}


def test_replacing_without_an_old_list_sets_exactly_the_new_one(library, alice):
    image_id = rows.image(library, "safe, dog, solo")
    dog, doggo = rows.tag_ids(library, "dog", "doggo")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, doggo, dog)
    with library.writing(alice) as tx:
        labels.replace(tx, image_id, "safe, doggo, brown")
        assert labels.replace(tx, image_id, "safe, doggo, brown", "safe, dog, brown") == (
            labels.Edit()
        )
    assert rows.tags_of(library, image_id) == {"safe", "dog", "brown"}


def test_who_may_not_edit(library, alice):
    image_id = rows.image(library, "safe, dog, solo")
    private = rows.image(library, "safe, dog, solo", audience=Audience.PRIVATE)
    gone = rows.image(library, "safe, dog, solo")
    rows.remove(library, gone)
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(network="192.0.2.0/24", created_at=0))
    banned = rows.account(library, "Mallory")
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=banned.account_id, created_at=0))
        tx.execute(
            insert(schema.bans).values(account_id=alice.account_id, created_at=0, until_at=1)
        )
    nearby = type(alice)(
        role=alice.role, account_id=alice.account_id, name="Alice", address="192.0.2.9"
    )
    for actor, target, error in (
        (ANONYMOUS, image_id, Unauthenticated),
        (alice, private, NotFound),
        (alice, gone, NotFound),
        (alice, 2**70, NotFound),
        (banned, image_id, Banned),
        (nearby, image_id, Banned),
    ):
        with pytest.raises(error), library.writing(actor) as tx:
            labels.edit(tx, target, add=["brown"])
        assert rows.count(library, "safe") == 1
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, add=["brown"])


def test_only_searchable_images_are_counted(library, alice):
    pending = rows.image(library, "safe, dog, solo", review=Review.PENDING)
    shown = rows.image(library, "safe, dog, solo")
    assert rows.count(library, "dog") == 1
    with library.writing(alice) as tx:
        labels.edit(tx, pending, add=["big"])
    assert rows.count(library, "big") == 0
    rows.remove(library, shown)
    assert rows.count(library, "dog") == 0
    assert recount(library) == []


def test_merging_gives_the_target_every_tag(library):
    source = rows.image(library, "safe, dog, big, brown, old")
    target = rows.image(library, "safe, cat, solo, brown")
    with library.writing(SYSTEM) as tx:
        labels.edit(tx, target, remove=["brown"])
        labels.edit(tx, source, remove=["old"])
        labels.move_all(tx, source, target)
        labels.move_all(tx, source, target)
    assert rows.tags_of(library, target) == {"safe", "cat", "solo", "dog", "big", "brown"}
    assert rows.tags_of(library, source) == {"safe", "dog", "big", "brown"}
    assert recount(library) == []


def test_recount_says_what_is_wrong(library):
    image_id = rows.image(library, "safe, dog, solo")
    with library.writing(SYSTEM) as tx:
        tx.execute(schema.tags.update().where(schema.tags.c.name == "dog").values(image_count=9))
        tx.execute(schema.images.update().values(tag_count=1))
        assert labels.recount(tx) == [
            "tag 'dog': image_count is 9, should be 1",
            f"image {image_id}: tag_count is 1, should be 3",
        ]


@pytest.mark.parametrize("seed", range(3))
def test_counters_equal_recounts_after_anything(library, alice, seed):
    chance = random.Random(seed)
    vocabulary_names = ["safe", "explicit", "a", "b", "c", "d", "oc:x", "oc", "e"]
    ids = rows.tag_ids(library, *vocabulary_names)
    images = [
        rows.image(
            library,
            "safe, " + ", ".join(chance.sample(vocabulary_names, 3)),
            review=chance.choice([Review.APPROVED, Review.PENDING]),
        )
        for _ in range(4)
    ]
    removed = set()

    def some():
        return chance.sample(vocabulary_names, chance.randint(0, 3))

    def edit(tx):
        labels.edit(tx, chance.choice(images), add=some(), remove=some(), enforce_board_rules=False)

    def replace(tx):
        labels.replace(tx, chance.choice(images), some(), some(), enforce_board_rules=False)

    def alias(tx):
        vocabulary.alias(tx, *chance.sample(ids, 2))

    def unalias(tx):
        vocabulary.unalias(tx, chance.choice(ids))

    def imply(tx):
        vocabulary.imply(tx, *chance.sample(ids, 2))

    def merge(tx):
        labels.move_all(tx, *chance.sample(images, 2))

    for _ in range(60):
        step = chance.choice([edit, edit, edit, replace, alias, unalias, imply, merge])
        try:
            with library.writing(SYSTEM) as tx:
                step(tx)
        except Invalid:
            continue
        if chance.random() < 0.05 and (target := chance.choice(images)) not in removed:
            removed.add(target)
            rows.remove(library, target)
        assert recount(library) == []
