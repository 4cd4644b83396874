"""Reports: people say that something is wrong with an image, and moderators look into it.

A reporter has one open report per image. An image that as many reporters as the setting
`report_threshold` says have reported is withheld: still there by its id, but neither offered for
judging nor exported, until somebody has looked at it. Nobody learns what others reported.
"""

from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update

from menagerie.core import images, moderation, rights, visibility, voters
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ReportState

MAX_REASON_CHARACTERS = 2000
REMOVED_REASON = "Removed after a report"


class Category(StrEnum):
    """What a report is about, as far as its first words say."""

    SENSITIVE = "sensitive"
    COPYRIGHT = "copyright"
    OTHER = "other"


class Action(StrEnum):
    """What becomes of an image whose reports are accepted."""

    REMOVE = "remove"
    QUARANTINE = "quarantine"
    NONE = "none"


class Report(msgspec.Struct, frozen=True):
    """One report, for moderators."""

    id: int
    image_id: int
    category: str
    reason: str
    account_id: int | None
    account_name: str | None
    state: str
    created_at: int


_row = schema.reports.c


def report(tx: Tx, image_id: int, reason: str) -> int:
    """Report an image and return how many open reports of it the actor has, which is one.

    The category is guessed from the words before a colon. While the first report is open, another
    one changes nothing. Raises NotFound, Banned, and Invalid (`reason`) for an empty text and one
    of more than 2,000 characters.
    """
    facts = visibility.get_facts(tx, image_id)
    gone = {visibility.State.REMOVED, visibility.State.MERGED}
    if facts.audience == Audience.PRIVATE or visibility.state(facts) in gone:
        raise NotFound
    rights.require_unbanned(tx)
    text = _checked(reason)
    reporter = voters.reporter(tx)
    is_own_open = (
        _row.image_id == image_id,
        _row.reporter == reporter,
        _row.state == ReportState.OPEN,
    )
    if tx.one(select(_row.id).where(*is_own_open)) is None:
        tx.execute(
            insert(schema.reports).values(
                subject_id=image_id,
                image_id=image_id,
                category=category_of(text),
                reason=text,
                reporter=reporter,
                account_id=tx.actor.account_id,
                state=ReportState.OPEN,
                created_at=tx.now_s,
            )
        )
        _withhold(tx, image_id)
    return 1


def _checked(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise Invalid({"reason": ["must not be empty"]})
    if len(text) > MAX_REASON_CHARACTERS:
        raise Invalid({"reason": [f"should be at most {MAX_REASON_CHARACTERS} character(s)"]})
    if rights.is_unfit(text):
        raise Invalid({"reason": ["may not contain control characters"]})
    return text


def category_of(reason: str) -> Category:
    """Guess what a report is about.

    >>> category_of("Copyright Violation: mine").value, category_of("it is ugly: no").value
    ('copyright', 'other')
    """
    head = reason.partition(":")[0].strip().lower()
    known = {"sensitive content": Category.SENSITIVE, "copyright violation": Category.COPYRIGHT}
    return known.get(head, Category.OTHER)


def _withhold(tx: Tx, image_id: int) -> None:
    """Withhold the image if enough reporters are waiting for an answer."""
    threshold = tx.library.settings.report_threshold
    waiting = tx.scalar(
        select(func.count()).where(_row.image_id == image_id, _row.state == ReportState.OPEN)
    )
    if threshold and waiting == threshold:
        images.change_file(tx, image_id, is_withheld=True)


def find_open(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Report], int]:
    """Return the reports that nobody has decided, the oldest first, and how many there are.

    Raises Unauthenticated and Forbidden, for whoever is no moderator.
    """
    rights.require_moderator(tx)
    is_open = _row.state == ReportState.OPEN
    total = tx.scalar(select(func.count()).select_from(schema.reports).where(is_open))
    names = Report.__struct_fields__
    columns: list[Any] = [schema.accounts.c.name if n == "account_name" else _row[n] for n in names]
    rows = tx.all(
        select(*columns)
        .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
        .where(is_open)
        .order_by(_row.id)
        .limit(limit)
        .offset(offset)
    )
    return [Report(*row) for row in rows], int(total)


def resolve(
    tx: Tx,
    image_id: int,
    *,
    accept: bool,
    action: Action | str = Action.REMOVE,
    reason: str = "",
) -> None:
    """Decide all open reports of an image, which is then withheld no more.

    If they are accepted, `action` says what becomes of the image; `reason` is what its stub says.
    Raises Unauthenticated, Forbidden, NotFound when there is nothing to decide, and Invalid
    (`action`, `reason`).
    """
    rights.require_moderator(tx)
    if action not in set(Action):
        raise Invalid({"action": [f"must be one of {', '.join(Action)}"]})
    decided = tx.execute(
        update(schema.reports)
        .where(_row.image_id == image_id, _row.state == ReportState.OPEN)
        .values(
            state=ReportState.ACCEPTED if accept else ReportState.REJECTED,
            resolved_by_id=tx.actor.account_id,
            resolved_at=tx.now_s,
        )
    )
    if not decided.rowcount:
        raise NotFound
    facts = visibility.find_facts(tx, image_id)
    # What its owner has deleted meanwhile needs nothing done any more.
    if accept and facts is not None and not facts.is_deleted_by_owner:
        if action == Action.REMOVE:
            moderation.remove(tx, image_id, reason or REMOVED_REASON)
        elif action == Action.QUARANTINE:
            moderation.quarantine(tx, image_id, reason)
    images.change_file(tx, image_id, is_withheld=False)
    name = "accept reports" if accept else "reject reports"
    details: dict[str, object] = {"reports": decided.rowcount}
    moderation.note(tx, name, "image", image_id, reason=reason.strip(), details=details)
