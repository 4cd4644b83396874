"""What looks alike is found, and only what the viewer may find."""

import random

import msgspec
import pytest
import pyvips
from sqlalchemy import select

import build
import rows
from core.models import Broken, picture
from menagerie.core import images, moderation, recognition, similar, votes
from menagerie.errors import NotFound, TooLarge, Unavailable, Unsupported
from menagerie.library import ANONYMOUS, SYSTEM, Library
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review
from menagerie.vision.models import Models

CAT, WOMAN = picture("cat.jpg"), picture("astronaut.jpg")


@pytest.fixture
def library(library: Library, models: Models) -> Library:
    library.models = models
    library.settings = msgspec.structs.replace(library.settings, recognition=True)
    return library


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


def look(library, *image_ids):
    assert recognition.look_at(library, image_ids) == {}


def alike(library, image_id, actor=ANONYMOUS, **options):
    with library.reading(actor) as tx:
        return similar.similar(tx, image_id, **options)


def ids(library, image_id, actor=ANONYMOUS):
    return [one.image_id for one in alike(library, image_id, actor)]


def variant(data, *, scale=1.0, quality=90, crop=0):
    """The same picture saved anew; with `crop`, only a part of it, which is no copy."""
    image = pyvips.Image.new_from_buffer(data, "")
    if crop:
        image = image.crop(crop, crop, image.width - 2 * crop, image.height - 2 * crop)
    return image.resize(scale).write_to_buffer(".jpg", Q=quality)


def test_copies_come_first_then_what_is_alike_and_nothing_else(library):
    cat = build.image(library, data=CAT)
    part = build.image(library, data=variant(CAT, crop=60))
    copy = build.image(library, data=variant(CAT, scale=0.7, quality=60))
    woman = build.image(library, data=WOMAN)
    # Before the models have looked, only copies are known.
    assert alike(library, cat) == [similar.Similar(copy, alike(library, cat)[0].similarity, True)]
    look(library, cat, part, copy, woman)
    found = alike(library, cat)
    assert [(one.image_id, one.is_copy) for one in found] == [(copy, True), (part, False)]
    assert 1 >= found[0].similarity > found[1].similarity > 0.6
    assert ids(library, part)[:2] in ([cat, copy], [copy, cat])
    assert ids(library, woman) == []
    assert len(alike(library, cat, limit=1)) == 1
    assert alike(library, cat, limit=0) == []


def test_only_what_the_viewer_may_find_is_told(library, alice):
    bob = rows.account(library, "Bob")
    moderator = rows.account(library, "Mod", "moderator")
    made = {
        name: build.image(library, tags, actor=alice, data=variant(CAT, quality=70 + i), **options)
        for i, (name, tags, options) in enumerate(
            [
                ("asked", "safe", {}),
                ("public", "safe", {}),
                ("private", "safe", {"audience": Audience.PRIVATE}),
                ("pending", "safe", {}),
                ("rejected", "safe", {}),
                ("quarantined", "safe", {}),
                ("removed", "safe", {}),
                ("merged", "safe", {}),
                ("deleted", "safe", {}),
                ("explicit", "explicit", {}),
                ("hidden", "safe", {}),
            ]
        )
    }
    look(library, *made.values())
    with library.writing(SYSTEM) as tx:
        images.change(tx, made["pending"], review=Review.PENDING)
        images.change(tx, made["rejected"], review=Review.REJECTED)
        images.change(tx, made["quarantined"], review=Review.QUARANTINED)
        moderation.remove(tx, made["removed"], "")
        moderation.merge(tx, made["merged"], made["public"])
    with library.writing(alice) as tx:
        images.delete_own(tx, made["deleted"])
    with library.writing(bob) as tx:
        votes.hide(tx, made["hidden"])
    expected = {
        ANONYMOUS: {"public", "hidden"},
        bob: {"public"},
        alice: {"public", "hidden", "private"},
        moderator: {"public", "hidden"},
    }
    names = {image_id: name for name, image_id in made.items()}
    for actor, wanted in expected.items():
        assert {names[i] for i in ids(library, made["asked"], actor)} == wanted
        found = similar.similar_to(library, actor, _file(library, variant(CAT)))
        assert {names[one.image_id] for one in found} == wanted | {"asked"}
    for actor, unknown in ((ANONYMOUS, "private"), (bob, "removed"), (alice, "deleted")):
        with pytest.raises(NotFound):
            alike(library, made[unknown], actor)
    with pytest.raises(NotFound):
        alike(library, 10**6)


def _file(library, data):
    path = library.settings.data_path / "shown"
    path.write_bytes(data)
    return path


def test_a_file_is_compared_like_an_image(library):
    cat, woman = build.image(library, data=CAT), build.image(library, data=WOMAN)
    look(library, cat, woman)
    found = similar.similar_to(library, ANONYMOUS, _file(library, variant(WOMAN, scale=0.5)))
    assert [(one.image_id, one.is_copy) for one in found] == [(woman, True)]
    with pytest.raises(Unsupported):
        similar.similar_to(library, ANONYMOUS, _file(library, b"no picture"))
    library.settings = msgspec.structs.replace(library.settings, pixel_limit=100)
    with pytest.raises((TooLarge, Unsupported)):
        similar.similar_to(library, ANONYMOUS, _file(library, CAT))


def test_every_process_finds_what_another_has_looked_at(library, models):
    cat = build.image(library, data=CAT)
    look(library, cat)
    assert ids(library, cat) == []
    other = Library(library.settings, clock=library.clock, random_source=random.Random(3))
    other.models = models
    try:
        part = build.image(other, data=variant(CAT, crop=60))
        look(other, part)
        assert ids(other, part) == [cat]
    finally:
        other.close()
    assert ids(library, cat) == [part]
    recognition.look_at(library, [part], again=True)
    assert ids(library, cat) == [part]
    with library.reading(SYSTEM) as tx:
        rows_ = tx.all(select(schema.image_vectors.c.image_id))
        assert sorted(row.image_id for row in rows_) == [cat, part]


def test_without_recognition_what_was_seen_before_is_still_found(library):
    cat, part = build.image(library, data=CAT), build.image(library, data=variant(CAT, crop=60))
    look(library, cat, part)
    new = build.image(library, data=WOMAN)
    library.settings = msgspec.structs.replace(library.settings, recognition=False)
    assert ids(library, cat) == [part]
    assert alike(library, new) == []
    copy = build.image(library, data=variant(WOMAN))
    assert ids(library, new) == [copy]
    found = similar.similar_to(library, ANONYMOUS, _file(library, variant(CAT)))
    assert [(one.image_id, one.is_copy) for one in found] == [(cat, True)]


def test_damaged_models_are_told(library):
    library.models = Broken()
    with pytest.raises(Unavailable):
        similar.similar_to(library, ANONYMOUS, _file(library, CAT))
