"""The shapes of one revision of an annotation, and what people say of each of them.

The way in is `annotations` and `refinements`; this is apart so that both can use it.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select, tuple_, update

from menagerie.core import geometry, wordbook
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import ShapeKind, WordKind

_MOST_PER_STATEMENT = 1000


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


def read(tx: Tx, revisions: Sequence[tuple[int, int]]) -> dict[int, list[Shape]]:
    """Return the shapes of one revision of each annotation, in their order, by annotation."""
    found: dict[int, list[Shape]] = {annotation_id: [] for annotation_id, _ in revisions}
    for start in range(0, len(revisions), _MOST_PER_STATEMENT):
        part = revisions[start : start + _MOST_PER_STATEMENT]
        rows = tx.all(
            select(_shape.annotation_id, _shape.id, _shape.key, _shape.kind, _shape.data)
            .where(tuple_(_shape.annotation_id, _shape.revision).in_(part))
            .order_by(_shape.annotation_id, _shape.position)
        )
        said = said_of(tx, [row.id for row in rows])
        for annotation_id, shape_id, key, kind, data in rows:
            shape = Shape(
                shape_id,
                key,
                ShapeKind(kind),
                msgspec.json.decode(data),
                said.get(shape_id, ()),
            )
            found[annotation_id].append(shape)
    return found


def said_of(tx: Tx, shape_ids: Sequence[int]) -> dict[int, tuple[Refinement, ...]]:
    """Return what was said of shapes, by shape, in the order of names."""
    if not shape_ids:
        return {}
    book = wordbook.vocabulary(tx)
    found: dict[int, list[Refinement]] = {}
    rows = tx.all(
        select(_said.shape_id, _said.word_id, _said.use_count).where(
            sql.among(tx.connection, _said.shape_id, shape_ids)
        )
    )
    for shape_id, word_id, count in rows:
        word = book.by_id(word_id)
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
