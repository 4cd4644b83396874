"""All that intake wants to know of a file, in one decode. Run these in the decode pool."""

from pathlib import Path
from typing import Any

import msgspec

from menagerie.media import pixels, publish, sight
from menagerie.media.hashes import Intensities, sha512_hex
from menagerie.media.limits import Limits
from menagerie.media.probe import DEFAULT_LIMITS, Probe, probe

PUBLISHED_SUFFIX = ".published"
_MOST_KEPT_BYTES = 192 << 20
"""A picture that takes more in memory is decoded a second time for the models, at reduced size."""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """A file's facts: `probe` is of the upload, `published` of the file that is shown.

    `published_path` is None when the upload itself is what is shown. Sizes in `probe` and
    `published` are upright. Hashes are SHA-512 in hexadecimal, `perceptual_hash` unsigned 64 bits,
    `average_colour` `#rrggbb`. `views` is None unless they were wanted.
    """

    probe: Probe
    published: Probe
    sha512: str
    published_sha512: str
    published_path: str | None
    intensities: Intensities
    perceptual_hash: int
    average_colour: str
    views: sight.Views | None = None


def examine(
    path: str, *, limits: Limits = DEFAULT_LIMITS, wants_views: bool = False
) -> Examination:
    """Look at the file at `path` once, and say everything; what models look at only if wanted.

    Writes the published form beside it, as `path` + `.published`, when it differs.

    Raises `TooLarge` and `Unsupported` as `probe.probe` does, and `Unsupported` for a file that
    cannot be decoded to its end.
    """
    found = probe(path, limits=limits)
    data = pixels.read(path)
    with pixels.decoding(found):
        image = pixels.upright(pixels.middle_frame(path, found), found)
        if wants_views:
            image = _to_be_read_twice(image)
        summary = pixels.summarise(image)
        views = _views(path, found, image, limits) if wants_views else None
        is_upright = found.orientation == 1
        shown = publish.strip(data, found) if is_upright else publish.encode_upright(image, found)
    facts = msgspec.structs.replace(found, orientation=1, size_bytes=len(shown or data))
    return Examination(
        probe=found,
        published=facts,
        sha512=sha512_hex(data),
        published_sha512=sha512_hex(shown or data),
        published_path=None if shown is None else _write_beside(path, shown),
        intensities=summary.intensities(),
        perceptual_hash=summary.perceptual_hash(),
        average_colour=summary.average_colour(),
        views=views,
    )


def _to_be_read_twice(image: Any) -> Any:
    """Decode a picture into memory, unless it takes too much of that."""
    return image.copy_memory() if _bytes_of(image) <= _MOST_KEPT_BYTES else image


def _bytes_of(image: Any) -> int:
    size: int = image.width * image.height * image.bands
    return size if image.format == "uchar" else 2 * size


def _views(path: str, found: Probe, image: Any, limits: Limits) -> sight.Views:
    """Return what models are shown of a picture, which was read once already."""
    if _bytes_of(image) > _MOST_KEPT_BYTES:
        return sight.views(path, limits=limits)
    if found.is_animated:
        return sight.views_of_animation(path, found, image)
    return sight.views_of(image)


def _write_beside(path: str, data: bytes) -> str:
    published = Path(path + PUBLISHED_SUFFIX)
    published.write_bytes(data)
    return str(published)


class QueryFeatures(msgspec.Struct, frozen=True):
    """What reverse search compares; `views` is what models look at, None unless wanted."""

    intensities: Intensities
    aspect_ratio: float
    perceptual_hash: int
    views: sight.Views | None = None


def query_features(
    path: str, *, limits: Limits = DEFAULT_LIMITS, wants_views: bool = False
) -> QueryFeatures:
    """Return what reverse search compares of the file at `path`; raises as `examine` does."""
    found = probe(path, limits=limits)
    with pixels.decoding(found):
        image = pixels.upright(pixels.middle_frame(path, found), found)
        if wants_views:
            image = _to_be_read_twice(image)
        summary = pixels.summarise(image)
        views = _views(path, found, image, limits) if wants_views else None
    return QueryFeatures(
        summary.intensities(), found.aspect_ratio, summary.perceptual_hash(), views
    )
