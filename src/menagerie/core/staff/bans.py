"""Bans: an account, a range of addresses or a fingerprint is shut out, for a time or for good.

Everything here is for moderators and the library itself (else Unauthenticated or Forbidden).
"""

import ipaddress
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, insert, select

from menagerie.core import moderation, rights, staff_log
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Role


class Ban(msgspec.Struct, frozen=True):
    """Somebody shut out: an account, a range of addresses or a fingerprint."""

    id: int
    account_id: int | None
    account_name: str | None
    network: str | None
    fingerprint: str | None
    reason: str
    created_at: int
    until_at: int | None


def ban(
    tx: Tx,
    *,
    account_id: int | None = None,
    network: str | None = None,
    fingerprint: str | None = None,
    reason: str = "",
    until_at: int | None = None,
) -> int:
    """Shut out an account, a range of addresses (CIDR) or a fingerprint, and return the ban's id.

    `until_at` is in microseconds UTC, None meaning for good. Raises NotFound for an unknown
    account, Forbidden for staff, and Invalid (`ban`, `network`, `until_at`, `reason`).
    """
    rights.require_moderator(tx)
    text = moderation.require_reason(reason)
    if [account_id, network, fingerprint].count(None) != 2:
        raise Invalid({"ban": ["must name one of an account, a network and a fingerprint"]})
    if until_at is not None and until_at <= tx.now:
        raise Invalid({"until_at": ["is in the past"]})
    if account_id is not None:
        _require_bannable(tx, account_id)
    before = staff_log.watch(tx, _all_from_now(tx))
    result = tx.execute(
        insert(schema.bans)
        .values(
            account_id=account_id,
            network=_checked_network(network),
            fingerprint=fingerprint,
            reason=text,
            created_by_id=tx.actor.account_id,
            created_at=tx.now_s,
            until_at=until_at,
        )
        .returning(schema.bans.c.id)
    )
    ban_id = int(result.scalar_one())
    kind, subject = ("account", account_id) if account_id is not None else ("ban", ban_id)
    staff_log.note(tx, "ban", kind, subject, reason=text, details={"ban_id": ban_id}, before=before)
    return ban_id


def _all_from_now(tx: Tx) -> staff_log.Watched:
    """Watch the bans to come, of which there is one by the end of the act."""
    last = tx.scalar(select(func.max(schema.bans.c.id))) or 0
    return staff_log.Watched(schema.bans, schema.bans.c.id > last)


def _require_bannable(tx: Tx, account_id: int) -> None:
    role = tx.scalar(select(schema.accounts.c.role).where(schema.accounts.c.id == account_id))
    if role is None:
        raise NotFound
    if role in {Role.MODERATOR, Role.ADMIN}:
        raise Forbidden("Moderators cannot be banned; take the role away first.")


def _checked_network(network: str | None) -> str | None:
    if network is None:
        return None
    try:
        return str(ipaddress.ip_network(network.strip(), strict=False))
    except ValueError:
        raise Invalid({"network": ["must be an address or a range such as 192.0.2.0/24"]}) from None


def unban(tx: Tx, ban_id: int) -> None:
    """Lift a ban; raises NotFound."""
    rights.require_moderator(tx)
    row = tx.one(select(schema.bans.c.account_id).where(schema.bans.c.id == ban_id))
    if row is None:
        raise NotFound
    before = staff_log.watch_row(tx, schema.bans, ban_id)
    tx.execute(delete(schema.bans).where(schema.bans.c.id == ban_id))
    kind, subject = ("account", row.account_id) if row.account_id is not None else ("ban", ban_id)
    staff_log.note(tx, "unban", kind, subject, details={"ban_id": ban_id}, before=before)


def bans(tx: Tx, *, limit: int = 50, offset: int = 0) -> Sequence[Ban]:
    """Return the bans in force, the newest first."""
    rights.require_moderator(tx)
    row = schema.bans.c
    rows = tx.all(
        select(
            row.id,
            row.account_id,
            schema.accounts.c.name,
            *(row[name] for name in Ban.__struct_fields__[3:]),
        )
        .outerjoin(schema.accounts, schema.accounts.c.id == row.account_id)
        .where(row.until_at.is_(None) | (row.until_at > tx.now))
        .order_by(row.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [Ban(*found) for found in rows]
