"""How the library is: what it holds, how much room that takes, its jobs, and its last check."""

import shutil
from typing import Any

import msgspec
from sqlalchemy import func, select

from menagerie import jobs
from menagerie.core import checks, rights
from menagerie.library import SYSTEM, Library, Tx
from menagerie.storage import migrate, schema, sql

CHECK = "check"
"""The job that checks the library, as `menagerie check` does."""
_CHECKED = "last_check"


class Checked(msgspec.Struct, frozen=True):
    """What the last check found; `at` is in microseconds UTC."""

    at: int
    problems: list[str]
    counts: dict[str, int]


class Overview(msgspec.Struct, frozen=True):
    """The state of a library; sizes in bytes, times in microseconds UTC."""

    version: str | None
    """Revision of the database's tables."""
    is_current: bool
    created_at: int
    image_count: int
    searchable_count: int
    account_count: int
    file_count: int
    file_bytes: int
    """Of the originals."""
    database_bytes: int
    free_bytes: int
    """Where the data folder is."""
    disk_bytes: int
    catalogue_seq: int
    job_counts: jobs.Counts
    jobs_by_kind: tuple[tuple[str, int], ...]
    failed: tuple[jobs.FailedJob, ...]
    is_check_running: bool
    checked: Checked | None


def read(tx: Tx) -> Overview:
    """Return how the library is; some ten statements. Raises Unauthenticated or Forbidden."""
    rights.require_admin(tx)
    blob, job = schema.blobs.c, schema.jobs.c
    in_use = select(func.count(), func.coalesce(func.sum(blob.size_bytes), 0))
    files: tuple[Any, ...] = tuple(tx.execute(in_use.where(blob.image_count > 0)).one())
    kinds = tx.all(select(job.kind, func.count()).where(job.failed_at.is_(None)).group_by(job.kind))
    disk = shutil.disk_usage(tx.library.settings.data_path)
    version = migrate.current(tx.library.database)
    return Overview(
        version=version,
        is_current=version == migrate.head(),
        created_at=int(tx.library.facts["created_at"]),
        image_count=_count(tx, schema.images),
        searchable_count=len(tx.version.live),
        account_count=_count(tx, schema.accounts),
        file_count=int(files[0]),
        file_bytes=int(files[1]),
        database_bytes=sql.size_bytes(tx.connection),
        free_bytes=disk.free,
        disk_bytes=disk.total,
        catalogue_seq=tx.version.seq,
        job_counts=jobs.counts(tx),
        jobs_by_kind=tuple(sorted((kind, count) for kind, count in kinds)),
        failed=tuple(jobs.failed(tx)),
        is_check_running=any(kind == CHECK for kind, _ in kinds),
        checked=_last(tx),
    )


def _count(tx: Tx, table: Any) -> int:
    return int(tx.scalar(select(func.count()).select_from(table)))


def _last(tx: Tx) -> Checked | None:
    row = schema.facts.c
    text = tx.scalar(select(row.value).where(row.name == _CHECKED))
    return msgspec.json.decode(text, type=Checked) if text else None


def retry_jobs(tx: Tx) -> int:
    """Give every job that was given up another series of attempts; return how many.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_admin(tx)
    return jobs.retry_failed(tx)


def ask_for_check(tx: Tx) -> None:
    """Let the library be checked in the background, unless that is under way.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_admin(tx)
    row = schema.jobs.c
    waiting = select(row.id).where(row.kind == CHECK, row.failed_at.is_(None))
    if tx.one(waiting) is None:
        jobs.enqueue(tx, CHECK, {})


def check(library: Library) -> None:
    """Check the library and keep what was found, for `read`; a job."""
    report = checks.run(library)
    found = Checked(library.clock.now(), report.problems, report.counts)
    text = msgspec.json.encode(found).decode()
    with library.writing(SYSTEM) as tx:
        sql.insert_new(tx.connection, schema.facts, [{"name": _CHECKED, "value": text}])
        row = schema.facts
        tx.execute(row.update().where(row.c.name == _CHECKED).values(value=text))
