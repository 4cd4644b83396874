"""The log of what staff do, apart from `moderation` so that every module can write into it.

What changes rows in a way that can be undone is watched: the rows are read before and after, and
the log keeps what became of them, from which `staff.undo` finds the way back.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, func, insert, select, update

from menagerie.library import Tx
from menagerie.storage import schema

MOST_ROWS = 50_000
"""How many rows of one table may be watched; an act on more cannot be undone."""

MOST_BYTES = 8_000_000
"""How long a journal may be as JSON."""

Values = tuple[Any, ...]


class Watched(msgspec.Struct, frozen=True):
    """Rows of a table that an act may change, and which columns of them; none named: all.

    Columns that are counted from other rows are better left out: others change them meanwhile.
    """

    table: Table
    where: ColumnElement[bool]
    columns: tuple[str, ...] = ()


class Journal(msgspec.Struct, frozen=True):
    """What became of rows of one table: pairs of values before and after, in `columns`.

    None before means that the row was made, None after that it was deleted.
    """

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Values | None, Values | None], ...]


class Watch:
    """Rows as they were before an act; `journal` says what became of them."""

    def __init__(self, tx: Tx, watched: Sequence[Watched]) -> None:
        self._watched = watched
        self._before = [_read(tx, one) for one in watched]

    def journal(self, tx: Tx) -> list[Journal] | None:
        """Return what changed since, table by table; None if that were too much to keep."""
        found = []
        for one, before in zip(self._watched, self._before, strict=True):
            after = _read(tx, one)
            if before is None or after is None:
                return None
            keys = [key for key in before if after.get(key) != before[key]]
            rows: list[tuple[Values | None, Values | None]]
            rows = [(before[key], after.get(key)) for key in keys]
            rows += [(None, values) for key, values in after.items() if key not in before]
            if rows:
                found.append(Journal(str(one.table.name), _columns(one), tuple(rows)))
        return found


def _columns(one: Watched) -> tuple[str, ...]:
    """Return the key and the columns watched, each once."""
    # Plain texts, which SQLAlchemy's names are not to whoever encodes them.
    keys = [str(column.name) for column in one.table.primary_key]
    others = one.columns or [str(column.name) for column in one.table.c]
    return tuple(dict.fromkeys((*keys, *others)))


def _read(tx: Tx, one: Watched) -> dict[Values, Values] | None:
    """Return rows by their keys, or None if there are too many."""
    key_length = len(one.table.primary_key)
    columns = [one.table.c[name] for name in _columns(one)]
    rows = tx.all(select(*columns).where(one.where).limit(MOST_ROWS + 1))
    return {tuple(r[:key_length]): tuple(r) for r in rows} if len(rows) <= MOST_ROWS else None


def watch(tx: Tx, *watched: Watched) -> Watch:
    """Read the rows that an act is about to change; `note` takes what this returns."""
    return Watch(tx, watched)


def watch_row(tx: Tx, table: Table, row_id: int, *columns: str) -> Watch:
    """Watch columns of one row, by its id."""
    return watch(tx, Watched(table, table.c.id == row_id, columns))


TOO_LARGE = "too large"
"""What the journal holds instead of rows when there were too many."""


def note(
    tx: Tx,
    action: str,
    subject_kind: str,
    subject_id: int,
    *,
    reason: str = "",
    details: dict[str, object] | None = None,
    before: Watch | None = None,
    journal: Sequence[Journal] = (),
    with_ids: Iterable[int] = (),
) -> int:
    """Write an act of moderation into the log and return its id; `moderation.log` reads it.

    `before` is what `watch` returned before the act; who knows what changed gives the `journal`
    itself. `with_ids` are other entries that belong to
    it and are undone with it.
    """
    details = dict(details or {})
    if with_ids := list(with_ids):
        details["with"] = with_ids
    made = tx.execute(
        insert(schema.moderation_log)
        .values(
            account_id=tx.actor.account_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            reason=reason,
            details=msgspec.json.encode(details).decode() if details else "",
            journal=_written(list(journal) if before is None else before.journal(tx)),
            created_at=tx.now_s,
        )
        .returning(schema.moderation_log.c.id)
    )
    return int(made.scalar_one())


def _written(journal: list[Journal] | None) -> str:
    if not journal:
        return "" if journal is not None else TOO_LARGE
    text = msgspec.json.encode(journal).decode()
    return text if len(text) <= MOST_BYTES else TOO_LARGE


def extend(tx: Tx, entry_id: int, *, details: dict[str, object], before: Watch) -> None:
    """Let an entry tell of more that the same act has changed; `details` take the old ones' place.

    Once there is too much, the entry can no longer be undone.
    """
    row = schema.moderation_log.c
    more = before.journal(tx)
    was_too_large = tx.scalar(select(row.journal).where(row.id == entry_id)) == TOO_LARGE
    whole = None if more is None or was_too_large else read_journal(tx, entry_id) + more
    text = msgspec.json.encode(details).decode()
    grown = update(schema.moderation_log).where(row.id == entry_id)
    tx.execute(grown.values(details=text, journal=_written(whole)))


def read_journal(tx: Tx, entry_id: int) -> list[Journal]:
    """Return what an act changed, table by table, as far as that was kept."""
    row = schema.moderation_log.c
    text = tx.scalar(select(row.journal).where(row.id == entry_id))
    if not text or text == TOO_LARGE:
        return []
    return msgspec.json.decode(text, type=list[Journal])


def newest(tx: Tx) -> int:
    """Return the id of the newest entry, 0 while there is none."""
    return int(tx.scalar(select(func.max(schema.moderation_log.c.id))) or 0)


def since(tx: Tx, entry_id: int) -> list[int]:
    """Return the ids of the entries after one, in order: what an act wrote on its way."""
    row = schema.moderation_log.c
    return [found for (found,) in tx.all(select(row.id).where(row.id > entry_id).order_by(row.id))]
