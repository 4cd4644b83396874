"""Choosing: which images a selection takes in, their groups and their splits.

Numbers about all images are kept as arrays, some fifty bytes for each; the images themselves are
read when they are written down.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Row, select

from menagerie.core import filters, find, judged_labels, visibility
from menagerie.core.judged_labels import Names
from menagerie.datasets import groups, licences, splits, stratified
from menagerie.datasets.leaving import BETWEEN, LOOKALIKE, NO_LICENCE, UNDECIDED, UNLABELLED
from menagerie.datasets.records import Label, Selection, Split, Status
from menagerie.datasets.splits import Member
from menagerie.library import Tx
from menagerie.storage import schema, sql

CHUNK = 2000
_i = schema.images.c
EXPORTABLE: ColumnElement[bool] = visibility.SEARCHABLE & ~_i.is_withheld
"""The condition for images that may be in a dataset."""

_SPLITS = (None, Split.TRAIN, Split.VALIDATION, Split.TEST)
_NUMBER = {split: number for number, split in enumerate(_SPLITS)}
Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.uint8]
Facts = npt.NDArray[np.void]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The images of a dataset in the order of their UUIDs, and why others are left out."""

    ids: Numbers
    keys: list[str]
    firsts: Numbers
    """Where the first image of the group is."""
    splits: Small
    """Numbers for `split_of`; 0: left out."""
    left_out: dict[str, int]


def split_of(number: int) -> Split | None:
    """Return the split that a number stands for, None for left out."""
    return _SPLITS[number]


def parse(tx: Tx, selection: Selection) -> Any:
    """Return the tree of a selection's query; raises QueryError."""
    text = selection.query.strip() or "*"
    if selection.language == "labels" and text != "*":
        return find.parse_expression(tx, text)
    return find.parse(tx, text)


def matching(tx: Tx, selection: Selection) -> BitMap:
    """Return the public images that match a selection's query, withheld ones left out.

    Raises QueryError.
    """
    hides = filters.get(tx, filters.DEFAULT_ID) if selection.default_filter else None
    found = find.bitmap(tx, parse(tx, selection), filter=hides, include_hidden=True)
    version = tx.version
    return (found & version.searchable(None)) - version.flags["withheld"]


def choose(
    tx: Tx,
    selection: Selection,
    names: Names,
    *,
    previous_id: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Chosen:
    """Return what a selection takes in now; `previous_id` is the snapshot that it follows.

    Raises QueryError.
    """
    wanted = matching(tx, selection)
    left_out: dict[str, int] = {}
    parts, positive = [_NO_FACTS], _Positive()
    for ids in chunks(wanted):
        labels = judged_labels.of_images(tx, ids, names, selection)
        parts.append(_facts(taken(tx, ids, selection, labels, names, left_out)))
        if selection.split_method == splits.STRATIFIED:
            positive.add(parts[-1]["id"], labels)
        progress(sum(map(len, parts)), len(wanted))
    facts = np.concatenate(parts)
    facts = facts[np.lexsort((facts["low"], facts["high"]))]
    keys = [_key(high, low) for high, low in facts[["high", "low"]].tolist()]
    firsts = _firsts(facts, selection.group_distance)
    had = _previous(tx, keys, previous_id)
    chosen = _chosen_by_people(tx, facts["id"], selection)
    found = _assign(keys, firsts, had, chosen, selection)
    if selection.split_method == splits.STRATIFIED:
        is_fixed = (had > 0) | (chosen > 0)
        _stratify(found, keys, firsts, positive.by_place(facts["id"]), is_fixed, selection)
    _count(left_out, BETWEEN, int((found == 0).sum()))
    if selection.dedupe:
        _keep_best(facts, firsts, found, left_out)
    return Chosen(ids=facts["id"], keys=keys, firsts=firsts, splits=found, left_out=left_out)


def chunks(wanted: BitMap) -> Iterator[list[int]]:
    """Yield the ids in portions that one statement takes."""
    for start in range(0, len(wanted), CHUNK):
        yield list(wanted[start : start + CHUNK])


def _count(counts: dict[str, int], reason: str, number: int = 1) -> None:
    if number:
        counts[reason] = counts.get(reason, 0) + number


# What is known of every image.

_FACTS = np.dtype(
    [
        ("high", np.uint64),
        ("low", np.uint64),
        ("id", np.int64),
        ("hash", np.uint64),
        ("has_hash", np.bool_),
        ("area", np.int64),
        ("verdicts", np.int64),
    ]
)
_NO_FACTS = np.zeros(0, dtype=_FACTS)
_COLUMNS = (
    _i.id,
    _i.key,
    _i.perceptual_hash,
    _i.licence,
    _i.width,
    _i.height,
    _i.verdict_count,
    _i.size_bytes,
)
_HALF = (1 << 64) - 1


def taken(  # noqa: PLR0917
    tx: Tx,
    ids: Sequence[int],
    selection: Selection,
    labels: Mapping[int, Sequence[Label]],
    names: Names,
    left_out: dict[str, int],
) -> Iterator[Row[Any]]:
    """Yield the rows of the images whose licence and labels are wanted; count the others."""
    rows = tx.all(select(*_COLUMNS).where(sql.among(tx.connection, _i.id, ids), EXPORTABLE))
    tagged = judged_labels.with_class_tags(tx, names)
    for row in rows:
        reason = _why_not(row, labels.get(row.id, []), selection, is_tagged=row.id in tagged)
        if reason:
            _count(left_out, reason)
        else:
            yield row


def _why_not(
    row: Row[Any], labels: Sequence[Label], selection: Selection, *, is_tagged: bool
) -> str:
    if not licences.is_taken(row.licence, selection.licences):
        return NO_LICENCE
    if not labels and not is_tagged:
        return "" if selection.include_unlabelled else UNLABELLED
    is_decided = is_tagged or any(label.status is not Status.UNDECIDED for label in labels)
    return "" if is_decided or selection.include_undecided else UNDECIDED


def _facts(rows: Iterator[Row[Any]]) -> Facts:
    values = []
    for row in rows:
        number = uuid.UUID(row.key).int
        hash_ = row.perceptual_hash
        values.append(
            (
                number >> 64,
                number & _HALF,
                row.id,
                (hash_ or 0) & _HALF,
                hash_ is not None,
                row.width * row.height,
                row.verdict_count,
            )
        )
    return np.array(values, dtype=_FACTS)


def _key(high: int, low: int) -> str:
    return str(uuid.UUID(int=high << 64 | low))


def _firsts(facts: Facts, distance: int) -> Numbers:
    """Return where the first look-alike of each image is; itself, if it has no hash."""
    firsts = np.arange(len(facts), dtype=np.int64)
    known = np.flatnonzero(facts["has_hash"])
    if len(known):
        firsts[known] = known[groups.group(facts["hash"][known], distance)]
    return firsts


# Splits.


def _assign(
    keys: list[str], firsts: Numbers, previous: Small, chosen: Small, selection: Selection
) -> Small:
    found = np.zeros(len(keys), dtype=np.uint8)
    order = np.argsort(firsts, kind="stable")
    borders = np.flatnonzero(np.diff(firsts[order])) + 1
    for positions in np.split(order, borders) if len(order) else []:
        places = positions.tolist()
        members = [Member(keys[at], _SPLITS[chosen[at]], _SPLITS[previous[at]]) for at in places]
        assigned = splits.assign(
            members, group=keys[places[0]], seed=selection.seed, ratios=selection.ratios
        )
        for at in places:
            found[at] = _NUMBER[assigned[keys[at]]]
    return found


class _Positive:
    """Which images show which classes, as arrays."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: list[Numbers] = []
        self._classes: list[Numbers] = []

    def add(self, ids: Numbers, labels: Mapping[int, Sequence[Label]]) -> None:
        """Note the positive labels of some images."""
        pairs = [
            (image_id, self._numbers.setdefault(label.name, len(self._numbers)))
            for image_id in ids.tolist()
            for label in labels.get(image_id, ())
            if label.status is Status.POSITIVE
        ]
        found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self._ids.append(found[:, 0])
        self._classes.append(found[:, 1])

    def by_place(self, ids: Numbers) -> tuple[Numbers, Numbers]:
        """Return pairs of where an image is in `ids` and the number of a class of it.

        Classes are numbered in the order of their names, which depends on nothing else.
        """
        ranks = np.zeros(len(self._numbers), dtype=np.int64)
        for rank, name in enumerate(sorted(self._numbers)):
            ranks[self._numbers[name]] = rank
        none = np.zeros(0, dtype=np.int64)
        wanted = np.concatenate([none, *self._ids])
        order = np.argsort(ids, kind="stable")
        places = order[np.searchsorted(ids[order], wanted)] if len(wanted) else none
        return places, ranks[np.concatenate([none, *self._classes])]


def _stratify(  # noqa: PLR0917
    found: Small,
    keys: list[str],
    firsts: Numbers,
    positive: tuple[Numbers, Numbers],
    is_fixed: npt.NDArray[np.bool_],
    selection: Selection,
) -> None:
    """Change the splits of groups that neither people nor the snapshot before decided about."""
    units, unit_of = np.unique(firsts, return_inverse=True)
    # Not by UUID alone, which may follow time: the seed decides who comes first.
    order = sorted(
        range(len(units)),
        key=lambda unit: (splits.bucket(keys[units[unit]], selection.seed), keys[units[unit]]),
    )
    rank = np.empty(len(units), dtype=np.int64)
    rank[order] = np.arange(len(units))
    of_place = rank[unit_of]
    classes: list[dict[int, int]] = [{} for _ in units]
    for place, one in zip(*(part.tolist() for part in positive), strict=True):
        held = classes[of_place[place]]
        held[one] = held.get(one, 0) + 1
    fixed = np.full(len(units), -1, dtype=np.int64)
    fixed[of_place[is_fixed]] = np.maximum(found[is_fixed].astype(np.int64) - 1, 0)
    sizes = np.bincount(of_place, minlength=len(units)).tolist()
    made = stratified.assign(sizes, classes, fixed.tolist(), selection.ratios)
    is_free = fixed[of_place] < 0
    found[is_free] = (np.array(made, dtype=np.int64)[of_place] + 1)[is_free].astype(np.uint8)


def _previous(tx: Tx, keys: list[str], previous_id: int | None) -> Small:
    """Return the split that each image had in the snapshot before."""
    found = np.zeros(len(keys), dtype=np.uint8)
    held = schema.snapshot_images.c
    for start in range(0, len(keys), CHUNK) if previous_id is not None else ():
        part = keys[start : start + CHUNK]
        rows = tx.all(
            select(held.image_key, held.split).where(
                held.snapshot_id == previous_id,
                # PostgreSQL takes no BETWEEN of texts with a collation.
                held.image_key >= part[0],
                held.image_key <= part[-1],
            )
        )
        had: dict[str, str] = {row.image_key: row.split for row in rows}
        for at, key in enumerate(part, start):
            if had.get(key):
                found[at] = _NUMBER[Split(had[key])]
    return found


def _chosen_by_people(tx: Tx, ids: Numbers, selection: Selection) -> Small:
    """Return the split that a tag such as `split:test`, or else a gallery, puts an image in."""
    found = np.zeros(len(ids), dtype=np.uint8)
    version = tx.version
    for name, gallery_id in sorted(selection.split_galleries.items()):
        images = version.personal.gallery(gallery_id).images
        found[_among(ids, images)] = _NUMBER[Split(name)]
    for name, split in splits.NAMES.items():
        tag_id = version.tag_id(f"{splits.TAG}{name}")
        if tag_id is not None:
            found[_among(ids, version.posting(tag_id))] = _NUMBER[split]
    return found


def _among(ids: Numbers, images: BitMap) -> npt.NDArray[np.bool_]:
    return np.isin(ids, np.array(images, dtype=np.int64))


def _keep_best(facts: Facts, firsts: Numbers, found: Small, left_out: dict[str, int]) -> None:
    """Leave out all of each group but the largest, then the most judged, then the oldest."""
    order = np.lexsort((facts["id"], -facts["verdicts"], -facts["area"], firsts))
    order = order[found[order] > 0]
    groups_in_order = firsts[order]
    is_best = np.ones(len(order), dtype=np.bool_)
    is_best[1:] = groups_in_order[1:] != groups_in_order[:-1]
    _count(left_out, LOOKALIKE, int((~is_best).sum()))
    found[order[~is_best]] = 0
