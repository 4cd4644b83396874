"""Bring a database to the tables this version of the program knows.

Every start asks whether anything is missing; only when something is, Alembic is loaded (by
`storage.migrating`), which takes longer than all the rest of the question.
"""

from pathlib import Path

from sqlalchemy import inspect, text

from menagerie.errors import Unavailable
from menagerie.storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """Return the newest revision this program knows: the number its file's name begins with."""
    steps = sorted(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    if not steps:
        raise Unavailable("the migrations of this installation are missing; install it again")
    return steps[-1].partition("_")[0]


def current(database: Database) -> str | None:
    """Return the revision the database is at; None while it is empty."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def upgrade(database: Database) -> list[str]:
    """Apply every migration that is missing; return their revisions, oldest first.

    Raises Unavailable when the database is at a revision this program does not know.
    """
    if current(database) == head():
        return []
    from menagerie.storage import migrating  # noqa: PLC0415

    return migrating.apply(database)
