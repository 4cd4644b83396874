"""Splits in which every class has its share: for rare classes, at the price of stability.

Iterative stratification: the class with the fewest groups left goes first, and each of its groups
goes where that class is missed most. Groups stay whole. A class of enough groups gets at least one
in every split, since formats of one class need that.

Source: K. Sechidis and others, On the stratification of multi-label data, 2011.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def assign(
    sizes: Sequence[int],
    classes: Sequence[Mapping[int, int]],
    fixed: Sequence[int],
    ratios: Sequence[int],
) -> list[int]:
    """Return the number of the split of each group.

    A group has a size, images by class (numbers from 0 on), and the split that it must be in, or
    -1. Groups that are alike in all are taken in the order given. `ratios` are percent, by split.

    >>> assign([1] * 6, [{0: 1}] * 3 + [{}] * 3, [-1] * 6, (50, 25, 25))
    [0, 1, 2, 0, 0, 1]
    """
    return _Assigning(sizes, classes, fixed, ratios).all()


class _Assigning:
    """Groups on their way into splits, and what each split still misses."""

    def __init__(
        self,
        sizes: Sequence[int],
        classes: Sequence[Mapping[int, int]],
        fixed: Sequence[int],
        ratios: Sequence[int],
    ) -> None:
        self._sizes, self._classes = sizes, classes
        self._found = list(fixed)
        self._shares = np.array(ratios, dtype=np.float64) / 100
        self._members: list[list[int]] = []
        for number, held in enumerate(classes):
            for one in held:
                while len(self._members) <= one:
                    self._members.append([])
                self._members[one].append(number)
        self._missing = sum(sizes) * self._shares
        self._missing_of = [self._wanted(members, of) for of, members in enumerate(self._members)]
        self._left: Numbers = np.array([len(members) for members in self._members], dtype=np.int64)
        for number, split in enumerate(self._found):
            if split >= 0:
                self._note(number, split)

    def _wanted(self, members: Sequence[int], of: int) -> Floats:
        """Return how many images of a class each split is to have, one at least if possible."""
        total = sum(self._classes[number][of] for number in members)
        wanted = total * self._shares
        there = self._shares > 0
        if len(members) >= int(there.sum()):
            wanted = np.where(there, np.maximum(wanted, 1.0), 0.0)
            largest = int(np.argmax(wanted))
            wanted[largest] -= wanted.sum() - total
        return wanted

    def all(self) -> list[int]:
        """Return the splits of all groups."""
        while (self._left > 0).any():
            rarest = int(np.argmin(np.where(self._left > 0, self._left, np.iinfo(np.int64).max)))
            for number in self._members[rarest]:
                if self._found[number] < 0:
                    self._put(number, self._missing_of[rarest])
        for number, split in enumerate(self._found):
            if split < 0:
                self._put(number, self._missing)
        return self._found

    def _put(self, number: int, missed: Floats) -> None:
        """Put a group where it is missed most, of several such where images are missed most."""
        most = missed[self._shares > 0].max()
        ties = np.flatnonzero((missed >= most - 1e-9) & (self._shares > 0))
        split = int(ties[np.argmax(self._missing[ties])])
        self._found[number] = split
        self._note(number, split)

    def _note(self, number: int, split: int) -> None:
        self._missing[split] -= self._sizes[number]
        for of, images in self._classes[number].items():
            self._missing_of[of][split] -= images
            self._left[of] -= 1
