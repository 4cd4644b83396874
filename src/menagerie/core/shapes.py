"""The shapes of one revision of an annotation, and what people say of each of them.

The way in is `annotations` and `refinements`; this is apart so that both can use it.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from menagerie.core import geometry, wordbook
from menagerie.core.wordbook import Vocabulary
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import ShapeKind, WordKind


class Refinement(msgspec.Struct, frozen=True):
    """A property of what one shape shows, and how often it was said; `key` is the word's UUID."""

    key: str
    name: str
    accessor: str
    count: int


class Shape(msgspec.Struct, frozen=True):
    """One shape; `data` has its members (see `geometry`), which nobody may write to."""

    id: int
    key: str
    kind: ShapeKind
    data: geometry.Data
    refinements: tuple[Refinement, ...] = ()


_shape = schema.shapes.c
_said = schema.refinements.c
_KINDS = {kind.value: kind for kind in ShapeKind}  # quicker than asking the enumeration


def read(
    tx: Tx, revisions: Sequence[tuple[int, int]], book: Vocabulary | None = None
) -> dict[int, list[Shape]]:
    """Return the shapes of one revision of each annotation, in their order, by annotation.

    `book` is the vocabulary, for callers that have it.
    """
    wanted = dict(revisions)
    found: dict[int, list[Shape]] = {annotation_id: [] for annotation_id in wanted}
    rows = tx.all(
        select(
            _shape.annotation_id, _shape.revision, _shape.id, _shape.key, _shape.kind, _shape.data
        )
        # Pairs of both would make SQLite read the whole table.
        .where(
            sql.among(tx.connection, _shape.annotation_id, wanted),
            sql.among(tx.connection, _shape.revision, set(wanted.values())),
        )
        .order_by(_shape.annotation_id, _shape.position)
    )
    rows = [row for row in rows if wanted[row.annotation_id] == row.revision]
    said = said_of(tx, [row.id for row in rows], book)
    for annotation_id, _revision, shape_id, key, kind, data in rows:
        members = msgspec.json.decode(data)
        shape = Shape(shape_id, key, _KINDS[kind], members, said.get(shape_id, ()))
        found[annotation_id].append(shape)
    return found


def said_of(
    tx: Tx, shape_ids: Sequence[int], book: Vocabulary | None = None
) -> dict[int, tuple[Refinement, ...]]:
    """Return what was said of shapes, by shape, in the order of names."""
    if not shape_ids:
        return {}
    found: dict[int, list[Refinement]] = {}
    rows = tx.all(
        select(_said.shape_id, _said.word_id, _said.use_count).where(
            sql.among(tx.connection, _said.shape_id, shape_ids)
        )
    )
    if rows and book is None:
        book = wordbook.vocabulary(tx)
    for shape_id, word_id, count in rows:
        word = book.by_id(word_id) if book is not None else None
        if word is not None:
            said = Refinement(word.key, word.name, word.accessor, count)
            found.setdefault(shape_id, []).append(said)
    return {
        shape_id: tuple(sorted(said, key=lambda one: (one.name, one.key)))
        for shape_id, said in found.items()
    }


def word_ids(tx: Tx, keys: Iterable[str], *, tag_id: int, place: str) -> list[int]:
    """Return the words that may be said of a shape of this label, by their UUIDs.

    Raises Invalid at `place` for what is no refinement, or answers a question about other things.
    """
    book = wordbook.vocabulary(tx)
    found = []
    for key in keys:
        word = book.by_key(key)
        if word is None or word.kind != WordKind.REFINEMENT:
            raise Invalid({place: [f"{key[:40]!r} is no refinement of the vocabulary"]})
        above = book.by_id(word.parent_id) if word.parent_id is not None else None
        if above is not None and above.is_label and above.tag_id != tag_id:
            raise Invalid({place: [f"{word.name} is only said of {above.display}"]})
        found.append(word.id)
    return found


def write(
    tx: Tx,
    annotation_id: int,
    revision: int,
    outlines: Sequence[tuple[geometry.Outline, Sequence[int]]],
    *,
    before: Sequence[Shape] = (),
) -> None:
    """Store the shapes of a revision, each with the words said of it.

    What was said of a shape of the revision `before` goes on to the one that names it, or else
    looks the same.
    """
    by_key = {shape.key: shape for shape in before}
    alike = {_encoded(shape.data): shape for shape in before}
    for position, (outline, said) in enumerate(outlines):
        data = _encoded(outline.data)
        made = tx.execute(
            insert(schema.shapes)
            .values(
                key=new_key(tx),
                annotation_id=annotation_id,
                revision=revision,
                position=position,
                kind=outline.kind,
                data=data,
            )
            .returning(_shape.id)
        )
        shape_id: int = made.scalar_one()
        old = by_key.get(outline.key) or alike.get(data)
        carried = _carry(tx, old.id, shape_id) if old is not None else set()
        for word_id in said:
            if word_id not in carried:
                say(tx, shape_id, word_id)


def new_key(tx: Tx) -> str:
    """Return a random UUID."""
    return str(uuid.UUID(int=tx.library.random.getrandbits(128), version=4))


def _encoded(data: dict[str, Any]) -> str:
    return msgspec.json.encode(data).decode()


def _carry(tx: Tx, from_id: int, to_id: int) -> set[int]:
    rows = tx.all(select(_said.word_id, _said.use_count).where(_said.shape_id == from_id))
    for word_id, count in rows:
        tx.execute(
            insert(schema.refinements).values(
                shape_id=to_id, word_id=word_id, use_count=count, created_at=tx.now
            )
        )
    return {word_id for word_id, _ in rows}


def say(tx: Tx, shape_id: int, word_id: int) -> None:
    """Say a word of a shape once more."""
    again = tx.execute(
        update(schema.refinements)
        .where(_said.shape_id == shape_id, _said.word_id == word_id)
        .values(use_count=_said.use_count + 1)
    )
    if again.rowcount == 0:
        tx.execute(
            insert(schema.refinements).values(
                shape_id=shape_id, word_id=word_id, use_count=1, created_at=tx.now
            )
        )
