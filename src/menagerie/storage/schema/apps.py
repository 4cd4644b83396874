"""What programs keep here for people of their own: opinions, requests and what they used."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, text

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    metadata,
    one_of,
    words_column,
)
from menagerie.storage.schema.kinds import RequestState

app_votes = Table(
    "app_votes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(),  # null: given without a key
    Column("on_behalf_of", String),
    Column("image_ref", String, nullable=False, comment="as sent; need not exist"),
    Column("image_id", Id, ForeignKey("images.id"), comment="when it was one the voter may see"),
    Column("value", Float, nullable=False, comment="any finite number"),
    Column("country_code", String),
    Column("address", String),
    Column("created_at", Time, nullable=False),
    Index(None, "account_id", "id"),
    Index(None, "image_id"),
    sqlite_autoincrement=True,
)

app_favourites = Table(
    "app_favourites",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    account(),  # null: given without a key
    Column("on_behalf_of", String),
    Column("image_ref", String, nullable=False, comment="as sent; need not exist"),
    Column("image_id", Id, ForeignKey("images.id"), comment="when it was one they may see"),
    Column("country_code", String),
    Column("address", String),
    Column("created_at", Time, nullable=False),
    Column("deleted_at", Time),
    Column(
        "claim",
        String,
        unique=True,
        comment="account, image_ref and on_behalf_of as JSON, once only; null: deleted",
    ),
    Index(None, "account_id", "id"),
    Index(None, "image_id"),
    sqlite_autoincrement=True,
)

public_requests = Table(
    "public_requests",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="random UUID"),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    account(nullable=False),
    Column("state", String, nullable=False),
    words_column("request_message"),
    words_column("admin_message"),
    account("decided_by_id"),
    Column("decided_at", Time),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "state", "id"),
    Index(None, "account_id"),
    Index(
        "uq_public_requests_pending",
        "image_id",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    one_of("state", RequestState),
    sqlite_autoincrement=True,
)

upload_months = Table(
    "upload_months",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("month", String, primary_key=True, comment="YYYY-MM, UTC"),
    Column("uploads", Integer, nullable=False),
)
