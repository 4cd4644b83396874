"""Destroyed images are gone for good, and others that share their file are not."""

import pytest

import build
from menagerie.core import (
    checks,
    image_files,
    images,
    moderation,
    rendering,
    reviewing,
    staff_log,
    visibility,
)
from menagerie.core.staff import undo
from menagerie.errors import Conflict, Forbidden, Invalid, NotFound
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience


def test_a_destroyed_image_leaves_a_stub_and_no_file(library, alice, moderator, act):
    data = build.png((64, 48), (10, 20, 30), mark=7)
    image_id = build.image(library, data=data, actor=alice)
    rendering.render_image(library, image_id=image_id)
    with library.reading(SYSTEM) as tx:
        image = images.find_any(tx, image_id)
    with pytest.raises(Forbidden):
        act(alice, moderation.destroy, image_id, "no")
    act(moderator, moderation.destroy, image_id, "unlawful")
    assert not library.blobs.exists(image_files.original(image))
    assert not any(library.blobs.exists(name) for name in rendering.file_names(image))
    with library.reading(alice) as tx:
        facts = visibility.get_facts(tx, image_id)
        assert (visibility.state(facts), facts.removal_reason) == ("removed", "unlawful")
    with library.reading(moderator) as tx:
        entry = staff_log.find(tx, limit=1)[0]
    with pytest.raises(Invalid, match="cannot be undone"):
        act(moderator, undo.undo, entry.id)
    for function in (moderation.restore, moderation.repair, reviewing.approve):
        with pytest.raises(NotFound):
            act(moderator, function, image_id)
    with pytest.raises(Conflict):
        build.image(library, data=data, actor=alice)
    report = checks.run(library, is_deep=True)
    assert report.problems == []


def test_a_file_that_another_image_shares_stays(library, alice, moderator, act):
    data = build.png((64, 48), (10, 20, 30), mark=8)
    own = build.image(library, data=data, actor=alice, audience=Audience.PRIVATE)
    shown = build.image(library, data=data)
    act(moderator, moderation.destroy, shown, "unlawful")
    with library.reading(alice) as tx:
        assert library.blobs.exists(image_files.original(images.get(tx, own)))
    assert checks.run(library, is_deep=True).problems == []
