"""Topics: threads of posts in a forum. A hidden one is there for assistants and above only."""

import re
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from menagerie.core import rights, staff_log
from menagerie.core.talk import forums, polls, threads, writing
from menagerie.core.talk.forums import Forum
from menagerie.core.talk.pseudonyms import pseudonym
from menagerie.errors import Forbidden, NotFound
from menagerie.library import SYSTEM, Library, Tx
from menagerie.search import texts
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

TITLE = "topic.title"
"""The field of titles in the index of words."""

_NOT_ASCII = re.compile(r"[^ -~]")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_EMPTY_SLUG = "topic"
_KIND = "topic"
_RECENT_POSTS = 500


class Topic(writing.Authored, frozen=True, kw_only=True):
    """A topic; `last_post_id` is its newest post that everybody may read."""

    forum_id: int
    forum_short_name: str
    forum_name: str
    forum_access: str
    slug: str
    title: str
    post_count: int
    view_count: int
    is_sticky: bool
    locked_at: int | None
    lock_reason: str
    hidden_at: int | None
    hidden_by_id: int | None
    hide_reason: str
    last_replied_at: int
    last_post_id: int | None
    poll_id: int | None


_row, _forum = schema.topics.c, schema.forums.c
_NAMES = Topic.__struct_fields__
_ELSEWHERE = ("forum_short_name", "forum_name", "forum_access", "poll_id")
_SELECT: Select[Any] = (
    select(
        *writing.columns(schema.topics, [name for name in _NAMES if name not in _ELSEWHERE]),
        _forum.short_name.label("forum_short_name"),
        _forum.name.label("forum_name"),
        _forum.access.label("forum_access"),
        schema.polls.c.id.label("poll_id"),
    )
    .select_from(schema.topics)
    .join(schema.forums, _forum.id == _row.forum_id)
    .outerjoin(schema.polls, schema.polls.c.topic_id == _row.id)
    .outerjoin(schema.accounts, schema.accounts.c.id == _row.account_id)
)


# Reading.


def get(tx: Tx, short_name: str, slug: str) -> Topic:
    """Return a topic by the names in its address; takes one statement. Raises NotFound."""
    if rights.is_unfit(short_name + slug):
        raise NotFound
    return _get(tx, _forum.short_name == short_name, _row.slug == slug)


def get_by_id(tx: Tx, topic_id: int) -> Topic:
    """Return a topic; takes one statement. Raises NotFound."""
    if not 0 < topic_id < 2**63:
        raise NotFound
    return _get(tx, _row.id == topic_id)


def _get(tx: Tx, *conditions: ColumnElement[bool]) -> Topic:
    found = _topics(tx, _SELECT.where(*conditions, *_readable(tx)))
    if not found:
        raise NotFound
    return found[0]


def find_many(tx: Tx, ids: Iterable[int]) -> list[Topic]:
    """Return topics in the order of `ids`, those the actor may read; takes one statement."""
    wanted = [i for i in dict.fromkeys(ids) if 0 < i < 2**63]
    if not wanted:
        return []
    statement = _SELECT.where(_row.id.in_(wanted), *_readable(tx))
    found = {topic.id: topic for topic in _topics(tx, statement)}
    return [found[i] for i in wanted if i in found]


def _readable(tx: Tx) -> list[ColumnElement[bool]]:
    conditions = [forums.readable(tx.actor)]
    if not tx.actor.is_assistant:
        conditions.append(_row.hidden_at.is_(None))
    return conditions


def _topics(tx: Tx, statement: Select[Any]) -> list[Topic]:
    rows = tx.execute(statement).mappings()
    return [Topic(**writing.values(tx.actor, row, _NAMES)) for row in rows]


def of_forum(
    tx: Tx, forum: Forum, *, limit: int = 25, offset: int = 0, with_hidden: bool = False
) -> tuple[list[Topic], int]:
    """Return a page of a forum's topics and how many there are on all pages.

    Sticky ones come first, then by the newest reply. `with_hidden` also gives assistants those that
    are hidden. Takes two statements.
    """
    listed: list[ColumnElement[bool]] = [_row.forum_id == forum.id, *_readable(tx)]
    if not with_hidden:
        listed.append(_row.hidden_at.is_(None))
    order = (_row.is_sticky.desc(), _row.last_replied_at.desc(), _row.id.desc())
    page = _SELECT.where(*listed).order_by(*order).limit(limit).offset(offset)
    total = tx.scalar(
        select(func.count())
        .select_from(schema.topics)
        .join(schema.forums, _forum.id == _row.forum_id)
        .where(*listed)
    )
    return _topics(tx, page), int(total)


def recent(tx: Tx, *, limit: int = 10) -> list[Topic]:
    """Return the topics that the actor may read, those replied to last first.

    Looks at the newest 500 posts at most. Takes two statements.
    """
    found = find_many(tx, recent_ids(tx))
    return [topic for topic in found if topic.hidden_at is None][:limit]


def recent_ids(tx: Tx) -> list[int]:
    """Return the topics of the newest 500 posts, those replied to last first.

    The same for everybody, so it may be kept: ask `find_many` which of them the actor may read.
    """
    post = schema.posts.c
    newest = select(post.topic_id).where(writing.counted(schema.posts)).order_by(post.id.desc())
    return list(dict.fromkeys(tx.execute(newest.limit(_RECENT_POSTS)).scalars()))


# Writing.


def create(
    tx: Tx,
    short_name: str,
    *,
    title: str,
    body: str,
    is_anonymous: bool = False,
    poll: polls.Draft | None = None,
) -> Topic:
    """Begin a topic in a forum with its first post, and a poll if wished.

    Who follows the forum and those named are told. Raises NotFound, Unauthenticated, Banned,
    Invalid (`title`, `body`, and as `polls.checked`) and RateLimited.
    """
    forum = forums.get(tx, short_name)
    writing.require_writer(tx, may_be_guest=False)
    title = writing.check_line(title, "title", most=writing.MAX_TITLE_CHARACTERS, is_needed=True)
    body = writing.check_body(body)
    draft = polls.checked(tx, poll) if poll is not None else None
    settings = tx.library.settings
    writing.require_pace(tx, settings.topic_interval, schema.topics)
    writing.require_pace(tx, settings.comment_interval, schema.comments, schema.posts)
    topic_id = _insert(tx, forum, title, is_anonymous=is_anonymous)
    if draft is not None:
        polls.add(tx, topic_id, draft)
    thread = threads.get(tx, topic_id)
    post = threads.put(tx, thread, body, is_anonymous=is_anonymous)
    if post.is_approved:
        threads.announce(tx, thread, post)
    return get_by_id(tx, topic_id)


def _insert(tx: Tx, forum: Forum, title: str, *, is_anonymous: bool) -> int:
    """Write and count a topic without posts; return its id."""
    values = writing.authored(tx, None, is_anonymous=is_anonymous)
    made = tx.execute(
        insert(schema.topics)
        .values(
            forum_id=forum.id,
            slug=_free_slug(tx, forum.id, slug_of(title)),
            title=title,
            last_replied_at=tx.now_s,
            **values,
        )
        .returning(_row.id)
    )
    topic_id: int = made.scalar_one()
    person = values["account_id"], values["fingerprint"], values["address"]
    name = pseudonym(tx, topic_id, *person)
    tx.execute(update(schema.topics).where(_row.id == topic_id).values(pseudonym=name))
    forums.count(tx, forum.id, topics=1)
    if not values["is_anonymous"]:
        writing.count_account(tx, values["account_id"], "topic_count", 1)
    texts.index(tx.connection, TITLE, topic_id, title)
    tx.changed(ChangeKind.TOPIC, topic_id)
    return topic_id


def slug_of(title: str) -> str:
    """Return the name of a topic in addresses, as far as its title gives one.

    >>> slug_of("Whose dog's this? Café!"), slug_of("犬")
    ('whose-dog-s-this-caf', 'topic')
    """
    ascii_only = _NOT_ASCII.sub("", title).lower()
    return _NOT_IN_SLUG.sub("-", ascii_only).strip("-") or _EMPTY_SLUG


def _free_slug(tx: Tx, forum_id: int, wanted: str) -> str:
    """Return a slug that no topic of the forum has: the wanted one, else with a number."""
    alike = (_row.slug == wanted) | _row.slug.startswith(f"{wanted}-")
    found = tx.execute(select(_row.slug).where(_row.forum_id == forum_id, alike))
    taken = set(found.scalars())
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def edit_title(tx: Tx, topic_id: int, title: str) -> Topic:
    """Change a title; the address stays. For the author while it is not locked, and moderators.

    Raises NotFound, Unauthenticated, Banned, Forbidden and Invalid (`title`).
    """
    before = get_by_id(tx, topic_id)
    rights.require_contributor(tx)
    if not tx.actor.is_moderator:
        if before.account_id is None or before.account_id != tx.actor.account_id:
            raise Forbidden("Only its author may change a title.")
        if before.locked_at is not None:
            raise Forbidden("This topic is locked.")
    title = writing.check_line(title, "title", most=writing.MAX_TITLE_CHARACTERS, is_needed=True)
    if title != before.title:
        writing.change(tx, schema.topics, topic_id, title=title)
        texts.index(tx.connection, TITLE, topic_id, title)
        if tx.actor.account_id != before.account_id:
            staff_log.note(tx, "rename", _KIND, topic_id, details={"before": before.title})
        tx.changed(ChangeKind.TOPIC, topic_id)
    return get_by_id(tx, topic_id)


# Keeping order. Each raises Unauthenticated, Forbidden and NotFound.


def move(tx: Tx, topic_id: int, short_name: str) -> Topic:
    """Move a topic into another forum. For moderators."""
    rights.require_moderator(tx)
    before = get_by_id(tx, topic_id)
    forum = forums.get(tx, short_name)
    if forum.id == before.forum_id:
        return before
    slug = _free_slug(tx, forum.id, slug_of(before.title))
    _change(tx, topic_id, forum_id=forum.id, slug=slug)
    if before.hidden_at is None:
        forums.count(tx, before.forum_id, topics=-1, posts=-before.post_count)
        forums.count(tx, forum.id, topics=1, posts=before.post_count)
    details: dict[str, object] = {"from": before.forum_short_name, "to": forum.short_name}
    staff_log.note(tx, "move", _KIND, topic_id, details=details)
    return get_by_id(tx, topic_id)


def lock(tx: Tx, topic_id: int, reason: str = "") -> Topic:
    """Let only moderators post in a topic; again changes nothing. For assistants and above.

    Raises Invalid (`reason`).
    """
    if _get_for_staff(tx, topic_id).locked_at is None:
        reason = writing.check_line(reason, "reason", most=writing.MAX_REASON_CHARACTERS)
        by_id = tx.actor.account_id
        _change(tx, topic_id, locked_at=tx.now_s, locked_by_id=by_id, lock_reason=reason)
        staff_log.note(tx, "lock", _KIND, topic_id, reason=reason)
    return get_by_id(tx, topic_id)


def unlock(tx: Tx, topic_id: int) -> Topic:
    """Let everybody post in a locked topic again. For assistants and above."""
    if _get_for_staff(tx, topic_id).locked_at is not None:
        _change(tx, topic_id, locked_at=None, locked_by_id=None, lock_reason="")
        staff_log.note(tx, "unlock", _KIND, topic_id)
    return get_by_id(tx, topic_id)


def stick(tx: Tx, topic_id: int) -> Topic:
    """List a topic before all that are not sticky. For assistants and above."""
    return _stick(tx, topic_id, is_sticky=True)


def unstick(tx: Tx, topic_id: int) -> Topic:
    """List a topic by its newest reply again. For assistants and above."""
    return _stick(tx, topic_id, is_sticky=False)


def _stick(tx: Tx, topic_id: int, *, is_sticky: bool) -> Topic:
    if _get_for_staff(tx, topic_id).is_sticky != is_sticky:
        _change(tx, topic_id, is_sticky=is_sticky)
        staff_log.note(tx, "stick" if is_sticky else "unstick", _KIND, topic_id)
    return get_by_id(tx, topic_id)


def hide(tx: Tx, topic_id: int, reason: str = "") -> Topic:
    """Take a topic and all its posts out of sight; again changes nothing. For assistants.

    Its posts stay in their authors' counts. Raises Invalid (`reason`).
    """
    before = _get_for_staff(tx, topic_id)
    if before.hidden_at is None:
        writing.hide(tx, schema.topics, _KIND, topic_id, reason)
        _count_hidden(tx, before, -1)
    return get_by_id(tx, topic_id)


def unhide(tx: Tx, topic_id: int) -> Topic:
    """Put a hidden topic back into sight. For assistants and above."""
    before = _get_for_staff(tx, topic_id)
    if before.hidden_at is not None:
        writing.unhide(tx, schema.topics, _KIND, topic_id)
        _count_hidden(tx, before, 1)
    return get_by_id(tx, topic_id)


def _get_for_staff(tx: Tx, topic_id: int) -> Topic:
    rights.require_assistant(tx)
    return get_by_id(tx, topic_id)


def _count_hidden(tx: Tx, topic: Topic, by: int) -> None:
    forums.count(tx, topic.forum_id, topics=by, posts=by * topic.post_count)
    writing.count_for(tx, topic, "topic_count", by)
    tx.changed(ChangeKind.TOPIC, topic.id)


def _change(tx: Tx, topic_id: int, **new: Any) -> None:
    tx.execute(update(schema.topics).where(_row.id == topic_id).values(new))
    tx.changed(ChangeKind.TOPIC, topic_id)


# Views.


class _Views:
    """How often topics were viewed since that was written last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[int] = Counter()


def viewed(library: Library, topic_id: int) -> None:
    """Count one view of a topic; it is written with others by `flush_views`."""
    views: _Views = library.caches.setdefault("topic views", _Views())
    with views.lock:
        views.counts[topic_id] += 1


def flush_views(library: Library) -> int:
    """Write how often topics were viewed since the last time; return how many topics there were.

    To be called about once a minute.
    """
    views: _Views = library.caches.setdefault("topic views", _Views())
    with views.lock:
        counts, views.counts = views.counts, Counter()
    if counts:
        with library.writing(SYSTEM) as tx:
            for topic_id, number in counts.items():
                more = {"view_count": _row.view_count + number}
                tx.execute(update(schema.topics).where(_row.id == topic_id).values(more))
    return len(counts)
