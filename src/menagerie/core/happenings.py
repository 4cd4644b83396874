"""What the live feed tells, read back from the log of events, each happening as one value.

An edit that changed several tags stands in the log as several rows; here it is one happening.
"""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import groupby, takewhile
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, func, select

from menagerie.library import Tx
from menagerie.storage import events, schema, sql
from menagerie.storage.events import Event
from menagerie.storage.schema import EventKind

_GATHERED = frozenset(
    {
        EventKind.IMAGE_TAG_UPDATE,
        EventKind.IMAGE_SOURCE_UPDATE,
        EventKind.IMAGE_BATCH_TAG_UPDATE,
    }
)


class Happening(msgspec.Struct, frozen=True):
    """Something that happened to the image, comment or post `subject_id`.

    `seq` orders happenings as they were committed. `other_ids` are the rows of history that an
    edit of tags or sources made, or the target of a merge. An edit of many images is one happening,
    too, of which `subject_id` is one.
    """

    seq: int
    kind: EventKind
    subject_id: int
    other_ids: tuple[int, ...]
    created_at: int


class Difference(msgspec.Struct, frozen=True):
    """What an edit put in and took out: names of tags, or addresses of sources."""

    added: list[str]
    removed: list[str]


def since(tx: Tx, seq: int, *, limit: int) -> tuple[list[Happening], int]:
    """Return what happened after `seq`, oldest first, and the `seq` up to which that is all.

    About `limit` rows of the log are read: more only to keep together what one edit changed.
    """
    rows = events.since(tx.connection, seq, limit=limit)
    while len(rows) >= limit and rows and rows[-1].kind in _GATHERED:
        more = events.since(tx.connection, rows[-1].seq, limit=limit)
        same = list(takewhile(partial(_is_one, rows[-1]), more))
        rows += same
        if len(same) < limit:
            break
    last = rows[-1].seq if rows else seq
    return [_gathered(list(group)) for _, group in groupby(rows, key=_place)], last


def newest(tx: Tx) -> int:
    """Return the `seq` of what happened last, 0 when nothing is known of."""
    return events.newest(tx.connection)


def oldest(tx: Tx) -> int:
    """Return the `seq` of the oldest that is still known of, 0 when there is nothing."""
    return events.oldest(tx.connection)


def tag_difference(tx: Tx, happening: Happening) -> Difference:
    """Return which tags an edit put on its image and took off it, by the names of then."""
    return _difference(tx, schema.tag_changes, schema.tag_changes.c.tag_name, happening.other_ids)


def source_difference(tx: Tx, happening: Happening) -> Difference:
    """Return which sources an edit gave its image and took from it."""
    return _difference(tx, schema.source_changes, schema.source_changes.c.url, happening.other_ids)


def batch_images(tx: Tx, happening: Happening) -> list[int]:
    """Return the images that an edit of many changed."""
    row = schema.tag_changes.c
    of_edit = sql.among(tx.connection, row.id, happening.other_ids)
    return list(tx.execute(select(row.image_id).where(of_edit).distinct()).scalars())


def batch_difference(tx: Tx, happening: Happening, image_ids: Collection[int]) -> Difference:
    """Return which tags an edit of many images put on any of these and took off any."""
    row = schema.tag_changes.c
    rows = tx.all(
        select(row.tag_name, row.is_added)
        .where(
            sql.among(tx.connection, row.id, happening.other_ids),
            sql.among(tx.connection, row.image_id, image_ids),
        )
        .group_by(row.tag_name, row.is_added)
        .order_by(func.min(row.id))
    )
    return _split(rows)


def _is_one(row: Event, other: Event) -> bool:
    return _place(row) == _place(other)


def _place(row: Event) -> object:
    """Return what rows of one happening have in common; other rows are alone with theirs."""
    if row.kind == EventKind.IMAGE_BATCH_TAG_UPDATE:
        return row.kind, row.created_at
    if row.kind in _GATHERED:
        return row.kind, row.subject_id, row.created_at
    return row.seq


def _gathered(rows: Sequence[Event]) -> Happening:
    last = rows[-1]
    others = tuple(row.other_id for row in rows if row.other_id is not None)
    return Happening(last.seq, EventKind(last.kind), last.subject_id, others, last.created_at)


def _difference(
    tx: Tx, table: Table, name: ColumnElement[Any], change_ids: Sequence[int]
) -> Difference:
    rows = tx.all(
        select(name, table.c.is_added).where(table.c.id.in_(change_ids)).order_by(table.c.id)
    )
    return _split(rows)


def _split(rows: Sequence[Row[*tuple[Any, ...]]]) -> Difference:
    return Difference(
        [text for text, is_added in rows if is_added],
        [text for text, is_added in rows if not is_added],
    )
