"""Engines and connections: SQLite as a server's database, or PostgreSQL, behind one door.

Both write one transaction at a time: SQLite because `BEGIN IMMEDIATE` says so, PostgreSQL because
`write` takes an advisory lock first. That makes rules which read before they write safe without
retries, and the change log's order the order of commits. Write transactions are short (no decode,
no network), so the queue is too.
"""

import errno
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from menagerie.errors import Unavailable

BUSY_TIMEOUT_S = 30
# Any number will do, as long as every process of a library uses the same one.
_WRITER_LOCK = 0x4D454E41


class Database:
    """The database behind `url`; safe to share between threads, not between forks."""

    def __init__(self, url: str, *, readers: int = 16) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer_lock = threading.Lock()
        self._watch: _DataVersion | None = None
        self._log_end: _LogEnd | None = None
        if self.is_sqlite:
            self._open_sqlite(readers)
        else:
            self._reader = self._writer = _open_postgresql(self.url, readers)
            self._log_end = _LogEnd(self._reader)

    def _open_sqlite(self, readers: int) -> None:
        path = self.url.database
        if not path or path == ":memory:":
            raise Unavailable("the database must be a file: set MENAGERIE_DATABASE_URL")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._writer = _sqlite_engine(self.url, 1, writes=True)
        self._reader = _sqlite_engine(self.url, readers, writes=False)
        self._watch = _DataVersion(path)

    @property
    def dialect(self) -> str:
        """The database's name: `sqlite` or `postgresql`."""
        return "sqlite" if self.is_sqlite else "postgresql"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one write transaction; commit when the block ends, roll back when it raises."""
        if self.is_sqlite:
            # The lock lets threads of this process queue fairly; the busy handler only polls.
            with self._writer_lock, self._writer.begin() as connection:
                yield connection
        else:
            with self._writer.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _WRITER_LOCK})
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction that sees one consistent state."""
        with self._reader.connect() as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(
                    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                )
            yield connection

    def version(self) -> int | None:
        """Return a number that changes when anybody commits, or None if only reading can tell.

        SQLite's `data_version` means something only within one connection that never writes, so
        one is kept for this alone. It costs about 3 µs.
        """
        return self._watch.read() if self._watch is not None else None

    def marker(self) -> object:
        """Return a value that is another one once anybody has committed to the change log.

        On SQLite any commit makes it another one. It costs some microseconds, on PostgreSQL about
        as much as one round trip.
        """
        return self.version() if self._log_end is None else self._log_end.read()

    def close(self) -> None:
        """Close every connection."""
        if self._watch is not None:
            self._watch.close()
        if self._log_end is not None:
            self._log_end.close()
        self._reader.dispose()
        self._writer.dispose()


class _DataVersion:
    """The connection that only ever asks for `data_version`."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=BUSY_TIMEOUT_S
        )
        self._cursor = self._connection.cursor()

    def read(self) -> int:
        with self._lock:
            row: tuple[int] = self._cursor.execute("PRAGMA data_version").fetchone()
            return row[0]

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class _LogEnd:
    """The PostgreSQL connection that only ever asks where the change log ends.

    It commits each statement by itself, so that every one sees all that is committed, and asks the
    driver directly, which takes a third of the time.
    """

    _ASK = "SELECT max(seq), (SELECT value FROM facts WHERE name = 'epoch') FROM changes"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def read(self) -> object:
        with self._lock:
            try:
                return self._ask()
            except self._engine.dialect.loaded_dbapi.OperationalError:
                # The server has restarted, or somebody cut the line: once more on a new one.
                self._let_go()
                return self._ask()

    def _ask(self) -> object:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.detach()
        driver: Any = self._connection.connection.dbapi_connection  # detached: no record of it
        return driver.execute(self._ASK, prepare=True).fetchone()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _sqlite_engine(url: URL, size: int, *, writes: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0 if writes else size,
        pool_timeout=BUSY_TIMEOUT_S,
        # The driver must not open transactions of its own: "begin" below does.
        connect_args={
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_S,
            "check_same_thread": False,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        pragmas = [
            "journal_mode=WAL",
            "synchronous=FULL",  # what was acknowledged survives power loss
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "mmap_size=268435456",
            "cache_size=-16000",
        ]
        if not writes:
            pragmas.append("query_only=ON")
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.DatabaseError as error:
            if "not a database" not in str(error) and "malformed" not in str(error):
                raise
            raise Unavailable(
                f"the database {url.database} is damaged; restore a backup"
            ) from error

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgresql(url: URL, readers: int) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=readers,
            max_overflow=readers,
            pool_pre_ping=True,
            pool_timeout=BUSY_TIMEOUT_S,
        )
    except ModuleNotFoundError as error:
        raise Unavailable(
            "PostgreSQL needs its driver: pip install 'menagerie[postgresql]'"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Tell whether `error` says that the disk has no room left to write, or cannot be written."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
    if not isinstance(error, DBAPIError):
        return False
    words = str(error.orig).lower()
    # A full disk is an "I/O error" where SQLite extends the files beside the database.
    signs = ("disk is full", "no space left", "disk i/o error", "readonly database")
    return any(sign in words for sign in signs)
