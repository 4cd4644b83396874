"""Reversing: rows that an act changed and nobody since are put back as they were.

What somebody has changed since is left alone, and counted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, insert, select, update

from menagerie.core.staff_log import Journal, Values
from menagerie.library import Tx
from menagerie.storage import schema, sql


def reverse(tx: Tx, journal: Journal) -> tuple[Journal, int]:
    """Put rows of one table back; return the journal of that, and how many were left alone."""
    table = schema.metadata.tables[journal.table]
    width = len(table.primary_key)
    there = _current(tx, table, journal.columns, [_key(pair, width) for pair in journal.rows])
    fits = [pair for pair in journal.rows if _is_untouched(pair, there.get(_key(pair, width)))]
    orphans = _orphans(
        tx, table, journal.columns, [old for old, new in fits if new is None and old]
    )
    fits = [pair for pair in fits if pair[0] is None or pair[0] not in orphans]
    # In this order, or a key that moved would be taken still.
    _delete(tx, table, journal.columns, [new for old, new in fits if old is None and new])
    for old, new in fits:
        if old is not None and new is not None:
            _update(tx, table, journal.columns, old, new)
    made = [dict(zip(journal.columns, old, strict=True)) for old, new in fits if old and not new]
    if made:
        tx.execute(insert(table), made)
    turned = tuple((new, old) for old, new in fits)
    return Journal(journal.table, journal.columns, turned), len(journal.rows) - len(fits)


def _key(pair: tuple[Values | None, Values | None], width: int) -> Values:
    values = pair[0] or pair[1] or ()
    return values[:width]


def _current(
    tx: Tx, table: Table, columns: Sequence[str], keys: Sequence[Values]
) -> dict[Values, Values]:
    """Return the rows of these keys as they are now, and maybe some more."""
    near = [
        sql.among(tx.connection, column, {key[place] for key in keys})
        for place, column in enumerate(table.primary_key)
        # Numbers narrow it down enough; keys of text are compared afterwards.
        if column.type.python_type is int
    ]
    rows = tx.all(select(*(table.c[name] for name in columns)).where(*near))
    width = len(table.primary_key)
    return {tuple(row[:width]): tuple(row) for row in rows}


def _is_untouched(pair: tuple[Values | None, Values | None], now: Values | None) -> bool:
    """Tell whether what the act changed in a row is still as it left it."""
    old, new = pair
    if new is None or now is None:
        return new is None and now is None
    if old is None:
        return now == new
    return all(n == kept for o, n, kept in zip(old, new, now, strict=True) if o != n)


def _orphans(tx: Tx, table: Table, columns: Sequence[str], rows: Sequence[Values]) -> set[Values]:
    """Return the rows that refer to something that is no more."""
    found: set[Values] = set()
    for place, name in enumerate(columns):
        for foreign in table.c[name].foreign_keys:
            wanted = {row[place] for row in rows if row[place] is not None}
            key: Any = foreign.column
            if wanted and key.type.python_type is int:
                there = select(key).where(sql.among(tx.connection, key, wanted))
                missing = wanted - set(tx.execute(there).scalars())
                found.update(row for row in rows if row[place] in missing)
    return found


def _delete(tx: Tx, table: Table, columns: Sequence[str], rows: Iterable[Values]) -> None:
    names = [column.name for column in table.primary_key]
    keys = [{f"key_{n}": row[columns.index(n)] for n in names} for row in rows]
    if keys:
        own = and_(*(table.c[name] == bindparam(f"key_{name}") for name in names))
        tx.execute(delete(table).where(own), keys)


def _update(tx: Tx, table: Table, columns: Sequence[str], old: Values, new: Values) -> None:
    width = len(table.primary_key)
    own = and_(*(c == value for c, value in zip(table.primary_key, old[:width], strict=True)))
    pairs = zip(columns, old, new, strict=True)
    values = {name: before for name, before, after in pairs if before != after}
    tx.execute(update(table).where(own).values(values))
