"""YOLO: `images/<split>/`, `labels/<split>/*.txt` and a `data.yaml`.

The yaml has no `path`: without it the root is the yaml's own folder, with it the trainer looks
elsewhere first.
"""

import json
from collections import Counter

from menagerie.datasets.formats.classes import Classes, Outline, lose_all_but
from menagerie.datasets.formats.splits import ORDER, SHORT, split_of
from menagerie.datasets.formats.walking import Shown, walk
from menagerie.datasets.records import Record, Split
from menagerie.datasets.tables import number
from menagerie.datasets.writing import Job

TAKES = frozenset({"jpg", "png", "webp", "avif"})
_LEAST_PX = 10
_END_OF_JPEG = b"\xff\xd9"


def write(job: Job) -> None:
    """Write the pictures, a text file for each, and the yaml."""
    classes = Classes(job.content.source)
    written: Counter[Split] = Counter()
    for shown in walk(job, takes=TAKES):
        record = shown.record(shown.file_name)
        if min(record.width, record.height) < _LEAST_PX:
            job.report.lose("images under 10 pixels, which trainers refuse", record.id)
            job.report.count("images", -1)
            continue
        split = split_of(record)
        name = SHORT[split]
        _put_picture(job, f"images/{name}/{shown.file_name}", shown)
        outlines = classes.outlines(record, job.report)
        rows = _rows(job, record, outlines)
        job.folder.put(f"labels/{name}/{shown.stem}.txt", "".join(row + "\n" for row in rows))
        written[split] += 1
        _note(job, record, classes, outlines, len(rows))
    _put_yaml(job, classes, written)


def _rows(job: Job, record: Record, outlines: list[Outline]) -> list[str]:
    """Return the lines about one image: all boxes, or all polygons, and no line twice."""
    as_polygons = job.options.shapes == "polygons"
    rows = [
        _polygon(outline, record) if as_polygons else _box(outline, record) for outline in outlines
    ]
    different = list(dict.fromkeys(rows))
    if len(different) < len(rows):
        job.report.lose("objects exactly like another", record.id, len(rows) - len(different))
    return different


def _box(outline: Outline, record: Record) -> str:
    x, y, width, height = outline.bbox
    across, down = record.width, record.height
    values = ((x + width / 2) / across, (y + height / 2) / down, width / across, height / down)
    return _line(outline, values)


def _polygon(outline: Outline, record: Record) -> str:
    values = [v for x, y in outline.corners for v in (x / record.width, y / record.height)]
    return _line(outline, values)


def _line(outline: Outline, values: tuple[float, ...] | list[float]) -> str:
    return " ".join([str(outline.of.index), *map(number, values)])


def _note(
    job: Job, record: Record, classes: Classes, outlines: list[Outline], written: int
) -> None:
    report = job.report
    report.count("polygons" if job.options.shapes == "polygons" else "boxes", written)
    if job.options.shapes == "boxes":
        polygons = sum(1 for outline in outlines if outline.polygon)
        if polygons:
            report.lose("polygons turned into boxes", record.id, polygons)
    outlined = {outline.of.index for outline in outlines}
    bare = [one for one in classes.positive(record) if one.index not in outlined]
    if bare:
        report.lose("labels of the whole image", record.id, len(bare))
    lose_all_but(report, record)


def _put_picture(job: Job, name: str, shown: Shown) -> None:
    """Write a picture; a JPEG without its end is completed, since trainers rewrite such files."""
    if shown.picture.extension != "jpg" or _is_complete(shown):
        job.folder.put_picture(name, shown.picture)
        return
    data = shown.picture.path.read_bytes() + _END_OF_JPEG
    job.folder.put(name, data)
    job.report.note(
        "JPEG files without the marker of their end got it, so that trainers leave them alone;"
        " their hashes differ from those in other formats."
    )
    job.report.count("completed JPEG files")


def _is_complete(shown: Shown) -> bool:
    with shown.picture.path.open("rb") as file:
        file.seek(max(0, shown.picture.size_bytes - 2))
        return file.read() == _END_OF_JPEG


def _put_yaml(job: Job, classes: Classes, written: Counter[Split]) -> None:
    there = [split for split in ORDER if written[split]] or [Split.TRAIN]
    paths = {SHORT[split]: f"images/{SHORT[split]}" for split in there}
    for split in (Split.TRAIN, Split.VALIDATION):
        if split not in there:
            # Trainers want both, even when there is nothing to put there.
            paths[SHORT[split]] = f"images/{SHORT[there[0]]}"
            job.report.note(f"There are no images for {split}; data.yaml points at others instead.")
    ordered = {name: paths[name] for name in SHORT.values() if name in paths}
    names = dict(enumerate(classes.names))
    lines = [f"{key}: {path}" for key, path in ordered.items()]
    lines += [f"nc: {len(names)}", "names:" if names else "names: {}"]
    lines += [f"  {index}: {json.dumps(name, ensure_ascii=False)}" for index, name in names.items()]
    text = "\n".join(lines) + "\n"
    job.folder.put("data.yaml", text)
    job.folder.put("dataset.yaml", text)
