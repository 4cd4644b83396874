"""News: what accounts are told of, one row for each account and thing however often it happens.

A row holds ids only. Whoever shows it looks its subject up in the usual way, and so shows nothing
that has gone out of sight since.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    update,
)

from menagerie.core import rights
from menagerie.core.people import audiences, preferences
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import NewsKind


class News(msgspec.Struct, frozen=True):
    """What happened to a thing since its news was last read; see `NewsKind` for the ids."""

    id: int
    kind: NewsKind
    subject_id: int
    other_id: int | None
    count: int
    created_at: int
    updated_at: int
    read_at: int | None


_row = schema.notifications.c
_account = schema.accounts.c
_SELECT = select(*(_row[name] for name in News.__struct_fields__))
# Made once: building a statement costs more than running it, and every page asks.
_UNREAD = select(func.count()).where(
    _row.account_id == bindparam("account_id"), _row.read_at.is_(None)
)
_OF_IMAGES = {NewsKind.COMMENT, NewsKind.MERGE, NewsKind.COMMENT_MENTION}
_OF_TOPICS = {NewsKind.POST, NewsKind.POST_MENTION}
_UNREAD_KINDS = select(_row.kind).where(
    _row.account_id == bindparam("account_id"),
    _row.kind.in_(bindparam("kinds", expanding=True)),
    _row.subject_id == bindparam("subject_id"),
    _row.read_at.is_(None),
)


def tell(
    tx: Tx,
    account_ids: Iterable[int],
    kind: NewsKind,
    subject_id: int,
    other_id: int | None = None,
) -> None:
    """Tell accounts of something: a new row, or the one they have counts one more.

    Not the actor, nor who has left, who does not want to hear of such things, or who may not know
    of the subject. Takes three statements for however many accounts. Whether the newest thing
    itself (`other_id`) may be known of, the caller sees to.
    """
    wanted = {i for i in account_ids if i != tx.actor.account_id}
    if not wanted:
        return
    may_know = _may_know(tx, kind, subject_id)
    if may_know is None:
        return
    fits = sql.among(tx.connection, _account.id, sorted(wanted))
    there = tx.all(
        select(_account.id, _account.preferences).where(
            fits, may_know, _account.deactivated_at.is_(None)
        )
    )
    told = [account_id for account_id, stored in there if preferences.wants(stored, kind)]
    if told:
        _write(tx, told, kind, subject_id, other_id)


def _may_know(tx: Tx, kind: NewsKind, subject_id: int) -> ColumnElement[bool] | None:
    if kind in _OF_IMAGES:
        return audiences.of_image(tx, subject_id)
    if kind in _OF_TOPICS:
        return audiences.of_topic(tx, subject_id)
    if kind is NewsKind.TOPIC:
        return audiences.of_forum(tx, subject_id)
    return _account.id > 0


def _write(
    tx: Tx, account_ids: list[int], kind: NewsKind, subject_id: int, other_id: int | None
) -> None:
    new: Select[tuple[object, ...]] = select(
        _account.id,
        literal(kind.value, _row.kind.type),
        literal(subject_id, _row.subject_id.type),
        literal(other_id, _row.other_id.type),
        literal(1, _row.count.type),
        literal(tx.now, _row.created_at.type),
        literal(tx.now, _row.updated_at.type),
    ).where(sql.among(tx.connection, _account.id, account_ids))
    names = ["account_id", "kind", "subject_id", "other_id", "count", "created_at", "updated_at"]
    statement = sql.insert(tx.connection, schema.notifications).from_select(names, new)
    is_unread = _row.read_at.is_(None)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "kind", "subject_id"],
            set_={
                "other_id": statement.excluded.other_id,
                "count": case((is_unread, _row.count + 1), else_=1),
                "created_at": case((is_unread, _row.created_at), else_=tx.now),
                "updated_at": tx.now,
                "read_at": None,
            },
        )
    )


def find(
    tx: Tx, *, unread_only: bool = False, limit: int = 25, offset: int = 0
) -> tuple[list[News], int]:
    """Return the actor's news, the newest first, and how many there are.

    Raises Unauthenticated.
    """
    conditions = [_row.account_id == rights.require_account(tx)]
    if unread_only:
        conditions.append(_row.read_at.is_(None))
    rows = tx.all(
        _SELECT.where(*conditions)
        .order_by(_row.updated_at.desc(), _row.id.desc())
        .limit(limit)
        .offset(offset)
    )
    total = tx.scalar(select(func.count()).select_from(schema.notifications).where(*conditions))
    return [News(row[0], NewsKind(row[1]), *row[2:]) for row in rows], int(total)


def unread_count(tx: Tx) -> int:
    """Return how many things the actor has unread news of; 0 for visitors without account."""
    if tx.actor.account_id is None:
        return 0
    return int(tx.execute(_UNREAD, {"account_id": tx.actor.account_id}).scalar_one())


def unread_kinds(tx: Tx, kinds: Iterable[NewsKind], subject_id: int) -> list[NewsKind]:
    """Return of which `kinds` there is news of a thing that can be `read`; takes one statement."""
    if tx.actor.account_id is None:
        return []
    about = {"account_id": tx.actor.account_id, "subject_id": subject_id, "kinds": list(kinds)}
    return [NewsKind(kind) for kind in tx.execute(_UNREAD_KINDS, about).scalars()]


def _unread_of(tx: Tx, kind: NewsKind, subject_id: int) -> Select[tuple[int]]:
    return select(_row.id).where(
        _row.account_id == tx.actor.account_id,
        _row.kind == kind,
        _row.subject_id == subject_id,
        _row.read_at.is_(None),
    )


def read(tx: Tx, kind: NewsKind, subject_id: int) -> None:
    """Note that the actor has seen what happened to a thing; nothing for visitors."""
    if tx.actor.account_id is not None:
        tx.execute(
            update(schema.notifications)
            .where(_row.id.in_(_unread_of(tx, kind, subject_id)))
            .values(read_at=tx.now)
        )


def read_all(tx: Tx) -> None:
    """Note that the actor has seen everything. Raises Unauthenticated."""
    tx.execute(
        update(schema.notifications)
        .where(_row.account_id == rights.require_account(tx), _row.read_at.is_(None))
        .values(read_at=tx.now)
    )


def forget(tx: Tx, news_id: int) -> None:
    """Delete one piece of the actor's news. Raises Unauthenticated or NotFound."""
    own = _row.account_id == rights.require_account(tx)
    known = 0 < news_id < 2**63
    if (
        not known
        or not tx.execute(delete(schema.notifications).where(own, _row.id == news_id)).rowcount
    ):
        raise NotFound


def withdraw(tx: Tx, account_ids: Iterable[int], kind: NewsKind, subject_id: int) -> None:
    """Delete what these accounts were told of a thing that is no more."""
    ids = sorted(set(account_ids))
    if ids:
        whose = sql.among(tx.connection, _row.account_id, ids)
        tx.execute(
            delete(schema.notifications).where(
                whose, _row.kind == kind, _row.subject_id == subject_id
            )
        )
