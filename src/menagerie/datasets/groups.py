"""Groups of look-alikes: images whose perceptual hashes differ in few bits, joined transitively.

A hash of 64 bits is cut into three parts. Two hashes that differ in at most `d` bits have a part in
which they differ in at most `d // 3`; so each hash is compared only with those that share a part
up to that many bits, which are found by table. (A tree would do for one question at a time; four
parts of 16 bits leave twenty times as many pairs to look at.) A million hashes take seconds.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

LARGEST_DISTANCE = 8
_PARTS = ((0, 22), (22, 21), (43, 21))
"""First bit and number of bits of each part."""
_PAIRS_AT_ONCE = 4_000_000

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Pairs = tuple[Numbers, Numbers]


def group(hashes: Hashes, distance: int) -> Numbers:
    """Return for each hash the position of the first one in its group.

    `distance` is the number of bits in which two look-alikes may differ, 0 to `LARGEST_DISTANCE`.

    >>> group(np.array([0, 7, 15, 1 << 63], np.uint64), 2).tolist()
    [0, 1, 1, 0]
    """
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    forest = _Forest(first.tolist())
    if distance:
        for ones, others in _near(unique, distance):
            for one, other in zip(ones.tolist(), others.tolist(), strict=True):
                forest.join(one, other)
    return forest.firsts()[inverse]


class _Forest:
    """Disjoint sets of hashes; the root of a set is the one that comes first among the images."""

    def __init__(self, first: list[int]) -> None:
        self._first = first
        self._parent = list(range(len(first)))

    def _root(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        one, other = self._root(one), self._root(other)
        if self._first[other] < self._first[one]:
            one, other = other, one
        self._parent[other] = one

    def firsts(self) -> Numbers:
        roots = (self._first[self._root(number)] for number in range(len(self._parent)))
        return np.fromiter(roots, dtype=np.int64, count=len(self._parent))


def _near(hashes: Hashes, distance: int) -> Iterator[Pairs]:
    """Yield the positions of pairs of hashes that differ in at most `distance` bits."""
    for first_bit, bits in _PARTS:
        part = (hashes >> np.uint64(first_bit)).astype(np.int64) & ((1 << bits) - 1)
        order = np.argsort(part, kind="stable")
        ends = np.zeros((1 << bits) + 1, dtype=np.int64)
        np.cumsum(np.bincount(part, minlength=1 << bits), out=ends[1:])
        for mask in _masks(bits, distance // len(_PARTS)):
            for left, right in _pairs(part, order, ends, mask):
                is_near = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance
                yield left[is_near], right[is_near]


def _masks(bits: int, errors: int) -> Iterator[int]:
    """Yield every number with at most `errors` of `bits` bits set."""
    for count in range(errors + 1):
        for chosen in combinations(range(bits), count):
            yield sum(1 << bit for bit in chosen)


def _pairs(part: Numbers, order: Numbers, ends: Numbers, mask: int) -> Iterator[Pairs]:
    """Yield the pairs whose parts differ by just the bits of `mask`."""
    wanted = part ^ mask
    starts = ends[wanted]
    sizes = ends[wanted + 1] - starts
    ones = np.flatnonzero(sizes)
    for some in _portions(ones, sizes[ones]):
        counts = sizes[some]
        left = np.repeat(some, counts)
        within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        right = order[np.repeat(starts[some], counts) + within]
        is_once = left < right
        yield left[is_once], right[is_once]


def _portions(ones: Numbers, sizes: Numbers) -> Iterator[Numbers]:
    """Cut positions into runs of at least one, each making a bounded number of pairs."""
    if not len(ones):
        return
    runs = np.cumsum(sizes) // _PAIRS_AT_ONCE
    yield from np.split(ones, np.flatnonzero(np.diff(runs)) + 1)
