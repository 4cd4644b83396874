"""Opening pictures: rasters through libvips, frames of clips and of APNG through FFmpeg.

Only for the children of the decode pool.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyvips

from menagerie.media.hashes import Pixels, Summary
from menagerie.media.limits import corrupt
from menagerie.media.probe import Probe

_LOADERS: dict[str, Callable[..., Any]] = {
    "avif": pyvips.Image.heifload,
    "gif": pyvips.Image.gifload,
    "jpg": pyvips.Image.jpegload,
    "png": pyvips.Image.pngload,
    "svg": pyvips.Image.svgload,
    "webp": pyvips.Image.webpload,
}
"""libvips loaders by format, called by name so that libvips never guesses a type by itself."""


@contextmanager
def decoding(probe: Probe) -> Iterator[None]:
    """Turn what libvips and FFmpeg raise into `Unsupported`, and their lack of memory too."""
    try:
        yield
    except (pyvips.Error, av.FFmpegError) as error:
        raise corrupt(f"{type(error).__name__}: {error}", media_type=probe.media_type) from error


def open_raster(path: str, probe: Probe, *, access: str = "sequential", **options: Any) -> Any:
    """Open a picture with libvips as it is stored: not turned, alpha and depth as they are.

    `options` go to the loader (`page`, `n`). An error or a cut anywhere in it fails its decode.
    """
    return _LOADERS[probe.format](path, access=access, fail_on="error", **options)


def upright(image: Any, probe: Probe) -> Any:
    """Return the picture turned and mirrored as `probe.orientation` says.

    It is decoded into memory first, since turning reads pixels out of order.
    """
    if probe.orientation == 1:
        return image
    image = image.copy_memory().copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", probe.orientation)
    return image.autorot()


def to_srgb(image: Any) -> Any:
    """Return the picture as 8-bit sRGB with or without alpha, whatever it was.

    An embedded profile is used for CMYK only: it is the one case where values mean nothing without.
    """
    if image.interpretation == "cmyk" and image.get_typeof("icc-profile-data"):
        return image.icc_transform("srgb", embedded=True)
    return image if image.interpretation == "srgb" else image.colourspace("srgb")


def on_black(image: Any) -> Any:
    """Return the picture as 8-bit sRGB without alpha, composited on black."""
    image = to_srgb(image)
    if image.hasalpha():
        image = image.flatten(background=[0, 0, 0])
    return image.cast("uchar")


def summarise(image: Any) -> Summary:
    """Read a libvips picture once, from top to bottom, into its `Summary`."""
    flat = on_black(image)
    region = pyvips.Region.new(flat)

    def rows(start: int, stop: int) -> Pixels:
        return as_array(region, start, stop - start, flat.width)

    return Summary(flat.width, flat.height, rows)


def middle_frame(path: str, probe: Probe) -> Any:
    """Return the frame shown at half the duration of an animation or clip, as a libvips picture."""
    if probe.format == "webm":
        return _middle_of_clip(path, probe)
    if probe.format == "png" or not probe.is_animated:
        return open_raster(path, probe)  # an APNG is known by its default image
    return open_raster(path, probe, page=_middle_page(path, probe))


def _middle_page(path: str, probe: Probe) -> int:
    delays = frame_delays_ms(open_raster(path, probe, n=-1), probe.frame_count)
    ends = np.cumsum(delays)
    return min(int(np.searchsorted(ends, ends[-1] / 2, side="right")), len(delays) - 1)


def frame_delays_ms(image: Any, frame_count: int) -> list[int]:
    """Return how long each frame is shown; under 20 ms counts as 100 ms, as browsers do it."""
    known = image.get("delay") if image.get_typeof("delay") else []
    delays = (known + [100] * frame_count)[:frame_count]
    return [delay if delay >= 20 else 100 for delay in delays]


def _middle_of_clip(path: str, probe: Probe) -> Any:
    half_s = probe.duration_s / 2
    with av.open(path, format="matroska") as clip:
        stream = clip.streams.video[0]
        stream.codec_context.thread_count = 1
        clip.seek(int(half_s * av.time_base))
        frames: list[av.VideoFrame] = []
        for frame in clip.decode(stream):
            if frames and frame.time > half_s:
                break
            frames = [frame]
    if not frames:
        raise corrupt("WebM without a frame that can be decoded", media_type=probe.media_type)
    picture = pyvips.Image.new_from_array(frames[0].to_ndarray(format="rgb24"))
    return picture.copy(interpretation="srgb")


def read(path: str) -> bytes:
    """Return the bytes of a file."""
    return Path(path).read_bytes()


def as_array(region: Any, top: int, height: int, width: int) -> Pixels:
    """Return rows of an open 8-bit RGB region, which may be read once from top to bottom."""
    data = region.fetch(0, top, width, height)
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)
