"""Posts: what is said in a topic, each at a place of its own that it keeps.

Who may not read the topic knows of none of them. A topic and its forum count all of them, hidden
ones too, since pages are cut by their places.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from menagerie.core import rights
from menagerie.core.talk import forums, threads, writing
from menagerie.core.talk.threads import Thread
from menagerie.core.talk.topics import Topic
from menagerie.errors import Forbidden, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, EventKind, TextKind


class Post(writing.Text, frozen=True, kw_only=True):
    """A post; `position` 0 is the first of its topic."""

    topic_id: int
    position: int
    topic_slug: str
    topic_title: str
    forum_short_name: str
    forum_access: str
    is_topic_hidden: bool


_row, _topic, _forum = schema.posts.c, schema.topics.c, schema.forums.c
_NAMES = Post.__struct_fields__
_ELSEWHERE = ("topic_slug", "topic_title", "forum_short_name", "forum_access", "is_topic_hidden")
_SELECT: Select[Any] = (
    select(
        *writing.columns(schema.posts, [name for name in _NAMES if name not in _ELSEWHERE]),
        _topic.slug.label("topic_slug"),
        _topic.title.label("topic_title"),
        _forum.short_name.label("forum_short_name"),
        _forum.access.label("forum_access"),
        _topic.hidden_at.is_not(None).label("is_topic_hidden"),
    )
    .select_from(schema.posts)
    .join(schema.topics, _topic.id == _row.topic_id)
    .join(schema.forums, _forum.id == _topic.forum_id)
    .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
)


# Reading.


def get(tx: Tx, post_id: int) -> Post:
    """Return a post; takes one statement.

    Raises NotFound, also for one that is destroyed or waits for approval and is not the actor's,
    and in a topic or forum that the actor may not read.
    """
    found = find_many(tx, [post_id])
    if not found or found[0].destroyed_at is not None:
        raise NotFound
    return found[0]


def find_many(tx: Tx, ids: Iterable[int]) -> list[Post]:
    """Return posts in the order of `ids`, without those the actor may not know of.

    Hidden ones are among them, and destroyed ones too, which say so. Takes one statement.
    """
    wanted = [i for i in dict.fromkeys(ids) if 0 < i < 2**63]
    if not wanted:
        return []
    found = {post.id: post for post in _posts(tx, _row.id.in_(wanted))}
    return [found[i] for i in wanted if i in found]


def _posts(tx: Tx, *conditions: ColumnElement[bool]) -> list[Post]:
    statement = _SELECT.where(
        *conditions, forums.readable(tx.actor), writing.readable(tx.actor, schema.posts)
    ).order_by(_row.topic_id, _row.position)
    if not tx.actor.is_assistant:
        statement = statement.where(_topic.hidden_at.is_(None))
    rows = tx.execute(statement).mappings()
    return [Post(**writing.values(tx.actor, row, _NAMES)) for row in rows]


def of_topic(tx: Tx, topic: Topic, *, page: int = 1, per_page: int = 25) -> list[Post]:
    """Return the posts at the places of one page, the first first; takes one statement.

    Hidden ones are among them; destroyed ones leave gaps. A page past the end is empty.
    """
    start = (max(page, 1) - 1) * per_page
    if start >= topic.post_count:
        return []
    at = (_row.position >= start, _row.position < start + per_page)
    return _posts(tx, _row.topic_id == topic.id, *at, _row.destroyed_at.is_(None))


def waiting(tx: Tx, *, limit: int = 25, offset: int = 0) -> tuple[list[Post], int]:
    """Return the posts that wait for approval, the oldest first, and how many there are.

    Raises Unauthenticated or Forbidden, for whoever is no moderator. Takes three statements.
    """
    rights.require_moderator(tx)
    waits = writing.waits(schema.posts)
    ids = tx.execute(select(_row.id).where(*waits).order_by(_row.id).limit(limit).offset(offset))
    total = tx.scalar(select(func.count()).select_from(schema.posts).where(*waits))
    return find_many(tx, ids.scalars()), int(total)


def revisions(tx: Tx, post_id: int) -> list[writing.Revision]:
    """Return how a post stood before each change, the newest first; raises as `get`.

    NotFound for hidden ones unless the actor is of the staff.
    """
    return writing.revisions(tx, TextKind.POST, get(tx, post_id))


# Writing.


def create(tx: Tx, topic_id: int, body: str, *, is_anonymous: bool = False) -> Post:
    """Say something at the end of a topic; its followers and those named are told.

    The author follows the topic from now on, if the preferences say so. Raises NotFound,
    Unauthenticated, Banned, Forbidden (it is locked), Invalid (`body`) and RateLimited.
    """
    thread = threads.get(tx, topic_id)
    writing.require_writer(tx, may_be_guest=False)
    if thread.locked_at is not None and not tx.actor.is_moderator:
        raise Forbidden("This topic is locked.")
    body = writing.check_body(body)
    interval_s = tx.library.settings.comment_interval
    writing.require_pace(tx, interval_s, schema.comments, schema.posts)
    made = threads.put(tx, thread, body, is_anonymous=is_anonymous)
    if made.is_approved:
        threads.announce(tx, thread, made)
    return get(tx, made.id)


def edit(tx: Tx, post_id: int, body: str, *, reason: str = "") -> Post:
    """Replace what a post says; how it stood is kept. For its author and moderators.

    Raises as `get`, and Unauthenticated, Banned, Forbidden (also while it is hidden or the topic
    is locked) and Invalid (`body`, `reason`).
    """
    before = get(tx, post_id)
    thread = threads.get(tx, before.topic_id)
    writing.require_editor(tx, before, is_locked=thread.locked_at is not None)
    if writing.rewrite(tx, schema.posts, TextKind.POST, before, body=body, reason=reason):
        _changed(tx, thread, before)
    return get(tx, post_id)


def hide(tx: Tx, post_id: int, reason: str = "") -> Post:
    """Take a post out of sight; again changes nothing. For assistants and above.

    Raises as `get`, and Unauthenticated, Forbidden and Invalid (`reason`).
    """
    rights.require_assistant(tx)
    before = get(tx, post_id)
    if before.hidden_at is None:
        writing.hide(tx, schema.posts, TextKind.POST, post_id, reason)
        _changed(tx, threads.get(tx, before.topic_id), before)
    return get(tx, post_id)


def unhide(tx: Tx, post_id: int) -> Post:
    """Put a hidden post back into sight. For assistants and above; raises as `hide`."""
    rights.require_assistant(tx)
    before = get(tx, post_id)
    if before.hidden_at is not None:
        writing.unhide(tx, schema.posts, TextKind.POST, post_id)
        _changed(tx, threads.get(tx, before.topic_id), before)
    return get(tx, post_id)


def destroy(tx: Tx, post_id: int) -> None:
    """Wipe a post and its earlier wordings for good; its place stays empty. For moderators.

    Raises as `hide`.
    """
    rights.require_moderator(tx)
    before = get(tx, post_id)
    writing.destroy(tx, schema.posts, TextKind.POST, before)
    _changed(tx, threads.get(tx, before.topic_id), before)


def approve(tx: Tx, post_id: int) -> Post:
    """Let everybody read a post that waited; again changes nothing. For moderators.

    Those who follow the topic are told only now. Raises as `hide`.
    """
    rights.require_moderator(tx)
    before = get(tx, post_id)
    if not before.is_approved:
        writing.approve(tx, schema.posts, TextKind.POST, before)
        thread = threads.get(tx, before.topic_id)
        _changed(tx, thread, before, is_news=before.edited_at is None)
    return get(tx, post_id)


def _changed(tx: Tx, thread: Thread, before: Post, *, is_news: bool = False) -> None:
    """Count, log and announce what follows from a change of a post."""
    tx.changed(ChangeKind.POST, before.id)
    (after,) = find_many(tx, [before.id])
    is_shown = writing.is_shown(after)
    if is_shown != writing.is_shown(before):
        writing.count_for(tx, before, "post_count", 1 if is_shown else -1)
        threads.refresh(tx, thread)
    if is_shown and is_news:
        news = (after.id, after.position, after.body, after.account_id, after.is_approved)
        threads.announce(tx, thread, threads.Written(*news))
    elif is_shown and thread.is_public:
        tx.happened(EventKind.POST_UPDATE, after.id)
