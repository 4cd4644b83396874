"""Keys of labels: a UUID that stands for one tag on one image, worked out rather than stored.

The two ids are the halves of a number of 122 bits, which a Feistel network under the library's
secret turns into another one; that fills a random-looking UUID. So a label has a name before
anybody has asked for it, the name says nothing about the ids, and no table has to be kept.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable

from menagerie.library import Library

_HALF_BITS = 61
_HALF = (1 << _HALF_BITS) - 1
# Four rounds make the permutation as good as a random one, even to whoever may try both ways.
_ROUNDS = tuple(f"label key {number}".encode() for number in range(4))
# No library has more; a UUID that stands for greater ids was not made here.
_MOST_ID = 1 << 40
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID in the usual form, of images or of labels.

    >>> is_uuid("48750a63-df1f-48d1-99ab-6c60e535a271"), is_uuid("{48750a63}")
    (True, False)
    """
    return _UUID.fullmatch(text) is not None


def encode(library: Library, image_id: int, tag_id: int) -> str:
    """Return the UUID of the label that a tag makes on an image."""
    left, right = image_id, tag_id
    for part in _masks(library, _ROUNDS):
        left, right = right, left ^ part(right)
    number = left << _HALF_BITS | right
    # 48 bits, then the version, 12 bits, the variant and the last 62.
    high, middle, low = number >> 74, number >> 62 & 0xFFF, number & (1 << 62) - 1
    return str(uuid.UUID(int=high << 80 | 4 << 76 | middle << 64 | 2 << 62 | low))


def decode(library: Library, key: str) -> tuple[int, int] | None:
    """Return the ids of the image and the tag that a UUID stands for, or None if for nothing.

    Whether there is such a label has to be looked up.
    """
    whole = uuid.UUID(key).int if is_uuid(key) else 0
    if (whole >> 76 & 0xF, whole >> 62 & 3) != (4, 2):
        return None
    number = whole >> 80 << 74 | (whole >> 64 & 0xFFF) << 62 | whole & (1 << 62) - 1
    left, right = number >> _HALF_BITS, number & _HALF
    for part in _masks(library, reversed(_ROUNDS)):
        left, right = right ^ part(left), left
    return (left, right) if 0 < left < _MOST_ID and 0 < right < _MOST_ID else None


class _Mask:
    """One round: what is mixed into one half, worked out from the other."""

    def __init__(self, secret: bytes, person: bytes) -> None:
        self._hash = hashlib.blake2b(digest_size=8, key=secret, person=person)

    def __call__(self, half: int) -> int:
        mixed = self._hash.copy()
        mixed.update(half.to_bytes(8, "big"))
        return int.from_bytes(mixed.digest(), "big") & _HALF


def _masks(library: Library, rounds: Iterable[bytes]) -> Iterable[_Mask]:
    known: dict[bytes, _Mask] | None = library.caches.get("label_keys")
    if known is None:
        secret = bytes.fromhex(library.facts["secret"])
        known = {person: _Mask(secret, person) for person in _ROUNDS}
        library.caches["label_keys"] = known
    return [known[person] for person in rounds]
