"""Settling: what follows from rows that were put back: counters, history, and the change log."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from menagerie.core import carrying, galleries, images, moderation, recognition, visibility, votes
from menagerie.core.staff_log import Journal
from menagerie.core.talk import writing
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.storage import schema, sql
from menagerie.storage.schema import ChangeKind, EventKind, LabelState

_MOST_LABELS = 1000  # beyond, whole tags are read again rather than single labels
_label, _image = schema.labels.c, schema.images.c


def values(journal: Journal, name: str) -> set[Any]:
    """Return what a column held before or after, in any of the rows."""
    if name not in journal.columns:
        return set()
    place = journal.columns.index(name)
    return {row[place] for pair in journal.rows for row in pair if row is not None}


def counted_by_tag(tx: Tx, journals: Sequence[Journal]) -> dict[int, int]:
    """Return how many of the images concerned are searchable with each tag asserted."""
    concerned = _concerned(journals)
    if not concerned:
        return {}
    statement = (
        select(_label.tag_id, func.count())
        .join(schema.images, _image.id == _label.image_id)
        .where(
            sql.among(tx.connection, _label.image_id, concerned),
            _label.state == LabelState.ASSERTED,
            visibility.SEARCHABLE,
        )
        .group_by(_label.tag_id)
    )
    return dict(map(tuple, tx.all(statement)))


def _concerned(journals: Sequence[Journal]) -> set[int]:
    """Return the images whose labels or visibility may change."""
    found: set[int] = set()
    for one in journals:
        if one.table in {"images", "labels"}:
            found |= values(one, "id" if one.table == "images" else "image_id")
    return found


def settle(tx: Tx, done: Sequence[Journal]) -> None:
    """Make counters, history and the change log follow rows that were put back.

    The counters of tags are left to `shift_tags`, which needs numbers from before.
    """
    for journal in done:
        follow = _CONSEQUENCES.get(journal.table)
        if follow is not None and journal.rows:
            follow(tx, journal)


def shift_tags(tx: Tx, before: dict[int, int], after: dict[int, int]) -> None:
    """Make the counters of tags follow, from `counted_by_tag` of the same journals twice."""
    tag = schema.tags.c
    for tag_id in before.keys() | after.keys():
        by = after.get(tag_id, 0) - before.get(tag_id, 0)
        if by:
            moved = update(schema.tags).where(tag.id == tag_id)
            tx.execute(moved.values(image_count=tag.image_count + by))


def _images(tx: Tx, journal: Journal) -> None:
    ids = values(journal, "id")
    for image_id in ids:
        images.change(tx, image_id)
        tx.happened(EventKind.IMAGE_UPDATE, image_id)
    if "account_id" in journal.columns:
        images.count_uploads(tx, values(journal, "account_id") - {None})
    for name in {"removal_reason", "scratchpad"} & set(journal.columns):
        field = moderation.FIELD_OF_COLUMN[name]
        for image_id, text in tx.all(_texts_of(name, ids)):
            texts.index(tx.connection, field, image_id, text or "")
    if {"removed_at", "merged_into_id"} & set(journal.columns):
        for image_id in ids:
            recognition.look_soon(tx, image_id)


def _texts_of(name: str, ids: Iterable[int]) -> Any:
    return select(_image.id, _image[name]).where(_image.id.in_(ids))


def _labels(tx: Tx, journal: Journal) -> None:
    ids = values(journal, "image_id")
    asserted = (
        select(func.count())
        .where(_label.image_id == _image.id, _label.state == LabelState.ASSERTED)
        .correlate(schema.images)
        .scalar_subquery()
    )
    _set(tx, ids, tag_count=asserted)
    carrying.count_again(tx, sorted(ids))
    _count_unfit(tx, ids)
    _record(tx, journal)
    _tell_labels(tx, journal)


def _set(tx: Tx, image_ids: Iterable[int], **new: Any) -> None:
    ids = sorted(image_ids)
    own = sql.among(tx.connection, _image.id, ids)
    tx.execute(update(schema.images).where(own).values(updated_at=tx.now_s, **new))
    for image_id in ids:
        tx.changed(ChangeKind.IMAGE, image_id)


def _tell_labels(tx: Tx, journal: Journal) -> None:
    if len(journal.rows) > _MOST_LABELS:
        for tag_id in values(journal, "tag_id"):
            tx.changed(ChangeKind.POSTING, tag_id)
        return
    places = journal.columns.index("image_id"), journal.columns.index("tag_id")
    for pair in journal.rows:
        for row in pair:
            if row is not None:
                tx.changed(ChangeKind.LABEL, row[places[0]], row[places[1]])


def _record(tx: Tx, journal: Journal) -> None:
    """Write into the history of images which tags came and went."""
    names = _names(tx, values(journal, "tag_id"))
    rows = []
    for old, new in journal.rows:
        was, now = (_is_asserted(journal, row) for row in (old, new))
        row = dict(zip(journal.columns, new or old or (), strict=True))
        if was != now:
            rows.append(
                {
                    "image_id": row["image_id"],
                    "tag_id": row["tag_id"],
                    "tag_name": names[row["tag_id"]],
                    "is_added": now,
                    "account_id": tx.actor.account_id,
                    "address": tx.actor.address or None,
                    "fingerprint": tx.actor.fingerprint,
                    "created_at": tx.now_s,
                }
            )
    if rows:
        tx.execute(insert(schema.tag_changes), rows)


def _names(tx: Tx, tag_ids: Iterable[int]) -> dict[int, str]:
    tag = schema.tags.c
    found = tx.all(select(tag.id, tag.name).where(tag.id.in_(tag_ids)))
    return dict(map(tuple, found))


def _is_asserted(journal: Journal, row: Sequence[Any] | None) -> bool:
    return row is not None and row[journal.columns.index("state")] == LabelState.ASSERTED


def _count_unfit(tx: Tx, image_ids: Iterable[int]) -> None:
    mark = schema.unfit_marks.c
    own = (mark.image_id == _label.image_id, mark.tag_id == _label.tag_id)
    number = select(func.coalesce(func.sum(mark.weight), 0)).where(*own)
    tx.execute(
        update(schema.labels)
        .where(sql.among(tx.connection, _label.image_id, image_ids))
        .values(unfit_count=number.correlate(schema.labels).scalar_subquery())
    )


def _verdicts(tx: Tx, journal: Journal) -> None:
    carrying.count_again(tx, sorted(values(journal, "image_id")))
    _tell_labels(tx, journal)


def _marks(tx: Tx, journal: Journal) -> None:
    _count_unfit(tx, values(journal, "image_id"))
    _tell_labels(tx, journal)


def _opinions(tx: Tx, journal: Journal) -> None:
    votes.count_again(tx, sorted(values(journal, "image_id")))
    places = journal.columns.index("account_id"), journal.columns.index("image_id")
    for pair in journal.rows:
        for row in pair:
            if row is not None:
                tx.changed(ChangeKind.INTERACTION, row[places[0]], row[places[1]])


def _sources(tx: Tx, journal: Journal) -> None:
    for image_id in values(journal, "image_id"):
        row = schema.image_sources.c
        number = tx.scalar(select(func.count()).where(row.image_id == image_id))
        images.change(tx, image_id, source_count=number)


def _comments(tx: Tx, journal: Journal) -> None:
    row = schema.comments.c
    number = select(func.count()).where(row.image_id == _image.id, writing.counted(schema.comments))
    counted = number.correlate(schema.images).scalar_subquery()
    for image_id in values(journal, "image_id"):
        images.change_file(tx, image_id, comment_count=counted)
    for comment_id in values(journal, "id"):
        tx.changed(ChangeKind.COMMENT, comment_id)


def _gallery_places(tx: Tx, journal: Journal) -> None:
    """Close gaps and part what shares a place, in the order there is."""
    place, gallery = schema.gallery_images.c, schema.galleries.c
    for gallery_id in values(journal, "gallery_id"):
        rows = tx.all(
            select(place.image_id, place.position)
            .where(place.gallery_id == gallery_id)
            .order_by(place.position, place.image_id)
        )
        for position, (image_id, was) in enumerate(rows):
            if was != position:
                own = (place.gallery_id == gallery_id, place.image_id == image_id)
                moved = update(schema.gallery_images).where(*own)
                tx.execute(moved.values(position=position))
        changed = update(schema.galleries).where(gallery.id == gallery_id)
        tx.execute(changed.values(image_count=galleries.counted(gallery_id)))
        tx.changed(ChangeKind.GALLERY, gallery_id)


def _tags(tx: Tx, journal: Journal) -> None:
    for tag_id in values(journal, "id") | (values(journal, "aliased_to_id") - {None}):
        tx.changed(ChangeKind.TAG, tag_id)
        tx.changed(ChangeKind.POSTING, tag_id)
    for name in {"description", "short_description"} & set(journal.columns):
        place = journal.columns.index(name)
        for _, new in journal.rows:
            if new is not None:
                texts.index(tx.connection, f"tag.{name}", new[0], new[place] or "")


def _changed(kind: ChangeKind, *columns: str) -> Callable[[Tx, Journal], None]:
    """Return the consequence that things named by these columns have changed."""

    def follow(tx: Tx, journal: Journal) -> None:
        for name in columns:
            for subject_id in values(journal, name):
                tx.changed(kind, subject_id)

    return follow


_CONSEQUENCES: dict[str, Callable[[Tx, Journal], None]] = {
    "images": _images,
    "labels": _labels,
    "validations": _verdicts,
    "unfit_marks": _marks,
    "votes": _opinions,
    "faves": _opinions,
    "hides": _opinions,
    "image_subscriptions": _opinions,
    "image_sources": _sources,
    "comments": _comments,
    "gallery_images": _gallery_places,
    "galleries": _changed(ChangeKind.GALLERY, "id"),
    "tags": _tags,
    "tag_implications": _changed(ChangeKind.TAG, "tag_id", "implied_tag_id"),
    "filter_tags": _changed(ChangeKind.FILTER, "filter_id"),
    "watched_tags": _changed(ChangeKind.ACCOUNT, "account_id"),
    "words": _changed(ChangeKind.WORD, "id"),
}
