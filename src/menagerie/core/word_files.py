"""The vocabulary as one JSON object, the shape in which ImageMonkey publishes its own.

The way in is `words`.

Source: the public vocabulary of ImageMonkey (2017 to 2025) for the shape, none of its content.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from menagerie.core import rights, wordbook
from menagerie.core.word_drafts import Draft, Question, Writer, questions, settle_suggestions
from menagerie.core.wordbook import Vocabulary, Word
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage.schema import WordKind


class Imported(msgspec.Struct, frozen=True):
    """What an import did.

    `added` and `changed` are words as shown; `unknown` are places in the file with a key that
    means nothing here and was passed over.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class _File(msgspec.Struct):
    labels: dict[str, Any] = {}
    metalabels: dict[str, Any] = {}
    refinements: dict[str, Any] = {}


class _Label(msgspec.Struct):
    description: str | None = ""
    accessors: tuple[str, ...] = (".",)
    uuid: str | None = None
    plural: str | None = ""
    has: dict[str, Any] | None = None
    quiz: list[Any] | None = None


class _Part(msgspec.Struct):
    description: str | None = ""
    accessors: tuple[str, ...] = (".has",)
    uuid: str | None = None
    plural: str | None = ""


class _Meta(msgspec.Struct):
    description: str | None = ""
    accessors: tuple[str, ...] = (".",)
    uuid: str | None = None
    plural: str | None = ""


class _Category(msgspec.Struct):
    uuid: str | None = None
    description: str | None = ""
    values: dict[str, Any] = {}


class _Value(msgspec.Struct):
    uuid: str | None = None
    description: str | None = ""
    accessors: tuple[str, ...] = ()


_Entry = TypeVar("_Entry", bound=msgspec.Struct)


def import_json(tx: Tx, data: object) -> Imported:
    """Make the words of a decoded JSON file be as it says; other words stay as they are.

    A word is the same if its UUID is, or else its accessor; then it takes the file's name, UUID and
    texts. Raises Unauthenticated, Forbidden, and Invalid with every problem by its place; then
    nothing was changed, provided the error leaves the transaction.
    """
    rights.require_moderator(tx)
    reader = _Reader()
    drafts = list(reader.drafts(data))
    reader.problems |= _said_twice(drafts)
    if reader.problems:
        raise Invalid(reader.problems)
    writer = Writer(tx)
    writer.make_tags(drafts)
    added, changed, problems = [], [], dict[str, list[str]]()
    for draft in drafts:
        before = writer.find(draft)
        try:
            word = writer.put(draft)
        except Invalid as error:
            problems |= {f"{draft.place}.{name}": texts for name, texts in error.fields.items()}
            continue
        if before is None:
            added.append(word.display)
        elif word != before:
            changed.append(word.display)
    if problems:
        raise Invalid(problems)
    settle_suggestions(tx)
    return Imported(tuple(added), tuple(changed), tuple(reader.unknown))


def _said_twice(drafts: Iterable[Draft]) -> dict[str, list[str]]:
    """Return the places of words that another one of the file is called like."""
    first: dict[str, str] = {}
    problems = {}
    for draft in drafts:
        for field, text in (("name", draft.full_accessor.lower()), ("key", draft.key or "")):
            other = first.setdefault(text, draft.place) if text else draft.place
            if other != draft.place:
                problems[f"{draft.place}.{field}"] = [f"is also that of {other}"]
    return problems


class _Reader:
    """Turns the file into drafts, parents first, and notes what it cannot read."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.problems: dict[str, list[str]] = {}

    def drafts(self, data: object) -> Iterator[Draft]:
        file = self._take(data, _File, "vocabulary")
        if file is None:
            return
        for name, raw in file.labels.items():
            yield from self._label(name, raw)
        for name, raw in file.metalabels.items():
            place = f"metalabels.{name}"
            meta = self._take(raw, _Meta, place)
            if meta is not None:
                yield _draft(name, WordKind.META, meta, place, accessor=self._own(meta, place))
        for name, raw in file.refinements.items():
            yield from self._category(name, raw)

    def _label(self, name: str, raw: object) -> Iterator[Draft]:
        place = f"labels.{name}"
        label = self._take(raw, _Label, place)
        if label is None:
            return
        own = self._own(label, place)
        quiz = msgspec.json.encode([self._question(q, place) for q in label.quiz or ()]).decode()
        draft = _draft(name, WordKind.NORMAL, label, place, accessor=own, quiz=quiz)
        yield draft
        for part_name, part_raw in (label.has or {}).items():
            below = f"{place}.has.{part_name}"
            part = self._take(part_raw, _Part, below)
            if part is None:
                continue
            relation = self._one(part.accessors, below) or ".has"
            accessor = f"{draft.full_accessor}{relation}='{part_name}'"
            yield _draft(
                part_name,
                WordKind.NORMAL,
                part,
                below,
                parent=draft.full_accessor,
                accessor=accessor,
            )

    def _question(self, raw: object, place: str) -> dict[str, Any]:
        """Note the keys of a question that mean nothing; `put` says what else is wrong."""
        question = self._take(raw, Question, f"{place}.quiz")
        return msgspec.to_builtins(question) if question is not None else {}

    def _category(self, name: str, raw: object) -> Iterator[Draft]:
        place = f"refinements.{name}"
        category = self._take(raw, _Category, place)
        if category is None:
            return
        yield _draft(name, WordKind.REFINEMENT_CATEGORY, category, place)
        for value_name, value_raw in category.values.items():
            below = f"{place}.values.{value_name}"
            value = self._take(value_raw, _Value, below)
            if value is not None:
                accessor = self._one(value.accessors, below)
                yield _draft(
                    value_name,
                    WordKind.REFINEMENT,
                    value,
                    below,
                    parent=f"{name}=",
                    accessor=accessor,
                )

    def _own(self, entry: _Label | _Meta, place: str) -> str:
        """Return the accessor of what stands on its own; empty for its name, written `.`."""
        accessor = self._one(entry.accessors, place)
        return "" if accessor == "." else accessor

    def _one(self, accessors: tuple[str, ...], place: str) -> str:
        """Return the first accessor; a word has one here, so more mean nothing."""
        self.unknown += [f"{place}.accessors: {text}" for text in accessors[1:]]
        return accessors[0] if accessors else ""

    def _take(self, raw: object, kind: type[_Entry], place: str) -> _Entry | None:
        if not isinstance(raw, Mapping):
            self.problems[place] = ["must be an object"]
            return None
        known = {name: value for name, value in raw.items() if name in kind.__struct_fields__}
        within = "" if kind is _File else f"{place}."
        self.unknown += [f"{within}{name}" for name in raw if name not in known]
        try:
            return msgspec.convert(known, kind)
        except msgspec.ValidationError as error:
            self.problems[place] = [f"is not as it should be: {error}"]
            return None


def _draft(
    name: str,
    kind: WordKind,
    entry: _Label | _Part | _Meta | _Category | _Value,
    place: str,
    *,
    parent: str = "",
    accessor: str = "",
    quiz: str = "",
) -> Draft:
    return Draft(
        name=name,
        kind=kind,
        parent=parent,
        plural=getattr(entry, "plural", "") or "",
        description=entry.description or "",
        key=entry.uuid or None,
        accessor=accessor,
        quiz="" if quiz == "[]" else quiz,
        place=place,
    )


def export_json(tx: Tx) -> dict[str, dict[str, Any]]:
    """Return the whole vocabulary in the shape that `import_json` reads; anybody may have it."""
    book = wordbook.vocabulary(tx)
    normal = (w for w in book.labels if w.kind == WordKind.NORMAL)
    meta = (w for w in book.labels if w.kind == WordKind.META)
    return {
        "labels": {word.name: _label_entry(book, word) for word in normal},
        "metalabels": {word.name: _entry(word, _own_accessor(word)) for word in meta},
        "refinements": {word.name: _category_entry(book, word) for word in book.categories()},
    }


def _entry(word: Word, accessor: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "description": word.description,
        "accessors": [accessor],
        "uuid": word.key,
    }
    return entry | ({"plural": word.plural} if word.plural else {})


def _own_accessor(word: Word) -> str:
    return "." if word.accessor == word.name else word.accessor


def _label_entry(book: Vocabulary, word: Word) -> dict[str, Any]:
    entry = _entry(word, _own_accessor(word))
    parts = book.children(word)
    if parts:
        entry["has"] = {part.name: _entry(part, _relation(word, part)) for part in parts}
    if word.quiz:
        entry["quiz"] = msgspec.to_builtins(questions(word))
    return entry


def _relation(word: Word, part: Word) -> str:
    return part.accessor.removeprefix(word.accessor).removesuffix(f"='{part.name}'")


def _category_entry(book: Vocabulary, category: Word) -> dict[str, Any]:
    return {
        "uuid": category.key,
        "description": category.description,
        "values": {word.name: _entry(word, word.accessor) for word in book.refinements(category)},
    }
