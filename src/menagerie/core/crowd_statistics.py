"""What the crowd has done so far: by word, in total, and day by day.

What images, labels and verdicts there are comes from the catalogue: some 15 µs a word. What was
drawn, and when something was said, comes from the database: by an index on the time, and for days
that are over only once a day.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from pyroaring import BitMap
from sqlalchemy import ColumnElement, FromClause, func, select

from menagerie.core import visibility, words
from menagerie.core.words import Word
from menagerie.library import SECOND, Tx
from menagerie.search.columns import ids_of
from menagerie.storage import schema

DAY = 24 * 60 * 60 * SECOND
"""Microseconds; days are those of UTC."""

PERIOD_DAYS = 30


class WordCount(msgspec.Struct, frozen=True):
    """How many images a word is on and judged on, and its verdicts, as far as everybody finds."""

    word: Word
    image_count: int
    judged_count: int
    yes: int
    no: int
    annotated_count: int = 0

    @property
    def error_ratio(self) -> float:
        """The share of no among all verdicts, 0 without any."""
        return self.no / (self.yes + self.no) if self.yes + self.no else 0.0


class Totals(msgspec.Struct, frozen=True):
    """How much of everything there is, on images that everybody finds."""

    image_count: int
    unlabelled_count: int
    label_count: int
    """Words on images."""
    verdict_count: int
    annotation_count: int
    refinement_count: int
    word_count: int
    suggestion_count: int


class Point(msgspec.Struct, frozen=True):
    """A number of one day, `YYYY-MM-DD` in UTC."""

    date: str
    value: int


# By word and in total.


def by_word(tx: Tx) -> list[WordCount]:
    """Return the counts of every label of the vocabulary, those on most images first.

    Sublabels are among them. Takes no statement once the vocabulary is known.
    """
    counted = [_count(tx, word) for word in words.vocabulary(tx).all if word.tag_id is not None]
    return sorted(counted, key=lambda one: (-one.image_count, one.word.display))


def _count(tx: Tx, word: Word) -> WordCount:
    version, tag_id = tx.version, word.tag_id or 0
    posting = version.posting(tag_id)
    verdicts = version.verdicts(tag_id)
    live, table = version.live, verdicts.table
    if not verdicts.images.issubset(live):
        table = table.where(np.isin(table.ids, ids_of(verdicts.images & live)))
    return WordCount(
        word=word,
        image_count=posting.intersection_cardinality(live),
        judged_count=verdicts.images.intersection_cardinality(live),
        yes=int(table.yes.sum()),
        no=int(table.no.sum()),
    )


def annotated(tx: Tx) -> list[WordCount]:
    """Return the counts of every normal label and where it is outlined, the most finished first."""
    drawn, live = tx.version.outlines.known.drawn, tx.version.live
    normal = schema.WordKind.NORMAL
    counted = [
        msgspec.structs.replace(one, annotated_count=_shared_count(drawn, one, live))
        for one in by_word(tx)
        if one.word.kind == normal
    ]
    return sorted(counted, key=lambda one: -_ratio(one.annotated_count, one.image_count))


def _shared_count(drawn: Mapping[int, BitMap], one: WordCount, live: BitMap) -> int:
    tag_id = one.word.tag_id or 0
    return drawn[tag_id].intersection_cardinality(live) if tag_id in drawn else 0


def judged(tx: Tx) -> list[WordCount]:
    """Return the counts of every label, those with the greatest share of judged images first."""
    return sorted(by_word(tx), key=lambda one: -_ratio(one.judged_count, one.image_count))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def totals(tx: Tx) -> Totals:
    """Return how much there is of everything; two statements, for suggestions and refinements."""
    version = tx.version
    live = version.live
    counted = by_word(tx)
    suggestion = schema.word_suggestions.c
    is_open = (suggestion.state == schema.SuggestionState.OPEN) & (suggestion.use_count > 0)
    return Totals(
        image_count=len(live),
        unlabelled_count=len(live - _labelled(tx)),
        label_count=sum(one.image_count for one in counted),
        verdict_count=total_of(tx, "verdict_count"),
        annotation_count=total_of(tx, "annotation_count"),
        refinement_count=_refinement_count(tx),
        word_count=len(counted),
        suggestion_count=int(tx.scalar(select(func.count(suggestion.id)).where(is_open))),
    )


def _refinement_count(tx: Tx) -> int:
    said = func.coalesce(func.sum(schema.refinements.c.use_count), 0)
    there = _REFINED.join(schema.images, schema.images.c.id == schema.annotations.c.image_id)
    return int(tx.scalar(select(said).select_from(there).where(visibility.SEARCHABLE)))


def _labelled(tx: Tx) -> BitMap:
    """Return the images with a word of the vocabulary on them; worked out once in a version."""
    version = tx.version

    def work() -> BitMap:
        return BitMap.union(BitMap(), *map(version.posting, sorted(version.words.tag_ids)))

    found: BitMap = version.remember("labelled", work)
    return found


def total_of(tx: Tx, column: str) -> int:
    """Return the sum of a column of the catalogue over the images that everybody finds."""
    version = tx.version
    total: int = version.remember(
        ("sum", column),
        lambda: int(version.columns[column].gather(ids_of(version.live)).sum(dtype=np.int64)),
    )
    return total


# By day.


def donations(tx: Tx, *, days: int = PERIOD_DAYS) -> list[Point]:
    """Return how many images came on each of the last days, today last; none left out."""
    return _recent(tx, _donated(tx), days)


def verdicts(tx: Tx, *, days: int = PERIOD_DAYS) -> list[Point]:
    """Return how many verdicts were given or changed last on each of the last days."""
    return _recent(tx, _by_day(tx, "verdicts"), days)


def annotations(tx: Tx, *, days: int = PERIOD_DAYS) -> list[Point]:
    """Return how many sets of shapes were drawn or changed last on each of the last days."""
    return _recent(tx, _by_day(tx, "annotations"), days)


def refinements(tx: Tx, *, days: int = PERIOD_DAYS) -> list[Point]:
    """Return how many refinements were first said on each of the last days."""
    return _recent(tx, _by_day(tx, "refinements"), days)


class Growth(msgspec.Struct, frozen=True):
    """How much there was in all at the end of each day on which something came."""

    donations: list[Point]
    labels: list[Point]
    """By the day the image came, as labels given to it later belong to it."""
    verdicts: list[Point]
    annotations: list[Point]


def growth(tx: Tx) -> Growth:
    """Return how everything grew from the first day on."""
    return Growth(
        donations=_summed(_donated(tx)),
        labels=_summed(_labels_by_day(tx)),
        verdicts=_summed(_by_day(tx, "verdicts")),
        annotations=_summed(_by_day(tx, "annotations")),
    )


def date_of(time: int) -> str:
    """Return the day of a moment, `YYYY-MM-DD` in UTC.

    >>> date_of(0)
    '1970-01-01'
    """
    return _date(time // DAY)


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


def _recent(tx: Tx, counts: Mapping[int, int], days: int) -> list[Point]:
    today = tx.now // DAY
    wanted = range(today - days, today + 1)
    return [Point(_date(day), counts.get(day, 0)) for day in wanted]


def _summed(counts: Mapping[int, int]) -> list[Point]:
    total, points = 0, []
    for day, count in sorted(counts.items()):
        total += count
        points.append(Point(_date(day), total))
    return points


def _donated(tx: Tx) -> Mapping[int, int]:
    """Return how many of the live images came on which day."""
    version = tx.version

    def work() -> Mapping[int, int]:
        return _histogram(version.columns["created_at"].gather(ids_of(version.live)))

    found: Mapping[int, int] = version.remember("donated by day", work)
    return found


def _labels_by_day(tx: Tx) -> Mapping[int, int]:
    version = tx.version

    def work() -> Mapping[int, int]:
        ids = ids_of(_labelled(tx) & version.live)
        weights = version.numbers("label_count").gather(ids)
        return _histogram(version.columns["created_at"].gather(ids), weights)

    found: Mapping[int, int] = version.remember("labels by day", work)
    return found


def _histogram(times: Any, weights: Any = None) -> Mapping[int, int]:
    """Return the sum of the weights, or how many, of each day that has any."""
    if not len(times):
        return {}
    days = times // DAY
    first = int(days.min())
    sums = np.bincount(days - first, weights)
    return {first + day: int(sums[day]) for day in np.flatnonzero(sums).tolist()}


_REFINED = schema.refinements.join(schema.shapes).join(schema.annotations)
_TIMES: Mapping[str, tuple[FromClause, ColumnElement[int], ColumnElement[int]]] = {
    "verdicts": (
        schema.validations,
        schema.validations.c.image_id,
        schema.validations.c.updated_at,
    ),
    "annotations": (
        schema.annotations,
        schema.annotations.c.image_id,
        schema.annotations.c.updated_at,
    ),
    "refinements": (_REFINED, schema.annotations.c.image_id, schema.refinements.c.created_at),
}
"""By what is counted: where its rows are, the image of one, and when it was said."""


class _Past(msgspec.Struct, frozen=True):
    """The counts of the days before `today`."""

    today: int
    counts: Mapping[int, int]


def _by_day(tx: Tx, kind: str) -> Mapping[int, int]:
    """Return the counts of every day that has any.

    Those of days that are over are kept until the next day begins, so what is moved to today or
    taken back meanwhile still counts on its old day until then.
    """
    today = tx.now // DAY
    kept: _Past | None = tx.library.caches.get(f"by day {kind}")
    if kept is None or kept.today != today:
        kept = _Past(today, _counted(tx, kind, until=today))
        tx.library.caches[f"by day {kind}"] = kept
    return {**kept.counts, **_counted(tx, kind, since=today)}


def _counted(
    tx: Tx, kind: str, *, since: int | None = None, until: int | None = None
) -> Mapping[int, int]:
    table, image_id, time = _TIMES[kind]
    day = (time // DAY).label("day")
    statement = (
        select(day, func.count())
        .select_from(table.join(schema.images, schema.images.c.id == image_id))
        .where(visibility.SEARCHABLE)
        .group_by(day)
    )
    if since is not None:
        statement = statement.where(time >= since * DAY)
    if until is not None:
        statement = statement.where(time < until * DAY)
    rows: Sequence[Any] = tx.all(statement)
    return {int(row[0]): int(row[1]) for row in rows}
