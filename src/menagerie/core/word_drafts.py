"""How words are written: drafts of them, checked one after another against all there are.

The way in is `words`; this is apart so that files of words can use it.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import delete, insert, select, update

from menagerie.core import rights, tags, vocabulary, wordbook
from menagerie.core.wordbook import LABEL_KINDS, Word
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.search.words import normalise_tag_name
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, SuggestionState, WordKind

MAX_NAME_CHARACTERS = 100
MAX_DESCRIPTION_CHARACTERS = 2000
RESERVED = "&|~!()<>='\",;:.\\*?"
"""What no name may hold, as the languages of queries and lists of tags need it."""

# What stands between a label and the answer to a question about it.
_QUIZ_ACCESSOR = re.compile(r"\.[a-z_]+\Z")


class Draft(msgspec.Struct, frozen=True):
    """A word as it should be; `parent` is the accessor of the word above, or empty.

    Without a key the word keeps the one it has, or gets a new one. `place` names it in errors.
    """

    name: str
    kind: WordKind
    parent: str = ""
    plural: str = ""
    description: str = ""
    key: str | None = None
    accessor: str = ""
    quiz: str = ""
    place: str = ""

    @property
    def full_accessor(self) -> str:
        """How queries name it: as given, or else what follows from its name and its parent."""
        if self.accessor:
            return self.accessor
        if self.kind == WordKind.REFINEMENT_CATEGORY:
            return f"{self.name}="
        if self.kind == WordKind.REFINEMENT:
            return f"{self.parent}'{self.name}'"
        return f"{self.parent}.has='{self.name}'" if self.parent else self.name


class Question(msgspec.Struct):
    """A question about a shape of some label; its answers are refinements of that label."""

    question: str
    accessors: list[str]
    control_type: str = "radio"
    allow_unknown: bool = False
    allow_other: bool = False
    browse_by_example: bool = False
    multiselect: bool = False
    uuid: str = ""
    answers: list["Answer"] = []


class Answer(msgspec.Struct):
    """One answer; `examples` are pictures of it, each with `filename` and `attribution`."""

    name: str
    uuid: str = ""
    examples: list[dict[str, str]] | None = None


def questions(word: Word) -> list[Question]:
    """Return the questions asked about shapes of a label."""
    return msgspec.json.decode(word.quiz, type=list[Question]) if word.quiz else []


def settle_suggestions(tx: Tx) -> None:
    """Note that suggestions came true whose tags are words by now, whoever made them so."""
    wish, word, tag = schema.word_suggestions.c, schema.words.c, schema.tags.c
    meant = (
        select(word.id)
        .join(schema.tags, tag.id == word.tag_id)
        .where(tag.name == wish.tag_name)
        .correlate(schema.word_suggestions)
    )
    tx.execute(
        update(schema.word_suggestions)
        .where(wish.state != SuggestionState.ACCEPTED, meant.exists())
        .values(
            state=SuggestionState.ACCEPTED, word_id=meant.scalar_subquery(), updated_at=tx.now_s
        )
    )


def delete_words(tx: Tx, gone: Sequence[Word]) -> None:
    """Delete rows of words that nothing refers to; raises Invalid for what shapes have."""
    ids = [word.id for word in gone]
    used = schema.refinements.c.word_id
    if tx.one(select(used).where(used.in_(ids)).limit(1)) is not None:
        raise Invalid({"word": ["is said of shapes, so it cannot be removed"]})
    row = schema.word_suggestions.c
    tx.execute(update(schema.word_suggestions).where(row.word_id.in_(ids)).values(word_id=None))
    for word_id in ids:
        tx.execute(delete(schema.words).where(schema.words.c.id == word_id))
        tx.changed(ChangeKind.WORD, word_id)


class Writer:
    """Writes words one after another, each checked against all there are by then.

    For moderators and the library itself; else Unauthenticated or Forbidden.
    """

    def __init__(self, tx: Tx) -> None:
        rights.require_moderator(tx)
        self._tx = tx
        self._words = {word.id: word for word in wordbook.read(tx.connection).all}
        self._by_key = {w.key: w.id for w in self._words.values()}
        self._by_accessor = {w.accessor.lower(): w.id for w in self._words.values()}
        self._by_tag = {w.tag_id: w.id for w in self._words.values() if w.tag_id is not None}
        self._tags: dict[str, int] = {}

    def make_tags(self, drafts: Iterable[Draft]) -> None:
        """Make the tags of many drafts at once, which is quicker than one by one."""
        names = [self._tag_name(draft) for draft in drafts if not any(_text_problems(draft))]
        found = list(dict.fromkeys(name for name in names if name))
        for start in range(0, len(found), tags.MAX_NAMES):
            some = found[start : start + tags.MAX_NAMES]
            tags.resolve(self._tx, some)
            canonical = tags.canonical(self._tx, some)
            self._tags |= {name: tag.id for name, tag in canonical.items()}

    def find(self, draft: Draft) -> Word | None:
        """Return the word that a draft is about: the one of its key, else of its accessor."""
        word_id = self._by_key.get(draft.key) if draft.key else None
        if word_id is None:
            word_id = self._by_accessor.get(draft.full_accessor.lower())
        return self._words.get(word_id) if word_id is not None else None

    def require_new(self, draft: Draft) -> None:
        """Raise Invalid (`name` or `key`) if there is such a word already."""
        there = self.find(draft)
        if there is not None:
            field = "key" if draft.key == there.key else "name"
            raise Invalid({field: [_is_taken_by(there)]})

    def draft_of(self, word: Word) -> Draft:
        """Return a word as a draft of itself."""
        above = self._words[word.parent_id].accessor if word.parent_id is not None else ""
        draft = Draft(
            name=word.name,
            kind=word.kind,
            parent=above,
            plural=word.plural,
            description=word.description,
            key=word.key,
            quiz=word.quiz,
        )
        if draft.full_accessor == word.accessor:
            return draft
        return msgspec.structs.replace(draft, accessor=word.accessor)

    def put(self, draft: Draft) -> Word:
        """Make a word be as drafted, new or not, with the answers to its questions.

        Raises Invalid by the draft's field.
        """
        _require_no_problem(_text_problems(draft))
        above = self._parent(draft)
        old = self.find(draft)
        self._require_free(draft, old)
        asked = _parse_quiz(draft)
        tag_id = self._tag(draft, old)
        word = Word(
            id=old.id if old is not None else 0,
            key=draft.key or (old.key if old is not None else str(uuid.uuid4())),
            name=draft.name,
            parent_id=above.id if above is not None else None,
            parent_name=above.name if above is not None else "",
            kind=draft.kind,
            tag_id=tag_id,
            plural=draft.plural,
            description=draft.description,
            accessor=draft.full_accessor,
            quiz=msgspec.json.encode(asked).decode() if asked else "",
        )
        if old is None:
            word = self._insert(word)
        elif word != old:
            self._update(old, word)
        self._put_answers(word, asked)
        return word

    def _parent(self, draft: Draft) -> Word | None:
        """Return the word above a draft; raises Invalid (`parent`)."""
        word_id = self._by_accessor.get(draft.parent.lower()) if draft.parent else None
        above = self._words[word_id] if word_id is not None else None
        if draft.parent and above is None:
            raise Invalid({"parent": [f"there is no word {draft.parent!r}"]})
        is_top_label = above is not None and above.kind == WordKind.NORMAL and not above.parent_id
        match draft.kind:
            case WordKind.NORMAL if above is not None and not is_top_label:
                problem = "must be a label of its own"
            case WordKind.META | WordKind.REFINEMENT_CATEGORY if above is not None:
                problem = f"a {_KIND_NAMES[draft.kind]} stands on its own"
            case WordKind.REFINEMENT if above is None:
                problem = "must be a category of refinements, or the label asked about"
            case WordKind.REFINEMENT if above is not None and not (
                is_top_label or above.kind == WordKind.REFINEMENT_CATEGORY
            ):
                problem = "must be a category of refinements, or the label asked about"
            case _:
                return above
        raise Invalid({"parent": [problem]})

    def _require_free(self, draft: Draft, old: Word | None) -> None:
        """Raise Invalid (`name`) if another word is called so."""
        there = self._by_accessor.get(draft.full_accessor.lower())
        if there is not None and (old is None or there != old.id):
            raise Invalid({"name": [_is_taken_by(self._words[there])]})
        if old is not None and (old.is_label != (draft.kind in LABEL_KINDS)):
            raise Invalid({"kind": [f"{old.display} is a {_KIND_NAMES[old.kind]} and stays one"]})

    def _tag_name(self, draft: Draft) -> str | None:
        """Return the name of the tag that images carry; None for what is no label."""
        if draft.kind not in LABEL_KINDS:
            return None
        if not draft.parent:
            return normalise_tag_name(draft.name)
        # A part's parent is a label of its own, whose accessor is its name.
        return normalise_tag_name(f"{draft.name}/{draft.parent}")

    def _tag(self, draft: Draft, old: Word | None) -> int | None:
        """Return the tag of a draft, made if need be; raises Invalid (`name`)."""
        name = self._tag_name(draft)
        if name is None:
            return None
        tag_id = self._tags.get(name)
        if tag_id is None:
            tag_id = self._tags[name] = tags.resolve(self._tx, [name])[0].tag.id
        there = self._by_tag.get(tag_id)
        if there is not None and (old is None or there != old.id):
            raise Invalid({"name": [_is_taken_by(self._words[there])]})
        return tag_id

    def _insert(self, word: Word) -> Word:
        values = msgspec.structs.asdict(word)
        del values["id"], values["parent_name"]
        made = self._tx.execute(
            insert(schema.words)
            .values(**values, created_at=self._tx.now_s)
            .returning(schema.words.c.id)
        )
        new = msgspec.structs.replace(word, id=made.scalar_one())
        self._know(new)
        return new

    def _update(self, old: Word, word: Word) -> None:
        """Write what changed; a new name moves the tag and all that is below."""
        below = [
            (each, self.draft_of(each)) for each in self._words.values() if each.parent_id == old.id
        ]
        values = msgspec.structs.asdict(word)
        del values["id"], values["parent_name"]
        self._tx.execute(update(schema.words).where(schema.words.c.id == old.id).values(**values))
        self._forget(old)
        self._know(word)
        if old.tag_id is not None and word.tag_id is not None and old.tag_id != word.tag_id:
            move_tag(self._tx, old.tag_id, word.tag_id)
        if old.accessor != word.accessor:
            for _each, draft in below:
                accessor = draft.accessor.removeprefix(old.accessor)
                full = word.accessor + accessor if draft.accessor else ""
                self.put(msgspec.structs.replace(draft, parent=word.accessor, accessor=full))

    def _put_answers(self, word: Word, asked: Sequence[Question]) -> None:
        """Make the answers to a label's questions refinements; take away those not offered."""
        drafts = [
            Draft(
                name=answer.name,
                kind=WordKind.REFINEMENT,
                parent=word.accessor,
                key=answer.uuid,
                accessor=f"{word.accessor}{question.accessors[0]}='{answer.name}'",
            )
            for question in asked
            for answer in question.answers
        ]
        kept = {self.put(draft).id for draft in drafts}
        gone = [
            each
            for each in self._words.values()
            if each.parent_id == word.id
            and each.kind == WordKind.REFINEMENT
            and word.is_label
            and each.id not in kept
        ]
        if gone:
            delete_words(self._tx, gone)
            for each in gone:
                self._forget(each)

    def _know(self, word: Word) -> None:
        self._words[word.id] = word
        self._by_key[word.key] = word.id
        self._by_accessor[word.accessor.lower()] = word.id
        if word.tag_id is not None:
            self._by_tag[word.tag_id] = word.id
        self._tx.changed(ChangeKind.WORD, word.id)

    def _forget(self, word: Word) -> None:
        del self._words[word.id], self._by_key[word.key], self._by_accessor[word.accessor.lower()]
        if word.tag_id is not None:
            del self._by_tag[word.tag_id]


_KIND_NAMES = {
    WordKind.NORMAL: "label",
    WordKind.META: "metalabel",
    WordKind.REFINEMENT: "refinement",
    WordKind.REFINEMENT_CATEGORY: "category of refinements",
}


def _is_taken_by(word: Word) -> str:
    return f"is already that of the {_KIND_NAMES[word.kind]} {word.display!r}"


def _require_no_problem(problems: Iterable[tuple[str, str]]) -> None:
    found: dict[str, list[str]] = {}
    for field, text in problems:
        found.setdefault(field, []).append(text)
    if found:
        raise Invalid(found)


def _text_problems(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the texts of a draft, by field."""
    limits = {
        "name": MAX_NAME_CHARACTERS,
        "plural": MAX_NAME_CHARACTERS,
        "description": MAX_DESCRIPTION_CHARACTERS,
    }
    for field, limit in limits.items():
        text: str = getattr(draft, field)
        if len(text) > limit:
            yield field, f"must be at most {limit} characters"
        if rights.is_unfit(text) or any(unicodedata.category(c) == "Cc" for c in text):
            yield field, "may not contain control characters"
    if not normalise_tag_name(draft.name):
        yield "name", "can't be blank"
    if draft.name != " ".join(draft.name.split()):
        yield "name", "may not have spaces around it or several in a row"
    if reserved := sorted(set(draft.name) & set(RESERVED)):
        yield "name", f"may not contain {' '.join(reserved)}"
    if draft.key is not None and not _is_uuid(draft.key):
        yield "key", "must be a UUID in lower case"


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _parse_quiz(draft: Draft) -> list[Question]:
    """Return the questions of a draft, each with an id; raises Invalid (`quiz`)."""
    if not draft.quiz:
        return []
    if draft.kind != WordKind.NORMAL or draft.parent:
        raise Invalid({"quiz": ["only a label of its own can be asked about"]})
    try:
        asked = msgspec.json.decode(draft.quiz, type=list[Question], strict=True)
    except msgspec.DecodeError as error:
        raise Invalid({"quiz": [f"is not a list of questions: {error}"]}) from None
    for question in asked:
        if len(question.accessors) != 1 or not _QUIZ_ACCESSOR.match(question.accessors[0]):
            raise Invalid({"quiz": ["each question needs one accessor, such as .size"]})
        question.uuid = question.uuid or str(uuid.uuid4())
        for answer in question.answers:
            answer.uuid = answer.uuid or str(uuid.uuid4())
    return asked


def move_tag(tx: Tx, old_id: int, new_id: int) -> None:
    """Make one tag an alias of another, with the aliases it has itself."""
    row = schema.tags.c
    aliases = [each for (each,) in tx.all(select(row.id).where(row.aliased_to_id == old_id))]
    for tag_id in aliases:
        vocabulary.unalias(tx, tag_id)
    for tag_id in (old_id, *aliases):
        if tag_id != new_id:
            vocabulary.alias(tx, tag_id, new_id)
