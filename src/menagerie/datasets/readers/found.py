"""What a reader finds in a folder, and how it stays inside that folder."""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from menagerie.datasets.records import Class, Record, Vote
from menagerie.errors import Invalid

PICTURES = frozenset({".avif", ".apng", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webm", ".webp"})
"""What the names of files end in that are taken for pictures."""
_MOST_NAME = 1000
MOST_LINE_BYTES = 16 << 20
"""How long a line about one image may be."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One image of a dataset: its file, or the bytes of one in an archive, and its record.

    What the dataset does not say is empty in the record, or 0. `where` names it for people, and
    `notes` say what of it could not be read.
    """

    where: str
    record: Record
    path: Path | None = None
    data: bytes = b""
    votes: list[Vote] = []
    notes: list[str] = []


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
    if len(name) > _MOST_NAME:
        raise Invalid({"file_name": [f"must be at most {_MOST_NAME} characters"]})
    if not name or "\0" in name or "\\" in name or pure.is_absolute() or ".." in pure.parts:
        raise Invalid({"file_name": [f"{name!r} must be relative and stay in its folder"]})
    path = folder / pure
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Invalid({"file_name": [f"{name!r} leads out of the folder"]})
    if not os.path.isfile(path):  # noqa: PTH113  # which takes a part that is too long for none
        raise Invalid({"file_name": [f"there is no file {name!r}"]})
    return path


def lines_in(path: Path) -> Iterator[bytes | str]:
    """Yield the lines of a file that hold something, or why one of them is not read."""
    with path.open("rb") as file:
        while line := file.readline(MOST_LINE_BYTES + 1):
            if len(line) <= MOST_LINE_BYTES:
                if line.strip():
                    yield line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(MOST_LINE_BYTES)
            yield f"has more than {MOST_LINE_BYTES} bytes in a line"


def lines_of(path: Path) -> int:
    """Return how many lines a file has that hold something."""
    return sum(1 for _ in lines_in(path))


def decoded(data: bytes) -> dict[str, Any]:
    """Return the map that some JSON is; raises Invalid (`json`) for anything else."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid({"json": [str(error)]}) from error
    except RecursionError:
        raise Invalid({"json": ["is nested too deeply"]}) from None
    if not isinstance(found, dict):
        raise Invalid({"json": ["is no map"]})
    return found


def csv_rows(path: Path) -> Iterator[dict[str, Any] | str]:
    """Yield the rows of a CSV file, at last perhaps why the rest of it is not read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        yield f"cannot be read any further: {error}"
