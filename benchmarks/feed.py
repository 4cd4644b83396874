"""The live feed: how soon a thousand listeners of one process hear news, and what they cost.

The listeners are here, in one process, and so is whoever makes things happen, on the same machine
as the server; so the figures are of all of them together.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from benchmarks import servers
from benchmarks.measure import Row
from menagerie import settings
from menagerie.library import SYSTEM, Library
from menagerie.storage import schema
from menagerie.storage.schema import EventKind

LISTENERS, EVENTS, EVERY_S = 1_000, 100, 0.2
_PATH = "/api/v1/json/events?kinds=image:update"
_SIGN = b"event: image:update\n"
_KIB = 1024


class _Listener(asyncio.Protocol):
    """One stream of server-sent events; counts what it hears."""

    def __init__(self, heard: "_Heard") -> None:
        self._heard = heard
        self._count = 0
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        transport.write(f"GET {_PATH} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Count the events in what came."""
        if b"retry: " in data:
            self._heard.ready += 1
        data = self._rest + data
        for _ in range(data.count(_SIGN)):
            self._heard.note(self._count)
            self._count += 1
        self._rest = data[data.rfind(b"\n") + 1 :][-len(_SIGN) :]


class _Heard:
    """When each event was heard, by how many."""

    def __init__(self) -> None:
        self.ready = 0
        self.counts = [0] * EVENTS
        self.last_at = [0.0] * EVENTS

    def note(self, event: int) -> None:
        """Count one listener that heard an event just now."""
        self.counts[event] += 1
        self.last_at[event] = time.perf_counter()


def rows(data: Path) -> list[Row]:
    """Measure the feed of the library in `data`, whose first images are told of."""
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        with servers.menagerie(
            data, live_listeners=2 * LISTENERS, live_listeners_per_address=0
        ) as server:
            return asyncio.run(_measured(library, server))
    finally:
        library.close()


async def _measured(library: Library, server: servers.Server) -> list[Row]:
    with library.reading(SYSTEM) as tx:
        row = schema.images.c
        ids = list(tx.execute(select(row.id).order_by(row.id).limit(EVENTS)).scalars())
    heard, port = _Heard(), int(server.url.rpartition(":")[2])
    before = _memory_bytes(server)
    loop = asyncio.get_running_loop()
    transports = []
    for _ in range(LISTENERS):
        transport, _protocol = await loop.create_connection(
            lambda: _Listener(heard), "127.0.0.1", port
        )
        transports.append(transport)
    await _until(lambda: heard.ready == LISTENERS)
    there = _memory_bytes(server)
    cpu_s, committed = server.cpu_s(), []
    for number in range(EVENTS):
        await asyncio.to_thread(_happen, library, ids[number % len(ids)])
        committed.append(time.perf_counter())
        await asyncio.sleep(EVERY_S)
    await _until(lambda: all(count == LISTENERS for count in heard.counts))
    cpu_s = server.cpu_s() - cpu_s
    after = _memory_bytes(server)
    for transport in transports:
        transport.close()
    waits = sorted(1000 * (end - at) for end, at in zip(heard.last_at, committed, strict=True))
    p95 = waits[round(0.95 * (EVENTS - 1))]
    told = f"{LISTENERS:,} listeners, {EVENTS} events"
    return [
        Row("commit to last listener, p50", f"{statistics.median(waits):.0f} ms", told),
        Row("commit to last listener, p95", f"{p95:.0f} ms", told, "<= 1000 ms", p95 <= 1000),
        Row("memory per listener", f"{(there - before) / LISTENERS / _KIB:.1f} KiB", "connected"),
        Row("memory per listener", f"{(after - before) / LISTENERS / _KIB:.1f} KiB", "at the end"),
        Row("processor time per message", f"{1e6 * cpu_s / LISTENERS / EVENTS:.0f} µs"),
    ]


def _happen(library: Library, image_id: int) -> None:
    with library.writing(SYSTEM) as tx:
        tx.happened(EventKind.IMAGE_UPDATE, image_id)


def _memory_bytes(server: servers.Server) -> int:
    return sum(servers.rss_bytes(pid) for pid in server.workers())


async def _until(is_done: Callable[[], bool]) -> None:
    end = time.perf_counter() + 60
    while not is_done():
        if time.perf_counter() > end:
            raise TimeoutError("the listeners did not hear everything")
        await asyncio.sleep(0.02)
