"""Alike pictures: all codes in memory, compared one by one.

A million codes are compared in some ten milliseconds, which needs neither lists of neighbours nor
centroids to be built, kept and rebuilt: a picture is found the moment it is added. What is found
are candidates; the caller ranks them by their whole vectors (`rerank`).
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from menagerie.vision import codes as coding

Ids = NDArray[np.uint32]

CANDIDATES = 200
"""Enough that the ten likest of a million are among them; `benchmarks/vectors.py` measures it."""
_SHORT_LIST = 1000
_ROWS = 1 << 14
"""Rows of a block: its columns and what is computed of them fit a processor's cache."""
_WORDS = coding.BYTES // 8
_FEW = 16
"""Where fewer than one in so many rows is wanted, these are picked before they are compared."""


class _Block(NamedTuple):
    """Up to 16,384 rows; `words` lie column by column, as they are compared."""

    ids: Ids
    words: NDArray[np.uint64]


class VectorIndex:
    """Codes of pictures, 60 bytes each, by picture id (1 to 2³²-1).

    Any number of threads may search while one adds: a search sees all that was added before it
    began.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: tuple[_Block, ...] = ()
        self._rows = 0
        self._known = BitMap()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, image_id: int) -> bool:
        return image_id in self._known

    @property
    def size_bytes(self) -> int:
        """What is kept in memory, with the room for growth."""
        arrays = sum(block.ids.nbytes + block.words.nbytes for block in self._blocks)
        return arrays + len(self._known.serialize())

    def add(self, ids: Sequence[int], codes: coding.Codes) -> None:
        """Add pictures by their codes, n × 56; one that is known already is replaced."""
        if codes.shape != (len(ids), coding.BYTES):
            raise ValueError(f"{len(ids)} codes are {len(ids)} × {coding.BYTES}, not {codes.shape}")
        with self._lock:
            self._remove(ids)
            words = np.ascontiguousarray(codes).view(np.uint64)
            numbers = np.asarray(ids, np.uint32)
            # Of an id that is twice among `ids` the last counts.
            last = len(ids) - 1 - np.unique(numbers[::-1], return_index=True)[1]
            self._append(numbers[np.sort(last)], words[np.sort(last)])
            self._known = self._known | BitMap(ids)
            if self._rows - len(self._known) > max(_ROWS, len(self._known) // _FEW):
                self._compact()

    def _append(self, ids: Ids, words: NDArray[np.uint64]) -> None:
        done = 0
        while done < len(ids):
            at = self._rows % _ROWS
            if at == 0 and self._rows == len(self._blocks) * _ROWS:
                new = _Block(np.empty(_ROWS, np.uint32), np.empty((_WORDS, _ROWS), np.uint64))
                self._blocks = (*self._blocks, new)
            count = min(_ROWS - at, len(ids) - done)
            block = self._blocks[-1]
            block.ids[at : at + count] = ids[done : done + count]
            block.words[:, at : at + count] = words[done : done + count].T
            done += count
            # Last, so that a search never reads a row that is half written.
            self._rows += count

    def _compact(self) -> None:
        """Drop the emptied rows. Searches under way keep the blocks that they have."""
        before, rows = self._blocks, self._rows
        self._blocks, self._rows = (), 0
        for start, block in zip(range(0, rows, _ROWS), before, strict=False):
            kept = np.flatnonzero(block.ids[: rows - start])
            self._append(block.ids[kept], block.words[:, kept].T)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget pictures; unknown ones are passed over."""
        with self._lock:
            self._remove(ids)

    def _remove(self, ids: Sequence[int]) -> None:
        gone = self._known & BitMap(ids)
        if not gone:
            return
        self._known = self._known - gone
        numbers = np.array(gone.to_array(), np.uint32)
        for block in self._blocks:
            # Picture 0 does not exist: nothing finds its row.
            block.ids[np.isin(block.ids, numbers)] = 0

    def search(
        self, vector: NDArray[Any], *, allowed: BitMap | None = None, count: int = CANDIDATES
    ) -> list[int]:
        """Return the ids of at most `count` pictures that are likely the likest to `vector`.

        Only those in `allowed`, when given. Likeliest first, by an estimate: `rerank` knows.
        """
        with self._lock:
            blocks, rows, known = self._blocks, self._rows, self._known
        wanted = known if allowed is None else known & allowed
        if not wanted or count < 1:
            return []
        query = coding.encode(vector[None]).view(np.uint64)[0]
        near = _near(blocks, rows, query, wanted, least=min(count, len(wanted)))
        return _refine(vector, blocks, near, wanted, count)


Rows = NDArray[np.intp]


def _near(
    blocks: tuple[_Block, ...], rows: int, query: NDArray[np.uint64], wanted: BitMap, *, least: int
) -> Rows:
    """Return the rows that differ in the fewest bits, at least `least` wanted ones."""
    if len(wanted) * _FEW > rows:
        distances = _compare((block.words for block in blocks), query, rows)
        # So many that enough of them are wanted, unless the unwanted ones lie nearer.
        near = _smallest(distances, max(_SHORT_LIST, least) * rows // len(wanted))
        ids = _gather(blocks, near)[0]
        near = near[np.isin(ids, np.array((wanted & BitMap(ids)).to_array(), np.uint32))]
        if len(near) >= least:
            return near
    found = [
        np.flatnonzero(_are_wanted(block.ids[: rows - start], wanted)) + start
        for start, block in zip(range(0, rows, _ROWS), blocks, strict=False)
    ]
    eligible = np.concatenate(found)
    pieces = (eligible[at : at + _ROWS] for at in range(0, len(eligible), _ROWS))
    words = (_gather(blocks, piece)[1] for piece in pieces)
    distances = _compare(words, query, len(eligible))
    return eligible[_smallest(distances, max(_SHORT_LIST, least))]


def _are_wanted(ids: Ids, wanted: BitMap) -> NDArray[np.bool_]:
    mask = np.zeros(wanted.max() + 2, np.bool_)
    mask[np.array(wanted.to_array(), np.uint32)] = True
    return np.asarray(mask.take(ids, mode="clip"))  # the entry behind the last one is False


def _gather(blocks: tuple[_Block, ...], rows: Rows) -> tuple[Ids, NDArray[np.uint64]]:
    """Return the ids of rows and their words, column by column."""
    places, within = np.divmod(rows, _ROWS)
    ids, words = np.empty(len(rows), np.uint32), np.empty((_WORDS, len(rows)), np.uint64)
    for place in np.unique(places).tolist():
        here = np.flatnonzero(places == place)
        ids[here] = blocks[place].ids[within[here]]
        words[:, here] = blocks[place].words[:, within[here]]
    return ids, words


def _compare(
    parts: Iterable[NDArray[np.uint64]], query: NDArray[np.uint64], rows: int
) -> NDArray[np.uint16]:
    """Return in how many bits each row, a column of the parts one after the other, differs."""
    # Used again for every part: fresh memory would cost as much as the comparison.
    different, bits = np.empty(_ROWS, np.uint64), np.empty(_ROWS, np.uint8)
    distances, start = np.zeros(rows, np.uint16), 0
    for words in parts:
        part = distances[start : start + words.shape[1]]
        some, few = different[: len(part)], bits[: len(part)]
        for column, word in zip(words, query, strict=True):
            np.bitwise_xor(column[: len(part)], word, out=some)
            np.bitwise_count(some, out=few)
            np.add(part, few, out=part)
        start += len(part)
    return distances


def _smallest(distances: NDArray[np.uint16], count: int) -> Rows:
    """Return where the `count` smallest distances are, and all others as small as the last."""
    reached = np.cumsum(np.bincount(distances, minlength=coding.BITS + 1))
    return np.flatnonzero(distances <= int(np.searchsorted(reached, count)))


def _refine(
    vector: NDArray[Any], blocks: tuple[_Block, ...], rows: Rows, wanted: BitMap, count: int
) -> list[int]:
    """Return the ids of the likest rows by a better estimate."""
    ids, words = _gather(blocks, rows)
    codes = np.ascontiguousarray(words.T).view(np.uint8)
    order = np.argsort(-coding.estimates(vector, codes), kind="stable")
    # A row may have been emptied by another thread since it was chosen.
    return [number for number in ids[order[:count]].tolist() if number in wanted]


def rerank(vector: NDArray[Any], vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return how alike `vector` is to each of `vectors`, n × 1280, all of length 1: -1 to 1.

    >>> rerank(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [1.0, 0.0]
    """
    return np.asarray(vectors.astype(np.float32) @ vector.astype(np.float32), np.float32)
