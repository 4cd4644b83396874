"""A picture in grey with some boxes left in color; for the children of the decode pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyvips

from menagerie.media import pixels, render
from menagerie.media.hashes import Pixels
from menagerie.media.probe import Probe

LONGEST_PX = 4096
_LINE = (255, 64, 64)
# Lines get as thick as a hundred and fiftieth of the longer side, so that they show when it is
# scaled down.
_LINES = 150

Box = tuple[float, float, float, float]
"""Left, top, width and height in px of the upright picture, within it."""


def highlight(path: str, found: Probe, boxes: Sequence[Box]) -> bytes:
    """Return the picture as a JPEG of its size, grey outside of the boxes, which are outlined.

    Of an animation one frame; one with more than `LONGEST_PX` on a side is made smaller. `found`
    is the probe of that file. Raises `Unsupported` when it cannot be decoded.
    """
    with pixels.decoding(found):
        image = _opened(path, found)
        color = _array(image)
        shown = _array(image.colourspace("b-w").colourspace("srgb"))
        drawn = [_scaled(box, image.width / found.width, image) for box in boxes]
        for left, top, right, bottom in drawn:
            shown[top:bottom, left:right] = color[top:bottom, left:right]
        for box in drawn:
            _outline(shown, box, max(image.width, image.height) // _LINES + 1)
        merged = pyvips.Image.new_from_memory(shown.data, image.width, image.height, 3, "uchar")
        return render.save(merged.copy(interpretation="srgb"), "jpg")


def _array(image: Any) -> Pixels:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, 3).copy()


def _opened(path: str, found: Probe) -> Any:
    """Decode one frame upright, in sRGB without alpha, at its size or a smaller one."""
    if found.is_animated or found.format in {"gif", "webm"}:
        image = pixels.to_srgb(pixels.middle_frame(path, found))
        image = image.thumbnail_image(LONGEST_PX, height=LONGEST_PX, size="down")
    else:
        # The source keeps libvips from reading options out of a path with brackets.
        image = pyvips.Image.thumbnail_source(
            pyvips.Source.new_from_file(path),
            LONGEST_PX,
            height=LONGEST_PX,
            size="down",
            output_profile="srgb",
            fail_on="error",
        )
    image = pixels.to_srgb(image)
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    return image.cast("uchar").copy_memory()


def _scaled(box: Box, scale: float, image: Any) -> tuple[int, int, int, int]:
    """Return a box's left, top, right and bottom in whole px of the picture, at least one large."""
    left, top, width, height = (value * scale for value in box)
    first, upper = min(round(left), image.width - 1), min(round(top), image.height - 1)
    last = max(first + 1, min(round(left + width), image.width))
    return first, upper, last, max(upper + 1, min(round(top + height), image.height))


def _outline(shown: Pixels, box: tuple[int, int, int, int], thickness: int) -> None:
    left, top, right, bottom = box
    inner = shown[top:bottom, left:right]
    for edge in (inner[:thickness], inner[-thickness:], inner[:, :thickness]):
        edge[:] = _LINE
    inner[:, -thickness:] = _LINE
