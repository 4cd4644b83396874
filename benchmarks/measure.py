"""Measuring and printing: medians, requests per second, and a table of ratios."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import uvloop
from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """One line of a report: what was measured, against what, and the target it has."""

    what: str
    value: str
    against: str = ""
    target: str = ""
    is_met: bool | None = None


def median_us(action: Callable[[], object], *, least_s: float = 0.5, rounds: int = 9) -> float:
    """Return the median time of one `action` in microseconds, over at least `rounds` calls."""
    action()
    times: list[int] = []
    until = time.perf_counter() + least_s
    while len(times) < rounds or time.perf_counter() < until:
        began = time.perf_counter_ns()
        action()
        times.append(time.perf_counter_ns() - began)
        if len(times) >= 20_000:
            break
    return statistics.median(times) / 1000


def limit(what: str, us: float, most_us: float) -> Row:
    """Make the row of a time that has an upper limit."""
    return Row(what, f"{us / 1000:.3f} ms", "", f"<= {most_us / 1000:g} ms", us <= most_us)


def ratio(what: str, ours: float, theirs: float, least: float, *, unit: str = "/s") -> Row:
    """Make the row of a rate that is compared with another one of the same run."""
    share = ours / theirs
    return Row(
        what,
        f"{ours:,.0f}{unit}",
        f"{share:.0%} of {theirs:,.0f}{unit}",
        f">= {least:.0%}",
        share >= least,
    )


def report(title: str, rows: list[Row]) -> None:
    """Print `rows` as a table."""
    table = Table("what", "measured", "against", "target", "met", title=title, title_justify="left")
    for row in rows:
        met = {True: "yes", False: "[bold red]NO[/]", None: ""}[row.is_met]
        table.add_row(row.what, row.value, row.against, row.target, met)
    Console(width=140).print(table)


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class _Client(asyncio.Protocol):
    """One connection that asks the same thing again as soon as it is answered."""

    def __init__(self, request: bytes, until: float, done: asyncio.Future[int]) -> None:
        self.request, self.until, self.done = request, until, done
        self.buffer = bytearray()
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self.buffer, 0, head + 2)
        if length is None or not self.buffer.startswith(b"HTTP/1.1 2"):
            self._end(RuntimeError(bytes(self.buffer[:2000]).decode(errors="replace")))
        elif len(self.buffer) >= head + 4 + int(length[1]):
            self.buffer.clear()
            self.count += 1
            if time.perf_counter() < self.until:
                self.transport.write(self.request)
            else:
                self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._end(exc or ConnectionResetError("closed by the server"))

    def _end(self, error: Exception | None) -> None:
        if error is None:
            self.done.set_result(self.count)
        elif not self.done.done():
            self.done.set_exception(error)
        self.transport.close()


def requests_per_s(url: str, *, connections: int, seconds: float = 3.0) -> float:
    """Return how many GETs of `url` are answered per second over `connections` kept open."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\n\r\n".encode()

    async def run() -> int:
        loop = asyncio.get_running_loop()
        until = time.perf_counter() + seconds
        waiting = []
        for _ in range(connections):
            done: asyncio.Future[int] = loop.create_future()
            await loop.create_connection(
                lambda done=done: _Client(request, until, done),  # type: ignore[misc]
                str(parts.hostname),
                int(parts.port or 80),
            )
            waiting.append(done)
        return sum(await asyncio.gather(*waiting))

    began = time.perf_counter()
    count = uvloop.run(run())
    return count / (time.perf_counter() - began)
