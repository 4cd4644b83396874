"""Make rows be as entries say, in few statements, leaving alone what administrators changed."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, bindparam, insert, select, update

from menagerie.core import tags, vocabulary
from menagerie.core.animals.forms import Values
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

_log = logging.getLogger(__name__)


class Counts(msgspec.Struct, frozen=True):
    """What became of one kind of thing; `kept` were left as an administrator made them."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0


def merge(
    tx: Tx,
    table: Table,
    wanted: Mapping[str, Values],
    *,
    scope: ColumnElement[bool],
    is_own: bool,
) -> Counts:
    """Make rows, known by `code`, be as wanted; those in `scope` that are not wanted go.

    What was edited stays, unless `is_own`: then everything wanted wins, is marked as edited, and
    nothing goes.
    """
    row = table.c
    there = {each.code: each for each in tx.all(select(table))}
    in_scope = set(tx.execute(select(row.code).where(scope)).scalars())
    new = [values for code, values in wanted.items() if code not in there]
    kept = [c for c in wanted if c in there and there[c].is_edited and not is_own]
    left = wanted.keys() - set(kept)
    changed = [
        wanted[code]
        for code, each in there.items()
        if code in left and (_differs(each, wanted[code]) or each.removed_at is not None)
    ]
    gone = [
        each.id
        for code, each in there.items()
        if code in in_scope - wanted.keys()
        and not (each.is_edited or is_own or each.removed_at is not None)
    ]
    marks = {"is_edited": is_own, "updated_at": tx.now}
    if new:
        tx.execute(insert(table), [values | marks | {"created_at": tx.now} for values in new])
    update_all(tx, table, [values | marks | {"removed_at": None} for values in changed])
    if gone:
        tx.execute(update(table).where(row.id.in_(gone)).values(removed_at=tx.now))
    return Counts(len(new), len(changed), len(gone), len(kept))


def _differs(row: Row[*tuple[Any, ...]], values: Values) -> bool:
    of = row._mapping  # noqa: SLF001  # the documented way to columns by name
    return any(of[name] != value for name, value in values.items())


def update_all(tx: Tx, table: Table, rows: Sequence[Values]) -> None:
    """Update rows by their codes; all have the same columns."""
    if rows:
        names = [name for name in rows[0] if name != "code"]
        statement = (
            update(table)
            .where(table.c.code == bindparam("of_code"))
            .values({name: bindparam(f"new_{name}") for name in names})
        )
        tx.execute(
            statement,
            [
                {"of_code": values["code"]} | {f"new_{name}": values[name] for name in names}
                for values in rows
            ],
        )


# Tags.


def make_tags(tx: Tx, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of tags by name, those that aliases stand for, made where there are none."""
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), tags.MAX_NAMES):
        tags.resolve(tx, wanted[start : start + tags.MAX_NAMES])
    return {name: tag.id for name, tag in tags.canonical(tx, wanted).items()}


def make_aliases(tx: Tx, aliases: Mapping[str, int]) -> None:
    """Let names stand for tags.

    One that stands for another tag already, that is a breed of its own, or that cannot be an alias
    as others are aliases of it, is left as it is.
    """
    known = tags.canonical(tx, list(aliases))
    new = [name for name in aliases if name not in known]
    made = make_tags(tx, new)
    if new:
        # Nothing carries them yet, so there is nothing to move.
        tx.execute(
            update(schema.tags)
            .where(schema.tags.c.id == bindparam("of_id"))
            .values(aliased_to_id=bindparam("target")),
            [{"of_id": made[name], "target": aliases[name]} for name in new],
        )
        for name in new:
            tx.changed(ChangeKind.TAG, made[name])
            tx.changed(ChangeKind.TAG, aliases[name])
    own = [(n, tag) for n, tag in known.items() if tag.name == n and tag.id != aliases[n]]
    if own:
        row = schema.breeds.c
        taken = set(tx.execute(select(row.tag_id).where(row.tag_id.is_not(None))).scalars())
        for name, tag in own:
            if tag.id not in taken:
                _alias(tx, tag.id, aliases[name])


def _alias(tx: Tx, tag_id: int, target_id: int) -> None:
    """Make a tag that images may carry an alias, if the board's rules let it be one."""
    try:
        vocabulary.alias(tx, tag_id, target_id)
    except Invalid:
        # It has aliases or a word of its own: an operator's choice. Nothing was changed.
        _log.warning("tag %d means a breed too, but stays a tag of its own", tag_id)
