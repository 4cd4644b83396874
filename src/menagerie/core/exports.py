"""Exports: a snapshot written in one format, as an archive to fetch or into a folder.

with library.writing(actor) as tx:
    export = exports.request(tx, Selection(query="dog"), "coco", Options())
# the job `WRITE`, or at once:
exports.write(library, export.key)
"""

import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
from pyroaring import BitMap
from sqlalchemy import delete, func, insert, select, update

from menagerie import jobs
from menagerie.core import choosing, freezing, judged_labels, rights, snapshots
from menagerie.core.snapshots import Snapshot
from menagerie.datasets import archive, exporting, leaving
from menagerie.datasets.records import Selection, Status
from menagerie.datasets.writing import Options, Report
from menagerie.errors import Invalid, MenagerieError, NotFound, RateLimited, Unavailable
from menagerie.library import SECOND, SYSTEM, Library, Tx
from menagerie.storage import schema
from menagerie.storage.blobs import work_folder
from menagerie.storage.schema import ExportState

WRITE = "exports.write"
FOLDER = "datasets/exports"
MOST_UNDER_WAY = 5
"""Exports that an account may wait for at a time."""
_SOON_S = 30
_TOLD_EVERY = 2 * SECOND
_HOUR = 3600 * SECOND
_ERROR_LENGTH = 2000
_LOOKED_AT = 10_000
_MOST_SEEN = 200  # archives of which is known that nothing in them was taken back

Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


class Export(msgspec.Struct, frozen=True):
    """One export, done or on its way."""

    id: int
    key: str
    snapshot_id: int
    snapshot_key: str
    format: str
    options: str
    state: str
    done_count: int
    total_count: int
    file: str | None
    size_bytes: int | None
    sha256: str | None
    report: str | None
    error: str | None
    account_id: int | None
    created_at: int
    finished_at: int | None
    snapshot_name: str
    snapshot_version: str

    @property
    def stored(self) -> "Stored":
        """How it is written."""
        return msgspec.json.decode(self.options, type=Stored)

    @property
    def made(self) -> "Made":
        """What was written and what was lost, once it is done."""
        return msgspec.json.decode(self.report or "{}", type=Made)

    @property
    def download_name(self) -> str:
        """The name of the archive as people save it."""
        version = "" if "-" in self.snapshot_version else f"-{self.snapshot_version}"
        return f"{self.snapshot_name}{version}-{self.format}.{self.stored.archive}"


class Stored(msgspec.Struct, frozen=True):
    """What the column `options` holds."""

    options: Options
    archive: str


class Made(msgspec.Struct, frozen=True):
    """What the column `report` holds; `gone` stands for what had been taken back by then."""

    written: dict[str, int] = {}
    lost: dict[str, int] = {}
    notes: list[str] = []
    gone: str = ""


class ClassPreview(msgspec.Struct):
    """How many labels of one name there would be, by what verdicts come to."""

    name: str
    positive: int = 0
    undecided: int = 0
    negative: int = 0

    @property
    def total(self) -> int:
        """How many there would be in all."""
        return self.positive + self.undecided + self.negative


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a selection would give now."""

    image_count: int
    """Exact unless labels decide about images and there are very many."""
    matching_count: int
    withheld_count: int
    """Left out for their licence."""
    size_bytes: int
    classes: list[ClassPreview]
    """Those with the most images first."""
    is_exact: bool
    """Whether every image was looked at; else numbers are scaled up from the first ones."""


_e, _s = schema.exports, schema.snapshots
_ALSO = {
    "snapshot_key": _s.c.key,
    "snapshot_name": _s.c.name,
    "snapshot_version": _s.c.version,
}
_SELECT = select(
    *(_ALSO[n].label(n) if n in _ALSO else _e.c[n] for n in Export.__struct_fields__)
).join(_s, _s.c.id == _e.c.snapshot_id)


def get(tx: Tx, key: str) -> Export:
    """Return an export by its UUID, which only whoever asked for it knows; raises NotFound."""
    row = tx.one(_SELECT.where(_e.c.key == key))
    if row is None:
        raise NotFound
    return Export(*row)


def fetch(library: Library, key: str) -> Export:
    """Return an export whose archive, if it has one, holds nothing that was taken back since.

    An archive that does is deleted, and a job writes it anew. Raises NotFound.
    """
    with library.reading(SYSTEM) as tx:
        export = get(tx, key)
        if export.state != ExportState.DONE or _is_current(tx, export):
            return export
    with library.writing(SYSTEM) as tx:
        was = update(_e).where(_e.c.id == export.id, _e.c.sha256 == export.sha256)
        begun = {"state": ExportState.WAITING, "done_count": 0, "file": None, "size_bytes": None}
        if tx.execute(was.values(**begun, sha256=None, report=None)).rowcount:
            jobs.enqueue(tx, WRITE, {"key": key})
            tx.after_commit(lambda: library.blobs.delete(*filter(None, [export.file])))
        return get(tx, key)


def _is_current(tx: Tx, export: Export) -> bool:
    """Tell whether what is taken back by now is what was when the archive was written.

    That is looked up again only when other images are to be seen or withheld than last time.
    """
    seen, withheld = tx.version.live, tx.version.flags["withheld"]
    kept: dict[str, tuple[BitMap, BitMap]] = tx.library.caches.setdefault("exports seen", {})
    if kept.get(export.sha256 or "") == (seen, withheld):
        return True
    is_current = bool(export.report) and export.made.gone == _gone(tx, export.snapshot_key)
    if is_current:
        if len(kept) >= _MOST_SEEN:
            kept.clear()
        kept[export.sha256 or ""] = seen, withheld
    return is_current


def _gone(tx: Tx, snapshot_key: str) -> str:
    """Return what stands for the images of a snapshot that were taken back."""
    gone = sorted(stone.id for stone in snapshots.withdrawn(tx, snapshot_key))
    return hashlib.sha256("\n".join(gone).encode()).hexdigest()


def find_own(tx: Tx, *, limit: int = 50) -> list[Export]:
    """Return the exports of the actor's account, the newest first."""
    own = _SELECT.where(_e.c.account_id == tx.actor.account_id)
    return [Export(*row) for row in tx.all(own.order_by(_e.c.id.desc()).limit(limit))]


def request(
    tx: Tx,
    wanted: Snapshot | Selection,
    format: str,  # noqa: A002  # the domain's word for it
    options: Options,
    *,
    archive_as: str = "zip",
) -> Export:
    """Begin an export of a snapshot, or of what a selection finds now; a job writes it.

    The same asked of a snapshot again is the same export, as long as it is kept. Raises Invalid
    with what is allowed, QueryError, Unavailable when the format needs what is not installed,
    NotFound for a snapshot that failed, Unauthenticated and Banned, and RateLimited for an account
    that waits for `MOST_UNDER_WAY` others.
    """
    rights.require_contributor(tx)
    exporting.find_format(format)
    exporting.require_sound(options)
    if archive_as not in archive.ENDINGS:
        allowed = ", ".join(archive.ENDINGS)
        raise Invalid({"archive": [f"must be one of {allowed}, not {archive_as!r}"]})
    if isinstance(wanted, Selection):
        wanted = snapshots.create_for_export(tx, wanted)
    elif wanted.state == ExportState.FAILED:
        raise NotFound(f"the snapshot {wanted.name} could not be frozen: {wanted.error}")
    stored = msgspec.json.encode(Stored(options, archive_as)).decode()
    same = tx.one(
        _SELECT.where(
            _e.c.snapshot_id == wanted.id,
            _e.c.format == format,
            _e.c.options == stored,
            _e.c.state != ExportState.FAILED,
        )
    )
    if same is not None:
        return Export(*same)
    _require_few(tx)
    key = str(uuid.UUID(bytes=tx.library.random.randbytes(16), version=4))
    tx.execute(
        insert(_e).values(
            key=key,
            snapshot_id=wanted.id,
            format=format,
            options=stored,
            state=ExportState.WAITING,
            total_count=wanted.image_count,
            account_id=tx.actor.account_id,
            created_at=tx.now_s,
        )
    )
    jobs.enqueue(tx, WRITE, {"key": key})
    return get(tx, key)


def _require_few(tx: Tx) -> None:
    """Return unless the account waits for many exports already: archives fill disks."""
    if tx.actor.is_moderator:
        return
    going = tx.scalar(
        select(func.count())
        .select_from(_e)
        .where(
            _e.c.account_id == tx.actor.account_id,
            _e.c.state.in_((ExportState.WAITING, ExportState.RUNNING)),
        )
    )
    if going >= MOST_UNDER_WAY:
        raise RateLimited(_SOON_S)


# Writing.


def write(library: Library, key: str) -> None:
    """Write an export's archive; the job `WRITE`. Done twice, it comes to the same bytes.

    What trying again cannot mend leaves it failed, with the reason; anything else is raised too.
    """
    with library.reading(SYSTEM) as tx:
        export = get(tx, key)
    if export.state == ExportState.DONE:
        return
    _change(library, export, state=ExportState.RUNNING, error=None)
    try:
        snapshot = _frozen(library, export)
        with tempfile.TemporaryDirectory(dir=work_folder(library.settings)) as folder:
            _write(library, export, snapshot, Path(folder))
    except Unavailable:
        # It is tried again, and has not failed so far.
        _change(library, export, state=ExportState.WAITING)
        raise
    except MenagerieError as error:
        _change(library, export, state=ExportState.FAILED, error=error.message[:_ERROR_LENGTH])
        if not isinstance(error, Invalid | NotFound):
            raise
    except Exception as error:
        _change(library, export, state=ExportState.FAILED, error=type(error).__name__)
        raise


def _frozen(library: Library, export: Export) -> Snapshot:
    """Return the export's snapshot; one that is made for the export alone is frozen now."""
    with library.reading(SYSTEM) as tx:
        snapshot = snapshots.get(tx, export.snapshot_key)
    if snapshot.is_listed and not snapshot.is_done and snapshot.state != ExportState.FAILED:
        # Its own job does that; this one is tried again.
        raise Unavailable("the snapshot is still being frozen")
    if not snapshot.is_listed:
        snapshot = freezing.freeze(library, snapshot.key)
    if not snapshot.is_done:
        raise Invalid({"snapshot": [snapshot.error or "could not be frozen"]})
    return snapshot


def _change(library: Library, export: Export, **values: object) -> None:
    with library.writing(SYSTEM) as tx:
        tx.execute(update(_e).where(_e.c.id == export.id).values(**values))


def _write(library: Library, export: Export, snapshot: Snapshot, work: Path) -> None:
    stored = export.stored
    told_at = library.clock.now()

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if library.clock.now() - told_at >= _TOLD_EVERY:
            told_at = library.clock.now()
            _change(library, export, done_count=done, total_count=total)

    folder, packed = work / "folder", work / "packed"
    with library.reading(SYSTEM) as tx:
        gone = _gone(tx, snapshot.key)
    report = write_folder(library, snapshot, export.format, stored.options, folder, progress=tell)
    made_at = judged_labels.as_text(snapshot.created_at)
    archive.pack(folder, packed, ending=stored.archive, made_at=made_at)
    shutil.rmtree(folder)
    with packed.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    # What is written anew has a name of its own, as the one before is being deleted.
    name = f"{FOLDER}/{export.key}-{sha256[:16]}.{stored.archive}"
    size_bytes = packed.stat().st_size
    library.blobs.put(name, packed)
    _change(
        library,
        export,
        state=ExportState.DONE,
        done_count=snapshot.image_count,
        total_count=snapshot.image_count,
        file=name,
        size_bytes=size_bytes,
        sha256=sha256,
        report=msgspec.json.encode(Made(report.counts, report.lost, report.notes, gone)).decode(),
        finished_at=library.clock.now(),
    )


def write_folder(
    library: Library,
    snapshot: Snapshot,
    format: str,  # noqa: A002  # the domain's word for it
    options: Options,
    folder: Path,
    *,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Write a frozen snapshot into a folder that is empty or not there yet.

    It gets its name when it is whole. Raises Invalid, Unavailable and NotFound as `request` does.
    """
    form = exporting.find_format(format)
    exporting.require_sound(options)
    exporting.require_empty(folder)
    with snapshots.open_content(library, snapshot.key) as content:
        return exporting.write_folder(
            content, form, options, folder, sha256=snapshot.sha256 or "", progress=progress
        )


# Forgetting.


def forget_old(library: Library) -> int:
    """Delete archives whose time is over, and snapshots made for them alone; return how many."""
    before = library.clock.now() - library.settings.export_hours * _HOUR
    with library.writing(SYSTEM) as tx:
        old = tx.all(select(_e.c.id, _e.c.file).where(_e.c.created_at < before))
        tx.execute(delete(_e).where(_e.c.created_at < before))
        left = select(_e.c.snapshot_id)
        unlisted = ~_s.c.is_listed & (_s.c.created_at < before) & _s.c.id.not_in(left)
        followed = select(_s.c.previous_id).where(_s.c.previous_id.is_not(None))
        unlisted &= _s.c.id.not_in(followed)
        made = tx.all(select(_s.c.id, _s.c.file).where(unlisted))
        tx.execute(delete(_s).where(_s.c.id.in_([row.id for row in made])))
        files = [row.file for row in (*old, *made) if row.file]
        tx.after_commit(lambda: library.blobs.delete(*files))
    return len(old)


# Looking ahead.


def preview(tx: Tx, selection: Selection) -> Preview:
    """Return what a selection would give now, looking at ten thousand images at most.

    Raises Invalid and QueryError.
    """
    snapshots.check(selection)
    if not tx.actor.is_signed_in and not tx.actor.is_admin:
        selection = msgspec.structs.replace(selection, default_filter=True)
    names = judged_labels.names_of(tx, selection)
    found = choosing.matching(tx, selection)
    looked_at = found[:_LOOKED_AT]
    counts: dict[str, ClassPreview] = {}
    left_out: dict[str, int] = {}
    images = size_bytes = 0
    for ids in choosing.chunks(looked_at):
        labels = judged_labels.of_images(tx, ids, names, selection)
        for row in choosing.taken(tx, ids, selection, labels, names, left_out):
            images += 1
            size_bytes += row.size_bytes
            for label in labels.get(row.id, ()):
                _count(counts, label.name, label.status)
    scale = len(found) / len(looked_at) if looked_at else 1.0
    return Preview(
        image_count=round(images * scale),
        matching_count=len(found),
        withheld_count=round(left_out.get(leaving.NO_LICENCE, 0) * scale),
        size_bytes=round(size_bytes * scale),
        classes=sorted(counts.values(), key=lambda one: (-one.positive, one.name)),
        is_exact=len(looked_at) == len(found),
    )


def _count(counts: dict[str, ClassPreview], name: str, status: Status) -> None:
    one = counts.setdefault(name, ClassPreview(name))
    if status is Status.POSITIVE:
        one.positive += 1
    elif status is Status.NEGATIVE:
        one.negative += 1
    else:
        one.undecided += 1
