"""Freezing: making the file of a snapshot, which then never changes.

All of it is read in one transaction, so it is the library at one moment. Killed half-way, nothing
has a name yet, and the job starts again.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
from sqlalchemy import delete, insert, select, update

import menagerie
from menagerie.core import choosing, frozen_lines, judged_labels, snapshots
from menagerie.core.frozen_lines import Making
from menagerie.core.judged_labels import as_text
from menagerie.core.snapshots import Snapshot
from menagerie.datasets import differences, leaving, lines, tables
from menagerie.datasets.records import Class, Frozen, Source
from menagerie.errors import Invalid, MenagerieError, NotFound, QueryError
from menagerie.library import ANONYMOUS, SECOND, SYSTEM, Actor, Library, Tx
from menagerie.storage import schema
from menagerie.storage.blobs import work_folder
from menagerie.storage.schema import ExportState, Role

_TOLD_EVERY = 2 * SECOND
_ROWS_AT_ONCE = 2000
_ERROR_LENGTH = 2000
_LASTING = (Invalid, NotFound, QueryError)
"""Errors that trying again does not mend."""

Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


def freeze(
    library: Library, key: str, *, progress: Progress = lambda _done, _all: None
) -> Snapshot:
    """Freeze a snapshot and return it; one that is frozen stays as it is.

    What trying again cannot mend (a query that no longer parses, no image at all) leaves the
    snapshot failed, with the reason; anything else is raised besides. Raises NotFound for a
    snapshot that there is not.
    """
    with library.reading(SYSTEM) as tx:
        snapshot = snapshots.get(tx, key)
    if snapshot.is_done:
        return snapshot
    _change(library, snapshot, state=ExportState.RUNNING, error=None)
    try:
        with tempfile.TemporaryDirectory(dir=work_folder(library.settings)) as folder:
            while not _freeze(library, snapshot, Path(folder), progress):
                pass  # another of its name was frozen meanwhile, which this one now follows
    except MenagerieError as error:
        _change(library, snapshot, state=ExportState.FAILED, error=error.message[:_ERROR_LENGTH])
        if not isinstance(error, _LASTING):
            raise
    except Exception as error:
        _change(library, snapshot, state=ExportState.FAILED, error=type(error).__name__)
        raise
    with library.reading(SYSTEM) as tx:
        return snapshots.get(tx, key)


def freeze_job(library: Library, key: str) -> None:
    """Freeze a snapshot; the job `snapshots.FREEZE`."""
    freeze(library, key)


def _change(library: Library, snapshot: Snapshot, **values: object) -> None:
    row = schema.snapshots
    with library.writing(SYSTEM) as tx:
        tx.execute(update(row).where(row.c.id == snapshot.id).values(**values))


def _freeze(library: Library, snapshot: Snapshot, folder: Path, progress: Progress) -> bool:
    """Freeze a snapshot unless another comes between it and the one that it was to follow."""
    body, target = folder / "body", folder / "snapshot"
    with ExitStack() as stack:
        tx = stack.enter_context(library.reading(_actor(snapshot)))
        previous = _find_previous(tx, snapshot)
        before = None
        if previous is not None and previous.file is not None:
            before = stack.enter_context(library.blobs.as_file(previous.file))
        making = _begin(tx, snapshot, previous, before)
        counts = tables.Counts()
        tell = _Teller(library, snapshot, progress, total=making.total)
        written = frozen_lines.frozen(tx, making)
        lines.write_body(body, _counted(written, counts, tell))
        if not counts.as_dict()["images"]:
            raise Invalid({"query": [_nothing_left(making.left_out)]})
        source = _source(tx, snapshot, making, counts)
        if previous is not None and before is not None:
            is_chosen = not snapshot.is_provisional
            source = _after(tx, source, previous, before, body, is_chosen=is_chosen)
    sha256 = lines.join(target, source, body)
    file = f"{snapshots.FOLDER}/{snapshot.key}.{lines.EXTENSION}"
    library.blobs.put(file, target)
    if snapshot.is_listed:
        _hold(library, snapshot, target)
    previous_id = previous.id if previous else None
    with library.writing(SYSTEM) as tx:
        newest = _find_previous(tx, snapshot)
        if (newest.id if newest else None) != previous_id:
            return False
        tx.execute(
            update(schema.snapshots)
            .where(schema.snapshots.c.id == snapshot.id)
            .values(
                state=ExportState.DONE,
                version=source.version,
                previous_id=previous_id,
                done_count=source.counts["images"],
                image_count=source.counts["images"],
                file=file,
                sha256=sha256,
                frozen_at=tx.now,
            )
        )
    return True


def _actor(snapshot: Snapshot) -> Actor:
    role = snapshot.stored.role
    if role is Role.ANONYMOUS:
        return ANONYMOUS
    return Actor(role=role, account_id=snapshot.account_id)


def _find_previous(tx: Tx, snapshot: Snapshot) -> Snapshot | None:
    row = schema.snapshots.c
    if not snapshot.is_listed:
        return None
    of_name = (row.name == snapshot.name) & row.is_listed & (row.state == ExportState.DONE)
    versions = {r.version: r.id for r in tx.all(select(row.version, row.id).where(of_name))}
    newest = max(versions, key=differences.as_numbers, default=None)
    return snapshots.by_id(tx, versions[newest]) if newest is not None else None


def _begin(tx: Tx, snapshot: Snapshot, previous: Snapshot | None, before: Path | None) -> Making:
    stored = snapshot.stored
    names = judged_labels.names_of(tx, stored.selection)
    chosen = choosing.choose(
        tx, stored.selection, names, previous_id=previous.id if previous else None
    )
    return Making(
        key=snapshot.key,
        selection=stored.selection,
        names=names,
        chosen=chosen,
        with_workers=stored.with_workers,
        known=lines.read(before) if before else iter(()),
        left_out=chosen.left_out,
    )


def _counted(written: Iterable[Frozen], counts: tables.Counts, tell: "_Teller") -> Iterator[Frozen]:
    for done, line in enumerate(written, 1):
        counts.add(line.record)
        tell(done)
        yield line


class _Teller:
    """Tells how far it is: the caller at once, the table every other second."""

    def __init__(
        self, library: Library, snapshot: Snapshot, progress: Progress, *, total: int
    ) -> None:
        self._library = library
        self._snapshot = snapshot
        self._progress = progress
        self._total = total
        self._told_at = library.clock.now()

    def __call__(self, done: int) -> None:
        self._progress(done, self._total)
        now = self._library.clock.now()
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            _change(self._library, self._snapshot, done_count=done, image_count=self._total)


def _nothing_left(left_out: dict[str, int]) -> str:
    """Say why a dataset would be empty."""
    parts = [leaving.words(why, number) for why, number in left_out.items()]
    return "leaves no image" + (f": {', '.join(parts)} left out" if parts else "")


def _source(tx: Tx, snapshot: Snapshot, making: Making, counts: tables.Counts) -> Source:
    numbers = counts.as_dict() | leaving.as_counts(making.left_out)
    return Source(
        key=snapshot.key,
        name=snapshot.name,
        version=differences.FIRST if snapshot.is_provisional else snapshot.version,
        created_at=as_text(snapshot.created_at),
        selection=making.selection,
        generator=f"Menagerie {menagerie.__version__}",
        description=snapshot.description,
        site_name=tx.library.settings.site_name,
        is_live=not snapshot.is_listed,
        counts=numbers,
        classes=_classes(making, counts),
        alphas=_alphas(tx, making),
    )


def _classes(making: Making, counts: tables.Counts) -> list[Class]:
    """Return the classes that were asked for, or else every label met."""
    names = making.names
    met = {*names.words, *names.tags} if names.is_closed else counts.names
    return tables.class_table({name: names.words.get(name, tables.Word()) for name in met})


def _alphas(tx: Tx, making: Making) -> dict[str, float]:
    measure = schema.word_measures.c
    rows = tx.all(select(measure.tag_id, measure.alpha).where(measure.alpha.is_not(None)))
    names = making.names.labels
    return dict(sorted((names[row.tag_id], row.alpha) for row in rows if row.tag_id in names))


def _after(
    tx: Tx, source: Source, previous: Snapshot, before: Path, body: Path, *, is_chosen: bool
) -> Source:
    """Return the header with what follows from the snapshot before."""
    gone = {stone.id for stone in snapshots.taken_back(tx, lines.read_briefly(before))}
    changes = differences.compare(
        lines.read(before), lines.read(body, has_header=False), frozenset(gone)
    )
    version = source.version
    if not is_chosen:
        version = differences.next_version(previous.version, differences.step(changes))
    return msgspec.structs.replace(
        source,
        version=version,
        previous=f"{previous.name} {previous.version}",
        withdrawn=sorted(gone),
    )


def _hold(library: Library, snapshot: Snapshot, path: Path) -> None:
    """Note which files a listed snapshot needs; done again after a crash, it comes to the same."""
    held = schema.snapshot_images
    with library.writing(SYSTEM) as tx:
        tx.execute(delete(held).where(held.c.snapshot_id == snapshot.id))
    rows: list[dict[str, object]] = []
    for line in lines.read_briefly(path):
        rows.append(
            {
                "snapshot_id": snapshot.id,
                "image_key": line.record.id,
                "split": line.record.split,
                "full_name": line.file,
            }
        )
        if len(rows) == _ROWS_AT_ONCE:
            _insert(library, rows)
            rows = []
    if rows:
        _insert(library, rows)


def _insert(library: Library, rows: list[dict[str, object]]) -> None:
    with library.writing(SYSTEM) as tx:
        tx.execute(insert(schema.snapshot_images), rows)
