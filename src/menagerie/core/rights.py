"""Who may act at all: signed in, of a role, not shut out."""

import ipaddress

from sqlalchemy import bindparam, or_, select

from menagerie.errors import Banned, Forbidden, Invalid, Unauthenticated
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Role

_ban = schema.bans.c
# Made once: building a statement costs more than running it, and every change asks.
_BANS = select(_ban.network).where(
    or_(_ban.until_at.is_(None), _ban.until_at > bindparam("now")),
    or_(
        _ban.network.is_not(None),
        _ban.account_id == bindparam("of_account"),
        _ban.fingerprint == bindparam("of_browser"),
    ),
)


def require_account(tx: Tx) -> int:
    """Return the actor's account id; raises Unauthenticated for anybody without an account."""
    if tx.actor.account_id is None:
        raise Unauthenticated
    return tx.actor.account_id


def require_assistant(tx: Tx) -> None:
    """Let assistants and everybody above them pass; raises Unauthenticated or Forbidden."""
    if not tx.actor.is_assistant:
        raise Forbidden if tx.actor.is_signed_in else Unauthenticated


def require_moderator(tx: Tx) -> None:
    """Let moderators and the library itself pass; raises Unauthenticated or Forbidden."""
    if not tx.actor.is_moderator:
        raise Forbidden if tx.actor.is_signed_in else Unauthenticated


def require_admin(tx: Tx) -> None:
    """Let administrators and the library itself pass; raises Unauthenticated or Forbidden."""
    if not tx.actor.is_admin:
        raise Forbidden if tx.actor.is_signed_in else Unauthenticated


def require_contributor(tx: Tx) -> None:
    """Let pass whoever may change what others see: an account that is not banned, or the library.

    Raises Unauthenticated or Banned.
    """
    if not tx.actor.is_admin:
        require_account(tx)
        if is_banned(tx):
            raise Banned


def require_unbanned(tx: Tx) -> None:
    """Let pass whoever is not shut out, with an account or without; raises Banned."""
    if not tx.actor.is_admin and is_banned(tx):
        raise Banned


def require_other_admin(tx: Tx, account_id: int) -> None:
    """Let pass unless the account is the last administrator in force; raises Invalid (`role`)."""
    row = schema.accounts.c
    admins = tx.execute(
        select(row.id).where(row.role == Role.ADMIN, row.deactivated_at.is_(None)).limit(2)
    )
    if list(admins.scalars()) == [account_id]:
        raise Invalid({"role": ["is that of the last administrator"]})


_LOCKED = {
    "comments": "The comments on this image are locked.",
    "tags": "The tags of this image are locked.",
    "description": "The description of this image is locked.",
}


def require_unlocked(tx: Tx, image_id: int, what: str) -> None:
    """Let pass unless the `comments`, `tags` or `description` of an image are locked.

    Moderators pass always. Raises Forbidden.
    """
    image = schema.images.c
    locked = select(image[f"locks_{what}"]).where(image.id == image_id)
    if not tx.actor.is_moderator and tx.scalar(locked):
        raise Forbidden(_LOCKED[what])


def is_banned(tx: Tx) -> bool:
    """Tell whether a ban in force names the actor's account, address range or fingerprint."""
    return tx.remembered("is banned", lambda: _find_ban(tx))


def _find_ban(tx: Tx) -> bool:
    actor = tx.actor
    whom = {"of_account": actor.account_id, "of_browser": actor.fingerprint, "now": tx.now}
    networks = tx.execute(_BANS, whom).scalars()
    return any(network is None or is_within(actor.address, network) for network in networks)


def is_within(address: str, network: str) -> bool:
    """Tell whether an address lies in a network in CIDR notation; false if either is malformed.

    >>> is_within("192.0.2.7", "192.0.2.0/24"), is_within("", "192.0.2.0/24")
    (True, False)
    >>> is_within("::ffff:192.0.2.7", "192.0.2.0/24")
    True
    """
    try:
        parsed = ipaddress.ip_address(address)
        # A socket for both versions gives IPv4 in the form of IPv6.
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return (mapped or parsed) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def is_unfit(text: str) -> bool:
    """Tell whether no database can hold the text: NUL, or half of a surrogate pair."""
    return "\0" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text))
