"""A small square cut out of the middle of a picture, as avatars and badges are shown."""

from typing import Any

from menagerie.media import pixels, render
from menagerie.media.limits import Limits, corrupt
from menagerie.media.probe import probe


def square(path: str, side_px: int, *, limits: Limits) -> bytes:
    """Return the middle of a picture as a WebP of so many px a side, of an animation one frame.

    That frame is the first. Runs in the decode pool. Raises `TooLarge`; `Unsupported` when the file
    cannot be decoded or is a film.
    """
    found = probe(path, limits=limits)
    if found.format == "webm":
        raise corrupt("a film is no picture of somebody", media_type=found.media_type)
    with pixels.decoding(found):
        image: Any = pixels.upright(pixels.open_raster(path, found, access="random"), found)
        image = pixels.to_srgb(image).cast("uchar")
        image = image.thumbnail_image(side_px, height=side_px, crop="centre", size="both")
        return render.save(image, "webp")
