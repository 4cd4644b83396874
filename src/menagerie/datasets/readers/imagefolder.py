"""ImageFolder: pictures with a metadata file beside them, or in folders named after classes."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from menagerie.datasets.readers import loosely
from menagerie.datasets.readers.found import (
    PICTURES,
    Found,
    Refused,
    csv_rows,
    decoded,
    inside,
    lines_in,
)
from menagerie.errors import Invalid, Unavailable

_METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
_UNLABELLED = "_unlabeled"
_ROWS = 1000


def recognises(folder: Path) -> bool:
    """Return whether there is a metadata file, or pictures in folders of splits."""
    if any(_metadata(folder)):
        return True
    return any(
        loosely.split_in(path.name) and any(inner.is_dir() for inner in path.iterdir())
        for path in folder.iterdir()
        if path.is_dir()
    )


def count(folder: Path) -> int | None:
    """Return how many pictures there are."""
    return sum(1 for _ in _pictures(folder))


def read(folder: Path, _most_bytes: int) -> Iterator[Found | Refused]:
    """Yield every picture; with metadata, only those that it names."""
    names = [one.name for one in loosely.classes(folder)]
    files = list(_metadata(folder))
    if not files:
        yield from _by_folders(folder)
    for path in files:
        split = loosely.split_in(path.parent.name) if path.parent != folder else ""
        for number, row in enumerate(_rows(path), 1):
            where = f"{path.relative_to(folder)}:{number}"
            yield _found(path.parent, row, where, split=split, names=names)


def _metadata(folder: Path) -> Iterator[Path]:
    for name in _METADATA:
        yield from sorted(folder.rglob(name))


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURES and path.is_file() and not path.name.startswith("."):
            yield path


def _found(
    folder: Path, row: dict[str, Any] | str, where: str, *, split: str, names: list[str]
) -> Found | Refused:
    if isinstance(row, str):
        return Refused(where, row)
    name = row.get("file_name")
    if not isinstance(name, str):
        return Refused(where, "has no file_name")
    try:
        path = inside(folder, name)
    except Invalid as error:
        return Refused(where, str(error))
    record = loosely.record(row, file_name=name, split=split, names=names)
    return Found(where=where, record=record, path=path)


def _by_folders(folder: Path) -> Iterator[Found | Refused]:
    by_slug = {one.slug: one.name for one in loosely.classes(folder)}
    for path in _pictures(folder):
        parts = path.relative_to(folder).parts[:-1]
        split = loosely.split_in(parts[0]) if parts else ""
        # The folder next to the picture is its class, unless that is the split itself.
        label = parts[-1] if len(parts) > bool(split) else ""
        labels = [by_slug.get(label, label)] if label and label != _UNLABELLED else []
        name = str(path.relative_to(folder))
        row = {"labels": labels, "id": path.stem}
        record = loosely.record(row, file_name=name, split=split)
        try:
            yield Found(where=name, record=record, path=inside(folder, name))
        except Invalid as error:
            yield Refused(name, str(error))


def _rows(path: Path) -> Iterator[dict[str, Any] | str]:
    """Yield the rows of a metadata file, or why one cannot be read."""
    if path.suffix == ".csv":
        yield from csv_rows(path)
    elif path.suffix == ".parquet":
        yield from _parquet(path)
    else:
        yield from map(_row, lines_in(path))


def _row(line: bytes | str) -> dict[str, Any] | str:
    if isinstance(line, str):
        return line
    try:
        return decoded(line)
    except Invalid as error:
        return str(error)


def _parquet(path: Path) -> Iterator[dict[str, Any] | str]:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise Unavailable(
            f"{path.name} needs the library pyarrow: pip install 'menagerie[parquet]'."
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS):
                yield from batch.to_pylist()
    except (ValueError, OSError) as error:  # what pyarrow raises derives from these
        yield f"cannot be read any further: {error}"
