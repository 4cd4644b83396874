"""Duplicates are suggested once, by people or when an image is rendered, and decided once."""

import pytest

import build
import files
import rows
from menagerie.core import images, moderation, rendering, staff_log, votes
from menagerie.core.people import news
from menagerie.core.staff import duplicates, undo
from menagerie.errors import Forbidden, Invalid, NotFound, Taken, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Audience, NewsKind, Role


def waiting(library, moderator):
    with library.reading(moderator) as tx:
        return duplicates.find_open(tx)


def rendered(library, data, **more):
    image_id = build.image(library, data=data, **more)
    rendering.render_image(library, image_id=image_id)
    return image_id


def test_a_copy_is_noticed_once_when_it_is_rendered(library, alice, moderator, act):
    large = files.still("jpg", size=(320, 240), seed=7)
    rendered(library, files.still("jpg", size=(320, 240), seed=3))
    rendered(
        library, files.still("png", seed=7, size=(320, 240)), actor=alice, audience=Audience.PRIVATE
    )
    one = rendered(library, large)
    assert waiting(library, moderator) == ([], 0)
    two = rendered(library, files.still("jpg", size=(320, 240), seed=7, Q=30))
    (found,), total = waiting(library, moderator)
    assert (found.image.id, found.of.id, found.account_id, total) == (two, one, None, 1)
    assert found.likeness >= 56 / 64
    act(moderator, moderation.repair, two)
    rendering.render_image(library, image_id=two)
    assert waiting(library, moderator)[1] == 1
    act(moderator, duplicates.decide, found.id, accept=False)
    act(moderator, moderation.repair, one)
    rendering.render_image(library, image_id=one)
    assert waiting(library, moderator) == ([], 0)


def test_people_suggest_and_one_moderator_decides(library, alice, bob, moderator, act):
    second = rows.account(library, "Second", Role.MODERATOR)
    one, two, three = (rows.image(library) for _ in range(3))
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    for actor, pair, error in (
        (ANONYMOUS, (one, two), Unauthenticated),
        (alice, (one, one), Invalid),
        (alice, (one, 999), NotFound),
        (alice, (private, one), NotFound),
        (bob, (one, private), NotFound),
    ):
        with pytest.raises(error):
            act(actor, duplicates.suggest, *pair, "same")
    first = act(alice, duplicates.suggest, one, two, "same picture")
    other = act(bob, duplicates.suggest, three, one, "")
    for pair in ((one, two), (two, one)):
        with pytest.raises(Taken, match="waits already"):
            act(bob, duplicates.suggest, *pair)
    with pytest.raises(Forbidden):
        waiting(library, alice)
    with pytest.raises(Invalid):
        act(moderator, duplicates.decide, first, accept=True, keep_id=three)
    act(bob, votes.subscribe, two)

    assert act(moderator, duplicates.decide, first, accept=True, keep_id=one) == one
    with pytest.raises(Invalid, match="was accepted by Mod already"):
        act(second, duplicates.decide, first, accept=False)
    with library.reading(bob) as tx:
        told = news.find(tx, unread_only=True, limit=5, offset=0)[0]
        assert [(n.kind, n.subject_id, n.other_id) for n in told] == [(NewsKind.MERGE, two, one)]
    with library.reading(SYSTEM) as tx:
        assert images.find_any(tx, two).merged_into_id == one
    assert [s.id for s in waiting(library, moderator)[0]] == [other]

    with library.reading(moderator) as tx:
        entry = staff_log.find(tx, limit=1)[0]
    undone = act(second, undo.undo, entry.id)
    with library.reading(SYSTEM) as tx:
        assert images.find_any(tx, two).merged_into_id is None
    assert [s.id for s in waiting(library, moderator)[0]] == [first, other]
    act(second, undo.undo, undone.id)
    with library.reading(SYSTEM) as tx:
        assert images.find_any(tx, two).merged_into_id == one
    assert [s.id for s in waiting(library, moderator)[0]] == [other]
    act(moderator, moderation.remove, three, "spam")
    assert waiting(library, moderator) == ([], 0)
