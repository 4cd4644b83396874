"""What a board says of its people and to them: links, badges, do-not-post entries, notices."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, false, text, true

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    metadata,
    one_of,
    words_column,
)
from menagerie.storage.schema.kinds import DnpState, DnpType, LinkState

profile_links = Table(
    "profile_links",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("tag_id", Id, ForeignKey("tags.id"), comment="the artist's own tag"),
    Column("url", String, nullable=False),
    Column("is_public", Boolean, nullable=False, server_default=true()),
    Column("state", String, nullable=False),
    Column("code", String, nullable=False, comment="to be shown at the address, as a proof"),
    account("decided_by_id"),
    Column("decided_at", Time),
    Column("created_at", Time, nullable=False),
    Index("uq_profile_links_url", "account_id", "url", unique=True),
    Index(None, "tag_id"),
    Index(None, "state"),
    one_of("state", LinkState),
    sqlite_autoincrement=True,
)

badges = Table(
    "badges",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("title", String, nullable=False, unique=True),
    words_column("description"),
    Column("image", String, comment="blob name"),
    Column("is_retired", Boolean, nullable=False, server_default=false()),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

awards = Table(
    "awards",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("badge_id", Id, ForeignKey("badges.id"), nullable=False),
    words_column("label", "shown instead of the badge's title"),
    words_column("reason", "for staff"),
    account("awarded_by_id"),
    Column("awarded_at", Time, nullable=False),
    Index(None, "account_id"),
    Index(None, "badge_id"),
    sqlite_autoincrement=True,
)

dnp_entries = Table(
    "dnp_entries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("tag_id", Id, ForeignKey("tags.id"), nullable=False),
    account(),
    Column("type", String, nullable=False),
    words_column("conditions"),
    words_column("reason"),
    Column("hides_reason", Boolean, nullable=False, server_default=false()),
    words_column("feedback", "of whoever asked, to staff"),
    Column("state", String, nullable=False),
    account("decided_by_id"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "tag_id"),
    Index(None, "account_id"),
    Index(None, "state"),
    one_of("type", DnpType),
    one_of("state", DnpState),
    sqlite_autoincrement=True,
)

site_notices = Table(
    "site_notices",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("title", String, nullable=False),
    words_column("body"),
    words_column("link"),
    words_column("link_text"),
    Column("is_live", Boolean, nullable=False, server_default=true()),
    Column("from_at", Time, nullable=False),
    Column("until_at", Time, comment="null: until it is taken down"),
    account(),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(nullable=False),
    Column("name", String, nullable=False),
    Column("query", String, nullable=False),
    words_column("sort", "as in addresses; empty: newest first"),
    Column("created_at", Time, nullable=False),
    Index("uq_saved_searches_name", "account_id", "name", unique=True),
    sqlite_autoincrement=True,
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("secret", String, nullable=False, comment="base32, of one-time codes by time"),
    Column("confirmed_at", Time, comment="null: set up but not yet asked for"),
    Column("last_step", Integer, nullable=False, server_default=text("0"), comment="used up"),
    Column("created_at", Time, nullable=False),
)

spare_codes = Table(
    "spare_codes",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("hash", String, primary_key=True, comment="SHA-256 hex of the code"),
    Column("used_at", Time),
)
