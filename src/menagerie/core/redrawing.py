"""Redrawing: the outlines on one image, put on another that shows the same at its own size."""

from typing import Any

from sqlalchemy import Row, and_, exists, insert, literal, select, update

from menagerie import jobs
from menagerie.core import annotations, shapes
from menagerie.core.geometry import Data, Outline
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

# Beyond this the pictures were cut differently, and no outline of one fits the other.
_MOST_SKEW = 0.02
_ACROSS = frozenset({"left", "width", "rx", "x"})
_DOWN = frozenset({"top", "height", "ry", "y"})

_row = schema.annotations.c
_image = schema.images.c


def to_image(tx: Tx, from_id: int, to_id: int) -> None:
    """Copy the newest sets of shapes of an image to another, with what was said of them.

    A label that is outlined there already keeps its own. Nothing is copied between pictures of
    different shape. The caller decides whether the actor may.
    """
    factors = _factors(tx, from_id, to_id)
    if factors is None:
        return
    there = schema.annotations.alias("there")
    is_there = and_(
        there.c.image_id == to_id, there.c.tag_id == _row.tag_id, there.c.is_auto == _row.is_auto
    )
    found = tx.all(
        select(schema.annotations)
        .where(_row.image_id == from_id, ~exists().where(is_there))
        .order_by(_row.id)
    )
    for old in found:
        _copy(tx, old, to_id, factors)
        tx.changed(ChangeKind.LABEL, to_id, old.tag_id)
    if by_people := sum(not old.is_auto for old in found):
        tx.execute(
            update(schema.images)
            .where(_image.id == to_id)
            .values(annotation_count=_image.annotation_count + by_people)
        )
        tx.changed(ChangeKind.IMAGE, to_id)
        jobs.enqueue(tx, annotations.MEASURE, {"image_id": to_id})


def _factors(tx: Tx, from_id: int, to_id: int) -> tuple[float, float] | None:
    rows = tx.all(
        select(_image.id, _image.width, _image.height).where(_image.id.in_([from_id, to_id]))
    )
    sizes = {row.id: (row.width, row.height) for row in rows}
    (width, height), (to_width, to_height) = sizes[from_id], sizes[to_id]
    across, down = to_width / width, to_height / height
    return (across, down) if abs(across / down - 1) <= _MOST_SKEW else None


def _copy(tx: Tx, old: Row[*tuple[Any, ...]], to_id: int, factors: tuple[float, float]) -> None:
    kept = ("tag_id", "is_auto", "yes_weight", "no_weight", "account_id", "created_at")
    values = {name: old._mapping[name] for name in (*kept, "updated_at")}  # noqa: SLF001
    made = tx.execute(
        insert(schema.annotations)
        .values(key=shapes.new_key(tx), image_id=to_id, revision=1, **values)
        .returning(_row.id)
    )
    new_id = int(made.scalar_one())
    tx.execute(
        insert(schema.annotation_revisions).values(
            annotation_id=new_id,
            revision=1,
            account_id=old.account_id,
            created_at=old.updated_at,
        )
    )
    drawn = shapes.read(tx, [(old.id, old.revision)])[old.id]
    outlines = [Outline(one.kind, scaled(one.data, factors), key=one.key) for one in drawn]
    shapes.write(tx, new_id, 1, [(outline, ()) for outline in outlines], before=drawn)
    _copy_verdicts(tx, old, new_id)


def _copy_verdicts(tx: Tx, old: Row[*tuple[Any, ...]], new_id: int) -> None:
    row = schema.annotation_validations.c
    replaced = {"annotation_id": literal(new_id), "revision": literal(1)}
    names = [column.name for column in row if column.name != "id"]
    columns = [replaced[n].label(n) if n in replaced else row[n] for n in names]
    said = select(*columns).where(row.annotation_id == old.id, row.revision == old.revision)
    tx.execute(insert(schema.annotation_validations).from_select(names, said))


def scaled(data: Data, factors: tuple[float, float]) -> Data:
    """Return the members of a shape on a picture that is so much wider and higher.

    >>> scaled({"type": "rect", "left": 1, "top": 2, "width": 3, "height": 4}, (2.0, 2.0))
    {'type': 'rect', 'left': 2.0, 'top': 4.0, 'width': 6.0, 'height': 8.0}
    """
    across, down = factors
    if across == down == 1:
        return data

    def resized(name: str, value: Any) -> Any:
        if name == "points":
            return [scaled(point, factors) for point in value]
        if name in _ACROSS:
            return value * across
        return value * down if name in _DOWN else value

    return {name: resized(name, value) for name, value in data.items()}
