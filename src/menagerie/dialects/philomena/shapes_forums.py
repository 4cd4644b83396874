"""Forums as the API's JSON: forums, topics, posts; and beyond it, polls."""

from collections.abc import Sequence

from msgspec import Struct

from menagerie.core.talk.forums import Forum
from menagerie.core.talk.polls import Poll
from menagerie.core.talk.posts import Post
from menagerie.core.talk.topics import Topic
from menagerie.dialects.philomena.shapes import Site, time
from menagerie.dialects.philomena.shapes_talk import PostShape, author, worded
from menagerie.storage.schema import ForumAccess


class TopicShape(Struct):
    """A topic; all null when it is hidden, which only the live feed shows."""

    slug: str | None = None
    title: str | None = None
    post_count: int | None = None
    view_count: int | None = None
    sticky: bool | None = None
    last_replied_to_at: str | None = None
    locked: bool | None = None
    user_id: int | None = None
    author: str | None = None


class ForumShape(Struct):
    """A forum; all null when not everybody may read it, which only the live feed shows."""

    name: str | None = None
    short_name: str | None = None
    description: str | None = None
    topic_count: int | None = None
    post_count: int | None = None


class PollOptionShape(Struct):
    """One answer of a poll."""

    id: int
    label: str
    votes: int


class PollShape(Struct):
    """A poll, and what the caller chose."""

    id: int
    title: str
    method: str
    until: str
    open: bool
    total_votes: int
    options: list[PollOptionShape]
    own_option_ids: list[int]


# From values of the core.


def post(of: Post, site: Site) -> PostShape:
    """Return a post as everybody sees it, moderators too."""
    return PostShape(of.id) if of.is_topic_hidden else worded(PostShape(of.id), of, site)


def posts(found: Sequence[Post], site: Site) -> list[PostShape | None]:
    """Return posts of a list, in which a destroyed one is null."""
    return [post(one, site) if one.destroyed_at is None else None for one in found]


def topic(of: Topic, site: Site) -> TopicShape:
    """Return a topic; who began it has the number that the topic itself gives."""
    if of.hidden_at is not None:
        return TopicShape()
    return TopicShape(
        slug=of.slug,
        title=of.title,
        post_count=of.post_count,
        view_count=of.view_count,
        sticky=of.is_sticky,
        last_replied_to_at=time(of.last_replied_at),
        locked=of.locked_at is not None,
        user_id=of.account_id if of.is_signed else None,
        author=author(of, site),
    )


def forum(of: Forum) -> ForumShape:
    """Return a forum."""
    if of.access != ForumAccess.NORMAL:
        return ForumShape()
    return ForumShape(of.name, of.short_name, of.description, of.topic_count, of.post_count)


def poll(of: Poll) -> PollShape:
    """Return a poll as the caller sees it."""
    return PollShape(
        id=of.id,
        title=of.title,
        method=of.method,
        until=time(of.until_at),
        open=of.is_open,
        total_votes=of.vote_count,
        options=[PollOptionShape(one.id, one.label, one.vote_count) for one in of.options],
        own_option_ids=list(of.own_option_ids),
    )


# Envelopes.


class PostEnvelope(Struct):
    """One post; null once it is destroyed."""

    post: PostShape | None


class PostsEnvelope(Struct):
    """A page of posts."""

    posts: list[PostShape | None]
    total: int


class TopicEnvelope(Struct):
    """One topic."""

    topic: TopicShape


class TopicsEnvelope(Struct):
    """A page of topics."""

    topics: list[TopicShape]
    total: int


class ForumEnvelope(Struct):
    """One forum."""

    forum: ForumShape


class ForumsEnvelope(Struct):
    """A page of forums."""

    forums: list[ForumShape]
    total: int


class PollEnvelope(Struct):
    """One poll."""

    poll: PollShape
