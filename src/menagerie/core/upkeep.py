"""Keep a library in order: prepare it, sweep, trim, check, back up and restore."""

import secrets
import uuid

from sqlalchemy import select

from menagerie.core import filters, tags
from menagerie.library import SYSTEM, Library, Tx
from menagerie.storage import migrate, schema, sql


def prepare(library: Library) -> list[str]:
    """Bring the tables up to date and put in what every library has; return the new revisions.

    Raises Unavailable when the database was written by a newer version.
    """
    applied = migrate.upgrade(library.database)
    with library.writing(SYSTEM) as tx:
        if tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == "id")) is None:
            _write_facts(tx)
        tags.seed(tx)
        filters.seed(tx)
    return applied


def _write_facts(tx: Tx) -> None:
    values = {
        "id": str(uuid.uuid4()),
        "epoch": "1",
        "secret": secrets.token_hex(32),
        "created_at": str(tx.now),
    }
    rows: list[dict[str, object]] = [{"name": n, "value": v} for n, v in values.items()]
    sql.insert_new(tx.connection, schema.facts, rows)
