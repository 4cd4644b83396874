"""Accounts as the API's JSON; and beyond it, what an account is told of and its letters."""

from collections.abc import Sequence

from msgspec import Struct

from menagerie.core.accounts import Profile
from menagerie.core.people import avatars
from menagerie.core.people.badges import Award
from menagerie.core.people.links import Link
from menagerie.core.people.messages import Conversation, Message
from menagerie.core.people.news import News
from menagerie.dialects.philomena.shapes import Site, kept_url, time
from menagerie.storage.schema import LinkState


class LinkShape(Struct):
    """An address that was proved to belong to the account."""

    user_id: int
    created_at: str
    state: str
    tag_id: int | None


class AwardShape(Struct):
    """A badge that the account was given; `id` is the badge's."""

    image_url: str
    title: str
    id: int
    label: str
    awarded_on: str


class ProfileShape(Struct):
    """An account as everybody may see it."""

    id: int
    name: str
    slug: str
    role: str
    description: str
    avatar_url: str | None
    created_at: str
    comments_count: int
    uploads_count: int
    posts_count: int
    topics_count: int
    links: list[LinkShape]
    awards: list[AwardShape]


def profile(
    of: Profile, links: Sequence[Link], awards: Sequence[Award], site: Site
) -> ProfileShape:
    """Return an account with its public, verified links and its badges."""
    shown = [one for one in links if one.is_public and one.state == LinkState.VERIFIED]
    return ProfileShape(
        id=of.id,
        name=of.name,
        slug=of.slug,
        role=of.role,
        description=of.description,
        avatar_url=kept_url(of.avatar, site) if of.avatar is not None else None,
        created_at=time(of.created_at),
        comments_count=of.comment_count,
        uploads_count=of.upload_count,
        posts_count=of.post_count,
        topics_count=of.topic_count,
        links=[LinkShape(of.id, time(one.created_at), one.state, one.tag_id) for one in shown],
        awards=[award(one, site) for one in awards],
    )


def award(of: Award, site: Site) -> AwardShape:
    """Return a badge that was given; one without a picture has one drawn from its title."""
    return AwardShape(
        image_url=kept_url(of.image, site) if of.image else avatars.data_uri(of.title),
        title=of.badge_title,
        id=of.badge_id,
        label=of.label,
        awarded_on=time(of.awarded_at),
    )


class ProfileEnvelope(Struct):
    """One account."""

    user: ProfileShape


# Beyond the API.


class NewsShape(Struct):
    """Something that the caller is told of; what the ids are follows from `kind`."""

    id: int
    kind: str
    subject_id: int
    other_id: int | None
    count: int
    created_at: str
    updated_at: str
    read: bool


class NewsEnvelope(Struct):
    """A page of what the caller is told of, and how much of all is unread."""

    notifications: list[NewsShape]
    total: int
    unread: int


class UnreadShape(Struct):
    """How much the caller has not read."""

    unread: int


class ConversationShape(Struct):
    """Letters to and from one other account."""

    slug: str
    title: str
    user_id: int
    user: str
    read: bool
    hidden: bool
    message_count: int
    last_message_at: str


class MessageShape(Struct):
    """One letter."""

    id: int
    user_id: int
    user: str
    body: str
    created_at: str


class ConversationEnvelope(Struct):
    """One conversation and a page of its letters, the oldest first."""

    conversation: ConversationShape
    messages: list[MessageShape]
    total: int


class ConversationsEnvelope(Struct):
    """A page of the caller's conversations, and how many of all are unread."""

    conversations: list[ConversationShape]
    total: int
    unread: int


class MessageEnvelope(Struct):
    """One letter."""

    message: MessageShape


class SubscriptionShape(Struct):
    """Whether the caller follows a thing now."""

    subscribed: bool


def news(of: News) -> NewsShape:
    """Return something that the caller is told of."""
    return NewsShape(
        id=of.id,
        kind=of.kind,
        subject_id=of.subject_id,
        other_id=of.other_id,
        count=of.count,
        created_at=time(of.created_at),
        updated_at=time(of.updated_at),
        read=of.read_at is not None,
    )


def conversation(of: Conversation) -> ConversationShape:
    """Return a conversation as the caller sees it."""
    return ConversationShape(
        slug=of.key,
        title=of.title,
        user_id=of.other_id,
        user=of.other_name,
        read=of.is_read,
        hidden=of.is_put_away,
        message_count=of.message_count,
        last_message_at=time(of.last_message_at),
    )


def message(of: Message) -> MessageShape:
    """Return a letter."""
    return MessageShape(of.id, of.account_id, of.account_name, of.body, time(of.created_at))
