import datetime as dt

import pytest

import build
import rows
from conftest import NOON
from menagerie.core import image_hunt, validations, words
from menagerie.errors import Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Review, WordKind


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def library(library):
    """A library with two words and no others."""
    build.without_words(library)
    with library.writing(SYSTEM) as tx:
        words.add(tx, "gadget", kind=WordKind.NORMAL)
        words.add(tx, "garage scene", kind=WordKind.META)
    return library


def found(library, actor):
    with library.reading(actor) as tx:
        return {task.word.name: task.image_id for task in image_hunt.tasks(tx)}


def achieved(library, actor, **options):
    with library.reading(actor) as tx:
        standing = image_hunt.standing(tx, **options)
    return standing.stars, {a.name for a in standing.achievements if a.is_accomplished}


def test_a_word_is_found_by_an_own_picture(library, alice):
    rows.image(library, "gadget")
    assert found(library, alice) == {"gadget": None, "garage scene": None}
    image_id = rows.image(library, "gadget", owner=alice)
    assert found(library, alice) == {"garage scene": None, "gadget": image_id}
    assert list(found(library, alice)) == ["garage scene", "gadget"]


def test_what_the_crowd_denies_is_not_found(library, alice):
    image_id = rows.image(library, "gadget", owner=alice)
    with library.reading(SYSTEM) as tx:
        tag_id = words.vocabulary(tx).by_name("gadget").tag_id
    for is_yes, is_found in ((True, True), (False, False), (True, True)):
        with library.writing(ANONYMOUS) as tx:
            validations.judge(tx, image_id, tag_id, is_yes=is_yes)
        assert (found(library, alice)["gadget"] == image_id) == is_found


def test_pictures_that_wait_count_and_refused_ones_do_not(library, alice):
    rows.image(library, "gadget", owner=alice, review=Review.QUARANTINED)
    gone = rows.image(library, "gadget", owner=alice)
    rows.remove(library, gone)
    assert found(library, alice)["gadget"] is None
    waiting = rows.image(library, "gadget", owner=alice, review=Review.PENDING)
    assert found(library, alice)["gadget"] == waiting


def test_the_hunt_is_for_accounts(library):
    with library.reading(ANONYMOUS) as tx:
        for ask in (image_hunt.tasks, image_hunt.standing):
            with pytest.raises(Unauthenticated):
                ask(tx)


def test_the_clock_on_the_wall_decides(library, alice, clock):
    assert achieved(library, alice) == (0, set())
    clock.time = NOON - 6 * 3_600_000_000
    rows.image(library, "gadget", owner=alice)
    assert achieved(library, alice) == (1, {"Early Bird"})
    assert achieved(library, alice, utc_offset_s=-8 * 3600) == (1, {"Night Owl"})
    assert achieved(library, alice, utc_offset_s=10**12)[0] == 1
    rows.image(library, "garage scene", owner=alice)
    assert achieved(library, alice) == (2, {"Early Bird", "Image Monkey"})


def days(*dates):
    return [dt.datetime(2026, 1, day, 12, tzinfo=dt.UTC) for day in dates]


@pytest.mark.parametrize(
    ("name", "times", "is_accomplished"),
    [
        ("Weekend Warrior", days(3, 4), True),  # Saturday and Sunday
        ("Weekend Warrior", days(4, 10), False),
        ("Couch Potato", days(1, 9), True),
        ("Couch Potato", days(1, 8, 15), False),
        ("Worker Bee", days(*range(1, 8)), True),
        ("Worker Bee", days(1, 2, 3, 5, 6, 7, 8, 9), False),
        ("Ant Power", days(*range(1, 31)), True),
        ("Greedy Squirrel", days(*range(1, 31)), False),
    ],
)
def test_the_rules_of_achievements(name, times, is_accomplished):
    rule = next(rule for rule in image_hunt._RULES if rule.name == name)
    assert rule.holds(times) is is_accomplished
