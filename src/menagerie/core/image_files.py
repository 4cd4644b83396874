"""Names of the files of an image: as it was uploaded, as it is published, its representations."""

from typing import Protocol

from menagerie.media import render
from menagerie.storage import blobs


class _HasFile(Protocol):
    @property
    def sha512(self) -> str: ...
    @property
    def full_sha512(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


def original(image: _HasFile) -> str:
    """Return the name under which the bytes as uploaded are kept."""
    return blobs.original_name(image.sha512, image.format)


def full_name(sha512: str, full_sha512: str, extension: str) -> str:
    """Return the name of a published file: the original's, unless something had to be changed.

    The name holds the published file's own hash, so that a better one never overwrites it.
    """
    if full_sha512 == sha512:
        return blobs.original_name(sha512, extension)
    return blobs.representation_name(sha512, f"full-{full_sha512[:16]}.{extension}")


def full(image: _HasFile) -> str:
    """Return the name of the published file."""
    return full_name(image.sha512, image.full_sha512, image.format)


def representation(image: _HasFile, file: str) -> str:
    """Return the name of a representation such as `thumb.png`, whether or not it was made.

    Where the picture is within the box, the whole picture stands in.
    """
    stem, _, ending = file.partition(".")
    if stem in render.NAMES and render.fits(image.width, image.height, stem):
        if ending == image.format:
            return full(image)
        if image.format == "svg" and ending == "png":
            file = "rendered.png"
        elif image.format == "webm" and ending == "mp4":
            file = "full.mp4"
    return blobs.representation_name(image.sha512, file)
