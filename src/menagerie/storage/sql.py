"""The few constructs that differ by database, both forms side by side."""

import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    Text,
    any_,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

_GLOB = re.compile(r"[*?\[]")
_LIKE = re.compile(r"[\\%_]")


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which the generic one does not."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert `rows`, leaving out those whose key is there already.

    How many were new the drivers do not say alike, so neither does this.
    """
    if rows:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), list(rows))


class Prepared:
    """A statement that is run by the driver itself, without what SQLAlchemy adds each time.

    For the few that every process runs after every change, in a third of the time. Rows are as the
    driver gives them: what is true may be 1.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any], Sequence[str] | None]] = {}

    def all(self, connection: Connection, **parameters: object) -> list[tuple[Any, ...]]:
        """Return every row; `parameters` are those the statement names."""
        found = self._compiled.get(connection.dialect.name) or self._compile(connection)
        text, constants, places = found
        values = {**constants, **parameters}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values if places is None else [values[name] for name in places])
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _compile(self, connection: Connection) -> tuple[str, dict[str, Any], Sequence[str] | None]:
        compiled: Any = self._statement.compile(connection)
        constants = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in compiled.params.items()
        }
        found = str(compiled), constants, compiled.positiontup
        self._compiled[connection.dialect.name] = found
        return found


def skip_ids(connection: Connection, table: Table, *, last: int) -> None:
    """Let the next id of `table` come after `last`, which is no lower than any in it."""
    if connection.dialect.name == "postgresql":
        text = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"
    else:
        text = f"UPDATE sqlite_sequence SET seq = {last} WHERE name = '{table.name}'"
    connection.exec_driver_sql(text)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert `rows`, replacing the other columns of those whose primary key is there already."""
    keys = [column.name for column in table.primary_key]
    for row in rows:
        statement = insert(connection, table).values(row)
        replaced = {name: value for name, value in row.items() if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=replaced))


def integrity_problems(connection: Connection) -> list[str]:
    """Return what the database finds wrong with itself; PostgreSQL watches that on its own."""
    if connection.dialect.name != "sqlite":
        return []
    checked = connection.exec_driver_sql("PRAGMA quick_check(20)").scalars()
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [text for text in checked if text != "ok"] + [
        f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}" for row in dangling
    ]


def size_bytes(connection: Connection) -> int:
    """Return about how much room the database takes on disk."""
    if connection.dialect.name == "sqlite":
        text = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        text = "SELECT pg_database_size(current_database())"
    return int(connection.exec_driver_sql(text).scalar_one())


def byte_length(connection: Connection, column: ColumnElement[str]) -> ColumnElement[int]:
    """Return how many bytes a text has in UTF-8."""
    if connection.dialect.name == "sqlite":
        return func.length(cast(column, LargeBinary))
    return func.octet_length(column)


def fits(
    connection: Connection, column: ColumnElement[str], pattern: Iterable[str | Enum]
) -> ColumnElement[bool]:
    """Return the condition that a whole text fits literal runs and holes, case by case.

    A hole is a member of an enumeration, its value `*` (any run) or `?` (exactly one character).
    SQLite's LIKE takes A for a, hence its GLOB.
    """
    parts = list(pattern)
    if connection.dialect.name == "sqlite":
        text = "".join(_GLOB.sub(r"[\g<0>]", p) if isinstance(p, str) else p.value for p in parts)
        return column.op("GLOB", is_comparison=True)(literal(text, Text))
    holes = {"*": "%", "?": "_"}
    text = "".join(
        _LIKE.sub(r"\\\g<0>", p) if isinstance(p, str) else holes[p.value] for p in parts
    )
    return column.like(literal(text, Text), escape="\\")


def among(
    connection: Connection, column: ColumnElement[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Return the condition that a number is among `ids`, of which there may be very many."""
    ids = list(ids)
    if len(ids) == 1:
        return column == ids[0]  # as mostly, and building the rest costs more than running it
    if connection.dialect.name == "sqlite":
        # One parameter, where IN (?, ?, …) would need as many as there are ids.
        listed = literal(json.dumps(ids), Text)
        each = func.json_each(listed).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(literal(ids, postgresql.ARRAY(BigInteger)))
