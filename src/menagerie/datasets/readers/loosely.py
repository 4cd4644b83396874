"""Records from what others write: rows with whatever keys they thought of.

What is missing is empty, what has another type than expected is left out, and nothing is refused.
A label without counts counts as one verdict: whoever made the dataset said so.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from menagerie.datasets import licences
from menagerie.datasets.judging import probability
from menagerie.datasets.readers.found import csv_rows
from menagerie.datasets.records import Class, Label, Object, Record, Split, Status
from menagerie.errors import Invalid

VOCABULARY = "vocabulary.csv"
_LABELS = ("labels", "label", "classes", "class", "category", "categories", "cls")
_CAPTIONS = ("caption", "description", "text")
_EMPTY: dict[str, Any] = {
    "id": "",
    "number": 0,
    "file_name": "",
    "width": 0,
    "height": 0,
    "mime": "",
}
_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "train2017": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "val2017": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
    "eval": Split.TEST,
    "evaluation": Split.TEST,
}

Row = Mapping[str, Any]


def split_in(name: str) -> str:
    """Return the split that a folder or file is named after, or an empty text.

    >>> split_in("validation"), split_in("train-000001.tar"), split_in("trainers")
    ('validation', 'train', '')
    """
    word = name.lower().replace(".", "-").replace("_", "-").split("-")[0]
    return str(_SPLITS.get(word, ""))


def classes(folder: Path) -> list[Class]:
    """Return the classes that a `vocabulary.csv` lists, or none."""
    path = folder / VOCABULARY
    if not path.is_file():
        return []
    rows = [row for row in csv_rows(path) if not isinstance(row, str) and row.get("name")]
    return [
        Class(
            index=index,
            name=row["name"],
            slug=row.get("slug") or row["name"],
            key=row.get("label_uuid") or "",
            parent=row.get("parent") or "",
            is_meta=(row.get("metalabel") or "").lower() in {"true", "1"},
        )
        for index, row in enumerate(rows)
    ]


def canonical(row: Row) -> Record:
    """Return a record that Menagerie wrote, or one like it; what is missing is empty.

    Raises Invalid for members of other types.
    """
    given = {key: value for key, value in row.items() if value is not None}
    try:
        return msgspec.convert(_EMPTY | given, Record)
    except msgspec.ValidationError as error:
        raise Invalid({"record": [str(error)]}) from error


def is_canonical(row: Row) -> bool:
    """Return whether a row has what only a canonical record has."""
    found = row.get("labels")
    return (
        isinstance(row.get("id"), str)
        and isinstance(row.get("file_name"), str)
        and isinstance(found, list)
        and all(isinstance(label, dict) for label in found)
        and "tags" in row
        and "objects" in row
    )


def record(row: Row, *, file_name: str, split: str = "", names: Sequence[str] = ()) -> Record:
    """Return the record of a row; `names` are the classes that numbers stand for."""
    positive = [name for key in _LABELS for name in _names(row.get(key), names)]
    negative = _names(row.get("negative_labels"), names)
    labels = [*(said(name) for name in positive), *(said(name, is_yes=False) for name in negative)]
    licence_name, licence_url = licence(_text(row, "license", "licence"), _text(row, "license_url"))
    return Record(
        id=_uuid(row),
        number=0,
        file_name=file_name,
        split=split,
        width=_whole(row.get("width")),
        height=_whole(row.get("height")),
        mime="",
        created_at=_text(row, "created_at"),
        labels=list({label.name: label for label in reversed(labels)}.values())[::-1],
        tags=_tags(row.get("tags")),
        objects=_objects(row.get("objects"), names),
        description=_text(row, *_CAPTIONS),
        license=licence_name,
        license_url=licence_url,
        author=_text(row, "author"),
        author_url=_text(row, "author_url"),
        title=_text(row, "title"),
        source_url=_text(row, "source_url", "source"),
    )


def said(name: str, *, is_yes: bool = True) -> Label:
    """Return a label that a dataset gives without counts."""
    yes, no = int(is_yes), int(not is_yes)
    return Label(
        name=name,
        num_yes=yes,
        num_no=no,
        probability=probability(yes, no),
        status=Status.POSITIVE if is_yes else Status.NEGATIVE,
        source="import",
    )


def licence(name: str, url: str) -> tuple[str, str]:
    """Return the SPDX name and address of a licence, as far as one of both tells.

    >>> licence("", "http://creativecommons.org/licenses/by/2.0/")
    ('CC-BY-2.0', 'https://creativecommons.org/licenses/by/2.0/')
    """
    found = licences.find(name) or _by_url(url) or _by_url(name)
    return (found.name, found.url) if found else (name, url)


def _by_url(url: str) -> licences.Licence | None:
    bare = url.strip().lower().removeprefix("http://").removeprefix("https://").rstrip("/")
    return next(
        (one for one in licences.LICENCES.values() if _bare(one.url) == bare.removeprefix("www.")),
        None,
    )


def _bare(url: str) -> str:
    return url.lower().removeprefix("https://").removeprefix("www.").rstrip("/")


def _uuid(row: Row) -> str:
    for key in ("uuid", "id", "image_id"):
        try:
            return str(uuid.UUID(row[key]))
        except (KeyError, ValueError, AttributeError, TypeError):
            continue
    return ""


def _text(row: Row, *keys: str) -> str:
    found = (row.get(key) for key in keys)
    return next((value for value in found if isinstance(value, str) and value), "")


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _names(value: object, names: Sequence[str]) -> list[str]:
    """Return names of labels from one or several names or numbers of classes."""
    items = value if isinstance(value, list) else [value]
    found = []
    for item in items:
        if isinstance(item, str) and item.strip():
            found.append(item.strip())
        elif isinstance(item, int) and not isinstance(item, bool) and 0 <= item < len(names):
            found.append(names[item])
        elif isinstance(item, dict) and isinstance(item.get("name"), str):
            found.append(item["name"])
    return found


def _tags(value: object) -> list[str]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        return []
    return [item.strip() for item in items if isinstance(item, str) and item.strip()]


def _objects(value: object, names: Sequence[str]) -> list[Object]:
    """Return objects from parallel lists in one map, or from a list of maps."""
    rows: list[Row] = []
    if isinstance(value, dict):
        lists = {key: items for key, items in value.items() if isinstance(items, list)}
        length = len(lists.get("bbox", []))
        rows = [
            {key: items[n] for key, items in lists.items() if n < len(items)} for n in range(length)
        ]
    elif isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
    found = (_object(row, number, names) for number, row in enumerate(rows, 1))
    return [thing for thing in found if thing is not None]


def _object(row: Row, number: int, names: Sequence[str]) -> Object | None:
    labels = [name for key in (*_LABELS, "categories") for name in _names(row.get(key), names)]
    box = numbers(row.get("bbox"))
    if not labels or len(box) != 4:
        return None
    return Object(
        id=number,
        label=labels[0],
        bbox=(box[0], box[1], box[2], box[3]),
        polygon=(points := polygon(row.get("polygon"))),
        shape="polygon" if points else "rect",
    )


def numbers(value: object) -> list[float]:
    """Return the finite numbers of a list; nothing when any other thing is in it."""
    items = value if isinstance(value, list | tuple) else []
    found = [float(n) for n in items if isinstance(n, int | float) and math.isfinite(n)]
    return found if len(found) == len(items) else []


def polygon(value: object) -> list[tuple[float, float]]:
    """Return the points of a flat list of numbers, or of a list of pairs; three at least."""
    items = value if isinstance(value, list) else []
    flat = numbers(items) or [n for item in items for n in numbers(item)]
    pairs = list(zip(flat[::2], flat[1::2], strict=False))
    return pairs if len(pairs) > 2 else []
