"""COCO: `images/<split>/` and one `annotations/instances_<split>.json` for each split.

Ids start at 1, since evaluation takes 0 for "no match" and training codes take it for background.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import msgspec

from menagerie.datasets.formats.classes import Classes, Outline, rounded
from menagerie.datasets.formats.splits import SHORT, split_of, wanted
from menagerie.datasets.formats.streams import Part
from menagerie.datasets.formats.walking import walk
from menagerie.datasets.records import Class, Record, Source
from menagerie.datasets.writing import Job

_encode = msgspec.json.encode


class _Parts:
    """What one split's files are put together from."""

    def __init__(self, job: Job, stack: ExitStack) -> None:
        self.images, self.objects, self.captions = (
            stack.enter_context(closing(Part(job.folder.root))) for _ in range(3)
        )
        self.has_captions = False


class _Licences:
    """Numbers for the licences met, from 1 on."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], int] = {}

    def id_of(self, record: Record) -> int:
        key = (record.license, record.license_url)
        return self._ids.setdefault(key, len(self._ids) + 1)

    def all(self) -> list[dict[str, object]]:
        return [
            {"id": number, "name": name or "unknown", "url": url}
            for (name, url), number in self._ids.items()
        ]


def write(job: Job) -> None:
    """Write the pictures, then the JSON of each split."""
    classes, licences = Classes(job.content.source), _Licences()
    with ExitStack() as stack:
        parts = {split: _Parts(job, stack) for split in wanted(job.content.source)}
        for shown in walk(job):
            split = split_of(shown.frozen.record)
            if split not in parts:
                parts[split] = _Parts(job, stack)
            record = shown.record(shown.file_name)
            job.folder.put_picture(f"images/{SHORT[split]}/{shown.file_name}", shown.picture)
            _add(job, parts[split], record, classes, licences)
        for split, part in parts.items():
            _put(job, SHORT[split], part, licences)


def _add(job: Job, part: _Parts, record: Record, classes: Classes, licences: _Licences) -> None:
    part.images.add(_encode(_image(record, licences.id_of(record))))
    if record.description:
        part.has_captions = True
        caption = {"id": record.number, "image_id": record.number, "caption": record.description}
        part.captions.add(_encode(caption))
    for outline in classes.outlines(record, job.report):
        part.objects.add(
            _encode(_annotation(outline, record, as_polygon=job.options.box_as_polygon))
        )
        job.report.count("polygons" if outline.polygon else "boxes")
    if record.labels or record.tags:
        job.report.note(
            "COCO has no place for labels and tags of a whole image: they are in keys of our own,"
            " `labels` and `tags`, of each image."
        )


def _put(job: Job, split: str, part: _Parts, licences: _Licences) -> None:
    source = job.content.source
    about: dict[str, object] = {"info": _info(source), "licenses": licences.all()}
    instances = about | {"categories": categories(source.classes)}
    job.folder.put(
        f"annotations/instances_{split}.json",
        _json(instances, {"images": part.images, "annotations": part.objects}),
    )
    if part.has_captions:
        job.folder.put(
            f"annotations/captions_{split}.json",
            _json(about, {"images": part.images, "annotations": part.captions}),
        )


def _json(whole: dict[str, object], parts: dict[str, Part]) -> Iterator[bytes]:
    yield b"{"
    for key, value in whole.items():
        yield _encode(key) + b": " + _encode(value) + b",\n"
    end = b""
    for key, part in parts.items():
        yield end + _encode(key) + b": [\n"
        yield from part.pieces()
        end = b"\n],\n"
    yield b"\n]}\n"


def _info(source: Source) -> dict[str, object]:
    return {
        "year": int(source.created_at[:4] or 0),
        "version": source.version,
        "description": source.description or source.name,
        "contributor": source.site_name,
        "url": "",
        "date_created": source.created_at,
    }


def categories(classes: list[Class]) -> list[dict[str, object]]:
    """Return COCO's list of the classes."""
    return [
        {
            "id": one.index + 1,
            "name": one.name,
            "supercategory": one.parent or one.name,
            "slug": one.slug,
            "uuid": one.key,
        }
        for one in classes
    ]


def _image(record: Record, licence_id: int) -> dict[str, object]:
    return {
        "id": record.number,
        "file_name": record.file_name,
        "width": record.width,
        "height": record.height,
        "license": licence_id,
        "date_captured": record.created_at,
        "coco_url": "",
        "flickr_url": "",
        "uuid": record.id,
        "sha256": record.sha256,
        "phash": record.phash,
        "group": record.group,
        "title": record.title,
        "author": record.author,
        "author_url": record.author_url,
        "source_url": record.source_url,
        "caption": record.description,
        "labels": record.labels,
        "tags": record.tags,
    }


def _annotation(outline: Outline, record: Record, *, as_polygon: bool) -> dict[str, object]:
    points = outline.corners if as_polygon else outline.polygon
    thing = outline.object
    return {
        "id": thing.id,
        "image_id": record.number,
        "category_id": outline.of.index + 1,
        "bbox": outline.bbox,
        "area": outline.area,
        # A group is not a crowd: with 1, readers expect a run-length mask.
        "iscrowd": 0,
        "segmentation": [[rounded(v) for point in points for v in point]] if points else [],
        "shape": thing.shape,
        "num_yes": thing.num_yes,
        "num_no": thing.num_no,
        "probability": thing.probability,
        "source": thing.source,
        "occluded": thing.occluded,
        "truncated": thing.truncated,
        "group_of": thing.group_of,
        "refinements": thing.refinements,
    }
