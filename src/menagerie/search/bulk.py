"""Reading many rows fast: as the driver gives them, by batches of ids, or one alone."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select

from menagerie.storage import sql

_BATCH = 500  # ids in one IN (…); databases limit how many parameters a statement has


def raw(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """Return rows as the driver gives them, in half the time of going through SQLAlchemy's."""
    compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(compiled))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def batches(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield the ids in ascending order, as many at a time as one statement takes."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def asked(
    connection: Connection, one: sql.Prepared, many: Select[Any], ids: Sequence[int]
) -> Sequence[Any]:
    """Return the rows of the statement for a single id, as most changes are, or of that for many.

    A list of parameters is put into the text of a statement each time anew.
    """
    if len(ids) == 1:
        return one.all(connection, id=ids[0])
    return connection.execute(many, {"ids": ids}).all()
