"""WebDataset: tar files in which the members of one sample share the beginning of their names."""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from menagerie.datasets.readers import loosely
from menagerie.datasets.readers.found import PICTURES, Found, Refused, decoded
from menagerie.errors import Invalid

_TEXT_MOST_BYTES = 16 << 20
_JSON = ("json", "jsn")
_TEXTS = ("txt", "text", "transcript", "caption")
_DIGITS = 12
_NUMBERS = ("cls", "cls2", "index", "inx")

Sample = dict[str, bytes | str]
"""The members of a sample by what their names end in; a text says why one was not read."""


def recognises(folder: Path) -> bool:
    """Return whether there are tar files, and no pictures beside them."""
    names = [path.suffix.lower() for path in folder.iterdir()]
    return ".tar" in names and PICTURES.isdisjoint(names)


def count(folder: Path) -> int | None:
    """Return what `sizes.json` says, if it is there."""
    try:
        sizes = msgspec.json.decode((folder / "sizes.json").read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return None
    return sum(sizes.values())


def read(folder: Path, most_bytes: int) -> Iterator[Found | Refused]:
    """Yield every sample that has a picture; nothing is unpacked, and names are only compared."""
    names = [one.name for one in loosely.classes(folder)]
    for path in sorted(folder.glob("*.tar")):
        split = loosely.split_in(path.name)
        try:
            for key, sample in _samples(path, most_bytes):
                where = f"{path.name}: {key}"
                yield _found(where, key, sample, split=split, names=names)
        except tarfile.TarError as error:
            yield Refused(path.name, f"is no whole tar file: {error}")


def _samples(path: Path, most_bytes: int) -> Iterator[tuple[str, Sample]]:
    key, sample = "", Sample()
    with tarfile.open(path, "r|") as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            stem, _dot, extension = name.name.partition(".")
            if not member.isreg() or not stem or not extension or stem.startswith("__"):
                continue
            own = str(name.parent / stem)
            if own != key and sample:
                yield key, sample
                sample = Sample()
            key = own
            if _is_wanted(extension.lower(), sample):
                sample[extension.lower()] = _member(tar, member, most_bytes)
    if sample:
        yield key, sample


def _is_wanted(extension: str, sample: Sample) -> bool:
    """Return whether a member is looked at: of pictures one, and of the rest each kind once."""
    if _is_picture(extension.rpartition(".")[2]):
        return not any(_is_picture(other.rpartition(".")[2]) for other in sample)
    return extension not in sample and extension in {*_JSON, *_TEXTS, *_NUMBERS}


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, most_bytes: int) -> bytes | str:
    is_picture = _is_picture(member.name.rpartition(".")[2].lower())
    most = most_bytes if is_picture else _TEXT_MOST_BYTES
    if member.size > most:
        return f"has {member.size} bytes, more than {most}"
    file = tar.extractfile(member)
    return file.read(most + 1) if file is not None else "is no file"


def _is_picture(extension: str) -> bool:
    return f".{extension}" in PICTURES


def _found(
    where: str, key: str, sample: Sample, *, split: str, names: list[str]
) -> Found | Refused:
    pictures = [extension for extension in sample if _is_picture(extension.rpartition(".")[2])]
    if not pictures:
        return Refused(where, "has no picture")
    data = sample[pictures[0]]
    if isinstance(data, str):
        return Refused(where, data)
    try:
        row = _row(sample)
        stem = PurePosixPath(key).name
        if loosely.is_canonical(row):
            record = msgspec.structs.replace(
                loosely.canonical(row), split=row.get("split") or split
            )
        else:
            name = f"{stem}.{pictures[0]}"
            record = loosely.record({"id": stem, **row}, file_name=name, split=split, names=names)
    except (Invalid, UnicodeDecodeError) as error:
        return Refused(where, str(error))
    return Found(where=where, record=record, data=data)


def _row(sample: Sample) -> dict[str, Any]:
    """Return what the members beside the picture say."""
    row: dict[str, Any] = {}
    for extension in _JSON:
        found = sample.get(extension)
        if isinstance(found, bytes):
            row |= decoded(found)
    for extension in _TEXTS:
        found = sample.get(extension)
        if isinstance(found, bytes):
            row.setdefault("caption", found.decode().strip())
    for extension in _NUMBERS:
        found = sample.get(extension)
        if isinstance(found, bytes) and found.strip().isdigit() and len(found) < _DIGITS:
            row.setdefault("cls", int(found))
    return row
