"""Lookalikes: whether a picture that comes in is a copy of one that is here, only saved anew.

The perceptual hash finds what is near; the light in the four quadrants, the shape and whether it
moves have to agree as well. A hash that says little, as that of a flat picture, finds nothing.

Source: ImageMonkey (2017 to 2026) refuses donations whose average hash is equal to another's. That
also refuses different pictures of little contrast, which this does not.
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, insert, or_, select

from menagerie.library import Tx
from menagerie.media.examine import Examination
from menagerie.media.hashes import Intensities
from menagerie.search import likeness
from menagerie.storage import schema
from menagerie.storage.schema import Audience, DuplicateState, Review

MOST_BITS = 8
"""Of 70 pictures, copies of half the size or of quality 30 differed in at most 4 bits, those of a
third in at most 8, and two different pictures in at least 16."""

_LEAST_SET_BITS = 8
_MOST_LIGHT = 8.0  # of 255, by quadrant; copies differed by less than 4
_MOST_RATIO = 1.06  # between two aspect ratios; on small pictures halving rounds a lot
_QUADRANTS = likeness.QUADRANTS

_row = schema.images.c


class _Look(msgspec.Struct, frozen=True):
    """What is compared of a picture; `light` is the luma of its quadrants, None if not measured."""

    id: int
    bits: int
    width: int
    height: int
    is_animated: bool
    light: tuple[float, ...] | None


_COLUMNS = ("id", "perceptual_hash", "width", "height", "is_animated")
_SELECT = select(*(_row[n] for n in _COLUMNS), *(_row[n] for n in _QUADRANTS))


def find(tx: Tx, file: Examination) -> int | None:
    """Return the public image that a file looks like the most, or None.

    Images that wait for a review, were put into quarantine or removed count too, but not those
    that their owners deleted, nor private ones.
    """
    shown = file.published
    size = shown.width, shown.height
    light = _light(file.intensities, size)
    look = _Look(0, file.perceptual_hash, *size, shown.is_animated, light)
    return next(iter(_near(tx, look, _row.claims_hash)), None)


def _near(tx: Tx, look: _Look, condition: ColumnElement[bool]) -> dict[int, int]:
    """Return images alike for which a condition holds, by how many bits differ, nearest first."""
    if not is_informative(look.bits):
        return {}
    version = tx.version
    near = likeness.by_hash(version, version.flags["public"], look.bits, MOST_BITS)
    rows = tx.all(_SELECT.where(_row.id.in_(near), condition)) if near else []
    alike = {row.id: _look(row) for row in rows}
    return {
        image_id: ((alike[image_id].bits ^ look.bits) & _ALL_BITS).bit_count()
        for image_id in near
        if image_id in alike and _is_alike(look, alike[image_id])
    }


_ALL_BITS = (1 << 64) - 1


def notice(tx: Tx, image_id: int) -> int | None:
    """Suggest to staff that an image is the same as the most alike one; return that one's id.

    Of both the larger is to be kept, else the older. Nothing happens for private images, and
    nothing if somebody or the library suggested the two already, whatever became of it.
    """
    row = tx.one(_SELECT.where(_row.id == image_id, _IS_THERE))
    if row is None or row.perceptual_hash is None:
        return None
    look = _look(row)
    near = _near(tx, look, and_(_IS_THERE, _row.id != image_id))
    for other_id, bits in near.items():
        other = _look(tx.execute(_SELECT.where(_row.id == other_id)).one())
        if find_suggestion(tx, image_id, other_id) is None:
            kept, gone = sorted((look, other), key=lambda one: (-one.width * one.height, one.id))
            tx.execute(
                insert(schema.duplicates).values(
                    image_id=gone.id,
                    of_id=kept.id,
                    likeness=1 - bits / 64,
                    state=DuplicateState.OPEN,
                    created_at=tx.now_s,
                )
            )
            return other_id
    return None


_IS_THERE = and_(
    _row.audience == Audience.PUBLIC,
    _row.review.in_([Review.APPROVED, Review.PENDING]),
    _row.removed_at.is_(None),
    _row.merged_into_id.is_(None),
)


def find_suggestion(tx: Tx, image_id: int, other_id: int) -> int | None:
    """Return the id of the suggestion that two images are one, in either direction, or None."""
    row = schema.duplicates.c
    pairs = [(image_id, other_id), (other_id, image_id)]
    same = or_(*(and_(row.image_id == one, row.of_id == two) for one, two in pairs))
    found = tx.scalar(select(row.id).where(same))
    return int(found) if found is not None else None


def is_informative(perceptual_hash: int) -> bool:
    """Tell whether a hash has enough bits set to tell pictures apart.

    >>> is_informative(0), is_informative(0x9C3A_55E1_0FF0_A5C3)
    (False, True)
    """
    return _LEAST_SET_BITS <= (perceptual_hash & _ALL_BITS).bit_count() <= 64 - _LEAST_SET_BITS


def _look(row: Row[*tuple[Any, ...]]) -> _Look:
    image_id, bits, width, height, is_animated, *quadrants = row
    light = None
    if None not in quadrants:
        light = _light(Intensities(*quadrants), (width, height))
    return _Look(image_id, bits or 0, width, height, bool(is_animated), light)


def _is_alike(ours: _Look, theirs: _Look) -> bool:
    if ours.is_animated != theirs.is_animated or ours.light is None or theirs.light is None:
        return False
    ratio = (ours.width / ours.height) / (theirs.width / theirs.height)
    if not 1 / _MOST_RATIO <= ratio <= _MOST_RATIO:
        return False
    return all(abs(a - b) <= _MOST_LIGHT for a, b in zip(ours.light, theirs.light, strict=True))


def _light(look: Intensities, size: tuple[int, int]) -> tuple[float, ...]:
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
    return tuple(value / times for value, times in zip(values, summed, strict=True))
