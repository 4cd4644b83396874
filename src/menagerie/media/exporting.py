"""Pictures for datasets: one upright still in a format that training code reads.

Run `convert` in the decode pool. The same file gives the same bytes again.
"""

from typing import Any

import av
import msgspec
import pyvips

from menagerie.errors import Invalid
from menagerie.media import pixels
from menagerie.media.limits import corrupt
from menagerie.media.probe import Probe, probe

_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("jpegsave", {"Q": 92, "optimize_coding": True}),
    "png": ("pngsave", {"compression": 6}),
    "webp": ("webpsave", {"Q": 90, "effort": 3}),
}
ENDINGS = tuple(_SAVE)
"""The formats that pictures can be converted to."""


class Size(msgspec.Struct, frozen=True):
    """Width and height in px."""

    width: int
    height: int


def convert(source: str, target: str, ending: str, max_side: int = 0) -> Size:
    """Write the first frame of a picture or clip as `ending` to `target`; return its size.

    Colours become 8-bit sRGB, alpha is laid on white in a JPEG, and no metadata is kept. With
    `max_side` the longer side is at most that many px.

    Raises `Unsupported` when the file cannot be decoded, `Invalid` for an unknown ending.
    """
    if ending not in _SAVE:
        raise Invalid({"image": [f"{ending!r} is none of {', '.join(_SAVE)}"]})
    found = probe(source)
    with pixels.decoding(found):
        image = _to_srgb(_first_frame(source, found))
        if max_side and max(image.width, image.height) > max_side:
            image = image.thumbnail_image(max_side, height=max_side, size="down")
        if ending == "jpg" and image.hasalpha():
            image = image.flatten(background=[255, 255, 255])
        function, options = _SAVE[ending]
        getattr(image, function)(target, keep="none", **options)
        return Size(image.width, image.height)


def _to_srgb(image: Any) -> Any:
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True)
    return pixels.to_srgb(image).cast("uchar")


def _first_frame(source: str, found: Probe) -> Any:
    if found.format == "webm":
        return _first_of_clip(source, found)
    return pixels.upright(pixels.open_raster(source, found, access="random"), found)


def _first_of_clip(source: str, found: Probe) -> Any:
    with av.open(source, format="matroska") as clip:
        stream = clip.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in clip.decode(stream):
            picture = pyvips.Image.new_from_array(frame.to_ndarray(format="rgb24"))
            return picture.copy(interpretation="srgb")
    raise corrupt("WebM without a frame that can be decoded", media_type=found.media_type)


def ending_for(ending: str, *, image: str, shrinks: bool) -> str:
    """Return the ending of the exported file of one that ends in `ending`.

    `image` is `original`, `jpg` or `png`; with `shrinks` the file cannot stay as it is, and what
    libvips would not write as a still becomes PNG.

    >>> ending_for("gif", image="original", shrinks=False)
    'gif'
    >>> ending_for("gif", image="original", shrinks=True)
    'png'
    """
    if image != "original":
        return image
    if not shrinks:
        return ending
    return ending if ending in _SAVE else "png"
