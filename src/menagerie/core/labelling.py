"""Labelling: naming what an image shows in words of the vocabulary, by anybody.

A word that is not in the vocabulary is a wish: whoever has an account may use it at once. It
becomes an ordinary tag of the image, and a label everywhere once moderators accept the word.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select, true

from menagerie.core import labels, rights, suggestions, tags, validations, visibility, words
from menagerie.core.validations import Judged
from menagerie.core.word_drafts import MAX_NAME_CHARACTERS
from menagerie.core.words import Vocabulary, Word
from menagerie.errors import Invalid, NotFound, Unauthenticated
from menagerie.library import Tx
from menagerie.search.words import normalise_tag_name
from menagerie.storage import schema
from menagerie.storage.schema import LabelState, SuggestionState, WordKind


class Wanted(NamedTuple):
    """A label to be put on an image, with parts of what it names; names as somebody wrote them."""

    label: str
    sublabels: Sequence[str] = ()
    is_annotatable: bool = True


class ImageLabel(msgspec.Struct, frozen=True):
    """A label on an image, or a word wished for; `judged` is None unless it is there and a word.

    `is_unlocked` says whether it is in the vocabulary; `sublabels` are the parts that are named,
    which may be there without the whole.
    """

    word: Word | None
    name: str
    tag_id: int
    is_unlocked: bool
    is_annotatable: bool
    judged: Judged | None
    sublabels: tuple["ImageLabel", ...] = ()


# Adding.


def add(tx: Tx, image_id: int, wanted: Iterable[Wanted | tuple[str, Sequence[str], bool]]) -> None:
    """Put labels and their parts on an image; what is there already stays as it is.

    Raises NotFound when the image is not the actor's to work on; Banned; Unauthenticated for a
    visitor who uses a word that there is not; Invalid (`label`) for what can be no word.
    """
    facts = visibility.require_workable(tx, image_id)
    rights.require_unbanned(tx)
    vocabulary = words.vocabulary(tx)
    names: list[str] = []
    unfit: list[str] = []
    unknown: list[str] = []
    for one in (Wanted(*each) for each in wanted):
        shown = [(one.label, ""), *((one.label, part) for part in one.sublabels)]
        for label, sublabel in shown:
            word = find_word(tx, label, sublabel, vocabulary=vocabulary)
            names.append(_tag_name(label, sublabel) if word is None else _own_tag_name(word))
            if word is None:
                unknown.append(_display(label, sublabel))
        if not one.is_annotatable:
            unfit.append(names[-len(shown)])
    if unknown and not tx.actor.is_signed_in and not tx.actor.is_admin:
        raise Unauthenticated(_unknown(unknown[0], vocabulary))
    _put(tx, image_id, names, unfit)
    if unknown:
        suggestions.note_use(tx, unknown, is_public=visibility.is_searchable(facts))


def _unknown(name: str, vocabulary: Vocabulary) -> str:
    near = ", ".join(vocabulary.near(name))
    hint = f"; near: {near}" if near else ""
    return f"unknown label {name!r}: log in to suggest it{hint}"


def find_word(
    tx: Tx, label: str, sublabel: str = "", *, vocabulary: Vocabulary | None = None
) -> Word | None:
    """Return the word of the vocabulary that a label or a part of one means, or None.

    A former name, which is an alias now, and a name written like a tag mean the word too.
    """
    vocabulary = vocabulary or words.vocabulary(tx)
    word = vocabulary.by_name(label, sublabel)
    if word is None and label.strip():
        name = normalise_tag_name(_display(label, sublabel))
        tag = tags.canonical(tx, [name]).get(name) if not rights.is_unfit(name) else None
        word = vocabulary.by_tag(tag.id) if tag is not None else None
    return word


def tag_id_of(tx: Tx, label: str, sublabel: str = "") -> int:
    """Return the tag that a label or a part of one is, word or not; raises NotFound and Invalid."""
    name = _tag_name(label, sublabel)
    word = find_word(tx, label, sublabel)
    if word is not None and word.tag_id is not None:
        return word.tag_id
    tag = tags.canonical(tx, [name]).get(name)
    if tag is None:
        raise NotFound
    return tag.id


def _display(label: str, sublabel: str) -> str:
    """Return a name as it is shown, without spaces that say nothing."""
    return " ".join((f"{sublabel.strip()}/{label}" if sublabel.strip() else label).split())


def _own_tag_name(word: Word) -> str:
    return normalise_tag_name(word.display)


def _tag_name(label: str, sublabel: str) -> str:
    """Return the tag that an unknown name would be; raises Invalid (`label`) if it can be none."""
    shown = _display(label, sublabel)
    name = normalise_tag_name(shown)
    if not label.strip() or not name:
        raise Invalid({"label": ["can't be blank"]})
    if not shown.isprintable() or "," in shown or rights.is_unfit(shown):
        raise Invalid({"label": ["may not contain commas or control characters"]})
    if len(shown) > MAX_NAME_CHARACTERS or tags.parse_list([shown]) != [name]:
        raise Invalid({"label": [f"must be at most {MAX_NAME_CHARACTERS} characters"]})
    return name


def _put(tx: Tx, image_id: int, names: Sequence[str], unfit: Sequence[str]) -> None:
    """Add the tags; a new label that cannot be outlined is not offered for it from the start."""
    done = labels.edit(tx, image_id, add=names, enforce_board_rules=False, requires_account=False)
    new = [tag.id for name, tag in tags.canonical(tx, unfit).items() if tag.name in done.added]
    if new:
        validations.rule_out(tx, image_id, new)


# Reading.


def on_image(tx: Tx, image_id: int) -> list[ImageLabel]:
    """Return the labels of an image and the words wished for, by name, parts under their wholes.

    Other tags of the board are not among them. Raises NotFound when the image is not the actor's
    to work on.
    """
    facts = visibility.require_workable(tx, image_id)
    vocabulary = words.vocabulary(tx)
    judged = {one.tag_id: one for one in validations.of_image(tx, image_id)}
    tops: dict[int, tuple[Word, Judged | None]] = {}
    parts: dict[int, list[ImageLabel]] = {}
    for tag_id, one in judged.items():
        word = vocabulary.by_tag(tag_id)
        if word is None:
            continue
        if word.parent_id is None:
            tops[word.id] = (word, one)
            continue
        whole = vocabulary.by_id(word.parent_id)
        if whole is not None:
            tops.setdefault(whole.id, (whole, judged.get(whole.tag_id or 0)))
            parts.setdefault(whole.id, []).append(_label(word, one, ()))
    found = [_label(word, one, parts.get(word.id, ())) for word, one in tops.values()]
    return sorted([*found, *_wished(tx, facts)], key=lambda label: label.name)


def _label(word: Word, judged: Judged | None, parts: Sequence[ImageLabel]) -> ImageLabel:
    is_fit = judged is None or judged.unfit_count < schema.UNFIT_FROM
    return ImageLabel(
        word=word,
        name=word.name,
        tag_id=word.tag_id or 0,
        is_unlocked=True,
        is_annotatable=word.kind == WordKind.NORMAL and is_fit,
        judged=judged,
        sublabels=tuple(parts),
    )


def _wished(tx: Tx, facts: visibility.Facts) -> list[ImageLabel]:
    """Return the tags of the image that are open wishes, of a public one those said in public."""
    row, wish = schema.labels.c, schema.word_suggestions.c
    rows = tx.all(
        select(row.tag_id, wish.name, row.unfit_count)
        .join(schema.tags, schema.tags.c.id == row.tag_id)
        .join(schema.word_suggestions, wish.tag_name == schema.tags.c.name)
        .where(
            row.image_id == facts.id,
            row.state == LabelState.ASSERTED,
            wish.state == SuggestionState.OPEN,
            wish.use_count > 0 if visibility.is_searchable(facts) else true(),
        )
    )
    return [
        ImageLabel(
            word=None,
            name=name,
            tag_id=tag_id,
            is_unlocked=False,
            is_annotatable=unfit < schema.UNFIT_FROM,
            judged=None,
        )
        for tag_id, name, unfit in rows
    ]
