"""Backups: copy a library while it serves, and put a copy back.

A backup is a folder: `manifest.json`, the database (`menagerie.db`, or `menagerie.dump` of
PostgreSQL) and `files/`. The database is copied first, in one consistent state; files are written
before the rows that need them and stay at least a day after, so a later copy has all of them.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import URL, select, update

import menagerie
from menagerie.core import upkeep
from menagerie.errors import Invalid, Unavailable
from menagerie.library import SYSTEM, Library
from menagerie.settings import CONFIG_FILE
from menagerie.storage import migrate, schema

MANIFEST = "manifest.json"
_SQLITE = "menagerie.db"
_POSTGRESQL = "menagerie.dump"
_FILES = "files"


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `files` are (name, size in bytes) of every file; times are µs UTC."""

    version: str
    revision: str
    library_id: str
    database: str
    created_at: int
    files: list[tuple[str, int]]


Progress = Callable[[int], object]


def back_up(library: Library, folder: Path, *, progress: Progress = lambda _n: None) -> Manifest:
    """Copy the library into `folder`, which must be empty or new; readers and writers go on.

    On the same disk files are linked, not copied: they never change. `progress` is called with
    the number of files copied so far. Raises Invalid when the folder is not empty, Unavailable
    when PostgreSQL's `pg_dump` is missing or fails.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Invalid({"folder": [f"{folder} is not empty"]})
    (folder / _FILES).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # password hashes and the library's secret are in it
    created_at = library.clock.now()
    revision = migrate.head()
    if library.database.is_sqlite:
        _copy_sqlite(library.database.url, folder / _SQLITE)
    else:
        flags = ("--format=custom", "--no-owner", f"--file={folder / _POSTGRESQL}")
        _run_postgresql("pg_dump", library.database.url, *flags)
    files = list(_copy_files(library, folder / _FILES, progress))
    config = library.settings.data_path / CONFIG_FILE
    if config.exists():
        shutil.copy2(config, folder / CONFIG_FILE)
    manifest = Manifest(
        version=menagerie.__version__,
        revision=revision,
        library_id=library.facts["id"],
        database=library.database.dialect,
        created_at=created_at,
        files=files,
    )
    # Last: a folder without manifest is a backup that did not finish.
    _write_synced(folder / MANIFEST, msgspec.json.encode(manifest))
    return manifest


def restore(library: Library, folder: Path, *, progress: Progress = lambda _n: None) -> Manifest:
    """Put a backup into an empty library and return what it held.

    The epoch moves on, so that no process goes on with what it knew before. Raises Invalid when
    `folder` is no whole backup, is of another kind of database, or the library is not empty.
    """
    manifest = _read_manifest(folder)
    if manifest.database != library.database.dialect:
        problem = (
            f"holds a {manifest.database} database, and this library uses "
            f"{library.database.dialect}: set MENAGERIE_DATABASE_URL accordingly"
        )
        raise Invalid({"folder": [problem]})
    _require_empty(library)
    _restore_files(library, folder / _FILES, manifest, progress)
    config = library.settings.data_path / CONFIG_FILE
    if (folder / CONFIG_FILE).exists() and not config.exists():
        shutil.copy2(folder / CONFIG_FILE, config)
    if library.database.is_sqlite:
        _restore_sqlite(folder / _SQLITE, library.database.url)
    else:
        flags = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        _run_postgresql("pg_restore", library.database.url, *flags, str(folder / _POSTGRESQL))
    (library.settings.data_path / "catalogue.snapshot").unlink(missing_ok=True)
    upkeep.prepare(library)
    _move_epoch_on(library)
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise Invalid({"folder": [f"{folder} has no {MANIFEST}: it is no whole backup"]}) from error
    except msgspec.DecodeError as error:
        raise Invalid({"folder": [f"{folder / MANIFEST} is damaged: {error}"]}) from error


def _require_empty(library: Library) -> None:
    if migrate.current(library.database) is not None and not upkeep.is_empty(library):
        raise Invalid({"data": ["holds images already; restore into an empty data folder"]})


def _move_epoch_on(library: Library) -> None:
    facts = schema.facts
    with library.writing(SYSTEM) as tx:
        epoch = int(tx.scalar(select(facts.c.value).where(facts.c.name == "epoch")) or 0)
        tx.execute(update(facts).where(facts.c.name == "epoch").values(value=str(epoch + 1)))


# Files.


def _copy_files(library: Library, target: Path, progress: Progress) -> Iterator[tuple[str, int]]:
    for number, blob in enumerate(library.blobs.list(), 1):
        copy = target / blob.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        source = library.blobs.local_path(blob.name)
        if source is None:
            with copy.open("wb") as file:
                for piece in library.blobs.stream(blob.name, 0, blob.size_bytes):
                    file.write(piece)
        else:
            _link_or_copy(source, copy)
        progress(number)
        yield blob.name, blob.size_bytes


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def _restore_files(library: Library, source: Path, manifest: Manifest, progress: Progress) -> None:
    for number, (name, size) in enumerate(manifest.files, 1):
        path = source / name
        if not path.is_file() or path.stat().st_size != size:
            raise Invalid({"folder": [f"{path} is missing or has another size than it had"]})
        library.blobs.put(name, path)
        progress(number)


# Databases.


def _copy_sqlite(url: URL, target: Path) -> None:
    # VACUUM INTO reads one snapshot, never blocks a writer and leaves out what was deleted.
    with closing(sqlite3.connect(str(url.database))) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _restore_sqlite(source: Path, url: URL) -> None:
    """Write the copy through SQLite itself, so that open connections and the WAL stay sound."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(str(url.database))) as target,
    ):
        copy.backup(target)


def _run_postgresql(program: str, url: URL, *words: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise Unavailable(
            f"{program} is not installed: it comes with PostgreSQL's client package, in a version "
            "no older than the server's"
        )
    with _connection_string(url) as connection:
        done = subprocess.run(  # noqa: S603 - our own words
            [path, f"--dbname={connection}", *words], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise Unavailable(f"{program} failed: {done.stderr.strip()[-500:]}")


@contextmanager
def _connection_string(url: URL) -> Iterator[str]:
    """Give the database's address without its password, which every user could read in `ps`."""
    with tempfile.NamedTemporaryFile("w", prefix="menagerie-", suffix=".pgpass") as file:
        escaped = str(url.password or "").replace("\\", "\\\\").replace(":", "\\:")
        file.write(f"*:*:*:*:{escaped}\n")
        file.flush()
        public = url.set(drivername="postgresql", password=None)
        yield public.update_query_dict({"passfile": file.name}).render_as_string(
            hide_password=False
        )


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
