"""Quizzes: the questions that words of the vocabulary ask about shapes of their label.

What is asked about was drawn by people and checked: at least four of five verdicts say that the
outline is right. A question is asked of a shape until somebody has answered it.

Source: ImageMonkey (2017 to 2026) for what is asked about.
"""

from collections.abc import Iterator, Sequence

import msgspec
from pyroaring import BitMap
from sqlalchemy import exists, func, select

from menagerie.core import annotation_tasks, refinements, word_drafts, wordbook
from menagerie.core.refinements import Target
from menagerie.core.word_drafts import Question
from menagerie.core.wordbook import Word
from menagerie.library import Tx
from menagerie.storage import schema

_BATCH = 200


class Quiz(msgspec.Struct, frozen=True):
    """A question about a shape; an answer is given by `refinements.add` with its UUID."""

    question: Question
    target: Target


def pick(tx: Tx) -> Quiz | None:
    """Return a question that nobody has answered, by chance; None: there is none."""
    asking = [
        (word, question)
        for word in wordbook.vocabulary(tx).labels
        if word.quiz and word.tag_id is not None
        for question in word_drafts.questions(word)
        if question.answers
    ]
    images = annotation_tasks.offered(tx) if asking else BitMap()
    for word, question in tx.library.random.sample(asking, len(asking)):
        for shape_key in _unanswered(tx, images, word, question):
            return Quiz(question, refinements.get(tx, shape_key))
    return None


def _unanswered(tx: Tx, images: BitMap, word: Word, question: Question) -> Iterator[str]:
    """Yield keys of checked shapes without an answer to the question, from one by chance on."""
    shape, annotation = schema.shapes.c, schema.annotations.c
    said = schema.refinements.c
    answered = exists().where(said.shape_id == shape.id, said.word_id.in_(_ids(tx, question)))
    fits = (
        annotation.tag_id == word.tag_id,
        ~annotation.is_auto,
        annotation.yes_weight > 0,
        # In whole numbers, so that 0.8 is exactly that.
        annotation.yes_weight >= 4 * annotation.no_weight,
        shape.revision == annotation.revision,
        ~answered,
    )
    joined = schema.shapes.join(schema.annotations, annotation.id == shape.annotation_id)
    last = tx.scalar(select(func.max(shape.id)).select_from(joined).where(*fits))
    if last is None:
        return
    start = tx.library.random.randint(1, last)
    for part in (shape.id >= start, shape.id < start):
        after = 0
        while True:
            rows = tx.all(
                select(shape.id, shape.key, annotation.image_id)
                .select_from(joined)
                .where(*fits, part, shape.id > after)
                .order_by(shape.id)
                .limit(_BATCH)
            )
            yield from (row.key for row in rows if row.image_id in images)
            if len(rows) < _BATCH:
                break
            after = rows[-1].id


def _ids(tx: Tx, question: Question) -> Sequence[int]:
    words = (wordbook.vocabulary(tx).by_key(answer.uuid) for answer in question.answers)
    return [word.id for word in words if word is not None]
