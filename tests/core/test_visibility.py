"""The door: every kind of image, for every kind of person."""

import contextlib

import pytest
from sqlalchemy import select, update

import rows
from menagerie.core import moderation, reviewing, visibility
from menagerie.core.visibility import State
from menagerie.errors import NotFound
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, Review, Role

VISIBLE, PENDING, REMOVED, MERGED = State.VISIBLE, State.PENDING, State.REMOVED, State.MERGED
NOBODY = None  # the image does not exist


@pytest.fixture
def people(library):
    owner = rows.account(library, "Owner")
    return {
        "anonymous": ANONYMOUS,
        "other": rows.account(library, "Other"),
        "owner": owner,
        "moderator": rows.account(library, "Mod", Role.MODERATOR),
        "admin": rows.account(library, "Admin", Role.ADMIN),
    }


def change(library, image_id, **values):
    with library.writing(SYSTEM) as tx:
        tx.execute(update(schema.images).where(schema.images.c.id == image_id).values(**values))
        tx.changed(ChangeKind.IMAGE, image_id)


def seen(library, actor, image_id):
    """Return the state the actor learns of, and whether the actor may act on the image."""
    with library.reading(actor) as tx:
        try:
            facts = visibility.get_facts(tx, image_id)
        except NotFound:
            with pytest.raises(NotFound):
                visibility.require_visible(tx, image_id)
            return NOBODY, False
        try:
            visibility.require_visible(tx, image_id)
        except NotFound:
            return visibility.state(facts), False
        return visibility.state(facts), True


# What the image is, what others see, what its owner sees, what staff see.
CASES = {
    "plain": ({"review": Review.APPROVED}, (VISIBLE, True), (VISIBLE, True), (VISIBLE, True)),
    "pending": ({"review": Review.PENDING}, (PENDING, True), (PENDING, True), (PENDING, True)),
    "rejected": ({"review": Review.REJECTED}, (NOBODY, False), (PENDING, True), (PENDING, True)),
    "quarantined": (
        {"review": Review.QUARANTINED},
        (NOBODY, False),
        (NOBODY, False),
        (PENDING, True),
    ),
    "removed": ({"removed_at": 1}, (REMOVED, False), (REMOVED, False), (REMOVED, True)),
    "merged": ({"merged_into_id": 1}, (MERGED, False), (MERGED, False), (MERGED, True)),
    "merged and removed": (
        {"merged_into_id": 1, "removed_at": 1},
        (MERGED, False),
        (MERGED, False),
        (MERGED, True),
    ),
    "private": ({"audience": Audience.PRIVATE}, (NOBODY, False), (VISIBLE, True), (NOBODY, False)),
    "private and pending": (
        {"audience": Audience.PRIVATE, "review": Review.PENDING},
        (NOBODY, False),
        (PENDING, True),
        (NOBODY, False),
    ),
    "private and quarantined": (
        {"audience": Audience.PRIVATE, "review": Review.QUARANTINED},
        (NOBODY, False),
        (NOBODY, False),
        (NOBODY, False),
    ),
    "private and removed": (
        {"audience": Audience.PRIVATE, "removed_at": 1},
        (NOBODY, False),
        (REMOVED, False),
        (NOBODY, False),
    ),
    "private and deleted": (
        {"audience": Audience.PRIVATE, "removed_at": 1, "is_deleted_by_owner": True},
        (NOBODY, False),
        (NOBODY, False),
        (NOBODY, False),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_who_sees_what(library, people, case):
    values, others, owner, staff = CASES[case]
    rows.image(library)  # the one to be merged into
    image_id = rows.image(library, owner=people["owner"])
    change(library, image_id, **values)
    expected = {
        "anonymous": others,
        "other": others,
        "owner": owner,
        "moderator": staff,
        "admin": staff,
    }
    assert {name: seen(library, actor, image_id) for name, actor in people.items()} == expected


WORKABLE = {
    "plain": {"anonymous", "other", "owner", "moderator", "admin"},
    "pending": {"owner", "moderator", "admin"},
    "rejected": {"owner", "moderator", "admin"},
    "quarantined": {"moderator", "admin"},
    "private": {"owner"},
    "private and pending": {"owner"},
}


@pytest.mark.parametrize("case", CASES)
def test_who_may_judge_name_and_outline(library, people, case):
    rows.image(library)
    image_id = rows.image(library, owner=people["owner"])
    change(library, image_id, **CASES[case][0])
    able = set()
    for name, actor in people.items():
        with contextlib.suppress(NotFound), library.reading(actor) as tx:
            visibility.require_workable(tx, image_id)
            able.add(name)
    assert able == WORKABLE.get(case, set())


@pytest.mark.parametrize("case", CASES)
def test_the_three_ways_to_say_searchable_agree(library, people, case):
    values, *_ = CASES[case]
    rows.image(library)
    image_id = rows.image(library, owner=people["owner"])
    change(library, image_id, **values)
    with library.reading(SYSTEM) as tx:
        facts = visibility.find_facts(tx, image_id)
        found = tx.all(select(schema.images.c.id).where(visibility.SEARCHABLE))
        assert visibility.is_searchable(facts) is (image_id in {row.id for row in found})
        assert visibility.is_searchable(facts) is (image_id in library.catalogue.current().live)
    assert visibility.is_searchable(facts) is (case == "plain")


@pytest.mark.parametrize("image_id", [0, -1, 999, 2**63, 10**40])
def test_a_number_that_names_no_image_is_not_found(library, image_id):
    with library.reading(SYSTEM) as tx, pytest.raises(NotFound):
        visibility.get_facts(tx, image_id)


def test_moderation_finds_no_private_image_either(library, people):
    image_id = rows.image(library, owner=people["owner"], audience=Audience.PRIVATE)
    for act in (
        lambda tx: moderation.remove(tx, image_id, "spam"),
        lambda tx: moderation.restore(tx, image_id),
        lambda tx: reviewing.approve(tx, image_id),
        lambda tx: reviewing.reject(tx, image_id),
        lambda tx: moderation.feature(tx, image_id),
        lambda tx: moderation.merge(tx, image_id, image_id),
    ):
        with pytest.raises(NotFound), library.writing(people["moderator"]) as tx:
            act(tx)
