"""What kind of picture a file is, and how big, judged by its bytes alone and before it is decoded.

Names and declared types are never asked.
"""

from pathlib import Path

import av
import msgspec
import pyvips

from menagerie.errors import TooLarge, Unsupported
from menagerie.media import containers, svg
from menagerie.media.containers import STILL_S, Layout
from menagerie.media.limits import Limits, check_frames, check_size, corrupt

MEDIA_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": svg.MEDIA_TYPE,
    "webm": "video/webm",
    "webp": "image/webp",
}
"""The formats that are taken, and their media types. A format is also the file name extension."""

_REFUSED_MAGIC = (
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"\xff\x0a", "image/jxl"),
    (4, b"JXL \r\n\x87\n", "image/jxl"),
    (4, b"jP  \r\n\x87\n", "image/jp2"),
    (0, b"\0\0\1\0", "image/x-icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"FLV\1", "video/x-flv"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"OggS", "application/ogg"),
    (0, b"%PDF-", "application/pdf"),
)
_REFUSED_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"qt  ": "video/quicktime",
    b"crx ": "image/x-canon-cr3",
}
_VIDEO_CODECS = frozenset({"vp8", "vp9", "av1", "libdav1d"})
_AUDIO_CODECS = frozenset({"opus", "vorbis"})


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is.

    `width` and `height` are upright, that is, after `orientation` (EXIF, 1 to 8) is applied.
    `duration_s` is 0.04 for a still raster and 0 for an SVG.
    """

    format: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    frame_count: int = 1
    duration_s: float = STILL_S
    has_alpha: bool = False
    has_audio: bool = False
    orientation: int = 1

    @property
    def is_animated(self) -> bool:
        """Say whether there is more than one frame."""
        return self.frame_count > 1

    @property
    def aspect_ratio(self) -> float:
        """Return width / height."""
        return self.width / self.height


DEFAULT_LIMITS = Limits()


def probe(path: str, *, limits: Limits = DEFAULT_LIMITS) -> Probe:
    """Say what the file at `path` is.

    Run it in the decode pool: it reads headers through libvips and FFmpeg.

    Raises `TooLarge` for more than `limits.max_bytes`; `Unsupported` for what is not a picture, is
    cut short, is too big when decoded, or is of a kind that is not taken (`media_type` then says
    which).
    """
    file = Path(path)
    if file.stat().st_size > limits.max_bytes:
        raise TooLarge(limits.max_bytes)
    data = file.read_bytes()
    name = recognise(data, limits)
    if name == "webm":
        return _probe_clip(path, len(data), limits)
    layout = _layout(name, path, data)
    check_size(layout.width, layout.height, limits)
    check_frames(layout.width, layout.height, layout.frame_count, limits)
    is_turned = layout.orientation >= 5
    return Probe(
        format=name,
        media_type=MEDIA_TYPES[name],
        size_bytes=len(data),
        width=layout.height if is_turned else layout.width,
        height=layout.width if is_turned else layout.height,
        frame_count=layout.frame_count,
        duration_s=layout.duration_s,
        has_alpha=layout.has_alpha,
        orientation=layout.orientation,
    )


def recognise(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the format (a key of `MEDIA_TYPES`) of a whole file.

    Raises `Unsupported` for anything else, and for an SVG that is more than a picture.

    >>> recognise(b"GIF89a")
    'gif'
    """
    if data.startswith(containers.PNG_MAGIC):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"\x1aE\xdf\xa3"):
        if containers.matroska_doc_type(data) != "webm":
            _refuse("video/x-matroska")
        return "webm"
    if data[4:8] == b"ftyp":
        return _recognise_iso(data)
    for offset, magic, media_type in _REFUSED_MAGIC:
        if data.startswith(magic, offset):
            _refuse(media_type)
    return _recognise_text(data, limits)


def _recognise_iso(data: bytes) -> str:
    brands = containers.iso_brands(data)
    if b"avif" in brands or b"avis" in brands:
        return "avif"
    media_type = next((_REFUSED_BRANDS[b] for b in brands if b in _REFUSED_BRANDS), "video/mp4")
    _refuse(media_type)
    return ""


def _recognise_text(data: bytes, limits: Limits) -> str:
    head = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    if head.startswith(b"<") and len(data) <= limits.max_svg_bytes and svg.inspect(data, limits):
        return "svg"
    raise corrupt("no known magic number" if data else "the file is empty")


def _refuse(media_type: str) -> None:
    raise Unsupported(
        f"type {media_type} is not taken; send {', '.join(MEDIA_TYPES)}", media_type=media_type
    )


def _layout(name: str, path: str, data: bytes) -> Layout:
    if name == "png":
        return containers.png_layout(data)
    if name == "jpg":
        return containers.jpeg_layout(data)
    if name == "gif":
        return containers.gif_layout(data)
    if name == "webp":
        return containers.webp_layout(data)
    return _layout_from_libvips(name, path)


def _layout_from_libvips(name: str, path: str) -> Layout:
    """Read the header of an SVG or AVIF with the library that will render it."""
    try:
        if name == "svg":
            image = pyvips.Image.svgload(path, access="sequential")
            return Layout(image.width, image.height, duration_s=0.0, has_alpha=True)
        image = pyvips.Image.heifload(path, access="sequential")
    except pyvips.Error as error:
        raise corrupt(str(error), media_type=MEDIA_TYPES[name]) from error
    return Layout(image.width, image.height, has_alpha=image.hasalpha())


def _probe_clip(path: str, size_bytes: int, limits: Limits) -> Probe:
    try:
        with av.open(path, format="matroska", metadata_errors="replace") as clip:
            return _probe_open_clip(clip, size_bytes, limits)
    except (av.FFmpegError, ValueError) as error:
        raise corrupt(f"{type(error).__name__}: {error}", media_type=MEDIA_TYPES["webm"]) from error


def _probe_open_clip(clip: av.container.InputContainer, size_bytes: int, limits: Limits) -> Probe:
    if len(clip.streams.video) != 1 or len(clip.streams.audio) > 1:
        raise Unsupported("a WebM must have exactly one video track and at most one audio track")
    stream = clip.streams.video[0]
    codecs = {stream.codec_context.name}, {s.codec_context.name for s in clip.streams.audio}
    if codecs[0] - _VIDEO_CODECS or codecs[1] - _AUDIO_CODECS:
        raise Unsupported("a WebM must be VP8, VP9 or AV1 video with Opus or Vorbis audio")
    check_size(stream.width, stream.height, limits)
    frame_count, end_s = _count_frames(clip, stream)
    declared_s = (clip.duration or 0) / 1_000_000
    duration_s = declared_s or end_s
    if max(duration_s, end_s) > limits.max_duration_s:
        raise Unsupported(f"lasts longer than {limits.max_duration_s:g} seconds")
    if frame_count == 0:
        raise corrupt("WebM without a frame", media_type=MEDIA_TYPES["webm"])
    return Probe(
        format="webm",
        media_type=MEDIA_TYPES["webm"],
        size_bytes=size_bytes,
        width=stream.width,
        height=stream.height,
        frame_count=frame_count,
        duration_s=duration_s,
        has_alpha=stream.metadata.get("alpha_mode") == "1",
        has_audio=bool(clip.streams.audio),
    )


def _count_frames(clip: av.container.InputContainer, stream: av.VideoStream) -> tuple[int, float]:
    """Return the number of frames and the end of the last one in seconds, without decoding."""
    count, end = 0, 0
    for packet in clip.demux(stream):
        if packet.size and packet.pts is not None:
            count += 1
            end = max(end, packet.pts + (packet.duration or 0))
    return count, float(end * stream.time_base) if stream.time_base else 0.0
