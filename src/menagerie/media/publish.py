"""The published file: the original made upright, without metadata, and otherwise untouched.

Metadata is cut out of the container, so pixels are not encoded anew unless the picture has to be
turned. What has nothing to lose is published byte for byte.
"""

import io
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import av
import pyvips

from menagerie.media import containers, pixels
from menagerie.media.containers import Block
from menagerie.media.probe import Probe

_PNG_METADATA = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt"})
_JPEG_KEPT_APPS = {b"\xe0": b"", b"\xe2": b"ICC_PROFILE\0", b"\xee": b"Adobe"}
_WEBP_METADATA = frozenset({b"EXIF", b"XMP "})
_LOCATION = "location"


def publish(path: str, probe: Probe) -> bytes | None:
    """Return the published form of a file, or None when it is the file itself.

    Orientation is applied (a JPEG is then encoded anew at quality 95), EXIF, XMP, IPTC, comments
    and whatever follows the picture's end are removed, colour profiles are kept. GIF and SVG are
    never changed, WebM only when it is tagged with a place.

    Raises `Unsupported` when the file cannot be decoded or its blocks are damaged.
    """
    if probe.orientation == 1:
        return strip(pixels.read(path), probe)
    with pixels.decoding(probe):
        return encode_upright(pixels.upright(pixels.open_raster(path, probe), probe), probe)


def strip(data: bytes, probe: Probe) -> bytes | None:
    """Return an upright picture's bytes without metadata, or None when there is none."""
    stripped = _STRIPPERS.get(probe.format, bytes)(data)
    return None if stripped == data else stripped


def encode_upright(image: Any, probe: Probe) -> bytes:
    """Encode a turned picture in its own format, with its colour profile and nothing else."""
    if probe.format == "jpg":
        return bytes(image.jpegsave_buffer(Q=95, optimize_coding=True, keep="icc"))
    if probe.format == "png":
        return bytes(image.pngsave_buffer(compression=6, keep="icc"))
    return bytes(image.webpsave_buffer(Q=95, keep="icc"))


def _strip_png(data: bytes) -> bytes:
    kept = (
        data[c.start : c.end] for c in containers.png_chunks(data) if c.kind not in _PNG_METADATA
    )
    return containers.PNG_MAGIC + b"".join(kept)


def _strip_jpeg(data: bytes) -> bytes:
    kept = (data[s.start : s.end] for s in containers.jpeg_segments(data) if _is_kept(s, data))
    return data[:2] + b"".join(kept)


def _is_kept(segment: Block, data: bytes) -> bool:
    """Say whether a JPEG segment is part of the picture: not a comment, nor an unknown APPn."""
    if segment.kind == b"\xfe":
        return False
    if not b"\xe0" <= segment.kind <= b"\xef":
        return True
    name = _JPEG_KEPT_APPS.get(segment.kind)
    return name is not None and data.startswith(name, segment.body)


def _strip_webp(data: bytes) -> bytes:
    chunks = [c for c in containers.riff_chunks(data) if c.kind not in _WEBP_METADATA]
    body = b"".join(_webp_chunk(data, chunk) for chunk in chunks)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _webp_chunk(data: bytes, chunk: Block) -> bytes:
    whole = data[chunk.start : chunk.end]
    if chunk.kind == b"VP8X":
        # Two flags announce the EXIF and XMP chunks.
        whole = whole[:8] + bytes([whole[8] & ~0x0C]) + whole[9:]
    return whole + b"\0" * (len(whole) & 1)


def _strip_avif(data: bytes) -> bytes:
    """Overwrite the EXIF and XMP items with zeros.

    Cutting them out would move every offset in the file; decoders pass over an empty item.
    """
    blank = bytearray(data)
    for start, end in _avif_metadata(data):
        blank[start:end] = bytes(max(0, min(end, len(data)) - start))
    return bytes(blank)


def _avif_metadata(data: bytes) -> list[tuple[int, int]]:
    """Return where the bytes of the items of type Exif and mime are."""
    meta = next((b for b in containers.iso_boxes(data, 0, len(data)) if b.kind == b"meta"), None)
    if meta is None:
        return []
    boxes = {b.kind: b for b in containers.iso_boxes(data, meta.body + 4, meta.end)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return []
    items = _avif_items(data, boxes[b"iinf"])
    hidden = {number for number, kind in items if kind in {b"Exif", b"mime"}}
    return [
        span
        for number, span in _avif_extents(data, boxes[b"iloc"], boxes.get(b"idat"))
        if number in hidden
    ]


def _avif_items(data: bytes, box: Block) -> Iterable[tuple[int, bytes]]:
    """Yield the number and type of each item; Source: ISO/IEC 14496-12, 8.11.6."""
    first = box.body + (6 if data[box.body] == 0 else 8)
    for entry in containers.iso_boxes(data, first, box.end):
        version = data[entry.body]
        if version in {2, 3}:
            at, size = entry.body + 4, 2 if version == 2 else 4
            number = int.from_bytes(data[at : at + size], "big")
            yield number, data[at + size + 2 : at + size + 6]


def _avif_extents(
    data: bytes, box: Block, idat: Block | None
) -> Iterable[tuple[int, tuple[int, int]]]:
    """Yield each item's number and the byte range of each of its extents; Source: 8.11.3."""
    stream = io.BytesIO(data[box.body : box.end])

    def number(size: int) -> int:
        return int.from_bytes(stream.read(size), "big")

    version = number(4) >> 24
    sizes = number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    for _ in range(number(wide)):
        item = number(wide)
        construction = number(2) & 15 if version else 0
        number(2)  # data reference: this file
        base = number(base_size)
        base += idat.body if construction == 1 and idat else 0
        for _ in range(number(2)):
            number(index_size)
            start = base + number(offset_size)
            yield item, (start, start + number(length_size))


def _strip_webm(data: bytes) -> bytes:
    """Copy the tracks into a new file without tags when a tag tells a place."""
    with av.open(io.BytesIO(data), "r", format="matroska") as clip:
        tags = [*clip.metadata, *(key for s in clip.streams for key in s.metadata)]
        if not any(_LOCATION in tag.lower() for tag in tags):
            return data
        sink = io.BytesIO()
        with av.open(sink, "w", format="webm") as copy:
            streams = {s.index: copy.add_stream_from_template(s) for s in clip.streams}
            for stream in streams.values():
                stream.metadata.clear()
            for packet in clip.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    copy.mux(packet)
    return sink.getvalue()


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    "avif": _strip_avif,
    "jpg": _strip_jpeg,
    "png": _strip_png,
    "webm": _strip_webm,
    "webp": _strip_webp,
}


def optimise_png(data: bytes) -> bytes:
    """Return the same PNG in fewer bytes, or `data` itself when it cannot be made smaller.

    Only the compressed pixels change: every other chunk, the depth and the palette stay, and so
    does an APNG as a whole.

    Raises `Unsupported` when its chunks are damaged.
    """
    chunks = list(containers.png_chunks(data))
    kinds = {chunk.kind for chunk in chunks}
    if b"acTL" in kinds or b"IDAT" not in kinds:
        return data
    smallest = min(_recompressed(data, chunks), key=len, default=data)
    return smallest if len(smallest) < len(data) else data


def _recompressed(data: bytes, chunks: list[Block]) -> Iterable[bytes]:
    """Yield the file with its pixels packed harder, in each of the ways that keep all else."""
    packed = b"".join(data[c.body : c.end - 4] for c in chunks if c.kind == b"IDAT")
    try:
        yield _with_pixels(data, chunks, zlib.compress(zlib.decompress(packed), 9))
        image = pyvips.Image.pngload_buffer(data, fail_on="error")
        for row_filter in ("none", "all"):
            other = image.pngsave_buffer(compression=9, filter=row_filter, keep="none")
            # libvips writes what it has in memory: usable only where that is the same layout.
            if other[:29] == data[:29]:
                found = [c for c in containers.png_chunks(other) if c.kind == b"IDAT"]
                body = b"".join(other[c.body : c.end - 4] for c in found)
                yield _with_pixels(data, chunks, body)
    except (zlib.error, pyvips.Error):
        return  # damaged pixels are not for this function to judge


def _with_pixels(data: bytes, chunks: list[Block], packed: bytes) -> bytes:
    parts, is_written = [containers.PNG_MAGIC], False
    for chunk in chunks:
        if chunk.kind != b"IDAT":
            parts.append(data[chunk.start : chunk.end])
        elif not is_written:
            check = zlib.crc32(b"IDAT" + packed).to_bytes(4, "big")
            parts += [len(packed).to_bytes(4, "big"), b"IDAT", packed, check]
            is_written = True
    return b"".join(parts)
