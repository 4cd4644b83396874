"""Jobs: work that is written down in the transaction that needs it and done afterwards.

A job is a row: a kind, and a JSON payload with the arguments of the function registered for it.
Functions take `(library, **payload)`, run outside any transaction and must be idempotent: a job
runs again when its process dies. A claim is a conditional UPDATE, so any number of threads,
processes and machines may work on one database.

    jobs.enqueue(tx, "images.render", {"image_id": 7})

    worker = jobs.Worker(library, {"images.render": images.render}, threads=2)
    worker.start()
    ...
    worker.stop()
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from menagerie.library import SECOND, SYSTEM, Library, Tx
from menagerie.storage.schema import jobs as table

MAX_ATTEMPTS = 6
# A process that dies leaves its jobs to others after this long; living ones keep extending it.
LEASE_S = 60
FIRST_RETRY_S = 5
LONGEST_RETRY_S = 3600
ERROR_LENGTH = 2000

_log = structlog.get_logger(__name__)

Handler = Callable[..., None]


class Counts(msgspec.Struct, frozen=True):
    """How many jobs wait, run and were given up, and how long the oldest due one has waited."""

    waiting: int
    running: int
    failed: int
    oldest_wait_s: float


class FailedJob(msgspec.Struct, frozen=True):
    """A job that was given up, for a person to look at."""

    id: int
    kind: str
    payload: str
    attempts: int
    error: str
    failed_at: int


class Periodic(NamedTuple):
    """A function of the library that is called every `every_s` seconds."""

    name: str
    every_s: float
    function: Callable[[Library], object]


class Claim(NamedTuple):
    """A job that another one took along, and by which name."""

    id: int
    holder: str
    payload: dict[str, Any]


class _Job(NamedTuple):
    id: int
    kind: str
    payload: str
    attempts: int


class _Outcome(NamedTuple):
    """How a job ended: no error means done."""

    job: _Job
    error: str | None


def enqueue(
    tx: Tx, kind: str, payload: Mapping[str, object], *, run_after: int | None = None
) -> None:
    """Write a job down; it runs after the transaction commits, not before `run_after` (µs UTC)."""
    text = msgspec.json.encode(payload).decode()
    tx.execute(
        insert(table).values(
            kind=kind, payload=text, run_after=run_after or tx.now, created_at=tx.now
        )
    )
    for wake in tx.library.job_wakers:
        tx.after_commit(wake)


def take_along(tx: Tx, kind: str, limit: int) -> list[Claim]:
    """Claim other jobs of a kind that are due, for one that does many at once in the time of few.

    Only such as nobody has tried yet: what fails together is then tried again one by one. The
    caller must `finish` them together with what they did, or `release` them; if its process dies,
    others run them once the claim has run out.
    """
    rows = tx.all(
        select(table.c.id, table.c.payload)
        .where(
            table.c.kind == kind,
            table.c.attempts == 0,
            table.c.failed_at.is_(None),
            table.c.run_after <= tx.now,
            table.c.claimed_until.is_(None),
        )
        .order_by(table.c.run_after, table.c.id)
        .limit(limit)
    )
    if not rows:
        return []
    holder = f"batch {uuid.uuid4().hex}"
    tx.execute(
        update(table)
        .where(table.c.id.in_([row.id for row in rows]))
        .values(attempts=1, claimed_by=holder, claimed_until=tx.now + LEASE_S * SECOND)
    )
    return [Claim(row.id, holder, msgspec.json.decode(row.payload)) for row in rows]


def finish(tx: Tx, claims: Sequence[Claim]) -> None:
    """Forget jobs that were taken along and are done, unless others have them by now."""
    if claims:
        tx.execute(table.delete().where(_of(claims)))


def release(tx: Tx, claims: Sequence[Claim]) -> None:
    """Give back jobs that were taken along and are not done; they run again, each by itself."""
    if claims:
        tx.execute(update(table).where(_of(claims)).values(claimed_by=None, claimed_until=None))
        for wake in tx.library.job_wakers:
            tx.after_commit(wake)


def _of(claims: Sequence[Claim]) -> ColumnElement[bool]:
    holders = {claim.holder for claim in claims}
    return and_(table.c.id.in_([claim.id for claim in claims]), table.c.claimed_by.in_(holders))


def counts(tx: Tx) -> Counts:
    """Count the jobs by what they are doing."""
    is_open = table.c.failed_at.is_(None)
    is_running = table.c.claimed_until > tx.now
    row = tx.execute(
        select(
            func.count().filter(is_open, or_(table.c.claimed_until.is_(None), ~is_running)),
            func.count().filter(is_open, is_running),
            func.count().filter(~is_open),
            func.min(table.c.run_after).filter(is_open, table.c.claimed_until.is_(None)),
        )
    ).one()
    waiting, running, given_up, oldest = tuple(row)
    wait_s = max(0, tx.now - oldest) / SECOND if oldest is not None else 0.0
    return Counts(waiting=waiting, running=running, failed=given_up, oldest_wait_s=wait_s)


def failed(tx: Tx, *, limit: int = 100) -> list[FailedJob]:
    """Return the jobs that were given up, newest first."""
    columns = (table.c[name] for name in FailedJob.__struct_fields__)
    rows = tx.all(
        select(*columns)
        .where(table.c.failed_at.is_not(None))
        .order_by(table.c.failed_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [FailedJob(*tuple(row)) for row in rows]


def retry_failed(tx: Tx) -> int:
    """Give every job that was given up another series of attempts; return how many."""
    result = tx.execute(
        update(table)
        .where(table.c.failed_at.is_not(None))
        .values(failed_at=None, attempts=0, run_after=tx.now, claimed_by=None, claimed_until=None)
    )
    for wake in tx.library.job_wakers:
        tx.after_commit(wake)
    return result.rowcount


def retry_delay_s(attempts: int) -> int:
    """Return how long to wait after the attempt with this number, counted from 1.

    >>> [retry_delay_s(n) for n in (1, 2, 3, 20)]
    [5, 20, 80, 3600]
    """
    return min(LONGEST_RETRY_S, FIRST_RETRY_S * int(4 ** min(attempts - 1, 10)))


class Worker:
    """Threads that run the jobs of a library, and its periodic functions.

    `handlers` maps a kind to its function; jobs of other kinds are left to other workers.
    `periodic` functions run in a thread of their own; an exception in one is logged.
    """

    def __init__(
        self,
        library: Library,
        handlers: Mapping[str, Handler],
        *,
        threads: int,
        periodic: Sequence[Periodic] = (),
        poll_s: float = 0.25,
    ) -> None:
        self._library = library
        self._handlers = dict(handlers)
        self._thread_count = threads
        self._periodic = tuple(periodic)
        self._poll_s = poll_s
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._stopping = threading.Event()
        self._work = threading.Condition()
        self._signals = 0
        self._running: set[int] = set()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads. They are daemons: a stuck job cannot keep the process alive."""
        self._library.job_wakers.append(self._wake)
        targets = [("job", self._work_until_stopped)] * self._thread_count
        if self._thread_count:
            targets.append(("job-lease", self._extend_until_stopped))
        if self._periodic:
            targets.append(("upkeep", self._keep_up_until_stopped))
        self._threads = [
            threading.Thread(target=target, name=f"{name}-{number}", daemon=True)
            for number, (name, target) in enumerate(targets, 1)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Let running jobs end and return whether all did; the others run again elsewhere."""
        self._stopping.set()
        self._wake()
        if self._wake in self._library.job_wakers:
            self._library.job_wakers.remove(self._wake)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def run_pending(self) -> int:
        """Run every job that is due, in this thread, and return how many ran."""
        ran = 0
        outcome: _Outcome | None = None
        while job := self._settle_and_claim(outcome):
            outcome = self._run(job)
            ran += 1
        return ran

    def _wake(self) -> None:
        with self._work:
            self._signals += 1
            self._work.notify_all()

    def _work_until_stopped(self) -> None:
        seen = -1
        outcome: _Outcome | None = None
        while True:
            # Read before looking for a job: a signal after the look must not be missed.
            signals = self._signals
            try:
                job = self._settle_and_claim(outcome)
            except Exception:  # noqa: BLE001 - the database is away: log it, wait, try again
                _log.exception("jobs are unreachable")
                self._stopping.wait(5)
                job = None
            else:
                outcome = None
            if job is not None:
                outcome = self._run(job)
            elif self._stopping.is_set():
                return
            else:
                seen = self._wait_for_work(signals, seen)

    def _wait_for_work(self, signals: int, version: int) -> int:
        """Wait until something may be due; return the database's version seen last.

        Other processes cannot signal this one. On SQLite the version number is nearly free to
        look at, so only a change or five quiet seconds lead to a query; on PostgreSQL the query
        is cheap and made every poll.
        """
        patience = time.monotonic() + 5
        while not self._stopping.is_set() and time.monotonic() < patience:
            with self._work:
                if self._signals != signals or self._work.wait(self._poll_s):
                    return version
            now = self._library.database.version()
            if now is None or now != version:
                return now or 0
        return version

    def _settle_and_claim(self, outcome: _Outcome | None) -> _Job | None:
        """Write down how the last job ended and claim the next, in one transaction (one fsync)."""
        if outcome is None and not self._is_any_due():
            return None
        with self._library.writing(SYSTEM) as tx:
            if outcome is not None:
                self._settle(tx, outcome)
            job = None if self._stopping.is_set() else self._claim(tx)
        if outcome is not None:
            self._running.discard(outcome.job.id)
        if job is not None:
            self._running.add(job.id)
        return job

    def _due(self, now: int) -> Any:
        return (
            select(table.c.id, table.c.kind, table.c.payload, table.c.attempts)
            .where(
                table.c.failed_at.is_(None),
                table.c.run_after <= now,
                table.c.kind.in_(list(self._handlers)),
                or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now),
            )
            .order_by(table.c.run_after, table.c.id)
            .limit(1)
        )

    def _is_any_due(self) -> bool:
        """Look without the write lock, so that idle workers never stand in a writer's way."""
        with self._library.reading(SYSTEM) as tx:
            return tx.one(self._due(tx.now)) is not None

    def _claim(self, tx: Tx) -> _Job | None:
        row = tx.one(self._due(tx.now))
        if row is None:
            return None
        job = _Job(row.id, row.kind, row.payload, row.attempts + 1)
        claimed = tx.execute(
            update(table)
            .where(
                table.c.id == job.id,
                or_(table.c.claimed_until.is_(None), table.c.claimed_until <= tx.now),
            )
            .values(
                attempts=job.attempts,
                claimed_by=self._name,
                claimed_until=tx.now + LEASE_S * SECOND,
            )
        )
        return job if claimed.rowcount == 1 else None

    def _settle(self, tx: Tx, outcome: _Outcome) -> None:
        job, error = outcome
        mine = (table.c.id == job.id) & (table.c.claimed_by == self._name)
        if error is None:
            tx.execute(table.delete().where(mine))
            return
        gives_up = job.attempts >= MAX_ATTEMPTS
        tx.execute(
            update(table)
            .where(mine)
            .values(
                error=error[:ERROR_LENGTH],
                failed_at=tx.now if gives_up else None,
                run_after=tx.now + retry_delay_s(job.attempts) * SECOND,
                claimed_by=None,
                claimed_until=None,
            )
        )

    def _run(self, job: _Job) -> _Outcome:
        log = _log.bind(job=job.id, kind=job.kind, attempt=job.attempts)
        if job.attempts > MAX_ATTEMPTS:  # it took its process down every time
            return _Outcome(job, "its process died in every attempt")
        started = time.perf_counter()
        try:
            self._handlers[job.kind](self._library, **msgspec.json.decode(job.payload))
        except Exception as error:  # whatever a job raises is its own failure
            log.exception("job failed")
            return _Outcome(job, f"{type(error).__name__}: {error}")
        log.debug("job done", took_ms=round((time.perf_counter() - started) * 1000, 1))
        return _Outcome(job, None)

    def _extend_until_stopped(self) -> None:
        """Extend the leases of jobs that run long, a last time when the worker is told to stop."""
        while True:
            self._stopping.wait(LEASE_S / 3)
            running = list(self._running)
            if running:
                try:
                    self._extend(running)
                except Exception:  # noqa: BLE001 - the next round is well before the lease ends
                    _log.exception("leases of jobs could not be extended")
            if self._stopping.is_set():
                return

    def _extend(self, running: Sequence[int]) -> None:
        with self._library.writing(SYSTEM) as tx:
            tx.execute(
                update(table)
                .where(table.c.id.in_(running), table.c.claimed_by == self._name)
                .values(claimed_until=tx.now + LEASE_S * SECOND)
            )

    def _keep_up_until_stopped(self) -> None:
        due = {one.name: time.monotonic() + one.every_s for one in self._periodic}
        while not self._stopping.is_set():
            for one in self._periodic:
                if time.monotonic() >= due[one.name] and not self._stopping.is_set():
                    self._keep_up(one)
                    due[one.name] = time.monotonic() + one.every_s
            self._stopping.wait(max(0.05, min(due.values()) - time.monotonic()))

    def _keep_up(self, one: Periodic) -> None:
        try:
            one.function(self._library)
        except Exception:  # noqa: BLE001 - upkeep tries again the next time
            _log.exception("upkeep failed", task=one.name)
