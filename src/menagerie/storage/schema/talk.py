"""What people say to each other: comments, forums, topics, posts, polls, earlier wordings."""

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, false, text, true

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    count,
    metadata,
    one_of,
    words_column,
)
from menagerie.storage.schema.kinds import ForumAccess, PollMethod, TextKind


def _authored() -> list[Column[Any]]:
    """Return the columns of a text: who wrote it, when, and how far it is shown."""
    return [
        account(),
        Column("is_anonymous", Boolean, nullable=False, server_default=false()),
        Column(
            "pseudonym",
            String,
            nullable=False,
            comment="four hex digits: the same for one person in one thread",
        ),
        Column("address", String),
        Column("fingerprint", String),
        Column("created_at", Time, nullable=False),
        Column("updated_at", Time, nullable=False),
    ]


def _hideable() -> list[Column[Any]]:
    """Return the columns that say who took a thing out of sight, and why."""
    return [
        Column("hidden_at", Time),
        account("hidden_by_id"),
        words_column("hide_reason"),
    ]


def _text() -> list[Column[Any]]:
    return [
        Column("body", String, nullable=False, comment="as written; empty once destroyed"),
        Column("edited_at", Time),
        words_column("edit_reason"),
        *_hideable(),
        Column("destroyed_at", Time, comment="set: the text is gone for good"),
        Column(
            "is_approved",
            Boolean,
            nullable=False,
            server_default=true(),
            comment="false: waits for a moderator, and only its author and they see it",
        ),
    ]


comments = Table(
    "comments",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    *_authored(),
    *_text(),
    Index(None, "image_id", "id"),
    Index(None, "account_id", "created_at"),
    Index(
        "ix_comments_waiting",
        "id",
        sqlite_where=text("is_approved = false"),
        postgresql_where=text("is_approved = false"),
    ),
    sqlite_autoincrement=True,
)

forums = Table(
    "forums",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
    Column("short_name", String, nullable=False, unique=True),
    words_column("description"),
    Column("access", String, nullable=False, server_default=text("'normal'")),
    count("topic_count", "topics that are not hidden"),
    count("post_count", "posts of those topics, hidden ones too"),
    Column("created_at", Time, nullable=False),
    one_of("access", ForumAccess),
    sqlite_autoincrement=True,
)

topics = Table(
    "topics",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("forum_id", Id, ForeignKey("forums.id"), nullable=False),
    Column("slug", String, nullable=False),
    Column("title", String, nullable=False),
    *_authored(),
    *_hideable(),
    Column("is_sticky", Boolean, nullable=False, server_default=false()),
    Column("locked_at", Time),
    account("locked_by_id"),
    words_column("lock_reason"),
    count("post_count", "hidden ones too"),
    count("view_count"),
    Column("last_replied_at", Time, nullable=False),
    Column("last_post_id", Id, comment="the newest one that is not hidden"),
    Index("uq_topics_slug", "forum_id", "slug", unique=True),
    Index(None, "forum_id", "is_sticky", "last_replied_at"),
    Index(None, "account_id", "created_at"),
    sqlite_autoincrement=True,
)

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("topic_id", Id, ForeignKey("topics.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="in its topic; 0 is the first"),
    *_authored(),
    *_text(),
    Index("uq_posts_position", "topic_id", "position", unique=True),
    Index(None, "account_id", "created_at"),
    Index(
        "ix_posts_waiting",
        "id",
        sqlite_where=text("is_approved = false"),
        postgresql_where=text("is_approved = false"),
    ),
    sqlite_autoincrement=True,
)

polls = Table(
    "polls",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("topic_id", Id, ForeignKey("topics.id"), nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("method", String, nullable=False),
    Column("until_at", Time, nullable=False, comment="nobody may vote from then on"),
    count("vote_count", "sum over the options"),
    *_hideable(),
    Column("created_at", Time, nullable=False),
    one_of("method", PollMethod),
    sqlite_autoincrement=True,
)

poll_options = Table(
    "poll_options",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("poll_id", Id, ForeignKey("polls.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="0 is the first"),
    Column("label", String, nullable=False),
    count("vote_count"),
    Index("uq_poll_options_position", "poll_id", "position", unique=True),
    sqlite_autoincrement=True,
)

poll_votes = Table(
    "poll_votes",
    metadata,
    Column("option_id", Id, ForeignKey("poll_options.id"), primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    Index(None, "account_id"),
    sqlite_with_rowid=False,
)

text_revisions = Table(
    "text_revisions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False, comment="of what was changed"),
    Column("subject_id", Id, nullable=False),
    Column("body", String, nullable=False, comment="as it stood before the change"),
    words_column("reason", "of the change"),
    account(),
    Column("created_at", Time, nullable=False, comment="of the change"),
    Index(None, "kind", "subject_id", "id"),
    Index(None, "account_id"),
    one_of("kind", TextKind),
    sqlite_autoincrement=True,
)
