"""Comments, forums, messages, notifications, badges, duplicates, and the feed of events."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
String = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "badges",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("title", String, nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("image", String, nullable=True, comment="blob name"),
        sa.Column("is_retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badges")),
        sa.UniqueConstraint("title", name=op.f("uq_badges_title")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("seq", Id, autoincrement=True, nullable=False, comment="in the order of commits"),
        sa.Column("kind", String, nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=True, comment="of a merge: the target"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        comment="what the live feed tells; kept for a day",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "forums",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("short_name", String, nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("access", String, server_default=sa.text("'normal'"), nullable=False),
        sa.Column(
            "topic_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="topics that are not hidden",
        ),
        sa.Column(
            "post_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="posts of those topics, hidden ones too",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "access IN ('normal', 'assistant', 'staff')", name=op.f("ck_forums_access")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forums")),
        sa.UniqueConstraint("name", name=op.f("uq_forums_name")),
        sa.UniqueConstraint("short_name", name=op.f("uq_forums_short_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "text_blocks",
        sa.Column("field", String, nullable=False, comment="comment.body and the like"),
        sa.Column("stem", String, nullable=False),
        sa.Column("block", Id, nullable=False, comment="1,024 subjects: subject id >> 10"),
        sa.Column(
            "places",
            sa.LargeBinary(),
            nullable=False,
            comment="uint32, little-endian, ascending: (subject id & 1023) << 22 | position",
        ),
        sa.PrimaryKeyConstraint("field", "stem", "block", name=op.f("pk_text_blocks")),
        comment="an inverted index of what there are millions of, packed by blocks",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "text_stems",
        sa.Column("field", String, nullable=False),
        sa.Column("stem", String, nullable=False),
        sa.PrimaryKeyConstraint("field", "stem", name=op.f("pk_text_stems")),
        comment="every stem in text_blocks, and some that were",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "text_subjects",
        sa.Column("field", String, nullable=False),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("stems", String, nullable=False, comment="those it has in text_blocks, spaced"),
        sa.PrimaryKeyConstraint("field", "subject_id", name=op.f("pk_text_subjects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "awards",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("badge_id", Id, nullable=False),
        sa.Column(
            "label",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="shown instead of the badge's title",
        ),
        sa.Column(
            "reason", String, server_default=sa.text("''"), nullable=False, comment="for staff"
        ),
        sa.Column("awarded_by_id", Id, nullable=True),
        sa.Column("awarded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_awards_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["awarded_by_id"], ["accounts.id"], name=op.f("fk_awards_awarded_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["badge_id"], ["badges.id"], name=op.f("fk_awards_badge_id_badges")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_awards_account_id"), "awards", ["account_id"], unique=False)
    op.create_index(op.f("ix_awards_badge_id"), "awards", ["badge_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("kind", String, nullable=False, comment="of what waits for a decision"),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column(
            "claimed_at",
            sa.BigInteger(),
            nullable=False,
            comment="it counts for an hour from then on",
        ),
        sa.CheckConstraint(
            "kind IN ('report', 'upload', 'donation', 'public_request', 'duplicate', "
            "'comment', 'post', 'link', 'dnp')",
            name=op.f("ck_claims_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_claims_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_claims")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="random; in addresses"),
        sa.Column("title", String, nullable=False),
        sa.Column("from_id", Id, nullable=False),
        sa.Column("to_id", Id, nullable=False),
        sa.Column("is_read_by_from", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_read_by_to", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_put_away_by_from", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_put_away_by_to", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("message_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_message_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["accounts.id"], name=op.f("fk_conversations_from_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["accounts.id"], name=op.f("fk_conversations_to_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("key", name=op.f("uq_conversations_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_conversations_from_id_last_message_at"),
        "conversations",
        ["from_id", "last_message_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_to_id_last_message_at"),
        "conversations",
        ["to_id", "last_message_at"],
        unique=False,
    )
    op.create_table(
        "dnp_entries",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("type", String, nullable=False),
        sa.Column("conditions", String, server_default=sa.text("''"), nullable=False),
        sa.Column("reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("hides_reason", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "feedback",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="of whoever asked, to staff",
        ),
        sa.Column("state", String, nullable=False),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'claimed', 'listed', 'acknowledged', 'rescinded', 'closed')",
            name=op.f("ck_dnp_entries_state"),
        ),
        sa.CheckConstraint(
            "type IN ('No Edits', 'Artist Tag Change', 'Uploader Credit Change', "
            "'Certain Type/Location Only', 'With Permission Only', "
            "'Artist Upload Only', 'Other')",
            name=op.f("ck_dnp_entries_type"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_dnp_entries_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_dnp_entries_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_dnp_entries_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dnp_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_dnp_entries_account_id"), "dnp_entries", ["account_id"], unique=False)
    op.create_index(op.f("ix_dnp_entries_state"), "dnp_entries", ["state"], unique=False)
    op.create_index(op.f("ix_dnp_entries_tag_id"), "dnp_entries", ["tag_id"], unique=False)
    op.create_table(
        "forum_subscriptions",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("forum_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_forum_subscriptions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["forum_id"], ["forums.id"], name=op.f("fk_forum_subscriptions_forum_id_forums")
        ),
        sa.PrimaryKeyConstraint("account_id", "forum_id", name=op.f("pk_forum_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_forum_subscriptions_forum_id"), "forum_subscriptions", ["forum_id"], unique=False
    )
    op.create_table(
        "notifications",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("kind", String, nullable=False),
        sa.Column("subject_id", Id, nullable=False, comment="what it happened to; see NewsKind"),
        sa.Column(
            "other_id", Id, nullable=True, comment="the newest thing that happened; see NewsKind"
        ),
        sa.Column(
            "count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="things that happened since it was last read",
        ),
        sa.Column(
            "created_at", sa.BigInteger(), nullable=False, comment="of the first that is unread"
        ),
        sa.Column("updated_at", sa.BigInteger(), nullable=False, comment="of the newest"),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('comment', 'post', 'topic', 'gallery', 'merge', "
            "'comment_mention', 'post_mention', 'award', 'link', 'dnp')",
            name=op.f("ck_notifications_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["account_id", "updated_at"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "uq_notifications_subject",
        "notifications",
        ["account_id", "kind", "subject_id"],
        unique=True,
    )
    op.create_table(
        "profile_links",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=True, comment="the artist's own tag"),
        sa.Column("url", String, nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("state", String, nullable=False),
        sa.Column("code", String, nullable=False, comment="to be shown at the address, as a proof"),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('unverified', 'link_verified', 'contacted', 'verified', 'rejected')",
            name=op.f("ck_profile_links_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_profile_links_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_profile_links_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_profile_links_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_links")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_profile_links_state"), "profile_links", ["state"], unique=False)
    op.create_index(op.f("ix_profile_links_tag_id"), "profile_links", ["tag_id"], unique=False)
    op.create_index("uq_profile_links_url", "profile_links", ["account_id", "url"], unique=True)
    op.create_table(
        "saved_searches",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", String, nullable=False),
        sa.Column("query", String, nullable=False),
        sa.Column(
            "sort",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="as in addresses; empty: newest first",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_saved_searches_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_saved_searches_name", "saved_searches", ["account_id", "name"], unique=True)
    op.create_table(
        "second_factors",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("secret", String, nullable=False, comment="base32, of one-time codes by time"),
        sa.Column(
            "confirmed_at",
            sa.BigInteger(),
            nullable=True,
            comment="null: set up but not yet asked for",
        ),
        sa.Column(
            "last_step",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="used up",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "site_notices",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("title", String, nullable=False),
        sa.Column("body", String, server_default=sa.text("''"), nullable=False),
        sa.Column("link", String, server_default=sa.text("''"), nullable=False),
        sa.Column("link_text", String, server_default=sa.text("''"), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "until_at", sa.BigInteger(), nullable=True, comment="null: until it is taken down"
        ),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_site_notices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_notices")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "spare_codes",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("hash", String, nullable=False, comment="SHA-256 hex of the code"),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_spare_codes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "hash", name=op.f("pk_spare_codes")),
    )
    op.create_table(
        "text_revisions",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", String, nullable=False, comment="of what was changed"),
        sa.Column("subject_id", Id, nullable=False),
        sa.Column("body", String, nullable=False, comment="as it stood before the change"),
        sa.Column(
            "reason", String, server_default=sa.text("''"), nullable=False, comment="of the change"
        ),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="of the change"),
        sa.CheckConstraint(
            "kind IN ('comment', 'post', 'description', 'tag')", name=op.f("ck_text_revisions_kind")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_text_revisions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_revisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_text_revisions_account_id"), "text_revisions", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_text_revisions_kind_subject_id_id"),
        "text_revisions",
        ["kind", "subject_id", "id"],
        unique=False,
    )
    op.create_table(
        "topics",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("forum_id", Id, nullable=False),
        sa.Column("slug", String, nullable=False),
        sa.Column("title", String, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "pseudonym",
            String,
            nullable=False,
            comment="four hex digits: the same for one person in one thread",
        ),
        sa.Column("address", String, nullable=True),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.Column("hidden_by_id", Id, nullable=True),
        sa.Column("hide_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("is_sticky", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("locked_by_id", Id, nullable=True),
        sa.Column("lock_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "post_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="hidden ones too",
        ),
        sa.Column("view_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_replied_at", sa.BigInteger(), nullable=False),
        sa.Column("last_post_id", Id, nullable=True, comment="the newest one that is not hidden"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_topics_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["forum_id"], ["forums.id"], name=op.f("fk_topics_forum_id_forums")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["accounts.id"], name=op.f("fk_topics_hidden_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["locked_by_id"], ["accounts.id"], name=op.f("fk_topics_locked_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_topics_account_id_created_at"),
        "topics",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_topics_forum_id_is_sticky_last_replied_at"),
        "topics",
        ["forum_id", "is_sticky", "last_replied_at"],
        unique=False,
    )
    op.create_index("uq_topics_slug", "topics", ["forum_id", "slug"], unique=True)
    op.create_table(
        "comments",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "pseudonym",
            String,
            nullable=False,
            comment="four hex digits: the same for one person in one thread",
        ),
        sa.Column("address", String, nullable=True),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("body", String, nullable=False, comment="as written; empty once destroyed"),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("edit_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.Column("hidden_by_id", Id, nullable=True),
        sa.Column("hide_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "destroyed_at", sa.BigInteger(), nullable=True, comment="set: the text is gone for good"
        ),
        sa.Column(
            "is_approved",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="false: waits for a moderator, and only its author and they see it",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["accounts.id"], name=op.f("fk_comments_hidden_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_comments_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_comments_account_id_created_at"),
        "comments",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_index(op.f("ix_comments_image_id_id"), "comments", ["image_id", "id"], unique=False)
    op.create_index(
        "ix_comments_waiting",
        "comments",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_approved = false"),
        postgresql_where=sa.text("is_approved = false"),
    )
    op.create_table(
        "duplicates",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("of_id", Id, nullable=False, comment="the one to be kept"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column(
            "reason",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="empty when the library itself noticed",
        ),
        sa.Column(
            "likeness",
            sa.Float(),
            nullable=True,
            comment="0 to 1, of the library itself; null: a person's word",
        ),
        sa.Column("state", String, nullable=False),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'rejected')", name=op.f("ck_duplicates_state")
        ),
        sa.CheckConstraint("image_id <> of_id", name=op.f("ck_duplicates_two")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_duplicates_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_duplicates_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_duplicates_image_id_images")
        ),
        sa.ForeignKeyConstraint(["of_id"], ["images.id"], name=op.f("fk_duplicates_of_id_images")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicates")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_duplicates_of_id"), "duplicates", ["of_id"], unique=False)
    op.create_index(
        "ix_duplicates_open",
        "duplicates",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("uq_duplicates_pair", "duplicates", ["image_id", "of_id"], unique=True)
    op.create_table(
        "messages",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("body", String, server_default=sa.text("''"), nullable=False),
        sa.Column("address", String, nullable=True),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_messages_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_messages_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_messages_account_id_created_at"),
        "messages",
        ["account_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_messages_conversation_id_id"), "messages", ["conversation_id", "id"], unique=False
    )
    op.create_table(
        "polls",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("topic_id", Id, nullable=False),
        sa.Column("title", String, nullable=False),
        sa.Column("method", String, nullable=False),
        sa.Column(
            "until_at", sa.BigInteger(), nullable=False, comment="nobody may vote from then on"
        ),
        sa.Column(
            "vote_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="sum over the options",
        ),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.Column("hidden_by_id", Id, nullable=True),
        sa.Column("hide_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("method IN ('single', 'multiple')", name=op.f("ck_polls_method")),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["accounts.id"], name=op.f("fk_polls_hidden_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_polls_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
        sa.UniqueConstraint("topic_id", name=op.f("uq_polls_topic_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "posts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("topic_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in its topic; 0 is the first"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "pseudonym",
            String,
            nullable=False,
            comment="four hex digits: the same for one person in one thread",
        ),
        sa.Column("address", String, nullable=True),
        sa.Column("fingerprint", String, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("body", String, nullable=False, comment="as written; empty once destroyed"),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("edit_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column("hidden_at", sa.BigInteger(), nullable=True),
        sa.Column("hidden_by_id", Id, nullable=True),
        sa.Column("hide_reason", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "destroyed_at", sa.BigInteger(), nullable=True, comment="set: the text is gone for good"
        ),
        sa.Column(
            "is_approved",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="false: waits for a moderator, and only its author and they see it",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_posts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["accounts.id"], name=op.f("fk_posts_hidden_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_posts_topic_id_topics")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_posts_account_id_created_at"), "posts", ["account_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_posts_waiting",
        "posts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_approved = false"),
        postgresql_where=sa.text("is_approved = false"),
    )
    op.create_index("uq_posts_position", "posts", ["topic_id", "position"], unique=True)
    op.create_table(
        "topic_subscriptions",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("topic_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_topic_subscriptions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("fk_topic_subscriptions_topic_id_topics")
        ),
        sa.PrimaryKeyConstraint("account_id", "topic_id", name=op.f("pk_topic_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_topic_subscriptions_topic_id"), "topic_subscriptions", ["topic_id"], unique=False
    )
    op.create_table(
        "gallery_subscriptions",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("gallery_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_gallery_subscriptions_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["gallery_id"],
            ["galleries.id"],
            name=op.f("fk_gallery_subscriptions_gallery_id_galleries"),
        ),
        sa.PrimaryKeyConstraint("account_id", "gallery_id", name=op.f("pk_gallery_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_gallery_subscriptions_gallery_id"),
        "gallery_subscriptions",
        ["gallery_id"],
        unique=False,
    )
    op.create_table(
        "poll_options",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("poll_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.Column("label", String, nullable=False),
        sa.Column("vote_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["polls.id"], name=op.f("fk_poll_options_poll_id_polls")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_options")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_poll_options_position", "poll_options", ["poll_id", "position"], unique=True
    )
    op.create_table(
        "poll_votes",
        sa.Column("option_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_poll_votes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["option_id"], ["poll_options.id"], name=op.f("fk_poll_votes_option_id_poll_options")
        ),
        sa.PrimaryKeyConstraint("option_id", "account_id", name=op.f("pk_poll_votes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poll_votes_account_id"), "poll_votes", ["account_id"], unique=False)
    op.add_column(
        "accounts",
        sa.Column(
            "comment_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="comments under the account's own name that are not hidden",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "post_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="posts, likewise",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "topic_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="topics, likewise",
        ),
    )
    op.add_column("accounts", sa.Column("avatar", String, nullable=True, comment="blob name"))
    op.add_column(
        "accounts",
        sa.Column(
            "title",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="that staff gave, shown beside the name",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "language",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="of the pages; empty: what the browser asks for",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column(
            "preferences",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON: theme, sizes, what to be told of",
        ),
    )
    op.add_column(
        "galleries",
        sa.Column("subscriber_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "images",
        sa.Column("locks_comments", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "images", sa.Column("locks_tags", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "images",
        sa.Column("locks_description", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "moderation_log",
        sa.Column(
            "journal",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON: the rows it changed as they were and became, for undoing it",
        ),
    )
    op.add_column("moderation_log", sa.Column("undone_at", sa.BigInteger(), nullable=True))
    op.add_column("moderation_log", sa.Column("undone_by_id", Id, nullable=True, comment="account"))
    op.add_column(
        "reports",
        sa.Column("subject_kind", String, server_default=sa.text("'image'"), nullable=False),
    )
    op.add_column(
        "reports", sa.Column("subject_id", Id, server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "reports", sa.Column("address", String, server_default=sa.text("''"), nullable=False)
    )
    _widen_reports()
    _count_galleries()
    op.drop_index(
        op.f("uq_reports_open_reporter"),
        table_name="reports",
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_reports_open_reporter",
        "reports",
        ["subject_kind", "subject_id", "reporter"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.add_column("tag_changes", sa.Column("fingerprint", String, nullable=True))
    op.add_column(
        "tag_changes",
        sa.Column("reverts_id", Id, nullable=True, comment="the change that this one takes back"),
    )
    op.create_index(op.f("ix_tag_changes_tag_id"), "tag_changes", ["tag_id"], unique=False)


def _count_galleries() -> None:
    """Count only what is not private, so that the number tells nobody of the rest."""
    op.execute(
        "UPDATE galleries SET image_count = (SELECT count(*) FROM gallery_images"
        " JOIN images ON images.id = gallery_images.image_id"
        " WHERE gallery_images.gallery_id = galleries.id AND images.audience = 'public')"
    )


def _widen_reports() -> None:
    """Let reports be about other things than images, which `image_id` then leaves empty."""
    op.execute("UPDATE reports SET subject_id = image_id")
    kinds = "'image', 'comment', 'post', 'account', 'gallery', 'conversation'"
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("reports", "image_id", existing_type=Id, nullable=True)
        op.create_check_constraint(
            op.f("ck_reports_subject_kind"), "reports", f"subject_kind IN ({kinds})"
        )
        return
    # SQLite changes a column by making the table anew.
    check = sa.CheckConstraint(f"subject_kind IN ({kinds})", name=op.f("ck_reports_subject_kind"))
    with op.batch_alter_table(
        "reports",
        table_args=(check,),
        table_kwargs={"sqlite_autoincrement": True},
        recreate="always",
    ) as batch:
        batch.alter_column("image_id", existing_type=Id, nullable=True)
