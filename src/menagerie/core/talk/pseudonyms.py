"""Pseudonyms: a short number that stands for one person in one thread, and for nobody elsewhere."""

import hashlib

from menagerie.library import Tx

_ROUNDS = 100
_BYTES = 2


def pseudonym(
    tx: Tx, thread_id: int, account_id: int | None, fingerprint: str | None, address: str | None
) -> str:
    """Return what an anonymous author is called in a thread: four hexadecimal digits, upper case.

    A thread is an image for comments and a topic for posts. A person is known by the account,
    else the fingerprint, else the address. Source: Philomena derives its numbers likewise.
    """
    person = str(account_id) if account_id is not None else fingerprint or address or ""
    digest = hashlib.pbkdf2_hmac(
        "sha256",
        f"{thread_id}{person}".encode("utf-8", "surrogatepass"),
        tx.library.facts["secret"].encode(),
        _ROUNDS,
    )
    return digest[:_BYTES].hex().upper()
