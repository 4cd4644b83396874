"""What a format is, and what it writes with: a folder, pictures, and a report of what was lost."""

import errno
import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import msgspec

from menagerie.datasets.records import Class, Frozen, Record, Source

LISTED_MOST = 1000
_CANNOT = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a format is written; each format uses what concerns it."""

    max_side: int = 0
    """px of the longer side that pictures are shrunk to; 0: as they are."""
    image: Literal["original", "jpg", "png"] = "original"
    multi: Literal["skip", "primary", "duplicate"] = "skip"
    """What formats for one class do with images that have several."""
    shapes: Literal["boxes", "polygons"] = "boxes"
    box_as_polygon: bool = False
    shards: int = 0
    """Least number of shards; 0: by size."""
    image_id: Literal["stem", "file"] = "stem"
    unlabelled: bool = False
    """Class folders: keep images without a class in `_unlabeled`."""
    safe_csv: bool = False
    """Put an apostrophe before cells that a spreadsheet would take for a formula."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A file as exported; `path` is where its bytes are until the next picture is asked for."""

    path: Path
    extension: str
    """jpg, png, gif, webp, … without the dot."""
    mime: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    source_sha256: str = ""


class Written(msgspec.Struct, frozen=True):
    """One file of an export."""

    path: str
    size_bytes: int
    sha256: str


class Report:
    """What was written and what the format could not hold, by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self.lost_ids: dict[str, list[str]] = {}
        self.notes: list[str] = []
        self.classes: list[Class] | None = None
        """The classes as the format numbers them, when that is not how the snapshot does."""
        self.front_matter: dict[str, object] = {}
        """What the README is to tell libraries at its top: maps, lists and texts for YAML."""

    def count(self, what: str, number: int = 1) -> None:
        """Count `number` of `what` as written."""
        self.counts[what] = self.counts.get(what, 0) + number

    def lose(self, reason: str, image_id: str, number: int = 1) -> None:
        """Note that `number` things of an image could not be held, and why."""
        self.lost[reason] = self.lost.get(reason, 0) + number
        ids = self.lost_ids.setdefault(reason, [])
        if len(ids) < LISTED_MOST and (not ids or ids[-1] != image_id):
            ids.append(image_id)

    def note(self, text: str) -> None:
        """Note something that a person should read, once."""
        if text not in self.notes:
            self.notes.append(text)


class Content(ABC):
    """A snapshot as formats read it: any number of times, in the order of the ids."""

    source: Source

    @abstractmethod
    def frozen(self) -> Iterator[Frozen]:
        """Yield every line."""

    @abstractmethod
    def picture(self, frozen: Frozen, options: Options) -> Picture:
        """Return the image's file as `options` wants it; valid until the next call.

        Raises NotFound when it was withdrawn since.
        """

    @abstractmethod
    def is_withdrawn(self, image_id: str) -> bool:
        """Tell whether an image was withdrawn since, and so has no picture."""


class Folder:
    """A folder that an export is written into; notes the size and hash of each file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written: dict[str, Written] = {}

    def path(self, name: str) -> Path:
        """Return where the file `name` belongs, making the folders above it.

        Raises ValueError for a name that leaves the folder.
        """
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise ValueError(name)
        path = self.root / pure
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def put(self, name: str, data: bytes | str | Iterable[bytes]) -> Written:
        """Write a whole file."""
        if isinstance(data, str):
            data = data.encode()
        pieces = (data,) if isinstance(data, bytes) else data
        digest, size = hashlib.sha256(), 0
        with self.path(name).open("wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        return self.note(Written(name, size, digest.hexdigest()))

    def put_picture(self, name: str, picture: Picture) -> Written:
        """Copy a picture, whose hash is known already."""
        with picture.path.open("rb") as source, self.path(name).open("wb") as target:
            _copy(source, target)
        return self.note(Written(name, picture.size_bytes, picture.sha256))

    def note(self, written: Written) -> Written:
        """Note a file that was written by other means."""
        self.written[written.path] = written
        return written

    def note_file(self, name: str) -> Written:
        """Note a file that a library wrote at `path(name)`, by reading it."""
        digest, size = hashlib.sha256(), 0
        with self.path(name).open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
        return self.note(Written(name, size, digest.hexdigest()))


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    size = os.fstat(source.fileno()).st_size
    done = 0
    while done < size:
        try:
            sent = os.copy_file_range(source.fileno(), target.fileno(), size - done)
        except OSError as error:
            # Not every system can, nor from one disk to another; nothing was copied then.
            if done or error.errno not in _CANNOT:
                raise
            shutil.copyfileobj(source, target, 1 << 20)
            return
        if sent == 0:
            raise OSError("the file became shorter while it was copied")
        done += sent


Progress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a format's writer gets."""

    content: Content
    folder: Folder
    options: Options
    report: Report
    progress: Progress


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One way to write a dataset.

    `write` writes everything but the files at the root that all formats share.
    """

    name: str
    title: str
    about: str
    """One line for people."""
    loses: str
    """What it cannot carry, in one line; empty: nothing."""
    loading: str
    """The lines of Python that load it, with `FOLDER` for where it is."""
    write: Callable[[Job], None]
    is_one_class: bool = False
    needs: str = ""
    """The module it needs that may be missing, such as pyarrow."""


def exported(record: Record, picture: Picture, file_name: str) -> Record:
    """Return the record as it is about the exported file, its shapes scaled along."""
    across, down = picture.width / record.width, picture.height / record.height
    objects = record.objects
    if (picture.width, picture.height) != (record.width, record.height):
        objects = [
            msgspec.structs.replace(
                thing,
                bbox=(
                    thing.bbox[0] * across,
                    thing.bbox[1] * down,
                    thing.bbox[2] * across,
                    thing.bbox[3] * down,
                ),
                polygon=[(x * across, y * down) for x, y in thing.polygon],
            )
            for thing in objects
        ]
    return msgspec.structs.replace(
        record,
        file_name=file_name,
        width=picture.width,
        height=picture.height,
        mime=picture.mime,
        bytes=picture.size_bytes,
        sha256=picture.sha256,
        source_sha256=picture.source_sha256,
        objects=objects,
    )
