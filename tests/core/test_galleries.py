import random

import pytest
from sqlalchemy import insert, select

import build
import rows
from menagerie.core import checks, galleries
from menagerie.core.apps import requests
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def gallery_id(library, alice):
    with library.writing(alice) as tx:
        return galleries.create(tx, title=" Best ").id


def order(library, gallery_id):
    with library.reading(SYSTEM) as tx:
        return galleries.image_ids(tx, gallery_id)


def fill(library, actor, gallery_id, count):
    made = [rows.image(library) for _ in range(count)]
    with library.writing(actor) as tx:
        for image_id in made:
            galleries.add(tx, gallery_id, image_id)
    return made


def test_a_gallery_is_made_filled_and_read(library, alice, gallery_id, clock):
    clock.advance(10)
    one, two = fill(library, alice, gallery_id, 2)
    with library.writing(alice) as tx:
        galleries.add(tx, gallery_id, one)
    with library.reading(ANONYMOUS) as tx:
        found = galleries.get(tx, gallery_id)
        assert galleries.of_image(tx, two) == [found]
        assert galleries.find_many(tx, [999, gallery_id, 2**70]) == [found]
        assert galleries.find_of(tx, alice.account_id) == [found]
        with pytest.raises(NotFound):
            galleries.get(tx, 999)
    assert (found.title, found.owner_name, found.image_count) == ("Best", "Alice", 2)
    assert found.thumbnail_id == one
    assert found.updated_at == clock.now() > found.created_at
    assert order(library, gallery_id) == [one, two]
    assert ("gallery", gallery_id, None) in rows.changes(library)


def test_removing_closes_the_gap_and_finds_another_thumbnail(library, alice, gallery_id):
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    with library.writing(alice) as tx:
        assert galleries.add(tx, gallery_id, private).thumbnail_id is None
    one, two, three = fill(library, alice, gallery_id, 3)
    with library.writing(alice) as tx:
        after = galleries.remove(tx, gallery_id, one)
        assert galleries.remove(tx, gallery_id, one) == after
        positions = tx.execute(select(schema.gallery_images.c.position)).scalars().all()
    assert (after.thumbnail_id, after.image_count) == (two, 2)
    assert sorted(positions) == [0, 1, 2]
    assert order(library, gallery_id) == [private, two, three]


def test_a_part_is_ordered_within_its_own_places(library, alice, gallery_id):
    a, b, c, d = fill(library, alice, gallery_id, 4)
    with library.writing(alice) as tx:
        galleries.reorder(tx, gallery_id, [d, b])
    assert order(library, gallery_id) == [a, d, c, b]
    with library.writing(alice) as tx:
        galleries.reorder(tx, gallery_id, [c, b, a, d])
    assert order(library, gallery_id) == [c, b, a, d]
    for wrong in ([a, a], [a, 999]):
        with pytest.raises(Invalid), library.writing(alice) as tx:
            galleries.reorder(tx, gallery_id, wrong)


def test_editing_and_deleting(library, alice, gallery_id):
    (image_id,) = fill(library, alice, gallery_id, 1)
    with library.writing(alice) as tx:
        edited = galleries.edit(tx, gallery_id, description="d", is_anonymous=True)
        assert (edited.title, edited.description, edited.is_anonymous) == ("Best", "d", True)
        assert galleries.own(tx) == [edited]
    with library.reading(ANONYMOUS) as tx:
        assert galleries.find_of(tx, alice.account_id) == []
    with library.writing(alice) as tx:
        galleries.delete(tx, gallery_id)
        with pytest.raises(NotFound):
            galleries.get(tx, gallery_id)
        assert galleries.of_image(tx, image_id) == []


def test_what_a_gallery_may_not_say(library, alice):
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
        galleries.create(
            tx,
            title=" ",
            description="x" * 10_001,
            spoiler_warning="\0",
            thumbnail_id=private,
        )
    assert caught.value.fields == {
        "title": ["can't be blank"],
        "description": ["should be at most 10000 byte(s)"],
        "spoiler_warning": ["may not contain control characters"],
        "thumbnail": ["must be a public image"],
    }


def test_who_may_not(library, alice, gallery_id):
    bob, mallory = rows.account(library, "Bob"), rows.account(library, "Mallory")
    mod = rows.account(library, "Mod", "moderator")
    (image_id,) = fill(library, alice, gallery_id, 1)
    private = rows.image(library, owner=alice, audience=Audience.PRIVATE)
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.bans).values(account_id=mallory.account_id, created_at=0))
    for actor, error in ((bob, Forbidden), (ANONYMOUS, Unauthenticated), (mallory, Banned)):
        for act in (
            lambda tx: galleries.edit(tx, gallery_id, title="x"),
            lambda tx: galleries.delete(tx, gallery_id),
            lambda tx: galleries.add(tx, gallery_id, image_id),
            lambda tx: galleries.remove(tx, gallery_id, image_id),
            lambda tx: galleries.reorder(tx, gallery_id, [image_id]),
        ):
            with pytest.raises(error), library.writing(actor) as tx:
                act(tx)
    with pytest.raises(NotFound), library.writing(mod) as tx:
        galleries.add(tx, gallery_id, private)
    with library.writing(mod) as tx:
        assert galleries.edit(tx, gallery_id, title="Calm").title == "Calm"
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        galleries.create(tx, title="x")


def test_counters_equal_recounts_after_anything(library, alice):
    chance = random.Random(5)
    images = [rows.image(library) for _ in range(4)]
    with library.writing(alice) as tx:
        ids = [galleries.create(tx, title=name).id for name in "abc"]
    for _ in range(80):
        act = chance.choice([galleries.add, galleries.add, galleries.remove])
        with library.writing(alice) as tx:
            act(tx, chance.choice(ids), chance.choice(images))
    with library.writing(SYSTEM) as tx:
        assert checks.counters(tx) == []
        galleries.delete(tx, ids[0])
        assert checks.counters(tx) == []


def test_an_own_gallery_is_found_by_its_title_or_made(library, alice):
    bob = rows.account(library, "Bob")
    with library.writing(alice) as tx:
        made = galleries.own_by_title(tx, "my donations", description="What I gave")
        assert galleries.own_by_title(tx, "my donations") == made
        assert (made.description, made.image_count) == ("What I gave", 0)
        hidden = galleries.create(tx, title="hidden", is_anonymous=True)
        assert galleries.find_by_title(tx, alice.account_id, "hidden") == hidden
        assert galleries.find_by_title(tx, alice.account_id, "Hidden") is None
    with library.reading(bob) as tx:
        assert galleries.find_by_title(tx, alice.account_id, "my donations") == made
        assert galleries.find_by_title(tx, alice.account_id, "hidden") is None
    with library.writing(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        galleries.own_by_title(tx, "x")


def test_the_number_of_images_tells_nothing_of_private_ones(library, alice):
    shown, private = (
        build.image(library),
        build.image(library, actor=alice, audience=Audience.PRIVATE),
    )
    with library.writing(alice) as tx:
        gallery_id = galleries.create(tx, title="Mine").id
        galleries.add(tx, gallery_id, private)
        assert galleries.get(tx, gallery_id).image_count == 0
        assert galleries.add(tx, gallery_id, shown).image_count == 1
        wish = requests.create(tx, private)
    with library.writing(SYSTEM) as tx:
        requests.decide(tx, wish.key, approve=True)
    with library.writing(alice) as tx:
        assert galleries.get(tx, gallery_id).image_count == 2
        assert checks.counters(tx) == []
        assert galleries.remove(tx, gallery_id, shown).image_count == 1
