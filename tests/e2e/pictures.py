"""Small distinct pictures, made without any of the library's own code."""

import random
import struct
import zlib
from functools import cache


@cache
def png(seed: int, *, width: int = 64, height: int = 48) -> bytes:
    """Return an RGB PNG of coloured noise that differs for every seed."""
    noise = random.Random(seed)
    base = [noise.randrange(256) for _ in range(3)]
    rows = b"".join(
        b"\0" + bytes((b + noise.randrange(40)) % 256 for _ in range(width) for b in base)
        for _ in range(height)
    )
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
