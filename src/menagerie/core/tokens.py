"""Random texts that open doors, and what is kept of them."""

import base64
import hashlib

from menagerie.library import Library


def generate(library: Library, *, size_bytes: int = 15) -> str:
    """Return a random text in URL-safe base64 without padding: 15 bytes give 20 characters."""
    return base64.urlsafe_b64encode(library.random.randbytes(size_bytes)).decode().rstrip("=")


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, in hex, which is all that is stored of it.

    A secret of this much chance needs no salt and no slow hash. Looking up the hash also takes
    the same time however much of a guess is right.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
