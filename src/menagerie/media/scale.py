"""A picture at any size asked for; for the children of the decode pool."""

from typing import Any

import pyvips

from menagerie.media import pixels, render
from menagerie.media.probe import Probe

_ENDINGS = {"jpg": "jpg", "png": "png", "webp": "webp", "gif": "gif", "svg": "png"}
"""What a scaled picture is encoded as, by the format of the original; JPEG for the others."""


def ending_of(kind: str) -> str:
    """Return the format that a picture of format `kind` has once scaled.

    >>> ending_of("png"), ending_of("avif")
    ('png', 'jpg')
    """
    return _ENDINGS.get(kind, "jpg")


def scale(path: str, found: Probe, width: int, height: int) -> bytes:
    """Return the picture at exactly `width` × `height` px, of an animation one frame.

    `found` is the probe of that file. Raises `Unsupported` when it cannot be decoded.
    """
    with pixels.decoding(found):
        image = _shrunk(path, found, width, height)
        ending = ending_of(found.format)
        if ending == "jpg" and image.hasalpha():
            image = image.flatten(background=[255, 255, 255])
        return render.save(image, ending)


def _shrunk(path: str, found: Probe, width: int, height: int) -> Any:
    size = {"height": height, "size": "force"}
    if found.is_animated or found.format in {"gif", "webm"}:
        frame = pixels.to_srgb(pixels.middle_frame(path, found))
        return frame.thumbnail_image(width, **size)
    # The source keeps libvips from reading options out of a path with brackets.
    source = pyvips.Source.new_from_file(path)
    return pyvips.Image.thumbnail_source(
        source, width, **size, output_profile="srgb", fail_on="error"
    )
