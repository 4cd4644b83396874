"""What moderators decide about beside images: suggested duplicates, and who looks into what."""

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Table, text

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    metadata,
    one_of,
    words_column,
)
from menagerie.storage.schema.kinds import DuplicateState, QueueKind

duplicates = Table(
    "duplicates",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("of_id", Id, ForeignKey("images.id"), nullable=False, comment="the one to be kept"),
    account(),
    words_column("reason", "empty when the library itself noticed"),
    Column("likeness", Float, comment="0 to 1, of the library itself; null: a person's word"),
    Column("state", String, nullable=False),
    account("decided_by_id"),
    Column("decided_at", Time),
    Column("created_at", Time, nullable=False),
    Index("uq_duplicates_pair", "image_id", "of_id", unique=True),
    Index(None, "of_id"),
    Index(
        "ix_duplicates_open",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    one_of("state", DuplicateState),
    CheckConstraint("image_id <> of_id", name="two"),
    sqlite_autoincrement=True,
)

claims = Table(
    "claims",
    metadata,
    Column("kind", String, primary_key=True, comment="of what waits for a decision"),
    Column("subject_id", Id, primary_key=True),
    account(nullable=False),
    Column("claimed_at", Time, nullable=False, comment="it counts for an hour from then on"),
    one_of("kind", QueueKind),
)
