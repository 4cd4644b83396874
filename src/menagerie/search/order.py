"""Order: the page of a selection, by any sort, without sorting more than the page needs."""

import bisect
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from menagerie.search.columns import Ids, Values, ids_of
from menagerie.search.version import Version

COLUMNS = frozenset(
    {
        "updated_at",
        "aspect_ratio",
        "faves",
        "downvotes",
        "upvotes",
        "width",
        "height",
        "score",
        "comment_count",
        "tag_count",
        "wilson_score",
        "pixels",
        "size",
        "duration",
        "hides",
    }
)
"""The sorts that go by a column."""


class Sort(msgspec.Struct, frozen=True):
    """By what a listing is sorted.

    `field` is `id`, `first_seen_at`, one of `COLUMNS`, `_score`, `random` (with `seed`) or
    `gallery` (with `gallery_id`). Equal images go by id, in the same direction.
    """

    field: str = "first_seen_at"
    ascending: bool = False
    seed: int | None = None
    gallery_id: int | None = None


Part = tuple[BitMap, float]
"""What a matching term adds to the relevance of these images."""


def page(
    version: Version,
    hits: BitMap,
    sort: Sort,
    *,
    start: int,
    stop: int,
    parts: list[Part] | None = None,
) -> list[int]:
    """Return the hits from place `start` up to `stop` of the listing; `parts` serve `_score`."""
    total = len(hits)
    stop = min(stop, total)
    if start >= stop:
        return []
    if sort.field == "gallery" and sort.gallery_id is not None:
        return _by_gallery(version, hits, sort)[start:stop]
    if sort.ascending:
        # What goes by rising keys is what goes by falling ones, read from the end.
        start, stop = total - stop, total - start
    if sort.field == "id":
        found = _by_id(hits, start, stop)
    elif sort.field == "first_seen_at":
        found = _by_first_seen(version, hits, start, stop)
    else:
        ids = ids_of(hits)
        found = _window(ids, keys(version, ids, sort, parts), start, stop)
    return found[::-1] if sort.ascending else found


def _by_id(hits: BitMap, start: int, stop: int) -> list[int]:
    total = len(hits)
    return list(hits[total - stop : total - start])[::-1]


def _by_first_seen(version: Version, hits: BitMap, start: int, stop: int) -> list[int]:
    order = version.order
    strays = hits & order.strays
    if not strays:
        return _by_id(hits, start, stop)
    regular = hits - strays
    total = len(regular)
    # The strays among the hits, falling, and where each comes in the merged listing.
    inside = np.flatnonzero(np.isin(order.stray_ids, ids_of(strays)))[::-1]
    stray_ids = order.stray_ids[inside].tolist()
    before = order.goes_before[inside].tolist()

    def place(index: int) -> int:
        return index + total - (regular.rank(before[index] - 1) if before[index] else 0)

    first = bisect.bisect_left(range(len(stray_ids)), start, key=place)
    last = bisect.bisect_left(range(len(stray_ids)), stop, key=place)
    merged: dict[int, int] = {place(index): stray_ids[index] for index in range(first, last)}
    others = iter(_by_id(regular, start - first, stop - last))
    return [merged[at] if at in merged else next(others) for at in range(start, stop)]


def keys(version: Version, ids: Ids, sort: Sort, parts: list[Part] | None = None) -> Values:
    """Return what each of `ids` (ascending) is sorted by, other than a gallery's order."""
    if sort.field == "id":
        return ids
    if sort.field == "random":
        return _shuffled(ids, sort.seed or 0)
    if sort.field == "_score":
        return _relevance(ids, parts or [])
    return version.numbers(sort.field).gather(ids)


def _window(ids: Ids, values: Values, start: int, stop: int) -> list[int]:
    """Return the ids at places `start` to `stop` by falling (value, id).

    The values at both ends of the page are found by partition; between them there are no more
    items than the page has, and ties at the ends are in order already.
    """
    low, high = len(ids) - stop, len(ids) - 1 - start
    parted = np.partition(values, low)
    last = parted[low]
    upper = parted[low:]
    first = np.partition(upper, high - low)[high - low]
    greater = int(np.count_nonzero(values > first))
    top: list[int] = ids[values == first][::-1].tolist()
    if first == last:
        return top[start - greater : stop - greater]
    between = np.flatnonzero((values > last) & (values < first))
    middle = ids[between[np.lexsort((between, values[between]))[::-1]]].tolist()
    found: list[int] = top[start - greater :] + middle
    bottom: list[int] = ids[values == last][::-1][: stop - start - len(found)].tolist()
    return found + bottom


def _shuffled(ids: Ids, seed: int) -> npt.NDArray[np.uint32]:
    """Return a number for each id that looks random, none twice, and is the same every time.

    Source: the finaliser of MurmurHash3 (32 bits), which maps no two numbers to one.
    """
    low, high = np.uint32(seed & 0xFFFF_FFFF), np.uint32(seed >> 32 & 0xFFFF_FFFF)
    mixed = _finalised(ids ^ _finalised(np.array([low ^ np.uint32(0x9E37_79B9)]))[0])
    return _finalised(mixed ^ high) if high else mixed


def _finalised(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EB_CA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2_AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def _relevance(ids: Ids, parts: list[Part]) -> npt.NDArray[np.float64]:
    total = np.zeros(len(ids), np.float64)
    for bitmap, weight in parts:
        if weight:
            total[np.isin(ids, ids_of(bitmap), assume_unique=True)] += weight
    return total


def _by_gallery(version: Version, hits: BitMap, sort: Sort) -> list[int]:
    """Return all hits by their place in the gallery; those not in it last, the newest first."""
    placed = version.personal.gallery(sort.gallery_id or 0)
    inside = np.isin(placed.ids, ids_of(hits & placed.images))
    ids, positions = placed.ids[inside], placed.positions[inside]
    by_place = np.lexsort((-ids.astype(np.int64), positions if sort.ascending else -positions))
    rest = ids_of(hits - placed.images)[::-1]
    return [*ids[by_place].tolist(), *rest.tolist()]


def neighbours(
    version: Version, hits: BitMap, sort: Sort, image_id: int, parts: list[Part] | None = None
) -> tuple[int | None, int | None]:
    """Return the images before and after one of the hits in the listing; None at its ends."""
    if sort.field == "gallery" and sort.gallery_id is not None:
        listing = _by_gallery(version, hits, sort)
        at = listing.index(image_id)
        before, after = listing[at - 1 : at], listing[at + 1 : at + 2]
        return (before[0] if before else None), (after[0] if after else None)
    ids = ids_of(hits)
    values = keys(version, ids, sort, parts)
    own = values[np.searchsorted(ids, image_id)]
    lower = _extreme(ids, values, (values < own) | ((values == own) & (ids < image_id)), np.max)
    upper = _extreme(ids, values, (values > own) | ((values == own) & (ids > image_id)), np.min)
    return (lower, upper) if sort.ascending else (upper, lower)


def _extreme(ids: Ids, values: Values, chosen: Values, pick: Any) -> int | None:
    if not chosen.any():
        return None
    ids, values = ids[chosen], values[chosen]
    return int(pick(ids[values == pick(values)]))
