"""Accounts, and how they prove who they are."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, false, text

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
from menagerie.storage.schema.kinds import Role

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True, comment="the name in lower case"),
    Column("email", String),
    Column("password_hash", String, comment="argon2; null: cannot log in by password"),
    Column("recovery_hash", String, comment="SHA-256 hex of the recovery code"),
    Column("role", String, nullable=False, server_default=text("'user'")),
    Column("is_role_hidden", Boolean, nullable=False, server_default=false()),
    Column(
        "is_verified", Boolean, nullable=False, server_default=false(), comment="needs no review"
    ),
    words_column("description"),
    Column("filter_id", Id, comment="the filter in force; null: the system filter Default"),
    words_column("watched_query"),
    words_column("watched_exclude_query"),
    Column("watched_without_spoilered", Boolean, nullable=False, server_default=false()),
    Column("upload_quota_bytes", BigInteger, comment="null: the setting's value"),
    Column("uploaded_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("monthly_quota", Integer, comment="uploads a month; null: the setting's value"),
    words_column("withheld_features", "of programs' features, separated by comma"),
    count("upload_count", "public uploads under the account's own name"),
    count("comment_count", "comments under the account's own name that are not hidden"),
    count("post_count", "posts, likewise"),
    count("topic_count", "topics, likewise"),
    Column("avatar", String, comment="blob name"),
    words_column("title", "that staff gave, shown beside the name"),
    words_column("language", "of the pages; empty: what the browser asks for"),
    words_column("preferences", "JSON: theme, sizes, what to be told of"),
    Column("created_at", Time, nullable=False),
    Column("deactivated_at", Time),
    one_of("role", Role),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the key"),
    Column("created_at", Time, nullable=False),
    Column("last_used_at", Time, comment="to the minute"),
    Column("revoked_at", Time),
    Index(None, "account_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the cookie"),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False, comment="to the minute"),
    Column("expires_at", Time, nullable=False),
    words_column("address"),
    words_column("user_agent"),
    Index(None, "account_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the code"),
    account("created_by_id"),
    account("used_by_id"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("hash", String, primary_key=True, comment="SHA-256 hex of the token"),
    account(nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
)

bans = Table(
    "bans",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(),
    Column("network", String, comment="an address or CIDR range"),
    Column("fingerprint", String),
    words_column("reason"),
    account("created_by_id"),
    Column("created_at", Time, nullable=False),
    Column("until_at", Time, comment="null: for good"),
    Index(None, "account_id"),
)
