"""Outlines: which labels people outlined, which they say cannot be, and what sets wait for a check.

Read from the database when first asked for, as not every library outlines. From then on a version
takes them from the one before it, and reads again only the labels that the log has named since,
once somebody asks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pyroaring import BitMap
from sqlalchemy import select, text

from menagerie.search.columns import BITS, Column, Draft
from menagerie.search.personal import Personal
from menagerie.storage import schema

if TYPE_CHECKING:
    from menagerie.search.version import Version

_NONE = BitMap()  # not to be written to
_MOST_STALE = 2000  # labels; reading all again is as quick
_BATCH = 500  # images asked about in one statement

_a = schema.annotations.c
_l = schema.labels.c
_SETS = select(_a.id, _a.image_id, _a.tag_id, _a.is_auto, _a.yes_weight + _a.no_weight)
_UNFIT = select(_l.image_id, _l.tag_id).where(_l.unfit_count >= schema.UNFIT_FROM)
# Only what was judged can be a task, and has an index of its own.
_ALL_UNFIT = _UNFIT.where(text(schema.IS_JUDGED))


class Known(NamedTuple):
    """What is known of outlines as of one moment; none of it is to be written to."""

    drawn: Mapping[int, BitMap]
    """The images on which people outlined a tag."""
    unfit: Mapping[int, BitMap]
    """The images on which too many said that a tag cannot be outlined."""
    tiers: Mapping[tuple[bool, int], BitMap]
    """The sets of shapes by whether a machine made them and the weight of all verdicts."""
    image_ids: Column
    """The image of each set."""
    weights: Column
    """The weight of all verdicts on each set."""

    def tiers_of(self, *, is_auto: bool) -> list[tuple[int, BitMap]]:
        """Return the sets that people, or machines, made by the weight of their verdicts."""
        found = [(weight, ids) for (auto, weight), ids in self.tiers.items() if auto == is_auto]
        return sorted((weight, ids) for weight, ids in found if ids)


NOTHING = Known({}, {}, {}, Column(np.int64), Column(np.int32))


class Outlines:
    """What one version knows of outlines; see the module."""

    __slots__ = ("_kept", "_personal", "_state")

    def __init__(self, personal: Personal) -> None:
        self._personal = personal
        # In one name, so that reading what is stale is one step for other threads.
        self._state = _State(None, frozenset(), frozenset())
        self._kept: dict[int, tuple[tuple[BitMap, ...], BitMap]] = {}

    def followed(
        self,
        personal: Personal,
        labels: Collection[tuple[int, int]],
        images: Collection[int],
        *,
        is_all_stale: bool,
    ) -> "Outlines":
        """Return what the next version knows, in which these changed.

        Of `labels` (image, tag) anything may be different, on `images` there are more sets.
        """
        made = Outlines(personal)
        old = self._state
        stale = _State(old.known, old.labels.union(labels), old.images.union(images))
        if not is_all_stale and len(stale.labels) + len(stale.images) <= _MOST_STALE:
            made._state = stale
            made._kept = self._kept
        return made

    @property
    def known(self) -> Known:
        """All that is known, as of a moment at or after the version's."""
        state = self._state
        known = state.known
        if known is None or state.labels or state.images:
            known = self._read(state)
            self._state = _State(known, frozenset(), frozenset())
        return known

    def waiting(self, version: "Version", tag_id: int) -> BitMap:
        """Return the images on which a tag is positive and waits for its outline."""
        known, positive = self.known, version.verdicts(tag_id).status("positive")
        sources = positive, known.drawn.get(tag_id, _NONE), known.unfit.get(tag_id, _NONE)
        kept = self._kept.get(tag_id)
        if kept is None or any(a is not b for a, b in zip(kept[0], sources, strict=True)):
            kept = self._kept[tag_id] = sources, positive - sources[1] - sources[2]
        found: BitMap = kept[1]
        return found

    def _read(self, state: "_State") -> Known:
        if state.known is None:
            sets = self._personal.rows(_SETS)
            unfit = self._personal.rows(_ALL_UNFIT)
            return _replaced(NOTHING, (), sets, unfit)
        sets, unfit = [], []
        stale = state.labels
        images = sorted({image_id for image_id, _ in stale} | state.images)
        for start in range(0, len(images), _BATCH):
            some = images[start : start + _BATCH]
            sets += self._personal.rows(_SETS.where(_a.image_id.in_(some)))
            unfit += self._personal.rows(_UNFIT.where(_l.image_id.in_(some)))
        return _replaced(
            state.known,
            stale,
            [row for row in sets if (row[1], row[2]) in stale or row[1] in state.images],
            [row for row in unfit if (row[0], row[1]) in stale],
        )


class _State(NamedTuple):
    """What is known, if anything is, and of which labels and images it is stale."""

    known: Known | None
    labels: frozenset[tuple[int, int]]
    images: frozenset[int]


class _Sets:
    """Bitmaps by key, of which those that change are copied first."""

    def __init__(self, old: Mapping[Any, BitMap]) -> None:
        self.found = dict(old)
        self._own: set[Any] = set()

    def of(self, key: Any) -> BitMap:
        """Return the bitmap of a key to write to."""
        if key not in self._own:
            self._own.add(key)
            self.found[key] = self.found.get(key, _NONE).copy()
        found: BitMap = self.found[key]
        return found

    def put(self, members: Mapping[Any, Mapping[int, bool]]) -> None:
        """Let ids be members, or not, where that is news."""
        for key, changed in members.items():
            old = self.found.get(key, _NONE)
            news = BitMap([i for i, is_member in changed.items() if (i in old) != is_member])
            if news:
                self.found[key] = old ^ news


def _replaced(
    old: Known,
    stale: Iterable[tuple[int, int]],
    sets: Collection[tuple[int, int, int, bool, int]],
    unfit: Iterable[tuple[int, int]],
) -> Known:
    """Return what is known after reading the stale labels again; the sets never go away."""
    drawn, bad, tiers = _Sets(old.drawn), _Sets(old.unfit), _Sets(old.tiers)
    is_drawn: dict[int, dict[int, bool]] = defaultdict(dict)
    is_bad: dict[int, dict[int, bool]] = defaultdict(dict)
    for image_id, tag_id in stale:
        is_drawn[tag_id][image_id] = is_bad[tag_id][image_id] = False
    image_ids, weights = Draft(old.image_ids), Draft(old.weights)
    if sets:
        for draft in (image_ids, weights):
            draft.cover((max(row[0] for row in sets) >> BITS) + 1)
    for set_id, image_id, tag_id, is_auto, weight in sets:
        if not is_auto:
            is_drawn[tag_id][image_id] = True
        if image_ids.get(set_id):
            tiers.of((bool(is_auto), weights.get(set_id))).discard(set_id)
        tiers.of((bool(is_auto), weight)).add(set_id)
        image_ids.put(set_id, image_id)
        weights.put(set_id, weight)
    for image_id, tag_id in unfit:
        is_bad[tag_id][image_id] = True
    drawn.put(is_drawn)
    bad.put(is_bad)
    return Known(drawn.found, bad.found, tiers.found, image_ids.finish(), weights.finish())
