"""Similar: which images look like another, or like a picture somebody shows.

What the models made of each image is a vector; alike images have vectors that point the same way.
A compact code of each is in memory, those found nearest are ranked by their whole vectors, and
copies of the very picture, which the perceptual hash knows, come first.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy import delete, insert, select

from menagerie.core import filters, find, lookalikes, visibility
from menagerie.core.filters import Filter
from menagerie.library import Actor, Library, Tx
from menagerie.media import examine
from menagerie.media.limits import Limits
from menagerie.search import likeness
from menagerie.search.nodes import All
from menagerie.search.vectors import CANDIDATES, VectorIndex, rerank
from menagerie.storage import schema
from menagerie.vision import codes

LEAST = 0.35
"""What is less alike than this is not told; photographs of different things stay under 0.3."""
_CACHE = "similar: index"
_AT_ONCE = 50_000
_CANDIDATES_EACH = 10
_NUMBERS = np.dtype("<f2")
_row = schema.image_vectors.c
_detail = schema.vector_details.c


class Similar(NamedTuple):
    """An image that looks like another: how alike, 0 to 1, and whether it is a copy saved anew."""

    image_id: int
    similarity: float
    is_copy: bool


class _Index:
    """The codes of one process, and up to which row it has read them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.vectors = VectorIndex()
        self.last_id = 0


def similar(
    tx: Tx,
    image_id: int,
    limit: int = 25,
    *,
    filter: Filter | None = None,  # noqa: A002  # the domain's word for it
) -> list[Similar]:
    """Return the images that look like one, copies first, then the most alike.

    Only what the actor may find, less what `filter` hides (None: the filter in force for them).
    Before the models have looked at the image, only its copies. Raises NotFound.
    """
    visibility.require_visible(tx, image_id)
    row = tx.one(
        select(schema.images.c.perceptual_hash, _detail.vector)
        .outerjoin(schema.vector_details, _detail.image_id == schema.images.c.id)
        .where(schema.images.c.id == image_id)
    )
    own_hash, vector = (None, None) if row is None else (row.perceptual_hash, row.vector)
    allowed = _allowed(tx, filter) - BitMap([image_id])
    return _find(tx, allowed, None if vector is None else _numbers(vector), own_hash, limit)


def similar_to(
    library: Library,
    actor: Actor,
    path: Path,
    limit: int = 25,
    *,
    filter: Filter | None = None,  # noqa: A002
) -> list[Similar]:
    """Return the images that look like a picture in a file, as `similar` does.

    Where recognition is off, only its copies. Raises TooLarge and Unsupported for what is no
    picture, Unavailable when a model cannot be loaded.
    """
    settings = library.settings
    limits = Limits(
        max_bytes=settings.upload_limit,
        max_px=settings.pixel_limit,
        max_frames=settings.frame_limit,
    )
    look = library.pool.run(
        examine.query_features, str(path), limits=limits, wants_views=settings.recognition
    )
    vector = None
    if look.views is not None:
        vector = library.models.classify([look.views.subject])[0].vector
    with library.reading(actor) as tx:
        return _find(tx, _allowed(tx, filter), vector, look.perceptual_hash, limit)


def _allowed(tx: Tx, in_force: Filter | None) -> BitMap:
    return find.bitmap(tx, All(), filter=in_force or filters.effective(tx))


def _find(
    tx: Tx,
    allowed: BitMap,
    vector: NDArray[Any] | None,
    perceptual_hash: int | None,
    limit: int,
) -> list[Similar]:
    copies = _copies(tx, allowed, perceptual_hash)
    found: dict[int, float] = {}
    if vector is not None:
        # Few are asked for under each picture: their whole vectors are what this costs.
        count = max(limit, min(CANDIDATES, _CANDIDATES_EACH * limit))
        near = _index(tx).search(vector, allowed=allowed, count=count)
        found = _ranked(tx, vector, [*copies, *(i for i in near if i not in copies)])
    first = [Similar(i, max(found.get(i, 0.0), likeness_), True) for i, likeness_ in copies.items()]
    others = [
        Similar(i, likeness_, False)
        for i, likeness_ in found.items()
        if i not in copies and likeness_ >= LEAST
    ]
    others.sort(key=lambda one: (-one.similarity, one.image_id))
    return [*first, *others][: max(limit, 0)]


def _copies(tx: Tx, allowed: BitMap, perceptual_hash: int | None) -> dict[int, float]:
    """Return the near duplicates with how many of the bits agree, 0 to 1, the nearest first."""
    if perceptual_hash is None or not lookalikes.is_informative(perceptual_hash % (1 << 64)):
        return {}
    version = tx.version
    near = likeness.by_hash(version, allowed, perceptual_hash, lookalikes.MOST_BITS)
    column = version.columns["perceptual_hash"]
    bits = [(column.get(i) ^ perceptual_hash) % (1 << 64) for i in near]
    return {i: 1 - b.bit_count() / 64 for i, b in zip(near, bits, strict=True)}


def _ranked(tx: Tx, vector: NDArray[Any], image_ids: Sequence[int]) -> dict[int, float]:
    """Return how alike images are by their whole vectors, 0 to 1."""
    rows = tx.all(select(*_detail).where(_detail.image_id.in_(image_ids))) if image_ids else []
    if not rows:
        return {}
    likenesses = rerank(vector, np.stack([_numbers(row.vector) for row in rows]))
    clipped = np.clip(likenesses.astype(np.float64), 0.0, 1.0).round(4).tolist()
    return {row.image_id: value for row, value in zip(rows, clipped, strict=True)}


def _numbers(stored: bytes) -> NDArray[Any]:
    return np.frombuffer(stored, _NUMBERS)


# Keeping vectors.


def keep(tx: Tx, image_ids: Sequence[int], vectors: NDArray[Any], *, model: str) -> None:
    """Keep the vectors of images, n × 1280, in place of any they have; all processes find them."""
    if not image_ids:
        return
    ids = list(image_ids)
    tx.execute(delete(schema.image_vectors).where(_row.image_id.in_(ids)))
    tx.execute(delete(schema.vector_details).where(_detail.image_id.in_(ids)))
    compact = codes.encode(vectors)
    tx.execute(
        insert(schema.image_vectors),
        [{"image_id": i, "code": c.tobytes()} for i, c in zip(ids, compact, strict=True)],
    )
    tx.execute(
        insert(schema.vector_details),
        [
            {"image_id": i, "model": model, "vector": v.astype(_NUMBERS).tobytes()}
            for i, v in zip(ids, vectors, strict=True)
        ],
    )


def _index(tx: Tx) -> VectorIndex:
    """Return the codes of all images, those that others have added since among them."""
    kept: _Index = tx.library.caches.setdefault(_CACHE, _Index())
    with kept.lock:
        while True:
            rows = tx.all(
                select(_row.id, _row.image_id, _row.code)
                .where(_row.id > kept.last_id)
                .order_by(_row.id)
                .limit(_AT_ONCE)
            )
            if not rows:
                return kept.vectors
            added = np.frombuffer(b"".join(row.code for row in rows), np.uint8)
            kept.vectors.add([row.image_id for row in rows], added.reshape(len(rows), codes.BYTES))
            kept.last_id = rows[-1].id
