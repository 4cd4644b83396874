"""What the live feed tells, read back from the log of events, each happening as one value.

An edit that changed several tags stands in the log as several rows; here it is one happening.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby, takewhile
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, select

from menagerie.library import SECOND, Tx
from menagerie.storage import events, schema
from menagerie.storage.events import Event
from menagerie.storage.schema import EventKind

_GATHERED = frozenset({EventKind.IMAGE_TAG_UPDATE, EventKind.IMAGE_SOURCE_UPDATE})


class Happening(msgspec.Struct, frozen=True):
    """Something that happened to the image, comment or post `subject_id`.

    `seq` orders happenings as they were committed. `other_ids` are the rows of history that an
    edit of tags or sources made, or the target of a merge.
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


def batch_difference(tx: Tx, happening: Happening) -> Difference:
    """Return which tags an edit of many images put on one of them and took off it.

    The log names no rows for these, so it is what was done to the image in that second.
    """
    row = schema.tag_changes.c
    second = happening.created_at // SECOND * SECOND
    rows = tx.all(
        select(row.tag_name, row.is_added)
        .where(row.image_id == happening.subject_id, row.created_at == second)
        .order_by(row.id)
    )
    return _split(rows)


def _is_one(row: Event, other: Event) -> bool:
    return _place(row) == _place(other)


def _place(row: Event) -> object:
    """Return what rows of one happening have in common; other rows are alone with theirs."""
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
