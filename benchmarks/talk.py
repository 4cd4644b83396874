"""Search of comments in the core: from the query's text to the ids of a page and the exact total.

A million comments lie on a world's hundred thousand images. Their words follow Zipf's law, so that
the commonest stand in most of them; they go in by the driver itself, the inverted index as well,
since the core, which looks at each comment, would take an hour.
"""

import itertools
import os
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import servers, world
from benchmarks.measure import Row, limit, median_us
from benchmarks.processes import MIB, no_sync
from menagerie import settings
from menagerie.core import filters, find
from menagerie.core.talk import comments
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.search.words import stems
from menagerie.storage.schema import Role

COMMENTS = 1_000_000
VOCABULARY = 60_000
MEAN_WORDS = 12
MOST_US = 30_000
_BATCH = 1 << 16
_STEP_S = 41  # seconds between comments
_FIELD = "comment.body"
_VERSION = 1

Ints = NDArray[np.int64]


class Query(NamedTuple):
    """A query to measure."""

    what: str
    text: str


def build(source: Path, folder: Path) -> None:
    """Copy the world in `source` to `folder` and put the comments in, unless it is there."""
    done = folder / "talk.done"
    if done.exists() and done.read_text(encoding="utf-8") == str(_VERSION):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(source / "menagerie.db", folder / "menagerie.db")
    connection = sqlite3.connect(folder / "menagerie.db", isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")
    rng, words = np.random.default_rng(7), vocabulary()
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name = 'comments'"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("BEGIN")
    (images,) = connection.execute("SELECT max(id) FROM images").fetchone()
    connection.executemany(
        f"INSERT INTO text_stems (field, stem) VALUES ('{_FIELD}', ?)", ((w,) for w in words)
    )
    for low in range(0, COMMENTS, _BATCH):
        ids = np.arange(max(low, 1), min(low + _BATCH, COMMENTS + 1), dtype=np.int64)
        _add(connection, ids, images, words, rng)
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute(
        "UPDATE images SET comment_count ="
        " (SELECT count(*) FROM comments WHERE image_id = images.id)"
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("ANALYZE")
    connection.close()
    done.write_text(str(_VERSION), encoding="utf-8")


def vocabulary() -> list[str]:
    """Return made-up words, the commonest first, each of which is its own stem."""
    found: dict[str, None] = {}
    for word in world.words(6 * VOCABULARY):
        plain = "".join(letter for letter in word if letter.isalpha()) + "k"
        if stems(plain) == ((plain, 0),):
            found[plain] = None
        if len(found) == VOCABULARY:
            break
    return list(found)


def _add(
    connection: sqlite3.Connection,
    ids: Ints,
    images: int,
    words: list[str],
    rng: np.random.Generator,
) -> None:
    lengths = np.minimum(rng.geometric(1 / MEAN_WORDS, len(ids)), 200)
    weights = 1 / np.arange(1, len(words) + 1)
    drawn = np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(int(lengths.sum())))
    drawn = np.minimum(drawn, len(words) - 1)
    ends = np.cumsum(lengths)
    created = (world.START_US + ids * _STEP_S * 1_000_000).tolist()
    image_ids = (rng.random(len(ids)) ** 2 * images).astype(np.int64) + 1
    chance = rng.random((len(ids), 3)).tolist()
    authors = rng.integers(1000, 1000 + world.ACCOUNTS, len(ids)).tolist()
    bodies = [
        " ".join([words[word] for word in one.tolist()]) for one in np.split(drawn, ends[:-1])
    ]
    connection.executemany(
        "INSERT INTO comments (id, image_id, account_id, is_anonymous, pseudonym, created_at,"
        " updated_at, body, hidden_at, is_approved) VALUES (?, ?, ?, ?, '0000', ?, ?, ?, ?, ?)",
        (
            (i, image, author, a < 0.05, at, at, body, at if h < 0.01 else None, u > 0.002)
            for i, image, author, (a, h, u), at, body in zip(
                ids.tolist(), image_ids.tolist(), authors, chance, created, bodies, strict=True
            )
        ),
    )
    connection.executemany(
        f"INSERT INTO text_subjects (field, subject_id, stems) VALUES ('{_FIELD}', ?, ?)",
        (
            (i, " ".join(sorted(set(body.split()))))
            for i, body in zip(ids.tolist(), bodies, strict=True)
        ),
    )
    connection.executemany(
        f"INSERT INTO text_blocks (field, stem, block, places) VALUES ('{_FIELD}', ?, ?, ?)",
        _blocks(ids, lengths, drawn, words),
    )


def _blocks(
    ids: Ints, lengths: Ints, drawn: Ints, words: list[str]
) -> Iterator[tuple[str, int, bytes]]:
    """Yield where each word stands in each block of 1,024 comments, by word and block."""
    subjects = np.repeat(ids, lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    positions = np.arange(len(subjects)) - starts
    keys = (drawn << 42 | subjects >> 10 << 32 | (subjects & 1023) << 22 | positions).astype("u8")
    keys.sort()
    heads = keys >> np.uint64(32)
    cuts = np.flatnonzero(np.diff(heads)) + 1
    places = (keys & np.uint64(0xFFFF_FFFF)).astype("<u4").tobytes()
    bounds = [0, *cuts.tolist(), len(keys)]
    for low, high in itertools.pairwise(bounds):
        head = int(heads[low])
        yield words[head >> 10], head & 1023, places[4 * low : 4 * high]


def queries() -> list[Query]:
    """Return the queries of the report."""
    words = vocabulary()
    most, second, third, common = words[0], words[1], words[2], words[9]
    *_, rare_tag = world.words(20_000)
    half_year = "created_at.gte:2017-08-01, created_at.lt:2018-02-01"
    return [
        Query("the newest", "*"),
        Query("the commonest word", most),
        Query("a common word", common),
        Query("a rare word", words[-1]),
        Query("three common words", f"{most}, {second}, {third}"),
        Query("one of two words and not a third", f"({second} OR {third}), -{common}"),
        Query("a phrase of the two commonest words", f"{most} {second}"),
        Query("a phrase of a common and a less common word", f"{common} {words[400]}"),
        Query("a phrase of three common words", f"{most} {second} {most}"),
        Query("an author", "author:person7"),
        Query("a tag of the image, on most", "image.tags:safe"),
        Query("a tag of the image, rare", f"image.tags:{rare_tag}"),
        Query("half a year", half_year),
        Query("a word, an author, a tag and half a year",
              f"{most}, author:person7, image.tags:safe, {half_year}"),
        Query("an image", "image_id:77"),
        Query("words that begin alike", f"{common[:4]}*"),
        Query("words that end alike", f"*{common[-4:]}"),
    ]  # fmt: skip


def rows(source: Path, folder: Path) -> list[Row]:
    """Measure on the comments in `folder`, built from the world in `source` if need be."""
    build(source, folder)
    copy = folder.parent / "copies" / "talk"
    copy.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "menagerie.db", copy / "menagerie.db")
    library = Library(settings.load({"data": str(copy), "comment_interval": 0}, {}))
    try:
        library.catalogue.current()
        made = [*_loading(library), *_searches(library), *_edits(library), _size(copy)]
        resident = servers.rss_bytes(os.getpid())
        return [*made, Row("memory of the whole process at the end", f"{resident / MIB:,.0f} MiB")]
    finally:
        library.close()


def _loading(library: Library) -> list[Row]:
    version = library.catalogue.current()
    began = time.perf_counter()
    written = library.catalogue.comments.at_least(version.identity, version.seq)
    took_s = time.perf_counter() - began
    size = sum(chunk.nbytes for column in written.columns.values() for chunk in column.chunks)
    size += sum(len(flag.serialize()) for flag in written.flags.values())
    return [
        Row("reading all comments, at the first search in a process", f"{took_s:.2f} s"),
        Row("memory they take", f"{size / MIB:.0f} MiB", "and at most 32 MiB for words"),
    ]


def searcher(library: Library, text: str) -> Callable[[], int]:
    """Return a function that searches once, all the way from text, and returns the total."""

    def search() -> int:
        with library.reading(ANONYMOUS) as tx:
            in_force = filters.effective(tx, None)
            return find.comments(tx, text, page=1, per_page=25, filter=in_force).total

    return search


def _searches(library: Library) -> list[Row]:
    made = []
    for query in queries():
        search = searcher(library, query.text)
        began, worked = time.perf_counter_ns(), time.thread_time_ns()
        total = search()
        first = time.perf_counter_ns() - began, time.thread_time_ns() - worked
        row = limit(f"{query.what} ({total:,} found)", median_us(search), MOST_US)
        against = f"{first[0] / 1e6:.1f} ms the first time, {first[1] / 1e6:.1f} ms of processor"
        made.append(row._replace(against=against))
    return made


def _edits(library: Library) -> list[Row]:
    """Write comments and search for them, with the disk's part left out."""
    no_sync(library)
    words = vocabulary()
    actor = Actor(role=Role.USER, account_id=1000, name="Person0", is_verified=True)
    writing, finding = [], []
    for n in range(60):
        began = time.perf_counter_ns()
        with library.writing(actor) as tx:
            made = comments.create(tx, 1 + n, f"{words[0]} {words[5]} seen {words[900]} at once")
        written = time.perf_counter_ns()
        with library.reading(actor) as tx:
            found = find.comments(tx, f"{words[0]}, seen, id:{made.id}", page=1, per_page=25)
        finding.append(time.perf_counter_ns() - written)
        writing.append(written - began)
        if found.ids != [made.id]:
            raise RuntimeError(f"not found at once: {made.id}")
    return [
        Row("writing a comment", f"{statistics.median(writing) / 1e6:.1f} ms"),
        limit("the search right after it", statistics.median(finding) / 1000, MOST_US),
    ]


def _size(folder: Path) -> Row:
    connection = sqlite3.connect(folder / "menagerie.db")
    counted: Any = connection.execute(
        "SELECT count(*), sum(length(places)) FROM text_blocks"
    ).fetchone()
    connection.close()
    return Row(
        "the inverted index", f"{counted[0]:,} rows", f"{counted[1] / MIB:,.0f} MiB of places"
    )
