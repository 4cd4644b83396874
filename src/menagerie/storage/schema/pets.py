"""Pets: animals that somebody keeps, with their pictures and what was said of them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from menagerie.storage.schema.columns import (
    Id,
    String,
    Time,
    account,
    metadata,
    one_of,
    words_column,
)
from menagerie.storage.schema.kinds import Species

pets = Table(
    "pets",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("code", String, nullable=False, unique=True, comment="public id, ten characters"),
    account(nullable=False),
    Column("on_behalf_of", String),
    Column("name", String),
    Column("species", String),
    Column("breed_id", Id, ForeignKey("breeds.id")),
    Column("description", String),
    Column("microchip", String),
    Column("date_of_birth", String, comment="YYYY-MM-DD"),
    Column("country", String),
    Column("sex", String),
    Column("neuter_status", String),
    Column("external_owner", String, comment="the caller's own name for whoever owns it"),
    Column("removed_at", Time),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "account_id"),
    one_of("species", Species),
    sqlite_autoincrement=True,
)

pet_images = Table(
    "pet_images",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("code", String, nullable=False, unique=True, comment="public id, ten characters"),
    Column("pet_id", Id, ForeignKey("pets.id"), nullable=False),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False, unique=True),
    Column("pose", String),
    Column("age_months", Integer, comment="of the animal in the picture"),
    Column("description", String),
    Column("style", String, comment="of a portrait; null: a photograph"),
    Column("created_at", Time, nullable=False),
    Index(None, "pet_id"),
    sqlite_autoincrement=True,
)

pet_analyses = Table(
    "pet_analyses",
    metadata,
    Column("pet_id", Id, ForeignKey("pets.id"), primary_key=True),
    Column("kind", String, primary_key=True, comment="body_condition age muscle weight genealogy"),
    Column("result", String, nullable=False, comment="JSON"),
    Column("photo_id", Id, nullable=False, comment="the newest pet_images.id it looked at"),
    Column("photo_count", Integer, nullable=False),
    words_column("model", "what said so"),
    Column("created_at", Time, nullable=False),
)

analyst_usage = Table(
    "analyst_usage",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("month", String, primary_key=True, comment="YYYY-MM, UTC"),
    Column("requests", Integer, nullable=False),
)
