"""The library: its database, files, catalogue, settings, clock and chance; and its transactions.

library = Library(settings)
with library.writing(actor) as tx:
    votes.vote(tx, image_id, 1)
"""

import random
import secrets
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Executable, Row, select
from sqlalchemy.engine import CursorResult

from menagerie.media.pool import DecodePool
from menagerie.once import once
from menagerie.search.catalogue import Catalogue
from menagerie.search.version import Version
from menagerie.settings import Settings
from menagerie.storage import changes, events, schema
from menagerie.storage.blobs import Blobs
from menagerie.storage.database import Database
from menagerie.storage.schema import ChangeKind, EventKind, Role
from menagerie.vision.models import Models

SECOND = 1_000_000  # microseconds
_T = TypeVar("_T")


class Actor(msgspec.Struct, frozen=True):
    """Whoever acts now; an anonymous visitor is one too."""

    role: Role = Role.ANONYMOUS
    account_id: int | None = None
    name: str = ""
    filter_id: int | None = None
    key_id: int | None = None
    session_id: int | None = None
    is_verified: bool = False
    on_behalf_of: str | None = None
    address: str = ""
    fingerprint: str | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether there is an account behind the actor."""
        return self.account_id is not None

    @property
    def is_assistant(self) -> bool:
        """Whether the actor helps to keep order: assistants, moderators, administrators."""
        return self.role in {Role.ASSISTANT, Role.MODERATOR, Role.ADMIN}

    @property
    def is_moderator(self) -> bool:
        """Whether the actor moderates."""
        return self.role in {Role.MODERATOR, Role.ADMIN}

    @property
    def is_admin(self) -> bool:
        """Whether the actor administers the library."""
        return self.role is Role.ADMIN


ANONYMOUS = Actor()
# Jobs and the command line act as the library itself.
SYSTEM = Actor(role=Role.ADMIN, name="system")


class Clock:
    """The time of day; a test passes its own."""

    def now(self) -> int:
        """Return microseconds since 1970, UTC."""
        return time.time_ns() // 1000


class Tx:
    """One transaction by one actor at one moment.

    A reading one opens its connection when first asked, so that a use case which finds everything
    in the catalogue and the caches costs no statement.
    """

    def __init__(
        self,
        library: "Library",
        actor: Actor,
        open_connection: Callable[[], Connection],
        *,
        is_reading: bool = False,
    ) -> None:
        self.library = library
        self.actor = actor
        self.now = library.clock.now()
        self._open = open_connection
        self._changes: dict[tuple[ChangeKind, int, int | None], None] = {}  # ordered, unique
        self._events: dict[tuple[EventKind, int, int | None], None] = {}
        self._after_commit: list[Callable[[], None]] = []
        self._remembered: dict[Hashable, Any] | None = {} if is_reading else None

    @once
    def connection(self) -> Connection:
        """The database connection, inside this transaction."""
        return self._open()

    @once
    def version(self) -> Version:
        """The catalogue as of a moment in this transaction: all that was committed before it."""
        return self.library.catalogue.current()

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, and with it the moment the transaction sees is fixed."""
        return "connection" in self.__dict__

    @property
    def has_changed(self) -> bool:
        """Whether this transaction has changed anything that the catalogue cannot know yet."""
        return bool(self._changes)

    @property
    def now_s(self) -> int:
        """Now, cut to the whole second that public times have, in microseconds UTC."""
        return self.now // SECOND * SECOND

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run `statement`; `parameters` is a mapping, or a list of them for many rows."""
        return self.connection.execute(statement, parameters)

    def one(self, statement: Executable) -> Row[*tuple[Any, ...]] | None:
        """Return the first row or None."""
        return self.connection.execute(statement).first()

    def all(self, statement: Executable) -> list[Row[*tuple[Any, ...]]]:
        """Return every row."""
        return list(self.connection.execute(statement))

    def scalar(self, statement: Executable) -> Any:
        """Return the first column of the first row or None."""
        return self.connection.execute(statement).scalar()

    def remembered(self, key: Hashable, find: Callable[[], _T]) -> _T:
        """Return what `find` gives, in a reading transaction found once for each `key`.

        For rules that several parts of one use case look at: what is read sees one moment. One that
        writes finds it each time.
        """
        if self._remembered is None:
            return find()
        if key not in self._remembered:
            self._remembered[key] = find()
        found: _T = self._remembered[key]
        return found

    def changed(self, kind: ChangeKind, subject_id: int, other_id: int | None = None) -> None:
        """Note for the change log what this transaction changes; see `ChangeKind` for the ids."""
        self._changes[kind, subject_id, other_id] = None

    def happened(self, kind: EventKind, subject_id: int, other_id: int | None = None) -> None:
        """Note for the live feed what happens in this transaction; see `EventKind` for the ids.

        Whoever reads the feed is told only of what everybody may see when it is read.
        """
        self._events[kind, subject_id, other_id] = None

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Call `effect` once the transaction is safe; never when it is rolled back."""
        self._after_commit.append(effect)

    def _append_changes(self) -> None:
        changes.append(self.connection, list(self._changes), now=self.now)
        events.append(self.connection, list(self._events), now=self.now)

    def _settle(self) -> None:
        for effect in self._after_commit:
            effect()


class Library:
    """A library that is open; one per process. Raises Unavailable if a part cannot be reached."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        random_source: random.Random | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.random = random_source or secrets.SystemRandom()
        settings.data_path.mkdir(parents=True, exist_ok=True)
        self.database = Database(settings.effective_database_url)
        self.blobs = Blobs(settings)
        self.catalogue = Catalogue(
            self.database,
            snapshot_path=settings.data_path / "catalogue.snapshot",
            query_timeout_ms=settings.query_timeout,
            sureness=settings.suggestion_threshold / 100,
        )
        self.pool = DecodePool(
            settings.decode_workers or None,
            memory_bytes=settings.decode_memory,
            timeout_s=settings.decode_timeout,
        )
        # What modules of core have read and keep, under names of their own.
        self.caches: dict[str, Any] = {}
        # Signalled after each commit that enqueued a job, so that an idle worker need not poll.
        self.job_wakers: list[Callable[[], None]] = []

    @contextmanager
    def writing(self, actor: Actor) -> Iterator[Tx]:
        """Open a write transaction; everything in the block happens, or nothing."""
        with self.database.write() as connection:
            tx = Tx(self, actor, lambda: connection)
            yield tx
            tx._append_changes()  # noqa: SLF001  # the two halves of one thing
        tx._settle()  # noqa: SLF001

    @contextmanager
    def reading(self, actor: Actor) -> Iterator[Tx]:
        """Open a read transaction; it takes no connection until a statement needs one."""
        with ExitStack() as stack:
            yield Tx(
                self, actor, lambda: stack.enter_context(self.database.read()), is_reading=True
            )

    @cached_property
    def facts(self) -> dict[str, str]:
        """What this library is: `id`, `epoch`, `secret`, `created_at`."""
        with self.database.read() as connection:
            rows = connection.execute(select(schema.facts.c.name, schema.facts.c.value))
            return {row.name: row.value for row in rows}

    @cached_property
    def models(self) -> Models:
        """What looks at pictures; each model is loaded when it is first asked."""
        return Models(self.settings.data_path / "models", self.settings.model_threads)

    def close(self) -> None:
        """Stop the decoding processes and close the database."""
        self.pool.close()
        self.database.close()
