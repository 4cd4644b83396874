"""Badges: small pictures that staff award to people, shown beside their names."""

from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from menagerie.core import rights, staff_log
from menagerie.core.people import avatars, news
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import NewsKind

MAX_BYTES = {"title": 100, "description": 1000, "label": 100, "reason": 1000}


class Badge(msgspec.Struct, frozen=True):
    """A badge; `image` is a blob name, and a retired one is not awarded any more."""

    id: int
    title: str
    description: str
    image: str | None
    is_retired: bool


class Award(msgspec.Struct, frozen=True):
    """A badge that an account has; `title` is the label given to it, else the badge's."""

    id: int
    badge_id: int
    title: str
    label: str
    description: str
    image: str | None
    awarded_at: int
    awarded_by_name: str | None
    badge_title: str


_badge = schema.badges.c
_award = schema.awards.c
_SELECT = select(*(_badge[name] for name in Badge.__struct_fields__))


def find_all(tx: Tx) -> list[Badge]:
    """Return every badge by title, retired ones too."""
    return [Badge(*row) for row in tx.all(_SELECT.order_by(_badge.title))]


def get(tx: Tx, badge_id: int) -> Badge:
    """Return a badge; raises NotFound."""
    row = tx.one(_SELECT.where(_badge.id == badge_id)) if 0 < badge_id < 2**63 else None
    if row is None:
        raise NotFound
    return Badge(*row)


def create(tx: Tx, title: str, *, description: str = "", image: str | None = None) -> Badge:
    """Make a badge; moderators only. `image` is what `avatars.keep` returned.

    Raises Unauthenticated, Forbidden, or Invalid (`title`, `description`, `image`).
    """
    rights.require_moderator(tx)
    values: dict[str, Any] = {"title": title.strip(), "description": description, "image": image}
    _check(tx, values)
    made = tx.execute(
        insert(schema.badges).values(created_at=tx.now, **values).returning(_badge.id)
    )
    badge_id: int = made.scalar_one()
    staff_log.note(tx, "create badge", "badge", badge_id, details={"title": values["title"]})
    return get(tx, badge_id)


def edit(
    tx: Tx,
    badge_id: int,
    *,
    title: str | None = None,
    description: str | None = None,
    image: str | None = None,
    is_retired: bool | None = None,
) -> Badge:
    """Change a badge; None leaves a part as it is. Raises NotFound and as `create` does."""
    rights.require_moderator(tx)
    get(tx, badge_id)
    given: dict[str, Any] = {
        "title": title.strip() if title is not None else None,
        "description": description,
        "image": image,
        "is_retired": is_retired,
    }
    values = {name: value for name, value in given.items() if value is not None}
    _check(tx, values, badge_id=badge_id)
    if values:
        tx.execute(update(schema.badges).where(_badge.id == badge_id).values(**values))
        staff_log.note(tx, "edit badge", "badge", badge_id)
    return get(tx, badge_id)


def _check(tx: Tx, values: dict[str, Any], *, badge_id: int = 0) -> None:
    problems = _text_problems(values)
    if values.get("title") == "":
        problems["title"] = ["can't be blank"]
    taken = select(_badge.id).where(_badge.title == values.get("title"), _badge.id != badge_id)
    if "title" not in problems and tx.one(taken) is not None:
        problems["title"] = ["has already been taken"]
    image = values.get("image")
    if image and not avatars.is_kept(tx, image):
        problems["image"] = ["is not kept here"]
    if problems:
        raise Invalid(problems)


def _text_problems(values: dict[str, Any]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for name, limit in MAX_BYTES.items():
        text = values.get(name) or ""
        if rights.is_unfit(text):
            problems[name] = ["may not contain control characters"]
        elif len(text.encode()) > limit:
            problems[name] = [f"should be at most {limit} byte(s)"]
    return problems


# Awards.


def of_account(tx: Tx, account_id: int) -> list[Award]:
    """Return the badges of an account, the oldest first; [] for an unknown one."""
    giver = schema.accounts.c
    rows = tx.all(
        select(
            _award.id,
            _award.badge_id,
            _badge.title,
            _award.label,
            _badge.description,
            _badge.image,
            _award.awarded_at,
            giver.name,
        )
        .join(schema.badges, _badge.id == _award.badge_id)
        .join(schema.accounts, giver.id == _award.awarded_by_id, isouter=True)
        .where(_award.account_id == account_id)
        .order_by(_award.awarded_at, _award.id)
    )
    return [
        Award(
            id=row[0],
            badge_id=row[1],
            title=row[3] or row[2],
            label=row[3],
            description=row[4],
            image=row[5],
            awarded_at=row[6],
            awarded_by_name=row[7],
            badge_title=row[2],
        )
        for row in rows
    ]


def award(tx: Tx, account_id: int, badge_id: int, *, label: str = "", reason: str = "") -> Award:
    """Give an account a badge and tell it; moderators only. The reason is for staff.

    Raises Unauthenticated, Forbidden, NotFound, or Invalid (`badge` for a retired one, `label`,
    `reason`).
    """
    rights.require_moderator(tx)
    badge = get(tx, badge_id)
    problems = _text_problems({"label": label, "reason": reason})
    if badge.is_retired:
        problems["badge"] = ["is not awarded any more"]
    if problems:
        raise Invalid(problems)
    account = schema.accounts.c
    there = select(account.id).where(account.id == account_id, account.deactivated_at.is_(None))
    if not 0 < account_id < 2**63 or tx.one(there) is None:
        raise NotFound
    made = tx.execute(
        insert(schema.awards)
        .values(
            account_id=account_id,
            badge_id=badge_id,
            label=label.strip(),
            reason=reason,
            awarded_by_id=tx.actor.account_id,
            awarded_at=tx.now_s,
        )
        .returning(_award.id)
    )
    award_id: int = made.scalar_one()
    details: dict[str, object] = {"badge": badge.title}
    staff_log.note(tx, "award badge", "account", account_id, reason=reason, details=details)
    news.tell(tx, [account_id], NewsKind.AWARD, award_id)
    return next(one for one in of_account(tx, account_id) if one.id == award_id)


def take_back(tx: Tx, award_id: int) -> None:
    """Take a badge away from an account; moderators only.

    Raises Unauthenticated, Forbidden or NotFound.
    """
    rights.require_moderator(tx)
    statement = select(_award.account_id, _badge.title).join(
        schema.badges, _badge.id == _award.badge_id
    )
    row = tx.one(statement.where(_award.id == award_id)) if 0 < award_id < 2**63 else None
    if row is None:
        raise NotFound
    tx.execute(delete(schema.awards).where(_award.id == award_id))
    news.withdraw(tx, [row.account_id], NewsKind.AWARD, award_id)
    details: dict[str, object] = {"badge": row.title}
    staff_log.note(tx, "take back badge", "account", row.account_id, details=details)
