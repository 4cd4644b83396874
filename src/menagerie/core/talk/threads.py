"""What topics and posts share: who may know of a topic, putting a post in, and its counters."""

import msgspec
from sqlalchemy import func, insert, select, update

from menagerie.core.people import following, news, preferences
from menagerie.core.talk import forums, writing
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, EventKind, ForumAccess, NewsKind, TextKind


class Thread(msgspec.Struct, frozen=True):
    """What decides about a topic: where it is, whose, and what staff did to it."""

    id: int
    forum_id: int
    forum_access: str
    account_id: int | None
    hidden_at: int | None
    locked_at: int | None
    created_at: int

    @property
    def is_public(self) -> bool:
        """Whether everybody may read the topic."""
        return self.forum_access == ForumAccess.NORMAL and self.hidden_at is None


class Written(msgspec.Struct, frozen=True):
    """A post as far as those who are told of it need to know."""

    id: int
    position: int
    body: str
    account_id: int | None
    is_approved: bool


_topic, _post, _forum = schema.topics.c, schema.posts.c, schema.forums.c
_SELECT = select(
    _topic.id,
    _topic.forum_id,
    _forum.access,
    *(_topic[name] for name in Thread.__struct_fields__[3:]),
).join(schema.forums, _forum.id == _topic.forum_id)


def get(tx: Tx, topic_id: int) -> Thread:
    """Return what decides about a topic the actor may read; hidden ones are for assistants.

    Raises NotFound.
    """
    row = tx.one(_SELECT.where(_topic.id == topic_id)) if 0 < topic_id < 2**63 else None
    if row is None:
        raise NotFound
    thread = Thread(*row)
    if not forums.may_read(tx.actor, thread.forum_access):
        raise NotFound
    if thread.hidden_at is not None and not tx.actor.is_assistant:
        raise NotFound
    return thread


def put(tx: Tx, thread: Thread, body: str, *, is_anonymous: bool) -> Written:
    """Put a checked text at the end of a topic, count it, and let the author follow the topic."""
    last = tx.scalar(select(func.max(_post.position)).where(_post.topic_id == thread.id))
    position = 0 if last is None else last + 1
    is_approved = not writing.is_held(tx, body)
    author = writing.authored(tx, thread.id, is_anonymous=is_anonymous)
    new = {"topic_id": thread.id, "position": position, "body": body, "is_approved": is_approved}
    made = tx.execute(insert(schema.posts).values(**new, **author).returning(_post.id))
    post_id: int = made.scalar_one()
    more = {"post_count": _topic.post_count + 1}
    tx.execute(update(schema.topics).where(_topic.id == thread.id).values(more))
    if thread.hidden_at is None:
        forums.count(tx, thread.forum_id, posts=1)
    if is_approved and not author["is_anonymous"]:
        writing.count_account(tx, author["account_id"], "post_count", 1)
    refresh(tx, thread)
    writing.index(tx, TextKind.POST, post_id, body)
    tx.changed(ChangeKind.POST, post_id)
    if tx.actor.is_signed_in and preferences.get(tx).follows_on_post:
        following.follow(tx, following.Followed.TOPIC, thread.id)
    return Written(post_id, position, body, author["account_id"], is_approved)


def refresh(tx: Tx, thread: Thread) -> None:
    """Find out anew what a topic says of its newest post that everybody may read."""
    newest = tx.one(
        select(_post.id, _post.created_at)
        .where(_post.topic_id == thread.id, writing.counted(schema.posts))
        .order_by(_post.position.desc())
        .limit(1)
    )
    post_id, at = newest or (None, thread.created_at)
    tx.execute(
        update(schema.topics)
        .where(_topic.id == thread.id)
        .values(last_post_id=post_id, last_replied_at=at)
    )


def announce(tx: Tx, thread: Thread, post: Written) -> None:
    """Tell of a new post: the live feed, who follows the topic or forum, and who is named."""
    if thread.is_public:
        tx.happened(EventKind.POST_CREATE, post.id)
    if thread.hidden_at is not None:
        return
    author = {post.account_id}
    named = set(writing.find_mentioned(tx, post.body)) - author
    news.tell(tx, named, NewsKind.POST_MENTION, thread.id, post.id)
    if post.position == 0:
        kind, what = NewsKind.TOPIC, following.Followed.FORUM
        subject_id, other_id = thread.forum_id, thread.id
    else:
        kind, what = NewsKind.POST, following.Followed.TOPIC
        subject_id, other_id = thread.id, post.id
    followers = set(following.followers(tx, what, subject_id)) - author - named
    news.tell(tx, followers, kind, subject_id, other_id)
