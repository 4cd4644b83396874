"""Serving kept files: validators, ranges, caching, downloads, in bounded memory."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import msgspec
from litestar.types import Receive, Scope, Send

from menagerie.http.answers import Answer, StreamAnswer, is_head
from menagerie.http.call import Call
from menagerie.storage import blobs
from menagerie.storage.blobs import Blobs

IMMUTABLE = "public, max-age=31536000, immutable"
# What is not final yet, or is not for everybody.
REVALIDATE = "private, no-cache"
# An SVG opened by itself is a document of our origin; this takes its scripts and requests away.
SVG_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# Below this a file is read at once: one piece is cheaper than a stream.
SMALL_BYTES = 256 * 1024
CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

Headers = list[tuple[str, str]]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file as it is to be served; `download_as` makes the browser save it.

    `digest` is of its bytes, for files that are not named after their own; `cache_control` is said
    instead of what follows from the other facts.
    """

    name: str
    is_final: bool = True
    is_public: bool = True
    download_as: str | None = None
    digest: str = ""
    cache_control: str = ""


def serve(call: Call, file: File) -> Answer:
    """Answer the kept file; GET and HEAD, whole or one range. Raises NotFound, Unavailable."""
    store = call.library.blobs
    size = store.size(file.name)
    headers = _headers(file, size)
    etag = dict(headers)["etag"]
    if _is_known(call.headers.get("if-none-match"), etag):
        return Answer(304, headers=headers)
    # Only we say that a file is to be saved, and keep an SVG from acting as a page.
    is_plain = file.download_as is None and not file.name.endswith(".svg")
    redirects = call.library.settings.files_redirect and is_plain
    if redirects and (address := store.presign(file.name)):
        return Answer(302, headers=[("location", address), ("cache-control", "private, no-store")])
    wanted = call.headers.get("range")
    if call.headers.get("if-range", etag) != etag:
        wanted = None
    span = parse_range(wanted, size)
    media_type = blobs.media_type_of_name(file.name)
    if span is None:
        headers = [pair for pair in headers if pair[0] != "etag"]
        headers.append(("content-range", f"bytes */{size}"))
        return Answer(416, media_type=media_type, headers=headers)
    start, end = span
    if (start, end) == (0, size):
        return _Whole(store, file.name, size, media_type=media_type, headers=headers)
    headers.append(("content-range", f"bytes {start}-{end - 1}/{size}"))
    pieces = _pieces(store, file.name, start, end)
    return StreamAnswer(206, pieces, length=end - start, media_type=media_type, headers=headers)


def serve_bytes(
    call: Call, data: bytes, media_type: str, *, etag: str, cache_control: str
) -> Answer:
    """Answer bytes that were made for this call, unless the client has them already."""
    headers = [("etag", etag), ("cache-control", cache_control)]
    if _is_known(call.headers.get("if-none-match"), etag):
        return Answer(304, headers=headers)
    return Answer(200, data, media_type=media_type, headers=headers)


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the bytes wanted as (start, end), end excluded; None when there are no such bytes.

    Without a range, with several, and with one that makes no sense, that is the whole file.

    >>> parse_range("bytes=2-", 10), parse_range("bytes=-3", 10), parse_range("bytes=10-", 10)
    ((2, 10), (7, 10), None)
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", "") or max(map(len, match.groups())) > 18:
        return 0, size
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    start, end = int(first), min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return 0, size
    return (start, end) if start < size else None


def _headers(file: File, size: int) -> Headers:
    base = file.name.rpartition("/")[2][-40:]
    digest = file.digest or blobs.sha512_of_name(file.name)
    etag = f'"{digest[:24]}-{base}-{size:x}"'
    is_cacheable = file.is_final and file.is_public
    headers = [
        ("etag", etag),
        ("accept-ranges", "bytes"),
        ("cache-control", file.cache_control or (IMMUTABLE if is_cacheable else REVALIDATE)),
    ]
    if file.name.endswith(".svg"):
        headers.append(("content-security-policy", SVG_POLICY))
    if file.download_as is not None:
        headers.append(("content-disposition", _attachment(file.download_as)))
    return headers


def _attachment(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._+-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_known(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return bool({etag, "*"} & tags)


class _Whole(StreamAnswer):
    """A whole file: read at once when small, left to the server when it can send files."""

    __slots__ = ("_path", "_small")

    def __init__(
        self, store: Blobs, name: str, size: int, *, media_type: str, headers: Headers
    ) -> None:
        pieces = _pieces(store, name, 0, size)
        super().__init__(200, pieces, length=size, media_type=media_type, headers=headers)
        self._path = store.local_path(name)
        self._small = store.get(name) if size <= SMALL_BYTES else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = scope.get("extensions") or {}
        can_send_files = self._path is not None and "http.response.pathsend" in extensions
        if is_head(scope) or (self._small is None and not can_send_files):
            await super().__call__(scope, receive, send)
            return
        headers = [*self.headers, (b"content-length", str(self.length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._small is not None:
            await send({"type": "http.response.body", "body": self._small, "more_body": False})
        else:
            # An ASGI extension that Litestar's types do not know.
            await send({"type": "http.response.pathsend", "path": str(self._path)})  # type: ignore[arg-type]


def _pieces(store: Blobs, name: str, start: int, end: int) -> Callable[[], AsyncIterator[bytes]]:
    path = store.local_path(name)
    if path is not None:
        return lambda: _local_pieces(path, start, end)
    return lambda: _remote_pieces(store, name, start, end)


async def _local_pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    file: BinaryIO = await asyncio.to_thread(path.open, "rb")
    try:
        file.seek(start)
        while start < end:
            piece = await asyncio.to_thread(file.read, min(CHUNK_BYTES, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece
    finally:
        file.close()


async def _remote_pieces(store: Blobs, name: str, start: int, end: int) -> AsyncIterator[bytes]:
    pieces = store.stream(name, start, end)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
