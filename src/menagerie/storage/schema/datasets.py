"""Snapshots of what a query found, and exports of them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, text

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
from menagerie.storage.schema.kinds import ExportState

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("name", String, nullable=False),
    Column("version", String, nullable=False, comment="semantic: 1.0.0"),
    words_column("description"),
    Column("query", String, nullable=False),
    Column("language", String, nullable=False, comment="of the query: tags or labels"),
    Column("options", String, nullable=False, comment="JSON: thresholds, splits, licences"),
    Column("previous_id", Id, ForeignKey("snapshots.id")),
    Column("state", String, nullable=False),
    count("done_count"),
    count("image_count"),
    Column("file", String, comment="blob with the canonical records; null: not frozen yet"),
    Column("sha256", String, comment="hex, of that file: the snapshot's identity"),
    Column("error", String),
    Column("is_listed", Boolean, nullable=False, comment="false: made for one export only"),
    account(),
    Column("created_at", Time, nullable=False),
    Column("frozen_at", Time),
    Index(
        "uq_snapshots_name_version",
        "name",
        "version",
        unique=True,
        sqlite_where=text("is_listed"),
        postgresql_where=text("is_listed"),
    ),
    one_of("state", ExportState),
    sqlite_autoincrement=True,
)

snapshot_images = Table(
    "snapshot_images",
    metadata,
    Column("snapshot_id", Id, ForeignKey("snapshots.id"), primary_key=True),
    Column("image_key", String, primary_key=True, comment="UUID, kept when the image is gone"),
    Column("split", String, nullable=False),
    Column("full_name", String, nullable=False, comment="blob of the published file"),
    Index(None, "image_key"),
    Index(None, "full_name"),
    sqlite_with_rowid=False,
    comment="what a listed snapshot holds, so that files stay and splits never move",
)

exports = Table(
    "exports",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("snapshot_id", Id, ForeignKey("snapshots.id"), nullable=False),
    Column("format", String, nullable=False),
    Column("options", String, nullable=False, comment="JSON"),
    Column("state", String, nullable=False),
    count("done_count", "images written"),
    count("total_count"),
    Column("file", String, comment="blob of the archive"),
    Column("size_bytes", BigInteger),
    Column("sha256", String, comment="hex"),
    Column("report", String, comment="JSON: what was written and what was lost"),
    Column("error", String),
    account(),
    Column("created_at", Time, nullable=False),
    Column("finished_at", Time),
    Index(None, "snapshot_id"),
    Index(None, "account_id"),
    one_of("state", ExportState),
    sqlite_autoincrement=True,
)
