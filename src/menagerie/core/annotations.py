"""Annotations: the sets of shapes that outline what one label names on one image.

Each label of an image has at most one set that people drew and one that a machine made, which are
never mixed. Drawing a set again makes its next revision; all are kept. People check sets as they
judge labels: a known judge has one verdict per revision. `images.annotation_count` counts the sets
that people drew, in the same transaction; `images.coverage` follows in a job.

Source: ImageMonkey (2017 to 2026) for sets, revisions, and that scenes cannot be outlined.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, insert, select, update

from menagerie import jobs
from menagerie.core import geometry, labelling, labels, rights, shapes, visibility, voters, wordbook
from menagerie.core.carrying import MEASURE_COVERAGE
from menagerie.core.shapes import Shape
from menagerie.core.wordbook import Vocabulary, Word
from menagerie.errors import Invalid, NotFound, Unauthenticated
from menagerie.library import SYSTEM, Library, Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import ChangeKind, LabelState, WordKind

MEASURE = MEASURE_COVERAGE
METALABEL = "is a metalabel: a scene or context, which has no outline"


class Annotation(msgspec.Struct, frozen=True):
    """A set of shapes at one revision, with what its verdicts come to.

    `name` is how the label is shown (`mouth/dog`), of which `label` (`dog`) and `sublabel`
    (`mouth`, or empty) are the parts. `has_word` says whether the label is in the vocabulary.
    `account_id` drew this revision; None: a visitor, or nobody any more.
    """

    id: int
    key: str
    image_id: int
    tag_id: int
    is_auto: bool
    revision: int
    num_revisions: int
    num_yes: int
    num_no: int
    account_id: int | None
    created_at: int
    name: str
    label: str
    sublabel: str
    has_word: bool
    shapes: tuple[Shape, ...]


class Wanted(msgspec.Struct, frozen=True):
    """A set to be drawn, its label by name; `shapes` is as it was sent."""

    label: str
    sublabel: str
    shapes: object


_row = schema.annotations.c
_revision = schema.annotation_revisions.c
_image = schema.images.c
_label = schema.labels.c


# Drawing.


def put(
    tx: Tx, image_id: int, tag_id: int, shapes_sent: object, *, is_auto: bool = False
) -> Annotation:
    """Outline a label of an image; a label that is not on the image yet is added.

    If there is a set already, this is its next revision. Raises NotFound when the image is not the
    actor's to work on or there is no such tag, Banned, Unauthenticated for a visitor who names what
    is no word, and Invalid: `label` for a metalabel, else the place of what is wrong with a shape.
    """
    visibility.require_workable(tx, image_id)
    rights.require_unbanned(tx)
    book = wordbook.vocabulary(tx)
    tag_id, name = _tag(tx, tag_id)
    _require_outlinable(tx, book.by_tag(tag_id), name)
    drawn = _drawn(tx, image_id, tag_id, shapes_sent)
    if not _is_asserted(tx, image_id, tag_id):
        labels.edit(tx, image_id, add=[name], enforce_board_rules=False, requires_account=False)
    return _put(tx, image_id, tag_id, drawn, book, is_auto=is_auto)


def put_named(
    tx: Tx, image_id: int, wanted: Sequence[Wanted], *, is_auto: bool = False
) -> list[Annotation]:
    """Outline labels by name, all or none; one that is no word is suggested, by accounts only.

    Raises as `put` does; with several labels the place begins with its own, as in `[1].label`.
    """
    if not wanted:
        raise Invalid({"annotations": ["must have at least one label"]})
    visibility.require_workable(tx, image_id)
    together = sum(len(one.shapes) for one in wanted if isinstance(one.shapes, list))
    if together > MOST_SHAPES_TOGETHER:
        most = f"must have at most {MOST_SHAPES_TOGETHER} shapes together"
        raise Invalid({"annotations": [most]})
    made = []
    for i, one in enumerate(wanted):
        try:
            made.append(_put_named(tx, image_id, one, is_auto=is_auto))
        except Invalid as wrong:
            if len(wanted) == 1:
                raise
            named = {f"[{i}].{name}": texts for name, texts in wrong.fields.items()}
            raise Invalid(named) from wrong
    return made


def _put_named(tx: Tx, image_id: int, one: Wanted, *, is_auto: bool) -> Annotation:
    if labelling.find_word(tx, one.label, one.sublabel) is None:
        sublabels = [one.sublabel] if one.sublabel else []
        labelling.add(tx, image_id, [labelling.Wanted(one.label, sublabels)])
    tag_id = labelling.tag_id_of(tx, one.label, one.sublabel)
    return put(tx, image_id, tag_id, one.shapes, is_auto=is_auto)


def replace(tx: Tx, key: str, shapes_sent: object) -> Annotation:
    """Draw a set anew as its next revision; raises as `put` does, and NotFound for no such set."""
    row = _require(tx, key)
    visibility.require_workable(tx, row.image_id)
    rights.require_unbanned(tx)
    book = wordbook.vocabulary(tx)
    drawn = _drawn(tx, row.image_id, row.tag_id, shapes_sent)
    return _put(tx, row.image_id, row.tag_id, drawn, book, is_auto=row.is_auto)


MOST_SHAPES_TOGETHER = 500
"""In one call; nobody else can write while they are."""

_Drawn = list[tuple[geometry.Outline, list[int]]]


def _tag(tx: Tx, tag_id: int) -> tuple[int, str]:
    """Return the tag, or the one it is an alias of, and its name."""
    tag = schema.tags.c
    row = tx.one(select(tag.id, tag.name, tag.aliased_to_id).where(tag.id == tag_id))
    if row is None:
        raise NotFound
    return (row.id, row.name) if row.aliased_to_id is None else _tag(tx, row.aliased_to_id)


def _require_outlinable(tx: Tx, word: Word | None, name: str) -> None:
    if word is None and not tx.actor.is_signed_in and not tx.actor.is_admin:
        raise Unauthenticated(f"unknown label {name!r}: log in to suggest it")
    if word is not None and word.kind == WordKind.META:
        raise Invalid({"label": [METALABEL]})


def _drawn(tx: Tx, image_id: int, tag_id: int, sent: object) -> _Drawn:
    size = tx.one(select(_image.width, _image.height).where(_image.id == image_id))
    if size is None:
        raise NotFound
    outlines = geometry.parse(sent, width=size.width, height=size.height)
    return [
        (
            one,
            shapes.word_ids(
                tx, one.refinements, tag_id=tag_id, place=f"annotations[{i}].refinements"
            )
            if one.refinements
            else [],
        )
        for i, one in enumerate(outlines)
    ]


def _is_asserted(tx: Tx, image_id: int, tag_id: int) -> bool:
    there = select(_label.state).where(_label.image_id == image_id, _label.tag_id == tag_id)
    return bool(tx.scalar(there) == LabelState.ASSERTED)


def _put(
    tx: Tx, image_id: int, tag_id: int, drawn: _Drawn, book: Vocabulary, *, is_auto: bool
) -> Annotation:
    """Store a new set or the next revision of the one there is."""
    old = tx.one(
        select(_row.id, _row.key, _row.revision, _row.yes_weight, _row.no_weight).where(
            _row.image_id == image_id, _row.tag_id == tag_id, _row.is_auto == is_auto
        )
    )
    if old is None:
        annotation_id, revision = _insert(tx, image_id, tag_id, is_auto=is_auto), 1
        before: Sequence[Shape] = ()
    else:
        annotation_id, revision = old.id, old.revision + 1
        before = shapes.read(tx, [(old.id, old.revision)], book)[old.id]
        _advance(tx, old)
    tx.execute(
        insert(schema.annotation_revisions).values(
            annotation_id=annotation_id,
            revision=revision,
            account_id=tx.actor.account_id,
            created_at=tx.now,
        )
    )
    shapes.write(tx, annotation_id, revision, drawn, before=before)
    tx.changed(ChangeKind.LABEL, image_id, tag_id)
    if not is_auto:
        if old is None:
            _count(tx, image_id, 1)
        jobs.enqueue(tx, MEASURE, {"image_id": image_id})
    return _read(tx, _SELECT.where(_row.id == annotation_id), book)[0]


def _insert(tx: Tx, image_id: int, tag_id: int, *, is_auto: bool) -> int:
    made = tx.execute(
        insert(schema.annotations)
        .values(
            key=shapes.new_key(tx),
            image_id=image_id,
            tag_id=tag_id,
            is_auto=is_auto,
            revision=1,
            account_id=tx.actor.account_id,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .returning(_row.id)
    )
    annotation_id: int = made.scalar_one()
    return annotation_id


def _advance(tx: Tx, old: Row[*tuple[Any, ...]]) -> None:
    """Put away what was said of the newest revision, and begin the next with no verdicts."""
    tx.execute(
        update(schema.annotation_revisions)
        .where(_revision.annotation_id == old.id, _revision.revision == old.revision)
        .values(yes_weight=old.yes_weight, no_weight=old.no_weight)
    )
    tx.execute(
        update(schema.annotations)
        .where(_row.id == old.id)
        .values(
            revision=old.revision + 1,
            yes_weight=0,
            no_weight=0,
            account_id=tx.actor.account_id,
            updated_at=tx.now,
        )
    )


def _count(tx: Tx, image_id: int, by: int) -> None:
    tx.execute(
        update(schema.images)
        .where(_image.id == image_id)
        .values(annotation_count=_image.annotation_count + by)
    )
    tx.changed(ChangeKind.IMAGE, image_id)


# Reading.

_SELECT: Select[Any] = select(
    _row.id,
    _row.key,
    _row.image_id,
    _row.tag_id,
    _row.is_auto,
    _row.revision,
    _row.revision.label("num_revisions"),
    _row.yes_weight,
    _row.no_weight,
    _row.account_id,
    _row.updated_at,
    schema.tags.c.name,
).join(schema.tags, schema.tags.c.id == _row.tag_id)


def get(tx: Tx, key: str, revision: int | None = None) -> Annotation:
    """Return a set at a revision, the newest without one.

    Raises NotFound for no such set or revision, and when the image is not the actor's to see.
    """
    row = _require(tx, key)
    visibility.require_visible(tx, row.image_id)
    if revision is None or revision == row.revision:
        return _read(tx, _SELECT.where(_row.id == row.id))[0]
    return _get_old(tx, row.id, revision)


def _get_old(tx: Tx, annotation_id: int, revision: int) -> Annotation:
    old = tx.one(
        select(*schema.annotation_revisions.c).where(
            _revision.annotation_id == annotation_id,
            _revision.revision == min(max(revision, 0), 2**31 - 1),
        )
    )
    if old is None:
        raise NotFound
    newest = _read(tx, _SELECT.where(_row.id == annotation_id))[0]
    return msgspec.structs.replace(
        newest,
        revision=revision,
        num_yes=old.yes_weight,
        num_no=old.no_weight,
        account_id=old.account_id,
        created_at=old.created_at,
        shapes=tuple(shapes.read(tx, [(annotation_id, revision)])[annotation_id]),
    )


def _require(tx: Tx, key: str) -> Row[*tuple[Any, ...]]:
    row = tx.one(
        select(_row.id, _row.image_id, _row.tag_id, _row.is_auto, _row.revision).where(
            _row.key == key.lower()
        )
    )
    if row is None:
        raise NotFound
    return row


def of_image(tx: Tx, image_id: int, *, is_auto: bool = False) -> list[Annotation]:
    """Return the sets of an image that the actor may see, by name of label; raises NotFound."""
    visibility.require_visible(tx, image_id)
    return of_images(tx, [image_id], is_auto=is_auto)[image_id]


def of_images(
    tx: Tx, ids: Sequence[int], tag_ids: Iterable[int] | None = None, *, is_auto: bool = False
) -> dict[int, list[Annotation]]:
    """Return the sets of images, of some labels if asked, by name of label.

    In the order of `ids`, with an empty list where there is none. The caller decides whether the
    actor may see the images.
    """
    found: dict[int, list[Annotation]] = {image_id: [] for image_id in ids}
    conditions = [sql.among(tx.connection, _row.image_id, ids), _row.is_auto == is_auto]
    if tag_ids is not None:
        conditions.append(sql.among(tx.connection, _row.tag_id, tag_ids))
    for one in _read(tx, _SELECT.where(*conditions)):
        found[one.image_id].append(one)
    for of_one in found.values():
        of_one.sort(key=lambda one: one.name)
    return found


def find_many(tx: Tx, ids: Sequence[int]) -> list[Annotation]:
    """Return sets in the order of their ids; the caller decides whether the actor may see them."""
    found = {
        one.id: one for one in _read(tx, _SELECT.where(sql.among(tx.connection, _row.id, ids)))
    }
    return [found[annotation_id] for annotation_id in ids if annotation_id in found]


def rows_of_images(
    tx: Tx, ids: Sequence[int], tag_ids: Iterable[int] | None = None
) -> dict[int, list[dict[str, Any]]]:
    """Return what people outlined on images, a plain object for each shape, for exports.

    Each has `label` and the members of the shape, among them always `type` and `angle`, and for a
    polygon `points`. The caller decides whether the actor may see the images.
    """
    return {
        image_id: [{"label": one.name, **shape.data} for one in found for shape in one.shapes]
        for image_id, found in of_images(tx, ids, tag_ids).items()
    }


def _read(tx: Tx, statement: Select[Any], book: Vocabulary | None = None) -> list[Annotation]:
    """Return sets; `book` spares whoever has changed something from reading all words again."""
    rows = tx.all(statement)
    if not rows:
        return []
    book = book or wordbook.vocabulary(tx)
    drawn = shapes.read(tx, [(row.id, row.revision) for row in rows], book)
    return [
        Annotation(
            **dict(zip(_FIELDS, row, strict=False)),
            **_names(book, row.tag_id, row.name),
            shapes=tuple(drawn[row.id]),
        )
        for row in rows
    ]


_FIELDS = Annotation.__struct_fields__[:11]  # up to `created_at`, in the order of `_SELECT`


def _names(book: Vocabulary, tag_id: int, tag_name: str) -> dict[str, Any]:
    """Return how a label is shown, its two parts, and whether it is a word, by field."""
    word = book.by_tag(tag_id)
    if word is None:
        return {"name": tag_name, "label": tag_name, "sublabel": "", "has_word": False}
    parts = (word.parent_name, word.name) if word.parent_id is not None else (word.name, "")
    return {"name": word.display, "label": parts[0], "sublabel": parts[1], "has_word": True}


# Checking.

_verdict = schema.annotation_validations.c


def judge(tx: Tx, key: str, *, is_yes: bool) -> Annotation:
    """Say whether the newest revision of a set outlines its label well; return the set as it is.

    Raises NotFound when the image is not the actor's to work on, or Banned.
    """
    row = _require(tx, key)
    visibility.require_workable(tx, row.image_id)
    rights.require_unbanned(tx)
    book = wordbook.vocabulary(tx)
    voter = voters.voter(tx)
    there = (_verdict.annotation_id == row.id, _verdict.revision == row.revision)
    own = None
    if voter is not None:
        own = tx.one(select(_verdict.id, _verdict.is_yes).where(*there, _verdict.voter == voter))
    if own is None or own.is_yes != is_yes:
        _store_verdict(tx, row, own.id if own is not None else None, voter, is_yes=is_yes)
        shift = {is_yes: 1, not is_yes: -1 if own is not None else 0}
        tx.execute(
            update(schema.annotations)
            .where(_row.id == row.id)
            .values(
                yes_weight=_row.yes_weight + shift[True], no_weight=_row.no_weight + shift[False]
            )
        )
        tx.changed(ChangeKind.LABEL, row.image_id, row.tag_id)
    return _read(tx, _SELECT.where(_row.id == row.id), book)[0]


def _store_verdict(
    tx: Tx,
    row: Row[*tuple[Any, ...]],
    verdict_id: int | None,
    voter: str | None,
    *,
    is_yes: bool,
) -> None:
    if verdict_id is not None:
        tx.execute(
            update(schema.annotation_validations)
            .where(_verdict.id == verdict_id)
            .values(is_yes=is_yes, updated_at=tx.now)
        )
        return
    tx.execute(
        insert(schema.annotation_validations).values(
            annotation_id=row.id,
            revision=row.revision,
            voter=voter,
            account_id=tx.actor.account_id,
            is_yes=is_yes,
            weight=1,
            created_at=tx.now,
            updated_at=tx.now,
        )
    )


# Coverage.


def measure_coverage(library: Library, *, image_id: int) -> None:
    """Work out how much of an image its outlines cover, and keep it; a job."""
    with library.reading(SYSTEM) as tx:
        image = tx.one(select(_image.width, _image.height).where(_image.id == image_id))
        if image is None:
            return
        drawn = of_images(tx, [image_id])[image_id]
    polygons = [geometry.corners(shape.data) for one in drawn for shape in one.shapes]
    percent = geometry.coverage(polygons, image.width, image.height)
    revisions: dict[int, int] = {one.id: one.revision for one in drawn}
    with library.writing(SYSTEM) as tx:
        mine: ColumnElement[bool] = _row.image_id == image_id
        rows = tx.all(select(_row.id, _row.revision).where(mine, ~_row.is_auto))
        if revisions != {row.id: row.revision for row in rows}:
            return  # somebody drew meanwhile, and left a job of their own
        tx.execute(update(schema.images).where(_image.id == image_id).values(coverage=percent))
        tx.changed(ChangeKind.IMAGE, image_id)
