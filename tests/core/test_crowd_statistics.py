import pytest
from sqlalchemy import insert

import rows
from menagerie.core import crowd_statistics, validations, words
from menagerie.core.crowd_statistics import DAY, Point
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import Audience, Review, WordKind


@pytest.fixture
def gadget(library):
    with library.writing(SYSTEM) as tx:
        return words.add(tx, "Gadget", kind=WordKind.NORMAL)


@pytest.fixture
def garage(library):
    with library.writing(SYSTEM) as tx:
        return words.add(tx, "garage scene", kind=WordKind.META)


def judge(library, image_id, word, *verdicts):
    for is_yes in verdicts:
        with library.writing(ANONYMOUS) as tx:
            validations.judge(tx, image_id, word.tag_id, is_yes=is_yes)


def annotate(library, image_id, word, *, is_auto=False):
    with library.writing(SYSTEM) as tx:
        made = tx.execute(
            insert(schema.annotations)
            .values(
                key=f"key {image_id} {is_auto}",
                image_id=image_id,
                tag_id=word.tag_id,
                is_auto=is_auto,
                revision=1,
                created_at=tx.now_s,
                updated_at=tx.now_s,
            )
            .returning(schema.annotations.c.id)
        )
        return made.scalar_one()


def counts(library, word):
    with library.reading(ANONYMOUS) as tx:
        return next(one for one in crowd_statistics.by_word(tx) if one.word.key == word.key)


def test_words_are_counted_on_what_everybody_finds(library, gadget, garage):
    one = rows.image(library, "gadget, garage scene")
    rows.image(library, "gadget")
    owner = rows.account(library, "Owner")
    private = rows.image(library, "gadget", owner=owner, audience=Audience.PRIVATE)
    with library.writing(owner) as tx:
        validations.judge(tx, private, gadget.tag_id, is_yes=True)
    rows.image(library, "gadget", review=Review.PENDING)
    judge(library, one, gadget, True, True, False)
    found = counts(library, gadget)
    assert (found.image_count, found.judged_count, found.yes, found.no) == (2, 1, 2, 1)
    assert found.error_ratio == pytest.approx(1 / 3)
    assert counts(library, garage).error_ratio == 0
    with library.reading(ANONYMOUS) as tx:
        first = crowd_statistics.by_word(tx)[0]
        assert first.word.name == "Gadget"
        assert crowd_statistics.judged(tx)[0].word.name == "Gadget"


def test_annotated_images_are_counted_of_what_can_be_outlined(library, gadget, garage):
    one, two = rows.image(library, "gadget, garage scene"), rows.image(library, "gadget")
    annotate(library, one, gadget)
    annotate(library, two, gadget, is_auto=True)
    with library.reading(ANONYMOUS) as tx:
        found = crowd_statistics.annotated(tx)
    assert (found[0].word.name, found[0].annotated_count, found[0].image_count) == ("Gadget", 1, 2)
    assert "garage scene" not in [counted.word.name for counted in found]


def test_everything_in_total(library, gadget, garage):
    one = rows.image(library, "gadget, garage scene")
    rows.image(library, "safe, unheard of")
    judge(library, one, gadget, True, False)
    with library.reading(ANONYMOUS) as tx:
        found = crowd_statistics.totals(tx)
        assert found.word_count == len([w for w in words.vocabulary(tx).all if w.tag_id])
    assert (found.image_count, found.unlabelled_count, found.label_count) == (2, 1, 2)
    assert (found.verdict_count, found.annotation_count) == (2, 0)
    assert (found.refinement_count, found.suggestion_count) == (0, 0)


def test_an_empty_library_has_nothing(library):
    with library.reading(ANONYMOUS) as tx:
        found = crowd_statistics.totals(tx)
        growth = crowd_statistics.growth(tx)
        assert (found.image_count, found.label_count, found.verdict_count) == (0, 0, 0)
        assert (growth.donations, growth.labels, growth.verdicts) == ([], [], [])
        assert {point.value for point in crowd_statistics.donations(tx)} == {0}


def test_every_day_of_the_period_is_there(library, gadget, clock):
    clock.time -= 40 * DAY
    rows.image(library, "gadget")
    clock.time += 35 * DAY
    one = rows.image(library, "gadget")
    judge(library, one, gadget, True, True)
    annotate(library, one, gadget)
    clock.time += 5 * DAY
    judge(library, one, gadget, False)
    with library.reading(ANONYMOUS) as tx:
        series = {
            "donations": crowd_statistics.donations(tx),
            "verdicts": crowd_statistics.verdicts(tx),
            "annotations": crowd_statistics.annotations(tx),
            "refinements": crowd_statistics.refinements(tx),
        }
        growth = crowd_statistics.growth(tx)
    for points in series.values():
        dates = [point.date for point in points]
        assert (len(dates), dates[0], dates[-1]) == (31, "2025-12-02", "2026-01-01")
        assert dates == sorted(set(dates))
    values = {name: [p.value for p in points if p.value] for name, points in series.items()}
    assert values == {"donations": [1], "verdicts": [2, 1], "annotations": [1], "refinements": []}
    assert growth.donations == [Point("2025-11-22", 1), Point("2025-12-27", 2)]
    assert growth.labels == growth.donations
    assert growth.verdicts == [Point("2025-12-27", 2), Point("2026-01-01", 3)]
    assert growth.annotations == [Point("2025-12-27", 1)]


def test_what_comes_today_counts_at_once_and_tomorrow_still(library, gadget, clock):
    one = rows.image(library, "gadget")
    for expected in (1, 2):
        judge(library, one, gadget, True)
        with library.reading(ANONYMOUS) as tx:
            assert crowd_statistics.verdicts(tx)[-1].value == expected
    clock.time += DAY
    with library.reading(ANONYMOUS) as tx:
        assert [p.value for p in crowd_statistics.verdicts(tx)[-2:]] == [2, 0]
