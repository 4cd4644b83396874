"""Breeds, texts, laws, pets, recognition, and what programs keep."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
String = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "laws",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("code", String, nullable=False, comment="of ours, such as dk-dog-act"),
        sa.Column("country_code", String, nullable=False, comment="ISO 3166-1 alpha-2"),
        sa.Column("country_name", String, nullable=False),
        sa.Column("level", String, nullable=False, comment="national state city canton regional"),
        sa.Column("jurisdiction", String, nullable=True, comment="null: the whole country"),
        sa.Column("name", String, nullable=False),
        sa.Column(
            "kind",
            String,
            nullable=False,
            comment="breed_specific characteristic_based behavior_based hybrid",
        ),
        sa.Column(
            "approach", String, nullable=False, comment="ban restriction permit approved_list"
        ),
        sa.Column("status", String, nullable=False, comment="active repealed"),
        sa.Column("species", String, nullable=False),
        sa.Column("summary", String, nullable=False),
        sa.Column("characteristics", String, server_default=sa.text("''"), nullable=False),
        sa.Column("effective_date", String, nullable=True, comment="YYYY-MM-DD"),
        sa.Column("source_url", String, nullable=False),
        sa.Column("checked_on", String, nullable=False, comment="YYYY-MM-DD, when we read it"),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("species IN ('dog', 'cat')", name=op.f("ck_laws_species")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laws")),
        sa.UniqueConstraint("code", name=op.f("uq_laws_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_laws_country_code"), "laws", ["country_code"], unique=False)
    op.create_table(
        "translations",
        sa.Column("subject", String, nullable=False, comment="breed:115, text:a1B2…, group:Toy"),
        sa.Column("field", String, nullable=False, comment="name, title, text, temperament, …"),
        sa.Column("language", String, nullable=False, comment="two lower-case letters"),
        sa.Column("text", String, nullable=False),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "field", "language", name=op.f("pk_translations")),
    )
    op.create_table(
        "analyst_usage",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("month", String, nullable=False, comment="YYYY-MM, UTC"),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_analyst_usage_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_analyst_usage")),
    )
    op.create_table(
        "categories",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("species", String, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("species IN ('dog', 'cat')", name=op.f("ck_categories_species")),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_categories_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_categories_name", "categories", ["species", "name"], unique=True)
    op.create_table(
        "upload_months",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("month", String, nullable=False, comment="YYYY-MM, UTC"),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_upload_months_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_upload_months")),
    )
    op.create_table(
        "app_favourites",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("on_behalf_of", String, nullable=True),
        sa.Column("image_ref", String, nullable=False, comment="as sent; need not exist"),
        sa.Column("image_id", Id, nullable=True, comment="when it was one they may see"),
        sa.Column("country_code", String, nullable=True),
        sa.Column("address", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "claim",
            String,
            nullable=True,
            comment="account, image_ref and on_behalf_of as JSON, once only; null: deleted",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_app_favourites_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_app_favourites_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_favourites")),
        sa.UniqueConstraint("claim", name=op.f("uq_app_favourites_claim")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_app_favourites_account_id_id"),
        "app_favourites",
        ["account_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_app_favourites_image_id"), "app_favourites", ["image_id"], unique=False
    )
    op.create_table(
        "app_votes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("on_behalf_of", String, nullable=True),
        sa.Column("image_ref", String, nullable=False, comment="as sent; need not exist"),
        sa.Column("image_id", Id, nullable=True, comment="when it was one the voter may see"),
        sa.Column("value", sa.Float(), nullable=False, comment="any finite number"),
        sa.Column("country_code", String, nullable=True),
        sa.Column("address", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_app_votes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_app_votes_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_votes")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_app_votes_account_id_id"), "app_votes", ["account_id", "id"], unique=False
    )
    op.create_index(op.f("ix_app_votes_image_id"), "app_votes", ["image_id"], unique=False)
    op.create_table(
        "breeds",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("code", String, nullable=False, comment="public id: 115 or abys"),
        sa.Column("species", String, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("breed_group", String, nullable=True),
        sa.Column("weight_min_kg", sa.Float(), nullable=True),
        sa.Column("weight_max_kg", sa.Float(), nullable=True),
        sa.Column("height_min_cm", sa.Float(), nullable=True, comment="at the shoulder"),
        sa.Column("height_max_cm", sa.Float(), nullable=True),
        sa.Column("life_min_years", sa.Float(), nullable=True),
        sa.Column("life_max_years", sa.Float(), nullable=True),
        sa.Column(
            "temperament",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="adjectives, separated by comma and space",
        ),
        sa.Column(
            "origin",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="names of countries, separated by comma and space",
        ),
        sa.Column(
            "country_codes",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="ISO 3166-1 alpha-2, separated by comma and space",
        ),
        sa.Column("bred_for", String, server_default=sa.text("''"), nullable=False),
        sa.Column("perfect_for", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "alt_names",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="separated by comma and space",
        ),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("history", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "wikipedia",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="title of the article in English",
        ),
        sa.Column("is_extinct", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "traits",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON object of small numbers by name; empty: unknown",
        ),
        sa.Column("tag_id", Id, nullable=True, comment="the tag on its pictures"),
        sa.Column("reference_image_id", Id, nullable=True, comment="null: picked by itself"),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("species IN ('dog', 'cat')", name=op.f("ck_breeds_species")),
        sa.ForeignKeyConstraint(
            ["reference_image_id"], ["images.id"], name=op.f("fk_breeds_reference_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_breeds_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breeds")),
        sa.UniqueConstraint("code", name=op.f("uq_breeds_code")),
        sa.UniqueConstraint("tag_id", name=op.f("uq_breeds_tag_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_breeds_species_name"), "breeds", ["species", "name"], unique=False)
    op.create_table(
        "image_vectors",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column(
            "code", sa.LargeBinary(), nullable=False, comment="the compact form kept in memory"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_vectors_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_vectors")),
        sa.UniqueConstraint("image_id", name=op.f("uq_image_vectors_image_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "public_requests",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="random UUID"),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("state", String, nullable=False),
        sa.Column("request_message", String, server_default=sa.text("''"), nullable=False),
        sa.Column("admin_message", String, server_default=sa.text("''"), nullable=False),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'denied', 'cancelled')",
            name=op.f("ck_public_requests_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_public_requests_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["accounts.id"],
            name=op.f("fk_public_requests_decided_by_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_public_requests_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_public_requests_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_public_requests_account_id"), "public_requests", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_public_requests_state_id"), "public_requests", ["state", "id"], unique=False
    )
    op.create_index(
        "uq_public_requests_pending",
        "public_requests",
        ["image_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "recognitions",
        sa.Column("image_id", Id, nullable=False),
        sa.Column(
            "unsafe_probability", sa.Float(), nullable=True, comment="0 to 1; null: not judged"
        ),
        sa.Column(
            "unsafe_reasons",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="separated by comma; empty: safe",
        ),
        sa.Column(
            "subjects",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON: [[name, probability], …], likeliest first",
        ),
        sa.Column(
            "breeds",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON: [[ImageNet class, probability], …], likeliest first",
        ),
        sa.Column("classified_at", sa.BigInteger(), nullable=True, comment="null: not yet"),
        sa.Column(
            "model",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="which models said so",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_recognitions_image_id_images")
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_recognitions")),
    )
    op.create_index(
        op.f("ix_recognitions_classified_at"), "recognitions", ["classified_at"], unique=False
    )
    op.create_table(
        "vector_details",
        sa.Column("image_id", Id, nullable=False),
        sa.Column("model", String, nullable=False),
        sa.Column(
            "vector",
            sa.LargeBinary(),
            nullable=False,
            comment="float16, little endian, of length 1",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_vector_details_image_id_images")
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_vector_details")),
    )
    op.create_table(
        "animal_texts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("code", String, nullable=False, comment="public id, ten characters"),
        sa.Column("kind", String, nullable=False),
        sa.Column("species", String, nullable=False),
        sa.Column("breed_id", Id, nullable=True),
        sa.Column(
            "category",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="of a health tip",
        ),
        sa.Column("title", String, nullable=False, comment="in English"),
        sa.Column("slug", String, nullable=False),
        sa.Column("text", String, nullable=False, comment="in English"),
        sa.Column(
            "sources",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="addresses, one a line",
        ),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('fact', 'health_tip')", name=op.f("ck_animal_texts_kind")),
        sa.CheckConstraint("species IN ('dog', 'cat')", name=op.f("ck_animal_texts_species")),
        sa.ForeignKeyConstraint(
            ["breed_id"], ["breeds.id"], name=op.f("fk_animal_texts_breed_id_breeds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_animal_texts")),
        sa.UniqueConstraint("code", name=op.f("uq_animal_texts_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_animal_texts_breed_id"), "animal_texts", ["breed_id"], unique=False)
    op.create_index(
        "uq_animal_texts_slug", "animal_texts", ["kind", "species", "slug"], unique=True
    )
    op.create_table(
        "law_breeds",
        sa.Column("law_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.Column("breed_id", Id, nullable=True),
        sa.Column("name", String, nullable=False, comment="as the law calls it"),
        sa.Column(
            "ban_type",
            String,
            nullable=False,
            comment="complete_ban import_ban breeding_ban restricted permit_required",
        ),
        sa.Column("includes_mixes", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["breed_id"], ["breeds.id"], name=op.f("fk_law_breeds_breed_id_breeds")
        ),
        sa.ForeignKeyConstraint(["law_id"], ["laws.id"], name=op.f("fk_law_breeds_law_id_laws")),
        sa.PrimaryKeyConstraint("law_id", "position", name=op.f("pk_law_breeds")),
    )
    op.create_index(op.f("ix_law_breeds_breed_id"), "law_breeds", ["breed_id"], unique=False)
    op.create_table(
        "pets",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("code", String, nullable=False, comment="public id, ten characters"),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("on_behalf_of", String, nullable=True),
        sa.Column("name", String, nullable=True),
        sa.Column("species", String, nullable=True),
        sa.Column("breed_id", Id, nullable=True),
        sa.Column("description", String, nullable=True),
        sa.Column("microchip", String, nullable=True),
        sa.Column("date_of_birth", String, nullable=True, comment="YYYY-MM-DD"),
        sa.Column("country", String, nullable=True),
        sa.Column("sex", String, nullable=True),
        sa.Column("neuter_status", String, nullable=True),
        sa.Column(
            "external_owner",
            String,
            nullable=True,
            comment="the caller's own name for whoever owns it",
        ),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("species IN ('dog', 'cat')", name=op.f("ck_pets_species")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_pets_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["breed_id"], ["breeds.id"], name=op.f("fk_pets_breed_id_breeds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pets")),
        sa.UniqueConstraint("code", name=op.f("uq_pets_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pets_account_id"), "pets", ["account_id"], unique=False)
    op.create_table(
        "pet_analyses",
        sa.Column("pet_id", Id, nullable=False),
        sa.Column(
            "kind", String, nullable=False, comment="body_condition age muscle weight genealogy"
        ),
        sa.Column("result", String, nullable=False, comment="JSON"),
        sa.Column("photo_id", Id, nullable=False, comment="the newest pet_images.id it looked at"),
        sa.Column("photo_count", sa.Integer(), nullable=False),
        sa.Column(
            "model", String, server_default=sa.text("''"), nullable=False, comment="what said so"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pet_id"], ["pets.id"], name=op.f("fk_pet_analyses_pet_id_pets")),
        sa.PrimaryKeyConstraint("pet_id", "kind", name=op.f("pk_pet_analyses")),
    )
    op.create_table(
        "pet_images",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("code", String, nullable=False, comment="public id, ten characters"),
        sa.Column("pet_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("pose", String, nullable=True),
        sa.Column(
            "age_months", sa.Integer(), nullable=True, comment="of the animal in the picture"
        ),
        sa.Column("description", String, nullable=True),
        sa.Column("style", String, nullable=True, comment="of a portrait; null: a photograph"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_pet_images_image_id_images")
        ),
        sa.ForeignKeyConstraint(["pet_id"], ["pets.id"], name=op.f("fk_pet_images_pet_id_pets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pet_images")),
        sa.UniqueConstraint("code", name=op.f("uq_pet_images_code")),
        sa.UniqueConstraint("image_id", name=op.f("uq_pet_images_image_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pet_images_pet_id"), "pet_images", ["pet_id"], unique=False)
    op.add_column(
        "accounts",
        sa.Column(
            "monthly_quota",
            sa.Integer(),
            nullable=True,
            comment="uploads a month; null: the setting's value",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "withheld_features",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="of programs' features, separated by comma",
        ),
    )
    op.create_index(
        "ix_labels_suggested",
        "labels",
        ["tag_id", "image_id", "confidence"],
        unique=False,
        sqlite_where=sa.text("state = 'suggested'"),
        postgresql_where=sa.text("state = 'suggested'"),
    )
