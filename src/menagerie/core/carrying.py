"""Carrying: verdicts and outlines follow a label to another tag or to another image.

A judge who judged both labels keeps the verdict on the one that stays. Two sets of shapes on one
image become revisions of one. The caller moves the labels themselves. The outlines of an image that
is merged are copied elsewhere, since they have to be redrawn; see `redrawing`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from menagerie import jobs
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, LabelState

MEASURE_COVERAGE = "annotations.measure_coverage"
"""The kind of the job that works out how much of an image its outlines cover."""

_BATCH = 1000
_verdict = schema.validations.c
_label = schema.labels.c
_image = schema.images.c


def to_tag(tx: Tx, source_id: int, target_id: int) -> None:
    """Give what was said of every label of one tag to the same image's label of another.

    To be called before the labels move, and `count_again` after it.
    """
    there = schema.validations.alias("there")
    is_repeated = and_(
        there.c.image_id == _verdict.image_id,
        there.c.tag_id == target_id,
        there.c.voter == _verdict.voter,
    )
    tx.execute(
        delete(schema.validations).where(_verdict.tag_id == source_id, exists().where(is_repeated))
    )
    tx.execute(
        update(schema.validations).where(_verdict.tag_id == source_id).values(tag_id=target_id)
    )
    _move_marks(tx, source_id, target_id)
    _move_annotations(tx, source_id, target_id)
    _move_refusals(tx, source_id, target_id)
    tx.execute(delete(schema.word_measures).where(schema.word_measures.c.tag_id == source_id))


def _move_marks(tx: Tx, source_id: int, target_id: int) -> None:
    mark, there = schema.unfit_marks.c, schema.unfit_marks.alias("there")
    is_repeated = and_(
        there.c.image_id == mark.image_id,
        there.c.voter == mark.voter,
        there.c.tag_id == target_id,
    )
    tx.execute(
        delete(schema.unfit_marks).where(mark.tag_id == source_id, exists().where(is_repeated))
    )
    tx.execute(update(schema.unfit_marks).where(mark.tag_id == source_id).values(tag_id=target_id))
    # The label of an image that has only the source still moves, and its number with it.
    count_unfit(tx, _label.tag_id == target_id)


def _move_annotations(tx: Tx, source_id: int, target_id: int) -> None:
    """Move sets of shapes; where an image has both, the revisions of the newer follow the older's.

    So nothing that somebody drew is lost, and each label has one set.
    """
    row, theirs = schema.annotations.c, schema.annotations.alias("theirs")
    both = tx.all(
        select(row.id, theirs.c.id.label("other_id"), row.image_id, row.is_auto)
        .join(theirs, and_(theirs.c.image_id == row.image_id, theirs.c.is_auto == row.is_auto))
        .where(row.tag_id == target_id, theirs.c.tag_id == source_id)
    )
    for set_id, other_id, image_id, is_auto in both:
        _join_sets(tx, set_id, other_id)
        if not is_auto:
            tx.execute(
                update(schema.images)
                .where(_image.id == image_id)
                .values(annotation_count=_image.annotation_count - 1)
            )
            tx.changed(ChangeKind.IMAGE, image_id)
            jobs.enqueue(tx, MEASURE_COVERAGE, {"image_id": image_id})
    tx.execute(update(schema.annotations).where(row.tag_id == source_id).values(tag_id=target_id))


def _join_sets(tx: Tx, set_id: int, other_id: int) -> None:
    """Make two sets the revisions of one, the newer's after the older's; it keeps its own key."""
    table = schema.annotations
    row = table.c
    found = {one.id: one for one in tx.all(select(*row).where(row.id.in_([set_id, other_id])))}
    older, newer = sorted(found.values(), key=lambda one: (one.updated_at, one.id))
    old_revision = schema.annotation_revisions.c
    tx.execute(
        update(schema.annotation_revisions)
        .where(old_revision.annotation_id == older.id, old_revision.revision == older.revision)
        .values(yes_weight=older.yes_weight, no_weight=older.no_weight)
    )
    for part in (schema.annotation_revisions, schema.shapes, schema.annotation_validations):
        own: Any = part.c
        tx.execute(
            update(part)
            .where(own.annotation_id == newer.id)
            .values(annotation_id=older.id, revision=own.revision + older.revision)
        )
    tx.execute(delete(table).where(row.id == newer.id))
    tx.execute(
        update(table)
        .where(row.id == older.id)
        .values(
            key=found[set_id].key,
            tag_id=found[set_id].tag_id,
            revision=older.revision + newer.revision,
            yes_weight=newer.yes_weight,
            no_weight=newer.no_weight,
            account_id=newer.account_id,
            updated_at=newer.updated_at,
        )
    )


def _move_refusals(tx: Tx, source_id: int, target_id: int) -> None:
    row, there = schema.annotation_refusals.c, schema.annotation_refusals.alias("there")
    is_repeated = and_(
        there.c.account_id == row.account_id,
        there.c.image_id == row.image_id,
        there.c.tag_id == target_id,
    )
    tx.execute(
        delete(schema.annotation_refusals).where(
            row.tag_id == source_id, exists().where(is_repeated)
        )
    )
    tx.execute(
        update(schema.annotation_refusals).where(row.tag_id == source_id).values(tag_id=target_id)
    )


def judged_images(tx: Tx, tag_ids: Collection[int]) -> list[int]:
    """Return the images with a verdict on a label of one of the tags."""
    found = select(_verdict.image_id).where(_verdict.tag_id.in_(tag_ids)).distinct()
    return list(tx.execute(found).scalars())


def to_image(tx: Tx, from_id: int, to_id: int) -> None:
    """Copy the verdicts on the asserted labels of an image to another that has these labels too.

    The other keeps its own, for the case that the merge is undone; merging once more copies
    nothing twice.
    """
    asserted = select(_label.tag_id).where(
        _label.image_id == from_id, _label.state == LabelState.ASSERTED
    )
    there = schema.validations.alias("there")
    is_same = _is_same(there.c, _verdict, there.c.is_yes == _verdict.is_yes)
    is_repeated = and_(there.c.image_id == to_id, there.c.tag_id == _verdict.tag_id, is_same)
    fits = (
        _verdict.image_id == from_id,
        _verdict.tag_id.in_(asserted),
        ~exists().where(is_repeated),
    )
    names = [column.name for column in _verdict if column.name != "id"]
    columns = [
        literal(to_id).label(name) if name == "image_id" else _verdict[name] for name in names
    ]
    carried = list(tx.execute(select(_verdict.tag_id).where(*fits).distinct()).scalars())
    if carried:
        tx.execute(insert(schema.validations).from_select(names, select(*columns).where(*fits)))
    _copy_marks(tx, from_id, to_id, asserted)
    for tag_id in carried:
        tx.changed(ChangeKind.LABEL, to_id, tag_id)
    count_again(tx, [to_id])


def _is_same(one: Any, other: Any, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that the same judge said two things of labels.

    Two things said by nobody known are one if they were said at the same moment.
    """
    nobody = and_(one.voter.is_(None), other.voter.is_(None))
    return or_(one.voter == other.voter, and_(nobody, one.created_at == other.created_at, *more))


def _copy_marks(tx: Tx, from_id: int, to_id: int, tag_ids: Any) -> None:
    mark, there = schema.unfit_marks.c, schema.unfit_marks.alias("there")
    is_repeated = and_(
        there.c.image_id == to_id, there.c.tag_id == mark.tag_id, _is_same(there.c, mark)
    )
    fits = (mark.image_id == from_id, mark.tag_id.in_(tag_ids), ~exists().where(is_repeated))
    names = ("tag_id", "voter", "account_id", "weight", "created_at")
    carried = tx.all(select(*(mark[name] for name in names)).where(*fits))
    if not carried:
        return
    rows = [{"image_id": to_id, **dict(zip(names, row, strict=True))} for row in carried]
    tx.execute(insert(schema.unfit_marks), rows)
    count_unfit(tx, _label.image_id == to_id)
    for tag_id in {row.tag_id for row in carried}:
        tx.changed(ChangeKind.LABEL, to_id, tag_id)


def count_unfit(tx: Tx, labels: ColumnElement[bool]) -> None:
    """Set how many said of labels that they cannot be outlined, from the rows they count."""
    mark = schema.unfit_marks.c
    own = and_(mark.image_id == _label.image_id, mark.tag_id == _label.tag_id)
    number = select(func.coalesce(func.sum(mark.weight), 0)).where(own)
    tx.execute(
        update(schema.labels)
        .where(labels, exists().where(own))
        .values(unfit_count=number.correlate(schema.labels).scalar_subquery())
    )


def count_again(tx: Tx, image_ids: Sequence[int]) -> None:
    """Set the counters of verdicts of images and their labels from the rows they count."""
    for start in range(0, len(image_ids), _BATCH):
        some = image_ids[start : start + _BATCH]
        tx.execute(
            update(schema.labels)
            .where(_label.image_id.in_(some))
            .values(
                yes_weight=_weights(_verdict.is_yes),
                no_weight=_weights(~_verdict.is_yes),
            )
        )
        count_verdicts(tx, some)


def count_verdicts(tx: Tx, image_ids: Sequence[int]) -> None:
    """Set the number of verdicts of images, of those on asserted labels, which may be others."""
    number = verdict_count().correlate(schema.images).scalar_subquery()
    tx.execute(update(schema.images).where(_image.id.in_(image_ids)).values(verdict_count=number))
    for image_id in image_ids:
        tx.changed(ChangeKind.IMAGE, image_id)


def verdict_count() -> Any:
    """Return the statement that counts the verdicts on the asserted labels of an image."""
    return (
        select(func.count())
        .select_from(schema.validations)
        .join(
            schema.labels,
            and_(_label.image_id == _verdict.image_id, _label.tag_id == _verdict.tag_id),
        )
        .where(_verdict.image_id == _image.id, _label.state == LabelState.ASSERTED)
    )


def _weights(condition: ColumnElement[bool]) -> Any:
    return (
        select(func.coalesce(func.sum(_verdict.weight), 0))
        .where(
            _verdict.image_id == _label.image_id,
            _verdict.tag_id == _label.tag_id,
            condition,
        )
        .correlate(schema.labels)
        .scalar_subquery()
    )
