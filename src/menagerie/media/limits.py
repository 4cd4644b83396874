"""How much picture the library takes, and the sentences that refuse the rest."""

import msgspec

from menagerie.errors import Unsupported

CORRUPT = "contents corrupt, not recognized, or dimensions are too large to process"
TOO_MANY_PIXELS = "dimensions are too large to process"


class Limits(msgspec.Struct, frozen=True):
    """Bounds that are checked before anything is decoded.

    `max_total_px` bounds width × height × frames of an animation; a clip (WebM) is bounded by its
    duration instead, because it is never held decoded.
    """

    max_bytes: int = 131_072_000
    max_side_px: int = 32_767
    max_px: int = 400_000_000
    max_frames: int = 5_000
    max_total_px: int = 2_000_000_000
    max_duration_s: float = 3_600.0
    max_svg_bytes: int = 10_000_000
    max_svg_elements: int = 200_000
    max_svg_depth: int = 200


def check_size(width: int, height: int, limits: Limits) -> None:
    """Return if a raster of this size may be decoded.

    Raises `Unsupported` otherwise. Source: the bounds of Philomena's uploads, which are those of
    the FFmpeg it uses (a stride of eight bytes per pixel with padding must fit a signed 32-bit
    integer): about 267 million pixels.
    """
    if width < 1 or height < 1:
        raise corrupt("a side has no pixels")
    padded_bytes = ((width + 63) // 64 * 64 * 8 + 1024) * (height + 128)
    is_too_big = max(width, height) > limits.max_side_px or width * height > limits.max_px
    if is_too_big or padded_bytes >= 2_147_483_647:
        raise Unsupported(TOO_MANY_PIXELS)


def check_frames(width: int, height: int, frame_count: int, limits: Limits) -> None:
    """Return if an animation of this many frames may be decoded; raises `Unsupported` if not."""
    if frame_count > limits.max_frames:
        raise Unsupported(f"has {frame_count} frames; at most {limits.max_frames} are taken")
    if frame_count > 1 and width * height * frame_count > limits.max_total_px:
        raise Unsupported(TOO_MANY_PIXELS)


class BadContentsError(Exception):
    """What exactly is wrong with a file: the private cause behind an `Unsupported`."""


def corrupt(cause: str, *, media_type: str | None = None) -> Unsupported:
    """Return the error of a file that cannot be read, with `cause` for the log."""
    error = Unsupported(CORRUPT, media_type=media_type)
    error.__cause__ = BadContentsError(cause)
    return error
