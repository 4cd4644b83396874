"""Refinements: properties of what one shape shows, such as its color, said by the crowd.

A refinement is a word of the vocabulary: a value of a property, or an answer to a question about
the label. Saying the same of a shape again counts it once more.

Source: ImageMonkey (2017 to 2026) for the words, and that repetition counts.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from sqlalchemy import select

from menagerie.core import annotation_tasks, annotations, rights, shapes, visibility
from menagerie.core.annotations import Annotation
from menagerie.core.shapes import Shape
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.search.nodes import Node
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

MOST_AT_ONCE = 1000


class Target(msgspec.Struct, frozen=True):
    """A shape that something may be said of, and the set that it belongs to."""

    annotation: Annotation
    shape: Shape


def get(tx: Tx, shape_key: str) -> Target:
    """Return a shape of the newest revision of its set.

    Raises NotFound for any other, and when the image is not the actor's to see.
    """
    shape, annotation = schema.shapes.c, schema.annotations.c
    key = tx.scalar(
        select(annotation.key)
        .join(schema.shapes, shape.annotation_id == annotation.id)
        .where(shape.key == shape_key.lower(), shape.revision == annotation.revision)
    )
    if key is None:
        raise NotFound
    found = annotations.get(tx, key)
    for one in found.shapes:
        if one.key == shape_key.lower():
            return Target(found, one)
    raise NotFound


def find(tx: Tx, node: Node, *, limit: int, shuffles: bool = False) -> list[Target]:
    """Return the shapes that people drew on the images that match, by image or by chance.

    As `annotation_tasks.matching` chooses them; raises QueryError.
    """
    found = annotation_tasks.matching(tx, node, limit=limit, shuffles=shuffles)
    return [Target(one, shape) for one in found for shape in one.shapes][:limit]


def add(tx: Tx, shape_key: str, word_keys: Sequence[str]) -> Target:
    """Say words of a shape, each once more if it was said before; return the shape as it is then.

    Raises NotFound when there is no such shape or its image is not the actor's to work on, Banned,
    and Invalid (`label_uuid`) without words, or for what is none that may be said of it.
    """
    rights.require_unbanned(tx)
    target = get(tx, shape_key)
    image_id, tag_id = target.annotation.image_id, target.annotation.tag_id
    visibility.require_workable(tx, image_id)
    wanted = list(dict.fromkeys(word_keys))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Invalid({"label_uuid": [f"must be between 1 and {MOST_AT_ONCE} refinements"]})
    for word_id in shapes.word_ids(tx, wanted, tag_id=tag_id, place="label_uuid"):
        shapes.say(tx, target.shape.id, word_id)
    tx.changed(ChangeKind.LABEL, image_id, tag_id)
    return get(tx, shape_key)


def add_many(tx: Tx, said: Iterable[tuple[str, str]]) -> None:
    """Say words of many shapes, as pairs of a shape and a word, all or none; raises as `add`."""
    pairs = sorted(set(said))
    if not 1 <= len(pairs) <= MOST_AT_ONCE:
        raise Invalid({"label_uuid": [f"must be between 1 and {MOST_AT_ONCE} refinements"]})
    for shape_key, group in groupby(pairs, key=lambda pair: pair[0]):
        add(tx, shape_key, [word_key for _, word_key in group])
