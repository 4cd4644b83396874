"""What accounts think of images: votes, faves, filters, galleries."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, false

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
from menagerie.storage.schema.kinds import Effect

votes = Table(
    "votes",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("value", Integer, nullable=False, comment="1 up, -1 down"),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    CheckConstraint("value IN (1, -1)", name="value"),
    sqlite_with_rowid=False,
)

faves = Table(
    "faves",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

hides = Table(
    "hides",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

image_subscriptions = Table(
    "image_subscriptions",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

watched_tags = Table(
    "watched_tags",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Index(None, "tag_id"),
    sqlite_with_rowid=False,
)

filters = Table(
    "filters",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(),
    Column("name", String, nullable=False),
    words_column("description"),
    Column("is_system", Boolean, nullable=False, server_default=false()),
    Column("is_public", Boolean, nullable=False, server_default=false()),
    words_column("hidden_query", "image queries, one a line, ORed"),
    words_column("spoilered_query", "image queries, one a line, ORed"),
    count("user_count", "accounts that have it in force"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("uq_filters_owned_name", "account_id", "name", unique=True),
    sqlite_autoincrement=True,
)

filter_tags = Table(
    "filter_tags",
    metadata,
    Column("filter_id", Id, ForeignKey("filters.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("effect", String, primary_key=True),
    Index(None, "tag_id"),
    one_of("effect", Effect),
)

galleries = Table(
    "galleries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("title", String, nullable=False),
    words_column("description"),
    words_column("spoiler_warning"),
    Column("thumbnail_id", Id, ForeignKey("images.id")),
    Column("is_anonymous", Boolean, nullable=False, server_default=false()),
    count("image_count"),
    count("subscriber_count"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "account_id"),
    sqlite_autoincrement=True,
)

gallery_images = Table(
    "gallery_images",
    metadata,
    Column("gallery_id", Id, ForeignKey("galleries.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("position", Integer, nullable=False, comment="0 is the first"),
    Index(None, "image_id"),
)

features = Table(
    "features",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    account(),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
)
