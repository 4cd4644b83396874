"""The file of an image as an export wants it: as it is, or converted and shrunk."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from menagerie.datasets.records import Frozen
from menagerie.datasets.writing import Options, Picture
from menagerie.media.exporting import Size, ending_for
from menagerie.storage.blobs import media_type_of_name

Convert = Callable[[str, str, str, int], Size]
"""`media.exporting.convert`, wherever it runs."""


def as_wanted(
    frozen: Frozen, source: Path, options: Options, *, convert: Convert, folder: Path
) -> Picture:
    """Return the picture that `options` ask for, in `source` or in a new file in `folder`.

    A file that is small enough and of the right kind is handed out untouched. Raises Unsupported
    when it has to be decoded and cannot be.
    """
    record = frozen.record
    had = frozen.file.rpartition(".")[2]
    shrinks = bool(options.max_side) and max(record.width, record.height) > options.max_side
    ending = ending_for(had, image=options.image, shrinks=shrinks and had != "svg")
    if ending == had and (not shrinks or had == "svg"):
        return Picture(
            path=source,
            extension=had,
            mime=record.mime,
            width=record.width,
            height=record.height,
            size_bytes=record.bytes,
            sha256=record.sha256,
        )
    target = folder / f"converted.{ending}"
    size = convert(str(source), str(target), ending, options.max_side)
    return Picture(
        path=target,
        extension=ending,
        mime=media_type_of_name(target.name),
        width=size.width,
        height=size.height,
        size_bytes=target.stat().st_size,
        sha256=sha256_of(target),
        source_sha256=record.sha256,
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
