"""What accounts follow, what they are told of, and the letters they write to each other."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, false, text

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
from menagerie.storage.schema.kinds import NewsKind


def _subscriptions(thing: str, plural: str) -> Table:
    return Table(
        f"{thing}_subscriptions",
        metadata,
        Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
        Column(f"{thing}_id", Id, ForeignKey(f"{plural}.id"), primary_key=True),
        Index(None, f"{thing}_id"),
        sqlite_with_rowid=False,
    )


gallery_subscriptions = _subscriptions("gallery", "galleries")
topic_subscriptions = _subscriptions("topic", "topics")
forum_subscriptions = _subscriptions("forum", "forums")

notifications = Table(
    "notifications",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("kind", String, nullable=False),
    Column("subject_id", Id, nullable=False, comment="what it happened to; see NewsKind"),
    Column("other_id", Id, comment="the newest thing that happened; see NewsKind"),
    count("count", "things that happened since it was last read"),
    Column("created_at", Time, nullable=False, comment="of the first that is unread"),
    Column("updated_at", Time, nullable=False, comment="of the newest"),
    Column("read_at", Time),
    Index("uq_notifications_subject", "account_id", "kind", "subject_id", unique=True),
    Index(
        "ix_notifications_unread",
        "account_id",
        "updated_at",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
    one_of("kind", NewsKind),
    sqlite_autoincrement=True,
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="random; in addresses"),
    Column("title", String, nullable=False),
    account("from_id", nullable=False),
    account("to_id", nullable=False),
    Column("is_read_by_from", Boolean, nullable=False, server_default=false()),
    Column("is_read_by_to", Boolean, nullable=False, server_default=false()),
    Column("is_put_away_by_from", Boolean, nullable=False, server_default=false()),
    Column("is_put_away_by_to", Boolean, nullable=False, server_default=false()),
    count("message_count"),
    Column("created_at", Time, nullable=False),
    Column("last_message_at", Time, nullable=False),
    Index(None, "from_id", "last_message_at"),
    Index(None, "to_id", "last_message_at"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    account(nullable=False),
    words_column("body"),
    Column("address", String),
    Column("fingerprint", String),
    Column("created_at", Time, nullable=False),
    Index(None, "conversation_id", "id"),
    Index(None, "account_id", "created_at"),
    sqlite_autoincrement=True,
)
