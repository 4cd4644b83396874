"""What has happened lately on images that everybody finds: new labels and shapes, and verdicts."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, false, select

from menagerie.core import crowd_statistics, words
from menagerie.core.words import Vocabulary
from menagerie.library import Tx
from menagerie.search.columns import ids_of
from menagerie.storage import schema

MOST = 100


class Subject(StrEnum):
    """What something happened to."""

    VALIDATION = "validation"  # a label that the crowd judges
    ANNOTATION = "annotation"  # a set of shapes


class Happening(StrEnum):
    """What happened to it."""

    CREATED = "created"
    VERIFIED = "verified"


class Event(msgspec.Struct, frozen=True):
    """One thing that happened to one label of an image; nobody's name is in it."""

    subject: Subject
    happening: Happening
    image_id: int
    tag_id: int
    label: str
    """As shown: `mouth/dog` for a part."""
    at: int
    annotation_id: int | None = None


def recent(tx: Tx, *, limit: int = MOST, days: int = crowd_statistics.PERIOD_DAYS) -> list[Event]:
    """Return what happened in the last days, the newest first.

    Reads at most some hundred rows of each kind by the index on their time; new labels are those of
    the newest images, by the catalogue.
    """
    since = tx.now - days * crowd_statistics.DAY
    vocabulary = words.vocabulary(tx)
    events = [
        *_new_labels(tx, vocabulary, since, limit),
        *_verdicts(tx, vocabulary, since, limit),
        *_annotations(tx, vocabulary, since, limit),
        *_checked_annotations(tx, vocabulary, since, limit),
    ]
    order = list(Happening)
    # At one moment a thing is made before it is checked; the newest comes first.
    events.sort(key=lambda e: (e.at, order.index(e.happening), e.image_id, e.label), reverse=True)
    return events[:limit]


def _new_labels(tx: Tx, vocabulary: Vocabulary, since: int, limit: int) -> Iterator[Event]:
    version = tx.version
    newest = ids_of(version.live)[-limit:]
    times = version.columns["created_at"].gather(newest)
    tag_ids = sorted(version.words.tag_ids)
    for image_id, at in zip(newest.tolist(), times.tolist(), strict=True):
        if at < since:
            continue
        for tag_id in tag_ids:
            word = vocabulary.by_tag(tag_id)
            if word is not None and image_id in version.posting(tag_id):
                yield Event(
                    Subject.VALIDATION, Happening.CREATED, image_id, tag_id, word.display, at
                )


def _verdicts(tx: Tx, vocabulary: Vocabulary, since: int, limit: int) -> Iterator[Event]:
    row = schema.validations.c
    statement = _newest(schema.validations, row.updated_at, since, limit)
    statement = statement.add_columns(row.image_id, row.tag_id, row.updated_at)
    yield from _events(tx, vocabulary, Subject.VALIDATION, Happening.VERIFIED, statement)


def _annotations(tx: Tx, vocabulary: Vocabulary, since: int, limit: int) -> Iterator[Event]:
    row = schema.annotations.c
    statement = _newest(schema.annotations, row.updated_at, since, limit, row.is_auto == false())
    statement = statement.add_columns(row.image_id, row.tag_id, row.updated_at, row.id)
    yield from _events(tx, vocabulary, Subject.ANNOTATION, Happening.CREATED, statement)


def _checked_annotations(tx: Tx, vocabulary: Vocabulary, since: int, limit: int) -> Iterator[Event]:
    row, drawn = schema.annotation_validations.c, schema.annotations.c
    statement = (
        _newest(schema.annotation_validations, row.updated_at, since, limit)
        .join(schema.annotations, drawn.id == row.annotation_id)
        .add_columns(drawn.image_id, drawn.tag_id, row.updated_at, drawn.id)
    )
    yield from _events(tx, vocabulary, Subject.ANNOTATION, Happening.VERIFIED, statement)


def _newest(
    table: Table, time: ColumnElement[int], since: int, limit: int, *wanted: ColumnElement[bool]
) -> Select[Any]:
    return (
        select()
        .select_from(table)
        .where(time >= since, *wanted)
        .order_by(time.desc(), table.c.id.desc())
        .limit(limit)
    )


def _events(
    tx: Tx,
    vocabulary: Vocabulary,
    subject: Subject,
    happening: Happening,
    statement: Select[Any],
) -> Iterator[Event]:
    """Yield the events of rows (image, tag, time, annotation if there is one) that may be told."""
    live = tx.version.live
    for image_id, tag_id, at, *annotation in tx.all(statement):
        word = vocabulary.by_tag(tag_id)
        if word is not None and image_id in live:
            yield Event(subject, happening, image_id, tag_id, word.display, at, *annotation)
