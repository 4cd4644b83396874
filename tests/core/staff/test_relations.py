"""Aliases and implications: what they would do, doing it, and taking it back whole."""

import pytest
from sqlalchemy import select

import rows
from menagerie.core import checks, filters, labels, staff_log, tags, vocabulary, watching
from menagerie.core.staff import relations, undo
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import SYSTEM
from menagerie.storage import schema

TABLES = (
    schema.labels,
    schema.filter_tags,
    schema.watched_tags,
    schema.tag_implications,
    schema.tags,
    schema.validations,
)


def everything(library):
    with library.reading(SYSTEM) as tx:
        return {t.name: set(map(tuple, tx.all(select(t)))) for t in TABLES}


def check(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
    library.catalogue.current()
    assert library.catalogue.verify() == []


def test_an_alias_is_seen_beforehand_and_taken_back_whole(library, alice, bob, moderator, act):
    one = rows.image(library, "safe, solo, hound")
    both = rows.image(library, "safe, hound, dog")
    rows.image(library, "safe, solo, dog")
    hound, dog, pug, animal = rows.tag_ids(library, "hound", "dog", "pug", "animal")
    act(moderator, vocabulary.imply, pug, hound)
    act(moderator, vocabulary.imply, hound, animal)
    act(alice, filters.create, name="own", hidden_tags=["hound"], spoilered_tags=["dog", "hound"])
    act(bob, watching.change, add="hound, dog")
    before = everything(library)
    with pytest.raises(Forbidden):
        act(alice, relations.preview_alias, "hound", "dog")
    with pytest.raises(NotFound, match="no tag 'hownd'"):
        act(moderator, relations.preview_alias, "hownd", "dog")
    with pytest.raises(Invalid):
        act(moderator, relations.preview_alias, "dog", "Dog")
    seen = act(moderator, relations.preview_alias, "Hound", "dog")
    assert (seen.images, seen.both, seen.filters, seen.watchers, seen.implications) == (
        2,
        1,
        2,
        1,
        2,
    )
    assert everything(library) == before

    act(moderator, vocabulary.alias, hound, dog)
    aliased = everything(library)
    assert rows.tags_of(library, one) == {"safe", "solo", "dog"}
    assert act(moderator, relations.unalias, hound)
    assert everything(library) == before
    check(library)
    assert not act(moderator, relations.unalias, hound)
    undone = act(moderator, staff_log.find, limit=1)[0]
    act(moderator, undo.undo, undone.id)
    assert everything(library) == aliased
    check(library)
    # What was taken away since stays so; the other tag's own label comes back.
    act(alice, labels.edit, both, add=["cat"], remove=["dog"])
    act(moderator, relations.unalias, hound)
    assert rows.tags_of(library, both) == {"safe", "cat", "hound"}
    assert rows.tags_of(library, one) == {"safe", "solo", "hound"}
    check(library)


def test_an_implication_reaches_the_images_there_are_if_asked(library, moderator, act):
    ids = [rows.image(library, f"safe, solo, pug, x{n}") for n in range(3)]
    rows.image(library, "safe, solo, pug, dog")
    seen = act(moderator, relations.preview_implication, "pug", "dog")
    assert (seen.images, seen.first_ids) == (3, tuple(ids))
    with pytest.raises(Invalid):
        act(moderator, relations.preview_implication, "pug", "pug")
    assert relations.imply(library, moderator, "pug", "dog").images == 0
    assert act(moderator, relations.preview_implication, "pug", "dog").images == 3
    done = relations.imply(library, moderator, "pug", "dog", apply_to_existing=True)
    assert (done.added, done.images) == (3, 3)
    assert rows.states(library, ids[0])["dog"] == ("asserted", "implied")
    check(library)
    act(moderator, undo.undo, done.entry_id)
    assert act(moderator, relations.preview_implication, "pug", "dog").images == 3
    check(library)


def test_small_changes_of_tags_are_undone(library, moderator, act):
    tag_id, other = rows.tag_ids(library, "pug", "dog")

    def newest():
        return act(moderator, staff_log.find, limit=1)[0]

    def tag():
        with library.reading(SYSTEM) as tx:
            return tags.find_many(tx, [tag_id])[0]

    for name, change in (
        ("set category", lambda tx: vocabulary.set_category(tx, tag_id, "species")),
        ("describe", lambda tx: vocabulary.describe(tx, tag_id, description="A small dog.")),
        ("imply", lambda tx: vocabulary.imply(tx, tag_id, other)),
    ):
        before = tag()
        act(moderator, change)
        assert newest().action == name
        done = tag()
        undone = act(moderator, undo.undo, newest().id)
        assert tag() == before != done
        act(moderator, undo.undo, undone.id)
        assert tag() == done
    act(moderator, vocabulary.unimply, tag_id, other)
    act(moderator, undo.undo, newest().id)
    assert tag() == done
