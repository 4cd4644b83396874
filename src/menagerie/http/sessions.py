"""Browsers in which somebody is logged in: who they are, and that they mean what they send.

A browser sends its cookies with whatever a foreign page makes it send. So what changes something
must also carry a token that only our own pages know.
"""

import hashlib
import hmac
import secrets

import msgspec

from menagerie.core import credentials
from menagerie.http.call import SESSION_COOKIE, Call
from menagerie.library import Actor, Library

CSRF_HEADER = "x-csrf-token"
_TOKEN_BYTES = 20


def actor_of(call: Call) -> Actor | None:
    """Return who the cookie of a session stands for; None without one, or with an old one.

    Raises Forbidden for a closed account.
    """
    token = call.cookies.get(SESSION_COOKIE, "")
    if not token:
        return None
    with call.reading(Actor(address=call.address)) as tx:
        actor = credentials.actor_for_session(tx, token)
    return actor and msgspec.structs.replace(actor, address=call.address)


def new_token(library: Library, visitor: str) -> str:
    """Return a token for somebody known by the secret `visitor`, written differently each time.

    Pages are compressed: what stands in each of them the same could be guessed by its length.
    """
    token = bytes.fromhex(_token(library, visitor))
    return _masked(token, secrets.token_bytes(len(token)))


def is_token(library: Library, visitor: str, sent: str) -> bool:
    """Tell whether `sent` is a token of `visitor`."""
    return hmac.compare_digest(_unmasked(sent).encode(), _token(library, visitor).encode())


def has_token(call: Call) -> bool:
    """Tell whether a script of our own page, of the session of the cookie, sends this."""
    session = call.cookies.get(SESSION_COOKIE, "")
    return bool(session) and is_token(call.library, session, call.headers.get(CSRF_HEADER, ""))


def _token(library: Library, visitor: str) -> str:
    secret = bytes.fromhex(library.facts["secret"])
    return hmac.new(secret, b"csrf:" + visitor.encode(), hashlib.sha256).hexdigest()[
        : 2 * _TOKEN_BYTES
    ]


def _masked(token: bytes, mask: bytes) -> str:
    return (mask + bytes(a ^ b for a, b in zip(token, mask, strict=True))).hex()


def _unmasked(text: str) -> str:
    """Return what `_masked` hid; the text itself when it is nothing of the kind."""
    try:
        both = bytes.fromhex(text)
    except ValueError:
        return text
    mask, hidden = both[: len(both) // 2], both[len(both) // 2 :]
    is_masked = len(both) == 2 * _TOKEN_BYTES
    return bytes(a ^ b for a, b in zip(mask, hidden, strict=True)).hex() if is_masked else text
