"""Snapshots: datasets that never change, named and numbered, made from a query at one moment.

with library.writing(actor) as tx:
    made = snapshots.create(tx, "dogs", Selection(query="dog"))
# the job `FREEZE`, or at once:
freezing.freeze(library, made.key)
with snapshots.open_content(library, made.key) as content:
    ...
"""

import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import delete, insert, select, update

from menagerie import jobs
from menagerie.core import choosing, judged_labels, rights, visibility
from menagerie.core.judged_labels import as_text
from menagerie.datasets import differences, lines, pictures, selections, tables
from menagerie.datasets.differences import Change
from menagerie.datasets.lines import BriefLine
from menagerie.datasets.records import Frozen, Selection
from menagerie.datasets.writing import Content, Options, Picture
from menagerie.errors import Invalid, NotFound
from menagerie.library import SYSTEM, Library, Tx
from menagerie.media import exporting
from menagerie.storage import schema
from menagerie.storage.blobs import work_folder
from menagerie.storage.schema import Audience, ExportState, Review, Role

FREEZE = "snapshots.freeze"
FOLDER = "datasets/snapshots"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_ASKED_AT_ONCE = 1000


class Snapshot(msgspec.Struct, frozen=True):
    """One snapshot, frozen or on its way; `version` means nothing before it is frozen."""

    id: int
    key: str
    name: str
    version: str
    description: str
    query: str
    language: str
    options: str
    previous_id: int | None
    previous_key: str | None
    state: str
    done_count: int
    image_count: int
    file: str | None
    sha256: str | None
    error: str | None
    is_listed: bool
    account_id: int | None
    created_at: int
    frozen_at: int | None

    @property
    def selection(self) -> Selection:
        """What it takes in."""
        return self.stored.selection

    @property
    def stored(self) -> "Stored":
        """What it takes in, and for whom."""
        return msgspec.json.decode(self.options, type=Stored)

    @property
    def is_provisional(self) -> bool:
        """Whether the version only stands in until it is frozen."""
        return "-" in self.version

    @property
    def is_done(self) -> bool:
        """Whether it is frozen."""
        return self.state == ExportState.DONE


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the column `options` holds: the selection, and whoever asked."""

    selection: Selection
    role: Role
    with_workers: bool


class Tombstone(msgspec.Struct, frozen=True):
    """An image of a snapshot that was taken back since."""

    id: str
    sha256: str
    reason: str
    """removed, deleted, merged, private, quarantined, pending, withheld, gone"""
    at: str
    """When it last changed; empty when nobody knows."""


# Reading.

_s = schema.snapshots
_before = schema.snapshots.alias("previous")
_SELECT = select(
    *(
        _before.c.key.label("previous_key") if name == "previous_key" else _s.c[name]
        for name in Snapshot.__struct_fields__
    )
).outerjoin(_before, _before.c.id == _s.c.previous_id)


def get(tx: Tx, key: str) -> Snapshot:
    """Return a snapshot by its UUID; raises NotFound."""
    row = tx.one(_SELECT.where(_s.c.key == key))
    if row is None:
        raise NotFound
    return Snapshot(*row)


def by_id(tx: Tx, snapshot_id: int) -> Snapshot:
    """Return a snapshot by its number; raises NotFound."""
    row = tx.one(_SELECT.where(_s.c.id == snapshot_id))
    if row is None:
        raise NotFound
    return Snapshot(*row)


def find(tx: Tx, text: str) -> Snapshot:
    """Return a snapshot by its UUID, `name@version`, or name, then the newest frozen one.

    Raises NotFound.
    """
    name, _, version = text.partition("@")
    is_it = (_s.c.name == name) & _s.c.is_listed
    if version:
        is_it &= _s.c.version == version
    else:
        is_it &= _s.c.state == ExportState.DONE
    row = tx.one(_SELECT.where((_s.c.key == text) | is_it).order_by(_s.c.id.desc()).limit(1))
    if row is None:
        raise NotFound(f"there is no snapshot {text!r}")
    return Snapshot(*row)


def find_listed(tx: Tx, *, limit: int = 200) -> list[Snapshot]:
    """Return the listed snapshots, the newest first, frozen or not."""
    rows = tx.all(_SELECT.where(_s.c.is_listed).order_by(_s.c.id.desc()).limit(limit))
    return [Snapshot(*row) for row in rows]


# Making.


def check(selection: Selection) -> None:
    """Raise Invalid, with what is allowed, for what is wrong with a selection's numbers and names.

    Whether its query can be understood and its classes exist is found out when it is used.
    """
    selections.require_sound(selection)


def create(
    tx: Tx,
    name: str,
    selection: Selection,
    *,
    version: str | None = None,
    description: str = "",
    enqueues: bool = True,
) -> Snapshot:
    """Begin a snapshot that is listed under its name; a job freezes it, or else the caller.

    Without `version` the number follows from what changed since the one before of that name.
    Raises Unauthenticated, Banned, QueryError, and Invalid (`name`, `version` and members of the
    selection).
    """
    rights.require_contributor(tx)
    if not _NAME.fullmatch(name):
        problem = "must be 1 to 100 letters, digits, dots, dashes and underscores"
        raise Invalid({"name": [f"{problem}, not {name!r}"]})
    if version is not None:
        differences.require_version(version)
        _require_newer(tx, name, version)
    made = _insert(tx, name, selection, version=version, description=description, is_listed=True)
    if enqueues:
        jobs.enqueue(tx, FREEZE, {"key": made.key})
    return made


def create_for_export(tx: Tx, selection: Selection) -> Snapshot:
    """Begin a snapshot for one export; the caller has it frozen. Raises as `create` does."""
    return _insert(tx, "export", selection, version=None, description="", is_listed=False)


def _require_newer(tx: Tx, name: str, version: str) -> None:
    """Raise Invalid for a version that does not come after all there are of that name."""
    rows = tx.all(select(_s.c.version).where((_s.c.name == name) & _s.c.is_listed))
    there = [row.version for row in rows if "-" not in row.version]
    newest = max(there, key=differences.as_numbers, default="")
    if newest and differences.as_numbers(version) <= differences.as_numbers(newest):
        raise Invalid({"version": [f"must be more than {newest}, the newest of {name}"]})


def _insert(
    tx: Tx,
    name: str,
    selection: Selection,
    *,
    version: str | None,
    description: str,
    is_listed: bool,
) -> Snapshot:
    check(selection)
    if not tx.actor.is_signed_in and not tx.actor.is_admin:
        selection = msgspec.structs.replace(selection, default_filter=True)
    choosing.parse(tx, selection)
    judged_labels.names_of(tx, selection)
    key = str(uuid.UUID(bytes=tx.library.random.randbytes(16), version=4))
    stored = Stored(
        selection=selection,
        role=tx.actor.role,
        with_workers=tx.library.settings.export_workers or tx.actor.is_moderator,
    )
    tx.execute(
        insert(_s).values(
            key=key,
            name=name,
            # Stands in until it is known what changed; no version that anybody may choose.
            version=version or f"0.0.0-{key[:8]}",
            description=description,
            query=selection.query,
            language=selection.language,
            options=msgspec.json.encode(stored).decode(),
            state=ExportState.WAITING,
            is_listed=is_listed,
            account_id=tx.actor.account_id,
            created_at=tx.now_s,
        )
    )
    return get(tx, key)


def unlist(tx: Tx, key: str) -> None:
    """Take a snapshot off the list, so that its files need not stay; for moderators.

    Raises NotFound, Unauthenticated and Forbidden.
    """
    rights.require_moderator(tx)
    snapshot = get(tx, key)
    tx.execute(update(_s).where(_s.c.id == snapshot.id).values(is_listed=False))
    held = schema.snapshot_images
    tx.execute(delete(held).where(held.c.snapshot_id == snapshot.id))


# What was taken back since.


def withdrawn(tx: Tx, key: str) -> list[Tombstone]:
    """Return the images of a snapshot that were taken back since; raises NotFound.

    A snapshot that is not frozen has none.
    """
    snapshot = get(tx, key)
    if snapshot.file is None:
        return []
    with tx.library.blobs.as_file(snapshot.file) as path:
        return list(taken_back(tx, lines.read_briefly(path)))


_i = schema.images.c


def taken_back(tx: Tx, held: Iterable[BriefLine]) -> Iterator[Tombstone]:
    """Yield those of the images that may be in no dataset any more."""
    part: list[BriefLine] = []
    for line in held:
        part.append(line)
        if len(part) == _ASKED_AT_ONCE:
            yield from _taken_back(tx, part)
            part = []
    yield from _taken_back(tx, part)


def _taken_back(tx: Tx, part: Sequence[BriefLine]) -> Iterator[Tombstone]:
    rows = tx.all(
        select(_i.key, _i.is_withheld, *visibility.FACT_COLUMNS).where(
            _i.key.in_([line.record.id for line in part])
        )
    )
    reasons = {
        key: (_reason(visibility.Facts(*facts), is_withheld=withheld), as_text(facts[-2]))
        for key, withheld, *facts in rows
    }
    for line in part:
        reason, at = reasons.get(line.record.id, ("gone", ""))
        if reason:
            yield Tombstone(line.record.id, line.record.sha256, reason, at)


def _reason(facts: visibility.Facts, *, is_withheld: bool) -> str:
    """Return why an image may be in no dataset, coarsely; empty when it may."""
    if facts.is_deleted_by_owner:
        return "deleted"
    if facts.audience == Audience.PRIVATE:
        return "private"
    if facts.merged_into_id is not None:
        return "merged"
    if facts.removed_at is not None:
        return "removed"
    if facts.review != Review.APPROVED:
        return "pending" if facts.review == Review.PENDING else "quarantined"
    return "withheld" if is_withheld else ""


# What it holds.


def diff(library: Library, before_key: str, after_key: str) -> list[Change]:
    """Return what changed from one snapshot to another, in the order of the UUIDs.

    Raises NotFound, also for a snapshot that is not frozen yet.
    """
    with ExitStack() as stack:
        tx = stack.enter_context(library.reading(SYSTEM))
        paths = [stack.enter_context(_file(tx, key)) for key in (before_key, after_key)]
        gone = {stone.id for stone in taken_back(tx, lines.read_briefly(paths[0]))}
        old, new = map(lines.read, paths)
        return list(differences.compare(old, new, frozenset(gone)))


@contextmanager
def _file(tx: Tx, key: str) -> Iterator[Path]:
    snapshot = get(tx, key)
    if snapshot.file is None:
        raise NotFound(f"the snapshot {snapshot.name} is not frozen yet")
    with tx.library.blobs.as_file(snapshot.file) as path:
        yield path


@contextmanager
def open_content(library: Library, key: str) -> Iterator[Content]:
    """Open a frozen snapshot for a format to read.

    What was taken back by now has no picture, and that stays so as long as it is open. Raises
    NotFound, also for a snapshot that is not frozen yet.
    """
    with ExitStack() as stack:
        tx = stack.enter_context(library.reading(SYSTEM))
        path = stack.enter_context(_file(tx, key))
        gone = frozenset(stone.id for stone in taken_back(tx, lines.read_briefly(path)))
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder(library.settings)))
        content = _Content(library, path, gone, Path(folder))
        with content.pictures:
            yield content


class _Content(Content):
    """A snapshot whose pictures are in the library's store."""

    def __init__(self, library: Library, path: Path, gone: frozenset[str], folder: Path) -> None:
        self.source = lines.read_source(path)
        self.pictures = ExitStack()
        self._library = library
        self._path = path
        self._gone = gone
        self._folder = folder

    def frozen(self) -> Iterator[Frozen]:
        return lines.read(self._path)

    def picture(self, frozen: Frozen, options: Options) -> Picture:
        if frozen.record.id in self._gone:
            raise NotFound("was taken back")
        self.pictures.close()  # the one before
        source = self.pictures.enter_context(self._library.blobs.as_file(frozen.file))
        return pictures.as_wanted(
            frozen, source, options, convert=self._convert, folder=self._folder
        )

    def is_withdrawn(self, image_id: str) -> bool:
        return image_id in self._gone

    def _convert(self, source: str, target: str, ending: str, max_side: int) -> exporting.Size:
        return self._library.pool.run(exporting.convert, source, target, ending, max_side)


def withdrawn_table(found: Iterable[Tombstone]) -> Iterator[str]:
    """Yield tombstones as lines of CSV."""
    writer = tables.Lines()
    yield writer.line(("image_id", "sha256", "reason", "at"))
    for stone in found:
        yield writer.line((stone.id, stone.sha256, stone.reason, stone.at))
