"""What is read about animals is kept whole in memory until any of it changes."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from menagerie.library import Tx

T = TypeVar("T")


def kept(tx: Tx, name: str, read: Callable[[Connection], T]) -> T:
    """Return what `read` gives, read again only after a change of breeds, texts or laws.

    It is as of the last commit: what this very transaction changes is not in it yet.
    """
    version = tx.version.breeds_version
    found: tuple[int, T] | None = tx.library.caches.get(name)
    if found is None or found[0] != version:
        # A connection of its own: the transaction's may see a moment before that version.
        with tx.library.database.read() as connection:
            found = tx.library.caches[name] = (version, read(connection))
    return found[1]
