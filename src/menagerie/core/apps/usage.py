"""What a program's account has here, in all and per person it acts for."""

import msgspec
from sqlalchemy import ColumnElement, Table, func, literal, select, union_all

from menagerie.core import rights
from menagerie.core.apps import quotas
from menagerie.core.apps.quotas import Quota
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema


class PersonUsage(msgspec.Struct, frozen=True):
    """What an account keeps on behalf of one person; times in microseconds UTC."""

    on_behalf_of: str
    images: int
    votes: int
    favourites: int
    pets: int
    total: int
    first_used_at: int
    last_used_at: int


class Overview(msgspec.Struct, frozen=True):
    """What an account has here; times in microseconds UTC."""

    account_id: int
    images: int
    votes: int
    favourites: int
    pets: int
    people: int
    quota: Quota
    created_at: int
    last_request_at: int | None


_KINDS: dict[str, tuple[Table, ColumnElement[bool]]] = {
    "images": (
        schema.images,
        schema.images.c.removed_at.is_(None)
        & schema.images.c.id.not_in(select(schema.pet_images.c.image_id)),
    ),
    "votes": (schema.app_votes, literal(value=True)),
    "favourites": (schema.app_favourites, schema.app_favourites.c.deleted_at.is_(None)),
    "pets": (schema.pets, schema.pets.c.removed_at.is_(None)),
}


def by_person(
    tx: Tx, *, since: int | None, until: int | None, limit: int, offset: int
) -> tuple[list[PersonUsage], int]:
    """Return what the account did for whom between two times, both included, the busiest first.

    What was done on nobody's behalf is left out. Raises Unauthenticated.
    """
    account_id = rights.require_account(tx)
    parts = []
    for kind, (table, is_there) in _KINDS.items():
        row = table.c
        conditions = [row.account_id == account_id, row.on_behalf_of.is_not(None), is_there]
        if since is not None:
            conditions.append(row.created_at >= since)
        if until is not None:
            conditions.append(row.created_at <= until)
        parts.append(
            select(row.on_behalf_of, literal(kind).label("kind"), row.created_at).where(*conditions)
        )
    used = union_all(*parts).subquery()
    counts = [func.count().filter(used.c.kind == kind) for kind in _KINDS]
    grouped = (
        select(
            used.c.on_behalf_of,
            *counts,
            func.count().label("total"),
            func.min(used.c.created_at),
            func.max(used.c.created_at),
        )
        .group_by(used.c.on_behalf_of)
        .order_by(func.count().desc(), used.c.on_behalf_of)
    )
    total = tx.scalar(select(func.count(used.c.on_behalf_of.distinct())))
    rows = tx.all(grouped.limit(limit).offset(offset))
    return [PersonUsage(*row) for row in rows], int(total or 0)


def overview(tx: Tx, account_id: int) -> Overview:
    """Return what an account has here; for administrators. Raises Forbidden and NotFound."""
    rights.require_admin(tx)
    account = schema.accounts.c
    created_at = tx.scalar(select(account.created_at).where(account.id == account_id))
    if created_at is None:
        raise NotFound
    counts = {
        kind: int(
            tx.scalar(
                select(func.count())
                .select_from(table)
                .where(table.c.account_id == account_id, is_there)
            )
        )
        for kind, (table, is_there) in _KINDS.items()
    }
    people = union_all(
        *(
            select(table.c.on_behalf_of).where(
                table.c.account_id == account_id, table.c.on_behalf_of.is_not(None), is_there
            )
            for table, is_there in _KINDS.values()
        )
    ).subquery()
    key = schema.api_keys.c
    return Overview(
        account_id=account_id,
        **counts,
        people=int(tx.scalar(select(func.count(people.c.on_behalf_of.distinct()))) or 0),
        quota=quotas.quota_of(tx, account_id),
        created_at=created_at,
        last_request_at=tx.scalar(
            select(func.max(key.last_used_at)).where(key.account_id == account_id)
        ),
    )
