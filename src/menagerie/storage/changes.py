"""The change log: what changed, in the order of commits, so that every process can follow.

A transaction that changes anything searchable appends rows here before it commits. The database
lets one transaction write at a time (see `database.Database.write`), hence the order of `seq` is
the order of commits on SQLite and PostgreSQL alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from menagerie.storage import schema, sql


class Change(NamedTuple):
    """One row of the log; see `schema.ChangeKind` for what the ids name."""

    seq: int
    kind: str
    subject_id: int
    other_id: int | None


def append(
    connection: Connection,
    rows: Sequence[tuple[schema.ChangeKind, int, int | None]],
    *,
    now: int,
) -> None:
    """Append `rows` of (kind, subject id, other id) at `now`, microseconds UTC."""
    if rows:
        connection.execute(
            insert(schema.changes),
            [
                {"kind": kind, "subject_id": subject, "other_id": other, "created_at": now}
                for kind, subject, other in rows
            ],
        )


_SINCE = select(
    schema.changes.c.seq,
    schema.changes.c.kind,
    schema.changes.c.subject_id,
    schema.changes.c.other_id,
).order_by(schema.changes.c.seq)

_EPOCH = select(schema.facts.c.value).where(schema.facts.c.name == "epoch").scalar_subquery()
# Made once, with parameters for what differs: building a statement costs more than running it.
_FROM = sql.Prepared(
    select(_EPOCH, *_SINCE.selected_columns)
    .where(schema.changes.c.seq >= bindparam("from_seq"))
    .order_by(schema.changes.c.seq)
    .limit(bindparam("most"))
)


def since(connection: Connection, seq: int, *, limit: int = 100_000) -> list[Change]:
    """Return at most `limit` changes after `seq`, oldest first."""
    rows = connection.execute(_SINCE.where(schema.changes.c.seq > seq).limit(limit))
    return [Change(*row) for row in rows]


def follow(connection: Connection, seq: int, *, limit: int) -> tuple[str | None, list[Change]]:
    """Return the library's epoch and at most `limit` changes from `seq` on, itself included.

    Whoever has seen the log up to `seq` and finds it first here has missed nothing. The epoch is
    None when there is no row.
    """
    rows = _FROM.all(connection, from_seq=seq, most=limit)
    epoch = rows[0][0] if rows else None
    return epoch, [Change(*row[1:]) for row in rows]


def bounds(connection: Connection) -> tuple[int, int]:
    """Return the oldest and the newest `seq` in the log, (0, 0) while it is empty."""
    low, high = connection.execute(
        select(func.min(schema.changes.c.seq), func.max(schema.changes.c.seq))
    ).one()
    return (low or 0, high or 0)


def trim(connection: Connection, *, before: int) -> int:
    """Forget changes older than `before` (microseconds UTC) but the newest; return how many."""
    seq = schema.changes.c.seq
    # Whole from some seq on: writers do not get their seqs in the order of their clocks.
    first_kept = select(func.min(seq)).where(schema.changes.c.created_at >= before)
    newest = select(func.max(seq))
    result = connection.execute(
        delete(schema.changes).where(
            seq < func.coalesce(first_kept.scalar_subquery(), newest.scalar_subquery())
        )
    )
    return result.rowcount
