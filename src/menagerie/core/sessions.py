"""Sessions: the browsers in which an account is logged in."""

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from menagerie.core import credentials, rights, tokens
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

MAX_USER_AGENT = 300


class Session(msgspec.Struct, frozen=True):
    """One log-in, without what would let somebody take it over."""

    id: int
    created_at: int
    last_seen_at: int
    expires_at: int
    address: str
    user_agent: str
    is_current: bool


_row = schema.sessions.c


def start(tx: Tx, account_id: int, *, address: str = "", user_agent: str = "") -> tuple[str, int]:
    """Begin a session and return the text for its cookie, and its id."""
    token = tokens.generate(tx.library, size_bytes=32)
    made = tx.execute(
        insert(schema.sessions)
        .values(
            account_id=account_id,
            hash=tokens.digest(token),
            created_at=tx.now,
            last_seen_at=tx.now // credentials.MINUTE * credentials.MINUTE,
            expires_at=tx.now + credentials.SESSION_LIFETIME,
            address=address,
            user_agent=user_agent[:MAX_USER_AGENT].replace("\0", ""),
        )
        .returning(_row.id)
    )
    return token, made.scalar_one()


def find_own(tx: Tx) -> list[Session]:
    """Return the actor's sessions, the last used first; raises Unauthenticated."""
    account_id = rights.require_account(tx)
    columns = (_row[name] for name in Session.__struct_fields__[:-1])
    rows = tx.all(
        select(*columns)
        .where(_row.account_id == account_id, _row.expires_at > tx.now)
        .order_by(_row.last_seen_at.desc(), _row.id.desc())
    )
    return [
        Session(**row._mapping, is_current=row.id == tx.actor.session_id)  # noqa: SLF001
        for row in rows
    ]


def end(tx: Tx, session_id: int) -> None:
    """End one of the actor's sessions; raises Unauthenticated or NotFound."""
    account_id = rights.require_account(tx)
    if not _end(tx, account_id, _row.id == session_id):
        raise NotFound


def end_current(tx: Tx) -> None:
    """End the session the actor came with; nothing happens without one."""
    if tx.actor.account_id is not None and tx.actor.session_id is not None:
        _end(tx, tx.actor.account_id, _row.id == tx.actor.session_id)


def end_all(tx: Tx, account_id: int, *, but_id: int | None = None) -> None:
    """End an account's sessions, but one; the caller decides whether this may be."""
    _end(tx, account_id, _row.id != (but_id or 0))


def _end(tx: Tx, account_id: int, condition: ColumnElement[bool]) -> int:
    ended = tx.execute(delete(schema.sessions).where(_row.account_id == account_id, condition))
    if ended.rowcount:
        tx.changed(ChangeKind.ACCOUNT, account_id)
    return ended.rowcount
