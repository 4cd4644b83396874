"""The vocabulary: its words and how far people agree on them, wishes for more, and their review."""

import msgspec

from menagerie.core import filters, find, images, label_keys, quality, suggestions, tags, words
from menagerie.core.words import Word
from menagerie.errors import Invalid, NotFound
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.search import fields, nodes
from menagerie.storage.schema import WordKind
from menagerie.web import grid, shapes
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_STRIP = 12
_KINDS = {
    WordKind.NORMAL: marked("Things"),
    WordKind.META: marked("Scenes"),
}


class Row(msgspec.Struct, frozen=True):
    """One word in the list."""

    word: Word
    image_count: int
    judged_count: int
    alpha: float | None


def page(visit: Visit) -> Answer:
    """Show the words, those on the most images first, and the wishes for more."""
    return _page(visit, Form(), 200)


def _page(visit: Visit, form: Form, status: int) -> Answer:
    text = visit.query.strip().lower()
    with visit.reading() as tx:
        listed = [
            word
            for word in words.vocabulary(tx).all
            if word.kind in _KINDS and word.tag_id is not None and text in word.display.lower()
        ]
        rows = sorted(_rows(tx, listed), key=lambda row: (-row.image_count, row.word.display))
        wishes = suggestions.open(tx)
    groups = [(label, *_halves(rows, kind)) for kind, label in _KINDS.items()]
    return visit.page(
        "vocabulary.html",
        status,
        groups=[group for group in groups if any(group[1:])],
        wishes=wishes,
        form=form,
        text=text,
        total=len(rows),
    )


def _halves(rows: list[Row], kind: WordKind) -> tuple[list[Row], list[Row]]:
    """Return the words of a kind that are on some picture, and those that are on none."""
    of_kind = [row for row in rows if row.word.kind == kind]
    return [row for row in of_kind if row.image_count], [
        row for row in of_kind if not row.image_count
    ]


def _rows(tx: Tx, listed: list[Word]) -> list[Row]:
    version = tx.version
    measured = quality.of_words(tx)
    found = []
    for word in listed:
        if word.tag_id is None:
            continue
        measure = measured.get(word.tag_id)
        found.append(
            Row(
                word,
                len(version.posting(word.tag_id) & version.live),
                len(version.verdicts(word.tag_id).images & version.live),
                measure.alpha if measure is not None else None,
            )
        )
    return found


def word_page(visit: Visit) -> Answer:
    """Show one word: what it means, its parts, its pictures, and how far people agree."""
    with visit.reading() as tx:
        vocabulary = words.vocabulary(tx)
        word = vocabulary.by_key(visit.call.text("key"))
        if word is None or word.tag_id is None:
            raise NotFound
        row = _rows(tx, [word])[0]
        measure = quality.of_words(tx).get(word.tag_id)
        chosen = filters.effective(tx)
        tag = tags.get(tx, word.tag_id)
        node = nodes.Term("label", tag.name)
        found = find.images(tx, node, page=1, per_page=_STRIP, filter=chosen)
        query = nodes.to_text(node, fields.IMAGES)
        pictures = grid.pictures(tx, found.ids, chosen, view="small", context={"q": query})
        contested = _contested(tx, word.tag_id, chosen)
        parts = [part for part in vocabulary.children(word) if part.tag_id is not None]
    return visit.page(
        "word.html",
        word=word,
        row=row,
        measure=measure,
        pictures=pictures,
        total=found.total,
        query=query,
        word_parts=parts,
        contested=contested,
    )


def _contested(
    tx: Tx, tag_id: int, chosen: filters.Filter
) -> list[tuple[shapes.Picture, int, int, str]]:
    """Return the pictures people disagree about most, with their answers and labels' keys."""
    counts = {image: (yes, no) for image, yes, no in quality.contested(tx, tag_id, limit=_STRIP)}
    visible = find.bitmap(tx, find.parse(tx, "*"), filter=chosen)
    shown = images.find_many(tx, [image_id for image_id in counts if image_id in visible])
    return [
        (shapes.picture(one), *counts[one.id], label_keys.encode(tx.library, one.id, tag_id))
        for one in shown
    ]


def wish(visit: Visit) -> Answer:
    """Take a wish for a new word."""
    visit.call.limit_crowd()
    try:
        with visit.writing() as tx:
            suggestions.suggest(tx, visit.form("name"))
    except Invalid as error:
        return _page(visit, visit.sent(shown=["name"], error=error), 422)
    return visit.go("/vocabulary", "wished")


def decide(visit: Visit) -> Answer:
    """Make a wish a word, or turn it down."""
    try:
        with visit.writing() as tx:
            _decide(visit, tx)
    except Invalid as error:
        return _page(visit, visit.sent(error=error), 422)
    return visit.go("/vocabulary", "saved")


def _decide(visit: Visit, tx: Tx) -> None:
    name, decision = visit.form("name"), visit.form("decision")
    if decision == "accept":
        suggestions.accept(
            tx,
            name,
            kind=_kind(visit.form("kind")),
            plural=visit.form("plural").strip(),
            description=visit.form("description").strip(),
            rename_to=visit.form("rename_to").strip(),
        )
    elif decision == "reject":
        suggestions.reject(tx, name)
    else:
        raise Invalid({"decision": [marked("must be accept or reject")]})


def _kind(text: str) -> WordKind:
    try:
        return WordKind(text)
    except ValueError:
        raise Invalid({"kind": [marked("must be normal or meta")]}) from None
