"""Who is behind a key or a cookie; answered from memory when asked again.

What was found is kept until the change log says that any account changed, so an authenticated
read costs no statement. When a key or session was last used is remembered here too and written
now and then, never while somebody waits.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select, update

from menagerie.core import tokens
from menagerie.errors import Forbidden
from menagerie.library import SECOND, SYSTEM, Actor, Library, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Role

MINUTE = 60 * SECOND
SESSION_LIFETIME = 30 * 24 * 3600 * SECOND
_MOST_KEPT = 10_000
_CACHE = "credentials"


class _Found(msgspec.Struct, frozen=True):
    actor: Actor
    is_deactivated: bool
    expires_at: int | None


class _Memory(msgspec.Struct):
    """What one process knows; `used_keys` and `used_sessions` wait to be written."""

    # The version and what is known as of it, replaced together: threads must not see one alone.
    known: tuple[int, dict[str, _Found]] = (-1, {})
    used_keys: dict[int, int] = {}
    used_sessions: dict[int, int] = {}


_account = schema.accounts.c
_ACCOUNT = (
    _account.id,
    _account.name,
    _account.role,
    _account.filter_id,
    _account.is_verified,
    _account.deactivated_at,
)
_BY_KEY = select(*_ACCOUNT, schema.api_keys.c.id).join(
    schema.api_keys, schema.api_keys.c.account_id == _account.id
)
_BY_SESSION = select(*_ACCOUNT, schema.sessions.c.id, schema.sessions.c.expires_at).join(
    schema.sessions, schema.sessions.c.account_id == _account.id
)


def actor_for_key(tx: Tx, key: str) -> Actor | None:
    """Return the actor of an API key, or None if nobody has it.

    Raises Forbidden for the key of a deactivated account.
    """
    return _actor(tx, "key", key, _find_by_key)


def actor_for_session(tx: Tx, token: str) -> Actor | None:
    """Return the actor of a session's cookie, or None if it is unknown or has ended.

    Raises Forbidden for the session of a deactivated account.
    """
    return _actor(tx, "session", token, _find_by_session)


def _actor(
    tx: Tx, kind: str, secret: str, find: Callable[[Library, str], _Found | None]
) -> Actor | None:
    if not secret:
        return None
    memory = _memory(tx.library)
    version = tx.version.accounts_version
    if memory.known[0] != version:
        memory.known = (version, {})
    known = memory.known[1]
    digest = tokens.digest(secret)
    place = f"{kind} {digest}"
    found = known.get(place)
    if found is None or _has_expired(found, tx.now):
        # A connection of its own: the transaction's may see a moment before this version.
        found = find(tx.library, digest)
        if found is None or _has_expired(found, tx.now):
            return None
        if len(known) < _MOST_KEPT:
            known[place] = found
    if found.is_deactivated:
        raise Forbidden("This account has been deactivated.")
    _note_use(memory, found.actor, tx.now // MINUTE * MINUTE)
    return found.actor


def _has_expired(found: _Found, now: int) -> bool:
    return found.expires_at is not None and found.expires_at <= now


def _memory(library: Library) -> _Memory:
    memory: _Memory = library.caches.setdefault(_CACHE, _Memory())
    return memory


def _note_use(memory: _Memory, actor: Actor, minute: int) -> None:
    if actor.key_id is not None:
        memory.used_keys[actor.key_id] = minute
    if actor.session_id is not None:
        memory.used_sessions[actor.session_id] = minute


def _find_by_key(library: Library, digest: str) -> _Found | None:
    keys = schema.api_keys.c
    row = _read(library, _BY_KEY.where(keys.hash == digest, keys.revoked_at.is_(None)))
    if row is None:
        return None
    return _Found(_actor_of(row, key_id=row[6]), row[5] is not None, None)


def _find_by_session(library: Library, digest: str) -> _Found | None:
    row = _read(library, _BY_SESSION.where(schema.sessions.c.hash == digest))
    if row is None:
        return None
    return _Found(_actor_of(row, session_id=row[6]), row[5] is not None, row[7])


def _read(library: Library, statement: Select[Any]) -> Row[*tuple[Any, ...]] | None:
    with library.database.read() as connection:
        return connection.execute(statement).first()


def _actor_of(
    row: Row[*tuple[Any, ...]], *, key_id: int | None = None, session_id: int | None = None
) -> Actor:
    account_id, name, role, filter_id, is_verified = row[:5]
    return Actor(
        role=Role(role),
        account_id=account_id,
        name=name,
        filter_id=filter_id,
        key_id=key_id,
        session_id=session_id,
        is_verified=is_verified,
    )


def flush_last_used(library: Library) -> int:
    """Write when keys and sessions were last used, to the minute; return how many there were.

    To be called about once a minute. A session that is used lasts on.
    """
    memory = _memory(library)
    keys, memory.used_keys = memory.used_keys, {}
    sessions, memory.used_sessions = memory.used_sessions, {}
    if not keys and not sessions:
        return 0
    with library.writing(SYSTEM) as tx:
        key, session = schema.api_keys.c, schema.sessions.c
        for key_id, minute in keys.items():
            tx.execute(update(schema.api_keys).where(key.id == key_id).values(last_used_at=minute))
        for session_id, minute in sessions.items():
            tx.execute(
                update(schema.sessions)
                .where(session.id == session_id)
                .values(last_seen_at=minute, expires_at=minute + SESSION_LIFETIME)
            )
    return len(keys) + len(sessions)
