"""Makers of clips, animations and chunks for the tests of `menagerie.media`."""

import io
import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import pyvips


def frames(count: int, width: int, height: int) -> list[np.ndarray]:
    """Return plain frames that go from dark to bright."""
    return [np.full((height, width, 3), 255 * i // count, np.uint8) for i in range(count)]


def gif(count: int = 5, width: int = 60, height: int = 40, delay_ms: int = 100) -> bytes:
    roll = pyvips.Image.new_from_array(np.concatenate(frames(count, width, height)))
    roll = roll.copy(interpretation="srgb")
    roll.set_type(pyvips.GValue.gint_type, "page-height", height)
    roll.set_type(pyvips.GValue.array_int_type, "delay", [delay_ms] * count)
    return roll.gifsave_buffer()


def long_gif(count: int, width: int = 1, height: int = 1) -> bytes:
    """Return a GIF of `count` frames that draw one pixel each, in 15 bytes."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * count + b"\x3b"


def apng(count: int = 4, width: int = 80, height: int = 60) -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format="apng") as container:
        stream = container.add_stream("apng", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        for pixels in frames(count, width, height):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return sink.getvalue()


def webm(
    count: int = 10,
    width: int = 160,
    height: int = 120,
    *,
    sound_tracks: int = 0,
    tags: dict[str, str] | None = None,
    kind: str = "webm",
    codec: str = "libvpx",
) -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format=kind) as container:
        container.metadata.update(tags or {})
        options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {}
        video = container.add_stream(codec, rate=10, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sounds = [
            container.add_stream("libopus", rate=48_000, layout="mono") for _ in range(sound_tracks)
        ]
        for pixels in frames(count, width, height):
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(video.encode(None))
        for sound in sounds:
            silence = np.zeros((1, 4800 * count), np.int16)
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return sink.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    check = zlib.crc32(kind + body).to_bytes(4, "big")
    return len(body).to_bytes(4, "big") + kind + body + check


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and brings almost no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def exif(orientation: int) -> bytes:
    """Return an EXIF block with an orientation and a word that must not be published."""
    secret = b"GPS-SECRET\0\0"
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack("<HHII", 0x010E, 2, len(secret), 8 + 2 + 24 + 4)
    return b"II*\0" + struct.pack("<IH", 8, 2) + entries + b"\0\0\0\0" + secret


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    """Return a JPEG with an EXIF segment put in front."""
    body = b"Exif\0\0" + exif(orientation)
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def svg(inside: str = "", attributes: str = 'width="300" height="200"', before: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{before}<svg {names} {attributes}>{inside}</svg>".encode()
