"""Short public ids: numbers of this library as texts that say nothing about how many there are.

A keyed permutation (a Feistel network whose rounds are keyed BLAKE2) turns the number of an image
into nine characters that fit into an address, and back. Nothing is stored; two libraries give the
same number different texts.
"""

import base64
import hashlib
import hmac

from menagerie.library import Library

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
WIDTH = 9
ACCOUNT_WIDTH = 6
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_ROUNDS = 6
_KEYS = "short ids"


def encode(library: Library, number: int, width: int = WIDTH) -> str:
    """Return the public id of image `number`: `width` characters of A-Z a-z 0-9 - and _.

    Raises ValueError for a number that is negative or does not fit.
    """
    return _encode(_key(library, "image"), number, width)


def decode(library: Library, text: str) -> int | None:
    """Return the number whose public id is `text`, None for what is none.

    Any nine characters stand for some number, which need not be an image's.
    """
    return _decode(_key(library, "image"), text, WIDTH)


def proof(library: Library, number: int) -> str:
    """Return 22 characters that only this library can make of image `number`.

    Whoever was shown them may see the image: they stand in for a key in an address.
    """
    block = hashlib.blake2b(number.to_bytes(8), key=_key(library, "proof"), digest_size=16)
    return base64.urlsafe_b64encode(block.digest()).decode().rstrip("=")


def is_proof(library: Library, number: int, text: str) -> bool:
    """Tell whether `text` is the proof of image `number`; the time it takes tells nothing."""
    return hmac.compare_digest(proof(library, number).encode(), text.encode())


def account_code(library: Library, account_id: int) -> str:
    """Return six characters that stand for an account. Raises ValueError as `encode` does."""
    return _encode(_key(library, "account"), account_id, ACCOUNT_WIDTH)


def account_id(library: Library, text: str) -> int | None:
    """Return the number of the account that `account_code` gives this text, None for none.

    As with `decode`, there need be no such account.
    """
    return _decode(_key(library, "account"), text, ACCOUNT_WIDTH)


def _decode(key: bytes, text: str, width: int) -> int | None:
    if len(text) != width or any(character not in _VALUES for character in text):
        return None
    value = 0
    for character in text:
        value = value << 6 | _VALUES[character]
    return _permuted(key, value, width, backwards=True)


def _encode(key: bytes, number: int, width: int) -> str:
    if not 0 <= number < 1 << 6 * width:
        raise ValueError(number)
    value = _permuted(key, number, width, backwards=False)
    return "".join(ALPHABET[value >> shift & 63] for shift in range(6 * (width - 1), -1, -6))


def _key(library: Library, purpose: str) -> bytes:
    keys: dict[str, bytes] = library.caches.setdefault(_KEYS, {})
    if purpose not in keys:
        secret = f"{_KEYS}/{purpose}/{library.facts['secret']}"
        keys[purpose] = hashlib.blake2b(secret.encode(), digest_size=32).digest()
    return keys[purpose]


def _permuted(key: bytes, value: int, width: int, *, backwards: bool) -> int:
    half = 3 * width  # bits
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for turn in reversed(range(_ROUNDS)) if backwards else range(_ROUNDS):
        if backwards:
            left, right = right ^ _mixed(key, turn, left) & mask, left
        else:
            left, right = right, left ^ _mixed(key, turn, right) & mask
    return left << half | right


def _mixed(key: bytes, turn: int, half: int) -> int:
    block = turn.to_bytes(1) + half.to_bytes(8)
    return int.from_bytes(hashlib.blake2b(block, key=key, digest_size=8).digest())
