"""The vocabulary as it is read: words, and whatever they are asked for by.

The way in is `words`; this is apart so that what writes words can use it.
"""

from collections.abc import Iterable, Sequence

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from sqlalchemy import Connection, func, select

from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import WordKind

LABEL_KINDS = frozenset({WordKind.NORMAL, WordKind.META})
_CACHE = "words"


class Word(msgspec.Struct, frozen=True):
    """One word; `quiz` is a JSON list of questions or empty."""

    id: int
    key: str
    name: str
    parent_id: int | None
    parent_name: str
    kind: WordKind
    tag_id: int | None
    plural: str
    description: str
    accessor: str
    quiz: str

    @property
    def is_label(self) -> bool:
        """Whether images carry it, as a label of their own or as a part of one."""
        return self.kind in LABEL_KINDS

    @property
    def display(self) -> str:
        """How it is shown: `mouth/dog` for a part, else its name."""
        return f"{self.name}/{self.parent_name}" if self.is_label and self.parent_id else self.name


class Vocabulary:
    """Every word as of one moment, by whatever it is asked for. It never changes."""

    def __init__(self, all_words: Sequence[Word]) -> None:
        self.all = tuple(all_words)
        self.labels = tuple(w for w in self.all if w.is_label and w.parent_id is None)
        """The words that stand on their own, normal and meta, in the order of names."""
        self._by_id = {word.id: word for word in self.all}
        self._by_key = {word.key: word for word in self.all}
        self._by_tag = {word.tag_id: word for word in self.all if word.tag_id is not None}
        self._by_accessor = _with_lower_case((w.accessor, w) for w in self.all)
        self._by_name = _with_lower_case((w.display, w) for w in self.all if w.is_label)
        self._children: dict[int | None, list[Word]] = {}
        for word in self.all:
            self._children.setdefault(word.parent_id, []).append(word)

    def by_id(self, word_id: int) -> Word | None:
        """Return the word of a row, or None."""
        return self._by_id.get(word_id)

    def by_key(self, key: str) -> Word | None:
        """Return the word of a UUID, or None."""
        return self._by_key.get(key)

    def by_tag(self, tag_id: int) -> Word | None:
        """Return the label that a tag is, or None."""
        return self._by_tag.get(tag_id)

    def by_name(self, name: str, sublabel: str = "") -> Word | None:
        """Return the label, or the part of it, as spelt or else in any case; or None."""
        shown = f"{sublabel}/{name}" if sublabel else name
        found = self.by_display(shown)
        # A label of its own may be called `left/man`; that is no part of anything.
        return found if found is None or bool(sublabel) == (found.parent_id is not None) else None

    def by_display(self, shown: str) -> Word | None:
        """Return the label shown so, `mouth/dog` included, in any case; or None."""
        return self._by_name.get(shown) or self._by_name.get(shown.lower())

    def by_accessor(self, accessor: str) -> Word | None:
        """Return the word that a query names so, as spelt or else in any case; or None."""
        return self._by_accessor.get(accessor) or self._by_accessor.get(accessor.lower())

    def children(self, word: Word) -> tuple[Word, ...]:
        """Return the parts of a label, or the values of a category, in the order of names."""
        is_kind = WordKind.NORMAL if word.is_label else WordKind.REFINEMENT
        return tuple(w for w in self._children.get(word.id, ()) if w.kind == is_kind)

    def answers(self, word: Word) -> tuple[Word, ...]:
        """Return the refinements that answer the questions about a label."""
        children = self._children.get(word.id, ()) if word.is_label else ()
        return tuple(w for w in children if w.kind == WordKind.REFINEMENT)

    def categories(self) -> tuple[Word, ...]:
        """Return the properties that every shape may have, in the order of names."""
        return tuple(w for w in self.all if w.kind == WordKind.REFINEMENT_CATEGORY)

    def refinements(self, category: Word | None = None) -> tuple[Word, ...]:
        """Return the refinements, of one category if asked; answers are only among all."""
        found = self.all if category is None else self._children.get(category.id, ())
        return tuple(w for w in found if w.kind == WordKind.REFINEMENT)

    def near(self, name: str, n: int = 3) -> list[str]:
        """Return the labels whose names come closest to one that there is not, the best first."""
        names = {word.display.lower(): word.display for word in self.all if word.is_label}
        found = process.extract(
            name.lower(),
            names.keys(),
            scorer=DamerauLevenshtein.normalized_similarity,
            score_cutoff=0.6,
            limit=n,
        )
        return [names[lower] for lower, _score, _place in found]


def _with_lower_case(pairs: Iterable[tuple[str, Word]]) -> dict[str, Word]:
    """Return the words by name and by name in lower case; an exact spelling wins."""
    exact = dict(pairs)
    return {name.lower(): word for name, word in exact.items()} | exact


# Reading.


def vocabulary(tx: Tx) -> Vocabulary:
    """Return every word; kept between transactions while no word changes."""
    if tx.has_changed:
        # What this transaction made may yet be rolled back, so others must not be told.
        return read(tx.connection)
    version = tx.version.words_version
    kept: tuple[int, Vocabulary] | None = tx.library.caches.get(_CACHE)
    if kept is None or kept[0] != version:
        # A connection of its own: the transaction's may see a moment before that version.
        with tx.library.database.read() as connection:
            kept = tx.library.caches[_CACHE] = (version, read(connection))
    return kept[1]


def read(connection: Connection) -> Vocabulary:
    """Return every word, in the order of names."""
    word, parent = schema.words, schema.words.alias("parent")
    parent_name = func.coalesce(parent.c.name, "")
    names = Word.__struct_fields__
    columns = [parent_name if name == "parent_name" else word.c[name] for name in names]
    rows = connection.execute(
        select(*columns)
        .outerjoin(parent, parent.c.id == word.c.parent_id)
        .order_by(word.c.name, word.c.id)
    )
    return Vocabulary([Word(*row) for row in rows])


def get(tx: Tx, key: str) -> Word:
    """Return the word of a UUID; raises NotFound."""
    word = vocabulary(tx).by_key(key)
    if word is None:
        raise NotFound
    return word
