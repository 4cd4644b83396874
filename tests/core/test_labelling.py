"""Naming what an image shows: who may use which words, and what an image then has."""

import pytest
from sqlalchemy import select

import build
import rows
from menagerie.core import (
    checks,
    crowd_statistics,
    labelling,
    labels,
    reviewing,
    suggestions,
    validations,
    vocabulary,
)
from menagerie.core.labelling import Wanted
from menagerie.core.staff import bans
from menagerie.errors import Banned, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review, WordKind


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def dog(library):
    dog = build.word(library, "dog")
    build.word(library, "mouth", parent=dog)
    build.word(library, "TV")
    build.word(library, "kitchen", kind=WordKind.META)
    return dog


def add(library, actor, image_id, *wanted):
    with library.writing(actor) as tx:
        labelling.add(tx, image_id, wanted)


def on_image(library, image_id, actor=ANONYMOUS):
    with library.reading(actor) as tx:
        return labelling.on_image(tx, image_id)


def wishes(library):
    with library.reading(SYSTEM) as tx:
        return {wish.name: wish.use_count for wish in suggestions.open(tx)}


def test_anybody_uses_known_words(library, dog):
    image_id = rows.image(library, "solo")
    add(library, ANONYMOUS, image_id, Wanted("dog", ["mouth"]), Wanted("tv"), ("Kitchen", [], True))
    assert rows.tags_of(library, image_id) == {"solo", "dog", "mouth/dog", "tv", "kitchen"}
    found = on_image(library, image_id)
    assert [(x.name, x.is_unlocked, x.is_annotatable) for x in found] == [
        ("TV", True, True),
        ("dog", True, True),
        ("kitchen", True, False),
    ]
    (mouth,) = found[1].sublabels
    assert (mouth.name, mouth.judged.name, found[1].judged.name) == ("mouth", "mouth/dog", "dog")
    add(library, ANONYMOUS, image_id, Wanted("dog"))
    assert on_image(library, image_id) == found
    assert wishes(library) == {}
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_new_words_are_for_accounts_and_become_wishes(library, alice, dog):
    image_id = rows.image(library, "solo")
    for wanted in (Wanted("dgo"), Wanted("dog", ["antler"])):
        with pytest.raises(Unauthenticated) as caught:
            add(library, ANONYMOUS, image_id, Wanted("TV"), wanted)
        assert "unknown label" in caught.value.message
    assert "near: dog" in str(_refusal(library, image_id, "dgo"))
    assert rows.tags_of(library, image_id) == {"solo"}
    add(library, alice, image_id, Wanted("Zorb  Ball"), Wanted("dog", ["antler"]))
    assert rows.tags_of(library, image_id) == {"solo", "dog", "antler/dog", "zorb ball"}
    assert wishes(library) == {"Zorb Ball": 1, "antler/dog": 1}
    shown = [(x.name, x.is_unlocked, x.judged is None) for x in on_image(library, image_id)]
    assert shown == [
        ("Zorb Ball", False, True),
        ("antler/dog", False, True),
        ("dog", True, False),
    ]
    add(library, alice, rows.image(library), Wanted("zorb ball"))
    assert wishes(library) == {"Zorb Ball": 2, "antler/dog": 1}


def _refusal(library, image_id, name):
    with pytest.raises(Unauthenticated) as caught:
        add(library, ANONYMOUS, image_id, Wanted(name))
    return caught.value.message


@pytest.mark.parametrize("name", ["", "  ", "a, b", "x" * 101, "nul\0", "half \ud800", "_"])
def test_what_can_be_no_word_is_refused(library, alice, dog, name):
    image_id = rows.image(library, "solo")
    for actor in (alice, ANONYMOUS):
        with pytest.raises(Invalid) as caught:
            add(library, actor, image_id, Wanted(name))
        assert list(caught.value.fields) == ["label"]
    with library.reading(ANONYMOUS) as tx:
        assert labelling.find_word(tx, name) is None


def test_former_names_and_tags_mean_the_word(library, alice, dog):
    build.word(library, "tennis ball")
    (hound,) = rows.tag_ids(library, "hound")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, hound, dog.tag_id)
        assert labelling.find_word(tx, "hound").name == "dog"
        assert labelling.find_word(tx, "Tennis_Ball").name == "tennis ball"
        assert labelling.find_word(tx, "dog", "mouth").name == "mouth"
        assert labelling.find_word(tx, "TV", "mouth") is None
        assert labelling.tag_id_of(tx, "hound") == dog.tag_id
        with pytest.raises(NotFound):
            labelling.tag_id_of(tx, "nowhere")
    image_id = rows.image(library, "solo")
    add(library, ANONYMOUS, image_id, Wanted("hound"))
    assert rows.tags_of(library, image_id) == {"solo", "dog"}


def test_what_cannot_be_outlined_is_so_from_the_start(library, dog):
    image_id = rows.image(library, "solo")
    add(library, ANONYMOUS, image_id, Wanted("dog", is_annotatable=False), Wanted("TV"))
    assert [(x.name, x.is_annotatable) for x in on_image(library, image_id)] == [
        ("TV", True),
        ("dog", False),
    ]
    # What others have put there stays as it is.
    add(library, ANONYMOUS, image_id, Wanted("TV", is_annotatable=False))
    assert on_image(library, image_id)[0].is_annotatable
    with library.reading(ANONYMOUS) as tx:
        assert validations.get(tx, image_id, dog.tag_id).unfit_count == schema.UNFIT_FROM


def test_a_part_is_under_its_whole_though_that_is_not_there(library, alice, dog):
    image_id = rows.image(library, "mouth/dog")
    (whole,) = on_image(library, image_id)
    assert (whole.name, whole.judged, [p.name for p in whole.sublabels]) == ("dog", None, ["mouth"])


def test_nobody_labels_what_is_not_theirs_to_see_and_the_banned_nothing(library, alice, dog):
    private = rows.image(library, "solo", owner=alice, audience=Audience.PRIVATE)
    pending = rows.image(library, "solo", owner=alice, review=Review.PENDING)
    for image_id in (private, pending):
        for act in (
            lambda i=image_id: add(library, ANONYMOUS, i, Wanted("dog")),
            lambda i=image_id: on_image(library, i),
        ):
            with pytest.raises(NotFound):
                act()
        add(library, alice, image_id, Wanted("dog"))
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, fingerprint="x")
    with pytest.raises(Banned):
        add(library, Actor(fingerprint="x"), rows.image(library), Wanted("dog"))


def test_visitors_edit_tags_only_where_an_entry_lets_them(library, dog):
    image_id = rows.image(library, "solo")
    with library.writing(ANONYMOUS) as tx:
        with pytest.raises(Unauthenticated):
            labels.edit(tx, image_id, add=["dog"])
        labels.edit(tx, image_id, add=["dog"], enforce_board_rules=False, requires_account=False)
        assert tx.all(select(schema.tag_changes.c.account_id)) == [(None,)]
    assert rows.tags_of(library, image_id) == {"solo", "dog"}


def test_a_word_used_where_others_may_not_look_is_no_wish_yet(library, alice, dog):
    private = rows.image(library, "solo", owner=alice, audience=Audience.PRIVATE)
    pending = rows.image(library, "solo", owner=alice, review=Review.PENDING)
    for image_id in (private, pending):
        add(library, alice, image_id, Wanted("My Zorb"))
        assert "My Zorb" in [label.name for label in on_image(library, image_id, alice)]
    rows.image(library, "my zorb")  # a tag like any other, of somebody else
    with library.reading(SYSTEM) as tx:
        assert suggestions.open(tx) == suggestions.uses(tx) == suggestions.accepted(tx) == []
        assert crowd_statistics.totals(tx).suggestion_count == 0
    with library.writing(SYSTEM) as tx, pytest.raises(NotFound):
        suggestions.reject(tx, "my zorb")
    with library.writing(SYSTEM) as tx:
        reviewing.approve(tx, pending)
    assert wishes(library) == {"My Zorb": 1}


def test_a_wish_said_openly_tells_nothing_of_who_had_it_before(library, alice, dog):
    bob = rows.account(library, "Bob")
    add(library, alice, rows.image(library, owner=alice, audience=Audience.PRIVATE), Wanted("ZORB"))
    on_public = rows.image(library, "zorb")
    assert [label.name for label in on_image(library, on_public)] == []
    with library.writing(bob) as tx:
        wish = suggestions.suggest(tx, "Zorb")
        owner = tx.scalar(select(schema.word_suggestions.c.account_id))
    assert (wish.name, wish.use_count, owner) == ("Zorb", 1, bob.account_id)
    assert [label.name for label in on_image(library, on_public)] == ["Zorb"]
