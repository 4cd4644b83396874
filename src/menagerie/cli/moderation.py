"""`menagerie moderation`: what waits for staff, what they did, and who is shut out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from menagerie.cli import terminal
from menagerie.cli.account import AsJson
from menagerie.core import accounts, staff_log
from menagerie.core.staff import bans, queue, undo
from menagerie.errors import Invalid, NotFound
from menagerie.library import SECOND, SYSTEM, Tx
from menagerie.storage.schema import QueueKind

app = App(
    name="moderation",
    help="Look at what waits for staff, at what they did, undo it, and shut people out.",
    result_action="return_value",
)
_DAY = 86_400 * SECOND


@app.command(name="queue")
def queue_(
    *,
    kind: QueueKind | None = None,
    limit: int = 50,
    data: terminal.DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a decision, the oldest first.

    Parameters
    ----------
    kind
        Only things of this kind.
    limit
        List at most so many.
    as_json
        Print one line of JSON per thing.
    """
    kinds = None if kind is None else {kind}
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found, total = queue.find(tx, kinds=kinds, limit=limit)
    if as_json:
        _print_json(found)
        return
    rows = [
        (one.kind, one.id, _day(one.at), one.by_name or "", one.claimed_by_name or "", one.text)
        for one in found
    ]
    _print(("kind", "id", "since", "by", "claimed by", "what"), rows, "nothing waits")
    if total > len(found):
        terminal.out.print(f"and {total - len(found):,} more")


@app.command
def log(
    *,
    account: str = "",
    action: str = "",
    limit: int = 50,
    data: terminal.DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List what staff did, the newest first.

    Parameters
    ----------
    account
        Only what this account did.
    action
        Only such acts, as the list names them.
    limit
        List at most so many.
    as_json
        Print one line of JSON per act.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        account_id = _account_id(tx, account)
        found = staff_log.find(tx, account_id=account_id, action=action or None, limit=limit)
    if as_json:
        _print_json(found)
        return
    rows = [
        (
            one.id,
            _day(one.created_at),
            one.account_name or "the library",
            one.action,
            f"{one.subject_kind} {one.subject_id}",
            _state(one),
            one.reason,
        )
        for one in found
    ]
    _print(("entry", "when", "by", "act", "of", "undo", "reason"), rows, "nothing was done")


def _state(entry: staff_log.LogEntry) -> str:
    if entry.undone_at is not None:
        return "undone"
    return "possible" if undo.is_undoable(entry) else ""


@app.command(name="undo")
def undo_(entry: int, *, data: terminal.DataFolder = None) -> None:
    """Undo an act; undoing that does it again.

    Parameters
    ----------
    entry
        The number of the act, as `menagerie moderation log` shows it.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        done = undo.undo(tx, entry)
    skipped = msgspec.json.decode(done.details).get("skipped", 0)
    terminal.out.print(f"entry {entry} is undone, by entry {done.id}")
    if skipped:
        terminal.out.print(f"{skipped} rows that others have changed since were left")


@app.command
def ban(
    *,
    account: str | None = None,
    network: str | None = None,
    fingerprint: str | None = None,
    reason: str = "",
    days: Annotated[int | None, Parameter(help="For so many days; else for good.")] = None,
    data: terminal.DataFolder = None,
) -> None:
    """Shut out an account, a range of addresses or a fingerprint, and print the ban's number.

    Parameters
    ----------
    account
        The account's name.
    network
        An address or a range, such as 192.0.2.0/24.
    fingerprint
        What stands for a browser.
    reason
        What the log says.
    """
    if days is not None and days < 1:
        raise Invalid({"days": ["must be at least 1"]})
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        made = bans.ban(
            tx,
            account_id=_account_id(tx, account),
            network=network,
            fingerprint=fingerprint,
            reason=reason,
            until_at=None if days is None else tx.now + days * _DAY,
        )
    terminal.out.print(made)


@app.command
def unban(ban: int, *, data: terminal.DataFolder = None) -> None:
    """Lift a ban.

    Parameters
    ----------
    ban
        Its number, as `menagerie moderation bans` shows it.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        bans.unban(tx, ban)
    terminal.out.print(f"ban {ban} is lifted")


@app.command(name="bans")
def bans_(*, data: terminal.DataFolder = None, as_json: AsJson = False) -> None:
    """List the bans in force, the newest first.

    Parameters
    ----------
    as_json
        Print one line of JSON per ban.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = list(bans.bans(tx, limit=1000))
    if as_json:
        _print_json(found)
        return
    rows = [
        (
            one.id,
            one.account_name or one.network or one.fingerprint or "",
            _day(one.created_at),
            "" if one.until_at is None else _day(one.until_at),
            one.reason,
        )
        for one in found
    ]
    _print(("ban", "of", "since", "until", "reason"), rows, "nobody is banned")


def _account_id(tx: Tx, name: str | None) -> int | None:
    if not name:
        return None
    found = accounts.find_by_name(tx, name)
    if found is None:
        raise NotFound(f"There is no account {name!r}.")
    return found.id


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d %H:%M")


def _print(headings: Sequence[str], rows: Sequence[Sequence[object]], nothing: str) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    terminal.out.print(table if rows else nothing)


def _print_json(found: Sequence[msgspec.Struct]) -> None:
    for one in found:
        terminal.out.print(msgspec.json.encode(one).decode(), markup=False)
