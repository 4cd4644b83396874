"""Predicates: a query's tree as SQL conditions, for the documents that are not in the catalogue.

Where each field of an index lies is data: a `Source` names a table and, per field, a column of
its own or values in other tables. What SQL cannot say (likeness, phrases) is found first and put
in as the ids it gave.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from menagerie.errors import QueryError
from menagerie.search import fields, texts, words
from menagerie.search.evaluate import fits
from menagerie.search.fields import Index
from menagerie.search.nodes import (
    All,
    And,
    Boost,
    Custom,
    Flag,
    Fuzzy,
    Hole,
    Leaf,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Range,
    Term,
    Wildcard,
)
from menagerie.search.patterns import matcher
from menagerie.search.stored import bounds
from menagerie.search.vocabulary import is_like
from menagerie.storage import schema, sql
from menagerie.storage.schema import Audience, Effect, Review

_Condition = ColumnElement[bool]


class Viewer(Struct, frozen=True):
    """Whoever asks."""

    account_id: int | None
    is_moderator: bool = False


class Value(Struct, frozen=True):
    """Where a field's values are.

    `column` is one of the source's own table, or of the tables `beside` selects: a SELECT of the
    ids of documents, to which the condition on `column` is added. `known` adds which of the values
    whoever asks may know of. `is_folded` says that upper and lower case are alike in it.
    """

    column: ColumnElement[Any]
    beside: Select[Any] | None = None
    known: Callable[[Viewer], _Condition] | None = None
    is_folded: bool = False


class Source(Struct, frozen=True):
    """A kind of document: its table, its fields, who sees which, and their order.

    `texts` maps fields of running text to their names in the inverted index; `words` names the
    literal fields that match one word of a value instead of the whole.
    """

    index: Index
    id: ColumnElement[int]
    table: Table
    values: Mapping[str, Value]
    order: tuple[ColumnElement[Any], ...]
    texts: Mapping[str, str] = {}
    words: Mapping[str, ColumnElement[str]] = {}
    visible: Callable[[Viewer], _Condition] = lambda _viewer: true()
    mine: Callable[[int], _Condition] = lambda _account_id: false()


def find(
    connection: Connection, source: Source, node: Node, *, viewer: Viewer, offset: int, limit: int
) -> tuple[list[int], int]:
    """Return a page of the ids of the documents that match, and how many match in all.

    Raises QueryError for `my:` by nobody.
    """
    if isinstance(node, Nothing):
        return [], 0
    condition = and_(source.visible(viewer), _Compiler(connection, source, viewer).condition(node))
    count = select(func.count()).select_from(source.table).where(condition)
    total: int = connection.execute(count).scalar_one()
    if offset >= total:
        return [], total
    page = select(source.id).where(condition).order_by(*source.order).offset(offset).limit(limit)
    return list(connection.execute(page).scalars().all()), total


class _Compiler:
    def __init__(self, connection: Connection, source: Source, viewer: Viewer) -> None:
        self._connection = connection
        self._source = source
        self._viewer = viewer

    def condition(self, node: Node) -> _Condition:
        """Return the condition that a document matches the node; null counts as no."""
        match node:
            case All():
                return true()
            case Nothing():
                return false()
            case And():
                return and_(*map(self.condition, node.children))
            case Or():
                return or_(*map(self.condition, node.children))
            case Not():
                # Null, where a document has no value, would stay null otherwise.
                return not_(func.coalesce(self.condition(node.child), false()))
            case Boost():
                return self.condition(node.child)
            case _:
                return self._leaf(node)

    def _leaf(self, node: Leaf) -> _Condition:
        source = self._source
        if isinstance(node, Custom):
            return self._mine(node)
        if node.field in source.texts:
            return self._text(node)
        if node.field in source.words:
            return self._word(node)
        value = source.values[node.field]
        if value.is_folded and isinstance(node, Term | Wildcard | Fuzzy):
            return self._folded(value.column, node)
        known = value.known(self._viewer) if value.known is not None else true()
        if isinstance(node, Fuzzy):
            return sql.among(self._connection, source.id, self._like(value, known, node))
        condition = and_(known, *self._on(value.column, node))
        if value.beside is None:
            return condition
        return source.id.in_(value.beside.where(condition))

    def _folded(self, column: ColumnElement[str], node: Term | Wildcard | Fuzzy) -> _Condition:
        """Return the condition on a column in lower case, of which databases know A to Z alone."""
        foreign = sql.byte_length(self._connection, column) > func.length(column)
        rows = self._connection.execute(select(self._source.id, column).where(foreign))
        found = [row[0] for row in rows if fits(row[1].lower(), node)]
        plain = Value(func.lower(column))
        if isinstance(node, Fuzzy):
            found += self._like(plain, ~foreign, node)
            return sql.among(self._connection, self._source.id, found)
        among = sql.among(self._connection, self._source.id, found)
        return or_(and_(*self._on(plain.column, node), ~foreign), among)

    def _on(self, column: ColumnElement[Any], node: Leaf) -> list[_Condition]:
        match node:
            case Term():
                return [column == node.value]
            case Wildcard():
                return [sql.fits(self._connection, column, node.pattern)]
            case Range():
                return bounds(column, node) or [column.is_not(None)]
            case Flag():
                return [column if node.value else not_(column)]
            case _:
                return [false()]

    def _like(self, value: Value, known: _Condition, node: Fuzzy) -> list[int]:
        length = func.length(value.column)
        near = length.between(len(node.value) - node.edits, len(node.value) + node.edits)
        base = select(self._source.id) if value.beside is None else value.beside
        rows = self._connection.execute(base.add_columns(value.column).where(near, known))
        return [row[0] for row in rows if is_like(node.value, row[1], node.edits)]

    def _text(self, node: Leaf) -> _Condition:
        field = self._source.texts[node.field]
        if isinstance(node, Phrase):
            found = texts.find(self._connection, field, node.value)
        elif isinstance(node, Wildcard):
            found = texts.fitting(self._connection, field, node.pattern)
        else:
            return false()
        return sql.among(self._connection, self._source.id, found)

    def _word(self, node: Leaf) -> _Condition:
        """Return the condition that one of the words of a value is, or fits, what is asked."""
        column = self._source.words[node.field]
        fits = _word_test(node)
        holding: tuple[str | Hole, ...] = ()
        if isinstance(node, Term):
            holding = (node.value,)
        elif isinstance(node, Wildcard):
            holding = node.pattern
        condition = sql.fits(self._connection, column, (Hole.ANY, *holding, Hole.ANY))
        rows = self._connection.execute(select(self._source.id, column).where(condition))
        found = [row[0] for row in rows if any(map(fits, words.words(row[1])))]
        return sql.among(self._connection, self._source.id, found)

    def _mine(self, node: Custom) -> _Condition:
        if self._viewer.account_id is None:
            raise QueryError(
                "You must be logged in to use `my' queries.",
                start=node.span.start,
                end=node.span.end,
            )
        return self._source.mine(self._viewer.account_id)


def _word_test(node: Leaf) -> Callable[[str], bool]:
    if isinstance(node, Term):
        return lambda word: word == node.value
    if isinstance(node, Wildcard):
        return matcher(node.pattern)
    if isinstance(node, Fuzzy):
        return lambda word: is_like(node.value, word, node.edits)
    return lambda _word: False


_t = schema.tags.c
_f = schema.filters.c
_implied = schema.tags.alias("implied")
_implying = schema.tags.alias("implying")
_other = schema.tags.alias("other")
_implications = schema.tag_implications
_ft = schema.filter_tags


def knows_tag(viewer: Viewer) -> _Condition:
    """Return the condition that a tag may be known.

    Not if it is on images alone that the viewer may not know of: others' private ones, and those
    that a review has refused or withheld.
    """
    if viewer.is_moderator:
        return true()
    image, label = schema.images.c, schema.labels.c
    labelled = (
        select(label.image_id)
        .join(schema.images, image.id == label.image_id)
        .where(label.tag_id == _t.id)
    )
    open_to_viewer = and_(
        image.audience != Audience.PRIVATE,
        image.review.in_([Review.PENDING, Review.APPROVED]),
    )
    if viewer.account_id is not None:
        open_to_viewer = or_(open_to_viewer, image.account_id == viewer.account_id)
    return or_(
        _t.image_count > 0,
        ~labelled.correlate(schema.tags).exists(),
        labelled.where(open_to_viewer).correlate(schema.tags).exists(),
    )


TAGS = Source(
    index=fields.TAGS,
    id=_t.id,
    table=schema.tags,
    values={
        "id": Value(_t.id),
        "images": Value(_t.image_count),
        "name": Value(_t.name),
        "slug": Value(_t.slug),
        "name_in_namespace": Value(_t.name_in_namespace),
        "namespace": Value(_t.namespace),
        "category": Value(_t.category),
        "aliased": Value(_t.aliased_to_id.is_not(None)),
        "implies": Value(
            _implied.c.name,
            select(_implications.c.tag_id).join(
                _implied, _implied.c.id == _implications.c.implied_tag_id
            ),
        ),
        "implied_by": Value(
            _implying.c.name,
            select(_implications.c.implied_tag_id).join(
                _implying, _implying.c.id == _implications.c.tag_id
            ),
        ),
        "alias_of": Value(
            _other.c.name,
            select(_implying.c.id).join(_other, _other.c.id == _implying.c.aliased_to_id),
        ),
        "aliases": Value(
            _other.c.name,
            select(_other.c.aliased_to_id).where(_other.c.aliased_to_id.is_not(None)),
        ),
    },
    texts={"description": "tag.description", "short_description": "tag.short_description"},
    words={"analyzed_name": _t.name},
    order=(_t.image_count.desc(), _t.id),
    visible=knows_tag,
)


def _count(effect: Effect) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(_ft)
        .where(_ft.c.filter_id == _f.id, _ft.c.effect == effect)
        .scalar_subquery()
    )


_CREATOR = Value(
    schema.accounts.c.name_key,
    select(_f.id).join(schema.accounts, schema.accounts.c.id == _f.account_id),
)

FILTERS = Source(
    index=fields.FILTERS,
    id=_f.id,
    table=schema.filters,
    values={
        "id": Value(_f.id),
        "spoilered_count": Value(_count(Effect.SPOILER)),
        "hidden_count": Value(_count(Effect.HIDE)),
        "user_id": Value(_f.account_id),
        "created_at": Value(_f.created_at),
        "name": Value(func.lower(_f.name)),
        "creator": _CREATOR,
        "public": Value(or_(_f.is_public, _f.is_system)),
        "system": Value(_f.is_system),
    },
    texts={"description": "filter.description"},
    order=(func.lower(_f.name), _f.id.desc()),
    visible=lambda viewer: or_(
        _f.is_public,
        _f.is_system,
        _f.account_id == viewer.account_id if viewer.account_id is not None else false(),
    ),
    mine=lambda account_id: _f.account_id == account_id,
)


_g = schema.galleries.c
_owner = schema.accounts.alias("owner")
_inside = schema.gallery_images.c


def _knows_owner(viewer: Viewer) -> _Condition:
    """Return the condition that whose a gallery is may be known."""
    if viewer.is_moderator:
        return true()
    if viewer.account_id is None:
        return _g.is_anonymous.is_(False)
    return or_(_g.is_anonymous.is_(False), _g.account_id == viewer.account_id)


def _knows_image(viewer: Viewer) -> _Condition:
    """Return the condition that an image is public and let through, or the viewer's own."""
    image = schema.images.c
    is_shown = and_(
        image.audience == Audience.PUBLIC,
        image.review == Review.APPROVED,
        image.removed_at.is_(None),
        image.merged_into_id.is_(None),
    )
    return (
        is_shown
        if viewer.account_id is None
        else or_(is_shown, image.account_id == viewer.account_id)
    )


GALLERIES = Source(
    index=fields.GALLERIES,
    id=_g.id,
    table=schema.galleries,
    values={
        "id": Value(_g.id),
        "title": Value(_g.title, is_folded=True),
        "image_count": Value(_g.image_count),
        "subscriber_count": Value(_g.subscriber_count),
        "user_id": Value(_g.account_id, known=_knows_owner),
        "user": Value(
            _owner.c.name_key,
            select(_g.id).join(_owner, _owner.c.id == _g.account_id),
            known=_knows_owner,
        ),
        "image_ids": Value(
            schema.images.c.id,
            select(_inside.gallery_id).join(schema.images, schema.images.c.id == _inside.image_id),
            known=_knows_image,
        ),
        "thumbnail_id": Value(
            schema.images.c.id,
            select(_g.id).join(schema.images, schema.images.c.id == _g.thumbnail_id),
            known=_knows_image,
        ),
        "created_at": Value(_g.created_at),
        "updated_at": Value(_g.updated_at),
    },
    texts={
        "description": "gallery.description",
        "spoiler_warning": "gallery.spoiler_warning",
    },
    order=(_g.id.desc(),),
    mine=lambda account_id: _g.account_id == account_id,
)
