"""Letters between two accounts, which nobody else reads unless one of the two reports them."""

import unicodedata
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy import delete as delete_rows

from menagerie.core import rights, tokens
from menagerie.errors import Invalid, NotFound, RateLimited
from menagerie.library import SECOND, Tx
from menagerie.storage import schema
from menagerie.storage.schema import ReportState, SubjectKind

MAX_TITLE_LENGTH = 300
MAX_BODY_BYTES = 50_000
_KEY_BYTES = 12


class Conversation(msgspec.Struct, frozen=True):
    """Letters about one thing, as one of the two sees them; `other` is who is at the other end.

    To a moderator who reads what was reported, that is whoever it was written to first.
    """

    id: int
    key: str
    title: str
    other_id: int
    other_name: str
    other_avatar: str | None
    is_read: bool
    is_put_away: bool
    message_count: int
    last_message_at: int


class Message(msgspec.Struct, frozen=True):
    """One letter; the body is as it was written."""

    id: int
    account_id: int
    account_name: str
    avatar: str | None
    body: str
    created_at: int


_row = schema.conversations.c
_message = schema.messages.c
_account = schema.accounts.c
_ME: Any = bindparam("me")
_IS_FROM = _row.from_id == _ME
_UNREAD_BY_ME = or_(
    and_(_row.from_id == _ME, ~_row.is_read_by_from, ~_row.is_put_away_by_from),
    and_(_row.to_id == _ME, ~_row.is_read_by_to, ~_row.is_put_away_by_to),
)
# Made once: building a statement costs more than running it, and every page asks.
_UNREAD = select(func.count()).select_from(schema.conversations).where(_UNREAD_BY_ME)
_SELECT = select(
    _row.id,
    _row.key,
    _row.title,
    _account.id,
    _account.name,
    _account.avatar,
    case((_IS_FROM, _row.is_read_by_from), else_=_row.is_read_by_to),
    case((_IS_FROM, _row.is_put_away_by_from), else_=_row.is_put_away_by_to),
    _row.message_count,
    _row.last_message_at,
).join(schema.accounts, _account.id == case((_IS_FROM, _row.to_id), else_=_row.from_id))


# Writing.


def start(tx: Tx, to_name: str, title: str, body: str) -> Conversation:
    """Write to an account for the first time about something.

    Raises Unauthenticated, Banned, Invalid (`recipient`, `title`, `body`), or RateLimited for an
    account that is neither verified nor staff and has just written to somebody.
    """
    account_id = rights.require_account(tx)
    rights.require_contributor(tx)
    to_id = _find_recipient(tx, to_name)
    title = " ".join(title.split())
    problems = _body_problems(body)
    if to_id is None:
        problems["recipient"] = ["is nobody here"]
    elif to_id == account_id:
        problems["recipient"] = ["is yourself"]
    if rights.is_unfit(title) or not 1 <= len(title) <= MAX_TITLE_LENGTH:
        problems["title"] = [f"must have between 1 and {MAX_TITLE_LENGTH} characters"]
    if problems:
        raise Invalid(problems)
    _require_patience(tx, account_id)
    made = tx.execute(
        insert(schema.conversations)
        .values(
            key=tokens.generate(tx.library, size_bytes=_KEY_BYTES),
            title=title,
            from_id=account_id,
            to_id=to_id,
            created_at=tx.now,
            last_message_at=tx.now,
        )
        .returning(_row.id, _row.key)
    ).one()
    _write(tx, made.id, body)
    return get(tx, made.key)


def answer(tx: Tx, key: str, body: str) -> Message:
    """Write another letter; who had put the conversation away finds it among the others again.

    Raises Unauthenticated, Banned, NotFound, or Invalid (`body`, `recipient` for one who has left).
    """
    rights.require_contributor(tx)
    found = _get_own(tx, key)
    problems = _body_problems(body)
    has_left = select(_account.deactivated_at).where(_account.id == found.other_id)
    if tx.scalar(has_left) is not None:
        problems["recipient"] = ["has left"]
    if problems:
        raise Invalid(problems)
    _write(tx, found.id, body)
    (written,), _ = of(tx, key, limit=1, offset=found.message_count)
    return written


def _write(tx: Tx, conversation_id: int, body: str) -> None:
    """Add a letter, which is read by its writer alone."""
    tx.execute(
        insert(schema.messages).values(
            conversation_id=conversation_id,
            account_id=tx.actor.account_id,
            body=body,
            address=tx.actor.address or None,
            fingerprint=tx.actor.fingerprint,
            created_at=tx.now,
        )
    )
    is_from = _row.from_id == tx.actor.account_id
    tx.execute(
        update(schema.conversations)
        .where(_row.id == conversation_id)
        .values(
            message_count=_row.message_count + 1,
            last_message_at=tx.now,
            is_read_by_from=is_from,
            is_read_by_to=~is_from,
            is_put_away_by_from=False,
            is_put_away_by_to=False,
        )
    )


def _find_recipient(tx: Tx, name: str) -> int | None:
    if rights.is_unfit(name):
        return None
    name_key = " ".join(unicodedata.normalize("NFC", name).split()).lower()
    found: int | None = tx.scalar(
        select(_account.id).where(_account.name_key == name_key, _account.deactivated_at.is_(None))
    )
    return found


def _body_problems(body: str) -> dict[str, list[str]]:
    if rights.is_unfit(body):
        return {"body": ["may not contain control characters"]}
    if not body.strip():
        return {"body": ["can't be blank"]}
    if len(body.encode()) > MAX_BODY_BYTES:
        return {"body": [f"should be at most {MAX_BODY_BYTES} byte(s)"]}
    return {}


def _require_patience(tx: Tx, account_id: int) -> None:
    """Return if the account may write to somebody new now; raises RateLimited."""
    interval = tx.library.settings.message_interval * SECOND
    if not interval or tx.actor.is_verified or tx.actor.is_assistant:
        return
    last = tx.scalar(select(func.max(_row.created_at)).where(_row.from_id == account_id))
    if last is not None and last > tx.now - interval:
        raise RateLimited(max(1, (last + interval - tx.now) // SECOND))


# Reading.


def find(
    tx: Tx, *, put_away: bool = False, limit: int = 25, offset: int = 0
) -> tuple[list[Conversation], int]:
    """Return the actor's conversations, the newest letter first, and how many there are.

    Those put away are a list of their own. Raises Unauthenticated.
    """
    me = {"me": rights.require_account(tx)}
    kept_from, kept_to = _row.is_put_away_by_from, _row.is_put_away_by_to
    mine = or_(
        and_(_row.from_id == _ME, kept_from if put_away else ~kept_from),
        and_(_row.to_id == _ME, kept_to if put_away else ~kept_to),
    )
    ordered = _SELECT.where(mine).order_by(_row.last_message_at.desc(), _row.id.desc())
    rows = tx.execute(ordered.limit(limit).offset(offset), me)
    total = tx.execute(select(func.count()).select_from(schema.conversations).where(mine), me)
    return [_conversation(row) for row in rows], int(total.scalar_one())


def _conversation(row: Any) -> Conversation:
    # CASE gives numbers where the driver has no type for truth.
    values = dict(zip(Conversation.__struct_fields__, row, strict=True))
    flags = {name: bool(values[name]) for name in ("is_read", "is_put_away")}
    return Conversation(**(values | flags))


def get(tx: Tx, key: str) -> Conversation:
    """Return one of the actor's conversations, or for moderators one that was reported.

    Raises Unauthenticated or NotFound.
    """
    found = _find(tx, key, _may_read(tx))
    if found is None:
        raise NotFound
    return found


def get_by_id(tx: Tx, conversation_id: int) -> Conversation:
    """Return a conversation as `get` does, by its id; raises as that."""
    row = tx.one(select(_row.key).where(_row.id == conversation_id))
    if row is None:
        raise NotFound
    return get(tx, row.key)


def _may_read(tx: Tx) -> ColumnElement[bool]:
    own = or_(_row.from_id == _ME, _row.to_id == _ME)
    if not tx.actor.is_moderator:
        return own
    report = schema.reports.c
    reported = select(report.subject_id).where(
        report.subject_kind == SubjectKind.CONVERSATION, report.state == ReportState.OPEN
    )
    return or_(own, _row.id.in_(reported))


def _find(tx: Tx, key: str, condition: ColumnElement[bool]) -> Conversation | None:
    me = rights.require_account(tx)
    if rights.is_unfit(key):
        return None
    row = tx.execute(_SELECT.where(_row.key == key, condition), {"me": me}).first()
    return _conversation(row) if row is not None else None


def _get_own(tx: Tx, key: str) -> Conversation:
    """Return a conversation that the actor is an end of; raises Unauthenticated or NotFound."""
    found = _find(tx, key, or_(_row.from_id == _ME, _row.to_id == _ME))
    if found is None:
        raise NotFound
    return found


def of(tx: Tx, key: str, *, limit: int = 25, offset: int = 0) -> tuple[list[Message], int]:
    """Return the letters of a conversation, the oldest first, and how many there are.

    Raises as `get` does.
    """
    found = get(tx, key)
    statement = (
        select(
            _message.id,
            _message.account_id,
            _account.name,
            _account.avatar,
            _message.body,
            _message.created_at,
        )
        .join(schema.accounts, _account.id == _message.account_id)
        .where(_message.conversation_id == found.id)
        .order_by(_message.id)
    )
    rows = tx.all(statement.limit(limit).offset(offset))
    return [Message(*row) for row in rows], found.message_count


def unread_count(tx: Tx) -> int:
    """Return how many conversations have letters unread; 0 for visitors without account."""
    if tx.actor.account_id is None:
        return 0
    return int(tx.execute(_UNREAD, {"me": tx.actor.account_id}).scalar_one())


# Keeping order.


def read(tx: Tx, key: str) -> None:
    """Note that the actor has read a conversation. Raises Unauthenticated or NotFound."""
    _note(tx, key, "is_read", value=True)


def unread(tx: Tx, key: str) -> None:
    """Note that the actor has yet to read a conversation. Raises Unauthenticated or NotFound."""
    _note(tx, key, "is_read", value=False)


def put_away(tx: Tx, key: str) -> None:
    """Put a conversation away until another letter comes. Raises Unauthenticated or NotFound."""
    _note(tx, key, "is_put_away", value=True)


def take_back(tx: Tx, key: str) -> None:
    """Put a conversation back among the others. Raises Unauthenticated or NotFound."""
    _note(tx, key, "is_put_away", value=False)


def _note(tx: Tx, key: str, what: str, *, value: bool) -> None:
    found = _get_own(tx, key)
    for side in ("from", "to"):
        tx.execute(
            update(schema.conversations)
            .where(_row.id == found.id, _row[f"{side}_id"] == tx.actor.account_id)
            .values({f"{what}_by_{side}": value})
        )


def forget_account(tx: Tx, account_id: int) -> None:
    """Leave an account's letters to those they went to, and delete those that nobody is left for.

    Addresses and fingerprints go. The caller decides whether this may be.
    """
    mine = _message.account_id == account_id
    tx.execute(update(schema.messages).where(mine).values(address=None, fingerprint=None))
    left = select(_account.id).where(_account.password_hash.is_(None), _account.id != account_id)
    left = left.where(_account.deactivated_at.is_not(None))
    lost = select(_row.id).where(
        or_(
            and_(_row.from_id == account_id, _row.to_id.in_(left)),
            and_(_row.to_id == account_id, _row.from_id.in_(left)),
        )
    )
    ids = list(tx.execute(lost).scalars())
    if ids:
        tx.execute(delete_rows(schema.messages).where(_message.conversation_id.in_(ids)))
        tx.execute(delete_rows(schema.conversations).where(_row.id.in_(ids)))
