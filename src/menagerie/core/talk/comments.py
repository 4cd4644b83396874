"""Comments: what people say below an image.

Who may not know of the image knows of no comment on it; private images are commented by their
owners alone, and nobody is told. An image counts the comments that everybody may read, so a hidden
one leaves the count and comes back to it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from menagerie.core import filters, find, images, rights, visibility, votes
from menagerie.core.people import following, news, preferences
from menagerie.core.talk import writing
from menagerie.core.talk.pseudonyms import pseudonym
from menagerie.core.visibility import State
from menagerie.errors import Forbidden, NotFound
from menagerie.library import ANONYMOUS, Tx
from menagerie.storage import schema
from menagerie.storage.schema import Audience, ChangeKind, EventKind, NewsKind, TextKind


class Comment(writing.Text, frozen=True, kw_only=True):
    """A comment; only moderators get those on images that are removed or merged."""

    image_id: int
    is_image_hidden: bool


_row = schema.comments.c
_image = schema.images.c
_NAMES = tuple(name for name in Comment.__struct_fields__ if name != "is_image_hidden")
_FACTS = [column.label(f"image_{column.name}") for column in visibility.FACT_COLUMNS[1:]]
_GONE = {State.REMOVED, State.MERGED}
_SELECT: Select[Any] = (
    select(*_FACTS, *writing.columns(schema.comments, _NAMES))
    .join(schema.images, _image.id == _row.image_id)
    .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
)
_MOST_LOOKED_AT = 1000


# Reading.


def get(tx: Tx, comment_id: int) -> Comment:
    """Return a comment; takes one statement.

    Raises NotFound, also for one that is destroyed or waits for approval and is not the actor's;
    Forbidden when its image is removed or merged and the actor is no moderator.
    """
    found = _read(tx, [comment_id], with_gone=True)
    if not found or found[0].destroyed_at is not None:
        raise NotFound
    if found[0].is_image_hidden and not tx.actor.is_moderator:
        raise Forbidden
    return found[0]


def find_many(tx: Tx, ids: Iterable[int]) -> list[Comment]:
    """Return comments in the order of `ids`, without those the actor may not know of.

    Hidden ones are among them, and destroyed ones too, which say so. Takes one statement.
    """
    return _read(tx, list(ids), with_gone=tx.actor.is_moderator)


def _read(tx: Tx, ids: Sequence[int], *, with_gone: bool) -> list[Comment]:
    wanted = [i for i in dict.fromkeys(ids) if 0 < i < 2**63]
    if not wanted:
        return []
    condition = _row.id.in_(wanted) & writing.readable(tx.actor, schema.comments)
    found = {one.id: one for one in _comments(tx, _SELECT.where(condition), with_gone=with_gone)}
    return [found[i] for i in wanted if i in found]


def _comments(tx: Tx, statement: Select[Any], *, with_gone: bool = False) -> list[Comment]:
    made = []
    for row in tx.execute(statement).mappings():
        facts = visibility.Facts(row["image_id"], *(row[column.name] for column in _FACTS))
        is_gone = visibility.state(facts) in _GONE
        if visibility.may_know(tx.actor, facts) and (with_gone or not is_gone):
            fields = writing.values(tx.actor, row, _NAMES)
            made.append(Comment(**fields, is_image_hidden=is_gone))
    return made


def of_image(
    tx: Tx, image_id: int, *, limit: int = 25, offset: int = 0, newest_first: bool = True
) -> tuple[list[Comment], int]:
    """Return a page of the comments on an image, and how many there are on all pages.

    Hidden ones are among them, destroyed ones are not. Takes three statements. Raises NotFound,
    also for a removed or merged image unless the actor is a moderator.
    """
    visibility.require_visible(tx, image_id)
    listed = _listed(tx, image_id)
    order = _row.id.desc() if newest_first else _row.id
    page = _SELECT.where(*listed).order_by(order).limit(limit).offset(offset)
    total = tx.scalar(select(func.count()).select_from(schema.comments).where(*listed))
    return _comments(tx, page, with_gone=True), int(total)


def position(tx: Tx, comment_id: int) -> int:
    """Return how many comments of `of_image` stand before one, newest first; raises as `get`."""
    found = get(tx, comment_id)
    later = _row.id > comment_id
    return int(tx.scalar(select(func.count()).where(later, *_listed(tx, found.image_id))))


def _listed(tx: Tx, image_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the comments on an image that its page lists."""
    is_there = _row.destroyed_at.is_(None)
    return _row.image_id == image_id, is_there, writing.readable(tx.actor, schema.comments)


def newest(tx: Tx, *, limit: int = 10) -> list[Comment]:
    """Return the newest comments that everybody may read, on images that the filter lets pass.

    Looks at the newest thousand at most. Takes two statements.
    """
    wanted = find.within_filter(tx, filters.effective(tx))
    recent = newest_ids(tx)
    return find_many(tx, [found for found, image_id in recent if image_id in wanted][:limit])


def newest_ids(tx: Tx) -> list[tuple[int, int]]:
    """Return the newest thousand comments that everybody may read, as (its id, its image's).

    The same for everybody, so it may be kept: ask `find_many` which of them the actor sees.
    """
    statement = select(_row.id, _row.image_id).where(writing.counted(schema.comments))
    rows = tx.all(statement.order_by(_row.id.desc()).limit(_MOST_LOOKED_AT))
    return [(row[0], row[1]) for row in rows]


def waiting(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Comment], int]:
    """Return the comments that wait for approval, the oldest first, and how many there are.

    Raises Unauthenticated or Forbidden, for whoever is no moderator. Takes two statements.
    """
    rights.require_moderator(tx)
    waits = (*writing.waits(schema.comments), _image.audience == Audience.PUBLIC)
    page = _SELECT.where(*waits).order_by(_row.id).limit(limit).offset(offset)
    there = schema.comments.join(schema.images, _image.id == _row.image_id)
    total = tx.scalar(select(func.count()).select_from(there).where(*waits))
    return _comments(tx, page, with_gone=True), int(total)


def revisions(tx: Tx, comment_id: int) -> list[writing.Revision]:
    """Return how a comment stood before each change, the newest first; raises as `get`.

    NotFound for hidden ones unless the actor is of the staff.
    """
    return writing.revisions(tx, TextKind.COMMENT, get(tx, comment_id))


# Writing.


def create(tx: Tx, image_id: int, body: str, *, is_anonymous: bool = False) -> Comment:
    """Say something below an image; its followers and those named are told.

    The author follows the image from now on, if the preferences say so. Raises NotFound,
    Unauthenticated, Banned, Forbidden (comments are locked), Invalid (`body`) and RateLimited.
    """
    facts = visibility.get_facts(tx, image_id)
    if visibility.state(facts) in _GONE:
        raise NotFound
    writing.require_writer(tx, may_be_guest=tx.library.settings.guest_comments)
    if is_locked(tx, image_id) and not tx.actor.is_moderator:
        raise Forbidden("Comments on this image are locked.")
    body = writing.check_body(body)
    interval_s = tx.library.settings.comment_interval
    writing.require_pace(tx, interval_s, schema.comments, schema.posts)
    is_public = facts.audience == Audience.PUBLIC
    made = tx.execute(
        insert(schema.comments)
        .values(
            image_id=image_id,
            body=body,
            is_approved=not (is_public and writing.is_held(tx, body)),
            **writing.authored(tx, image_id, is_anonymous=is_anonymous),
        )
        .returning(_row.id)
    )
    comment_id: int = made.scalar_one()
    writing.index(tx, TextKind.COMMENT, comment_id, body)
    tx.changed(ChangeKind.COMMENT, comment_id)
    comment = get(tx, comment_id)
    if comment.is_approved:
        _count(tx, comment, facts, 1)
        _announce(tx, comment, facts)
    if tx.actor.is_signed_in and preferences.get(tx).follows_on_comment:
        votes.subscribe(tx, image_id)
    return comment


def edit(tx: Tx, comment_id: int, body: str, *, reason: str = "") -> Comment:
    """Replace what a comment says; how it stood is kept. For its author and moderators.

    Raises as `get`, and Unauthenticated, Banned, Forbidden (also while it is hidden or comments
    are locked) and Invalid (`body`, `reason`).
    """
    before = get(tx, comment_id)
    writing.require_editor(tx, before, is_locked=is_locked(tx, before.image_id))
    if writing.rewrite(tx, schema.comments, TextKind.COMMENT, before, body=body, reason=reason):
        _changed(tx, before)
    return get(tx, comment_id)


def hide(tx: Tx, comment_id: int, reason: str = "") -> Comment:
    """Take a comment out of sight; again changes nothing. For assistants and above.

    Raises as `get`, and Unauthenticated, Forbidden and Invalid (`reason`).
    """
    before = _get_for_staff(tx, comment_id)
    if before.hidden_at is None:
        writing.hide(tx, schema.comments, TextKind.COMMENT, comment_id, reason)
        _changed(tx, before)
    return get(tx, comment_id)


def unhide(tx: Tx, comment_id: int) -> Comment:
    """Put a hidden comment back into sight. For assistants and above; raises as `hide`."""
    before = _get_for_staff(tx, comment_id)
    if before.hidden_at is not None:
        writing.unhide(tx, schema.comments, TextKind.COMMENT, comment_id)
        _changed(tx, before)
    return get(tx, comment_id)


def destroy(tx: Tx, comment_id: int) -> None:
    """Wipe a comment and its earlier wordings for good. For moderators; raises as `hide`."""
    rights.require_moderator(tx)
    before = get(tx, comment_id)
    writing.destroy(tx, schema.comments, TextKind.COMMENT, before)
    _changed(tx, before)


def approve(tx: Tx, comment_id: int) -> Comment:
    """Let everybody read a comment that waited; again changes nothing. For moderators.

    Those who follow the image are told only now. Raises as `hide`.
    """
    rights.require_moderator(tx)
    before = get(tx, comment_id)
    if before.is_approved:
        return before
    writing.approve(tx, schema.comments, TextKind.COMMENT, before)
    _changed(tx, before, is_news=before.edited_at is None)
    return get(tx, comment_id)


def _get_for_staff(tx: Tx, comment_id: int) -> Comment:
    rights.require_assistant(tx)
    return get(tx, comment_id)


def is_locked(tx: Tx, image_id: int) -> bool:
    """Tell whether only moderators may still say something about an image."""
    return bool(tx.scalar(select(_image.locks_comments).where(_image.id == image_id)))


# What follows from it.


def _changed(tx: Tx, before: Comment, *, is_news: bool = False) -> None:
    """Count, log and announce what follows from a change of a comment."""
    tx.changed(ChangeKind.COMMENT, before.id)
    facts = visibility.find_facts(tx, before.image_id)
    after = _read(tx, [before.id], with_gone=True)[0]
    if facts is None:
        return
    _count(tx, before, facts, int(writing.is_shown(after)) - int(writing.is_shown(before)))
    if writing.is_shown(after) and is_news:
        _announce(tx, after, facts)
    elif writing.is_shown(after) and visibility.may_see(ANONYMOUS, facts):
        tx.happened(EventKind.COMMENT_UPDATE, after.id)


def _count(tx: Tx, comment: Comment, facts: visibility.Facts, by: int) -> None:
    """Count a comment for its image and, if everybody may know both, for its author."""
    if by:
        # No update of the image to people, as votes are none.
        images.change_file(tx, comment.image_id, comment_count=_image.comment_count + by)
        if facts.audience == Audience.PUBLIC:
            writing.count_for(tx, comment, "comment_count", by)


def _announce(tx: Tx, comment: Comment, facts: visibility.Facts) -> None:
    """Tell of a new comment: the live feed, who follows the image and who is named."""
    if not visibility.may_see(ANONYMOUS, facts):
        return
    tx.happened(EventKind.COMMENT_CREATE, comment.id)
    followers = set(following.followers(tx, following.Followed.IMAGE, comment.image_id))
    named = set(writing.find_mentioned(tx, comment.body))
    subject = comment.image_id, comment.id
    news.tell(tx, named - {comment.account_id}, NewsKind.COMMENT_MENTION, *subject)
    news.tell(tx, followers - named - {comment.account_id}, NewsKind.COMMENT, *subject)


# Many at once.


def move_all(tx: Tx, from_id: int, to_id: int) -> None:
    """Move every comment on an image to another, for a merge; the caller decides about it.

    Their authors get the pseudonyms they have there.
    """
    rows = tx.all(
        select(_row.id, _row.pseudonym, _row.account_id, _row.fingerprint, _row.address)
        .where(_row.image_id == from_id)
        .order_by(_row.id)
    )
    for comment_id, kept, *person in rows:
        # Those who have left, of whom nothing else is known, are still told apart.
        name = pseudonym(tx, to_id, *(person if any(person) else (None, None, kept)))
        moved = update(schema.comments).where(_row.id == comment_id)
        tx.execute(moved.values(image_id=to_id, pseudonym=name))
        tx.changed(ChangeKind.COMMENT, comment_id)
    if rows:
        for image_id in (from_id, to_id):
            images.change_file(tx, image_id, comment_count=_number_on(image_id))


def count_published(tx: Tx, image_id: int) -> None:
    """Count for its owner what was said below a private image, which is public from now on."""
    account = schema.accounts.c
    signed = (_row.image_id == image_id, ~_row.is_anonymous, writing.counted(schema.comments))
    rows = tx.all(
        select(_row.account_id, func.count())
        .where(_row.account_id.is_not(None), *signed)
        .group_by(_row.account_id)
    )
    for account_id, number in rows:
        tx.execute(
            update(schema.accounts)
            .where(account.id == account_id)
            .values(comment_count=account.comment_count + number)
        )


def _number_on(image_id: int) -> Any:
    """Return the number of an image's comments that everybody may read, inside a statement."""
    of_image = _row.image_id == image_id
    return select(func.count()).where(of_image, writing.counted(schema.comments)).scalar_subquery()
