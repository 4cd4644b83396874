"""Hugging Face ImageFolder: `train/<uuid>.jpg` and `train/metadata.jsonl`.

The library infers types of each split's metadata and refuses splits that differ, and a list that is
empty in all rows has no type. When that would happen the metadata is written as Parquet, which says
its types (and then labels are numbers of classes; in JSON they are names).
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec

from menagerie.datasets.formats import parquet
from menagerie.datasets.formats.classes import Classes, lose_all_but
from menagerie.datasets.formats.features import TEXT, Feature, Files, columns, front_matter, row
from menagerie.datasets.formats.splits import in_order, split_of
from menagerie.datasets.formats.streams import Growing
from menagerie.datasets.formats.walking import walk
from menagerie.datasets.records import Split
from menagerie.datasets.writing import Job

# The library looks at so many bytes of each split before it compares types; somewhat less is safe.
_LOOKED_AT_BYTES = 8_000_000


class _Metadata:
    """The metadata of one split as it grows, and which of its lists have a type already."""

    def __init__(self, job: Job, split: Split) -> None:
        self.name = f"{split}/metadata.jsonl"
        self.file = Growing(job.folder, self.name)
        self.typed: frozenset[str] = frozenset()
        self.rows = 0

    def add(self, found: dict[str, Any]) -> None:
        if self.file.size_bytes < _LOOKED_AT_BYTES:
            self.typed |= _filled(found)
        self.file.write(msgspec.json.encode(found) + b"\n")
        self.rows += 1


def write(job: Job) -> None:
    """Write the pictures and the metadata of each split."""
    with ExitStack() as stack:
        _write(job, stack)


def _write(job: Job, stack: ExitStack) -> None:
    classes = Classes(job.content.source)
    splits: dict[Split, _Metadata] = {}
    for shown in walk(job):
        split = split_of(shown.frozen.record)
        if split not in splits:
            splits[split] = _Metadata(job, split)
            stack.callback(splits[split].file.close)
        record = shown.record(shown.file_name)
        outlines = classes.outlines(record, job.report)
        found = row(record, classes, outlines, by_name=True)
        splits[split].add({"file_name": shown.file_name, **found})
        job.folder.put_picture(f"{split}/{shown.file_name}", shown.picture)
        job.report.count("objects", len(outlines))
        lose_all_but(job.report, record, negative=True, tags=True)
    found = columns(job.content.source.classes)
    _finish(job, list(splits.values()), found)
    paths = [(split, f"{split}/**") for split in in_order(splits)]
    job.report.front_matter = front_matter([Files(paths, found)])


def _finish(job: Job, splits: list[_Metadata], found: dict[str, Feature]) -> None:
    differ = len({one.typed for one in splits}) > 1
    if differ and parquet.is_available():
        job.report.note(
            "The metadata is in Parquet files, since a list is empty in all rows of some split and"
            " JSON cannot say what it would hold."
        )
        for one in splits:
            _as_parquet(job, one, found)
        return
    if differ:
        job.report.note(
            "A list is empty in all rows of some split; load the splits one by one, or install"
            " pyarrow on the server and export again."
        )
    for one in splits:
        one.file.finish()


def _as_parquet(job: Job, one: _Metadata, found: dict[str, Feature]) -> None:
    """Replace a split's metadata by a Parquet file with the same rows."""
    one.file.close()
    path = job.folder.path(one.name)
    numbers = {kind.name: kind.index for kind in job.content.source.classes}
    without_image = {key: value for key, value in found.items() if key != "image"}
    name = one.name.replace(".jsonl", ".parquet")
    with closing(parquet.Table(job.folder, name, {"file_name": TEXT, **without_image})) as table:
        for line in _lines(path):
            for key in ("labels", "negative_labels"):
                line[key] = [numbers[value] for value in line[key]]
            table.add(line)
        table.finish()
    path.unlink()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def _filled(found: dict[str, Any]) -> frozenset[str]:
    """Return the lists of a row that hold something, and so show a type."""
    objects: dict[str, list[Any]] = found["objects"]
    lists = {key: value for key, value in found.items() if isinstance(value, list)} | objects
    filled = {key for key, value in lists.items() if value}
    return frozenset(filled | ({"corners"} if any(objects["polygon"]) else set()))
