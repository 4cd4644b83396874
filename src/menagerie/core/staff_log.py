"""The log of what staff do: every module can write into it, and moderators read it.

What changes rows in a way that can be undone is watched: the rows are read before and after, and
the log keeps what became of them, from which `staff.undo` finds the way back.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, func, insert, select, update

from menagerie.core import rights
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema

MOST_ROWS = 50_000
"""How many rows of one table may be watched; an act on more cannot be undone."""

MOST_BYTES = 8_000_000
"""How long a journal may be as JSON."""

Values = tuple[Any, ...]


class Watched(msgspec.Struct, frozen=True):
    """Rows of a table that an act may change, and which columns of them; none named: all.

    Columns that are counted from other rows are better left out: others change them meanwhile.
    """

    table: Table
    where: ColumnElement[bool]
    columns: tuple[str, ...] = ()


class Journal(msgspec.Struct, frozen=True):
    """What became of rows of one table: pairs of values before and after, in `columns`.

    None before means that the row was made, None after that it was deleted.
    """

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Values | None, Values | None], ...]


class Watch:
    """Rows as they were before an act; `journal` says what became of them."""

    def __init__(self, tx: Tx, watched: Sequence[Watched]) -> None:
        self._watched = watched
        self._before = [_read(tx, one) for one in watched]

    def journal(self, tx: Tx) -> list[Journal] | None:
        """Return what changed since, table by table; None if that were too much to keep."""
        found = []
        for one, before in zip(self._watched, self._before, strict=True):
            after = _read(tx, one)
            if before is None or after is None:
                return None
            keys = [key for key in before if after.get(key) != before[key]]
            rows: list[tuple[Values | None, Values | None]]
            rows = [(before[key], after.get(key)) for key in keys]
            rows += [(None, values) for key, values in after.items() if key not in before]
            if rows:
                found.append(Journal(str(one.table.name), _columns(one), tuple(rows)))
        return found


def _columns(one: Watched) -> tuple[str, ...]:
    """Return the key and the columns watched, each once."""
    # Plain texts, which SQLAlchemy's names are not to whoever encodes them.
    keys = [str(column.name) for column in one.table.primary_key]
    others = one.columns or [str(column.name) for column in one.table.c]
    return tuple(dict.fromkeys((*keys, *others)))


def _read(tx: Tx, one: Watched) -> dict[Values, Values] | None:
    """Return rows by their keys, or None if there are too many."""
    key_length = len(one.table.primary_key)
    columns = [one.table.c[name] for name in _columns(one)]
    rows = tx.all(select(*columns).where(one.where).limit(MOST_ROWS + 1))
    return {tuple(r[:key_length]): tuple(r) for r in rows} if len(rows) <= MOST_ROWS else None


def watch(tx: Tx, *watched: Watched) -> Watch:
    """Read the rows that an act is about to change; `note` takes what this returns."""
    return Watch(tx, watched)


def watch_row(tx: Tx, table: Table, row_id: int, *columns: str) -> Watch:
    """Watch columns of one row, by its id."""
    return watch(tx, Watched(table, table.c.id == row_id, columns))


TOO_LARGE = "too large"
"""What the journal holds instead of rows when there were too many."""


def note(
    tx: Tx,
    action: str,
    subject_kind: str,
    subject_id: int,
    *,
    reason: str = "",
    details: dict[str, object] | None = None,
    before: Watch | None = None,
    journal: Sequence[Journal] = (),
    with_ids: Iterable[int] = (),
) -> int:
    """Write an act of moderation into the log and return its id; `find` reads it.

    `before` is what `watch` returned before the act; who knows what changed gives the `journal`
    itself. `with_ids` are other entries that belong to it and are undone with it.
    """
    details = dict(details or {})
    if with_ids := list(with_ids):
        details["with"] = with_ids
    made = tx.execute(
        insert(schema.moderation_log)
        .values(
            account_id=tx.actor.account_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            reason=reason,
            details=msgspec.json.encode(details).decode() if details else "",
            journal=_written(list(journal) if before is None else before.journal(tx)),
            created_at=tx.now_s,
        )
        .returning(schema.moderation_log.c.id)
    )
    return int(made.scalar_one())


def _written(journal: list[Journal] | None) -> str:
    if not journal:
        return "" if journal is not None else TOO_LARGE
    text = msgspec.json.encode(journal).decode()
    return text if len(text) <= MOST_BYTES else TOO_LARGE


def extend(tx: Tx, entry_id: int, *, details: dict[str, object], before: Watch) -> None:
    """Let an entry tell of more that the same act has changed; `details` take the old ones' place.

    Once there is too much, the entry can no longer be undone.
    """
    row = schema.moderation_log.c
    more = before.journal(tx)
    was_too_large = tx.scalar(select(row.journal).where(row.id == entry_id)) == TOO_LARGE
    whole = None if more is None or was_too_large else read_journal(tx, entry_id) + more
    text = msgspec.json.encode(details).decode()
    grown = update(schema.moderation_log).where(row.id == entry_id)
    tx.execute(grown.values(details=text, journal=_written(whole)))


def read_journal(tx: Tx, entry_id: int) -> list[Journal]:
    """Return what an act changed, table by table, as far as that was kept."""
    row = schema.moderation_log.c
    text = tx.scalar(select(row.journal).where(row.id == entry_id))
    if not text or text == TOO_LARGE:
        return []
    return msgspec.json.decode(text, type=list[Journal])


def newest(tx: Tx) -> int:
    """Return the id of the newest entry, 0 while there is none."""
    return int(tx.scalar(select(func.max(schema.moderation_log.c.id))) or 0)


def since(tx: Tx, entry_id: int) -> list[int]:
    """Return the ids of the entries after one, in order: what an act wrote on its way."""
    row = schema.moderation_log.c
    return [found for (found,) in tx.all(select(row.id).where(row.id > entry_id).order_by(row.id))]


class LogEntry(msgspec.Struct, frozen=True):
    """One act of moderation: who did what to which thing, and why.

    `subject_kind` is `image`, `account`, `ban`, `tag` and so on; `details` is a JSON object or
    empty. `changes_rows` if it says what became of rows, `is_too_large` if that were too many.
    """

    id: int
    account_id: int | None
    account_name: str | None
    action: str
    subject_kind: str
    subject_id: int
    reason: str
    details: str
    created_at: int
    undone_at: int | None
    undone_by_name: str | None
    changes_rows: bool
    is_too_large: bool


_log = schema.moderation_log.c
_undoer = schema.accounts.alias("undoer")
_ELSEWHERE: dict[str, ColumnElement[Any]] = {
    "account_name": schema.accounts.c.name,
    "undone_by_name": _undoer.c.name,
    "changes_rows": _log.journal.not_in(["", TOO_LARGE]),
    "is_too_large": _log.journal == TOO_LARGE,
}
_SELECT_LOG = (
    select(*(_ELSEWHERE[n] if n in _ELSEWHERE else _log[n] for n in LogEntry.__struct_fields__))
    .outerjoin(schema.accounts, schema.accounts.c.id == _log.account_id)
    .outerjoin(_undoer, _undoer.c.id == _log.undone_by_id)
)


def find(
    tx: Tx,
    *,
    subject_kind: str | None = None,
    subject_id: int | None = None,
    account_id: int | None = None,
    action: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[LogEntry]:
    """Return acts of moderation, the newest first.

    If asked, only those of one kind of thing, about one thing, by one account, of one action.
    """
    rights.require_moderator(tx)
    given = {
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "account_id": account_id,
        "action": action,
    }
    wanted = [_log[name] == value for name, value in given.items() if value is not None]
    found = _SELECT_LOG.where(*wanted).order_by(_log.id.desc()).limit(limit).offset(offset)
    return [LogEntry(*row) for row in tx.all(found)]


def find_about(tx: Tx, account_id: int, *, limit: int = 5) -> list[LogEntry]:
    """Return the newest acts about an account and about the images, comments and posts it made."""
    rights.require_moderator(tx)
    made = {"image": schema.images, "comment": schema.comments, "post": schema.posts}
    own = [select(_log.id).where(_log.subject_kind == "account", _log.subject_id == account_id)]
    own += [
        select(_log.id)
        .join(table, table.c.id == _log.subject_id)
        .where(_log.subject_kind == kind, table.c.account_id == account_id)
        for kind, table in made.items()
    ]
    # Some of each kind are enough, as the newest of all are among them.
    each = [tx.all(one.order_by(_log.id.desc()).limit(limit)) for one in own]
    ids = [entry_id for rows in each for (entry_id,) in rows]
    rows = tx.all(_SELECT_LOG.where(_log.id.in_(ids)).order_by(_log.id.desc()).limit(limit))
    return [LogEntry(*row) for row in rows]


def get(tx: Tx, entry_id: int) -> LogEntry:
    """Return one act of moderation; raises NotFound."""
    rights.require_moderator(tx)
    if not 0 < entry_id < 2**63:
        raise NotFound
    row = tx.one(_SELECT_LOG.where(_log.id == entry_id))
    if row is None:
        raise NotFound
    return LogEntry(*row)
