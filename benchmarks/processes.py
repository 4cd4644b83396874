"""A process of the library at work: its memory, its start, and how soon a change is found."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import event

from benchmarks import searches, servers, serving
from benchmarks.measure import Row, limit
from menagerie import settings
from menagerie.core import find, labels, votes
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.storage.schema import Role

MIB = 1 << 20
MOST_BYTES = 600 * 10**6
MOST_START_S, MOST_REBUILD_S, MOST_VISIBLE_US = 3.0, 60.0, 5_000
EDITS = 60


def rows(data: Path) -> list[Row]:
    """Measure a rebuild and edits in this process, then a server started from the snapshot."""
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        began = time.perf_counter()
        library.catalogue.rebuild()
        rebuild_s = time.perf_counter() - began
        library.catalogue.write_snapshot()
        edits = _edits(library)
    finally:
        library.close()
    return [
        *_server(data),
        Row("rebuild from the database", f"{rebuild_s:.1f} s", "", f"<= {MOST_REBUILD_S:.0f} s",
            rebuild_s <= MOST_REBUILD_S),
        *edits,
    ]  # fmt: skip


def _server(data: Path) -> list[Row]:
    """Start a server and search at once; then work it and look at its memory."""
    first = f"{serving.API}/search/images?q=safe"
    with servers.menagerie(data, first=first) as server:
        early = max(map(servers.rss_bytes, server.workers()))
        for query in searches.queries():
            for page in range(1, 4):
                path = f"{serving.API}/search/images?page={page}&per_page=50&sf={query.sf}&q="
                servers.get(server.url + path + quote(query.text))
        for image_id in range(1, 10_001, 2):
            servers.get(f"{server.url}{serving.API}/images/{image_id}")
        late = max(map(servers.rss_bytes, server.workers()))
        parent = servers.rss_bytes(server.pid)
    return [
        Row("memory of a serving process after its first search", f"{early / MIB:,.0f} MiB", "",
            "<= 600 MB", early <= MOST_BYTES),
        Row("the same after 60 searches and 5,000 images", f"{late / MIB:,.0f} MiB", "",
            "<= 600 MB", late <= MOST_BYTES),
        Row("memory of the parent process (jobs, upkeep)", f"{parent / MIB:,.0f} MiB"),
        Row("start of `serve` from the snapshot to the first search answered",
            f"{server.start_s:.1f} s", "", f"<= {MOST_START_S:.0f} s",
            server.start_s <= MOST_START_S),
    ]  # fmt: skip


def _edits(library: Library) -> list[Row]:
    """Change something and search for it, with the disk's part left out."""
    no_sync(library)
    actor = Actor(role=Role.USER, account_id=1000, name="Person0")

    def vote(image_id: int) -> str:
        with library.writing(actor) as tx:
            score = votes.vote(tx, image_id, 1).score
        return f"id:{image_id}, score:{score}"

    def tag(image_id: int) -> str:
        with library.writing(actor) as tx:
            labels.edit(tx, image_id, add=["seen at once"], remove=[])
        return f"id:{image_id}, seen at once"

    def untag(image_id: int) -> str:
        with library.writing(actor) as tx:
            labels.edit(tx, image_id, add=[], remove=["seen at once"])
        return f"id:{image_id}, -seen at once"

    return [
        limit("a vote until search finds it, without fsync", _visible_us(library, vote),
              MOST_VISIBLE_US),
        limit("a tag put on until search finds it", _visible_us(library, tag), MOST_VISIBLE_US),
        limit("a tag taken off until search knows", _visible_us(library, untag), MOST_VISIBLE_US),
    ]  # fmt: skip


def no_sync(library: Library) -> None:
    """Let commits of this process leave it to the system when to write; for copies only."""

    def relax(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]

    writer = library.database._writer  # noqa: SLF001  # nothing but a benchmark may do this
    writer.dispose()
    event.listen(writer, "connect", relax)


def _visible_us(library: Library, change: Callable[[int], str]) -> float:
    took = []
    for n in range(EDITS):
        image_id = 1 + n * 16_001 % len(library.catalogue.current().live)
        began = time.perf_counter_ns()
        text = change(image_id)
        with library.reading(ANONYMOUS) as tx:
            found = find.images(tx, find.parse(tx, text))
        took.append(time.perf_counter_ns() - began)
        if found.ids != [image_id]:
            raise RuntimeError(f"not found at once: {text}")
    return statistics.median(took) / 1000
