"""Offers: which labels wait for a verdict, counted by rank and word, for drawing one at once.

A draw is one random number: it lands in a word by how many labels of that rank the word has, and
in one of its images. Counts follow from version to version, so that a verdict costs the counts of
one word. What they count is not yet what a viewer may see; whoever draws looks, and draws again.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from menagerie.search.verdicts import RANKS

if TYPE_CHECKING:
    from menagerie.search.version import Version

_NONE = BitMap()  # not to be written to
_Counts = npt.NDArray[np.int32]
_Sums = npt.NDArray[np.int64]


class _Kept(NamedTuple):
    """A set worked out from others; it holds while those are the same objects."""

    sources: tuple[BitMap, ...]
    found: BitMap


class Offers:
    """The counts of one version; never changes, but for remembering sets."""

    __slots__ = ("_counts", "_kept", "_sums", "tag_ids")

    def __init__(
        self,
        tag_ids: npt.NDArray[np.int64],
        counts: Sequence[_Counts],
        sums: Sequence[_Sums | None],
        kept: dict[tuple[str, int, int], _Kept],
    ) -> None:
        self.tag_ids = tag_ids  # ascending; the counts are beside them
        self._counts = tuple(counts)
        self._sums = list(sums)
        self._kept = kept

    @classmethod
    def of(cls, version: "Version") -> "Offers":
        """Count the labels of a version."""
        tag_ids = np.array(sorted(version.words.tag_ids), np.int64)
        counts = np.zeros((RANKS, len(tag_ids)), np.int32)
        for place, tag_id in enumerate(tag_ids.tolist()):
            counts[:, place] = _counted(version, tag_id)
        return cls(tag_ids, list(counts), [None] * RANKS, {})

    def replaced(self, version: "Version", changed: Iterable[int]) -> "Offers":
        """Return the offers of the next version, with the same words; `changed` tags differ."""
        counts, sums = list(self._counts), list(self._sums)
        own: set[int] = set()
        for tag_id in changed:
            place = int(np.searchsorted(self.tag_ids, tag_id))
            if place == len(self.tag_ids) or self.tag_ids[place] != tag_id:
                continue
            for rank, count in enumerate(_counted(version, tag_id)):
                if counts[rank][place] == count:
                    continue
                if rank not in own:
                    counts[rank], sums[rank] = counts[rank].copy(), None
                    own.add(rank)
                counts[rank][place] = count
        return Offers(self.tag_ids, counts, sums, self._kept)

    def total(self, rank: int) -> int:
        """Return how many labels have the rank."""
        sums = self._summed(rank)
        return int(sums[-1]) if len(sums) else 0

    def _summed(self, rank: int) -> _Sums:
        sums = self._sums[rank]
        if sums is None:
            sums = self._sums[rank] = np.cumsum(self._counts[rank], dtype=np.int64)
        return sums

    def word_at(self, rank: int, number: int) -> tuple[int, int]:
        """Return the tag that the number, of 0 and less than the total, lands in, and where."""
        sums = self._summed(rank)
        place = int(np.searchsorted(sums, number, side="right"))
        return int(self.tag_ids[place]), number - (int(sums[place - 1]) if place else 0)

    def words_with(self, rank: int) -> list[int]:
        """Return the tags with a label of the rank."""
        found: list[int] = self.tag_ids[self._counts[rank] > 0].tolist()
        return found

    def waiting(self, version: "Version", tag_id: int, rank: int) -> BitMap:
        """Return the images whose label has the rank; not to be written to."""
        verdicts, posting = version.verdicts(tag_id), version.posting(tag_id)
        if rank:
            return verdicts.ranks.get(rank, _NONE)
        if not verdicts.images:
            return posting
        key, sources = ("waiting", tag_id, 0), (posting, verdicts.images)
        return self._found(key, sources) or self._keep(key, sources, posting - verdicts.images)

    def seen(
        self, version: "Version", tag_id: int, rank: int, shared: BitMap, withheld: BitMap
    ) -> BitMap:
        """Return those of the waiting that are in `shared` and not `withheld`, and keep them."""
        waiting = self.waiting(version, tag_id, rank)
        key, sources = ("seen", tag_id, rank), (waiting, shared, withheld)
        found = self._found(key, sources)
        if found is None:
            found = self._keep(key, sources, (waiting & shared) - withheld)
        return found

    def _found(self, key: tuple[str, int, int], sources: tuple[BitMap, ...]) -> BitMap | None:
        kept = self._kept.get(key)
        if kept is None or any(a is not b for a, b in zip(kept.sources, sources, strict=True)):
            return None
        return kept.found

    def _keep(
        self, key: tuple[str, int, int], sources: tuple[BitMap, ...], found: BitMap
    ) -> BitMap:
        self._kept[key] = _Kept(sources, found)
        return found


def _counted(version: "Version", tag_id: int) -> list[int]:
    """Return how many labels of a tag have each rank."""
    verdicts = version.verdicts(tag_id)
    counts = [0] * RANKS
    counts[0] = len(version.posting(tag_id)) - len(verdicts.images)
    for rank, images in verdicts.ranks.items():
        counts[rank] = len(images)
    return counts
