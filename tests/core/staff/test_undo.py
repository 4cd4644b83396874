"""Acts of staff are taken back and done again, and what others did since stays."""

import msgspec
import pytest
from sqlalchemy import select

import build
import rows
from menagerie.core import (
    checks,
    galleries,
    images,
    labels,
    moderation,
    reviewing,
    rights,
    staff_log,
    votes,
)
from menagerie.core.moderation import Lock
from menagerie.core.staff import bans, undo
from menagerie.core.talk import comments
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Review


@pytest.fixture
def people(library, alice, bob, moderator):
    return library, alice, bob, moderator


def newest(library):
    with library.reading(SYSTEM) as tx:
        return staff_log.find(tx, limit=1)[0]


def undo_newest(library, actor):
    with library.writing(actor) as tx:
        return undo.undo(tx, staff_log.find(tx, limit=1)[0].id)


def read(library, image_id):
    with library.reading(SYSTEM) as tx:
        return msgspec.structs.replace(images.find_any(tx, image_id), updated_at=0)


def check(library):
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []
    assert library.catalogue.verify() == []


ACTS = {
    "remove": (lambda tx, i: moderation.remove(tx, i, "spam"), Review.APPROVED),
    "approve": (reviewing.approve, Review.PENDING),
    "reject": (reviewing.reject, Review.PENDING),
    "quarantine": (reviewing.quarantine, Review.APPROVED),
    "feature": (moderation.feature, Review.APPROVED),
    "lock": (lambda tx, i: moderation.lock(tx, i, Lock.TAGS), Review.APPROVED),
    "anonymise": (moderation.anonymise, Review.APPROVED),
    "set uploader": (lambda tx, i: moderation.set_uploader(tx, i, None), Review.APPROVED),
    "annotate": (lambda tx, i: moderation.annotate(tx, i, "odd"), Review.APPROVED),
}


def test_acts_on_images_are_undone_and_redone(library, clock, alice, moderator, act):
    for name, (do, review) in ACTS.items():
        image_id = rows.image(library, owner=alice, review=review)
        with library.writing(SYSTEM) as tx:
            images.count_uploads(tx, [alice.account_id])
        before = read(library, image_id)
        clock.advance(1)
        act(moderator, do, image_id)
        entry = newest(library)
        assert (entry.action, undo.is_undoable(entry)) == (name, True)
        done = read(library, image_id)
        assert name in {"feature", "annotate"} or done != before
        undone = undo_newest(library, moderator)
        assert (undone.action, undo.is_undoable(undone)) == ("undo", True)
        assert msgspec.json.decode(undone.details) == {"undoes": entry.id, "action": name}
        assert read(library, image_id) == before
        again = undo_newest(library, moderator)
        assert read(library, image_id) == done
        undo_newest(library, moderator)
        assert read(library, image_id) == before
        with pytest.raises(Invalid, match="was undone by Mod already"):
            act(moderator, undo.undo, entry.id)
        assert again.id > undone.id
    with library.writing(SYSTEM) as tx:
        tx.execute(schema.blobs.update().values(image_count=1))
    check(library)


def test_what_cannot_be_undone_says_why(library, alice, moderator, act):
    image_id = rows.image(library)
    act(moderator, moderation.remove, image_id, "spam")
    removal = newest(library)
    for actor, error in ((ANONYMOUS, Unauthenticated), (alice, Forbidden)):
        with pytest.raises(error):
            act(actor, undo.undo, removal.id)
    act(moderator, moderation.restore, image_id)
    act(moderator, moderation.remove, image_id, "something else")
    with pytest.raises(Invalid, match="changed since"):
        act(moderator, undo.undo, removal.id)
    act(moderator, moderation.repair, image_id)
    with pytest.raises(Invalid, match="cannot be undone"):
        act(moderator, undo.undo, newest(library).id)
    for missing in (0, 999, 2**70):
        with pytest.raises(NotFound):
            act(moderator, undo.undo, missing)


def test_bans_and_hidden_comments_come_back(library, alice, bob, moderator, act):
    def is_banned():
        with library.reading(alice) as tx:
            return rights.is_banned(tx)

    act(moderator, bans.ban, account_id=alice.account_id, reason="rude")
    ban_id = act(moderator, bans.bans)[0].id
    undo_newest(library, moderator)
    assert not is_banned()
    undo_newest(library, moderator)
    assert is_banned()
    act(moderator, bans.unban, ban_id)
    undo_newest(library, moderator)
    assert act(moderator, bans.bans)[0].id == ban_id

    image_id = rows.image(library)
    comment = act(bob, comments.create, image_id, "Hello.")
    act(moderator, comments.hide, comment.id, "off topic")
    undo_newest(library, moderator)
    assert act(bob, comments.get, comment.id).hidden_at is None
    undo_newest(library, moderator)
    hidden = act(moderator, comments.get, comment.id)
    assert hidden.hide_reason == "off topic"


def everything(library, image_id):
    """What a merge moves, but for the times of update."""
    tables = (
        schema.labels,
        schema.votes,
        schema.faves,
        schema.hides,
        schema.image_subscriptions,
        schema.image_sources,
        schema.gallery_images,
        schema.comments,
        schema.validations,
    )
    with library.reading(SYSTEM) as tx:
        found = [
            tx.all(select(t).where(t.c.image_id == image_id).order_by(*t.primary_key))
            for t in tables
        ]
    image = read(library, image_id)
    return found, image.sources, image.score, image.comment_count, image.first_seen_at


def test_a_merge_is_undone(people, clock, act):
    library, alice, bob, moderator = people
    old = build.image(library, "safe, cat, both", sources=("http://a.example/",), actor=alice)
    clock.advance(60)
    new = build.image(library, "safe, dog, both", sources=("http://b.example/",), actor=alice)
    other = build.image(library)
    alone = act(alice, galleries.create, title="alone").id
    shared = act(alice, galleries.create, title="shared").id
    for gallery_id, image_id in ((alone, new), (shared, other), (shared, new), (shared, old)):
        act(alice, galleries.add, gallery_id, image_id)
    for actor, image_id in ((alice, new), (bob, new), (bob, old)):
        act(actor, votes.fave, image_id)
    act(alice, votes.hide, new)
    act(bob, votes.subscribe, new)
    act(bob, comments.create, new, "What a dog.")
    before = everything(library, old), everything(library, new)
    order = [act(alice, galleries.image_ids, g) for g in (alone, shared)]

    act(moderator, moderation.merge, new, old)
    merged = everything(library, old), everything(library, new)
    assert merged[0][3] == 1
    undo_newest(library, moderator)
    assert (everything(library, old), everything(library, new)) == before
    assert [act(alice, galleries.image_ids, g) for g in (alone, shared)] == order
    check(library)
    undo_newest(library, moderator)
    assert (everything(library, old), everything(library, new)) == merged
    check(library)

    # What people did to the target meanwhile is theirs.
    act(alice, labels.edit, old, remove=["dog"])
    act(alice, votes.vote, old, -1)
    entry = undo_newest(library, moderator)
    assert msgspec.json.decode(entry.details)["skipped"] > 0
    assert rows.tags_of(library, old) == {"safe", "cat", "both"}
    assert read(library, old).downvotes == 1
    assert read(library, new).merged_into_id is None
    check(library)
