"""The outer structure of picture files, read without decoding a pixel.

Each `*_layout` walks the blocks of one format and returns sizes, frames and times. A block that
runs past the end of the file, or a structure that cannot be, raises `Unsupported`.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from menagerie.media.limits import corrupt

STILL_S = 0.04
"""The duration of a still raster: one frame at 25 per second."""

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_EXIF_ORIENTATION = 0x0112
# Inside a JPEG scan 0xFF is followed by 0 (a data byte), by a restart marker, or by padding.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Layout(msgspec.Struct, frozen=True):
    """What a container says about its picture. `orientation` is the EXIF number, 1 to 8."""

    width: int
    height: int
    frame_count: int = 1
    duration_s: float = STILL_S
    has_alpha: bool = False
    orientation: int = 1


class Block(NamedTuple):
    """One block of a file: its kind, and the offsets of its first byte, its payload, its end."""

    kind: bytes
    start: int
    body: int
    end: int


def png_chunks(data: bytes) -> Iterator[Block]:
    """Yield the chunks of a PNG up to and with IEND; `end` is after the checksum."""
    position = len(PNG_MAGIC)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + size
        if end > len(data):
            raise corrupt("PNG chunk runs past the end")
        kind = data[position + 4 : position + 8]
        yield Block(kind, position, position + 8, end)
        if kind == b"IEND":
            return
        position = end
    raise corrupt("PNG without an end")


def png_layout(data: bytes) -> Layout:
    """Return the layout of a PNG or APNG."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise corrupt("PNG without a header")
    width, height = struct.unpack(">II", data[16:24])
    frames, sum_s, has_alpha, orientation = 1, 0.0, data[25] in {4, 6}, 1
    has_pixels = False
    for chunk in png_chunks(data):
        body = data[chunk.body : min(chunk.end - 4, chunk.body + 65536)]
        if chunk.kind == b"IDAT":
            has_pixels = True
        elif chunk.kind == b"acTL" and not has_pixels and len(body) >= 8:
            frames = max(1, int.from_bytes(body[:4], "big"))
        elif chunk.kind == b"fcTL" and len(body) >= 26:
            above, below = struct.unpack(">HH", body[20:24])
            sum_s += above / (below or 100)
        elif chunk.kind == b"tRNS":
            has_alpha = True
        elif chunk.kind == b"eXIf":
            orientation = exif_orientation(body)
    if not has_pixels:
        raise corrupt("PNG without pixels")
    # Three times 0.1 is to be found by 0.3.
    duration_s = round(sum_s, 6) if frames > 1 else STILL_S
    return Layout(width, height, frames, duration_s, has_alpha, orientation)


def jpeg_segments(data: bytes) -> Iterator[Block]:
    """Yield the segments of a JPEG up to and with EOI; a scan's segment holds its coded data."""
    position = 2
    while position + 2 <= len(data):
        if data[position] != 0xFF:
            raise corrupt("JPEG segment without a marker")
        if data[position + 1] == 0xFF:  # a fill byte
            position += 1
            continue
        kind = data[position + 1 : position + 2]
        if kind == b"\xd9":
            yield Block(kind, position, position + 2, position + 2)
            return
        if kind == b"\x01" or b"\xd0" <= kind <= b"\xd7":
            position += 2
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if kind == b"\xda":
            found = _MARKER_IN_SCAN.search(data, end)
            end = found.start() if found else len(data)
        if end > len(data) or end < position + 4:
            raise corrupt("JPEG segment runs past the end")
        yield Block(kind, position, position + 4, end)
        position = end
    raise corrupt("JPEG without an end")


def jpeg_layout(data: bytes) -> Layout:
    """Return the layout of a JPEG from its first frame header."""
    orientation, has_exif = 1, False
    for segment in jpeg_segments(data):
        if segment.kind == b"\xe1" and data.startswith(b"Exif\0\0", segment.body):
            if has_exif:
                continue  # the first one counts
            has_exif = True
            orientation = exif_orientation(data[segment.body + 6 : segment.end])
        elif b"\xc0" <= segment.kind <= b"\xcf" and segment.kind not in b"\xc4\xc8\xcc":
            if segment.end - segment.body < 5:
                raise corrupt("JPEG frame header too short")
            height, width = struct.unpack(">HH", data[segment.body + 1 : segment.body + 5])
            return Layout(width, height, orientation=orientation)
    raise corrupt("JPEG without a frame")


def exif_orientation(tiff: bytes) -> int:
    """Return the orientation number (1 to 8) of an EXIF block; 1 when it is missing or damaged.

    >>> exif_orientation(bytes.fromhex("49492a00 08000000 0100 1201 0300 01000000 06000000"))
    6
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * index)
            if tag == _EXIF_ORIENTATION and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass  # a damaged block says nothing about the picture
    return 1


def gif_layout(data: bytes) -> Layout:
    """Return the layout of a GIF; a delay under 20 ms counts as 100 ms, as browsers show it."""
    if len(data) < 13:
        raise corrupt("GIF without a header")
    width, height, flags = struct.unpack("<HHB", data[6:11])
    position = 13 + _gif_palette_bytes(flags)
    frames, hundredths, delay, has_alpha = 0, 0, 0, False
    while position < len(data) and data[position] != 0x3B:
        if data[position] == 0x21:
            if data[position + 1 : position + 3] == b"\xf9\x04":
                flags, delay = struct.unpack_from(
                    "<BH", data[position + 3 : position + 6] + b"\0\0\0"
                )
                has_alpha = has_alpha or bool(flags & 1)
            position = _skip_gif_parts(data, position + 2)
        elif data[position] == 0x2C and position + 10 < len(data):
            frames, hundredths = frames + 1, hundredths + (delay if delay >= 2 else 10)
            position += 10 + _gif_palette_bytes(data[position + 9])
            position = _skip_gif_parts(data, position + 1)
        else:
            raise corrupt("GIF block of an unknown kind")
    if frames == 0:
        raise corrupt("GIF without a frame")
    return Layout(width, height, frames, hundredths / 100 if frames > 1 else STILL_S, has_alpha)


def _gif_palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_gif_parts(data: bytes, position: int) -> int:
    try:
        while data[position]:
            position += data[position] + 1
    except IndexError:
        raise corrupt("GIF block runs past the end") from None
    return position + 1


def riff_chunks(data: bytes) -> Iterator[Block]:
    """Yield the chunks of a WebP file; `end` excludes the padding byte."""
    limit = 8 + int.from_bytes(data[4:8], "little")
    if limit > len(data):
        raise corrupt("WebP runs past the end")
    position = 12
    while position + 8 <= limit:
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        end = position + 8 + size
        if end > limit:
            raise corrupt("WebP chunk runs past the end")
        yield Block(data[position : position + 4], position, position + 8, end)
        position = end + (size & 1)


def webp_layout(data: bytes) -> Layout:
    """Return the layout of a still or animated WebP."""
    width = height = frames = milliseconds = 0
    has_alpha, orientation = False, 1
    for chunk in riff_chunks(data):
        body = data[chunk.body : min(chunk.end, chunk.body + 65536)]
        if chunk.kind == b"VP8X" and len(body) >= 10:
            has_alpha = bool(body[0] & 0x10)
            width = 1 + int.from_bytes(body[4:7], "little")
            height = 1 + int.from_bytes(body[7:10], "little")
        elif chunk.kind == b"VP8 " and not width and len(body) >= 10:
            width, height = (side & 0x3FFF for side in struct.unpack("<HH", body[6:10]))
        elif chunk.kind == b"VP8L" and not width and len(body) >= 5:
            bits = int.from_bytes(body[1:5], "little")
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
            has_alpha = bool(bits >> 28 & 1)
        elif chunk.kind == b"ANMF" and len(body) >= 16:
            frames, milliseconds = frames + 1, milliseconds + int.from_bytes(body[12:15], "little")
        elif chunk.kind == b"EXIF":
            orientation = exif_orientation(body.removeprefix(b"Exif\0\0"))
    duration_s = milliseconds / 1000 if frames > 1 else STILL_S
    return Layout(width, height, max(1, frames), duration_s, has_alpha, orientation)


def matroska_doc_type(data: bytes) -> str:
    """Return the document type of a Matroska file (`webm`, `matroska`).

    Raises `Unsupported` when its segment is longer than the file.
    """
    _, header_body, header_end = _ebml_element(data, 0)
    doc_type, position = "", header_body
    while position < header_end:
        kind, body, end = _ebml_element(data, position)
        if kind == 0x4282:
            doc_type = data[body:end].rstrip(b"\0").decode("ascii", "replace")
        position = end
    kind, _, end = _ebml_element(data, header_end)
    if kind != 0x18538067 or end > len(data):
        raise corrupt("Matroska segment is missing or runs past the end")
    return doc_type


def _ebml_element(data: bytes, position: int) -> tuple[int, int, int]:
    """Return an element's id and the offsets of its body and end (0 size bits: the file's end)."""
    kind_size = _ebml_width(data, position)
    body = position + kind_size
    width = _ebml_width(data, body)
    kind = int.from_bytes(data[position:body], "big")
    mask = (1 << 7 * width) - 1
    size = int.from_bytes(data[body : body + width], "big") & mask
    body += width
    return kind, body, len(data) if size == mask else body + size


def _ebml_width(data: bytes, position: int) -> int:
    if position >= len(data) or not data[position]:
        raise corrupt("Matroska element is cut off")
    return 9 - data[position].bit_length()


def iso_brands(data: bytes) -> list[bytes]:
    """Return the brands of an ISO base media file (AVIF, HEIC, MP4), the major one first."""
    size = int.from_bytes(data[:4], "big")
    body = data[8 : min(size, len(data), 256)]
    brands = [body[at : at + 4] for at in range(0, len(body) - 3, 4)]
    return brands[:1] + brands[2:]


def iso_boxes(data: bytes, position: int, end: int) -> Iterator[Block]:
    """Yield the boxes of an ISO base media file between two offsets."""
    while position + 8 <= end:
        size = int.from_bytes(data[position : position + 4], "big")
        body = position + 8
        if size == 1:
            size, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        box_end = end if size == 0 else position + size
        if box_end > end or box_end < body:
            raise corrupt("box runs past the end")
        yield Block(data[position + 4 : position + 8], position, body, box_end)
        position = box_end
