"""Open Images: `data/*.jpg` and CSV files of labels, present and absent, and of boxes."""

import base64
import hashlib
import json
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from menagerie.datasets.formats.classes import Classes, lose_all_but
from menagerie.datasets.formats.splits import split_of
from menagerie.datasets.formats.streams import PIECE_BYTES, Growing
from menagerie.datasets.formats.walking import Shown, walk
from menagerie.datasets.records import Class, Label, Record, Status
from menagerie.datasets.tables import Lines, Row
from menagerie.datasets.writing import Folder, Job

IMAGES = (
    "ImageID", "Subset", "OriginalURL", "OriginalLandingURL", "License", "AuthorProfileURL",
    "Author", "Title", "OriginalSize", "OriginalMD5", "Thumbnail300KURL", "Rotation",
)  # fmt: skip
LABELS = ("ImageID", "Source", "LabelName", "Confidence")
BOXES = (
    "ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax",
    "IsOccluded", "IsTruncated", "IsGroupOf", "IsDepiction", "IsInside",
)  # fmt: skip
_UNKNOWN = -1
_SOURCES = {"moderator": "verification", "machine": "machine"}


class _Rows:
    """A CSV file as it grows."""

    def __init__(self, folder: Folder, name: str, *, is_safe: bool) -> None:
        self._file = Growing(folder, name)
        self._lines = Lines(safe=is_safe)

    def add(self, cells: Row) -> None:
        """Add a line."""
        self._file.write(self._lines.line(cells).encode())

    def finish(self) -> None:
        self._file.finish()

    def close(self) -> None:
        self._file.close()


def write(job: Job) -> None:
    """Write the pictures, all as JPEG, and the CSV files."""
    classes = Classes(job.content.source)
    asked = msgspec.structs.replace(job, options=msgspec.structs.replace(job.options, image="jpg"))
    with ExitStack() as stack:
        images, labels, boxes = (
            stack.enter_context(closing(_Rows(job.folder, name, is_safe=job.options.safe_csv)))
            for name in (
                "metadata/image_ids.csv",
                "labels/classifications.csv",
                "labels/detections.csv",
            )
        )
        for rows, head in ((images, IMAGES), (labels, LABELS), (boxes, BOXES)):
            rows.add(head)
        for shown in walk(asked):
            job.folder.put_picture(f"data/{shown.file_name}", shown.picture)
            name = shown.stem if job.options.image_id == "stem" else shown.file_name
            record = shown.record(shown.file_name)
            images.add(_image(name, shown, record))
            _add_labels(job, labels, name, record, classes)
            _add_boxes(job, boxes, name, record, classes)
        for rows in (images, labels, boxes):
            rows.finish()
    _put_classes(job, classes.all)


def _image(name: str, shown: Shown, record: Record) -> Row:
    return (
        name,
        split_of(record).value,
        "",
        record.source_url,
        record.license_url,
        record.author_url,
        record.author,
        record.title,
        record.bytes,
        _md5(shown.picture.path),
        "",
        0.0,
    )


def _add_labels(job: Job, rows: _Rows, name: str, record: Record, classes: Classes) -> None:
    judged = {label.name: label for label in record.labels}
    for confidence, found in ((1, classes.positive(record)), (0, classes.negative(record))):
        for one in found:
            rows.add((name, _source(judged.get(one.name)), one.slug, confidence))
            job.report.count("labels present" if confidence else "labels absent")
    by_name = {one.name: one for one in classes.all}
    for label in record.labels:
        if label.status == Status.UNDECIDED and label.source == "machine" and label.name in by_name:
            rows.add((name, "machine", by_name[label.name].slug, f"{label.probability:g}"))
    lose_all_but(job.report, record, negative=True)


def _source(label: Label | None) -> str:
    return _SOURCES.get(label.source if label else "", "crowdsource-verification")


def _add_boxes(job: Job, rows: _Rows, name: str, record: Record, classes: Classes) -> None:
    for outline in classes.outlines(record, job.report):
        x, y, width, height = outline.bbox
        across, down = record.width, record.height
        sides = (x / across, (x + width) / across, y / down, (y + height) / down)
        thing = outline.object
        flags = (int(thing.occluded), int(thing.truncated), int(thing.group_of))
        source = "machine" if thing.source == "machine" else "freeform"
        corners = tuple(f"{min(value, 1.0):.6f}" for value in sides)
        rows.add((name, source, outline.of.slug, 1, *corners, *flags, _UNKNOWN, _UNKNOWN))
        job.report.count("boxes")
        if outline.polygon:
            job.report.lose("polygons turned into boxes", record.id)


def _put_classes(job: Job, classes: list[Class]) -> None:
    # Readers take every line for a class: there is no head.
    lines = Lines()
    text = "".join(lines.line((one.slug, one.name)) for one in classes)
    job.folder.put("metadata/classes.csv", text)
    tree = json.dumps(hierarchy(classes), ensure_ascii=False, indent=1)
    job.folder.put("metadata/hierarchy.json", tree + "\n")


def hierarchy(classes: list[Class]) -> dict[str, object]:
    """Return the classes as a tree under a root, each below its parent."""
    names = {one.name for one in classes}
    below: dict[str, list[Class]] = {}
    for one in classes:
        below.setdefault(one.parent if one.parent in names else "", []).append(one)

    def branch(name: str, slug: str) -> dict[str, object]:
        children = [branch(one.name, one.slug) for one in below.pop(name, [])]
        return {"LabelName": slug, **({"Subcategory": children} if children else {})}

    return branch("", "entity")


def _md5(path: Path) -> str:
    """Return what Open Images identifies files by."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return base64.b64encode(digest.digest()).decode()
