"""Class folders: `train/<class>/<uuid>.jpg`, as torchvision, Keras and YOLO classifiers read them.

Readers number the classes by the sorted names of the folders of each split, so a class that one
split lacks is left out of all of them.
"""

from collections import Counter

import msgspec

from menagerie.datasets.formats.classes import Classes, lose_all_but
from menagerie.datasets.formats.features import Files, front_matter
from menagerie.datasets.formats.splits import SHORT, in_order, split_of
from menagerie.datasets.formats.walking import show
from menagerie.datasets.records import Class, Record, Split
from menagerie.datasets.writing import Job

TAKES = frozenset({"jpg", "png", "webp"})
UNLABELLED = "_unlabeled"

Counts = Counter[tuple[Split, int]]


def write(job: Job) -> None:
    """Write the pictures into the folders of their classes."""
    classes = Classes(job.content.source)
    counts = _count(job, classes)
    kept = _in_every_split(classes.all, counts)
    dropped = [one.name for one in classes.all if one.index not in kept]
    if dropped:
        job.report.classes = _renumbered(classes.all, kept)
        job.report.note(
            "Left out, since not every split has an image of them: " + ", ".join(dropped)
        )
    if not kept and counts:
        job.report.note(
            "No class has an image in every split; fewer splits or more images would help."
        )
    if job.options.multi == "duplicate":
        job.report.note("An image of several classes is in several folders of its split.")
    _write(job, classes, kept)


def _write(job: Job, classes: Classes, kept: set[int]) -> None:
    written: Counts = Counter()
    for done, frozen in enumerate(job.content.frozen(), 1):
        record = frozen.record
        folders = _folders(job, classes, record, kept)
        shown = show(job, frozen, takes=TAKES) if folders else None
        if shown is not None:
            split = split_of(record)
            for folder, index in folders:
                job.folder.put_picture(f"{SHORT[split]}/{folder}/{shown.file_name}", shown.picture)
                written[split, index] += 1
            job.report.count("images")
            job.report.count("files", len(folders))
            lose_all_but(job.report, record)
            if record.objects:
                job.report.lose("objects", record.id, len(record.objects))
        job.progress(done, max(done, job.content.source.counts.get("images", 0)))
    _check(job, kept, written)
    found = in_order({split for split, _index in written})
    paths = [(split, f"{SHORT[split]}/**") for split in found]
    job.report.front_matter = front_matter([Files(paths)])


def _folders(job: Job, classes: Classes, record: Record, kept: set[int]) -> list[tuple[str, int]]:
    """Return the folders the image belongs in, and note why when there are none."""
    positive = classes.positive(record)
    if not positive:
        if job.options.unlabelled:
            return [(UNLABELLED, -1)]
        job.report.lose("images without a class", record.id)
        return []
    chosen = _chosen(job, classes, record)
    if not chosen:
        job.report.lose("images of several classes", record.id)
        return []
    if len(chosen) < len(positive):
        job.report.lose("further classes of an image", record.id, len(positive) - len(chosen))
    found = [(one.slug, one.index) for one in chosen if one.index in kept]
    if not found:
        job.report.lose("images of a class that some split lacks", record.id)
    return found


def _chosen(job: Job, classes: Classes, record: Record) -> list[Class]:
    """Return the classes whose folders are to hold the image, as far as `multi` lets them."""
    positive = classes.positive(record)
    if len(positive) < 2 or job.options.multi == "duplicate":
        return positive
    primary = classes.primary(record) if job.options.multi == "primary" else None
    return [primary] if primary else []


def _count(job: Job, classes: Classes) -> Counts:
    return Counter(
        (split_of(frozen.record), one.index)
        for frozen in job.content.frozen()
        if not job.content.is_withdrawn(frozen.record.id)
        for one in _chosen(job, classes, frozen.record)
    )


def _in_every_split(all_: list[Class], counts: Counts) -> set[int]:
    splits = {split for split, _index in counts}
    return {one.index for one in all_ if splits and all(counts[s, one.index] for s in splits)}


def _renumbered(all_: list[Class], kept: set[int]) -> list[Class]:
    left = [one for one in all_ if one.index in kept]
    return [msgspec.structs.replace(one, index=index) for index, one in enumerate(left)]


def _check(job: Job, kept: set[int], written: Counts) -> None:
    """Tell when a folder stayed empty after all, since its pictures were withdrawn."""
    splits = {split for split, _index in written}
    if any(not written[split, index] for split in splits for index in kept):
        job.report.note("A split lacks a class whose images were withdrawn; numbers differ there.")
