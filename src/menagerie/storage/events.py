"""What the live feed tells: a log of events, in the order of commits, that is kept for a day.

Like the change log it is appended to in the transaction that made things so; see `changes`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from menagerie.storage import schema

DAY = 24 * 3600 * 1_000_000


class Event(NamedTuple):
    """One row of the log; see `schema.EventKind` for what the ids name.

    `other_id` is the target of a merge; of changed tags and sources it is one row of their history,
    and what one edit changed stands in as many rows, one behind the other.
    """

    seq: int
    kind: str
    subject_id: int
    other_id: int | None
    created_at: int


_row = schema.events.c


def append(
    connection: Connection, rows: Sequence[tuple[schema.EventKind, int, int | None]], *, now: int
) -> None:
    """Append `rows` of (kind, subject id, other id) at `now`, microseconds UTC."""
    if rows:
        connection.execute(
            insert(schema.events),
            [
                {"kind": kind, "subject_id": subject, "other_id": other, "created_at": now}
                for kind, subject, other in rows
            ],
        )


def since(connection: Connection, seq: int, *, limit: int) -> list[Event]:
    """Return at most `limit` events after `seq`, oldest first."""
    columns = [_row[name] for name in Event._fields]
    statement = select(*columns).where(_row.seq > seq).order_by(_row.seq).limit(limit)
    return [Event(*found) for found in connection.execute(statement)]


def oldest(connection: Connection) -> int:
    """Return the `seq` of the oldest event that is kept, 0 while there is none."""
    return connection.execute(select(func.min(_row.seq))).scalar() or 0


def newest(connection: Connection) -> int:
    """Return the `seq` of the newest event, 0 while there is none."""
    return connection.execute(select(func.max(_row.seq))).scalar() or 0


def trim(connection: Connection, *, before: int) -> int:
    """Forget events older than `before` (microseconds UTC); return how many."""
    return connection.execute(delete(schema.events).where(_row.created_at < before)).rowcount
