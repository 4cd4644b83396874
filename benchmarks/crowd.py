"""The crowd: labels exported as rows against the same JSON from memory, and verdicts over HTTP."""

import http.client
import itertools
import statistics
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import func, select

from benchmarks import servers
from benchmarks.measure import Row, ratio
from menagerie import settings
from menagerie.core import label_keys, rows
from menagerie.core.rows import Bounds
from menagerie.dialects.imagemonkey import exporting
from menagerie.library import SYSTEM, Library
from menagerie.search import nodes
from menagerie.storage import schema

ROWS = 100_000
LEAST_SHARE = 0.5
ROUNDS = 7
CLIENTS = 16
LABELS = 2_000
SECONDS = 6.0
# What a stream may hold more at its full length than at a tenth of it.
MOST_GROWTH_BYTES = 8 << 20


def measured(data: Path) -> list[Row]:
    """Measure the library in `data`, which is written to."""
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        found = _export(library, data / "rows.json")
        keys = _label_keys(library)
        before = _said(library)
    finally:
        library.close()
    with servers.menagerie(data, crowd_rate=0) as server:
        answered, seconds = _verdicts(server.url, keys)
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        kept = _said(library) - before
    finally:
        library.close()
    at_once = f"{CLIENTS} clients, each synced to disk"
    return [
        *found,
        Row("verdicts through HTTP", f"{answered / seconds:,.0f}/s", at_once),
        Row("verdicts kept", f"{kept:,}", f"{answered:,} answered", "all", kept == answered),
    ]


# Rows.


def _export(library: Library, path: Path) -> list[Row]:
    names = _names(library)

    def pieces(limit: int) -> Iterator[bytes]:
        chunks = rows.tag_rows(library, list(names), Bounds(limit=limit))
        return exporting.flat(chunks, names, "/donations/", "json")

    whole = msgspec.json.decode(b"".join(pieces(ROWS)))
    if len(whole) != ROWS:
        raise RuntimeError(f"the world has {len(whole)} rows only")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(path, lambda: pieces(ROWS)))
        theirs.append(_seconds(path, lambda: [msgspec.json.encode(whole)]))
    what = f"export?tags= of {ROWS:,} rows, against the same JSON from memory"
    mine, memory = (ROWS / statistics.median(times) for times in (ours, theirs))
    grown = _peak_bytes(pieces(ROWS)) - _peak_bytes(pieces(ROWS // 10))
    return [
        ratio(what, mine, memory, LEAST_SHARE, unit=" rows/s"),
        Row(
            f"memory of {ROWS:,} rows over that of {ROWS // 10:,}",
            f"{grown / 1e6:+.1f} MB",
            "peak of what Python holds",
            f"<= {MOST_GROWTH_BYTES / 1e6:.0f} MB",
            grown <= MOST_GROWTH_BYTES,
        ),
    ]


def _names(library: Library) -> dict[int, str]:
    """Return words on enough images together, the most used first."""
    with library.reading(SYSTEM) as tx:
        version, taken = tx.version, rows.selection(tx, nodes.All())
    counts = {t: len(version.posting(t) & taken) for t in version.words.tag_ids}
    names: dict[int, str] = {}
    total = 0
    for tag_id in sorted(counts, key=lambda t: (-counts[t], t)):
        if total < ROWS:
            names[tag_id] = version.words.name(tag_id)
            total += counts[tag_id]
    return names


def _seconds(path: Path, make: Callable[[], Iterable[bytes]]) -> float:
    began = time.perf_counter()
    with path.open("wb") as file:
        for piece in make():
            file.write(piece)
    return time.perf_counter() - began


def _peak_bytes(pieces: Iterable[bytes]) -> int:
    tracemalloc.start()
    for _ in pieces:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


# Verdicts.


def _label_keys(library: Library) -> list[str]:
    with library.reading(SYSTEM) as tx:
        version, taken = tx.version, rows.selection(tx, nodes.All())
        found = ((i, t) for t in sorted(version.words.tag_ids) for i in version.posting(t) & taken)
        some = itertools.islice(found, LABELS)
        return [label_keys.encode(library, image_id, tag_id) for image_id, tag_id in some]


def _said(library: Library) -> int:
    label = schema.labels.c
    with library.reading(SYSTEM) as tx:
        return int(tx.scalar(select(func.sum(label.yes_weight + label.no_weight))))


def _verdicts(url: str, keys: list[str]) -> tuple[int, float]:
    """Post verdicts over many connections; return how many were answered, and in what time."""
    parts = urlsplit(url)
    counts, problems = [0] * CLIENTS, list[bytes]()
    began = time.perf_counter()
    until = began + SECONDS

    def send(number: int) -> None:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        mine = itertools.cycle(keys[number::CLIENTS])
        while time.perf_counter() < until and not problems:
            word = "no" if counts[number] % 5 == 0 else "yes"
            connection.request("POST", f"/v1/validation/{next(mine)}/validate/{word}")
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.OK:
                problems.append(text)
            else:
                counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0].decode(errors="replace")[:1000])
    return sum(counts), time.perf_counter() - began
