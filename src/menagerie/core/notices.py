"""Site notices: what staff tell every visitor, for a time, at the top of each page. Plain text."""

from typing import Any

import msgspec
from sqlalchemy import delete as delete_rows
from sqlalchemy import insert, select, update

from menagerie.core import rights, staff_log
from menagerie.errors import Invalid, NotFound
from menagerie.library import SECOND, Tx
from menagerie.storage import schema

MAX_BYTES = {"title": 255, "body": 5000, "link": 1000, "link_text": 255}
CACHE_S = 5
"""How old what a page shows may be, in other processes than the one that changed it."""
_CACHE = "notices"


class Notice(msgspec.Struct, frozen=True):
    """A notice; `until_at` None is until it is taken down. No text of it is markup."""

    id: int
    title: str
    body: str
    link: str
    link_text: str
    is_live: bool
    from_at: int
    until_at: int | None


_row = schema.site_notices.c
_SELECT = select(*(_row[name] for name in Notice.__struct_fields__))


def in_force(tx: Tx) -> list[Notice]:
    """Return the notices that every page shows now, the newest first.

    Read once in some seconds, so that it costs a page nothing.
    """
    if tx.has_changed:
        return _in_force(_live(tx), tx.now)
    known: tuple[int, list[Notice]] | None = tx.library.caches.get(_CACHE)
    if known is None or not known[0] <= tx.now < known[0] + CACHE_S * SECOND:
        known = (tx.now, _live(tx))
        tx.library.caches[_CACHE] = known
    return _in_force(known[1], tx.now)


def _live(tx: Tx) -> list[Notice]:
    """Return the notices that are shown now or may be within some seconds."""
    is_over = _row.until_at <= tx.now
    rows = tx.all(
        _SELECT.where(
            _row.is_live,
            _row.from_at <= tx.now + CACHE_S * SECOND,
            _row.until_at.is_(None) | ~is_over,
        ).order_by(_row.from_at.desc(), _row.id.desc())
    )
    return [Notice(*row) for row in rows]


def _in_force(live: list[Notice], now: int) -> list[Notice]:
    return [
        one for one in live if one.from_at <= now and (one.until_at is None or now < one.until_at)
    ]


def find_all(tx: Tx) -> list[Notice]:
    """Return every notice, the newest first; moderators only.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_moderator(tx)
    return [Notice(*row) for row in tx.all(_SELECT.order_by(_row.id.desc()))]


def get(tx: Tx, notice_id: int) -> Notice:
    """Return a notice; moderators only. Raises Unauthenticated, Forbidden or NotFound."""
    rights.require_moderator(tx)
    row = tx.one(_SELECT.where(_row.id == notice_id)) if 0 < notice_id < 2**63 else None
    if row is None:
        raise NotFound
    return Notice(*row)


def create(
    tx: Tx,
    *,
    title: str,
    body: str = "",
    link: str = "",
    link_text: str = "",
    from_at: int | None = None,
    until_at: int | None = None,
) -> Notice:
    """Tell every visitor something, from now or `from_at` on; moderators only.

    Raises Unauthenticated, Forbidden, or Invalid (`title`, `body`, `link`, `link_text`,
    `until_at`).
    """
    rights.require_moderator(tx)
    values: dict[str, Any] = {
        "title": title.strip(),
        "body": body.strip(),
        "link": link.strip(),
        "link_text": link_text.strip(),
        "from_at": tx.now if from_at is None else from_at,
        "until_at": until_at,
    }
    _check(values)
    made = tx.execute(
        insert(schema.site_notices)
        .values(account_id=tx.actor.account_id, created_at=tx.now, **values)
        .returning(_row.id)
    )
    notice_id: int = made.scalar_one()
    _noted(tx, "create notice", notice_id)
    return get(tx, notice_id)


def edit(tx: Tx, notice_id: int, **values: Any) -> Notice:
    """Change a notice, named as the fields of `Notice`; the others stay. Moderators only.

    Raises Unauthenticated, Forbidden, NotFound, or Invalid as `create` does.
    """
    before = msgspec.structs.asdict(get(tx, notice_id))
    unknown = values.keys() - (before.keys() - {"id"})
    if unknown:
        raise Invalid({name: ["is not part of a notice"] for name in sorted(unknown)})
    given = {name: text.strip() if isinstance(text, str) else text for name, text in values.items()}
    if given.get("from_at", 0) is None:
        given["from_at"] = tx.now
    _check(before | given)
    if given:
        tx.execute(update(schema.site_notices).where(_row.id == notice_id).values(**given))
        _noted(tx, "edit notice", notice_id)
    return get(tx, notice_id)


def take_down(tx: Tx, notice_id: int) -> Notice:
    """Show a notice no longer. Raises as `edit` does."""
    return edit(tx, notice_id, is_live=False)


def delete(tx: Tx, notice_id: int) -> None:
    """Delete a notice; moderators only. Raises Unauthenticated, Forbidden or NotFound."""
    get(tx, notice_id)
    tx.execute(delete_rows(schema.site_notices).where(_row.id == notice_id))
    _noted(tx, "delete notice", notice_id)


def _noted(tx: Tx, action: str, notice_id: int) -> None:
    """Log what was done, and let this process show it at once."""
    staff_log.note(tx, action, "site_notice", notice_id)
    caches = tx.library.caches
    caches.pop(_CACHE, None)
    tx.after_commit(lambda: caches.pop(_CACHE, None))


def _check(values: dict[str, Any]) -> None:
    problems: dict[str, list[str]] = {}
    for name, limit in MAX_BYTES.items():
        if rights.is_unfit(values[name]):
            problems[name] = ["may not contain control characters"]
        elif len(values[name].encode()) > limit:
            problems[name] = [f"should be at most {limit} byte(s)"]
    if not values["title"]:
        problems["title"] = ["can't be blank"]
    link = values["link"]
    if link and not _is_address(link):
        problems["link"] = ["has invalid format"]
    until_at = values["until_at"]
    if until_at is not None and until_at <= values["from_at"]:
        problems["until_at"] = ["must be later than the beginning"]
    if problems:
        raise Invalid(problems)


def _is_address(link: str) -> bool:
    """Tell whether a link goes to a page of this site or to an address of the web."""
    is_own = link.startswith("/") and not link.startswith(("//", "/\\"))
    is_far = link.lower().startswith(("http://", "https://"))
    return (is_own or is_far) and link.isprintable() and " " not in link
