"""What a picture looks like in a few numbers, and how far two pictures are apart.

`Summary` walks a raster once, strip by strip, and keeps only sums; everything else is computed
from those.
"""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""uint8, height × width × 3, sRGB, alpha already composited."""

_LUMA = np.array([0.2126, 0.7152, 0.0722])
_CELLS = 64
"""A `Summary` knows the mean colour of 64 × 64 cells."""
_HASH_GRID = 32
_STRIP_BYTES = 1 << 22


class Intensities(msgspec.Struct, frozen=True):
    """Average luma of the four quadrants, about 0..255 (see `Summary.intensities`)."""

    nw: float
    ne: float
    sw: float
    se: float


def sha512_hex(data: bytes) -> str:
    """Return the SHA-512 of `data` in lower-case hexadecimal.

    >>> sha512_hex(b"")[:16]
    'cf83e1357eefb8bd'
    """
    return hashlib.sha512(data).hexdigest()


class Summary:
    """Sums over a raster: enough for quadrants, an average colour and a perceptual hash.

    Holds the sum of all pixels above and left of each of some row and column boundaries (a coarse
    integral image), so that the sum of any rectangle between boundaries is four look-ups, exact in
    integers.
    """

    def __init__(self, width: int, height: int, rows: Callable[[int, int], Pixels]) -> None:
        """Read a raster through `rows(start, stop)`, called from top to bottom without overlap."""
        self.width, self.height = width, height
        strip = max(1, _STRIP_BYTES // (3 * width))
        self._rows = _boundaries(height, strip)
        self._columns = _boundaries(width, width)
        sums = np.zeros((len(self._rows), len(self._columns), 3), dtype=np.int64)
        for index in range(len(self._rows) - 1):
            pixels = rows(int(self._rows[index]), int(self._rows[index + 1]))
            line = pixels.sum(axis=0, dtype=np.uint32)
            sums[index + 1, 1:] = np.add.reduceat(line, self._columns[:-1], axis=0, dtype=np.int64)
        self._sums = sums.cumsum(axis=0).cumsum(axis=1)

    @classmethod
    def of(cls, pixels: Pixels) -> "Summary":
        """Return the summary of a raster in memory."""
        height, width = pixels.shape[:2]
        return cls(width, height, lambda start, stop: pixels[start:stop])

    def _rectangles(self, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.int64]:
        """Return the sums of all rectangles of row ranges × column ranges, (n, 2) each."""
        r = np.searchsorted(self._rows, rows)
        c = np.searchsorted(self._columns, columns)
        at = self._sums
        return np.asarray(
            at[np.ix_(r[:, 1], c[:, 1])]
            - at[np.ix_(r[:, 0], c[:, 1])]
            - at[np.ix_(r[:, 1], c[:, 0])]
            + at[np.ix_(r[:, 0], c[:, 0])]
        )

    def intensities(self) -> Intensities:
        """Return the average luma of the quadrants.

        Source: Philomena's image intensities. Row i is north if i <= height div 2 and south if
        i >= height div 2, columns likewise, and the divisor is that of true quadrants of the size
        rounded up to even. For an even size north and west therefore sum one row or column too
        many, and the values exceed a true mean; on tiny images they exceed 255. Reverse search
        compares with numbers that other boards computed this way, so the quirk stays.

        >>> Summary.of(np.full((2, 2, 3), 255, np.uint8)).intensities()
        Intensities(nw=1020.0, ne=510.0, sw=510.0, se=255.0)
        """
        rows, columns = _halves(self.height), _halves(self.width)
        sums = self._rectangles(rows, columns) @ _LUMA
        divisor = (self.width + self.width % 2) * (self.height + self.height % 2) / 4
        (nw, ne), (sw, se) = (sums / divisor).tolist()
        return Intensities(nw=round(nw, 6), ne=round(ne, 6), sw=round(sw, 6), se=round(se, 6))

    def average_colour(self) -> str:
        """Return the mean colour as `#rrggbb`."""
        mean = self._sums[-1, -1] / (self.width * self.height)
        return "#{:02x}{:02x}{:02x}".format(*(round(value) for value in mean.tolist()))

    def grid(self, cells: int) -> NDArray[np.float64]:
        """Return the mean colours of `cells` × `cells` (a divisor of 64) equal parts."""
        step = _CELLS // cells
        rows, columns = _cells(self.height)[:, ::step], _cells(self.width)[:, ::step]
        rows[1] = _cells(self.height)[1, step - 1 :: step]
        columns[1] = _cells(self.width)[1, step - 1 :: step]
        areas = np.outer(rows[1] - rows[0], columns[1] - columns[0])
        return np.asarray(self._rectangles(rows.T, columns.T) / areas[..., None])

    def perceptual_hash(self) -> int:
        """Return the 64-bit DCT hash (see `perceptual_hash`)."""
        return _dct_hash(self.grid(_HASH_GRID) @ _LUMA)


def _halves(size: int) -> NDArray[np.int64]:
    half = size // 2
    return np.array([[0, min(half + 1, size)], [half, size]])


def _cells(size: int) -> NDArray[np.int64]:
    """Return starts and stops of 64 cells; on a side shorter than 64 pixels cells share a pixel."""
    starts = np.arange(_CELLS) * size // _CELLS
    stops = np.maximum(starts + 1, np.arange(1, _CELLS + 1) * size // _CELLS)
    return np.stack([starts, stops])


def _boundaries(size: int, most: int) -> NDArray[np.int64]:
    """Return every place where a quadrant or cell may begin or end, no two farther than `most`."""
    cuts = np.arange(0, size, most)
    return np.unique(np.concatenate([_halves(size).ravel(), _cells(size).ravel(), cuts]))


def perceptual_hash(pixels: Pixels) -> int:
    """Return an unsigned 64-bit hash that stays near when the picture is rescaled or recompressed.

    The picture's luma is averaged to 32 × 32 cells whatever its aspect, and transformed by a
    two-dimensional DCT-II. The bits are the 8 × 8 lowest frequencies without the constant row and
    column, most significant bit first in row order; a bit is 1 when its coefficient exceeds their
    median. Distances up to about 8 mean the same picture; mirrored or turned pictures are far.

    Source: the algorithm of the pHash library (C. Zauner, "Implementation and Benchmarking of
    Perceptual Image Hash Functions", 2010), with averaging in place of its blur and nearest pixel.

    >>> ramp = np.tile(np.arange(64, dtype=np.uint8)[:, None, None] * 4, (1, 64, 3))
    >>> hamming(perceptual_hash(ramp), perceptual_hash(ramp[::2, ::2]))
    0
    """
    return Summary.of(pixels).perceptual_hash()


def _dct_hash(luma: NDArray[np.float64]) -> int:
    transform = _dct_rows()
    # Rounding keeps the bits of flat and symmetric pictures from depending on the last digit.
    low = (transform @ luma @ transform.T).round(6)
    bits = low > np.median(low)
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


@cache
def _dct_rows() -> NDArray[np.float64]:
    """Return rows 1 to 8 of the 32-point DCT-II."""
    frequency, place = np.arange(1, 9)[:, None], np.arange(_HASH_GRID)[None, :]
    angle = math.pi * frequency * (2 * place + 1) / (2 * _HASH_GRID)
    return np.asarray(np.cos(angle) * math.sqrt(2 / _HASH_GRID))


def hamming(one: int, other: int) -> int:
    """Return how many bits two hashes differ in.

    >>> hamming(0b1011, 0b0010)
    2
    """
    return (one ^ other).bit_count()


def hamming_to_all(one: int, others: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return how many bits `one` differs in from each hash of an array.

    >>> hamming_to_all(1, np.array([0, 1, 2**64 - 1], np.uint64)).tolist()
    [1, 0, 63]
    """
    return np.asarray(np.bitwise_count(others ^ np.uint64(one)), dtype=np.uint8)


def intensity_distance(one: Intensities, other: Intensities) -> float:
    """Return the sum of squared differences of the quadrants."""
    pairs = zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs))
