"""What a reader finds in a folder, and how it stays inside that folder."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

from menagerie.datasets.records import Class, Record, Vote
from menagerie.errors import Invalid

PICTURES = frozenset({".avif", ".apng", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webm", ".webp"})
"""What the names of files end in that are taken for pictures."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a dataset: its file, or the bytes of one in an archive, and its record.

    What the dataset does not say is empty in the record, or 0. `where` names it for people.
    """

    where: str
    record: Record
    path: Path | None = None
    data: bytes = b""
    votes: list[Vote] = []


class Refused(msgspec.Struct, frozen=True):
    """Something in a dataset that cannot be read, and why."""

    where: str
    reason: str


Read = Callable[[Path, int], Iterator[Found | Refused]]
"""Reads a folder; the number is how many bytes a picture inside an archive may have."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a dataset.

    `recognises` looks at the names of files only; `count` says how many images there are as far as
    that is cheap to tell, else None.
    """

    name: str
    title: str
    recognises: Callable[[Path], bool]
    read: Read
    count: Callable[[Path], int | None]
    classes: Callable[[Path], list[Class]]


def inside(folder: Path, name: str) -> Path:
    """Return the file that a dataset names, relative to `folder`.

    Raises Invalid (`file_name`) for an absolute name, one that leads out of the folder, also by a
    link, and one of nothing.
    """
    pure = PurePosixPath(name)
    if not name or "\0" in name or "\\" in name or pure.is_absolute() or ".." in pure.parts:
        raise Invalid({"file_name": [f"{name!r} must be relative and stay in its folder"]})
    path = folder / pure
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Invalid({"file_name": [f"{name!r} leads out of the folder"]})
    if not path.is_file():
        raise Invalid({"file_name": [f"there is no file {name!r}"]})
    return path


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())
