"""Rows: the labels of many images, read in chunks of bounded memory and in the order of ids.

Which labels there are and what was said of them comes from one version of the catalogue, which
never changes; only what does not change about an image is asked of the database. So rows of a
hundred thousand images are those of one moment, however long their reader takes.
"""

import threading
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from sqlalchemy import bindparam, select

from menagerie.core import annotations, filters, find
from menagerie.core.annotations import Annotation
from menagerie.library import ANONYMOUS, Library, Tx
from menagerie.search import nodes
from menagerie.search.columns import from_ids
from menagerie.search.nodes import Node
from menagerie.search.version import Version
from menagerie.storage import schema, sql

CHUNK = 4000
# Above this share of a range of ids, reading the range is quicker than naming the ids.
_DENSE = 0.2

_i = schema.images.c
_BETWEEN = _i.id.between(bindparam("low"), bindparam("high"))
# Only what never changes; who may be seen is the catalogue's to say, and of one moment.
_KEYS = select(_i.id, _i.key)
_SIZES = select(_i.id, _i.key, _i.width, _i.height)

Numbers = npt.NDArray[np.int64]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Which labels are wanted: by verdicts, and how many of them after which one.

    `after` is an image and a tag; what is up to and with that label is left out. `limit` counts
    rows.
    """

    min_probability: float = 0.0
    min_votes: int = 0
    after: tuple[int, int] = (0, 0)
    limit: int | None = None


class LabelRows(NamedTuple):
    """Labels, column by column: UUIDs of images, tags, weights of the verdicts yes and no.

    Columns rather than rows, since to make an object of each label takes longer than to write it.
    """

    keys: list[str]
    tag_ids: list[int]
    yes: list[int]
    no: list[int]


class ImageRow(NamedTuple):
    """One image with the labels that are words (tag, yes, no), and what is outlined on it."""

    key: str
    width: int
    height: int
    labels: list[tuple[int, int, int]]
    annotations: Sequence[Annotation]


def selection(tx: Tx, query: Node) -> BitMap:
    """Return the images that a query takes in for anybody: public, not withheld, by Default.

    Raises QueryError.
    """
    hides = filters.get(tx, filters.DEFAULT_ID)
    found = find.bitmap(tx, query, filter=hides, include_hidden=True)
    version = tx.version
    return (found & version.searchable(None)) - version.flags["withheld"]


def named_tags(tx: Tx, query: Node) -> set[int]:
    """Return the tags that a query asks for by name, leaving aside what it excludes."""
    if isinstance(query, nodes.And | nodes.Or):
        return set().union(*(named_tags(tx, child) for child in query.children))
    if isinstance(query, nodes.Boost):
        return named_tags(tx, query.child)
    if isinstance(query, nodes.Term):
        tag_id = tx.version.tag_id(query.value)
        return set() if tag_id is None else {tag_id}
    return set()


def tag_rows(
    library: Library, tag_ids: Sequence[int], bounds: Bounds, *, chunk: int = CHUNK
) -> Generator[LabelRows]:
    """Yield the labels that these tags make, in chunks, by image and tag.

    Begins at once: what is wrong with the selection is raised before the first chunk.
    """
    with library.reading(ANONYMOUS) as tx:
        version, taken = tx.version, selection(tx, nodes.All())
    left = bounds.limit
    tag_ids = sorted(tag_ids)
    wanted = BitMap.union(BitMap(), *(version.posting(tag) for tag in tag_ids)) & taken
    for ids in _chunks(wanted, bounds, chunk):
        found = _labels(version, tag_ids, ids, bounds)
        if not len(found):
            continue
        if left is not None:
            found = found[:left]
            left -= len(found)
        with library.reading(ANONYMOUS) as tx:
            keys = _keys(tx, found[:, 0])
        yield LabelRows(keys, *(found[:, column].tolist() for column in (1, 2, 3)))
        if left == 0:
            return


def _keys(tx: Tx, ids: Numbers) -> list[str]:
    """Return the UUIDs of ascending ids, some of which may repeat."""
    known: _Known = tx.library.caches.setdefault("image keys", _Known())
    return known.keys(tx, ids)


class _Known:
    """The UUIDs of images that were exported, by id: 36 bytes an image; they never change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = np.zeros(0, "S36")

    def keys(self, tx: Tx, ids: Numbers) -> list[str]:
        with self._lock:
            top = int(ids[-1])
            if top >= len(self._known):
                self._known = np.concatenate([self._known, np.zeros(top + CHUNK, "S36")])
            missing = np.unique(ids[self._known[ids] == b""])
            if len(missing):
                for image_id, key in _read(tx, _KEYS, missing):
                    self._known[image_id] = key.encode()
            found: list[str] = self._known[ids].astype("U36").tolist()
            return found


def image_rows(
    tx: Tx, query: Node, bounds: Bounds, *, needs_both: bool = False, chunk: int = CHUNK
) -> Generator[list[ImageRow]]:
    """Yield the images that a query finds, in chunks, with all labels that the bounds leave.

    Of what is outlined, that of the labels the query names, or all if it names none. With
    `needs_both`, only images that have labels and outlines. Raises QueryError at once.
    """
    version, wanted = tx.version, selection(tx, query)
    named = named_tags(tx, query) or None
    tag_ids = sorted(version.words.tag_ids)
    is_bound = bounds.min_votes > 0 or bounds.min_probability > 0
    left = bounds.limit
    for ids in _chunks(wanted, bounds, chunk):
        labels: dict[int, list[tuple[int, int, int]]] = {}
        for image_id, *label in _labels(version, tag_ids, ids, bounds).tolist():
            labels.setdefault(image_id, []).append(tuple(label))
        outlined = annotations.of_images(tx, ids.tolist(), named)
        rows = [
            ImageRow(key, width, height, labels.get(image_id, []), outlined.get(image_id, ()))
            for image_id, key, width, height in _read(tx, _SIZES, ids)
            if (not is_bound or image_id in labels)
            and (not needs_both or (image_id in labels and outlined.get(image_id)))
        ]
        if left is not None:
            rows = rows[:left]
            left -= len(rows)
        yield rows
        if left == 0:
            return


def count_labels(tx: Tx, bounds: Bounds) -> dict[int, int]:
    """Return on how many images each word is a label within the bounds, by tag; none left out."""
    version, taken = tx.version, selection(tx, nodes.All())
    return {tag_id: _count(version, tag_id, taken, bounds) for tag_id in version.words.tag_ids}


def count_outlines(tx: Tx, min_probability: float) -> dict[int, int]:
    """Return on how many images people outlined each label, by tag.

    With a `min_probability`, only outlines that the share of yes among their verdicts reaches.
    """
    taken, drawn = selection(tx, nodes.All()), schema.annotations.c
    found = tx.execute(
        select(drawn.tag_id, drawn.image_id, drawn.yes_weight, drawn.no_weight).where(
            drawn.is_auto.is_(False)
        )
    )
    counts: Counter[int] = Counter()
    for row in found:
        yes, total = row.yes_weight, row.yes_weight + row.no_weight
        is_enough = min_probability <= 0 or (yes > 0 and yes >= min_probability * total)
        counts[row.tag_id] += is_enough and row.image_id in taken
    return counts


def _count(version: Version, tag_id: int, taken: BitMap, bounds: Bounds) -> int:
    if bounds.min_votes <= 0 and bounds.min_probability <= 0:
        return version.posting(tag_id).intersection_cardinality(taken)
    table = version.verdicts(tag_id).table
    total = table.yes + table.no
    passes = (total >= max(1, bounds.min_votes)) & (table.yes >= bounds.min_probability * total)
    return from_ids(table.ids[passes]).intersection_cardinality(taken)


def _chunks(wanted: BitMap, bounds: Bounds, size: int) -> Iterator[Numbers]:
    """Yield the ids from where the bounds begin, ascending."""
    first, tag_id = bounds.after
    # The image itself may have labels of later tags.
    if first:
        wanted = wanted.copy()
        wanted.remove_range(0, first if tag_id else first + 1)
    everything = np.asarray(wanted.to_array(), np.int64)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def _labels(version: Version, tag_ids: Sequence[int], ids: Numbers, bounds: Bounds) -> Numbers:
    """Return the labels of images within the bounds as rows (image, tag, yes, no), in order."""
    among = BitMap(ids.tolist())
    found = [_of_tag(version, tag_id, among) for tag_id in tag_ids]
    rows = np.concatenate(found) if found else np.zeros((0, 4), np.int64)
    if len(found) > 1:
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    yes, total = rows[:, 2], rows[:, 2] + rows[:, 3]
    passes = total >= bounds.min_votes
    if bounds.min_probability > 0:
        passes &= (total > 0) & (yes >= bounds.min_probability * total)
    image_id, tag_id = bounds.after
    if tag_id:
        passes &= (rows[:, 0] > image_id) | (rows[:, 1] > tag_id)
    return rows if passes.all() else rows[passes]


def _of_tag(version: Version, tag_id: int, among: BitMap) -> Numbers:
    ids = np.asarray((version.posting(tag_id) & among).to_array(), np.int64)
    rows = np.zeros((len(ids), 4), np.int64)
    rows[:, 0], rows[:, 1] = ids, tag_id
    table = version.verdicts(tag_id).table
    if len(ids) and len(table.ids):
        places = np.minimum(np.searchsorted(table.ids, ids), len(table.ids) - 1)
        is_judged = table.ids[places] == ids
        rows[:, 2] = np.where(is_judged, table.yes[places], 0)
        rows[:, 3] = np.where(is_judged, table.no[places], 0)
    return rows


def _read(tx: Tx, statement: Any, ids: Numbers) -> list[Any]:
    """Return rows of these images by id, as plain tuples: SQLAlchemy's take twice the time."""
    low, high = int(ids[0]), int(ids[-1])
    is_dense = len(ids) >= _DENSE * (high - low + 1)
    if is_dense:
        found = tx.execute(statement.where(_BETWEEN).order_by(_i.id), {"low": low, "high": high})
    else:
        among = sql.among(tx.connection, _i.id, ids.tolist())
        found = tx.execute(statement.where(among).order_by(_i.id))
    rows = list(found.cursor.fetchall())
    if is_dense and len(rows) > len(ids):
        wanted = set(ids.tolist())
        rows = [row for row in rows if row[0] in wanted]
    return rows
