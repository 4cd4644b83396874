"""Carrying: verdicts and outlines follow a label to another tag or to another image.

A judge who judged both labels keeps the verdict on the one that stays, and a set of shapes there
stays as it is. The caller moves the labels themselves.
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

from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, LabelState

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
    _add_unfit(tx, source_id, target_id)
    _move_annotations(tx, source_id, target_id)
    _move_refusals(tx, source_id, target_id)
    tx.execute(delete(schema.word_measures).where(schema.word_measures.c.tag_id == source_id))


def _add_unfit(tx: Tx, source_id: int, target_id: int) -> None:
    theirs = schema.labels.alias("theirs")
    more = select(theirs.c.unfit_count).where(
        theirs.c.image_id == _label.image_id,
        theirs.c.tag_id == source_id,
        theirs.c.unfit_count > 0,
    )
    tx.execute(
        update(schema.labels)
        .where(_label.tag_id == target_id, more.exists())
        .values(unfit_count=_label.unfit_count + more.scalar_subquery())
    )


def _move_annotations(tx: Tx, source_id: int, target_id: int) -> None:
    row, there = schema.annotations.c, schema.annotations.alias("there")
    is_free = ~exists().where(
        there.c.image_id == row.image_id,
        there.c.is_auto == row.is_auto,
        there.c.tag_id == target_id,
    )
    tx.execute(
        update(schema.annotations).where(row.tag_id == source_id, is_free).values(tag_id=target_id)
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
    # Two verdicts of nobody known are the same one if they were given at the same moment.
    is_same = or_(
        there.c.voter == _verdict.voter,
        and_(
            there.c.voter.is_(None),
            _verdict.voter.is_(None),
            there.c.created_at == _verdict.created_at,
            there.c.is_yes == _verdict.is_yes,
        ),
    )
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
    _copy_unfit(tx, from_id, to_id)
    for tag_id in carried:
        tx.changed(ChangeKind.LABEL, to_id, tag_id)
    count_again(tx, [to_id])


def _copy_unfit(tx: Tx, from_id: int, to_id: int) -> None:
    theirs = schema.labels.alias("theirs")
    same = and_(theirs.c.image_id == from_id, theirs.c.tag_id == _label.tag_id)
    more = select(theirs.c.unfit_count).where(same, theirs.c.unfit_count > _label.unfit_count)
    tx.execute(
        update(schema.labels)
        .where(_label.image_id == to_id, more.exists())
        .values(unfit_count=more.scalar_subquery())
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
