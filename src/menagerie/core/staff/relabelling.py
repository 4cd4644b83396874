"""Relabelling: labels of many images put on and taken off in a few statements, with history."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from menagerie.core import carrying, staff_log, visibility
from menagerie.core.staff_log import Watch, Watched
from menagerie.library import Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import ChangeKind, EventKind, LabelState, Origin

_label, _image, _tag = schema.labels.c, schema.images.c, schema.tags.c
_KEPT = ("origin", "state", "confidence", "account_id", "created_at")


class Pair(NamedTuple):
    """A tag on an image."""

    image_id: int
    tag_id: int


class Standing(NamedTuple):
    """A tag that an image has."""

    name: str
    origin: str


def watch(tx: Tx, image_ids: Collection[int], tag_ids: Collection[int]) -> Watch:
    """Watch labels of these tags on these images."""
    near = (
        sql.among(tx.connection, _label.image_id, image_ids),
        sql.among(tx.connection, _label.tag_id, tag_ids),
    )
    return staff_log.watch(tx, Watched(schema.labels, near[0] & near[1], _KEPT))


def standing(tx: Tx, image_ids: Collection[int]) -> dict[int, dict[int, Standing]]:
    """Return the asserted tags of images, by image and by tag."""
    found: dict[int, dict[int, Standing]] = {image_id: {} for image_id in image_ids}
    rows = tx.all(
        select(_label.image_id, _label.tag_id, _tag.name, _label.origin)
        .join(schema.tags, _tag.id == _label.tag_id)
        .where(
            sql.among(tx.connection, _label.image_id, image_ids),
            _label.state == LabelState.ASSERTED,
        )
    )
    for image_id, tag_id, name, origin in rows:
        found[image_id][tag_id] = Standing(name, origin)
    return found


def put(
    tx: Tx,
    added: Sequence[Pair],
    removed: Sequence[Pair],
    *,
    implied: Collection[int] = (),
    reverts: Mapping[Pair, int] | None = None,
) -> None:
    """Assert labels that are not, and take away ones that are, with history and counters.

    `implied` are tags that come along with others; `reverts` says which change each takes back.
    """
    if not added and not removed:
        return
    _assert(tx, added, implied)
    _take_away(tx, removed)
    changes = _record(tx, added, removed, reverts or {})
    _count(tx, added, removed)
    touched = sorted({pair.image_id for pair in (*added, *removed)})
    _count_verdicts(tx, touched)
    for pair in (*added, *removed):
        tx.changed(ChangeKind.LABEL, *pair)
    for image_id in touched:
        tx.changed(ChangeKind.IMAGE, image_id)
    for image_id, change_id in changes:
        tx.happened(EventKind.IMAGE_BATCH_TAG_UPDATE, image_id, change_id)


def _assert(tx: Tx, added: Sequence[Pair], implied: Collection[int]) -> None:
    if not added:
        return
    near = (
        sql.among(tx.connection, _label.image_id, {pair.image_id for pair in added}),
        sql.among(tx.connection, _label.tag_id, {pair.tag_id for pair in added}),
    )
    there = {Pair(*row) for row in tx.all(select(_label.image_id, _label.tag_id).where(*near))}
    fixed = {"state": LabelState.ASSERTED, "account_id": tx.actor.account_id}
    old, new = [], []
    for pair in added:
        origin = Origin.IMPLIED if pair.tag_id in implied else Origin.PERSON
        if pair in there:
            old.append({"at": pair.image_id, "of": pair.tag_id, "by": origin})
        else:
            row = {**pair._asdict(), "origin": origin, "created_at": tx.now_s}
            new.append(row | fixed)
    if old:
        own = (_label.image_id == bindparam("at"), _label.tag_id == bindparam("of"))
        again = update(schema.labels).where(*own).values(origin=bindparam("by"), **fixed)
        tx.execute(again, old)
    if new:
        tx.execute(insert(schema.labels), new)


def _take_away(tx: Tx, removed: Sequence[Pair]) -> None:
    if removed:
        own = (_label.image_id == bindparam("at"), _label.tag_id == bindparam("of"))
        gone = update(schema.labels).where(*own).values(state=LabelState.REMOVED)
        tx.execute(gone, [{"at": image_id, "of": tag_id} for image_id, tag_id in removed])


def _record(
    tx: Tx, added: Sequence[Pair], removed: Sequence[Pair], reverts: Mapping[Pair, int]
) -> list[tuple[int, int]]:
    """Write the history and return its rows, as image and change."""
    change = schema.tag_changes.c
    tag_ids = {pair.tag_id for pair in (*added, *removed)}
    near = sql.among(tx.connection, _tag.id, tag_ids)
    names = dict(map(tuple, tx.all(select(_tag.id, _tag.name).where(near))))
    made: Any = tx.execute(
        insert(schema.tag_changes).returning(change.image_id, change.id),
        [
            {
                **pair._asdict(),
                "tag_name": names[pair.tag_id],
                "is_added": is_added,
                "account_id": tx.actor.account_id,
                "address": tx.actor.address or None,
                "fingerprint": tx.actor.fingerprint,
                "reverts_id": reverts.get(pair),
                "created_at": tx.now_s,
            }
            for pairs, is_added in ((added, True), (removed, False))
            for pair in pairs
        ],
    )
    return [(row[0], row[1]) for row in made]


def _count(tx: Tx, added: Sequence[Pair], removed: Sequence[Pair]) -> None:
    of_images = Counter(pair.image_id for pair in added)
    of_images.subtract(pair.image_id for pair in removed)
    shifted = update(schema.images).where(_image.id == bindparam("at"))
    tx.execute(
        shifted.values(tag_count=_image.tag_count + bindparam("by"), updated_at=tx.now_s),
        [{"at": image_id, "by": by} for image_id, by in of_images.items()],
    )
    near = sql.among(tx.connection, _image.id, of_images)
    seen = set(tx.execute(select(_image.id).where(near, visibility.SEARCHABLE)).scalars())
    of_tags = Counter(pair.tag_id for pair in added if pair.image_id in seen)
    of_tags.subtract(pair.tag_id for pair in removed if pair.image_id in seen)
    if of_tags:
        moved = update(schema.tags).where(_tag.id == bindparam("of"))
        tx.execute(
            moved.values(image_count=_tag.image_count + bindparam("by")),
            [{"of": tag_id, "by": by} for tag_id, by in of_tags.items()],
        )


def _count_verdicts(tx: Tx, image_ids: Sequence[int]) -> None:
    row = schema.validations.c
    judged = select(row.image_id).where(sql.among(tx.connection, row.image_id, image_ids))
    if found := sorted(tx.execute(judged.distinct()).scalars()):
        carrying.count_verdicts(tx, found)
