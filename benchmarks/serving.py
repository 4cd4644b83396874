"""The HTTP edge: the library's answers against a bare handler's, under the same server.

Both servers have one worker, and the load comes from this process; so on two cores each side of a
measurement has one. The rates are taken in turns, several times, and compared by their medians.
"""

import http.client
import json
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks import pictures, searches, servers
from benchmarks.measure import Row, median_us, ratio, requests_per_s
from menagerie import settings
from menagerie.library import Library

LEAST_SHARE = 0.6
CONNECTIONS = (1, 16)
ROUNDS = 5
SECONDS = 1.5
WRITE_S = 6.0
WRITERS = 4
API = "/api/v1/json"


def rows(data: Path) -> list[Row]:
    """Measure reads against the bare handler, then votes and uploads by themselves."""
    wanted = [
        q for q in searches.queries() if q.what in {"three tags and a negation", "everything"}
    ]
    core_us = _core_us(data, wanted)
    key = servers.make_account(data, f"bench{secrets.token_hex(4)}")
    with servers.menagerie(data, upload_rate=0) as ours, servers.bare(data) as bare:
        cases: list[tuple[str, str, float | None]] = [("images/:id", f"{API}/images/777", None)]
        for query, spent_us in zip(wanted, core_us, strict=True):
            path = f"{API}/search/images?q={quote(query.text)}"
            cases.append((f"search/images, {query.what}", path, spent_us))
        found: list[Row] = []
        for what, path, us in cases:
            size = len(servers.get(ours.url + path))
            rival = f"/ready/{size}" if us is None else f"/spent/{size}/{round(us)}"
            note = f"{size:,} bytes" if us is None else f"{size:,} bytes, {us:,.0f} µs of core"
            found += [
                pair(f"{what} ({note}), {n} at a time", (ours, path), (bare, rival), n)
                for n in CONNECTIONS
            ]
        return [*found, *_writes(ours.url, key)]


def _core_us(data: Path, wanted: Sequence[searches.Query]) -> list[float]:
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        found = [median_us(searches.searcher(library, query)) for query in wanted]
        library.catalogue.write_snapshot()
        return found
    finally:
        library.close()


_Side = tuple[servers.Server, str]


def pair(what: str, ours: _Side, bare: _Side, connections: int) -> Row:
    """Measure one answer on both sides in turns, over so many connections."""
    rates: dict[int, list[float]] = {0: [], 1: []}
    shares: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(ROUNDS):
        for side, (server, path) in enumerate((ours, bare)):
            cpu, began = server.cpu_s(), time.perf_counter()
            rate = requests_per_s(server.url + path, connections=connections, seconds=SECONDS)
            rates[side].append(rate)
            shares[side].append((server.cpu_s() - cpu) / (time.perf_counter() - began))
    mine, theirs = (statistics.median(rates[side]) for side in (0, 1))
    row = ratio(what, mine, theirs, LEAST_SHARE)
    busy = " and ".join(f"{statistics.median(shares[side]):.0%}" for side in (0, 1))
    return row._replace(against=f"{row.against}; worker busy {busy}")


# Writes.


def _writes(url: str, key: str) -> list[Row]:
    numbers = iter(range(1, 1_000_000))

    def vote() -> tuple[str, bytes, str]:
        return f"{API}/images/{next(numbers)}/vote?key={key}", b"", "application/json"

    files = iter(pictures.encoded(400, (800, 600)))

    def upload() -> tuple[str, bytes, str]:
        return f"{API}/images?key={key}", *_form(next(files))

    votes = _posts_per_s(url, vote)
    uploads = _posts_per_s(url, upload)
    at_once = f"{WRITERS} at a time, each synced to disk"
    return [
        Row("votes through HTTP", f"{votes:,.0f}/s", at_once),
        Row("uploads through HTTP, 800 × 600 JPEG", f"{uploads:,.1f}/s",
            f"{at_once}; both cores also render"),
    ]  # fmt: skip


def _form(picture: bytes) -> tuple[bytes, str]:
    boundary = secrets.token_hex(12)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image[tag_input]"\r\n\r\n'
        f"safe, benchmark, noise\r\n--{boundary}\r\n"
        'Content-Disposition: form-data; name="image[image]"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = head.encode() + picture + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _posts_per_s(url: str, make: Callable[[], tuple[str, bytes, str]]) -> float:
    """Return how many POSTs a second are answered with success, over several connections."""
    parts = urlsplit(url)
    lock, done = threading.Lock(), [0]
    problems: list[bytes] = []
    until = time.perf_counter() + WRITE_S

    def send() -> None:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        while time.perf_counter() < until and not problems:
            with lock:
                try:
                    path, body, kind = make()
                except StopIteration:
                    break
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            with lock:
                done[0] += 1
                if answer.status != http.client.OK:
                    problems.append(text)
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=send) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0].decode(errors="replace")[:1000])
    return done[0] / (time.perf_counter() - began)


def first_search(url: str) -> int:
    """Search once and return the total."""
    total: int = json.loads(servers.get(f"{url}{API}/search/images?q=safe"))["total"]
    return total
