"""Alembic, configured here in code, so there is no ini file to find.

Everything runs in the one write transaction: two processes that start together queue up, and a
migration that fails leaves nothing behind, on both databases.
"""

from collections.abc import Iterable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from menagerie.errors import Unavailable
from menagerie.storage import schema
from menagerie.storage.database import Database
from menagerie.storage.migrate import MIGRATIONS


def apply(database: Database) -> list[str]:
    """Apply every migration that is missing; return their revisions, oldest first.

    Raises Unavailable when the database is at a revision this program does not know.
    """
    scripts = _scripts()
    applied: list[str] = []

    def steps(revisions: Any, _context: MigrationContext) -> Iterable[Any]:
        _refuse_unknown(scripts, revisions)
        # What `alembic upgrade head` does; there is no public function for it.
        found: list[Any] = scripts._upgrade_revs("head", revisions)  # noqa: SLF001
        applied.extend(step.revision.revision for step in found)
        return found

    with (
        database.write() as connection,
        EnvironmentContext(Config(), scripts, fn=steps) as environment,
    ):
        environment.configure(
            connection=connection,
            target_metadata=schema.metadata,
            # SQLite's data definitions are transactional once the driver keeps its hands off.
            transactional_ddl=True,
        )
        environment.run_migrations()
    return applied


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _refuse_unknown(scripts: ScriptDirectory, revisions: Iterable[str]) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in revisions:
        if revision not in known:
            raise Unavailable(
                f"the database is at revision {revision}, which this version does not know: "
                "it was written by a newer one; install that, or restore a backup"
            )


def differences(connection: Connection) -> list[Any]:
    """Return what `schema.py` has and the database has not, or the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_server_default": False})
    return list(compare_metadata(context, schema.metadata))
