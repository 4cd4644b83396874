"""Suggestions: words that people wish for, until moderators make them words or turn them down.

A wish is counted each time somebody says it or uses the word on an image that everybody finds; it
stays an ordinary tag until it is accepted, and then every image with the tag has the label at once.
What was only ever used on images that others may not find is nobody's business: its count is 0
until one of them is published, and until then it does not exist for anybody who asks here.

Source: ImageMonkey (2017 to 2026) for suggestions, when they are trending, and what accepting asks.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import func, insert, select, update

from menagerie.core import rights, staff_log, tags, visibility, words
from menagerie.core.word_drafts import MAX_NAME_CHARACTERS, move_tag
from menagerie.core.words import Vocabulary, Word
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.search.words import normalise_tag_name
from menagerie.storage import schema
from menagerie.storage.schema import SuggestionState, WordKind

TRENDING_ABOVE = 20
"""A suggestion is trending once it was used more often than this."""


class Suggestion(msgspec.Struct, frozen=True):
    """A word wished for: as first typed, as a tag, how often, and what became of it."""

    id: int
    name: str
    tag_name: str
    use_count: int
    state: SuggestionState
    word_id: int | None
    created_at: int
    updated_at: int


class Use(msgspec.Struct, frozen=True):
    """An open suggestion with the number of labels and annotations that already use its tag."""

    suggestion: Suggestion
    num_labels: int
    num_annotations: int

    @property
    def count(self) -> int:
        """How often it was used, said and seen on images counted once."""
        return max(self.suggestion.use_count, self.num_labels)


_row = schema.word_suggestions.c
_SELECT = select(*(_row[name] for name in Suggestion.__struct_fields__))
_IS_SAID = _row.use_count > 0
_MOST_USED_FIRST = (_row.use_count.desc(), _row.name, _row.id)


# Wishing.


def suggest(tx: Tx, name: str) -> Suggestion:
    """Wish for a word; once more counts. Anybody may.

    Raises Banned, and Invalid (`name`) for what can be no word or is one already.
    """
    rights.require_unbanned(tx)
    clean = " ".join(name.split())
    tag_name = normalise_tag_name(clean)
    if rights.is_unfit(name) or not clean.isprintable() or "," in clean:
        raise Invalid({"name": ["may not contain commas or control characters"]})
    if not tag_name:
        raise Invalid({"name": ["can't be blank"]})
    if len(clean) > MAX_NAME_CHARACTERS:
        raise Invalid({"name": [f"must be at most {MAX_NAME_CHARACTERS} characters"]})
    there = _meant(tx, words.vocabulary(tx), tag_name)
    if there is not None:
        raise Invalid({"name": [f"is already the label {there.display!r}"]})
    note_use(tx, [clean], is_public=True)
    return _get(tx, clean)


def note_use(tx: Tx, names: Iterable[str], *, is_public: bool) -> None:
    """Count a use of names that are no words yet; new ones become suggestions.

    A use on an image that not everybody finds is kept without being counted or shown. A rejected
    one stays so; an accepted one whose word was taken out is open again. The caller has checked
    that the names can be tags.
    """
    for name in dict.fromkeys(names):
        tag_name = normalise_tag_name(name)
        there = _find(tx, tag_name)
        if there is None:
            tx.execute(
                insert(schema.word_suggestions).values(
                    name=name,
                    tag_name=tag_name,
                    use_count=int(is_public),
                    account_id=tx.actor.account_id,
                    state=SuggestionState.OPEN,
                    created_at=tx.now_s,
                    updated_at=tx.now_s,
                )
            )
            continue
        if not is_public:
            continue
        if not there.use_count:
            _make_own(tx, there, name)
        is_gone = there.state == SuggestionState.ACCEPTED and there.word_id is None
        tx.execute(
            update(schema.word_suggestions)
            .where(_row.id == there.id)
            .values(
                use_count=_row.use_count + 1,
                state=SuggestionState.OPEN if is_gone else there.state,
                updated_at=tx.now_s,
            )
        )


def _make_own(tx: Tx, hidden: Suggestion, name: str) -> None:
    """Let a wish that nobody may know of begin anew with whoever says it openly."""
    own = {"name": name, "account_id": tx.actor.account_id, "created_at": tx.now_s}
    tx.execute(update(schema.word_suggestions).where(_row.id == hidden.id).values(own))


def _find(tx: Tx, tag_name: str) -> Suggestion | None:
    row = tx.one(_SELECT.where(_row.tag_name == tag_name))
    return Suggestion(*row) if row is not None else None


def _get(tx: Tx, name: str) -> Suggestion:
    found = _find(tx, normalise_tag_name(name)) if not rights.is_unfit(name) else None
    if found is None or not found.use_count:
        raise NotFound
    return found


def _meant(tx: Tx, book: Vocabulary, tag_name: str) -> Word | None:
    """Return the word that a tag's name means, also as an alias, or None."""
    tag = tags.canonical(tx, [tag_name]).get(tag_name)
    return book.by_tag(tag.id) if tag is not None else book.by_display(tag_name)


# Reading.


def open(tx: Tx) -> list[Suggestion]:  # noqa: A001  # reads as `suggestions.open`
    """Return the suggestions that wait for a decision, the most wished for first."""
    is_open = (_row.state == SuggestionState.OPEN) & _IS_SAID
    return [Suggestion(*row) for row in tx.all(_SELECT.where(is_open).order_by(*_MOST_USED_FIRST))]


def accepted(tx: Tx) -> list[Suggestion]:
    """Return the suggestions that became words, the most wished for first."""
    is_word = (_row.state == SuggestionState.ACCEPTED) & _row.word_id.is_not(None) & _IS_SAID
    return [Suggestion(*row) for row in tx.all(_SELECT.where(is_word).order_by(*_MOST_USED_FIRST))]


def uses(tx: Tx) -> list[Use]:
    """Return the open suggestions, the most used first, with how often images use their tags.

    Only what everybody can find is counted.
    """
    waiting = open(tx)
    names = [suggestion.tag_name for suggestion in waiting]
    labelled = {name: (tag.id, tag.image_count) for name, tag in tags.canonical(tx, names).items()}
    drawn = _drawn(tx, [tag_id for tag_id, _count in labelled.values()])
    found = []
    for suggestion in waiting:
        tag_id, count = labelled.get(suggestion.tag_name, (0, 0))
        found.append(Use(suggestion, count, drawn.get(tag_id, 0)))
    return sorted(found, key=lambda use: (-use.count, use.suggestion.name))


def _drawn(tx: Tx, tag_ids: Sequence[int]) -> dict[int, int]:
    """Return by tag how many annotations of images that anybody can find there are."""
    if not tag_ids:
        return {}
    annotations = schema.annotations.c
    rows = tx.all(
        select(annotations.tag_id, func.count())
        .join(schema.images, schema.images.c.id == annotations.image_id)
        .where(annotations.tag_id.in_(tag_ids), visibility.SEARCHABLE)
        .group_by(annotations.tag_id)
    )
    return dict(map(tuple, rows))


def trending(tx: Tx, minimum: int = TRENDING_ABOVE) -> list[Use]:
    """Return the open suggestions used more often than `minimum`, the most used first."""
    return [use for use in uses(tx) if use.count > minimum]


# Deciding.


def accept(
    tx: Tx,
    name: str,
    *,
    kind: WordKind,
    plural: str = "",
    description: str = "",
    rename_to: str = "",
    parent: Word | str | None = None,
) -> Word:
    """Make a suggestion a word, or another spelling of a word that there is; return the word.

    With `rename_to` the word is called so, and the old spelling means it from now on. `parent` is
    the label it is a part of: a word, its key or its name. Raises Unauthenticated, Forbidden,
    NotFound when nobody wished for it, and Invalid: a normal label needs a plural.
    """
    rights.require_moderator(tx)
    wish = _get(tx, name)
    book = words.vocabulary(tx)
    above = _parent(book, parent)
    called = " ".join((rename_to or wish.name).split())
    if above is not None:
        called = called.removesuffix(f"/{above.name}")
    word = book.by_name(above.name, called) if above is not None else book.by_name(called)
    if word is None:
        if kind == WordKind.NORMAL and above is None and not plural.strip():
            raise Invalid({"plural": ["can't be blank"]})
        word = words.add(
            tx, called, kind=kind, parent=above, plural=plural, description=description
        )
    elif not rename_to:
        raise Invalid({"name": [f"is already the label {word.display!r}"]})
    _map_old_spelling(tx, wish, word)
    _decide(tx, wish, SuggestionState.ACCEPTED, word)
    return word


def _parent(book: Vocabulary, parent: Word | str | None) -> Word | None:
    if not parent or isinstance(parent, Word):
        return parent or None
    above = book.by_key(parent) or book.by_name(parent)
    if above is None:
        near = ", ".join(book.near(parent))
        hint = f"; near: {near}" if near else ""
        raise Invalid({"parent": [f"{parent!r} is no label{hint}"]})
    return above


def _map_old_spelling(tx: Tx, wish: Suggestion, word: Word) -> None:
    """Let the tag as it was wished for stand for the word's, with the labels it has."""
    old = tags.resolve(tx, [wish.tag_name])[0].tag
    if word.tag_id is not None and old.id != word.tag_id:
        move_tag(tx, old.id, word.tag_id)


def reject(tx: Tx, name: str) -> Suggestion:
    """Turn a suggestion down; its tag stays an ordinary one.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid for one that became a word.
    """
    rights.require_moderator(tx)
    wish = _get(tx, name)
    if wish.state == SuggestionState.ACCEPTED:
        raise Invalid({"name": ["is a word already"]})
    _decide(tx, wish, SuggestionState.REJECTED, None)
    return _get(tx, name)


def _decide(tx: Tx, wish: Suggestion, state: SuggestionState, word: Word | None) -> None:
    word_id = word.id if word is not None else None
    tx.execute(
        update(schema.word_suggestions)
        .where(_row.id == wish.id)
        .values(state=state, word_id=word_id, updated_at=tx.now_s)
    )
    action = "accept word" if word is not None else "reject word"
    details: dict[str, object] = {"suggested": wish.name}
    if word is not None:
        details["word"] = word.display
    staff_log.note(tx, action, "suggestion", wish.id, details=details)
