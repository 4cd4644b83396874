"""The pages that people open most: time to first byte, statements and processor time of each.

A real server answers over one connection kept open, as a browser asks: in HTML, packed by gzip.
Beside it the bare handler renders a template of the same size under the same server, in turns.
The statements are counted in a second application over the same library, in this process.
"""

import asyncio
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from litestar import Litestar
from litestar.types import Scope
from sqlalchemy import Engine, event

from benchmarks import lively, servers, world
from benchmarks.measure import Row
from menagerie import settings, web
from menagerie.http import edge
from menagerie.library import Library

MOST_MS = 15.0
ROUNDS, TIMES, WARMUP = 5, 40, 10
_ACCEPT = (("accept", "text/html"), ("accept-encoding", "gzip, br"), ("accept-language", "en"))
_PERCENTILE = 0.95


class Page(NamedTuple):
    """A page to measure; `has_target` tells whether it must be quick."""

    what: str
    path: str
    has_target: bool


class Times(NamedTuple):
    """What many answers took: milliseconds to the first byte, and of the workers' processors."""

    first_ms: list[float]
    cpu_ms: float
    size: int

    @property
    def p50(self) -> float:
        """The median time to the first byte."""
        return statistics.median(self.first_ms)

    @property
    def p95(self) -> float:
        """The time to the first byte that one in twenty exceeds."""
        return sorted(self.first_ms)[int(len(self.first_ms) * _PERCENTILE)]


def rows(data: Path) -> list[Row]:
    """Measure the pages of the world in `data`, which is filled with talk first."""
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        found = lively.fill(library)
        pages = _pages(found)
        visitors = {"guest": "", "account": f"menagerie_session={found.session}"}
        counts = _statements(library, pages, visitors)
        library.catalogue.write_snapshot()
    finally:
        library.close()
    with servers.menagerie(data) as ours, servers.bare(data) as bare:
        made = []
        for who, cookie in visitors.items():
            for page in pages:
                mine, theirs = _measured(ours, bare, page.path, cookie)
                made.append(_row(page, who, mine, theirs, counts[page.path, who]))
        return made


def _pages(found: lively.Lively) -> list[Page]:
    _, first, second = (name for name, _ in zip(world.words(3), range(3), strict=True))
    query = quote(f"{first}, {second}")
    return [
        Page("front page", "/", True),
        Page("search of two tags", f"/search?q={query}", True),
        Page("picture with comments", f"/images/{found.image_id}", True),
        Page("topic of a forum", found.topic, False),
        Page("profile", f"/profiles/{lively.PERSON.name}", False),
    ]


def _row(page: Page, who: str, mine: Times, theirs: Times, statements: int) -> Row:
    return Row(
        f"{page.what}, {who} ({mine.size / 1000:.0f} kB, {statements} statements)",
        f"{mine.p50:.1f} ms, p95 {mine.p95:.1f} ms; processor {mine.cpu_ms:.1f} ms",
        f"{mine.p50 / theirs.p50:.1f} × a bare template's {theirs.p50:.1f} ms",
        f"<= {MOST_MS:g} ms" if page.has_target else "",
        mine.p50 <= MOST_MS if page.has_target else None,
    )


# Over HTTP.


class _Browser:
    """One connection kept open that asks for one page, and sees when its answer begins."""

    def __init__(self, url: str, cookie: str) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._headers = [*_ACCEPT, *([("cookie", cookie)] if cookie else [])]
        self._socket = socket.create_connection((str(parts.hostname), int(parts.port or 80)), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> tuple[float, int]:
        """Return the milliseconds to the first byte, and the bytes of the packed body."""
        lines = [f"GET {path} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        began = time.perf_counter()
        self._socket.sendall(request)
        got = self._socket.recv(1 << 16)
        first_ms = (time.perf_counter() - began) * 1000
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path}: {got[:1000].decode(errors='replace')}")
        named = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        size = int(named[b"content-length"])
        left = size - len(body)
        while left > 0:
            left -= len(self._more())
        return first_ms, size

    def _more(self) -> bytes:
        got = self._socket.recv(1 << 16)
        if not got:
            raise ConnectionResetError("closed by the server")
        return got

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def _measured(
    ours: servers.Server, bare: servers.Server, path: str, cookie: str
) -> tuple[Times, Times]:
    """Ask both servers in turns; the bare one for a template of the size of our page."""
    size = len(_plain(ours.url + path, cookie))
    sides = [(ours, path, cookie), (bare, f"/rendered/{size}", "")]
    first: list[list[float]] = [[], []]
    spent = [0.0, 0.0]
    for _ in range(ROUNDS):
        for side, (server, address, sent) in enumerate(sides):
            browser = _Browser(server.url, sent)
            for _ in range(WARMUP):
                browser.get(address)
            cpu = server.cpu_s()
            first[side] += [browser.get(address)[0] for _ in range(TIMES)]
            spent[side] += server.cpu_s() - cpu
            browser.close()
    mine, theirs = (
        Times(first[side], spent[side] * 1000 / (ROUNDS * TIMES), size) for side in (0, 1)
    )
    return mine, theirs


def _plain(url: str, cookie: str) -> bytes:
    return servers.get(url, {"Cookie": cookie} if cookie else {})


# In this process.


def _statements(
    library: Library, pages: list[Page], visitors: dict[str, str]
) -> dict[tuple[str, str], int]:
    """Count the statements of each page for each visitor, once caches are warm."""
    app = edge.application(library, [web.routes(library)], None)
    found = {}
    for who, cookie in visitors.items():
        for page in pages:
            asyncio.run(_ask(app, page.path, cookie))
            with _counted() as count:
                asyncio.run(_ask(app, page.path, cookie))
            found[page.path, who] = len(count)
    return found


async def _ask(app: Litestar, address: str, cookie: str) -> None:
    path, _, query = address.partition("?")
    headers = [(b"host", b"bench"), *((n.encode(), v.encode()) for n, v in _ACCEPT)]
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*headers, *([(b"cookie", cookie.encode())] if cookie else [])],
        "client": ("127.0.0.1", 1),
        "server": ("bench", 80),
        "state": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"{address} is answered {message['status']}")

    asked: Scope = scope
    await app(asked, receive, send)


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Collect the statements that are run, by any engine of this process."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
