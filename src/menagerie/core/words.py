"""The vocabulary: which tags are labels that people judge, and what may be said of shapes.

A word of kind normal or meta stands for one tag; a label is that tag on an image. A word below
another one is a part of it (the mouth of a dog, shown as `mouth/dog`). A refinement is a value of a
property and has no tag: `red` of the category `color`, or an answer to a question about dogs.
"""

import msgspec
from sqlalchemy import insert, select

from menagerie.core import rights
from menagerie.core.word_drafts import Draft, Writer, delete_words, questions, settle_suggestions
from menagerie.core.word_files import Imported, export_json, import_json
from menagerie.core.wordbook import LABEL_KINDS, Vocabulary, Word, get, read, vocabulary
from menagerie.data import vocabulary as shipped
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import WordKind

__all__ = [
    "LABEL_KINDS",
    "Imported",
    "Vocabulary",
    "Word",
    "add",
    "edit",
    "export_json",
    "get",
    "import_json",
    "questions",
    "remove",
    "seed",
    "vocabulary",
]

# The fact that says when a library got the shipped words; what an operator takes out stays out.
_SEEDED = "words_seeded_at"


def seed(tx: Tx) -> None:
    """Put the shipped words into a library that never had them."""
    facts = schema.facts
    if tx.one(select(facts.c.value).where(facts.c.name == _SEEDED)) is None:
        tx.execute(insert(facts).values(name=_SEEDED, value=str(tx.now)))
        import_json(tx, shipped.read_all())


def add(
    tx: Tx,
    name: str,
    *,
    kind: WordKind,
    parent: Word | str | None = None,
    plural: str = "",
    description: str = "",
    key: str | None = None,
    accessor: str | None = None,
    quiz: str = "",
) -> Word:
    """Make a word, and its tag if it is a label; `parent` is a word or its key.

    Raises Unauthenticated, Forbidden, NotFound for an unknown parent, and Invalid naming what is
    wrong or already there.
    """
    rights.require_moderator(tx)
    above = get(tx, parent) if isinstance(parent, str) else parent
    writer = Writer(tx)
    draft = Draft(
        name=" ".join(name.split()),
        kind=kind,
        parent=above.accessor if above is not None else "",
        plural=plural,
        description=description,
        key=key,
        accessor=accessor or "",
        quiz=quiz,
    )
    writer.require_new(draft)
    word = writer.put(draft)
    settle_suggestions(tx)
    return word


def edit(
    tx: Tx,
    key: str,
    *,
    name: str | None = None,
    plural: str | None = None,
    description: str | None = None,
    quiz: str | None = None,
    kind: WordKind | None = None,
) -> Word:
    """Change a word; None leaves a part as it is. A new name takes the words below along.

    The tag of the old name becomes an alias of the new one, so that what people still write keeps
    its meaning. Raises Unauthenticated, Forbidden, NotFound or Invalid.
    """
    rights.require_moderator(tx)
    given = {"name": name, "plural": plural, "description": description, "quiz": quiz, "kind": kind}
    writer = Writer(tx)
    draft = writer.draft_of(get(tx, key))
    if name is not None:
        draft = msgspec.structs.replace(draft, accessor="")
    changes = {n: value for n, value in given.items() if value is not None}
    word = writer.put(msgspec.structs.replace(draft, **changes))
    settle_suggestions(tx)
    return word


def remove(tx: Tx, key: str) -> None:
    """Take a word and those below it out of the vocabulary; the tags and verdicts stay.

    So adding it again brings everything back. Raises Unauthenticated, Forbidden, NotFound, and
    Invalid for a refinement that shapes have.
    """
    rights.require_moderator(tx)
    word = get(tx, key)
    book = read(tx.connection)
    delete_words(tx, [*book.children(word), *book.answers(word), word])
