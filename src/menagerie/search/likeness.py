"""Likeness: which images look like a picture, by quadrant intensities or by perceptual hash.

Source: Philomena (2024 to 2026) for the rule and the order by intensities.
"""

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from menagerie.media.hashes import Intensities
from menagerie.search.columns import BITS, Ids, from_ids, ids_of
from menagerie.search.version import Version

QUADRANTS = ("nw", "ne", "sw", "se")
_REACH = 3.0  # how much wider intensities may differ than aspect ratios


def by_intensities(
    version: Version, within: BitMap, look: Intensities, aspect_ratio: float, distance: float
) -> list[int]:
    """Return the images alike, the most alike first.

    Each quadrant may differ by 3 × `distance`, the aspect ratio by `distance`; likeness is the sum
    of the squares of these five differences.
    """
    wanted = [getattr(look, name) for name in QUADRANTS]
    near = from_ids(_near(version, wanted, _REACH * distance))
    ids = ids_of(near & version.flags["measured"] & within)
    differences = [
        version.columns[name].gather(ids) - value
        for name, value in zip(QUADRANTS, wanted, strict=True)
    ]
    differences.append(version.numbers("aspect_ratio").gather(ids) - aspect_ratio)
    is_near = np.abs(differences[-1]) <= distance
    squares = sum((d * d for d in differences), np.zeros(len(ids)))
    return _least(ids[is_near], squares[is_near])


def _near(version: Version, wanted: list[float], reach: float) -> Ids:
    """Return the ids whose four intensities all lie within `reach` of those wanted."""
    columns = [version.columns[name] for name in QUADRANTS]
    found = [np.empty(0, np.uint32)]
    for index in range(len(columns[0])):
        places = np.flatnonzero(np.abs(columns[0].chunk(index) - wanted[0]) <= reach)
        for column, value in zip(columns[1:], wanted[1:], strict=True):
            places = places[np.abs(column.chunk(index)[places] - value) <= reach]
        found.append((places + (index << BITS)).astype(np.uint32))
    return np.concatenate(found)


def by_hash(version: Version, within: BitMap, perceptual_hash: int, most_bits: int) -> list[int]:
    """Return the images whose perceptual hash differs in at most `most_bits`, the nearest first."""
    wanted = np.uint64(perceptual_hash & 0xFFFF_FFFF_FFFF_FFFF)
    column = version.columns["perceptual_hash"]

    def bits(values: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        return np.asarray(np.bitwise_count(values.view(np.uint64) ^ wanted), np.uint8)

    near = column.where(lambda values: bits(values) <= most_bits)
    ids = ids_of(near & version.flags["hashed"] & within)
    return _least(ids, bits(column.gather(ids)))


def _least(ids: Ids, distances: npt.NDArray[np.generic]) -> list[int]:
    ordered: list[int] = ids[np.lexsort((ids, distances))].tolist()
    return ordered
