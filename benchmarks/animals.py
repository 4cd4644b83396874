"""What programs about pets ask most: pictures of dogs by chance, and all breeds.

Each against a bare handler that spends as long as the core needs and returns ready bytes.
"""

import random
import secrets
import sqlite3
from pathlib import Path

from benchmarks import servers, serving
from benchmarks.measure import Row, median_us
from menagerie import settings
from menagerie.core import images, upkeep
from menagerie.core.animals import book, finding, pictures
from menagerie.core.animals.finding import Wanted
from menagerie.core.orders import Order
from menagerie.library import ANONYMOUS, Library
from menagerie.storage.schema import Species

LIMIT = 10
SHARE_WITH_BREEDS = 0.2
_SEED = 11


def rows(data: Path) -> list[Row]:
    """Measure both calls, the first also with a key, which adds breeds and categories."""
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        upkeep.prepare(library)
        _put_breeds(library)
        (data / "catalogue.snapshot").unlink(missing_ok=True)
    finally:
        library.close()
    library = Library(settings.load({"data": str(data)}, {}))
    try:
        searching, listing = _core_us(library)
        library.catalogue.write_snapshot()
    finally:
        library.close()
    key = servers.make_account(data, f"bench{secrets.token_hex(4)}")
    with servers.menagerie(data) as ours, servers.bare(data) as bare:
        cases = [
            ("images/search?limit=10", f"/v1/images/search?limit={LIMIT}", searching),
            (
                "images/search?limit=10 with a key",
                f"/v1/images/search?limit={LIMIT}&api_key={key}",
                searching,
            ),
            ("breeds", "/v1/breeds", listing),
        ]
        found: list[Row] = []
        for what, path, us in cases:
            # Pictures drawn by chance differ in size; a hundred answers give the usual one.
            sizes = sorted(len(servers.get(ours.url + path)) for _ in range(100))
            size = sizes[len(sizes) // 2]
            rival = f"/spent/{size}/{round(us)}"
            found += [
                serving.pair(
                    f"{what} ({size:,} bytes, {us:,.0f} µs of core), {n} at a time",
                    (ours, path),
                    (bare, rival),
                    n,
                )
                for n in serving.CONNECTIONS
            ]
    return found


def _put_breeds(library: Library) -> None:
    """Label a fifth of all images with a breed of dog each, as people would."""
    with library.reading(ANONYMOUS) as tx:
        tags = [breed.tag_id for breed in book.book(tx).of_species(Species.DOG)]
    chance = random.Random(_SEED)  # the same world each time
    connection = sqlite3.connect(library.settings.data_path / "menagerie.db")
    ids = [row[0] for row in connection.execute("SELECT id FROM images ORDER BY id")]
    some = chance.sample(ids, int(len(ids) * SHARE_WITH_BREEDS))
    connection.executemany(
        "INSERT OR IGNORE INTO labels (image_id, tag_id, origin, state, created_at)"
        " VALUES (?, ?, 'person', 'asserted', 0)",
        [(image_id, chance.choice(tags)) for image_id in some],
    )
    connection.commit()
    connection.close()


def _core_us(library: Library) -> tuple[float, float]:
    """Return what the core alone needs for a search and for all breeds, in microseconds."""

    def search() -> None:
        with library.reading(ANONYMOUS) as tx:
            found = finding.public(tx, Wanted(species=Species.DOG), Order.RANDOM, limit=LIMIT)
            images.find_many(tx, found.ids)

    def breeds() -> None:
        with library.reading(ANONYMOUS) as tx:
            book.book(tx).of_species(Species.DOG)
            pictures.reference_images(tx)

    return median_us(search), median_us(breeds)
