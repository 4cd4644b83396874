"""Bounds: bodies spooled to disk in bounded memory, and token buckets against too many requests."""

import asyncio
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from litestar.types import Receive
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from menagerie.errors import RateLimited, TooLarge
from menagerie.http.parameters import Malformed, parse_json, parse_pairs

MIB = 1024 * 1024
# Fields and JSON are kept in memory; only files go to disk.
FIELD_LIMIT_BYTES = MIB
MOST_PARTS = 200
_BATCH_BYTES = MIB
STALE_AFTER_S = 24 * 3600
# What a part may say it is written in; Python knows dozens more, some of which only raise.
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"})


class Spooled(msgspec.Struct):
    """A file of the request, on disk until the request ends."""

    path: Path
    name: str
    media_type: str
    size_bytes: int


class Body(msgspec.Struct):
    """What a request carried: form fields, files, or a JSON value; `raw` if it was no multipart."""

    fields: list[tuple[str, str]]
    files: list[tuple[str, Spooled]]
    json: Any = None
    raw: bytes = b""

    def close(self) -> None:
        """Remove the spooled files."""
        for _, file in self.files:
            file.path.unlink(missing_ok=True)


def spool_folder(data_path: Path) -> Path:
    """Return the folder of spooled files, made if needed, rid of what a crash left a day ago."""
    folder = data_path / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        # Folders in it belong to uploads that are being looked at.
        if left.is_file() and left.stat().st_mtime < time.time() - STALE_AFTER_S:
            left.unlink(missing_ok=True)
    return folder


async def spool(
    receive: Receive,
    headers: dict[str, str],
    *,
    limit_bytes: int,
    folder: Path,
    text_limit_bytes: int = FIELD_LIMIT_BYTES,
) -> Body:
    """Read a whole body of at most `limit_bytes`, files to `folder`, the rest to memory.

    Of that rest there may be `text_limit_bytes`.

    Raises TooLarge, at once when the client announces it, and Malformed.
    """
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise TooLarge(limit_bytes)
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind == "multipart/form-data":
        reader = _FormReader(options.get("boundary", ""), folder, text_limit_bytes)
        try:
            await reader.read(_Chunks(receive, limit_bytes))
        except BaseException:
            reader.drop()
            raise
        return Body(fields=reader.fields, files=reader.files)
    raw = await _whole(_Chunks(receive, min(limit_bytes, text_limit_bytes)))
    if not raw:
        return Body(fields=[], files=[])
    if len(raw) <= FIELD_LIMIT_BYTES:
        return _parsed(kind, raw)
    # Taking megabytes of escapes apart lasts seconds, in which others are served.
    return await asyncio.to_thread(_parsed, kind, raw)


def _parsed(kind: str, raw: bytes) -> Body:
    """Read a body that is no multipart; without a type it may be JSON or a form."""
    if kind == "application/json" or kind.endswith("+json"):
        return Body(fields=[], files=[], json=parse_json(raw), raw=raw)
    if kind == "application/x-www-form-urlencoded":
        return Body(fields=parse_pairs(raw), files=[], raw=raw)
    return Body(fields=[], files=[], raw=raw)


class _Chunks:
    """The pieces of a body, counted against a limit."""

    def __init__(self, receive: Receive, limit_bytes: int) -> None:
        self._receive = receive
        self._limit = limit_bytes
        self._count = 0
        self._is_done = False

    async def next(self) -> bytes:
        """Return the next piece that is not empty, or nothing at the end."""
        while not self._is_done:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Malformed("the client went away")
            self._is_done = not message.get("more_body", False)
            chunk = message.get("body", b"")
            self._count += len(chunk)
            if self._count > self._limit:
                raise TooLarge(self._limit)
            if chunk:
                return chunk
        return b""


async def _whole(chunks: _Chunks) -> bytes:
    pieces = []
    while chunk := await chunks.next():
        pieces.append(chunk)
    return b"".join(pieces)


class _FormReader:
    """Takes a multipart form apart while it arrives."""

    def __init__(self, boundary: str, folder: Path, text_limit_bytes: int) -> None:
        try:
            self._parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS)
        except MultipartError as error:
            raise Malformed(str(error)) from error
        self._folder = folder
        self._text_limit_bytes = text_limit_bytes
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, Spooled]] = []
        self._field_bytes = 0
        self._segment: MultipartSegment | None = None
        self._file: BinaryIO | None = None
        self._spooled: Spooled | None = None
        self._buffer = bytearray()

    async def read(self, chunks: _Chunks) -> None:
        """Take everything `chunks` has. Raises TooLarge and Malformed."""
        try:
            while not self._parser.closed:
                chunk = await chunks.next()
                for event in self._parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        self._begin(event)
                    elif event:
                        await self._take(event)
                    else:
                        await self._end()
                if not chunk:
                    break
        except ParserLimitReached as error:
            raise TooLarge(FIELD_LIMIT_BYTES) from error
        except (MultipartError, UnicodeDecodeError, LookupError) as error:
            raise Malformed(str(error)) from error

    def drop(self) -> None:
        """Close and remove what was spooled so far."""
        if self._file is not None:
            self._file.close()
        for file in [file for _, file in self.files] + [self._spooled]:
            if file is not None:
                file.path.unlink(missing_ok=True)

    def _begin(self, segment: MultipartSegment) -> None:
        self._segment = segment
        if segment.filename is None:
            return
        handle, path = tempfile.mkstemp(dir=self._folder, prefix="upload-")
        self._file = os.fdopen(handle, "wb")
        self._spooled = Spooled(
            Path(path), segment.filename, segment.content_type or "", size_bytes=0
        )

    async def _take(self, piece: bytes | bytearray) -> None:
        self._buffer += piece
        if self._file is None:
            self._field_bytes += len(piece)
            if self._field_bytes > self._text_limit_bytes:
                raise TooLarge(self._text_limit_bytes)
        elif len(self._buffer) >= _BATCH_BYTES:
            await self._flush(self._file)

    async def _flush(self, file: BinaryIO) -> None:
        # A slow disk must hold up this request only, not the loop.
        batch, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(file.write, batch)
        if self._spooled is not None:
            self._spooled.size_bytes += len(batch)

    async def _end(self) -> None:
        segment = self._segment
        if segment is None:
            raise Malformed("a part without a head")
        if self._file is not None and self._spooled is not None:
            await self._flush(self._file)
            self._file.close()
            self.files.append((segment.name, self._spooled))
        else:
            charset = (segment.charset or "utf-8").lower()
            if charset not in _CHARSETS:
                raise Malformed("an unknown charset")
            self.fields.append((segment.name, self._buffer.decode(charset)))
        self._file = self._spooled = self._segment = None
        self._buffer = bytearray()


class Buckets:
    """One token bucket a key: `per_minute` tokens, refilled evenly; in this process only."""

    MOST_KEYS = 100_000

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, key: object) -> int:
        """Take one token of `key` and return how many are left.

        Raises RateLimited when there is none; never when size is 0.
        """
        if self._size <= 0:
            return 0
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.pop(key, (float(self._size), now))
            tokens = min(self._size, tokens + (now - since) * self._size / 60)
            taken = tokens >= 1
            self._buckets[key] = (tokens - taken, now)
            if len(self._buckets) > self.MOST_KEYS:
                self._buckets.popitem(last=False)
        if not taken:
            raise RateLimited(max(1, round((1 - tokens) * 60 / self._size)))
        return int(tokens - taken)
