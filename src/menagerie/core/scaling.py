"""Pictures at sizes that callers choose: decoded in the pool, the ones asked for last kept."""

import threading
from collections import OrderedDict
from pathlib import Path

from menagerie.core import image_files, rendering
from menagerie.core.images import Image
from menagerie.errors import Invalid, TooLarge, Unsupported
from menagerie.library import Library
from menagerie.media import scale
from menagerie.media.limits import Limits
from menagerie.media.probe import Probe, probe
from menagerie.storage import blobs

MOST_PX = 4096
MOST_ENLARGED_PX = 4_000_000
"""Up to so many px in all a picture may become larger than it is: more only takes long."""
_MOST_KEPT_BYTES = 64 << 20


def target(
    size: tuple[int, int], *, width: int | None = None, height: int | None = None
) -> tuple[int, int]:
    """Return the size in px that a picture of `size` gets when width, height or both are asked for.

    With one of them the other follows in proportion. A result that keeps one side keeps the whole
    picture. Raises Invalid (`width`, `height`) for a side of more than `MOST_PX`, and for what is
    enlarged beyond `MOST_ENLARGED_PX`. Source: ImageMonkey.

    >>> target((1132, 750), width=500), target((1132, 750), width=500, height=200)
    ((500, 331), (500, 200))
    >>> target((1132, 750), width=1132, height=200)
    (1132, 750)
    """
    asked = "height" if width is None else "width"
    own_width, own_height = size
    if width is None and height is None:
        return size
    if width is None:
        width = max(1, round(own_width * (height or 1) / own_height))
    if height is None:
        height = max(1, round(own_height * width / own_width))
    if width == own_width or height == own_height:
        return size
    for name, value in (("width", width), ("height", height)):
        if value > MOST_PX:
            raise Invalid({name: [f"must be at most {MOST_PX}"]})
    if width * height > max(MOST_ENLARGED_PX, own_width * own_height):
        raise Invalid({asked: ["would enlarge the picture beyond 4 megapixels"]})
    return width, height


def within(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size in px that fits into `box` and is no larger than a picture of `size`.

    >>> within((1200, 800), (600, 600)), within((100, 80), (600, 600)), within((9000, 1), (90, 9))
    ((600, 400), (100, 80), (90, 1))
    """
    ratio = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def ending(image: Image) -> str:
    """Return the extension of what `scaled` makes of an image."""
    return scale.ending_of(image.format)


def scaled(library: Library, image: Image, size: tuple[int, int]) -> tuple[bytes, str]:
    """Return an image at exactly `size` (width, height in px), and the media type.

    Raises Unsupported when it cannot be decoded, NotFound and Unavailable.
    """
    kept: _Kept = library.caches.setdefault("scaled pictures", _Kept())
    key = (image.full_sha512, *size)
    data = kept.find(key)
    if data is None:
        with library.blobs.as_file(image_files.full(image)) as path:
            data = library.pool.run(scale.scale, str(path), rendering.probe_of(image), *size)
        kept.keep(key, data)
    return data, blobs.MEDIA_TYPES[scale.ending_of(image.format)]


def fitted(library: Library, path: Path, box: tuple[int, int]) -> bytes | None:
    """Return a picture made to fit into `box` (px), None if it does already, moves or is none.

    What is none is for whoever takes the file in to say. Raises Unsupported for what cannot be
    decoded.
    """
    settings = library.settings
    limits = Limits(
        max_bytes=settings.upload_limit,
        max_px=settings.pixel_limit,
        max_frames=settings.frame_limit,
    )
    try:
        found: Probe = library.pool.run(probe, str(path), limits=limits)
    except (TooLarge, Unsupported):
        return None
    size = within((found.width, found.height), box)
    if found.is_animated or size == (found.width, found.height):
        return None
    data: bytes = library.pool.run(scale.scale, str(path), found, *size)
    return data


class _Kept:
    """The pictures made last, of a bounded size altogether."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._size = 0

    def find(self, key: tuple[str, int, int]) -> bytes | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def keep(self, key: tuple[str, int, int], data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._found.pop(key, b""))
            self._found[key] = data
            while self._size > _MOST_KEPT_BYTES:
                _key, oldest = self._found.popitem(last=False)
                self._size -= len(oldest)
