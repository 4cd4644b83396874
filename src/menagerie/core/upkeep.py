"""Keep a library in order: prepare its tables, and what must be done again and again."""

import secrets
import uuid

from sqlalchemy import delete, select

from menagerie import jobs
from menagerie.core import credentials, exports, filters, galleries, quality, sweeping, tags, words
from menagerie.core.animals import loading
from menagerie.core.talk import forums, topics
from menagerie.library import SECOND, SYSTEM, Library, Tx
from menagerie.settings import Settings
from menagerie.storage import changes, events, migrate, schema, sql

_MINUTE, _HOUR = 60, 3600


def prepare(library: Library) -> list[str]:
    """Bring the tables up to date and put in what every library has; return the new revisions.

    Raises Unavailable when the database was written by a newer version.
    """
    applied = migrate.upgrade(library.database)
    with library.reading(SYSTEM) as tx:
        is_new = tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == "id")) is None
    if is_new or applied:
        with library.writing(SYSTEM) as tx:
            _write_facts(tx)
            tags.seed(tx)
            filters.seed(tx)
            words.seed(tx)
            forums.seed(tx)
            galleries.index_all(tx)
    loading.refresh(library)
    return applied


def is_empty(library: Library) -> bool:
    """Tell whether the library never had an image."""
    with library.reading(SYSTEM) as tx:
        return tx.scalar(select(schema.images.c.id).limit(1)) is None


def _write_facts(tx: Tx) -> None:
    """Give the library its identity; one that has one keeps it."""
    values = {
        "id": str(uuid.uuid4()),
        "epoch": "1",
        "secret": secrets.token_hex(32),
        "created_at": str(tx.now),
    }
    rows: list[dict[str, object]] = [{"name": n, "value": v} for n, v in values.items()]
    sql.insert_new(tx.connection, schema.facts, rows)


def periodic(settings: Settings) -> list[jobs.Periodic]:
    """Return what one process of a serving library does again and again."""
    return [
        jobs.Periodic("snapshot", settings.snapshot_minutes * _MINUTE, write_snapshot),
        jobs.Periodic("sweep", 6 * _HOUR, sweeping.sweep),
        jobs.Periodic("trim", _HOUR, trim),
        jobs.Periodic("exports", _HOUR, exports.forget_old),
        jobs.Periodic("measure", 10 * _MINUTE, quality.plan),
    ]


def periodic_everywhere() -> list[jobs.Periodic]:
    """Return what every process that answers requests does again and again."""
    return [
        jobs.Periodic("last use", _MINUTE, credentials.flush_last_used),
        jobs.Periodic("views", _MINUTE, topics.flush_views),
    ]


def write_snapshot(library: Library) -> None:
    """Write the catalogue to disk, so that the next start is quick."""
    library.catalogue.write_snapshot()


def trim(library: Library) -> None:
    """Forget what has run out: old changes and events, sessions, invitations, password resets."""
    now = library.clock.now()
    kept_s = library.settings.change_log_hours * _HOUR
    with library.writing(SYSTEM) as tx:
        changes.trim(tx.connection, before=now - kept_s * SECOND)
        events.trim(tx.connection, before=now - events.DAY)
        for table in (schema.sessions, schema.password_resets):
            tx.execute(delete(table).where(table.c.expires_at < now))
        unused = schema.invitations.c.used_by_id.is_(None)
        tx.execute(delete(schema.invitations).where(unused, schema.invitations.c.expires_at < now))
