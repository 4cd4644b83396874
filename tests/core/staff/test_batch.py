"""Tags of many images at once, and edits taken back without fighting over later ones."""

import msgspec
import pytest

import rows
from menagerie.core import checks, images, labels, moderation, staff_log
from menagerie.core.staff import batch, undo
from menagerie.core.staff.batch import Skip
from menagerie.errors import Forbidden, Invalid, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Audience, Role


def check(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
    library.catalogue.current()
    assert library.catalogue.verify() == []


def own_changes(library, moderator, **which):
    with library.reading(moderator) as tx:
        return batch.changes(tx, **which)


def test_many_images_are_tagged_at_once_and_it_is_undone(library, alice, moderator, act):
    ids = [rows.image(library) for _ in range(3)]
    poor = rows.image(library, "safe, cat, dog")
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    act(SYSTEM, images.count_uploads, [alice.account_id])
    locked = rows.image(library)
    act(moderator, moderation.lock, locked, "tags")
    act(SYSTEM, labels.edit, ids[2], add=["cat"])
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with pytest.raises(error):
            batch.tag_images(library, actor, ids, add=["cat"])
    for some, names in (([], ["cat"]), (range(10_001), ["cat"]), (ids, [])):
        with pytest.raises(Invalid):
            batch.tag_images(library, moderator, some, add=names)
    assistant = rows.account(library, "Assi", Role.ASSISTANT)
    every = [*ids, poor, private, locked, 999]
    done = batch.tag_images(library, assistant, every, add=["cat"], remove=["dog"])
    assert (done.added, done.removed, done.images) == (2, 3, 3)
    assert done.skipped == {Skip.RULES: 1, Skip.GONE: 2, Skip.LOCKED: 1}
    assert {frozenset(rows.tags_of(library, i)) for i in ids} == {
        frozenset({"safe", "solo", "cat"})
    }
    assert rows.count(library, "cat") == 4
    check(library)
    entry = act(moderator, staff_log.get, done.entry_id)
    assert (entry.action, undo.is_undoable(entry)) == ("batch tag", True)
    assert msgspec.json.decode(entry.details)["images"] == 3
    assert len(own_changes(library, moderator, account_id=assistant.account_id)) == 5

    act(alice, labels.edit, ids[0], add=["dog"])
    undone = act(moderator, undo.undo, done.entry_id)
    assert [rows.tags_of(library, i) for i in ids] == [
        {"safe", "solo", "dog"},
        {"safe", "solo", "dog"},
        {"safe", "solo", "dog", "cat"},
    ]
    check(library)
    act(moderator, undo.undo, undone.id)
    assert [("dog" in rows.tags_of(library, i)) for i in ids] == [True, False, False]
    check(library)


def test_edits_are_taken_back_but_later_ones_stay(library, clock, alice, bob, moderator):
    def edit(actor, image_id, **changes):
        with library.writing(actor) as tx:
            labels.edit(tx, image_id, **changes)

    one, two, three = (rows.image(library, "safe, solo, dog, cute") for _ in range(3))
    vandal = msgspec.structs.replace(alice, address="192.0.2.7")
    edit(vandal, one, add=["junk"], remove=["dog", "cute"])
    clock.advance(60)
    edit(vandal, two, add=["junk"], remove=["dog"])
    edit(vandal, two, add=["dog"], remove=["junk"])
    edit(vandal, three, add=["junk"], remove=["dog"])
    # Bob has put some of it right, and takes junk for what it is.
    edit(bob, one, add=["dog"])
    edit(bob, three, remove=["junk"])
    clock.advance(60)
    for whose in ({}, {"account_id": 1, "address": "192.0.2.7"}):
        with pytest.raises(Invalid):
            batch.revert_of(library, moderator, **whose)
    with pytest.raises(Forbidden):
        batch.revert_of(library, bob, account_id=alice.account_id)

    since = clock.time - 60 * 1_000_000
    done = batch.revert_of(library, moderator, account_id=alice.account_id, since=since)
    assert (done.added, done.removed, done.skipped) == (1, 0, {Skip.SINCE: 1})
    assert rows.tags_of(library, three) == {"safe", "solo", "dog", "cute"}
    assert "junk" in rows.tags_of(library, one)
    done = batch.revert_of(library, moderator, address="192.0.2.7")
    assert (done.added, done.removed, done.skipped) == (1, 1, {Skip.SINCE: 3})
    assert rows.tags_of(library, one) == {"safe", "solo", "dog", "cute"}
    check(library)
    # Once more changes nothing, and leaves no entry.
    assert batch.revert_of(library, moderator, address="192.0.2.7").entry_id is None
    taken_back = own_changes(library, moderator, image_id=one, account_id=moderator.account_id)
    assert {(c.tag_name, c.is_added, c.reverts_id is not None) for c in taken_back} == {
        ("cute", True, True),
        ("junk", False, True),
    }
    # A revert is an edit, and can be taken back by its changes.
    again = batch.revert_changes(library, moderator, [c.id for c in taken_back])
    assert (again.added, again.removed) == (1, 1)
    assert rows.tags_of(library, one) == {"safe", "solo", "dog", "junk"}
    with library.writing(moderator) as tx:
        undo.undo(tx, again.entry_id)
    assert rows.tags_of(library, one) == {"safe", "solo", "dog", "cute"}
    check(library)
    assert own_changes(library, ANONYMOUS, tag_id=rows.tag_ids(library, "junk")[0])
    with pytest.raises(Unauthenticated):
        own_changes(library, ANONYMOUS, address="192.0.2.7")
