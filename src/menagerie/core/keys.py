"""API keys: named, shown once, stored as hashes."""

import msgspec
from sqlalchemy import func, insert, select, update

from menagerie.core import rights, tokens
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

MAX_KEYS = 50
MAX_NAME_BYTES = 100


class Key(msgspec.Struct, frozen=True):
    """An API key without the key; `last_used_at` is right to about a minute."""

    id: int
    name: str
    created_at: int
    last_used_at: int | None


_row = schema.api_keys.c


def add(tx: Tx, name: str) -> str:
    """Make a key for the actor's account and return it: 20 characters, never to be seen again.

    Raises Unauthenticated, or Invalid (`name`).
    """
    return _add(tx, rights.require_account(tx), name)


def add_for(tx: Tx, account_id: int, name: str) -> str:
    """Make a key for any account; administrators only. Raises Invalid (`name`)."""
    rights.require_admin(tx)
    return _add(tx, account_id, name)


def _add(tx: Tx, account_id: int, name: str) -> str:
    name = name.strip()
    if not name or rights.is_unfit(name) or len(name.encode()) > MAX_NAME_BYTES:
        raise Invalid({"name": [f"must have between 1 and {MAX_NAME_BYTES} bytes"]})
    count = select(func.count()).where(_row.account_id == account_id, _row.revoked_at.is_(None))
    if tx.scalar(count) >= MAX_KEYS:
        raise Invalid({"name": [f"would be one more than the {MAX_KEYS} keys allowed"]})
    key = tokens.generate(tx.library)
    tx.execute(
        insert(schema.api_keys).values(
            account_id=account_id, name=name, hash=tokens.digest(key), created_at=tx.now
        )
    )
    return key


def find_own(tx: Tx) -> list[Key]:
    """Return the actor's keys in force, the oldest first; raises Unauthenticated."""
    rows = tx.all(
        select(*(_row[name] for name in Key.__struct_fields__))
        .where(_row.account_id == rights.require_account(tx), _row.revoked_at.is_(None))
        .order_by(_row.id)
    )
    return [Key(*row) for row in rows]


def revoke(tx: Tx, key_id: int) -> None:
    """End one of the actor's keys; raises Unauthenticated or NotFound."""
    account_id = rights.require_account(tx)
    ended = tx.execute(
        update(schema.api_keys)
        .where(_row.id == key_id, _row.account_id == account_id, _row.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    if ended.rowcount == 0:
        raise NotFound
    tx.changed(ChangeKind.ACCOUNT, account_id)


def revoke_all(tx: Tx, account_id: int) -> None:
    """End every key of an account; the caller decides whether this may be."""
    tx.execute(
        update(schema.api_keys)
        .where(_row.account_id == account_id, _row.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    tx.changed(ChangeKind.ACCOUNT, account_id)
