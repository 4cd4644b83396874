"""What comments and posts share: authors, checks of a text, pace, approval, mentions, revisions.

A text is shown to everybody unless it is hidden, destroyed or waits for approval; only then does
it count for anything.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from html import unescape
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import (
    ColumnElement,
    Table,
    TextClause,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy import text as as_written

from menagerie.core import rights, staff_log
from menagerie.core.talk.pseudonyms import pseudonym
from menagerie.errors import Forbidden, Invalid, NotFound, RateLimited
from menagerie.library import SECOND, Actor, Tx
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import TextKind

MAX_BYTES = 300_000
MAX_FOUND_WORDS = 5000
MAX_TITLE_CHARACTERS = 96
MAX_REASON_CHARACTERS = 1000
MAXMENTIONS = 20
DEFAULT_REASON = "Hidden by staff"


class Authored(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody wrote; whoever shows it names the author only when it is signed.

    `account_role` is None without an account and for staff who hide that they are; `avatar` is a
    blob name.
    """

    id: int
    account_id: int | None
    account_name: str | None
    account_role: str | None
    account_title: str
    avatar: str | None
    is_anonymous: bool
    pseudonym: str
    created_at: int
    updated_at: int

    @property
    def is_signed(self) -> bool:
        """Whether everybody may know the author."""
        return self.account_id is not None and not self.is_anonymous


class Text(Authored, frozen=True, kw_only=True):
    """A comment or post; the words of a hidden one are empty for all but staff."""

    body: str
    edited_at: int | None
    edit_reason: str
    hidden_at: int | None
    hidden_by_id: int | None
    hide_reason: str
    destroyed_at: int | None
    is_approved: bool


class Revision(msgspec.Struct, frozen=True):
    """How a text stood before it was changed; who changed it, when and why."""

    id: int
    body: str
    reason: str
    account_id: int | None
    account_name: str | None
    created_at: int


_account = schema.accounts.c


# Reading.


def columns(table: Table, names: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the columns for a value with the fields `names`; join accounts from the outside.

    `is_role_hidden` comes along, for `values`.
    """
    ours: dict[str, ColumnElement[Any]] = {
        "account_name": _account.name.label("account_name"),
        "account_role": _account.role.label("account_role"),
        "account_title": func.coalesce(_account.title, "").label("account_title"),
        "avatar": _account.avatar.label("avatar"),
    }
    return [
        _account.is_role_hidden,
        *(ours[name] if name in ours else table.c[name] for name in names),
    ]


def values(actor: Actor, row: Mapping[Any, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a value from a row, without what the actor may not read."""
    found = {name: row[name] for name in names}
    if row["is_role_hidden"]:
        found["account_role"] = None
    if not actor.is_assistant:
        if "hidden_by_id" in found:
            found["hidden_by_id"] = None
        if "body" in found and found["hidden_at"] is not None:
            found |= {"body": "", "edited_at": None, "edit_reason": ""}
    return found


def readable(actor: Actor, table: Table) -> ColumnElement[bool]:
    """Return the condition that a text does not wait for approval, or the actor may read it so."""
    row = table.c
    if actor.is_moderator:
        return row.id > 0
    if actor.account_id is None:
        return row.is_approved
    return or_(row.is_approved, row.account_id == actor.account_id)


def counted(table: Table) -> ColumnElement[bool]:
    """Return the condition that everybody may read a text, as far as the text itself decides."""
    row = table.c
    return and_(row.hidden_at.is_(None), row.destroyed_at.is_(None), row.is_approved)


def waits(table: Table) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """Return the conditions for texts that a moderator has to decide about."""
    # As a text, or the partial index for what waits is not used.
    is_open = as_written(f"{table.name}.is_approved = false")
    return is_open, table.c.hidden_at.is_(None), table.c.destroyed_at.is_(None)


def is_shown(text: Text) -> bool:
    """Tell whether everybody may read a text; the same rule as `counted`."""
    return text.hidden_at is None and text.destroyed_at is None and text.is_approved


# Before writing.


def check_body(body: str) -> str:
    """Return a body with the line ends of one kind; raises Invalid (`body`)."""
    body = body.replace("\r\n", "\n")
    problem = ""
    if not body.strip():
        problem = "can't be blank"
    elif rights.is_unfit(body):
        problem = "may not contain control characters"
    elif len(body.encode()) > MAX_BYTES:
        problem = f"should be at most {MAX_BYTES} byte(s)"
    if problem:
        raise Invalid({"body": [problem]})
    return body


# Of these, some turn round what stands beside a title on a page.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")


def check_line(text: str, field: str, *, most: int, is_needed: bool = False) -> str:
    """Return a short text without spaces around it; raises Invalid (`field`)."""
    text = " ".join(text.split()) if is_needed else text.strip()
    problem = ""
    if is_needed and not any(c.isprintable() and not c.isspace() for c in text):
        problem = "can't be blank"
    elif rights.is_unfit(text) or _CONTROLS.search(text):
        problem = "may not contain control characters"
    elif len(text) > most:
        problem = f"should be at most {most} character(s)"
    if problem:
        raise Invalid({field: [problem]})
    return text


def require_writer(tx: Tx, *, may_be_guest: bool) -> None:
    """Let pass who may write at all: accounts, the library itself and, if so set, guests.

    Raises Unauthenticated or Banned.
    """
    if tx.actor.is_signed_in or tx.actor.is_admin or not may_be_guest:
        rights.require_contributor(tx)
    else:
        rights.require_unbanned(tx)


def require_pace(tx: Tx, interval_s: int, *tables: Table) -> None:
    """Let pass who has written nothing into `tables` for `interval_s`, and staff.

    Raises RateLimited.
    """
    if interval_s <= 0 or tx.actor.is_assistant:
        return
    last = max(_last_written(tx, table, tx.now - interval_s * SECOND) for table in tables)
    left_s = -(-(last + interval_s * SECOND - tx.now) // SECOND)
    if last and left_s > 0:
        raise RateLimited(left_s)


def _last_written(tx: Tx, table: Table, since: int) -> int:
    """Return when the actor last wrote into a table after `since`, or 0."""
    row, actor = table.c, tx.actor
    who: ColumnElement[bool] = row.account_id == actor.account_id
    if actor.account_id is None:
        known = row.address == actor.address
        who = and_(row.account_id.is_(None), known)
    newest = select(func.max(row.created_at)).where(who, row.created_at > since)
    return tx.scalar(newest) or 0


_ENDINGS = "aero|asia|biz|com|coop|edu|gov|info|museum|name|net|org|pro|shop|web|xxx|рф"
_HOST = r"[^\s/?#()<>\[\]\"'`|]+"
_ADDRESS = re.compile(
    rf"\bhttps?:/*({_HOST})|//({_HOST})|\b(www\.{_HOST})"
    # Without a scheme, too, pages make links of these.
    rf"|(?<![\w.-])((?:[\w-]+\.)++(?:[a-z]{{2}}|{_ENDINGS}|xn--[a-z0-9-]+)\b)",
    re.IGNORECASE,
)


def is_held(tx: Tx, body: str, *, before: str = "") -> bool:
    """Tell whether a text waits for a moderator: it leads elsewhere, and its author is new.

    Links that stood in the text `before` are no reason.
    """
    actor = tx.actor
    if not tx.library.settings.hold_links or actor.is_verified or actor.is_assistant:
        return False
    own = urlsplit(tx.library.settings.public_url).netloc.lower()
    return bool(_hosts(body) - _hosts(before) - {own})


def _hosts(body: str) -> set[str]:
    r"""Return what a text may lead to, also where its markup writes the address in disguise.

    >>> sorted(_hosts("a.example, b.org (https&#58;//c.dev) <http:d.dev> \\/\\/e.dev"))
    ['b.org', 'c.dev', 'd.dev', 'e.dev']
    """
    found = chain.from_iterable(map(_ADDRESS.findall, (body, unescape(body).replace("\\", ""))))
    return {"".join(names).lower().rstrip(".,;:!") for names in found}


# Mentions.

_WORD = re.compile(r"\w+")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_TICKS = re.compile(r"`+")
MENTION = re.compile(
    r"""(?<![\w@/.+\\-])@(?:"([^"\n]{1,100})"|([^\s@"'`,;:!?()\[\]{}<>|*~]{1,100}))"""
)
"""How a text names a person: `@Name`, or `@"Name with spaces"`."""


def mentioned(body: str) -> list[str]:
    """Return the names after `@` in a text, each once, but none in code or in quoted lines.

    >>> mentioned('@Ann and @"Mary Jane": see `@Bob`')
    ['Ann', 'Mary Jane']
    """
    spoken = _without_code("\n".join(_spoken_lines(body)))
    found = (quoted or bare.rstrip(".-_") for quoted, bare in MENTION.findall(spoken))
    return list(dict.fromkeys(name for name in found if name))[:MAXMENTIONS]


def _spoken_lines(body: str) -> list[str]:
    """Return the lines of a text that are neither quoted nor in a block of code."""
    lines: list[str] = []
    fence, is_after_blank = "", True
    for line in body.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opening:
            fence = opening[1]
        elif is_after_blank and line.startswith(("    ", "\t")):
            continue  # the next line may be of the same block
        elif not line.lstrip().startswith(">"):
            lines.append(line)
        is_after_blank = not line.strip()
    return lines


def _without_code(text: str) -> str:
    """Return a text without what stands between two equally long runs of backticks.

    In one pass: a pattern that looks for the second run anew for each first one would take hours
    for a text made for it.
    """
    runs = [match.span() for match in _TICKS.finditer(text)]
    partner: dict[int, int] = {}
    latest: dict[int, int] = {}
    for place in reversed(range(len(runs))):
        length = runs[place][1] - runs[place][0]
        if length in latest:
            partner[place] = latest[length]
        latest[length] = place
    parts, position, place = [], 0, 0
    while place < len(runs):
        closing = partner.get(place)
        if closing is not None:
            parts.append(text[position : runs[place][0]])
            position, place = runs[closing][1], closing
        place += 1
    return " ".join([*parts, text[position:]])


def find_mentioned(tx: Tx, body: str) -> list[int]:
    """Return the accounts in force that a text names."""
    keys = [unicodedata.normalize("NFC", name).lower() for name in mentioned(body)]
    if not keys:
        return []
    statement = select(_account.id).where(
        _account.name_key.in_(keys), _account.deactivated_at.is_(None)
    )
    return sorted(tx.execute(statement).scalars())


# Writing.


def authored(tx: Tx, thread_id: int | None, *, is_anonymous: bool) -> dict[str, Any]:
    """Return the columns that say who writes now; without a thread the pseudonym is for later."""
    actor = tx.actor
    seen = actor.fingerprint, actor.address or None
    name = pseudonym(tx, thread_id, actor.account_id, *seen) if thread_id is not None else ""
    return {
        "account_id": actor.account_id,
        "is_anonymous": is_anonymous or not actor.is_signed_in,
        "pseudonym": name,
        "fingerprint": seen[0],
        "address": seen[1],
        "created_at": tx.now_s,
        "updated_at": tx.now_s,
    }


def count_for(tx: Tx, author: Authored, column: str, by: int) -> None:
    """Count for an author's account what was written under its own name."""
    if author.is_signed and author.account_id is not None and by:
        count_account(tx, author.account_id, column, by)


def count_account(tx: Tx, account_id: int, column: str, by: int) -> None:
    """Change a counter of an account by so much."""
    changed = {column: _account[column] + by}
    tx.execute(update(schema.accounts).where(_account.id == account_id).values(changed))


def index(tx: Tx, kind: TextKind, text_id: int, body: str) -> None:
    """Let the words of a text be found, the first `MAX_FOUND_WORDS` different ones."""
    texts.index(tx.connection, f"{kind}.body", text_id, _findable(body))


def _findable(body: str) -> str:
    """Return the beginning of a text that is put into the index.

    Each different word costs a tenth of a millisecond, and nobody else can write meanwhile: 300,000
    bytes of nonsense would keep all waiting for seconds.
    """
    seen: set[str] = set()
    for match in _WORD.finditer(body):
        seen.add(match[0].lower())
        if len(seen) > MAX_FOUND_WORDS:
            return body[: match.start()]
    return body


def require_editor(tx: Tx, text: Text, *, is_locked: bool) -> None:
    """Let pass who may change a text: moderators; its author while it is neither hidden nor locked.

    Raises Unauthenticated, Banned or Forbidden.
    """
    rights.require_contributor(tx)
    if tx.actor.is_moderator:
        return
    if text.account_id is None or text.account_id != tx.actor.account_id:
        raise Forbidden("Only its author may change a text.")
    if text.hidden_at is not None:
        raise Forbidden("What is hidden cannot be changed.")
    if is_locked:
        raise Forbidden("Nothing can be changed here any more.")


def rewrite(tx: Tx, table: Table, kind: TextKind, text: Text, *, body: str, reason: str) -> bool:
    """Replace a body and keep how it stood; return whether anything changed.

    Of a text that nobody could read yet nothing is kept. Raises Invalid (`body`, `reason`).
    """
    body = check_body(body)
    reason = check_line(reason, "reason", most=MAX_REASON_CHARACTERS)
    if body == text.body:
        return False
    new: dict[str, Any] = {"body": body}
    if text.is_approved or text.edited_at is not None:
        _keep(tx, kind, text, reason)
        new |= {"edited_at": tx.now_s, "edit_reason": reason}
    if text.is_approved and is_held(tx, body, before=text.body):
        new["is_approved"] = False
    change(tx, table, text.id, **new)
    index(tx, kind, text.id, body)
    return True


def _keep(tx: Tx, kind: TextKind, text: Text, reason: str) -> None:
    tx.execute(
        insert(schema.text_revisions).values(
            kind=kind,
            subject_id=text.id,
            body=text.body,
            reason=reason,
            account_id=tx.actor.account_id,
            created_at=tx.now_s,
        )
    )


def change(tx: Tx, table: Table, row_id: int, **new: Any) -> None:
    """Write columns of a row and when that was."""
    tx.execute(update(table).where(table.c.id == row_id).values(updated_at=tx.now_s, **new))


def hide(tx: Tx, table: Table, kind: str, row_id: int, reason: str) -> None:
    """Take something out of sight; the caller knows that it is in sight. Raises Invalid."""
    rights.require_assistant(tx)
    text = check_line(reason, "reason", most=MAX_REASON_CHARACTERS) or DEFAULT_REASON
    hidden = {"hidden_at": tx.now_s, "hidden_by_id": tx.actor.account_id, "hide_reason": text}
    _mark(tx, table, row_id, **hidden)
    staff_log.note(tx, "hide", kind, row_id, reason=text)


def unhide(tx: Tx, table: Table, kind: str, row_id: int) -> None:
    """Put something hidden back into sight."""
    rights.require_assistant(tx)
    _mark(tx, table, row_id, hidden_at=None, hidden_by_id=None, hide_reason="")
    staff_log.note(tx, "unhide", kind, row_id)


def destroy(tx: Tx, table: Table, kind: TextKind, text: Text) -> None:
    """Wipe a text for good: its body, its earlier wordings, and what is found of it."""
    rights.require_moderator(tx)
    revision = schema.text_revisions.c
    tx.execute(
        delete(schema.text_revisions).where(revision.kind == kind, revision.subject_id == text.id)
    )
    change(tx, table, text.id, body="", edit_reason="", destroyed_at=tx.now_s)
    index(tx, kind, text.id, "")
    staff_log.note(tx, "destroy", kind, text.id)


def approve(tx: Tx, table: Table, kind: TextKind, text: Text) -> None:
    """Let everybody read a text that waited for a moderator."""
    rights.require_moderator(tx)
    _mark(tx, table, text.id, is_approved=True)
    staff_log.note(tx, "approve", kind, text.id)


def _mark(tx: Tx, table: Table, row_id: int, **new: Any) -> None:
    tx.execute(update(table).where(table.c.id == row_id).values(**new))


# What was said before.


def revisions(tx: Tx, kind: TextKind, text: Text) -> list[Revision]:
    """Return how a text stood before each change, the newest first; of hidden ones for staff only.

    Whoever wrote anonymously changed it anonymously. Raises NotFound.
    """
    if text.hidden_at is not None and not tx.actor.is_assistant:
        raise NotFound
    row = schema.text_revisions.c
    rows = tx.all(
        select(row.id, row.body, row.reason, row.account_id, _account.name, row.created_at)
        .outerjoin(schema.accounts, _account.id == row.account_id)
        .where(row.kind == kind, row.subject_id == text.id)
        .order_by(row.id.desc())
    )
    found = [Revision(*each) for each in rows]
    if text.is_signed or tx.actor.is_moderator:
        return found
    return [
        msgspec.structs.replace(each, account_id=None, account_name=None)
        if each.account_id == text.account_id
        else each
        for each in found
    ]
