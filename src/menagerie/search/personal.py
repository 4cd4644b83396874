"""What belongs to one account or gallery: loaded from the database when first asked for.

Always read on a connection of its own, begun after the catalogue's version was made, so that what
is kept is never older than that version. A change drops what it touches from the next version.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any

import numpy as np
from msgspec import Struct
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Connection, Select, select

from menagerie.search.columns import Ids, from_ids
from menagerie.storage import schema
from menagerie.storage.database import Database

_MOST = 2048  # sets kept; a set of 10,000 images takes 20 kB


class Relation(StrEnum):
    """How an account stands to an image."""

    FAVES = "faves"
    UPVOTES = "upvotes"
    DOWNVOTES = "downvotes"
    HIDES = "hides"
    SUBSCRIPTIONS = "subscriptions"


_v = schema.votes.c
_TABLES: dict[Relation, tuple[Any, ColumnElement[bool] | None]] = {
    Relation.FAVES: (schema.faves, None),
    Relation.UPVOTES: (schema.votes, _v.value > 0),
    Relation.DOWNVOTES: (schema.votes, _v.value < 0),
    Relation.HIDES: (schema.hides, None),
    Relation.SUBSCRIPTIONS: (schema.image_subscriptions, None),
}


class Placed(Struct, frozen=True):
    """The images of a gallery, and their positions beside their ids, ascending by id."""

    images: BitMap
    ids: Ids
    positions: np.ndarray[Any, np.dtype[np.int64]]


class Watch(Struct, frozen=True):
    """What an account watches; the queries are one a line."""

    tag_ids: tuple[int, ...] = ()
    query: str = ""
    exclude_query: str = ""
    is_without_spoilered: bool = False


class Personal:
    """The sets of accounts and galleries as of one version; keeps those asked for."""

    __slots__ = ("_database", "_galleries", "_sets", "_watches")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets: dict[tuple[Relation, int], BitMap] = {}
        self._galleries: dict[int, Placed] = {}
        self._watches: dict[int, Watch] = {}

    def without(
        self, accounts: Iterable[int], galleries: Iterable[int], *, forget_watches: bool
    ) -> "Personal":
        """Return the sets for the next version, in which these accounts and galleries changed."""
        gone, closed = set(accounts), set(galleries)
        if not gone and not closed and not forget_watches:
            return self
        rest = Personal(self._database)
        # list() takes its copy in one step of the interpreter, while other threads may add.
        rest._sets = {k: v for k, v in list(self._sets.items()) if k[1] not in gone}
        rest._galleries = {k: v for k, v in list(self._galleries.items()) if k not in closed}
        if not forget_watches:
            rest._watches = {k: v for k, v in list(self._watches.items()) if k not in gone}
        return rest

    def watch(self, account_id: int) -> Watch:
        """Return what the account watches."""
        found = self._watches.get(account_id)
        if found is None:
            found = self._watch(account_id)
            if len(self._watches) >= _MOST:
                self._watches.clear()
            self._watches[account_id] = found
        return found

    def _watch(self, account_id: int) -> Watch:
        a, w = schema.accounts.c, schema.watched_tags.c
        with self._database.read() as connection:
            row = connection.execute(
                select(a.watched_query, a.watched_exclude_query, a.watched_without_spoilered).where(
                    a.id == account_id
                )
            ).first()
            tag_ids = connection.execute(select(w.tag_id).where(w.account_id == account_id))
            return Watch(tuple(sorted(tag_ids.scalars())), *row) if row else Watch()

    def related(self, relation: Relation, account_id: int) -> BitMap:
        """Return the images that stand in `relation` to the account; not to be written to."""
        key = (relation, account_id)
        found = self._sets.get(key)
        if found is None:
            table, condition = _TABLES[relation]
            statement = select(table.c.image_id).where(table.c.account_id == account_id)
            found = self.images(statement if condition is None else statement.where(condition))
            if len(self._sets) >= _MOST:
                self._sets.clear()
            self._sets[key] = found
        return found

    def related_to_any(self, relation: Relation, accounts: Select[Any]) -> BitMap:
        """Return the images that stand in `relation` to any account `accounts` selects."""
        table, condition = _TABLES[relation]
        statement = select(table.c.image_id).where(table.c.account_id.in_(accounts))
        return self.images(statement if condition is None else statement.where(condition))

    def gallery(self, gallery_id: int) -> Placed:
        """Return the images of a gallery with their positions; none if there is no such gallery."""
        found = self._galleries.get(gallery_id)
        if found is None:
            g = schema.gallery_images.c
            statement = select(g.image_id, g.position).where(g.gallery_id == gallery_id)
            with self._database.read() as connection:
                rows = sorted((row[0], row[1]) for row in connection.execute(statement))
            ids = np.array([image_id for image_id, _ in rows], np.uint32)
            positions = np.array([position for _, position in rows], np.int64)
            found = Placed(from_ids(ids), ids, positions)
            if len(self._galleries) >= _MOST:
                self._galleries.clear()
            self._galleries[gallery_id] = found
        return found

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection to what is committed now."""
        return self._database.read()

    def images(self, statement: Select[Any]) -> BitMap:
        """Return the image ids that a statement's first column gives, read afresh."""
        with self._database.read() as connection:
            return BitMap(connection.execute(statement).scalars().all())

    def rows(self, statement: Select[Any]) -> list[Any]:
        """Return the rows of a statement, read afresh."""
        with self._database.read() as connection:
            return list(connection.execute(statement))
