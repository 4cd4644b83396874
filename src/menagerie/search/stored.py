"""Leaves the database answers: free text, long unique strings, names of accounts.

Each becomes a bitmap of images, as of a moment at or after the catalogue's version; what that
version does not know of is taken out by whoever combines it.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from menagerie.search import texts
from menagerie.search.nodes import Fuzzy, Network, Phrase, Range, Term, Wildcard
from menagerie.search.personal import Personal, Relation
from menagerie.search.vocabulary import is_like
from menagerie.storage import schema, sql

Literal = Term | Wildcard | Fuzzy

_i = schema.images.c
_s = schema.image_sources.c
_a = schema.accounts.c
_n = schema.annotations.c
_p = schema.shapes.c
_r = schema.refinements.c
_w = schema.words.c

_FEW = 16  # accounts whose sets are worth keeping


class Text(Struct, frozen=True):
    """Where the values of a field are: a column, and the id of what has the value."""

    id: ColumnElement[int]
    value: ColumnElement[Any]
    condition: ColumnElement[bool] | None = None


_HASH_IS_SHOWN = _i.shows_hash
LITERALS: Mapping[str, Text] = {
    "sha512_hash": Text(_i.id, _i.full_sha512),
    "orig_sha512_hash": Text(_i.id, _i.sha512, _HASH_IS_SHOWN),
    "source_url": Text(_s.image_id, _s.url_key),
    "file_name": Text(_i.id, _i.name),
    "key": Text(_i.id, _i.key),
    "fingerprint": Text(_i.id, func.lower(_i.fingerprint)),
}
"""Fields with a whole value each."""

ADDRESSES = Text(_i.id, _i.address)
TEXTS = frozenset({"description", "deletion_reason", "scratchpad"})
"""Fields of running text, indexed as `image.` and their name."""

RELATIONS: Mapping[str, Relation] = {
    "faved_by": Relation.FAVES,
    "upvoted_by": Relation.UPVOTES,
    "downvoted_by": Relation.DOWNVOTES,
    "hidden_by": Relation.HIDES,
}
"""Fields that name an account by what it did; with `_id` behind them, by its id."""


class Stored:
    """The answers for one evaluation."""

    def __init__(self, personal: Personal) -> None:
        self._personal = personal

    def literal(self, node: Literal) -> BitMap:
        """Return the images with a value of one of `LITERALS` that the node matches."""
        return self.with_value(LITERALS[node.field], node)

    def with_value(self, place: Text, node: Literal) -> BitMap:
        """Return the ids of what has a value that the node matches."""
        statement = select(place.id)
        if place.condition is not None:
            statement = statement.where(place.condition)
        if isinstance(node, Fuzzy):
            near = self._near(statement.add_columns(place.value), place.value, node)
            return BitMap(near)
        return self._personal.images(statement.where(self._matches(place.value, node)))

    def accounts(self, node: Literal) -> list[int]:
        """Return the ids of the accounts whose name the node matches."""
        statement = select(_a.id)
        if isinstance(node, Fuzzy):
            return self._near(statement.add_columns(_a.name_key), _a.name_key, node)
        rows = self._personal.rows(statement.where(self._matches(_a.name_key, node)))
        return [row[0] for row in rows]

    def related(self, field: str, account_ids: Iterable[int]) -> BitMap:
        """Return the images that stand in the relation `field` names to any of these accounts."""
        relation = RELATIONS[field]
        wanted = list(account_ids)
        if len(wanted) <= _FEW:
            return BitMap.union(
                BitMap(), *(self._personal.related(relation, id_) for id_ in wanted)
            )
        with self._personal.reading() as connection:
            accounts = select(_a.id).where(sql.among(connection, _a.id, wanted))
        return self._personal.related_to_any(relation, accounts)

    def related_by_id(self, field: str, node: Range) -> BitMap:
        """Return the images that stand in a relation to any account whose id is in the range."""
        relation = RELATIONS[field]
        if node.low == node.high and node.low_inclusive and node.high_inclusive:
            return self._personal.related(relation, int(node.low or 0))
        accounts = select(_a.id).where(*bounds(_a.id, node))
        return self._personal.related_to_any(relation, accounts)

    def removed_by(self, node: Range | Literal) -> BitMap:
        """Return the images removed by a moderator of this id or name."""
        if isinstance(node, Range):
            return self._personal.images(select(_i.id).where(*bounds(_i.removed_by_id, node)))
        accounts = self.accounts(node)
        with self._personal.reading() as connection:
            condition = sql.among(connection, _i.removed_by_id, accounts)
        return self._personal.images(select(_i.id).where(condition))

    def text(self, node: Phrase | Wildcard) -> BitMap:
        """Return the images with these words side by side, or with a word that fits."""
        field = f"image.{node.field}"
        with self._personal.reading() as connection:
            if isinstance(node, Phrase):
                return BitMap(texts.find(connection, field, node.value))
            return BitMap(texts.fitting(connection, field, node.pattern))

    def refined(self, node: Literal) -> BitMap:
        """Return the images with a shape, among the newest, of which such a property was said."""
        if isinstance(node, Fuzzy):
            words = self._near(select(_w.id, _w.accessor), _w.accessor, node)
        else:
            found = self._matches(func.lower(_w.accessor), node)
            words = [row[0] for row in self._personal.rows(select(_w.id).where(found))]
        statement = (
            select(_n.image_id)
            .join(schema.shapes, and_(_p.annotation_id == _n.id, _p.revision == _n.revision))
            .join(schema.refinements, _r.shape_id == _p.id)
        )
        with self._personal.reading() as connection:
            condition = sql.among(connection, _r.word_id, words)
        return self._personal.images(statement.where(condition))

    def network(self, node: Network, place: Text = ADDRESSES) -> BitMap:
        """Return the ids of what has an address in the network; images by their uploaders'."""
        rows = self._personal.rows(_addresses(node.network, place))
        return BitMap([row[0] for row in rows if _is_inside(row[1], node.network)])

    def _matches(self, column: ColumnElement[str], node: Term | Wildcard) -> ColumnElement[bool]:
        if isinstance(node, Term):
            return column == node.value
        with self._personal.reading() as connection:
            return sql.fits(connection, column, node.pattern)

    def _near(self, statement: Select[Any], column: ColumnElement[str], node: Fuzzy) -> list[int]:
        length = len(node.value)
        near = func.length(column).between(length - node.edits, length + node.edits)
        rows = self._personal.rows(statement.where(near))
        return [row[0] for row in rows if is_like(node.value, row[1], node.edits)]


def bounds(column: ColumnElement[Any], node: Range) -> list[ColumnElement[bool]]:
    """Return the conditions that a column lies in the node's range."""
    found: list[ColumnElement[bool]] = []
    if node.low is not None:
        found.append(column >= node.low if node.low_inclusive else column > node.low)
    if node.high is not None:
        found.append(column <= node.high if node.high_inclusive else column < node.high)
    return found


def _addresses(network: ipaddress.IPv4Network | ipaddress.IPv6Network, place: Text) -> Select[Any]:
    address = place.value
    statement = select(place.id, address).where(address.is_not(None))
    if network.num_addresses == 1:
        # Also as others may have spelt it.
        first = network.network_address
        return statement.where(or_(address == str(first), address == first.exploded))
    return statement


def _is_inside(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False
