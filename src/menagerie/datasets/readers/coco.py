"""COCO: one JSON file for each split, and folders of pictures.

A file is read whole, but its images and annotations stay undecoded until their turn comes, so that
they take little more memory than the file itself; and one that is wrong does not spoil the others.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from menagerie.datasets.formats.classes import area
from menagerie.datasets.readers import loosely
from menagerie.datasets.readers.found import Found, Refused, decoded, inside
from menagerie.datasets.records import Label, Object, Record
from menagerie.errors import Invalid


class _Category(msgspec.Struct):
    id: int
    name: str


class _Licence(msgspec.Struct):
    id: int | str = 0
    name: str | None = ""
    url: str | None = ""


class _Annotation(msgspec.Struct):
    image_id: int | str
    category_id: int
    bbox: list[float] = []
    segmentation: Any = []
    num_yes: int = 0
    num_no: int = 0
    probability: float = 0.0
    source: str = "import"
    occluded: bool = False
    truncated: bool = False
    group_of: bool = False
    shape: str = ""
    refinements: list[str] = []


class _Of(msgspec.Struct):
    """Which image an annotation is about."""

    image_id: int | str


class _Dataset(msgspec.Struct):
    images: list[msgspec.Raw]
    categories: list[_Category] = []
    annotations: list[msgspec.Raw] = []
    licenses: list[_Licence] = []


_of = msgspec.json.Decoder(_Of)
_annotation = msgspec.json.Decoder(_Annotation)


def recognises(folder: Path) -> bool:
    """Return whether there are files of instances."""
    return bool(_files(folder))


def count(_folder: Path) -> int | None:
    """Return None: counting would be reading everything."""
    return None


def read(folder: Path, _most_bytes: int) -> Iterator[Found | Refused]:
    """Yield the images of all splits."""
    for path in _files(folder):
        where = str(path.relative_to(folder))
        try:
            dataset = msgspec.json.decode(path.read_bytes(), type=_Dataset)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Refused(where, f"is no COCO file: {error}")
            continue
        except RecursionError:
            yield Refused(where, "is no COCO file: it is nested too deeply")
            continue
        yield from _images(folder, path, dataset)


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("annotations/instances_*.json"))
    return found or sorted(
        path
        for path in (*folder.glob("*.json"), *folder.glob("*/*.json"))
        if path.name in {"labels.json", "result.json", "_annotations.coco.json", "instances.json"}
        or path.name.startswith("instances_")
    )


def _images(folder: Path, path: Path, dataset: _Dataset) -> Iterator[Found | Refused]:
    split = loosely.split_in(path.stem.removeprefix("instances_")) or loosely.split_in(
        path.parent.name
    )
    names = {one.id: one.name for one in dataset.categories}
    licences = {str(one.id): one for one in dataset.licenses}
    file = str(path.relative_to(folder))
    things: dict[int | str, list[msgspec.Raw]] = defaultdict(list)
    for number, raw in enumerate(dataset.annotations):
        try:
            things[_of.decode(raw).image_id].append(raw)
        except msgspec.DecodeError as error:
            yield Refused(f"{file}: annotation {number}", str(error))
    folders = _folders(folder, path, split)
    for number, raw in enumerate(dataset.images):
        try:
            row = decoded(bytes(raw))
        except Invalid as error:
            yield Refused(f"{file}: image {number}", str(error))
            continue
        where = f"{file}: image {row.get('id')}"
        name = row.get("file_name")
        found = _find(folders, name) if isinstance(name, str) else "has no file_name"
        if isinstance(found, str):
            yield Refused(where, found)
            continue
        notes: list[str] = []
        own = _decoded(things.pop(_key(row), []), notes)
        record = _record(row, own, names, licences, notes, split=split)
        yield Found(where=where, record=record, path=found, notes=notes)


def _key(row: dict[str, Any]) -> int | str:
    found = row.get("id")
    return found if isinstance(found, int | str) else ""


def _decoded(raws: list[msgspec.Raw], notes: list[str]) -> list[_Annotation]:
    """Return the annotations that can be read, and note what is wrong with others."""
    found = []
    for raw in raws:
        try:
            found.append(_annotation.decode(raw))
        except msgspec.DecodeError as error:
            notes.append(f"an annotation: {error}")
    return found


def _folders(folder: Path, path: Path, split: str) -> list[Path]:
    """Return where the pictures of a split may be, the likeliest first."""
    own = path.stem.removeprefix("instances_")
    names = dict.fromkeys(
        (f"images/{own}", own, f"images/{split}", f"{split}", "images", "data", ".")
    )
    return [path.parent, *(folder / name for name in names if (folder / name).is_dir())]


def _find(folders: list[Path], name: str) -> Path | str:
    reason = ""
    for folder in folders:
        try:
            return inside(folder, name)
        except Invalid as error:
            reason = str(error)
    return reason


def _record(
    row: dict[str, Any],
    things: list[_Annotation],
    names: dict[int, str],
    licences: dict[str, _Licence],
    notes: list[str],
    *,
    split: str,
) -> Record:
    about = licences.get(str(row.get("license")), _Licence())
    own_labels = row.get("labels")
    plain = {key: value for key, value in row.items() if key not in {"id", "license", "labels"}}
    record = loosely.record(plain, file_name=row["file_name"], split=split)
    drawn = (_object(one, number, names, notes) for number, one in enumerate(things, 1))
    objects = [thing for thing in drawn if thing is not None]
    if isinstance(own_labels, list):
        labels = _labels(own_labels)
    else:
        labels = [loosely.said(name) for name in dict.fromkeys(thing.label for thing in objects)]
    licence_name, licence_url = loosely.licence(about.name or "", about.url or "")
    return msgspec.structs.replace(
        record,
        labels=labels,
        objects=objects,
        license="" if licence_name == "unknown" else licence_name,
        license_url=licence_url,
        created_at=captured if isinstance(captured := row.get("date_captured"), str) else "",
    )


def _labels(rows: list[Any]) -> list[Label]:
    """Return labels with the counts that our own files give, or as mere names."""
    found = []
    for row in rows:
        try:
            found.append(msgspec.convert(row, Label))
        except msgspec.ValidationError:
            if isinstance(row, str):
                found.append(loosely.said(row))
    return found


def _object(
    one: _Annotation, number: int, names: dict[int, str], notes: list[str]
) -> Object | None:
    box = loosely.numbers(one.bbox)
    if one.category_id not in names:
        notes.append(f"an annotation of category {one.category_id}, which there is not")
        return None
    if len(box) != 4:
        notes.append(f"an outline of {names[one.category_id]!r} without a box")
        return None
    points = _largest(one.segmentation, names[one.category_id], notes)
    return Object(
        id=number,
        label=names[one.category_id],
        bbox=(box[0], box[1], box[2], box[3]),
        polygon=points,
        shape=one.shape or ("polygon" if points else "rect"),
        num_yes=one.num_yes,
        num_no=one.num_no,
        probability=one.probability,
        source=one.source,
        occluded=one.occluded,
        truncated=one.truncated,
        group_of=one.group_of,
        refinements=one.refinements,
    )


def _largest(segmentation: Any, name: str, notes: list[str]) -> list[tuple[float, float]]:
    """Return the largest of the polygons, since an outline here has one, and note the others."""
    if isinstance(segmentation, dict):
        notes.append(f"a mask of {name!r}, of which the box was taken")
        return []
    parts = segmentation if isinstance(segmentation, list) else []
    polygons = [points for part in parts if (points := loosely.polygon(part))]
    if len(polygons) > 1:
        notes.append(f"{len(polygons) - 1} of {len(polygons)} parts of an outline of {name!r}")
    return max(polygons, key=area, default=[])
