"""Similar images at full size: candidates from memory, whole vectors from disk, ranked.

The vectors are made: clusters of many sizes around centres like those that the classifier makes
(none below zero, most near it), and within a cluster some dozens of directions in which its members
differ, as photographs of one subject do, and noise. They are kept in a database of their own, in
the form of the library's table. Recall is against all of them compared by numpy.
"""

import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from benchmarks.measure import Row
from menagerie.search.vectors import CANDIDATES, VectorIndex, rerank
from menagerie.vision import codes

MOST_MS, LEAST_RECALL, MOST_BYTES = 25.0, 0.95, 64.0
NEIGHBOURS = 10
QUERIES = 60
_CLUSTERS, _DIRECTIONS = 5000, 32
_PIECE = 20_000

Vectors = NDArray[Any]


def rows(folder: Path, images: int) -> list[Row]:
    """Measure an index of `images` vectors."""
    database = sqlite3.connect(_built(folder / f"vectors-{images}.db", images))
    try:
        index = VectorIndex()
        queries = next(_pieces(QUERIES, seed=1)).astype(np.float32)
        truth = _exact_and_fill(database, index, queries)
        whole = _measured(database, index, queries, truth, None)
        half = BitMap(range(1, images + 1, 2))
        tenth_of_percent = BitMap(range(1, images + 1, 1000))
        return [
            *whole,
            Row("memory per image", f"{index.size_bytes / images:.1f} bytes", "",
                f"<= {MOST_BYTES:g} bytes", index.size_bytes / images <= MOST_BYTES),
            _measured(database, index, queries, {}, half)[0]._replace(
                what="of every second image"),
            _measured(database, index, queries, {}, tenth_of_percent)[0]._replace(
                what="of every thousandth image"),
        ]  # fmt: skip
    finally:
        database.close()


def _pieces(count: int, *, seed: int) -> Iterator[NDArray[np.float16]]:
    """Yield `count` vectors in pieces; the clusters are the same for every seed."""
    shape = np.random.default_rng(0)
    centres = shape.gamma(0.5, 0.6, (_CLUSTERS, codes.DIMENSIONS)).astype(np.float32)
    centres *= shape.random(codes.DIMENSIONS, np.float32) * 1.5
    directions = shape.standard_normal((_DIRECTIONS, codes.DIMENSIONS), np.float32)
    directions *= 0.5 / np.sqrt(_DIRECTIONS)
    random = np.random.default_rng([7, seed])
    for start in range(0, count, _PIECE):
        size = min(_PIECE, count - start)
        # Squared: some clusters have a few members, some thousands.
        cluster = (_CLUSTERS * random.random(size) ** 2).astype(np.intp)
        found = centres[cluster] + random.standard_normal((size, _DIRECTIONS)) @ directions
        found += 0.1 * random.standard_normal(found.shape, np.float32)
        np.maximum(found, 0, out=found)
        yield (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def _built(path: Path, images: int) -> Path:
    if path.exists():
        return path
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    database = sqlite3.connect(part)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("CREATE TABLE details (image_id INTEGER PRIMARY KEY, vector BLOB NOT NULL)")
    number = 0
    for piece in _pieces(images, seed=0):
        some = [(number + at + 1, vector.tobytes()) for at, vector in enumerate(piece)]
        database.executemany("INSERT INTO details VALUES (?, ?)", some)
        number += len(piece)
    database.commit()
    database.close()
    return part.rename(path)


def _exact_and_fill(
    database: sqlite3.Connection, index: VectorIndex, queries: Vectors
) -> dict[int, set[int]]:
    """Fill the index, and return the true neighbours of each query by its place."""
    likeness = np.full((len(queries), 1), -2.0, np.float32)
    numbers = np.zeros((len(queries), 1), np.int64)
    cursor = database.execute("SELECT image_id, vector FROM details ORDER BY image_id")
    while some := cursor.fetchmany(_PIECE):
        ids = np.array([number for number, _ in some])
        vectors = _vectors(blob for _, blob in some)
        index.add(ids.tolist(), codes.encode(vectors))
        likeness = np.hstack([likeness, queries @ vectors.astype(np.float32).T])
        numbers = np.hstack([numbers, np.broadcast_to(ids, (len(queries), len(ids)))])
        best = np.argsort(-likeness, axis=1)[:, :NEIGHBOURS]
        likeness = np.take_along_axis(likeness, best, 1)
        numbers = np.take_along_axis(numbers, best, 1)
    return {place: set(row.tolist()) for place, row in enumerate(numbers)}


def _vectors(blobs: Iterator[bytes]) -> NDArray[np.float16]:
    return np.frombuffer(b"".join(blobs), "<f2").reshape(-1, codes.DIMENSIONS)


def _measured(
    database: sqlite3.Connection,
    index: VectorIndex,
    queries: Vectors,
    truth: dict[int, set[int]],
    allowed: BitMap | None,
) -> list[Row]:
    """Ask every query twice and measure the second time, when the system has read its pages."""
    times_ms, shares = [], []
    for place, query in enumerate(queries):
        _similar(database, index, query, allowed)
        began = time.perf_counter()
        found = _similar(database, index, query, allowed)
        times_ms.append(1000 * (time.perf_counter() - began))
        if truth:
            shares.append(len(truth[place] & set(found)) / NEIGHBOURS)
    ms = statistics.median(times_ms)
    made = [
        Row(f"the {NEIGHBOURS} likest of {len(index):,}, {CANDIDATES} candidates", f"{ms:.1f} ms",
            f"slowest {max(times_ms):.1f} ms", f"<= {MOST_MS:g} ms", ms <= MOST_MS),
    ]  # fmt: skip
    if shares:
        recall = statistics.mean(shares)
        made.append(
            Row(f"recall@{NEIGHBOURS}", f"{recall:.3f}", "exact search", f">= {LEAST_RECALL}",
                recall >= LEAST_RECALL)
        )  # fmt: skip
    return made


def _similar(
    database: sqlite3.Connection, index: VectorIndex, query: Vectors, allowed: BitMap | None
) -> list[int]:
    candidates = index.search(query, allowed=allowed)
    marks = ",".join("?" * len(candidates))
    fetched = database.execute(
        f"SELECT image_id, vector FROM details WHERE image_id IN ({marks})", candidates
    ).fetchall()
    likeness = rerank(query, _vectors(blob for _, blob in fetched))
    return [fetched[at][0] for at in np.argsort(-likeness)[:NEIGHBOURS].tolist()]
