"""Build a synthetic library of any size straight into a SQLite file, in minutes.

    python benchmarks/world.py FOLDER --images 1000000

Every image has 25 distinct tags out of a vocabulary whose use follows Zipf's law, one of them a
rating; scores, sizes and dates are spread as on a real board. There are no files behind the images:
only what search, shapes and counters need is there. The most common tags are words that people
judge, and two accounts have judged a fifth of their labels. Rows go in by the driver itself, since
the core, which checks each picture, would take days.
"""

import argparse
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie import settings
from menagerie.core import upkeep
from menagerie.library import Library

TAGS_PER_IMAGE = 25
BATCH = 50_000
START_US = 1_500_000_000_000_000
STEP_S = 37  # seconds between uploads
RATINGS = (("safe", 0.72), ("suggestive", 0.12), ("questionable", 0.08), ("explicit", 0.08))
ACCOUNTS = 200
WORDS = 400  # of the most common tags
VERSION = 3  # of what a world is made of; older ones are built again

Ints = NDArray[np.int64]


def build(
    folder: Path, *, images: int, vocabulary: int = 20_000, used: int = 20_000, seed: int = 1
) -> Path:
    """Build a library in `folder` unless it is there already; return the database's path.

    Images have the first `used` words of the vocabulary; the others are there to be searched.
    """
    path = folder / "menagerie.db"
    done = folder / "world.done"
    made_of = f"{VERSION}: {images} {vocabulary} {used} {seed}\n"
    if done.exists() and done.read_text(encoding="utf-8") == made_of:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    library = Library(settings.load({"data": str(folder)}, {}))
    upkeep.prepare(library)
    library.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "foreign_keys=OFF",
        "cache_size=-400000",
        "ignore_check_constraints=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _fill(connection, images, (vocabulary, used), np.random.default_rng(seed))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("ANALYZE")
    connection.close()
    done.write_text(made_of, encoding="utf-8")
    return path


def _fill(
    connection: sqlite3.Connection,
    images: int,
    words_and_used: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    vocabulary, most_used = words_and_used
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN ('labels', 'images', 'tags', 'blobs', 'votes', 'faves')"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("BEGIN")
    ratings, first = _add_tags(connection, vocabulary)
    used = np.arange(first, first + min(vocabulary, most_used), dtype=np.int64)
    _add_accounts(connection)
    for low in range(1, images + 1, BATCH):
        ids = np.arange(low, min(low + BATCH, images + 1), dtype=np.int64)
        _add_images(connection, ids, rng)
        _add_labels(connection, ids, used, ratings, rng)
        _add_votes(connection, ids, rng)
    _add_words(connection, used[:WORDS])
    _add_verdicts(connection, used[:WORDS])
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute(
        "UPDATE tags SET image_count = (SELECT count(*) FROM labels WHERE tag_id = tags.id)"
    )
    connection.execute("COMMIT")


def words(count: int) -> Iterator[str]:
    """Yield `count` distinct made-up words, some in a namespace, some of two parts."""
    syllables = [c + v for c in "bcdfghklmnprstvw" for v in ("a", "e", "i", "o", "u", "ai", "or")]
    n = len(syllables)
    for i in range(count):
        word = syllables[i % n] + syllables[(i // n) % n] + syllables[(i * 7 // n**2) % n]
        if i >= n * n:
            word += syllables[(i // n**2) % n]
        if i % 10 == 3:
            word = f"artist:{word}{i}"
        elif i % 4 == 1:
            word = f"{word} {syllables[(i * 31) % n]}{i % 97}"
        yield f"{word}{i}" if i % 3 == 0 else f"{word} {i % 11}{i}"


def _add_tags(connection: sqlite3.Connection, vocabulary: int) -> tuple[Ints, int]:
    known = dict(connection.execute("SELECT name, id FROM tags").fetchall())
    first = max(known.values()) + 1
    connection.executemany(
        "INSERT INTO tags (id, name, slug, namespace, name_in_namespace, category, image_count,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        (
            (
                first + i,
                name,
                name.replace(":", "-colon-").replace(" ", "+"),
                "artist" if ":" in name else None,
                name.split(":")[-1],
                "origin" if ":" in name else ("species" if i % 50 == 7 else None),
                START_US,
            )
            for i, name in enumerate(words(vocabulary))
        ),
    )
    return np.array([known[name] for name, _ in RATINGS], dtype=np.int64), first


def _add_accounts(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO accounts (id, name, name_key, role, created_at) VALUES (?, ?, ?, 'user', ?)",
        ((1000 + i, f"Person{i}", f"person{i}", START_US) for i in range(ACCOUNTS)),
    )


def _add_images(connection: sqlite3.Connection, ids: Ints, rng: np.random.Generator) -> None:
    n = len(ids)
    up = rng.geometric(0.02, n) - 1
    down = rng.geometric(0.3, n) - 1
    width = rng.integers(200, 4000, n)
    height = rng.integers(200, 4000, n)
    size = rng.integers(10_000, 8_000_000, n)
    created = START_US + ids * STEP_S * 1_000_000
    quadrants = np.round(rng.uniform(0, 255, (n, 4)), 6)
    phash = rng.integers(-(2**63), 2**63 - 1, n)
    owner = rng.integers(1000, 1000 + ACCOUNTS, n)
    connection.executemany(
        "INSERT INTO blobs (sha512, size_bytes, format, image_count, touched_at)"
        " VALUES (?, ?, 'png', 1, ?)",
        ((f"{i:0128x}", s, START_US) for i, s in zip(ids.tolist(), size.tolist(), strict=True)),
    )
    columns = (
        "id, key, account_id, audience, review, sha512, full_sha512, name, format, media_type,"
        " width, height, original_size_bytes, size_bytes, duration_s, frame_count, is_animated,"
        " has_alpha, average_color, nw, ne, sw, se, perceptual_hash, has_representations,"
        " is_optimised, upvotes, downvotes, score, faves, source_count, tag_count, created_at,"
        " updated_at, first_seen_at"
    )
    rows = zip(
        ids.tolist(), owner.tolist(), width.tolist(), height.tolist(), size.tolist(),
        quadrants.tolist(), phash.tolist(), up.tolist(), down.tolist(), created.tolist(),
        strict=True,
    )  # fmt: skip
    connection.executemany(
        f"INSERT INTO images ({columns}) VALUES ({','.join('?' * 35)})",
        (
            (
                i, str(uuid.UUID(int=i, version=4)), o, "public", "approved", f"{i:0128x}",
                f"{i:0128x}", f"{i}.png", "png", "image/png", w, h, s, s, 0.04, 1, 0, 0, "#808080",
                *q, p, 1, 1, u, d, u - d, u // 3, 0, TAGS_PER_IMAGE, c, c, c,
            )
            for i, o, w, h, s, q, p, u, d, c in rows
        ),
    )  # fmt: skip


def _add_labels(
    connection: sqlite3.Connection,
    ids: Ints,
    words_used: Ints,
    ratings: Ints,
    rng: np.random.Generator,
) -> None:
    chosen = words_used[_draw(len(ids), len(words_used), rng)]
    rating = rng.choice(ratings, len(ids), p=[p for _, p in RATINGS])
    tags = np.sort(np.concatenate([rating[:, None], chosen], axis=1), axis=1)
    flat_ids = np.repeat(ids, TAGS_PER_IMAGE).tolist()
    connection.executemany(
        "INSERT INTO labels (image_id, tag_id, origin, state, created_at)"
        f" VALUES (?, ?, 'person', 'asserted', {START_US})",
        zip(flat_ids, tags.ravel().tolist(), strict=True),
    )


def _draw(rows: int, vocabulary: int, rng: np.random.Generator) -> Ints:
    """Draw 24 distinct ranks per row by Zipf's law (exponent 0.9)."""
    weights = 1 / np.arange(3, vocabulary + 3) ** 0.9
    cumulated = np.cumsum(weights) / weights.sum()
    wanted = TAGS_PER_IMAGE - 1
    drawn = np.searchsorted(cumulated, rng.random((rows, wanted))).astype(np.int64)
    while True:
        drawn.sort(axis=1)
        doubled = np.zeros_like(drawn, dtype=bool)
        doubled[:, 1:] = drawn[:, 1:] == drawn[:, :-1]
        again = int(doubled.sum())
        if not again:
            return drawn
        drawn[doubled] = np.searchsorted(cumulated, rng.random(again))


def _add_votes(connection: sqlite3.Connection, ids: Ints, rng: np.random.Generator) -> None:
    """Give one account a taste, so that `my:` and `faved_by:` have something to find."""
    liked = ids[rng.random(len(ids)) < 0.01].tolist()
    for table, extra in (("faves", ""), ("votes", ", value")):
        connection.executemany(
            f"INSERT INTO {table} (account_id, image_id, created_at{extra})"
            f" VALUES (1000, ?, {START_US}{', 1' if extra else ''})",
            ((i,) for i in liked),
        )


def _add_words(connection: sqlite3.Connection, tag_ids: Ints) -> None:
    connection.executemany(
        "INSERT INTO words (key, name, kind, tag_id, accessor, created_at)"
        f" SELECT ?, name, 'normal', id, name, {START_US} FROM tags WHERE id = ?",
        ((str(uuid.UUID(int=i, version=4)), i) for i in tag_ids.tolist()),
    )


def _add_verdicts(connection: sqlite3.Connection, tag_ids: Ints) -> None:
    """Let one account judge the labels of every fifth image, and another of every tenth."""
    among = f"tag_id BETWEEN {tag_ids[0]} AND {tag_ids[-1]}"
    connection.execute(
        "UPDATE labels SET yes_weight = (image_id % 7 > 0), no_weight = (image_id % 7 = 0)"
        f" + (image_id % 10 = 0) WHERE image_id % 5 = 0 AND {among}"
    )
    for account_id, step, is_yes in ((1000, 5, "image_id % 7 > 0"), (1001, 10, "0")):
        connection.execute(
            "INSERT INTO validations (image_id, tag_id, voter, account_id, is_yes, weight,"
            f" created_at, updated_at) SELECT image_id, tag_id, 'a{account_id}', {account_id},"
            f" {is_yes}, 1, {START_US}, {START_US} FROM labels"
            f" WHERE image_id % {step} = 0 AND {among}"
        )
    connection.execute(
        "UPDATE images SET verdict_count = (SELECT sum(yes_weight + no_weight) FROM labels"
        " WHERE image_id = images.id) WHERE id % 5 = 0"
    )


def main() -> None:
    """Build the library that the command line asks for."""
    parser = argparse.ArgumentParser(description="Build a synthetic library.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--vocabulary", type=int, default=20_000)
    parser.add_argument("--used", type=int, default=20_000)
    arguments = parser.parse_args()
    began = time.monotonic()
    build(
        arguments.folder,
        images=arguments.images,
        vocabulary=arguments.vocabulary,
        used=arguments.used,
    )
    print(f"{arguments.images:,} images in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
