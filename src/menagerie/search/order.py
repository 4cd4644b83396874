"""Order: the page of a selection, by any sort, without sorting more than the page needs."""

import bisect
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from menagerie.search.columns import BITS, Ids, Numbers, Values, ids_of
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
        "label_count",
        "validations",
        "annotation_count",
        "coverage",
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
    elif sort.field == "_score":
        found = _by_relevance(hits, parts or [], start, stop)
    else:
        found = _by_key(version, hits, sort, start, stop)
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
    if sort.field == "_score":
        return _relevance(ids, parts or [])
    return _numbers(version, sort).gather(ids)


def _numbers(version: Version, sort: Sort) -> Numbers:
    """Return what images are sorted by, other than relevance and a gallery's order."""
    length = len(version.columns["first_seen_at"])
    if sort.field == "id":
        return _Worked(length, lambda ids: ids)
    if sort.field == "random":
        return _Worked(length, lambda ids: _shuffled(ids, sort.seed or 0))
    return version.numbers(sort.field)


class _Worked(Numbers):
    """Numbers of 32 bits that are worked out from the ids; `length` is in chunks."""

    __slots__ = ("_length", "_work")

    def __init__(self, length: int, work: Callable[[Ids], Ids]) -> None:
        self._length = length
        self._work = work

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint32)

    def __len__(self) -> int:
        return self._length

    def chunk(self, index: int) -> Values:
        return self._work(np.arange(index << BITS, (index + 1) << BITS, dtype=np.uint32))

    def gather(self, ids: Ids) -> Values:
        return self._work(ids)


_FEW = 1 << 16  # so many are sorted at once as fast as anything cleverer
_SAMPLE = 4096


def _by_key(version: Version, hits: BitMap, sort: Sort, start: int, stop: int) -> list[int]:
    """Return the hits at places `start` to `stop` by falling (key, id)."""
    ids, numbers = ids_of(hits), _numbers(version, sort)
    total = len(ids)
    if total > _FEW:
        # A page near an end: what lies beyond a bound that a sample gives is enough for it.
        is_top = stop <= total - start
        near = stop if is_top else total - start
        bound = _bound(numbers, ids, near, is_top=is_top)
        if bound is not None:
            beyond = np.greater if is_top else np.less
            few = hits & numbers.where(lambda values: beyond(values, bound))
            equal = BitMap() if len(few) >= near else hits & numbers.where(lambda v: v == bound)
            if len(few) + len(equal) >= near:
                return _joined(numbers, few, equal, start, stop, total=0 if is_top else total)
    return _window(ids, numbers.gather(ids), start, stop)


def _bound(numbers: Numbers, ids: Ids, near: int, *, is_top: bool) -> Any:
    """Return a key that most likely some more than `near` hits reach; None if too many would."""
    sample = ids[:: len(ids) // _SAMPLE]
    expected = near * len(sample) / len(ids)
    rank = int(expected + 4 * expected**0.5) + 8
    if rank > len(sample) // 4:
        return None
    values = numbers.gather(sample)
    place = len(values) - 1 - rank if is_top else rank
    return np.partition(values, place)[place]


def _joined(
    numbers: Numbers, few: BitMap, equal: BitMap, start: int, stop: int, *, total: int
) -> list[int]:
    """Return a page of a listing with `few` at one end, sorted by key, and `equal` next to them.

    `total` is how long the listing is when that is its lower end, else 0.
    """
    upper, lower = (equal, few) if total else (few, equal)
    offset = total - len(few) - len(equal) if total else 0
    start, stop, middle = start - offset, stop - offset, len(upper)

    def part(images: BitMap, low: int, high: int) -> list[int]:
        low, high = max(low, 0), min(high, len(images))
        if low >= high:
            return []
        if images is equal:
            return _by_id(images, low, high)
        ids = ids_of(images)
        return _window(ids, numbers.gather(ids), low, high)

    return part(upper, start, stop) + part(lower, start - middle, stop - middle)


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


_MOST_RANKS = 64


def _by_relevance(hits: BitMap, parts: list[Part], start: int, stop: int) -> list[int]:
    ranks = _ranks(hits, parts)
    if ranks is None:
        ids = ids_of(hits)
        return _window(ids, _relevance(ids, parts), start, stop)
    found: list[int] = []
    for images in ranks:
        total = len(images)
        if start < total and stop > 0:
            found += _by_id(images, max(start, 0), min(stop, total))
        start, stop = start - total, stop - total
    return found


def _ranks(hits: BitMap, parts: list[Part]) -> list[BitMap] | None:
    """Return the hits by falling relevance, a set for each; None if there are too many.

    Terms without boosts make few different sums, and sets are far cheaper than a sum per image.
    """
    ranks = {0.0: hits}
    for bitmap, weight in parts:
        if not weight:
            continue
        split: dict[float, BitMap] = {}
        for sum_, images in ranks.items():
            for value, some in ((sum_ + weight, images & bitmap), (sum_, images - bitmap)):
                if some:
                    split[value] = split[value] | some if value in split else some
        ranks = split
        if len(ranks) > _MOST_RANKS:
            return None
    return [ranks[value] for value in sorted(ranks, reverse=True)]


def _relevance(ids: Ids, parts: list[Part]) -> npt.NDArray[np.float64]:
    """Return the sum of what the parts, all within `ids`, give each of the ids."""
    total = np.zeros(int(ids[-1]) + 1 if len(ids) else 0, np.float64)
    for bitmap, weight in parts:
        if weight:
            total[ids_of(bitmap)] += weight
    return total[ids]


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
    ids = ids_of(_around(version, hits, image_id) if sort.field == "first_seen_at" else hits)
    values = keys(version, ids, sort, parts)
    own = values[np.searchsorted(ids, image_id)]
    lower = _extreme(ids, values, (values < own) | ((values == own) & (ids < image_id)), np.max)
    upper = _extreme(ids, values, (values > own) | ((values == own) & (ids > image_id)), np.min)
    return (lower, upper) if sort.ascending else (upper, lower)


def _around(version: Version, hits: BitMap, image_id: int) -> BitMap:
    """Return the few hits among which the neighbours of one by `first_seen_at` are, and itself.

    Those that go by id have theirs next to them; any of the others may come between.
    """
    order = version.order
    strays = hits & order.strays
    regular = hits - strays if strays else hits
    if image_id in strays:
        goes_before = int(order.goes_before[np.flatnonzero(order.stray_ids == image_id)[0]])
        next_at = regular.rank(goes_before - 1) if goes_before else 0
        near = regular[max(0, next_at - 1) : next_at + 1]
    else:
        at = regular.rank(image_id) - 1
        near = regular[max(0, at - 1) : at + 2]
    return strays | near | BitMap([image_id])


def _extreme(ids: Ids, values: Values, chosen: Values, pick: Any) -> int | None:
    if not chosen.any():
        return None
    ids, values = ids[chosen], values[chosen]
    return int(pick(ids[values == pick(values)]))
