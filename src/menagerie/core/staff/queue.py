"""The queue: everything that waits for a decision of staff, in one list by age.

Whoever looks into something claims it, so that others take something else; a claim is let go by
itself after an hour. Deciding needs no claim.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)

from menagerie.core import dnp, reviewing, rights
from menagerie.core.people import links
from menagerie.core.staff import duplicates
from menagerie.core.talk import writing
from menagerie.errors import Invalid, NotFound
from menagerie.library import SECOND, Tx
from menagerie.storage import schema
from menagerie.storage.schema import (
    Audience,
    QueueKind,
    ReportState,
    RequestState,
    SubjectKind,
)

CLAIM = 3600 * SECOND
"""How long a claim counts, in microseconds."""

_TEXT_CHARACTERS = 300


class Item(msgspec.Struct, frozen=True):
    """One thing that waits: what about, since when, by whom, and who looks into it.

    `id` is that of the report (the oldest of `count` about one subject), image, request,
    suggestion, comment, post, link or entry. `text` is what was said, cut after 300 characters.
    """

    kind: QueueKind
    id: int
    subject_kind: SubjectKind
    subject_id: int
    image_id: int | None
    at: int
    by_id: int | None
    text: str
    count: int
    by_name: str | None
    claimed_by_id: int | None
    claimed_by_name: str | None

    @property
    def place(self) -> str:
        """Where in the queue it stands; `find` goes on after it."""
        return f"{self.at}-{self.kind}-{self.id}"


_COLUMNS = Item.__struct_fields__[:9]
_RANKS = {kind: rank for rank, kind in enumerate(QueueKind)}
_report, _image, _request = schema.reports.c, schema.images.c, schema.public_requests.c
_duplicate, _comment, _post = schema.duplicates.c, schema.comments.c, schema.posts.c
_link, _dnp, _claim = schema.profile_links.c, schema.dnp_entries.c, schema.claims.c


def _part(
    kind: QueueKind, subject: ColumnElement[str] | SubjectKind, **columns: Any
) -> Select[Any]:
    """Return the statement for things of one kind, with the columns of `Item` up to `count`."""
    given: dict[str, Any] = {
        "kind": literal(str(kind), Text),
        "subject_kind": literal(str(subject), Text)
        if isinstance(subject, SubjectKind)
        else subject,
        "image_id": cast(null(), BigInteger),
        "text": literal("", Text),
        "count": literal(1),
    } | columns
    # Databases order texts as their locale says, hence a number to order kinds by.
    rank = literal(_RANKS[kind]).label("rank")
    return select(*(given[name].label(name) for name in _COLUMNS), rank)


def _reports() -> Select[Any]:
    """Return one row for all the open reports of a subject, which tells of the oldest."""
    first = (
        select(func.min(_report.id).label("id"), func.count().label("count"))
        .where(_report.state == ReportState.OPEN)
        .group_by(_report.subject_kind, _report.subject_id)
        .subquery()
    )
    return _part(
        QueueKind.REPORT,
        _report.subject_kind,
        id=_report.id,
        subject_id=_report.subject_id,
        image_id=_report.image_id,
        at=_report.created_at,
        by_id=_report.account_id,
        text=_report.reason,
        count=first.c.count,
    ).join_from(schema.reports, first, first.c.id == _report.id)


def _images(kind: QueueKind, condition: ColumnElement[bool]) -> Select[Any]:
    return _part(
        kind,
        SubjectKind.IMAGE,
        id=_image.id,
        subject_id=_image.id,
        image_id=_image.id,
        at=_image.created_at,
        by_id=_image.account_id,
        text=_image.name,
    ).where(*reviewing.WAITS, condition)


def _texts(kind: QueueKind, table: Table, subject: SubjectKind) -> Select[Any]:
    row = table.c
    image_id = {"image_id": row.image_id} if "image_id" in row else {}
    return _part(
        kind,
        subject,
        id=row.id,
        subject_id=row.id,
        at=row.created_at,
        by_id=row.account_id,
        text=row.body,
        **image_id,
    ).where(*writing.waits(table))


def _all_parts() -> dict[QueueKind, Select[Any]]:
    of_public = select(_image.id).where(_image.audience == Audience.PUBLIC)
    removed = select(_image.id).where(_image.removed_at.is_not(None))
    return {
        QueueKind.REPORT: _reports(),
        QueueKind.UPLOAD: _images(QueueKind.UPLOAD, _image.consented_at.is_(None)),
        QueueKind.DONATION: _images(QueueKind.DONATION, _image.consented_at.is_not(None)),
        QueueKind.PUBLIC_REQUEST: _part(
            QueueKind.PUBLIC_REQUEST,
            SubjectKind.IMAGE,
            id=_request.id,
            subject_id=_request.image_id,
            image_id=_request.image_id,
            at=_request.created_at,
            by_id=_request.account_id,
            text=_request.request_message,
        ).where(_request.state == RequestState.PENDING, _request.image_id.not_in(removed)),
        QueueKind.DUPLICATE: _part(
            QueueKind.DUPLICATE,
            SubjectKind.IMAGE,
            id=_duplicate.id,
            subject_id=_duplicate.image_id,
            image_id=_duplicate.image_id,
            at=_duplicate.created_at,
            by_id=_duplicate.account_id,
            text=_duplicate.reason,
        )
        .select_from(duplicates.waiting())
        .where(duplicates.IS_OPEN),
        QueueKind.COMMENT: _texts(QueueKind.COMMENT, schema.comments, SubjectKind.COMMENT).where(
            _comment.image_id.in_(of_public)
        ),
        QueueKind.POST: _texts(QueueKind.POST, schema.posts, SubjectKind.POST),
        QueueKind.LINK: _part(
            QueueKind.LINK,
            SubjectKind.ACCOUNT,
            id=_link.id,
            subject_id=_link.account_id,
            at=_link.created_at,
            by_id=_link.account_id,
            text=_link.url,
        ).where(_link.state.in_(links.WAITING)),
        QueueKind.DNP: _part(
            QueueKind.DNP,
            SubjectKind.ACCOUNT,
            id=_dnp.id,
            subject_id=func.coalesce(_dnp.account_id, 0),
            at=_dnp.created_at,
            by_id=_dnp.account_id,
            text=_dnp.conditions,
        ).where(_dnp.state.in_(dnp.WAITING)),
    }


_PARTS = {kind: statement.subquery() for kind, statement in _all_parts().items()}


def find(
    tx: Tx,
    *,
    kinds: Collection[QueueKind] | None = None,
    limit: int = 25,
    after: str | None = None,
) -> tuple[list[Item], int]:
    """Return what waits, the oldest first, and how much there is; of some kinds only if asked.

    `after` is the `place` of the last item seen. For moderators: raises Unauthenticated,
    Forbidden, and Invalid (`after`).
    """
    rights.require_moderator(tx)
    wanted = [kind for kind in QueueKind if kinds is None or kind in kinds]
    if not wanted:
        return [], 0
    place = _parsed(after) if after is not None else None
    parts = [_page(kind, limit, place) for kind in wanted]
    return _items(tx, union_all(*parts), limit), sum(counts(tx, kinds=wanted).values())


def _page(kind: QueueKind, limit: int, place: tuple[int, QueueKind, int] | None) -> Select[Any]:
    """Return the first things of one kind after a place, no more than are needed."""
    part = _PARTS[kind]
    statement = select(part).order_by(part.c.at, part.c.id).limit(limit)
    if place is not None:
        at, of_kind, last_id = place
        later = part.c.at > at
        if _RANKS[kind] > _RANKS[of_kind]:
            later = part.c.at >= at
        elif kind is of_kind:
            later = or_(part.c.at > at, and_(part.c.at == at, part.c.id > last_id))
        statement = statement.where(later)
    # Wrapped, as SQLite takes no LIMIT within a UNION.
    return select(statement.subquery())


def _items(tx: Tx, statement: CompoundSelect[Any], limit: int) -> list[Item]:
    part = statement.subquery()
    by, claimer = schema.accounts.alias("by"), schema.accounts.alias("claimer")
    is_claim = and_(
        _claim.kind == part.c.kind,
        _claim.subject_id == part.c.id,
        _claim.claimed_at > tx.now - CLAIM,
    )
    rows = tx.all(
        select(*(part.c[n] for n in _COLUMNS), by.c.name, _claim.account_id, claimer.c.name)
        .outerjoin(by, by.c.id == part.c.by_id)
        .outerjoin(schema.claims, is_claim)
        .outerjoin(claimer, claimer.c.id == _claim.account_id)
        .order_by(part.c.at, part.c.rank, part.c.id)
        .limit(limit)
    )
    return [_item(*row) for row in rows]


def _item(kind: str, item_id: int, subject_kind: str, *rest: Any) -> Item:
    subject_id, image_id, at, by_id, text, *others = rest
    head = (QueueKind(kind), item_id, SubjectKind(subject_kind), subject_id, image_id, at, by_id)
    return Item(*head, text[:_TEXT_CHARACTERS], *others)


def _parsed(place: str) -> tuple[int, QueueKind, int]:
    at, _, rest = place.partition("-")
    kind, _, item_id = rest.partition("-")
    is_number = all(part.isdecimal() and len(part) < 19 for part in (at, item_id))
    if not is_number or kind not in set(QueueKind):
        raise Invalid({"after": ["is no place in the queue"]})
    return int(at), QueueKind(kind), int(item_id)


def counts(tx: Tx, *, kinds: Collection[QueueKind] | None = None) -> dict[QueueKind, int]:
    """Return how much waits of each kind, in one statement; for moderators.

    Raises Unauthenticated and Forbidden.
    """
    rights.require_moderator(tx)
    wanted = [kind for kind in QueueKind if kinds is None or kind in kinds]
    each = [
        select(literal(str(kind), Text), func.count()).select_from(_PARTS[kind]) for kind in wanted
    ]
    return {QueueKind(kind): number for kind, number in tx.all(union_all(*each))} if each else {}


def get(tx: Tx, kind: QueueKind | str, item_id: int) -> Item:
    """Return one thing that waits; raises Unauthenticated, Forbidden and NotFound."""
    rights.require_moderator(tx)
    if kind not in set(QueueKind) or not 0 < item_id < 2**63:
        raise NotFound
    part = _PARTS[QueueKind(kind)]
    found = _items(tx, union_all(select(part).where(part.c.id == item_id)), 1)
    if not found:
        raise NotFound
    return found[0]


def claim(tx: Tx, kind: QueueKind | str, item_id: int) -> Item:
    """Say that the actor looks into something, for an hour from now.

    Raises Unauthenticated, Forbidden, NotFound for what does not wait (any more), and Invalid
    (`claim`) while somebody else looks into it.
    """
    item = get(tx, kind, item_id)
    account_id = rights.require_account(tx)
    if item.claimed_by_id not in {None, account_id}:
        raise Invalid({"claim": [f"{item.claimed_by_name} looks into it already"]})
    of_item = and_(_claim.kind == item.kind, _claim.subject_id == item_id)
    # Old ones of all things, so that the table stays small.
    tx.execute(delete(schema.claims).where(or_(of_item, _claim.claimed_at <= tx.now - CLAIM)))
    tx.execute(
        insert(schema.claims).values(
            kind=item.kind, subject_id=item_id, account_id=account_id, claimed_at=tx.now
        )
    )
    return get(tx, kind, item_id)


def release(tx: Tx, kind: QueueKind | str, item_id: int) -> None:
    """Let a claim go, one's own or somebody else's; without one nothing happens.

    Raises Unauthenticated and Forbidden.
    """
    rights.require_moderator(tx)
    tx.execute(delete(schema.claims).where(_claim.kind == kind, _claim.subject_id == item_id))
