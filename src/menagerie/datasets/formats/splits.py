"""Which splits an export has, and how formats name them."""

from collections import Counter
from collections.abc import Iterable

from menagerie.datasets.records import Record, Source, Split
from menagerie.datasets.writing import Job

ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST)
SHORT = {Split.TRAIN: "train", Split.VALIDATION: "val", Split.TEST: "test"}
"""Names of the splits in the paths of COCO, YOLO and class folders."""


def split_of(record: Record) -> Split:
    """Return the split of an image; one without any is for training."""
    return Split(record.split) if record.split else Split.TRAIN


def in_order(splits: Iterable[Split]) -> list[Split]:
    """Return splits in the order in which people name them."""
    there = set(splits)
    return [split for split in ORDER if split in there]


def wanted(source: Source) -> list[Split]:
    """Return the splits that the snapshot was to have, whether or not an image fell into them."""
    ratios = source.selection.ratios
    found = [split for split, ratio in zip(ORDER, ratios, strict=True) if ratio]
    return found or [Split.TRAIN]


def most_by_split(job: Job) -> dict[Split, int]:
    """Return how many images a shard of each split may hold, so that there are enough shards.

    Empty when no number of shards was asked for.
    """
    if not job.options.shards:
        return {}
    counts = Counter(
        split_of(frozen.record)
        for frozen in job.content.frozen()
        if not job.content.is_withdrawn(frozen.record.id)
    )
    return {split: -(-count // job.options.shards) for split, count in counts.items()}
