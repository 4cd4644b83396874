"""Columns: one number per image, in chunks as long as a roaring container.

A column never changes; a `Draft` makes the next one, copying only the chunks it writes to, so that
a vote on one image of a million costs a few copies of 65,536 numbers. A test on a chunk becomes a
bitmap container by packing bits, about a hundred times faster than building a bitmap from ids.
"""

import array
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

BITS = 16
CHUNK = 1 << BITS
_LOW = CHUNK - 1
_MOST_IN_ARRAY = 4096  # above this, roaring keeps a container as 65,536 bits
_NO_RUN_COOKIE = 12346

Ids = npt.NDArray[np.uint32]
Values = npt.NDArray[Any]
Test = Callable[[Values], npt.NDArray[np.bool_]]


class Numbers(ABC):
    """One number per image id, read by chunks."""

    __slots__ = ()

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many chunks there are."""

    @abstractmethod
    def chunk(self, index: int) -> Values:
        """Return the numbers of ids `index` × 65,536 and on; not to be written to."""

    def get(self, image_id: int) -> Any:
        """Return the number of one image, as Python's own type; 0 beyond the end."""
        index = image_id >> BITS
        return self.chunk(index)[image_id & _LOW].item() if 0 <= index < len(self) else 0

    def gather(self, ids: Ids) -> Values:
        """Return the numbers of `ids` (ascending, all within the column), in their order."""
        out = np.empty(len(ids), self.dtype)
        start = 0
        for index, end in enumerate(_ends(ids, len(self))):
            if end > start:
                # "wrap" spares numpy a bounds check on each of the masked ids.
                np.take(self.chunk(index), ids[start:end] & _LOW, out=out[start:end], mode="wrap")
            start = end
        return out

    def where(self, test: Test) -> BitMap:
        """Return the ids whose number passes `test`, which gets one chunk at a time."""
        return from_masks((index, test(self.chunk(index))) for index in range(len(self)))


class Column(Numbers):
    """Numbers that are stored."""

    __slots__ = ("_dtype", "chunks")

    def __init__(self, dtype: npt.DTypeLike, chunks: Iterable[Values] = ()) -> None:
        self._dtype = np.dtype(dtype)
        self.chunks = tuple(chunks)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return self._dtype

    def __len__(self) -> int:
        """Return how many chunks there are."""
        return len(self.chunks)

    def chunk(self, index: int) -> Values:
        """Return the numbers of ids `index` × 65,536 and on; not to be written to."""
        return self.chunks[index]


class Derived(Numbers):
    """Numbers worked out from two columns when asked for, which is cheaper than keeping them."""

    __slots__ = ("_dtype", "_left", "_right", "_work")

    def __init__(
        self,
        dtype: npt.DTypeLike,
        left: Column,
        right: Column,
        work: Callable[[Values, Values], Values],
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._left = left
        self._right = right
        self._work = work

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return self._dtype

    def __len__(self) -> int:
        """Return how many chunks there are."""
        return len(self._left)

    def chunk(self, index: int) -> Values:
        """Return the numbers of ids `index` × 65,536 and on."""
        return self._work(self._left.chunk(index), self._right.chunk(index))

    def gather(self, ids: Ids) -> Values:
        """Return the numbers of `ids` (ascending, all within the column), in their order."""
        return self._work(self._left.gather(ids), self._right.gather(ids))


class Draft:
    """The next state of a column, copying each chunk when it is first written to."""

    __slots__ = ("_chunks", "_column", "_own")

    def __init__(self, column: Column) -> None:
        self._column = column
        self._chunks = list(column.chunks)
        self._own: set[int] = set()

    def writable(self, index: int) -> Values:
        """Return the chunk at `index` to write to, making it and those before it if need be."""
        while len(self._chunks) <= index:
            # Chunks nobody wrote to share one block of zeros.
            self._chunks.append(np.broadcast_to(np.zeros((), self._column.dtype), (CHUNK,)))
        if index not in self._own:
            self._chunks[index] = self._chunks[index].copy()
            self._own.add(index)
        return self._chunks[index]

    def get(self, image_id: int) -> Any:
        """Return the number of one image as it stands now; 0 beyond the end."""
        index = image_id >> BITS
        return self._chunks[index][image_id & _LOW].item() if index < len(self._chunks) else 0

    def put(self, image_id: int, value: float) -> None:
        """Set the number of one image; nothing is copied when it has that number already."""
        index, low = image_id >> BITS, image_id & _LOW
        if index < len(self._chunks) and self._chunks[index][low] == value:
            return
        self.writable(index)[low] = value

    def add(self, ids: Ids, amount: int) -> None:
        """Add `amount` to the numbers of `ids`, which are ascending and unique."""
        start = 0
        # Unsigned numbers take a negative amount as a great one, and come round.
        step = np.array(amount).astype(self._column.dtype)
        for index, end in enumerate(_ends(ids, int(ids[-1] >> BITS) + 1 if len(ids) else 0)):
            if end > start:
                self.writable(index)[ids[start:end] & _LOW] += step
            start = end

    def cover(self, count: int) -> None:
        """Make the column at least `count` chunks long."""
        if count > len(self._chunks):
            self.writable(count - 1)

    def finish(self) -> Column:
        """Return the new column, or the old one if nothing was written."""
        if not self._own and len(self._chunks) == len(self._column):
            return self._column
        return Column(self._column.dtype, self._chunks)


def _ends(ids: Ids, count: int) -> list[int]:
    """Return where in ascending `ids` each of the first `count` chunks ends."""
    if not len(ids):
        return [0] * count
    bounds = (np.arange(1, count + 1, dtype=np.uint64) << BITS) - 1
    ends: list[int] = np.searchsorted(ids, bounds.astype(np.uint32), side="right").tolist()
    return ends


def ids_of(bitmap: BitMap) -> Ids:
    """Return the ids of `bitmap`, ascending."""
    return np.frombuffer(bitmap.to_array(), dtype=np.uint32)


def from_ids(ids: npt.ArrayLike) -> BitMap:
    """Return the bitmap of `ids` in any order; far faster than the constructor is on numpy's."""
    whole = np.ascontiguousarray(ids, dtype=np.uint32)
    return BitMap(array.array("I", whole.tobytes()))


def from_masks(masks: Iterable[tuple[int, npt.NDArray[np.bool_]]]) -> BitMap:
    """Return the bitmap of the ids marked in `masks`: (chunk, its 65,536 marks), ascending.

    The portable roaring format is written by hand and read back by the library.
    Source: RoaringFormatSpec, "Standard 32-bit Roaring Bitmap", without run containers.
    """
    heads: list[tuple[int, int]] = []
    bodies: list[bytes] = []
    for index, mask in masks:
        count = int(np.count_nonzero(mask))
        if not count:
            continue
        heads.append((index, count - 1))
        if count <= _MOST_IN_ARRAY:
            bodies.append(np.flatnonzero(mask).astype("<u2").tobytes())
        else:
            bodies.append(np.packbits(mask, bitorder="little").tobytes())
    if not heads:
        return BitMap()
    parts = [struct.pack("<II", _NO_RUN_COOKIE, len(heads))]
    parts += [struct.pack("<HH", *head) for head in heads]
    offset = 8 + 8 * len(heads)
    for body in bodies:
        parts.append(struct.pack("<I", offset))
        offset += len(body)
    return BitMap.deserialize(b"".join(parts + bodies))


_Z = 2.57583
_Z2 = 6.634900189  # what the source takes for z²; it keeps fewer digits than z times z


def wilson(upvotes: npt.ArrayLike, downvotes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the lower bounds of the shares of upvotes, 0 where there is no upvote.

    Source: Philomena's `wilson_score` (2021 to 2026), with its constant for z².

    >>> float(wilson(10, 2).round(6))
    0.462587
    """
    ups = np.asarray(upvotes, dtype=np.float64)
    total = ups + np.asarray(downvotes, dtype=np.float64)
    n = np.maximum(total, 1.0)
    p = ups / n
    spread = np.sqrt((p * (1 - p) + _Z2 / (4 * n)) / n)
    bound = (p + _Z2 / (2 * n) - _Z * spread) / (1 + _Z2 / n)
    return np.where(ups > 0, bound, 0.0)
