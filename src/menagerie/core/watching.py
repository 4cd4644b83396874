"""What an account watches for: tags, a query, and a query of what to leave out."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from menagerie.core import filters, rights, tags
from menagerie.errors import Invalid, QueryError
from menagerie.library import Tx
from menagerie.search import booru
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

MAX_TAGS = 5000


class Watch(msgspec.Struct, frozen=True):
    """Any of the tags or the query, and not the other query; the queries are one a line, ORed."""

    tags: tuple[str, ...] = ()
    tag_ids: tuple[int, ...] = ()
    query: str = ""
    exclude_query: str = ""
    is_without_spoilered: bool = False


_row = schema.accounts.c
_watched = schema.watched_tags.c


def get(tx: Tx) -> Watch:
    """Return what the actor watches for, the tags by name; raises Unauthenticated."""
    account_id = rights.require_account(tx)
    row = tx.one(
        select(
            _row.watched_query, _row.watched_exclude_query, _row.watched_without_spoilered
        ).where(_row.id == account_id)
    )
    if row is None:
        return Watch()
    tag = schema.tags.c
    found = tx.all(
        select(tag.name, tag.id)
        .join(schema.watched_tags, _watched.tag_id == tag.id)
        .where(_watched.account_id == account_id)
        .order_by(tag.name)
    )
    return Watch(tuple(name for name, _ in found), tuple(i for _, i in found), *row)


def change(
    tx: Tx,
    *,
    add: str | Iterable[str] = (),
    remove: str | Iterable[str] = (),
    query: str | None = None,
    exclude_query: str | None = None,
    is_without_spoilered: bool | None = None,
) -> Watch:
    """Add and take away watched tags by name and set the queries; None leaves a part as it is.

    Unknown tags are left out, an alias stands for its target. Raises Unauthenticated, or Invalid
    (`tags`, `query`, `exclude_query`).
    """
    account_id = rights.require_account(tx)
    problems = {
        name: [problem]
        for name, text in (("query", query), ("exclude_query", exclude_query))
        if text and (problem := _query_problem(tx, text))
    }
    if problems:
        raise Invalid(problems)
    _change_tags(tx, account_id, tags.parse_list(add), tags.parse_list(remove))
    given: dict[str, Any] = {
        "watched_query": query,
        "watched_exclude_query": exclude_query,
        "watched_without_spoilered": is_without_spoilered,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if values:
        tx.execute(update(schema.accounts).where(_row.id == account_id).values(**values))
    tx.changed(ChangeKind.ACCOUNT, account_id)
    return get(tx)


def _query_problem(tx: Tx, text: str) -> str | None:
    if len(text) > filters.MAX_QUERY_BYTES:
        return f"should be at most {filters.MAX_QUERY_BYTES} byte(s)"
    try:
        filters.parse_query(text, now=tx.now_s, inside=booru.Inside.WATCHLIST)
    except QueryError as error:
        return error.message
    return None


def _tag_ids(tx: Tx, account_id: int) -> set[int]:
    return set(
        tx.execute(select(_watched.tag_id).where(_watched.account_id == account_id)).scalars()
    )


def _change_tags(tx: Tx, account_id: int, add: list[str], remove: list[str]) -> None:
    wanted, unwanted = (
        {tag.id for tag in tags.canonical(tx, names).values()} for names in (add, remove)
    )
    there = _tag_ids(tx, account_id)
    new, gone = wanted - there, (unwanted - wanted) & there
    if len(there) + len(new) - len(gone) > MAX_TAGS:
        raise Invalid({"tags": [f"must be at most {MAX_TAGS} tags"]})
    if new:
        tx.execute(
            insert(schema.watched_tags),
            [{"account_id": account_id, "tag_id": tag_id} for tag_id in sorted(new)],
        )
    if gone:
        tx.execute(
            delete(schema.watched_tags).where(
                _watched.account_id == account_id, _watched.tag_id.in_(gone)
            )
        )
