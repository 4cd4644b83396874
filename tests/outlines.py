"""Outlines for the tests: pictures large enough, shapes to draw on them, words to say of them."""

from sqlalchemy import update

import build
import rows
from menagerie.core import annotations, refinements, words
from menagerie.core.annotations import Annotation
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage import schema
from menagerie.storage.schema import WordKind

RECT = {"type": "rect", "left": 10, "top": 20, "width": 50, "height": 40}
ELLIPSE = {"type": "ellipse", "left": 10, "top": 20, "rx": 15, "ry": 5}


def picture(library: Library, tags: str = "dog", **more) -> int:
    """An image row of 100 x 80 pixels."""
    image_id = rows.image(library, tags, **more)
    with library.writing(SYSTEM) as tx:
        tx.execute(
            update(schema.images).where(schema.images.c.id == image_id).values(width=100, height=80)
        )
    return image_id


def put(
    library: Library, actor: Actor, image_id: int, tag_id: int | None, *shapes: object, **more: bool
) -> Annotation:
    """Outline a label; without shapes with a rect."""
    assert tag_id is not None
    with library.writing(actor) as tx:
        return annotations.put(tx, image_id, tag_id, list(shapes or [RECT]), **more)


def judge(library: Library, actor: Actor, key: str, says: str = "yes") -> tuple[int, int]:
    """Say yes or no to a set; return how many say which."""
    with library.writing(actor) as tx:
        found = annotations.judge(tx, key, is_yes=says == "yes")
    return found.num_yes, found.num_no


def say(library: Library, actor: Actor, shape_key: str, *word_keys: str) -> list[tuple[str, int]]:
    """Say words of a shape; return what has been said of it, and how often."""
    with library.writing(actor) as tx:
        found = refinements.add(tx, shape_key, word_keys)
    return [(one.name, one.count) for one in found.shape.refinements]


def refinement(library: Library, category: str, name: str) -> str:
    """The key of a value of a property."""
    with library.writing(SYSTEM) as tx:
        parent = words.vocabulary(tx).by_accessor(f"{category}=") or words.add(
            tx, category, kind=WordKind.REFINEMENT_CATEGORY
        )
        return words.add(tx, name, kind=WordKind.REFINEMENT, parent=parent).key


def ask(library: Library, name: str) -> list[str]:
    """Let a word ask how big what it names is; return the keys of the answers."""
    word = build.word(library, name)
    quiz = (
        '[{"question": "How big?", "accessors": [".bulk"],'
        ' "answers": [{"name": "big"}, {"name": "small"}]}]'
    )
    with library.writing(SYSTEM) as tx:
        words.edit(tx, word.key, quiz=quiz)
        book = words.vocabulary(tx)
        answers = [book.by_accessor(f"{name}.bulk='{answer}'") for answer in ("big", "small")]
    return [answer.key for answer in answers if answer is not None]
