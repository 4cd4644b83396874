"""Searches that an account keeps under names of its own."""

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from menagerie.core import rights
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema

MOST = 200
MOST_NAME_CHARACTERS = 100
MOST_QUERY_CHARACTERS = 8192


class SavedSearch(msgspec.Struct, frozen=True):
    """A query under a name; `sort` is as addresses have it, such as `score:asc`, or empty."""

    id: int
    name: str
    query: str
    sort: str
    created_at: int


_row = schema.saved_searches.c
_COLUMNS = (_row.id, _row.name, _row.query, _row.sort, _row.created_at)


def find_own(tx: Tx, beginning: str = "") -> list[SavedSearch]:
    """Return the actor's searches by name, those with a word that begins so; none for visitors."""
    if tx.actor.account_id is None:
        return []
    mine = select(*_COLUMNS).where(_row.account_id == tx.actor.account_id)
    found = [SavedSearch(*row) for row in tx.all(mine)]
    start = beginning.casefold().strip()
    fitting = [
        one for one in found if not start or f" {one.name}".casefold().find(f" {start}") >= 0
    ]
    return sorted(fitting, key=lambda one: one.name.casefold())


def get(tx: Tx, search_id: int) -> SavedSearch:
    """Return one of the actor's searches. Raises Unauthenticated and NotFound."""
    row = tx.one(select(*_COLUMNS).where(_own(tx, search_id)))
    if row is None:
        raise NotFound
    return SavedSearch(*row)


def save(tx: Tx, name: str, query: str, sort: str = "") -> SavedSearch:
    """Keep a search; one that has the name already is replaced.

    The query is kept as it was typed, also one that cannot be understood. Raises Unauthenticated,
    or Invalid (`name`, `query`).
    """
    account_id = rights.require_account(tx)
    name = _checked_name(name)
    if not query.strip() or len(query) > MOST_QUERY_CHARACTERS or "\0" in query:
        raise Invalid({"query": [f"must have between 1 and {MOST_QUERY_CHARACTERS} characters"]})
    there = _id_of(tx, account_id, name)
    if there is not None:
        tx.execute(
            update(schema.saved_searches).where(_row.id == there).values(query=query, sort=sort)
        )
        return get(tx, there)
    mine = select(func.count()).select_from(schema.saved_searches)
    if tx.scalar(mine.where(_row.account_id == account_id)) >= MOST:
        raise Invalid({"name": [f"would be one more than the {MOST} searches allowed"]})
    made = tx.execute(
        insert(schema.saved_searches)
        .values(account_id=account_id, name=name, query=query, sort=sort, created_at=tx.now)
        .returning(_row.id)
    )
    return get(tx, made.scalar_one())


def rename(tx: Tx, search_id: int, name: str) -> None:
    """Give a search another name. Raises Unauthenticated, NotFound and Invalid (`name`)."""
    get(tx, search_id)
    name = _checked_name(name)
    if _id_of(tx, rights.require_account(tx), name) not in {None, search_id}:
        raise Invalid({"name": ["is that of another of your searches"]})
    tx.execute(update(schema.saved_searches).where(_own(tx, search_id)).values(name=name))


def forget(tx: Tx, search_id: int) -> None:
    """Delete a search. Raises Unauthenticated and NotFound."""
    get(tx, search_id)
    tx.execute(delete(schema.saved_searches).where(_own(tx, search_id)))


def _own(tx: Tx, search_id: int) -> ColumnElement[bool]:
    return and_(_row.id == search_id, _row.account_id == rights.require_account(tx))


def _id_of(tx: Tx, account_id: int, name: str) -> int | None:
    found: int | None = tx.scalar(
        select(_row.id).where(_row.account_id == account_id, _row.name == name)
    )
    return found


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= MOST_NAME_CHARACTERS or "\0" in plain:
        raise Invalid({"name": [f"must have between 1 and {MOST_NAME_CHARACTERS} characters"]})
    return plain
