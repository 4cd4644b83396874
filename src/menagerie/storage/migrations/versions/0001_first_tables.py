"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
String = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("name_key", String, nullable=False, comment="the name in lower case"),
        sa.Column("email", String, nullable=True),
        sa.Column(
            "password_hash",
            String,
            nullable=True,
            comment="argon2; null: cannot log in by password",
        ),
        sa.Column(
            "recovery_hash", String, nullable=True, comment="SHA-256 hex of the recovery code"
        ),
        sa.Column("role", String, server_default=sa.text("'user'"), nullable=False),
        sa.Column("is_role_hidden", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "is_verified",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="needs no review",
        ),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "filter_id",
            Id,
            nullable=True,
            comment="the filter in force; null: the system filter Default",
        ),
        sa.Column("watched_query", String, server_default=sa.text("''"), nullable=False),
        sa.Column("watched_exclude_query", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "watched_without_spoilered", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column(
            "upload_quota_bytes",
            sa.BigInteger(),
            nullable=True,
            comment="null: the setting's value",
        ),
        sa.Column("uploaded_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "upload_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="public uploads under the account's own name",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('anonymous', 'user', 'assistant', 'moderator', 'admin')",
            name=op.f("ck_accounts_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name_key", name=op.f("uq_accounts_name_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "blobs",
        sa.Column("sha512", String, nullable=False, comment="of the bytes as uploaded, hex"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", String, nullable=False, comment="file extension of the original"),
        sa.Column(
            "image_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="images that share it; 0: the sweeper may take it",
        ),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha512", name=op.f("pk_blobs")),
    )
    op.create_index(
        op.f("ix_blobs_touched_at"),
        "blobs",
        ["touched_at"],
        unique=False,
        sqlite_where=sa.text("image_count = 0"),
        postgresql_where=sa.text("image_count = 0"),
    )
    op.create_table(
        "changes",
        sa.Column("seq", Id, autoincrement=True, nullable=False, comment="in the order of commits"),
        sa.Column("kind", String, nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "facts",
        sa.Column("name", String, nullable=False),
        sa.Column("value", String, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
        comment="what this library is: id (UUID), epoch (a number), secret (hex), created_at",
    )
    op.create_table(
        "jobs",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", String, nullable=False),
        sa.Column(
            "payload", String, nullable=False, comment="JSON object: the function's arguments"
        ),
        sa.Column("run_after", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_by", String, nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("error", String, nullable=True, comment="of the last attempt"),
        sa.Column(
            "failed_at", sa.BigInteger(), nullable=True, comment="set: given up, needs a person"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        op.f("ix_jobs_failed_at_run_after"), "jobs", ["failed_at", "run_after"], unique=False
    )
    op.create_table(
        "tags",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("slug", String, nullable=False),
        sa.Column("namespace", String, nullable=True),
        sa.Column("name_in_namespace", String, nullable=False),
        sa.Column("category", String, nullable=True),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("short_description", String, nullable=True),
        sa.Column("spoiler_image", String, nullable=True, comment="blob name"),
        sa.Column("aliased_to_id", Id, nullable=True),
        sa.Column(
            "image_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="searchable images with this label asserted",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["aliased_to_id"], ["tags.id"], name=op.f("fk_tags_aliased_to_id_tags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_tags_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_tags_slug")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tags_aliased_to_id"), "tags", ["aliased_to_id"], unique=False)
    op.create_index(op.f("ix_tags_image_count"), "tags", ["image_count"], unique=False)
    op.create_index(op.f("ix_tags_name_in_namespace"), "tags", ["name_in_namespace"], unique=False)
    op.create_table(
        "text_terms",
        sa.Column("field", String, nullable=False, comment="image.description and the like"),
        sa.Column("term", String, nullable=False, comment="a stem"),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column(
            "positions",
            String,
            nullable=False,
            comment="of the word in the text, ascending, spaced",
        ),
        sa.PrimaryKeyConstraint("field", "term", "subject_id", name=op.f("pk_text_terms")),
        comment="an inverted index, so that both databases answer word searches alike",
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_text_terms_field_subject_id"), "text_terms", ["field", "subject_id"], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("hash", String, nullable=False, comment="SHA-256 hex of the key"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True, comment="to the minute"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "bans",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("network", String, nullable=True, comment="an address or CIDR range"),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True, comment="null: for good"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_bans_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_bans_created_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bans")),
    )
    op.create_index(op.f("ix_bans_account_id"), "bans", ["account_id"], unique=False)
    op.create_table(
        "filters",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("name", String, nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "hidden_query",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="image queries, one a line, ORed",
        ),
        sa.Column(
            "spoilered_query",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="image queries, one a line, ORed",
        ),
        sa.Column(
            "user_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="accounts that have it in force",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_filters_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filters")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_filters_owned_name", "filters", ["account_id", "name"], unique=True)
    op.create_table(
        "images",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="random UUID"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("on_behalf_of", String, nullable=True),
        sa.Column("address", String, nullable=True, comment="of whoever put it in"),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("audience", String, nullable=False),
        sa.Column("review", String, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("removal_reason", String, nullable=True),
        sa.Column("removed_by_id", Id, nullable=True),
        sa.Column("is_deleted_by_owner", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("merged_into_id", Id, nullable=True),
        sa.Column("sha512", String, nullable=False, comment="as uploaded"),
        sa.Column(
            "claims_hash",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="public and not deleted by its owner: nobody may upload the same again",
        ),
        sa.Column(
            "shows_hash",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="false: staff took the original's hash away",
        ),
        sa.Column("full_sha512", String, nullable=False, comment="of the published file"),
        sa.Column(
            "name",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="file name as uploaded",
        ),
        sa.Column("format", String, nullable=False, comment="gif jpg png svg webm webp avif"),
        sa.Column("media_type", String, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False, comment="px, upright"),
        sa.Column("height", sa.Integer(), nullable=False, comment="px, upright"),
        sa.Column("original_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="of the published file"),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("is_animated", sa.Boolean(), nullable=False),
        sa.Column("has_alpha", sa.Boolean(), nullable=False),
        sa.Column("average_color", String, nullable=False, comment="#rrggbb"),
        sa.Column(
            "nw", sa.Float(), nullable=True, comment="quadrant luma, 0 to 255 and a little more"
        ),
        sa.Column("ne", sa.Float(), nullable=True),
        sa.Column("sw", sa.Float(), nullable=True),
        sa.Column("se", sa.Float(), nullable=True),
        sa.Column(
            "perceptual_hash", sa.BigInteger(), nullable=True, comment="64 bits, as a signed number"
        ),
        sa.Column("has_representations", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_optimised", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "licence",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="SPDX name or empty",
        ),
        sa.Column("upvotes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("downvotes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "score",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="upvotes minus downvotes",
        ),
        sa.Column("faves", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hides", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("comment_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("source_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "tag_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="asserted labels",
        ),
        sa.Column("scratchpad", String, server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("audience IN ('public', 'private')", name=op.f("ck_images_audience")),
        sa.CheckConstraint(
            "review IN ('pending', 'approved', 'rejected', 'quarantined')",
            name=op.f("ck_images_review"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_images_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["images.id"], name=op.f("fk_images_merged_into_id_images")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["accounts.id"], name=op.f("fk_images_removed_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["sha512"], ["blobs.sha512"], name=op.f("fk_images_sha512_blobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("key", name=op.f("uq_images_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_images_account_id"), "images", ["account_id"], unique=False)
    op.create_index(op.f("ix_images_full_sha512"), "images", ["full_sha512"], unique=False)
    op.create_index(op.f("ix_images_merged_into_id"), "images", ["merged_into_id"], unique=False)
    op.create_index(
        op.f("ix_images_review"),
        "images",
        ["review"],
        unique=False,
        sqlite_where=sa.text("review <> 'approved'"),
        postgresql_where=sa.text("review <> 'approved'"),
    )
    op.create_index(op.f("ix_images_sha512"), "images", ["sha512"], unique=False)
    op.create_index(
        "uq_images_claimed_hash",
        "images",
        ["sha512"],
        unique=True,
        sqlite_where=sa.text("claims_hash"),
        postgresql_where=sa.text("claims_hash"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("hash", String, nullable=False, comment="SHA-256 hex of the code"),
        sa.Column("created_by_id", Id, nullable=True),
        sa.Column("used_by_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts.id"], name=op.f("fk_invitations_created_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["used_by_id"], ["accounts.id"], name=op.f("fk_invitations_used_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("hash", name=op.f("uq_invitations_hash")),
    )
    op.create_table(
        "moderation_log",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("action", String, nullable=False),
        sa.Column("subject_kind", String, nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("details", String, server_default=sa.text("''"), nullable=False, comment="JSON"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_moderation_log_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_log")),
    )
    op.create_index(
        op.f("ix_moderation_log_subject_kind_subject_id"),
        "moderation_log",
        ["subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "password_resets",
        sa.Column("hash", String, nullable=False, comment="SHA-256 hex of the token"),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_password_resets_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_password_resets")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("hash", String, nullable=False, comment="SHA-256 hex of the cookie"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False, comment="to the minute"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", String, server_default=sa.text("''"), nullable=False),
        sa.Column("user_agent", String, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("hash", name=op.f("uq_sessions_hash")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.create_table(
        "tag_implications",
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("implied_tag_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["implied_tag_id"], ["tags.id"], name=op.f("fk_tag_implications_implied_tag_id_tags")
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_tag_implications_tag_id_tags")
        ),
        sa.PrimaryKeyConstraint("tag_id", "implied_tag_id", name=op.f("pk_tag_implications")),
    )
    op.create_index(
        op.f("ix_tag_implications_implied_tag_id"),
        "tag_implications",
        ["implied_tag_id"],
        unique=False,
    )
    op.create_table(
        "watched_tags",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_watched_tags_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_watched_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("account_id", "tag_id", name=op.f("pk_watched_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_watched_tags_tag_id"), "watched_tags", ["tag_id"], unique=False)
    op.create_table(
        "faves",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_faves_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_faves_image_id_images")),
        sa.PrimaryKeyConstraint("account_id", "image_id", name=op.f("pk_faves")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_faves_image_id"), "faves", ["image_id"], unique=False)
    op.create_table(
        "features",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_features_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_features_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_features")),
    )
    op.create_index(op.f("ix_features_image_id"), "features", ["image_id"], unique=False)
    op.create_table(
        "filter_tags",
        sa.Column("filter_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("effect", String, nullable=False),
        sa.CheckConstraint("effect IN ('hide', 'spoiler')", name=op.f("ck_filter_tags_effect")),
        sa.ForeignKeyConstraint(
            ["filter_id"], ["filters.id"], name=op.f("fk_filter_tags_filter_id_filters")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_filter_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("filter_id", "tag_id", "effect", name=op.f("pk_filter_tags")),
    )
    op.create_index(op.f("ix_filter_tags_tag_id"), "filter_tags", ["tag_id"], unique=False)
    op.create_table(
        "galleries",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("title", String, nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("spoiler_warning", String, server_default=sa.text("''"), nullable=False),
        sa.Column("thumbnail_id", Id, nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("image_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_galleries_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["thumbnail_id"], ["images.id"], name=op.f("fk_galleries_thumbnail_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_galleries_account_id"), "galleries", ["account_id"], unique=False)
    op.create_table(
        "hides",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_hides_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_hides_image_id_images")),
        sa.PrimaryKeyConstraint("account_id", "image_id", name=op.f("pk_hides")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_hides_image_id"), "hides", ["image_id"], unique=False)
    op.create_table(
        "image_sources",
        sa.Column("image_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.Column("url", String, nullable=False),
        sa.Column("url_key", String, nullable=False, comment="in lower case, for search"),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_sources_image_id_images")
        ),
        sa.PrimaryKeyConstraint("image_id", "position", name=op.f("pk_image_sources")),
    )
    op.create_index(op.f("ix_image_sources_url_key"), "image_sources", ["url_key"], unique=False)
    op.create_table(
        "image_subscriptions",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_image_subscriptions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_subscriptions_image_id_images")
        ),
        sa.PrimaryKeyConstraint("account_id", "image_id", name=op.f("pk_image_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_image_subscriptions_image_id"), "image_subscriptions", ["image_id"], unique=False
    )
    op.create_table(
        "labels",
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("origin", String, nullable=False),
        sa.Column("state", String, nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True, comment="0 to 1, of a model"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('person', 'implied', 'import', 'model')", name=op.f("ck_labels_origin")
        ),
        sa.CheckConstraint(
            "state IN ('asserted', 'suggested', 'removed')", name=op.f("ck_labels_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_labels_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_labels_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_labels_tag_id_tags")),
        sa.PrimaryKeyConstraint("image_id", "tag_id", name=op.f("pk_labels")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_labels_tag_id_state_image_id"),
        "labels",
        ["tag_id", "state", "image_id"],
        unique=False,
    )
    op.create_table(
        "source_changes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("url", String, nullable=False),
        sa.Column("is_added", sa.Boolean(), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("address", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_source_changes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_source_changes_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_changes")),
    )
    op.create_index(
        op.f("ix_source_changes_image_id"), "source_changes", ["image_id"], unique=False
    )
    op.create_table(
        "tag_changes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("tag_name", String, nullable=False, comment="as it was called then"),
        sa.Column("is_added", sa.Boolean(), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("address", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tag_changes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_tag_changes_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_tag_changes_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_changes")),
    )
    op.create_index(
        op.f("ix_tag_changes_account_id_created_at"),
        "tag_changes",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_index(op.f("ix_tag_changes_image_id"), "tag_changes", ["image_id"], unique=False)
    op.create_table(
        "votes",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False, comment="1 up, -1 down"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("value IN (1, -1)", name=op.f("ck_votes_value")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_votes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_votes_image_id_images")),
        sa.PrimaryKeyConstraint("account_id", "image_id", name=op.f("pk_votes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_votes_image_id"), "votes", ["image_id"], unique=False)
    op.create_table(
        "gallery_images",
        sa.Column("gallery_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_gallery_images_gallery_id_galleries")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_gallery_images_image_id_images")
        ),
        sa.PrimaryKeyConstraint("gallery_id", "image_id", name=op.f("pk_gallery_images")),
    )
    op.create_index(
        op.f("ix_gallery_images_image_id"), "gallery_images", ["image_id"], unique=False
    )
