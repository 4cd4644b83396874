"""Verdicts: what people said of the labels of one tag, as the catalogue knows it.

Arrays beside each other, ascending by image, and a small overlay of what changed since they were
made; so that the next version after one verdict copies some hundred entries and three bitmaps, not
the arrays. 20 bytes a judged label and some 4 for the bitmaps: 1,000,000 judged labels take 25 MB.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from menagerie.datasets import judging
from menagerie.search.columns import Ids, from_ids

_MOST_IN_OVERLAY = 512

FEW = 5
"""Labels with more verdicts than these are worth another one the more they are disputed."""

RANKS = FEW + 12
"""How many ranks `rank_of` knows."""

_Ints = npt.NDArray[np.int64]
_Marks = npt.NDArray[np.bool_]


class Said(NamedTuple):
    """What people said of one label: summed weights, and the probability of yes worked out."""

    yes: int
    no: int
    truth: float | None


NOTHING = Said(0, 0, None)


class Table(NamedTuple):
    """What was said of many labels; `truth` is NaN where it is unknown."""

    ids: Ids
    yes: npt.NDArray[np.int32]
    no: npt.NDArray[np.int32]
    truth: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int, float | None]]) -> "Table":
        """Return the table of rows (image, yes, no, truth) in ascending order of images."""
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        return cls(
            np.array(columns[0], np.uint32),
            np.array(columns[1], np.int32),
            np.array(columns[2], np.int32),
            np.array(columns[3], np.float64),  # None becomes NaN
        )

    @property
    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """The arrays, in order."""
        return self.ids, self.yes, self.no, self.truth

    def where(self, marks: _Marks) -> "Table":
        """Return the marked rows."""
        return Table(*(column[marks] for column in self.columns))


def ranks_of(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> _Ints:
    """Return the ranks of labels: which are worth another verdict before which.

    Up to `FEW` verdicts it is their number. Then follow the more, in ten steps of how clear the
    answer is: 6 is wholly disputed, 16 unanimous.
    """
    total = yes.astype(np.int64) + no
    clear = np.abs(yes.astype(np.int64) - no) * 10 // np.maximum(total, 1)
    ranks: _Ints = np.where(total <= FEW, total, FEW + 1 + clear)
    return ranks


def rank_of(yes: int, no: int) -> int:
    """Return the rank of one label, as `ranks_of`.

    >>> rank_of(0, 0), rank_of(3, 1), rank_of(3, 3), rank_of(9, 0)
    (0, 4, 6, 16)
    """
    total = yes + no
    return total if total <= FEW else FEW + 1 + abs(yes - no) * 10 // total


def is_positive(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> _Marks:
    """Tell which labels at least four of five verdicts say yes to; in whole numbers, so exactly."""
    total = yes.astype(np.int64) + no
    marks: _Marks = (total > 0) & (5 * yes.astype(np.int64) >= 4 * total)
    return marks


def is_negative(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> _Marks:
    """Tell which labels at most one of five verdicts says yes to."""
    total = yes.astype(np.int64) + no
    marks: _Marks = (total > 0) & (5 * yes.astype(np.int64) <= total)
    return marks


def is_undecided(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> _Marks:
    """Tell which judged labels are neither positive nor negative."""
    marks: _Marks = (yes + no > 0) & ~is_positive(yes, no) & ~is_negative(yes, no)
    return marks


def probabilities(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the shares of yes among the verdicts, NaN where there is none."""
    total = (yes + no).astype(np.float64)
    shares: npt.NDArray[np.float64] = np.full(len(total), np.nan)
    np.divide(yes, total, out=shares, where=total > 0)
    return shares


def lower_bounds(yes: npt.NDArray[Any], no: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the lower ends of Wilson's 95 % intervals of the shares of yes, NaN without verdict.

    >>> lower_bounds(np.array([12]), np.array([1])).round(6).tolist()
    [0.66686]
    """
    total = (yes + no).astype(np.float64)
    votes = np.maximum(total, 1.0)
    bound = np.maximum(judging.wilson(yes / votes, votes), 0.0)
    return np.where(total > 0, bound, np.nan)


class Verdicts:
    """What was said of one tag's labels, asserted ones with a verdict or a truth; never changes.

    `images` are those judged at least once, `ranks` the same by `rank_of` from 1 on. Neither is to
    be written to.
    """

    __slots__ = ("_kept", "_state", "images", "ranks")

    def __init__(
        self,
        table: Table,
        overlay: Mapping[int, Said | None],
        images: BitMap,
        ranks: Mapping[int, BitMap],
    ) -> None:
        # In one name, so that merging them is one step for other threads.
        self._state = table, overlay
        self._kept: dict[object, BitMap] = {}
        self.images = images
        self.ranks = ranks

    @classmethod
    def of(cls, table: Table) -> "Verdicts":
        """Return the verdicts of a table."""
        ranks = ranks_of(table.yes, table.no)
        found = {rank: from_ids(table.ids[ranks == rank]) for rank in np.unique(ranks).tolist()}
        found.pop(0, None)
        return cls(table, {}, BitMap.union(BitMap(), *found.values()), found)

    def replaced(self, changed: Mapping[int, Said | None]) -> "Verdicts":
        """Return the verdicts in which these images have that said, None for nothing any more."""
        table, overlay = self._state
        fresh, images, ranks = dict(overlay), self.images.copy(), dict(self.ranks)
        own: set[int] = set()
        for image_id, new in changed.items():
            old = self.said(image_id)
            fresh[image_id] = new
            for said, put in ((old, BitMap.discard), (new or NOTHING, BitMap.add)):
                rank = rank_of(said.yes, said.no)
                if not rank:
                    continue
                if rank not in own:
                    ranks[rank] = ranks[rank].copy() if rank in ranks else BitMap()
                    own.add(rank)
                put(ranks[rank], image_id)
                put(images, image_id)
        made = Verdicts(table, fresh, images, {r: found for r, found in ranks.items() if found})
        if len(fresh) > _MOST_IN_OVERLAY:
            made.table  # noqa: B018  # merges the overlay
        return made

    @property
    def table(self) -> Table:
        """All that was said."""
        table, overlay = self._state
        if overlay:
            table = _merged(table, overlay)
            self._state = table, {}
        return table

    @property
    def ids(self) -> Ids:
        """The images, ascending; the arrays below are beside them."""
        return self.table.ids

    @property
    def yes(self) -> npt.NDArray[np.int32]:
        """The weights of the verdicts yes."""
        return self.table.yes

    @property
    def no(self) -> npt.NDArray[np.int32]:
        """The weights of the verdicts no."""
        return self.table.no

    @property
    def truth(self) -> npt.NDArray[np.float64]:
        """The probabilities of yes worked out, NaN where unknown."""
        return self.table.truth

    def __len__(self) -> int:
        """Return how many labels something was said of."""
        return len(self.table.ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdicts) and all(
            np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
            for one, two in zip(self.table.columns, other.table.columns, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # compared by what they hold

    def said(self, image_id: int) -> Said:
        """Return what was said of one image's label."""
        table, overlay = self._state
        if image_id in overlay:
            return overlay[image_id] or NOTHING
        place = int(np.searchsorted(table.ids, np.uint32(image_id)))
        if place == len(table.ids) or table.ids[place] != image_id:
            return NOTHING
        truth = float(table.truth[place])
        known = None if math.isnan(truth) else truth
        return Said(int(table.yes[place]), int(table.no[place]), known)

    def counts(self, image_id: int) -> tuple[int, int]:
        """Return the weights of the verdicts yes and no on one image's label."""
        said = self.said(image_id)
        return said.yes, said.no

    def where(self, test: Callable[[Table], _Marks]) -> BitMap:
        """Return the images whose row passes."""
        return from_ids(self.table.ids[test(self.table)])

    def status(self, name: str) -> BitMap:
        """Return the images on which the label is `positive`, `negative` or `undecided`."""
        found = self._kept.get(name)
        if found is None:
            test = _STATUSES[name]
            found = self._kept[name] = self.where(lambda table: test(table.yes, table.no))
        return found


_STATUSES = {"positive": is_positive, "negative": is_negative, "undecided": is_undecided}

NO_VERDICTS = Verdicts.of(Table.of(()))
"""What a tag has that nobody judged."""


def _merged(table: Table, overlay: Mapping[int, Said | None]) -> Table:
    changed = np.fromiter(overlay, np.uint32, len(overlay))
    kept = table.where(~np.isin(table.ids, changed))
    new = Table.of(sorted((i, *said) for i, said in overlay.items() if said is not None))
    places = np.searchsorted(kept.ids, new.ids)
    pairs = zip(kept.columns, new.columns, strict=True)
    return Table(*(np.insert(old, places, more) for old, more in pairs))
