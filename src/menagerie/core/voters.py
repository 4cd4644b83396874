"""Voters: what stands for whoever judges, reports or is shown something, so that it counts once.

Nothing readable is kept of people without an account: their fingerprints and addresses only as
digests under the library's secret.
"""

import hashlib
import ipaddress

from menagerie.library import SECOND, Tx

_DAY = 24 * 60 * 60 * SECOND


def voter(tx: Tx) -> str | None:
    """Return what stands for the actor as a judge: account, fingerprint, or nobody (None).

    Nobody's verdicts all count, unless the setting `strict_verdicts` lets one address, or one
    network of IPv6, be one judge a day (UTC).
    """
    known = shown_to(tx)
    if known is None and tx.library.settings.strict_verdicts:
        day = tx.now // _DAY
        return "d" + _digest(tx, "voter", f"{day} {network(tx.actor.address)}")
    return known


def shown_to(tx: Tx) -> str | None:
    """Return what stands for the actor as somebody who is shown things, or None."""
    if tx.actor.account_id is not None:
        return of_account(tx.actor.account_id)
    if tx.actor.fingerprint:
        return "f" + _digest(tx, "voter", tx.actor.fingerprint)
    return None


def of_account(account_id: int) -> str:
    """Return what stands for an account."""
    return f"a{account_id}"


def reporter(tx: Tx) -> str:
    """Return what stands for the actor as a reporter: the account, else the address.

    A fingerprint is whatever a client says; one client could be any number of reporters by it.
    """
    if tx.actor.account_id is not None:
        return of_account(tx.actor.account_id)
    return "n" + _digest(tx, "reporter", network(tx.actor.address))


def network(address: str) -> str:
    """Return the address, for IPv6 the network of 64 bits that one household has.

    >>> network("192.0.2.7"), network("2001:db8::7"), network("")
    ('192.0.2.7', '2001:db8::', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def _digest(tx: Tx, purpose: str, text: str) -> str:
    key = bytes.fromhex(tx.library.facts["secret"])
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16, key=key, person=purpose.encode()).hexdigest()
