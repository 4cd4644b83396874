"""Do-not-post entries: what artists ask for about the works that carry their tag.

Only listed entries are shown and enforced. Two of the kinds are enforced at intake; the others are
for people to read.

Source: Philomena (2021 to 2026) for the kinds and which of them refuse an upload.
"""

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import ColumnElement, func, insert, select, update

from menagerie.core import rights, staff_log, tags
from menagerie.core.people import links, news
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Actor, Tx
from menagerie.storage import schema
from menagerie.storage.schema import DnpState, DnpType, NewsKind

MAX_BYTES = 10_000
EDIT_TAG = "edit"
"""The tag of pictures that somebody else has changed."""
WAITING = (DnpState.REQUESTED, DnpState.CLAIMED)
"""The states that staff have yet to decide about."""
_NO_REASON_NEEDED = {DnpType.NO_EDITS, DnpType.ARTIST_UPLOAD_ONLY, DnpType.ARTIST_TAG_CHANGE}


class Entry(msgspec.Struct, frozen=True):
    """What an artist asks for; `reason` and `feedback` are empty to whom they are not for."""

    id: int
    tag_id: int
    tag_name: str
    tag_slug: str
    account_id: int | None
    account_name: str | None
    type: DnpType
    conditions: str
    reason: str
    hides_reason: bool
    feedback: str
    state: DnpState
    created_at: int
    updated_at: int


_row = schema.dnp_entries.c
_tag = schema.tags.c
_account = schema.accounts.c
_IS_ENFORCED = (
    _row.state == DnpState.LISTED,
    _row.type.in_((DnpType.ARTIST_UPLOAD_ONLY, DnpType.NO_EDITS)),
)
_SELECT = (
    select(
        _row.id,
        _row.tag_id,
        _tag.name,
        _row.account_id,
        _account.name,
        _row.type,
        _row.conditions,
        _row.reason,
        _row.hides_reason,
        _row.feedback,
        _row.state,
        _row.created_at,
        _row.updated_at,
    )
    .join(schema.tags, _tag.id == _row.tag_id)
    .join(schema.accounts, _account.id == _row.account_id, isouter=True)
)


def _found(tx: Tx, *conditions: ColumnElement[bool], limit: int, offset: int = 0) -> list[Entry]:
    rows = tx.all(_SELECT.where(*conditions).order_by(_row.id).limit(limit).offset(offset))
    return [_entry(tx.actor, row) for row in rows]


def _entry(actor: Actor, row: tuple[object, ...]) -> Entry:
    values = dict(zip((n for n in Entry.__struct_fields__ if n != "tag_slug"), row, strict=True))
    knows_all = actor.is_moderator or (
        actor.account_id is not None and actor.account_id == values["account_id"]
    )
    if not knows_all:
        values["feedback"] = ""
        if values["hides_reason"]:
            values["reason"] = ""
    slug = tags.slug_of(str(values["tag_name"]))
    return msgspec.convert(values | {"tag_slug": slug}, Entry)


# Reading.


def of_tag(tx: Tx, tag_id: int) -> list[Entry]:
    """Return the listed entries of a tag, the oldest first."""
    return _found(tx, _row.tag_id == tag_id, _row.state == DnpState.LISTED, limit=100)


def of_tags(tx: Tx, tag_ids: Collection[int]) -> dict[int, list[Entry]]:
    """Return the listed entries of some tags by the id of each that has one, the oldest first."""
    found: dict[int, list[Entry]] = {}
    if tag_ids:
        listed = _row.state == DnpState.LISTED
        for entry in _found(tx, _row.tag_id.in_(tag_ids), listed, limit=100 * len(tag_ids)):
            found.setdefault(entry.tag_id, []).append(entry)
    return found


def find_listed(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Entry], int]:
    """Return the listed entries, the oldest first, and how many there are."""
    return _with_total(tx, _row.state == DnpState.LISTED, limit=limit, offset=offset)


def own(tx: Tx) -> list[Entry]:
    """Return what the actor asked for, in whatever state; raises Unauthenticated."""
    return _found(tx, _row.account_id == rights.require_account(tx), limit=1000)


def waiting(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Entry], int]:
    """Return what staff have yet to decide, the oldest first, and how many; moderators only.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_moderator(tx)
    return _with_total(tx, _row.state.in_(WAITING), limit=limit, offset=offset)


def _with_total(
    tx: Tx, condition: ColumnElement[bool], *, limit: int, offset: int
) -> tuple[list[Entry], int]:
    total = tx.scalar(select(func.count()).select_from(schema.dnp_entries).where(condition))
    return _found(tx, condition, limit=limit, offset=offset), int(total)


def get(tx: Tx, entry_id: int) -> Entry:
    """Return an entry: a listed one, or any to whoever asked for it and to moderators.

    Raises NotFound.
    """
    found = _found(tx, _row.id == entry_id, limit=1) if 0 < entry_id < 2**63 else []
    if not found:
        raise NotFound
    (entry,) = found
    is_own = tx.actor.account_id is not None and entry.account_id == tx.actor.account_id
    if entry.state is not DnpState.LISTED and not is_own and not tx.actor.is_moderator:
        raise NotFound
    return entry


# Asking and deciding.


def request(
    tx: Tx,
    tag_name: str,
    type_: DnpType | str,
    *,
    conditions: str = "",
    reason: str = "",
    hides_reason: bool = False,
    feedback: str = "",
) -> Entry:
    """Ask that works of a tag are not posted, or not as they like; staff decide.

    Raises Unauthenticated, Banned, Invalid (`tag`, `type`, `conditions`, `reason`, `feedback`), or
    Forbidden for whom no verified link makes the artist of that tag, moderators aside.
    """
    account_id = rights.require_account(tx)
    rights.require_contributor(tx)
    names = [] if rights.is_unfit(tag_name) else tags.parse_list([tag_name])
    tag = next(iter(tags.canonical(tx, names).values()), None)
    texts = {"conditions": conditions, "reason": reason, "feedback": feedback}
    problems = _problems(type_, texts)
    if tag is None:
        problems["tag"] = ["is not known here"]
    if problems or tag is None:
        raise Invalid(problems)
    if not tx.actor.is_moderator and not links.is_linked(tx, account_id, tag.id):
        raise Forbidden("Only the artist whose tag it is may ask this; add a link first.")
    made = tx.execute(
        insert(schema.dnp_entries)
        .values(
            tag_id=tag.id,
            account_id=account_id,
            type=DnpType(type_),
            hides_reason=hides_reason,
            state=DnpState.REQUESTED,
            created_at=tx.now_s,
            updated_at=tx.now_s,
            **texts,
        )
        .returning(_row.id)
    )
    return get(tx, made.scalar_one())


def _problems(type_: DnpType | str, texts: dict[str, str]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if type_ not in list(DnpType):
        problems["type"] = [f"must be one of {', '.join(DnpType)}"]
    elif type_ not in _NO_REASON_NEEDED and not texts["conditions"].strip():
        problems["conditions"] = ["can't be blank"]
    for name, text in texts.items():
        if rights.is_unfit(text):
            problems[name] = ["may not contain control characters"]
        elif len(text.encode()) > MAX_BYTES:
            problems[name] = [f"should be at most {MAX_BYTES} byte(s)"]
    return problems


def decide(tx: Tx, entry_id: int, state: DnpState) -> Entry:
    """Put an entry into a state, and tell whoever asked for it; moderators only.

    Whoever asked may rescind it themselves. Raises Unauthenticated, Forbidden or NotFound.
    """
    found = get(tx, entry_id)
    is_own = tx.actor.account_id is not None and found.account_id == tx.actor.account_id
    if not (is_own and state is DnpState.RESCINDED):
        rights.require_moderator(tx)
    if found.state != state:
        watched = staff_log.watch_row(tx, schema.dnp_entries, entry_id, "state", "decided_by_id")
        tx.execute(
            update(schema.dnp_entries)
            .where(_row.id == entry_id)
            .values(state=state, decided_by_id=tx.actor.account_id, updated_at=tx.now_s)
        )
        if tx.actor.is_moderator:
            details: dict[str, object] = {"state": state.value, "before": found.state.value}
            staff_log.note(tx, "decide dnp", "dnp_entry", entry_id, details=details, before=watched)
        if found.account_id is not None and state is not DnpState.CLAIMED:
            news.tell(tx, [found.account_id], NewsKind.DNP, entry_id)
    return get(tx, entry_id)


def is_any_enforced(tx: Tx) -> bool:
    """Tell whether any upload may be refused at all, which spares looking up its tags."""
    return tx.one(select(_row.id).where(*_IS_ENFORCED).limit(1)) is not None


def check_upload(tx: Tx, tag_ids: Iterable[int], actor: Actor) -> list[str]:
    """Return what artists have against an upload with these tags, each thing once.

    The artist may post their own works, and the library itself whatever its operator likes.
    """
    ids = sorted(set(tag_ids))
    if not ids or (actor.account_id is None and actor.is_admin):
        return []
    rows = tx.all(
        select(_row.tag_id, _row.type).where(_row.tag_id.in_(ids), *_IS_ENFORCED).order_by(_row.id)
    )
    if not rows:
        return []
    is_edit = tx.scalar(select(_tag.id).where(_tag.name == EDIT_TAG)) in ids
    problems = [
        f"DNP ({kind})"
        for tag_id, kind in rows
        if (kind == DnpType.ARTIST_UPLOAD_ONLY or is_edit)
        and not (actor.account_id is not None and links.is_linked(tx, actor.account_id, tag_id))
    ]
    return list(dict.fromkeys(problems))
