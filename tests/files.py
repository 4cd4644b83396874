"""Small files of every kind, made with the libraries the product decodes them with."""

import io
import struct
import zipfile
import zlib

import av
import numpy as np
import pyvips

import build


def still(ending: str, *, size: tuple[int, int] = (64, 48), seed: int = 1, **options) -> bytes:
    """A picture of noise in any format libvips writes."""
    return _noise(size, seed).write_to_buffer(f".{ending}", **options)


def _noise(size, seed):
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return pyvips.Image.new_from_memory(pixels.tobytes(), width, height, 3, "uchar").copy(
        interpretation="srgb"
    )


def turned_jpeg(size=(64, 48)) -> bytes:
    """A JPEG that is to be shown turned by a quarter, with a place in its EXIF."""
    image = _noise(size, 7).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "1/1 2/1 3/1")
    return image.write_to_buffer(".jpg")


def animation(ending: str = "gif", *, frames: int = 3, size=(60, 40)) -> bytes:
    rolls = [_noise(size, seed) for seed in range(frames)]
    roll = pyvips.Image.arrayjoin(rolls, across=1).copy()
    roll.set_type(pyvips.GValue.gint_type, "page-height", size[1])
    roll.set_type(pyvips.GValue.array_int_type, "delay", [100] * frames)
    return roll.write_to_buffer(f".{ending}")


def clip(*, frames: int = 5, size=(320, 200)) -> bytes:
    return _encoded("webm", "libvpx", "yuv420p", frames, size)


def apng(*, frames: int = 3, size=(60, 40)) -> bytes:
    return _encoded("apng", "apng", "rgb24", frames, size)


def _encoded(container_format, codec, pixel_format, frames, size) -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        for number in range(frames):
            pixels = np.full((size[1], size[0], 3), number * 40, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return sink.getvalue()


def svg(inside: str = '<rect width="9" height="9" fill="red"/>', before: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<svg xmlns="http://www.w3.org/2000/svg"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="300">'
        f"{inside}</svg>"
    ).encode()


def huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def endless_gif() -> bytes:
    frame = b"!\xf9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
    return head + frame * 10_000 + b";"


def zipped() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("picture.png", build.png())
    return box.getvalue()


def use_bomb() -> bytes:
    levels = "".join(
        f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
    )
    first = '<g id="l0"><rect width="1" height="1"/></g>'
    return svg(f'<defs>{first}{levels}</defs><use xlink:href="#l9"/>')


LAUGHS = (
    '<!DOCTYPE svg [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)

HOSTILE = {
    "truncated": still("png", size=(300, 300))[:2000],
    "text": b"this is no picture",
    "huge": huge_png(),
    "empty": b"",
    "zip": zipped(),
    "endless gif": endless_gif(),
    "script": svg("<script>alert(1)</script>"),
    "handler": svg('<rect width="9" height="9" onload="alert(1)"/>'),
    "entities": svg("<text>&i;</text>", LAUGHS),
    "file": svg("<text>&x;</text>", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "external": svg('<image xlink:href="http://127.0.0.1:9/x.png" width="9" height="9"/>'),
    "bomb": use_bomb(),
}


def flat_png() -> bytes:
    """A PNG without compression."""
    return pyvips.Image.black(64, 64).write_to_buffer(".png", compression=0)
