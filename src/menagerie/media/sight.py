"""What the models are shown of a picture: small raw rasters, made where it is decoded.

Only for the children of the decode pool. The models themselves run in the parent, which thus never
decodes anything.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import av
import msgspec
import pyvips

from menagerie.media import pixels
from menagerie.media.limits import Limits
from menagerie.media.probe import DEFAULT_LIMITS, Probe, probe

SIDE_PX = 224
"""Every view is this wide and high."""
VIEW_BYTES = SIDE_PX * SIDE_PX * 3
MOST_FRAMES = 5
_MOST_DECODED = 300
"""Frames of a clip that are decoded to get from where it can be entered to a place in it."""
_WHOLE_PX = 256
_KEPT_PX = 2 * _WHOLE_PX
_WHITE = [255, 255, 255]


class Views(msgspec.Struct, frozen=True):
    """What the models look at: sRGB bytes, row by row, 224 × 224 × 3 each.

    `subject` is the middle of the picture, undistorted; `whole` is nearly all of it, squeezed to a
    square, of each looked-at frame in the order of time.
    """

    subject: bytes
    whole: tuple[bytes, ...]


def views(path: str, *, frames: int = MOST_FRAMES, limits: Limits = DEFAULT_LIMITS) -> Views:
    """Return what the models are shown of the file at `path`, upright, on white.

    Of an animation or clip at most `frames` frames are looked at, evenly over its length; the one
    that stands for it (`pixels.middle_frame`) is `subject`. Stills are decoded at reduced size
    where their format can.

    Raises `TooLarge` and `Unsupported` as `probe.probe` does, and `Unsupported` for a file that
    cannot be decoded.
    """
    found = probe(path, limits=limits)
    with pixels.decoding(found):
        if found.is_animated:
            picture = pixels.upright(pixels.middle_frame(path, found), found)
            return views_of_animation(path, found, picture, frames=frames)
        return views_of(_open_small(path, found))


def views_of(picture: Any) -> Views:
    """Return what the models are shown of a still that is decoded already, upright.

    The picture is read once, from top to bottom. Call it within `pixels.decoding`.
    """
    small = _small(picture)
    return Views(_subject(small), (_whole(small),))


def views_of_animation(
    path: str, found: Probe, picture: Any, *, frames: int = MOST_FRAMES
) -> Views:
    """Return what the models are shown of an animation or clip, of which `picture` stands for all.

    `picture` is read once, from top to bottom, and the file at `path` again for the other frames.
    Call it within `pixels.decoding`.
    """
    others = tuple(_whole(_small(frame)) for frame in _spread(path, found, frames))
    small = _small(picture)
    return Views(_subject(small), others or (_whole(small),))


def _open_small(path: str, found: Probe) -> Any:
    """Decode a still at reduced size where its format can, upright."""
    scale = min(1.0, _KEPT_PX / min(found.width, found.height))
    return pyvips.Image.thumbnail_source(
        # The source keeps libvips from reading options out of a path with brackets.
        pyvips.Source.new_from_file(path),
        max(1, round(found.width * scale)),
        height=max(1, round(found.height * scale)),
        size="down",
        fail_on="error",
    )


def _small(picture: Any) -> Any:
    """Return the picture in memory on white, its shorter side at most 512 pixels."""
    flat = pixels.to_srgb(picture)
    if flat.hasalpha():
        flat = flat.flatten(background=_WHITE)
    scale = min(1.0, _KEPT_PX / min(flat.width, flat.height))
    # A side must not vanish, however long and thin the picture is.
    across, down = (max(scale, 1 / side) for side in (flat.width, flat.height))
    return flat.cast("uchar").resize(across, vscale=down, kernel="linear").copy_memory()


def _subject(small: Any) -> bytes:
    """Cut out the middle as the classifier was trained and tested: 224 of 256 pixels, bicubic."""
    scale = _WHOLE_PX / min(small.width, small.height)
    return _middle(small, scale, scale, "cubic")


def _whole(small: Any) -> bytes:
    """Squeeze to a square as the safety model was trained: 256 pixels, of which 224 are kept."""
    return _middle(small, _WHOLE_PX / small.width, _WHOLE_PX / small.height, "linear")


def _middle(small: Any, across: float, down: float, kernel: str) -> bytes:
    if small.width * across > 8 * _WHOLE_PX or small.height * down > 8 * _WHOLE_PX:
        # A line of one pixel by thousands would become a raster of gigabytes; its middle will do.
        small = small.smartcrop(
            min(small.width, 8 * small.height),
            min(small.height, 8 * small.width),
            interesting="centre",
        )
    scaled = small.resize(across, vscale=down, kernel=kernel)
    left, top = (scaled.width - SIDE_PX) // 2, (scaled.height - SIDE_PX) // 2
    view = scaled.crop(left, top, SIDE_PX, SIDE_PX).cast("uchar")
    return bytes(view.write_to_memory())


def _spread(path: str, found: Probe, most: int) -> Iterator[Any]:
    """Yield frames from the middles of equal parts of an animation, upright, in order."""
    count = min(most, found.frame_count)
    places = [(2 * part + 1) / (2 * count) for part in range(count)]
    if found.format == "webm":
        yield from _of_clip(path, [place * found.duration_s for place in places])
        return
    numbers = [int(place * found.frame_count) for place in places]
    if found.format == "png":
        yield from _of_apng(path, found, set(numbers))
        return
    for number in numbers:
        yield pixels.upright(pixels.open_raster(path, found, page=number), found)


def _of_clip(path: str, times_s: list[float]) -> Iterator[Any]:
    """Yield what a clip shows at each time, or earlier where getting there would take too long."""
    with av.open(path, format="matroska") as clip:
        stream = clip.streams.video[0]
        stream.codec_context.thread_count = 1
        for time_s in times_s:
            clip.seek(int(time_s * av.time_base))
            shown = None
            for frame in itertools.islice(clip.decode(stream), _MOST_DECODED):
                if shown is not None and (frame.time or 0.0) > time_s:
                    break
                shown = frame
            if shown is not None:
                picture = pyvips.Image.new_from_array(shown.to_ndarray(format="rgb24"))
                yield picture.copy(interpretation="srgb")


def _of_apng(path: str, found: Probe, numbers: set[int]) -> Iterator[Any]:
    kind = "rgba" if found.has_alpha else "rgb24"
    with av.open(path, format="apng") as source:
        for number, frame in enumerate(source.decode(video=0)):
            if number in numbers:
                picture = pyvips.Image.new_from_array(frame.to_ndarray(format=kind))
                yield picture.copy(interpretation="srgb")
