"""Which images are for training, validation and test: by the hash of their group.

Nothing needs to be remembered for that, and nothing moves while the data grows: an image that was
in a split once stays in it, and what comes to its group follows.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from menagerie.datasets.records import Split

_BUCKETS = 10_000
STRATIFIED = "stratified"
METHODS = ("hash", STRATIFIED)
TAG = "split:"
"""What tags that put their images into a split begin with: `split:test`."""
NAMES = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}
"""Splits by how tags may call them."""


def bucket(group: str, seed: str) -> int:
    """Return the number from 0 to 9,999 that decides about a group.

    >>> bucket("a", "menagerie") == bucket("a", "menagerie") != bucket("b", "menagerie")
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}{group}".encode()).digest()) % _BUCKETS


def by_hash(group: str, seed: str, ratios: tuple[int, int, int]) -> Split:
    """Return the split of a group; `ratios` are percent of train, validation and test."""
    at = bucket(group, seed)
    if at < ratios[0] * 100:
        return Split.TRAIN
    return Split.VALIDATION if at < (ratios[0] + ratios[1]) * 100 else Split.TEST


def named(tags: Collection[str]) -> Split | None:
    """Return the split that an image's tags name, the first in alphabetical order, or None.

    >>> named(["dog", "split:val"])
    <Split.VALIDATION: 'validation'>
    """
    for tag in sorted(tags):
        if tag.startswith(TAG) and tag.removeprefix(TAG) in NAMES:
            return NAMES[tag.removeprefix(TAG)]
    return None


class Member(NamedTuple):
    """One image of a group: its UUID, the split a person chose, and the one it had before."""

    id: str
    chosen: Split | None = None
    previous: Split | None = None


def assign(
    members: Sequence[Member], *, group: str, seed: str, ratios: tuple[int, int, int]
) -> Mapping[str, Split | None]:
    """Return the split of every member of one group; None for one that has to stay out.

    What a person chose wins, for the whole group unless they chose several; then what an image had
    before; newcomers follow the group. Newcomers that join images of different splits stay out,
    since wherever they went, a look-alike would be on the other side.
    """
    chosen = {one.chosen for one in members if one.chosen}
    if chosen:
        rest = min(chosen)
        return {one.id: one.chosen or rest for one in members}
    had = {one.previous for one in members if one.previous}
    if len(had) > 1:
        return {one.id: one.previous for one in members}
    common = next(iter(had), None) or by_hash(group, seed, ratios)
    return {one.id: common for one in members}
