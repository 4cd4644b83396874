"""Links of a person to places elsewhere, which staff verify before anybody else sees them.

Whoever adds one gets a code to show at that address, as a proof that it is theirs. A verified link
may name the artist's own tag; whoever has one may ask that works of that tag are not posted.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy import delete as delete_rows

from menagerie.core import rights, staff_log, tags, tokens
from menagerie.core.people import news
from menagerie.errors import Invalid, NotFound
from menagerie.library import Actor, Tx
from menagerie.storage import schema
from menagerie.storage.schema import LinkState, NewsKind

MAX_URL_LENGTH = 1000
MOST_LINKS = 50
"""How many an account may have."""
WAITING = (LinkState.UNVERIFIED, LinkState.LINK_VERIFIED, LinkState.CONTACTED)
"""The states that staff have yet to decide about."""


class Link(msgspec.Struct, frozen=True):
    """An address that somebody says is theirs; `code` is the proof, for them and for staff."""

    id: int
    account_id: int
    account_name: str
    url: str
    tag_id: int | None
    tag_name: str | None
    tag_slug: str | None
    is_public: bool
    state: LinkState
    code: str
    created_at: int


_row = schema.profile_links.c
_tag = schema.tags.c
_account = schema.accounts.c
_SELECT = (
    select(
        _row.id,
        _row.account_id,
        _account.name,
        _row.url,
        _row.tag_id,
        _tag.name,
        _row.is_public,
        _row.state,
        _row.code,
        _row.created_at,
    )
    .join(schema.accounts, _account.id == _row.account_id)
    .join(schema.tags, _tag.id == _row.tag_id, isouter=True)
)


def _found(tx: Tx, *conditions: ColumnElement[bool], limit: int, offset: int = 0) -> list[Link]:
    rows = tx.all(_SELECT.where(*conditions).order_by(_row.id).limit(limit).offset(offset))
    return [_link(tx.actor, row) for row in rows]


def _link(actor: Actor, row: Iterable[Any]) -> Link:
    names = (name for name in Link.__struct_fields__ if name != "tag_slug")
    values = dict(zip(names, row, strict=True))
    if actor.account_id != values["account_id"] and not actor.is_moderator:
        values["code"] = ""
    tag_name = values["tag_name"]
    slug = tags.slug_of(tag_name) if tag_name is not None else None
    return msgspec.convert(values | {"tag_slug": slug}, Link)


def of_account(tx: Tx, account_id: int) -> list[Link]:
    """Return an account's links: public verified ones, to itself and moderators all."""
    conditions = [_row.account_id == account_id]
    if tx.actor.account_id != account_id and not tx.actor.is_moderator:
        conditions += [_row.is_public, _row.state == LinkState.VERIFIED]
    return _found(tx, *conditions, limit=MOST_LINKS)


def of_tag(tx: Tx, tag_id: int) -> list[Link]:
    """Return the public verified links of the artists whose own tag this is."""
    return _found(
        tx,
        _row.tag_id == tag_id,
        _row.is_public,
        _row.state == LinkState.VERIFIED,
        _account.deactivated_at.is_(None),
        limit=MOST_LINKS,
    )


def is_linked(tx: Tx, account_id: int, tag_id: int) -> bool:
    """Tell whether staff have verified that a tag is an account's own."""
    own = (_row.account_id == account_id, _row.tag_id == tag_id)
    return tx.one(select(_row.id).where(*own, _row.state == LinkState.VERIFIED)) is not None


def get(tx: Tx, link_id: int) -> Link:
    """Return one of the actor's links, any for moderators; raises NotFound."""
    found = _found(tx, _row.id == link_id, limit=1) if 0 < link_id < 2**63 else []
    if not found or not (tx.actor.is_moderator or found[0].account_id == tx.actor.account_id):
        raise NotFound
    return found[0]


def add(tx: Tx, url: str, tag_name: str | None = None, *, is_public: bool = True) -> Link:
    """Say that an address is the actor's, and perhaps a tag their name as an artist.

    Raises Unauthenticated, Banned, or Invalid (`url`, `tag`).
    """
    account_id = rights.require_account(tx)
    rights.require_contributor(tx)
    url = url.strip()
    problems = _url_problems(tx, account_id, url)
    tag = None
    if tag_name and tag_name.strip():
        names = [] if rights.is_unfit(tag_name) else tags.parse_list([tag_name])
        tag = next(iter(tags.canonical(tx, names).values()), None)
        if tag is None:
            problems["tag"] = ["is not known here"]
    if problems:
        raise Invalid(problems)
    made = tx.execute(
        insert(schema.profile_links)
        .values(
            account_id=account_id,
            tag_id=tag.id if tag is not None else None,
            url=url,
            is_public=is_public,
            state=LinkState.UNVERIFIED,
            code=f"menagerie-{tokens.generate(tx.library, size_bytes=12)}",
            created_at=tx.now,
        )
        .returning(_row.id)
    )
    return get(tx, made.scalar_one())


def _url_problems(tx: Tx, account_id: int, url: str) -> dict[str, list[str]]:
    scheme, separator, rest = url.partition("://")
    is_address = scheme.lower() in {"http", "https"} and separator and rest
    if not is_address or not url.isprintable() or " " in url or rights.is_unfit(url):
        return {"url": ["has invalid format"]}
    if len(url) > MAX_URL_LENGTH:
        return {"url": [f"should be at most {MAX_URL_LENGTH} character(s)"]}
    own = list(tx.execute(select(_row.url).where(_row.account_id == account_id)).scalars())
    if url in own:
        return {"url": ["has already been taken"]}
    return {"url": [f"may be at most {MOST_LINKS}"]} if len(own) >= MOST_LINKS else {}


def delete(tx: Tx, link_id: int) -> None:
    """Delete one of the actor's links, any for moderators; raises NotFound."""
    found = get(tx, link_id)
    tx.execute(delete_rows(schema.profile_links).where(_row.id == link_id))
    news.withdraw(tx, [found.account_id], NewsKind.LINK, link_id)


def decide(tx: Tx, link_id: int, state: LinkState) -> Link:
    """Say how far the proof of a link is, and tell its owner; moderators only.

    Raises Unauthenticated, Forbidden or NotFound.
    """
    rights.require_moderator(tx)
    found = get(tx, link_id)
    if found.state != state:
        before = staff_log.watch_row(tx, schema.profile_links, link_id)
        tx.execute(
            update(schema.profile_links)
            .where(_row.id == link_id)
            .values(state=state, decided_by_id=tx.actor.account_id, decided_at=tx.now)
        )
        details: dict[str, object] = {"state": state.value, "before": found.state.value}
        staff_log.note(tx, "decide link", "profile_link", link_id, details=details, before=before)
        news.tell(tx, [found.account_id], NewsKind.LINK, link_id)
    return get(tx, link_id)


def waiting(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Link], int]:
    """Return the links that staff have yet to decide, the oldest first, and how many.

    Moderators only: raises Unauthenticated or Forbidden.
    """
    rights.require_moderator(tx)
    open_ = _row.state.in_(WAITING)
    total = tx.scalar(select(func.count()).select_from(schema.profile_links).where(open_))
    return _found(tx, open_, limit=limit, offset=offset), int(total)
