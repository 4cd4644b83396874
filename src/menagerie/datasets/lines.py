"""The file of a snapshot: gzipped lines of JSON, a header and then one line for each image.

The lines ascend by UUID. Written from the same values it has the same bytes, so its SHA-256 is the
identity of the snapshot. The header counts the lines and comes first, yet is known last: it is a
gzip member of its own, put in front of the others.
"""

import gzip
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from menagerie.datasets.records import Frozen, Source

EXTENSION = "jsonl.gz"
_LEVEL = 6
_encoder = msgspec.json.Encoder()
T = TypeVar("T")


class Brief(msgspec.Struct, frozen=True):
    """The UUID and file hash of a record, for reading many fast."""

    id: str
    sha256: str
    split: str = ""


class BriefLine(msgspec.Struct, frozen=True):
    """A line of which only little is read."""

    record: Brief
    file: str


def write_body(path: Path, lines: Iterable[Frozen]) -> None:
    """Write the lines of the images; the memory needed does not depend on their number."""
    with path.open("wb") as file, _packed(file) as packed:
        buffer = bytearray()
        for line in lines:
            _encoder.encode_into(line, buffer)
            packed.write(buffer)
            packed.write(b"\n")


def join(target: Path, source: Source, body: Path) -> str:
    """Write header and body into one file; return its SHA-256."""
    with target.open("wb") as file:
        with _packed(file) as packed:
            packed.write(_encoder.encode(source) + b"\n")
        with body.open("rb") as opened:
            shutil.copyfileobj(opened, file, 1 << 20)
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _packed(file: BinaryIO) -> gzip.GzipFile:
    return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)


def read_source(path: Path) -> Source:
    """Return the header of a snapshot's file."""
    with gzip.open(path, "rb") as file:
        return msgspec.json.decode(file.readline(), type=Source)


def read(path: Path, *, has_header: bool = True) -> Iterator[Frozen]:
    """Yield the lines of a snapshot's file, or of its body alone."""
    return _read(path, Frozen, has_header=has_header)


def read_briefly(path: Path) -> Iterator[BriefLine]:
    """Yield the lines of a snapshot's file, most of each passed over."""
    return _read(path, BriefLine, has_header=True)


def _read(path: Path, kind: type[T], *, has_header: bool) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)
    with gzip.open(path, "rb") as file:
        if has_header:
            file.readline()
        for line in file:
            yield decoder.decode(line)
