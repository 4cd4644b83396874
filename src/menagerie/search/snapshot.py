"""The snapshot: a version on disk, so that a start need not read the whole database.

One file: a line that names the format, a digest of all that follows, the length of a head, the
head (msgpack), and a body of numbers and bitmaps that the head gives the places of. Anything odd
about it, and it counts as missing.
"""

import hashlib
import logging
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from pyroaring import BitMap

from menagerie.search.columns import CHUNK, Column
from menagerie.search.lexicon import Entry, Words
from menagerie.search.personal import Personal
from menagerie.search.postings import Postings
from menagerie.search.verdicts import Table, Verdicts
from menagerie.search.version import DTYPES, FLAGS, Stamps, Version
from menagerie.search.vocabulary import Vocabulary, Word

_log = logging.getLogger(__name__)
_MAGIC = b"Menagerie catalogue 3\n"
_DIGEST_BYTES = 32
_ALIGNMENT = 64  # of each piece of the body, for numpy's sake
_TABLE = (np.uint32, np.int32, np.int32, np.float64)  # the arrays of `verdicts.Table`


class _Spans(msgspec.Struct, frozen=True):
    """Where postings are, one right behind the other."""

    tag_ids: tuple[int, int]  # int64
    ends: tuple[int, int]  # of each tag's bitmap, int64, counted from the first
    first: int


class _Head(msgspec.Struct, frozen=True):
    identity: tuple[str, str]
    seq: int
    stamps: Stamps
    codes: dict[str, tuple[str, ...]]
    columns: dict[str, list[int]]  # where each chunk starts in the body
    flags: dict[str, tuple[int, int]]  # start and length
    account_names: list[int]
    strays: tuple[int, int]
    postings: "_Spans"
    suggestions: "_Spans"
    sureness: float
    words: tuple[int, int]  # msgpack
    lexicon: tuple[Entry, ...]
    judged: dict[int, tuple[tuple[int, int], ...]]  # by tag id, each array of its table
    dtypes: dict[str, str]


class _Body:
    """What is written after the head, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[Any] = []
        self.length = 0

    def add(self, piece: Any) -> int:
        """Append a piece; return where it starts."""
        padding = -self.length % _ALIGNMENT
        if padding:
            self.append(bytes(padding))
        start = self.length
        self.append(piece)
        return start

    def append(self, piece: Any) -> None:
        """Append a piece right behind the last one."""
        self.pieces.append(piece)
        self.length += memoryview(piece).nbytes

    def span(self, piece: Any) -> tuple[int, int]:
        """Append a piece; return where it starts and how long it is."""
        return self.add(piece), memoryview(piece).nbytes


def write(path: Path, version: Version) -> None:
    """Write the version to `path`, whole or not at all."""
    body = _Body()
    head = msgspec.msgpack.encode(_head(version, body))
    digest = hashlib.blake2b(head, digest_size=_DIGEST_BYTES)
    for piece in body.pieces:
        digest.update(piece)
    # Named after the process: several may write at once, and the last one wins.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(_MAGIC + digest.digest() + len(head).to_bytes(8, "little") + head)
            for piece in body.pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _head(version: Version, body: _Body) -> _Head:
    columns = {name: _chunks(column, body) for name, column in version.columns.items()}
    account_names = _chunks(version.account_names, body)
    flags = {name: body.span(version.flags[name].serialize()) for name in FLAGS}
    strays = body.span(version.strays.serialize())
    postings = _spans(version.postings, body)
    suggestions = _spans(version.suggestions, body)
    words = [(id_, w.name, w.category, w.aliased_to_id) for id_, w in version.vocabulary.items()]
    return _Head(
        identity=version.identity,
        seq=version.seq,
        stamps=version.stamps,
        codes=dict(version.codes),
        columns=columns,
        flags=flags,
        account_names=account_names,
        strays=strays,
        postings=postings,
        suggestions=suggestions,
        sureness=version.sureness,
        words=body.span(msgspec.msgpack.encode(words)),
        lexicon=version.words.entries,
        judged={
            tag_id: tuple(map(body.span, verdicts.table.columns))
            for tag_id, verdicts in version.judged.items()
        },
        dtypes={name: np.dtype(dtype).str for name, dtype in DTYPES.items()},
    )


def _spans(postings: Postings, body: _Body) -> _Spans:
    tag_ids: list[int] = []
    lengths: list[int] = []
    first = body.add(b"")
    for tag_id, serialized in postings.serialized():
        body.append(serialized)
        tag_ids.append(tag_id)
        lengths.append(memoryview(serialized).nbytes)
    return _Spans(
        tag_ids=body.span(np.array(tag_ids, np.int64)),
        ends=body.span(np.cumsum(np.array(lengths, np.int64))),
        first=first,
    )


def _chunks(column: Column, body: _Body) -> list[int]:
    return [body.add(np.ascontiguousarray(chunk)) for chunk in column.chunks]


def read(path: Path, personal: Personal) -> Version | None:
    """Return the version at `path`; None when there is none, or it is damaged or of old."""
    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("the catalogue's snapshot cannot be read: %s", error)
        return None
    at = len(_MAGIC) + _DIGEST_BYTES + 8
    if not whole.startswith(_MAGIC) or len(whole) < at:
        _log.warning("the catalogue's snapshot is of another format")
        return None
    view = memoryview(whole)
    wanted = whole[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES]
    if hashlib.blake2b(view[at:], digest_size=_DIGEST_BYTES).digest() != wanted:
        _log.warning("the catalogue's snapshot is damaged")
        return None
    end = at + int.from_bytes(whole[at - 8 : at], "little")
    try:
        head = msgspec.msgpack.decode(view[at:end], type=_Head)
    except msgspec.DecodeError:
        _log.warning("the catalogue's snapshot is of another format")
        return None
    if head.dtypes != {name: np.dtype(dtype).str for name, dtype in DTYPES.items()}:
        return None
    return _version(head, view[end:], personal)


def _version(head: _Head, body: memoryview, personal: Personal) -> Version:
    def piece(span: tuple[int, int]) -> memoryview:
        return body[span[0] : span[0] + span[1]]

    def column(dtype: np.dtype[Any], starts: list[int]) -> Column:
        length = CHUNK * dtype.itemsize
        return Column(dtype, (np.frombuffer(piece((start, length)), dtype) for start in starts))

    def verdicts(spans: tuple[tuple[int, int], ...]) -> Verdicts:
        arrays = zip(_TABLE, spans, strict=True)
        return Verdicts.of(Table(*(np.frombuffer(piece(span), dtype) for dtype, span in arrays)))

    def postings(spans: _Spans) -> Postings:
        ends = (np.frombuffer(piece(spans.ends), np.int64) + spans.first).tolist()
        starts = [spans.first, *ends[:-1]]
        tag_ids = np.frombuffer(piece(spans.tag_ids), np.int64).tolist()
        found = zip(tag_ids, starts, ends, strict=bool(ends))
        return Postings().replaced({tag_id: body[start:end] for tag_id, start, end in found})

    words = msgspec.msgpack.decode(
        piece(head.words), type=list[tuple[int, str, str | None, int | None]]
    )
    return Version(
        identity=head.identity,
        seq=head.seq,
        columns={n: column(np.dtype(d), head.columns[n]) for n, d in DTYPES.items()},
        flags={name: BitMap.deserialize(bytes(piece(head.flags[name]))) for name in FLAGS},
        codes=head.codes,
        postings=postings(head.postings),
        vocabulary=Vocabulary.of({row[0]: Word(*row[1:]) for row in words}),
        words=Words(head.lexicon),
        judged={tag_id: verdicts(spans) for tag_id, spans in head.judged.items()},
        suggestions=postings(head.suggestions),
        sureness=head.sureness,
        strays=BitMap.deserialize(bytes(piece(head.strays))),
        personal=personal,
        account_names=column(np.dtype(np.int64), head.account_names),
        stamps=head.stamps,
    )
