"""Migrations end at `schema.py` exactly, on both databases, whoever starts first."""

import re
import threading

import pytest
from sqlalchemy import create_engine, insert, select, text, update

from menagerie.errors import Unavailable
from menagerie.library import SYSTEM
from menagerie.storage import migrate, migrating, schema
from menagerie.storage.database import Database


def definitions(connection) -> dict[str, list[str]]:
    """The words of each table's and index's SQL, sorted: constraints may come in any order."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    foreign = {"alembic_version", "sqlite_sequence"}
    return {name: sorted(re.split(r"[\s,()\"]+", sql)) for name, sql in rows if name not in foreign}


def test_a_migrated_database_is_what_the_schema_says(library):
    with library.database.read() as connection:
        assert migrating.differences(connection) == []
    assert migrate.current(library.database) == migrate.head()


def test_every_definition_is_the_same_on_sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrate.upgrade(database)
    created = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    schema.metadata.create_all(created)
    # Checks and defaults, which Alembic's comparison does not see, are in these texts.
    with database.read() as ours, created.connect() as theirs:
        assert definitions(ours) == definitions(theirs)
    database.close()
    created.dispose()


def test_migrating_again_changes_nothing(library):
    assert migrate.upgrade(library.database) == []


def test_starters_that_race_migrate_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'raced.db'}"
    applied: list[list[str]] = []

    def start() -> None:
        database = Database(url)
        applied.append(migrate.upgrade(database))
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied, key=len)[:3] == [[], [], []]
    assert len(applied) == 4
    assert len(max(applied, key=len)) >= 1


def test_a_database_of_a_newer_version_is_refused(library):
    with library.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer"):
        migrate.upgrade(library.database)


def test_what_is_there_survives_a_migration(library):
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.facts).values(name="test", value="kept"))
        tx.execute(update(schema.facts).where(schema.facts.c.name == "test").values(value="kept"))
    migrate.upgrade(library.database)
    with library.reading(SYSTEM) as tx:
        chosen = select(schema.facts.c.value).where(schema.facts.c.name == "test")
        assert tx.scalar(chosen) == "kept"
