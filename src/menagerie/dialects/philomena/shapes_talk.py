"""What people say, as the API's JSON: comments, and what posts have in common with them.

What was taken out of sight keeps its place: a hidden text loses its words, one whose image or topic
is hidden keeps its id alone, and a destroyed one is `null` in lists. Source: Philomena (2026).
"""

from collections.abc import Sequence
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from menagerie.core.people import avatars
from menagerie.core.talk.comments import Comment
from menagerie.core.talk.writing import Authored, Revision, Text
from menagerie.dialects.philomena.shapes import Site, kept_url, time


class CommentShape(Struct):
    """A comment; without words when it is hidden, with its ids alone when its image is."""

    id: int
    image_id: int
    user_id: int | None = None
    author: str | None = None
    avatar: str | UnsetType = UNSET
    body: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    edited_at: str | None = None
    edit_reason: str | None = None


class PostShape(Struct):
    """A post; without words when it is hidden, with its id alone when its topic is."""

    id: int
    user_id: int | None = None
    author: str | None = None
    avatar: str | UnsetType = UNSET
    body: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    edited_at: str | None = None
    edit_reason: str | None = None


Worded = TypeVar("Worded", CommentShape, PostShape)


class RevisionShape(Struct):
    """An earlier wording of a text: who replaced it, when and why."""

    id: int
    body: str
    reason: str
    user_id: int | None
    user: str | None
    created_at: str


# From values of the core.


def author(of: Authored, site: Site) -> str:
    """Return the name that is shown: the account's, or a number of this thread's."""
    if of.is_signed and of.account_name is not None:
        return of.account_name
    return pseudonym(of.pseudonym, site)


def pseudonym(number: str, site: Site) -> str:
    """Return the name of whoever goes without one."""
    return f"{site.pseudonym} #{number}"


def avatar(of: Authored, site: Site) -> str:
    """Return the address of the author's picture, or a picture drawn from the name."""
    if of.is_signed and of.avatar is not None:
        return kept_url(of.avatar, site)
    return avatars.data_uri(author(of, site))


def comment(of: Comment, site: Site) -> CommentShape:
    """Return a comment as everybody sees it, moderators too."""
    if of.is_image_hidden:
        return CommentShape(of.id, of.image_id)
    return worded(CommentShape(of.id, of.image_id), of, site)


def worded(shape: Worded, of: Text, site: Site) -> Worded:
    """Say on `shape` who wrote a text and when, and what it says unless it is hidden."""
    shape.user_id = of.account_id if of.is_signed else None
    shape.author = author(of, site)
    shape.avatar = avatar(of, site)
    shape.created_at, shape.updated_at = time(of.created_at), time(of.updated_at)
    if of.hidden_at is None:
        shape.body = of.body
        shape.edited_at = time(of.edited_at) if of.edited_at is not None else None
        shape.edit_reason = of.edit_reason or None
    return shape


def comments(found: Sequence[Comment], site: Site) -> list[CommentShape | None]:
    """Return comments of a list, in which a destroyed one is null."""
    return [comment(one, site) if one.destroyed_at is None else None for one in found]


def revision(of: Revision) -> RevisionShape:
    """Return an earlier wording."""
    return RevisionShape(
        of.id, of.body, of.reason, of.account_id, of.account_name, time(of.created_at)
    )


# Envelopes.


class CommentEnvelope(Struct):
    """One comment; null once it is destroyed."""

    comment: CommentShape | None


class CommentsEnvelope(Struct):
    """A page of comments."""

    comments: list[CommentShape | None]
    total: int


class HistoryEnvelope(Struct):
    """Earlier wordings, the newest first."""

    history: list[RevisionShape]
    total: int
