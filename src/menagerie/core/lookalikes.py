"""Lookalikes: whether a picture that comes in is a copy of one that is here, only saved anew.

The perceptual hash finds what is near; the light in the four quadrants, the shape and whether it
moves have to agree as well. A hash that says little, as that of a flat picture, finds nothing.

Source: ImageMonkey (2017 to 2026) refuses donations whose average hash is equal to another's. That
also refuses different pictures of little contrast, which this does not.
"""

import msgspec
from sqlalchemy import Row, select

from menagerie.library import Tx
from menagerie.media.examine import Examination
from menagerie.media.hashes import Intensities
from menagerie.search import likeness
from menagerie.storage import schema

MOST_BITS = 8
"""Of 70 pictures, copies of half the size or of quality 30 differed in at most 4 bits, those of a
third in at most 8, and two different pictures in at least 16."""

_LEAST_SET_BITS = 8
_MOST_LIGHT = 8.0  # of 255, by quadrant; copies differed by less than 4
_MOST_RATIO = 1.06  # between two aspect ratios; on small pictures halving rounds a lot
_QUADRANTS = likeness.QUADRANTS

_row = schema.images.c
_COLUMNS = (_row.id, _row.width, _row.height, _row.is_animated, *(_row[n] for n in _QUADRANTS))


def find(tx: Tx, file: Examination) -> int | None:
    """Return the public image that a file looks like the most, or None.

    Images that wait for a review, were put into quarantine or removed count too, but not those
    that their owners deleted, nor private ones.
    """
    bits = file.perceptual_hash
    if not is_informative(bits):
        return None
    version = tx.version
    near = likeness.by_hash(version, version.flags["public"], bits, MOST_BITS)
    rows = tx.all(select(*_COLUMNS).where(_row.id.in_(near), _row.claims_hash)) if near else []
    alike = {row.id for row in rows if _is_alike(file, row)}
    return next((image_id for image_id in near if image_id in alike), None)


def is_informative(perceptual_hash: int) -> bool:
    """Tell whether a hash has enough bits set to tell pictures apart.

    >>> is_informative(0), is_informative(0x9C3A_55E1_0FF0_A5C3)
    (False, True)
    """
    return _LEAST_SET_BITS <= perceptual_hash.bit_count() <= 64 - _LEAST_SET_BITS


def _is_alike(file: Examination, row: Row[*tuple[object, ...]]) -> bool:
    shown = file.published
    values = row._mapping  # noqa: SLF001  # the documented way to a row's names
    if values["is_animated"] != shown.is_animated or None in (values[n] for n in _QUADRANTS):
        return False
    size = values["width"], values["height"]
    ratio = (shown.width / shown.height) / (size[0] / size[1])
    if not 1 / _MOST_RATIO <= ratio <= _MOST_RATIO:
        return False
    theirs = _light(Intensities(*(values[n] for n in _QUADRANTS)), size)
    ours = _light(file.intensities, (shown.width, shown.height))
    return all(abs(a - b) <= _MOST_LIGHT for a, b in zip(ours, theirs, strict=True))


def _light(look: Intensities, size: tuple[int, int]) -> list[float]:
    """Return the mean luma of the quadrants, 0 to 255.

    What is stored sums a row and a column too many (see `Summary.intensities`), which on small
    pictures weighs more than any difference between them.
    """
    width, height = size
    rows = (min(height // 2 + 1, height), height - height // 2)
    columns = (min(width // 2 + 1, width), width - width // 2)
    area = (width + width % 2) * (height + height % 2) / 4
    summed = [r * c / area for r in rows for c in columns]
    values: tuple[float, ...] = msgspec.structs.astuple(look)
    return [value / times for value, times in zip(values, summed, strict=True)]
