"""Reports: people say that something is wrong with an image, a text or a person.

Moderators look into it. A reporter has one open report per subject. An image that as many
reporters as the setting `report_threshold` says have reported is withheld: still there by its id,
but neither offered for judging nor exported, until somebody has looked at it. Nobody learns what
others reported.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, insert, select, update

from menagerie.core import (
    galleries,
    images,
    moderation,
    reviewing,
    rights,
    staff_log,
    visibility,
    voters,
)
from menagerie.core.talk import comments, posts
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ReportState, SubjectKind

MAX_REASON_CHARACTERS = 2000
MAX_RULE_CHARACTERS = 100
REMOVED_REASON = "Removed after a report"


class Category(StrEnum):
    """What a report is about, as far as its first words say."""

    SENSITIVE = "sensitive"
    COPYRIGHT = "copyright"
    OTHER = "other"


class Action(StrEnum):
    """What becomes of a subject whose reports are accepted; comments and posts are hidden."""

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


class SubjectReport(msgspec.Struct, frozen=True):
    """One report of anything, for moderators; `resolved_by_name` is None while it is open."""

    id: int
    subject_kind: str
    subject_id: int
    category: str
    reason: str
    account_id: int | None
    account_name: str | None
    state: str
    created_at: int
    resolved_by_name: str | None
    resolved_at: int | None


_row = schema.reports.c
_resolver = schema.accounts.alias("resolver")
_ELSEWHERE: dict[str, Any] = {
    "account_name": schema.accounts.c.name,
    "resolved_by_name": _resolver.c.name,
}


def report(tx: Tx, image_id: int, reason: str) -> int:
    """Report an image and return how many open reports of it the actor has, which is one.

    The category is guessed from the words before a colon. While the first report is open, another
    one changes nothing. Raises NotFound, Banned, and Invalid (`reason`) for an empty text and one
    of more than 2,000 characters.
    """
    _require_reportable(tx, image_id)
    rights.require_unbanned(tx)
    _put(tx, SubjectKind.IMAGE, image_id, _checked(reason))
    return 1


def report_subject(
    tx: Tx, kind: SubjectKind | str, subject_id: int, reason: str, *, rule: str = ""
) -> int:
    """Report anything the actor may know of, and return the id of the actor's open report of it.

    `rule` is the one that was broken, in a few words. Raises NotFound, Banned, and Invalid
    (`subject_kind`, `reason`, `rule`). Conversations are reported by those who take part.
    """
    if kind not in set(SubjectKind):
        raise Invalid({"subject_kind": [f"must be one of {', '.join(SubjectKind)}"]})
    if not 0 < subject_id < 2**63:
        raise NotFound
    rights.require_unbanned(tx)
    _require_known(tx, SubjectKind(kind), subject_id)
    if len(rule) > MAX_RULE_CHARACTERS or rights.is_unfit(rule):
        raise Invalid({"rule": [f"should be at most {MAX_RULE_CHARACTERS} character(s)"]})
    return _put(tx, SubjectKind(kind), subject_id, _checked(reason), rule.strip())


def _require_known(tx: Tx, kind: SubjectKind, subject_id: int) -> None:
    """Let pass whoever may know of the subject; raises NotFound."""
    match kind:
        case SubjectKind.IMAGE:
            _require_reportable(tx, subject_id)
        case SubjectKind.COMMENT:
            comments.get(tx, subject_id)
        case SubjectKind.POST:
            posts.get(tx, subject_id)
        case SubjectKind.GALLERY:
            galleries.get(tx, subject_id)
        case SubjectKind.ACCOUNT:
            _require_row(tx, schema.accounts.c.id == subject_id)
        case SubjectKind.CONVERSATION:
            talk = schema.conversations.c
            own = (talk.from_id == tx.actor.account_id) | (talk.to_id == tx.actor.account_id)
            _require_row(tx, (talk.id == subject_id) & own)


def _require_row(tx: Tx, condition: ColumnElement[bool]) -> None:
    if not tx.scalar(select(exists().where(condition))):
        raise NotFound


def _put(tx: Tx, kind: SubjectKind, subject_id: int, reason: str, rule: str = "") -> int:
    """Write a report unless the actor has an open one of the subject; return its id."""
    reporter = voters.reporter(tx)
    own_open = (
        _row.subject_kind == kind,
        _row.subject_id == subject_id,
        _row.reporter == reporter,
        _row.state == ReportState.OPEN,
    )
    there = tx.scalar(select(_row.id).where(*own_open))
    if there is not None:
        return int(there)
    image_id = subject_id if kind == SubjectKind.IMAGE else None
    made = tx.execute(
        insert(schema.reports)
        .values(
            subject_kind=kind,
            subject_id=subject_id,
            image_id=image_id,
            category=rule or category_of(reason),
            reason=reason,
            reporter=reporter,
            account_id=tx.actor.account_id,
            address=tx.actor.address,
            state=ReportState.OPEN,
            created_at=tx.now_s,
        )
        .returning(_row.id)
    )
    if image_id is not None:
        _withhold(tx, image_id)
    return int(made.scalar_one())


def _require_reportable(tx: Tx, image_id: int) -> None:
    facts = visibility.get_facts(tx, image_id)
    gone = {visibility.State.REMOVED, visibility.State.MERGED}
    if facts.audience == Audience.PRIVATE or visibility.state(facts) in gone:
        raise NotFound


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
    """Return the reports of images that nobody has decided, the oldest first, and their number.

    Reports of other things are in `staff.queue`. Raises Unauthenticated and Forbidden, for whoever
    is no moderator.
    """
    rights.require_moderator(tx)
    is_open = and_(_row.state == ReportState.OPEN, _row.subject_kind == SubjectKind.IMAGE)
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
    ids = _open_of(tx, SubjectKind.IMAGE, image_id)
    if not ids:
        raise NotFound
    _decide(tx, SubjectKind.IMAGE, image_id, ids, _Decision(accept, Action(action), reason))


class _Decision(NamedTuple):
    is_accepted: bool
    action: Action
    reason: str


def _open_of(tx: Tx, kind: str, subject_id: int) -> list[int]:
    wanted = (
        _row.subject_kind == kind,
        _row.subject_id == subject_id,
        _row.state == ReportState.OPEN,
    )
    return list(tx.execute(select(_row.id).where(*wanted)).scalars())


def get(tx: Tx, report_id: int) -> SubjectReport:
    """Return one report; raises Unauthenticated, Forbidden and NotFound."""
    rights.require_moderator(tx)
    names = SubjectReport.__struct_fields__
    row = tx.one(
        select(*(_ELSEWHERE[n] if n in _ELSEWHERE else _row[n] for n in names))
        .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
        .outerjoin(_resolver, _resolver.c.id == _row.resolved_by_id)
        .where(_row.id == report_id)
    )
    if row is None:
        raise NotFound
    return SubjectReport(*row)


def find_of(tx: Tx, kind: str, subject_id: int) -> list[SubjectReport]:
    """Return the open reports of one subject, the oldest first.

    Raises Unauthenticated and Forbidden, for whoever is no moderator.
    """
    rights.require_moderator(tx)
    return [get(tx, report_id) for report_id in sorted(_open_of(tx, kind, subject_id))]


def resolve_subject(
    tx: Tx,
    report_id: int,
    *,
    accept: bool,
    action: Action | str = Action.NONE,
    reason: str = "",
) -> None:
    """Decide a report and all others of its subject that are open.

    If they are accepted, `action` says what becomes of the subject: images are removed or put into
    quarantine, comments and posts hidden; with anything else moderators deal elsewhere. Raises
    Unauthenticated, Forbidden, NotFound, and Invalid (`report` when somebody has decided already,
    `action`, `reason`).
    """
    found = get(tx, report_id)
    if found.state != ReportState.OPEN:
        who = found.resolved_by_name or "the library"
        raise Invalid({"report": [f"was {found.state} by {who} already"]})
    kind = SubjectKind(found.subject_kind)
    if action not in _ACTIONS.get(kind, (Action.NONE,)):
        allowed = ", ".join(_ACTIONS.get(kind, (Action.NONE,)))
        raise Invalid({"action": [f"must be one of {allowed}"]})
    ids = _open_of(tx, kind, found.subject_id)
    _decide(tx, kind, found.subject_id, ids, _Decision(accept, Action(action), reason))


_ACTIONS: dict[SubjectKind, tuple[Action, ...]] = {
    SubjectKind.IMAGE: tuple(Action),
    SubjectKind.COMMENT: (Action.REMOVE, Action.NONE),
    SubjectKind.POST: (Action.REMOVE, Action.NONE),
}


def _decide(
    tx: Tx, kind: SubjectKind, subject_id: int, ids: Sequence[int], decision: _Decision
) -> None:
    """Close reports and do what was decided, as one act that can be undone."""
    mark = staff_log.newest(tx)
    state = ("state", "resolved_by_id", "resolved_at")
    watched = [staff_log.Watched(schema.reports, _row.id.in_(ids), state)]
    if kind == SubjectKind.IMAGE:
        of_image = schema.images.c.id == subject_id
        watched.append(staff_log.Watched(schema.images, of_image, ("is_withheld",)))
    before = staff_log.watch(tx, *watched)
    tx.execute(
        update(schema.reports)
        .where(_row.id.in_(ids))
        .values(
            state=ReportState.ACCEPTED if decision.is_accepted else ReportState.REJECTED,
            resolved_by_id=tx.actor.account_id,
            resolved_at=tx.now_s,
        )
    )
    if decision.is_accepted:
        _act(tx, kind, subject_id, decision)
    if kind == SubjectKind.IMAGE:
        images.change_file(tx, subject_id, is_withheld=False)
    staff_log.note(
        tx,
        "accept reports" if decision.is_accepted else "reject reports",
        kind,
        subject_id,
        reason=decision.reason.strip(),
        details={"reports": len(ids)},
        before=before,
        with_ids=staff_log.since(tx, mark),
    )


def _act(tx: Tx, kind: SubjectKind, subject_id: int, decision: _Decision) -> None:
    """Do what was decided about what still is there."""
    if kind == SubjectKind.IMAGE:
        facts = visibility.find_facts(tx, subject_id)
        # What its owner has deleted meanwhile needs nothing done any more.
        if facts is None or facts.is_deleted_by_owner:
            return
        if decision.action == Action.REMOVE:
            moderation.remove(tx, subject_id, decision.reason or REMOVED_REASON)
        elif decision.action == Action.QUARANTINE:
            reviewing.quarantine(tx, subject_id, decision.reason)
    elif decision.action == Action.REMOVE:
        _hide(tx, kind, subject_id, decision.reason or REMOVED_REASON)


def _hide(tx: Tx, kind: SubjectKind, subject_id: int, reason: str) -> None:
    """Hide a comment or a post that is neither hidden nor gone."""
    table = schema.comments if kind == SubjectKind.COMMENT else schema.posts
    row = table.c
    shown = (row.id == subject_id, row.hidden_at.is_(None), row.destroyed_at.is_(None))
    if tx.one(select(row.id).where(*shown)) is None:
        return
    if kind == SubjectKind.COMMENT:
        comments.hide(tx, subject_id, reason)
    else:
        posts.hide(tx, subject_id, reason)
