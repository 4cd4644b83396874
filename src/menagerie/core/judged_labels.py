"""Labels as datasets hold them: by their names in the vocabulary, with what verdicts come to."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from pyroaring import BitMap
from sqlalchemy import ColumnElement, Row, select

from menagerie.core import wordbook
from menagerie.datasets import judging
from menagerie.datasets.records import UNKNOWN as UNKNOWN_PROBABILITY
from menagerie.datasets.records import Label, Selection
from menagerie.datasets.tables import TAG, Word
from menagerie.errors import Invalid
from menagerie.library import SECOND, Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import LabelState, Origin, Role


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What labels are called in one dataset, by the ids of their tags."""

    labels: dict[int, str]
    words: dict[str, Word]
    """What the vocabulary says, by name."""
    tags: dict[str, int]
    """Tags of the board that are classes, by name with `tag:`; -1: there is none."""
    vocabulary: frozenset[int]
    """Every tag that is a word: none of them is a plain tag."""
    is_closed: bool
    """Whether the classes were named."""


def names_of(tx: Tx, selection: Selection) -> Names:
    """Return the names of a selection's labels; raises Invalid for a label that there is not."""
    book = wordbook.vocabulary(tx)
    known = [word for word in book.all if word.is_label and word.tag_id is not None]
    wanted = set(selection.classes)
    unknown = sorted(
        name for name in wanted if not name.startswith(TAG) and book.by_display(name) is None
    )
    if unknown:
        raise Invalid({"classes": [_unknown(unknown[0], book.near(unknown[0]))]})
    exact = {found.id for name in wanted if (found := book.by_display(name)) is not None}
    if wanted:
        known = [word for word in known if word.id in exact]
    tags = {name: tx.version.tag_id(name.removeprefix(TAG)) for name in wanted if _is_tag(name)}
    return Names(
        labels={word.tag_id: word.display for word in known if word.tag_id is not None},
        words={
            word.display: Word(
                word.key, word.parent_name if word.parent_id else "", word.kind == "meta"
            )
            for word in known
        },
        tags={name: -1 if tag_id is None else tag_id for name, tag_id in tags.items()},
        vocabulary=frozenset(word.tag_id for word in book.all if word.tag_id is not None),
        is_closed=bool(wanted),
    )


def _is_tag(name: str) -> bool:
    return name.startswith(TAG)


def _unknown(name: str, near: Sequence[str]) -> str:
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"has no label {name!r} (tags of the board are written {TAG}{name}){hint}"


def with_class_tags(tx: Tx, names: Names) -> BitMap:
    """Return the images that carry a tag of the board that is a class."""
    ids = [tag_id for tag_id in names.tags.values() if tag_id >= 0]
    return BitMap.union(BitMap(), *map(tx.version.posting, ids))


_l = schema.labels.c
_COLUMNS: tuple[ColumnElement[Any], ...] = (
    _l.image_id,
    _l.tag_id,
    _l.origin,
    _l.account_id,
    _l.created_at,
    _l.yes_weight,
    _l.no_weight,
    _l.truth,
    schema.images.c.account_id.label("donor_id"),
    schema.images.c.created_at.label("donated_at"),
    schema.accounts.c.role,
)
_LABELS = (
    select(*_COLUMNS)
    .join(schema.images, schema.images.c.id == _l.image_id)
    .outerjoin(schema.accounts, schema.accounts.c.id == _l.account_id)
    .where(_l.state == LabelState.ASSERTED)
)
_SOURCES = {Origin.MODEL: "machine", Origin.IMPORT: "import", Origin.IMPLIED: "crowd"}


def of_images(
    tx: Tx, ids: Iterable[int], names: Names, selection: Selection
) -> dict[int, list[Label]]:
    """Return the labels of images, in the order of their names."""
    rows = tx.all(_LABELS.where(sql.among(tx.connection, _l.image_id, ids)))
    found: dict[int, list[Label]] = {}
    for row in rows:
        name = names.labels.get(row.tag_id)
        if name is not None:
            found.setdefault(row.image_id, []).append(_label(name, row, selection))
    for labels in found.values():
        labels.sort(key=lambda label: label.name)
    return found


def _label(name: str, row: Row[Any], selection: Selection) -> Label:
    yes, no, source = row.yes_weight, row.no_weight, _source(row)
    return Label(
        name=name,
        num_yes=yes,
        num_no=no,
        probability=judging.probability(yes, no),
        probability_lower=judging.lower_bound(yes, no),
        p_dawid_skene=UNKNOWN_PROBABILITY if row.truth is None else row.truth,
        status=judging.status(yes, no, selection, source=source),
        source=source,
        created_at=as_text(row.created_at),
    )


def _source(row: Row[Any]) -> str:
    """Return who said a label first: whoever gave the image, together with it, is its donor."""
    if row.origin != Origin.PERSON:
        return _SOURCES[row.origin]
    if row.account_id == row.donor_id and row.created_at == row.donated_at:
        return "donor"
    return "moderator" if row.role in {Role.MODERATOR, Role.ADMIN} else "crowd"


def as_text(time: int) -> str:
    """Return a time in microseconds UTC as RFC 3339 writes it, cut to the second.

    >>> as_text(1_767_268_800_000_000)
    '2026-01-01T12:00:00Z'
    """
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
