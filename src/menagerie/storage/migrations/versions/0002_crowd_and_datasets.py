"""Vocabulary, verdicts, annotations, reports, snapshots and exports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
String = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "contributor_measures",
        sa.Column("voter", String, nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("verdict_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("yes_ratio", sa.Float(), nullable=False),
        sa.Column(
            "agreement",
            sa.Float(),
            nullable=True,
            comment="share of verdicts equal to the final one; null: none",
        ),
        sa.Column(
            "sensitivity", sa.Float(), nullable=True, comment="by Dawid and Skene; null: unknown"
        ),
        sa.Column(
            "specificity", sa.Float(), nullable=True, comment="by Dawid and Skene; null: unknown"
        ),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_contributor_measures_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("voter", name=op.f("pk_contributor_measures")),
        comment="how far one contributor agrees with the others",
    )
    op.create_index(
        op.f("ix_contributor_measures_account_id"),
        "contributor_measures",
        ["account_id"],
        unique=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("name", String, nullable=False),
        sa.Column("version", String, nullable=False, comment="semantic: 1.0.0"),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column("query", String, nullable=False),
        sa.Column("language", String, nullable=False, comment="of the query: tags or labels"),
        sa.Column("options", String, nullable=False, comment="JSON: thresholds, splits, licences"),
        sa.Column("previous_id", Id, nullable=True),
        sa.Column("state", String, nullable=False),
        sa.Column("done_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("image_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "file",
            String,
            nullable=True,
            comment="blob with the canonical records; null: not frozen yet",
        ),
        sa.Column(
            "sha256", String, nullable=True, comment="hex, of that file: the snapshot's identity"
        ),
        sa.Column("error", String, nullable=True),
        sa.Column(
            "is_listed", sa.Boolean(), nullable=False, comment="false: made for one export only"
        ),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_snapshots_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_snapshots_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["snapshots.id"], name=op.f("fk_snapshots_previous_id_snapshots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("key", name=op.f("uq_snapshots_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_snapshots_name_version",
        "snapshots",
        ["name", "version"],
        unique=True,
        sqlite_where=sa.text("is_listed"),
        postgresql_where=sa.text("is_listed"),
    )
    op.create_table(
        "word_measures",
        sa.Column("tag_id", Id, nullable=False),
        sa.Column(
            "label_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="labels with a verdict",
        ),
        sa.Column("verdict_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("positive_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("negative_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("undecided_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "agreement",
            sa.Float(),
            nullable=True,
            comment="share of agreeing pairs of verdicts; null: no pair",
        ),
        sa.Column(
            "alpha", sa.Float(), nullable=True, comment="Krippendorff's, nominal; null: undefined"
        ),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_word_measures_tag_id_tags")),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("pk_word_measures")),
        comment="how far people agree about one word",
    )
    op.create_table(
        "words",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("name", String, nullable=False, comment="exact spelling, without the parent's"),
        sa.Column("parent_id", Id, nullable=True),
        sa.Column("kind", String, nullable=False),
        sa.Column(
            "tag_id",
            Id,
            nullable=True,
            comment="what labels carry; null: a refinement or a category of them",
        ),
        sa.Column("plural", String, server_default=sa.text("''"), nullable=False),
        sa.Column("description", String, server_default=sa.text("''"), nullable=False),
        sa.Column(
            "accessor",
            String,
            nullable=False,
            comment="how label queries name it, such as dog.has='mouth'",
        ),
        sa.Column(
            "quiz",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="JSON list of the questions asked about shapes of this label",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('normal', 'meta', 'refinement_category', 'refinement')",
            name=op.f("ck_words_kind"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["words.id"], name=op.f("fk_words_parent_id_words")),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_words_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
        sa.UniqueConstraint("accessor", name=op.f("uq_words_accessor")),
        sa.UniqueConstraint("key", name=op.f("uq_words_key")),
        sa.UniqueConstraint("tag_id", name=op.f("uq_words_tag_id")),
        comment="the vocabulary: what may be donated to, judged and exported",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_words_parent_id"), "words", ["parent_id"], unique=False)
    op.create_table(
        "annotation_refusals",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_annotation_refusals_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_annotation_refusals_image_id_images")
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_annotation_refusals_tag_id_tags")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "image_id", "tag_id", name=op.f("pk_annotation_refusals")
        ),
        comment="labels that an account does not want to outline",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "annotations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("is_auto", sa.Boolean(), nullable=False, comment="made by a machine"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="the newest; the first is 1"),
        sa.Column("yes_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("no_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_annotations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_annotations_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_annotations_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
        sa.UniqueConstraint("key", name=op.f("uq_annotations_key")),
        comment="the set of shapes that locates one label on one image",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_annotations_account_id"), "annotations", ["account_id"], unique=False)
    op.create_index(op.f("ix_annotations_tag_id"), "annotations", ["tag_id"], unique=False)
    op.create_index(op.f("ix_annotations_updated_at"), "annotations", ["updated_at"], unique=False)
    op.create_index(
        "uq_annotations_label", "annotations", ["image_id", "tag_id", "is_auto"], unique=True
    )
    op.create_table(
        "exports",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("snapshot_id", Id, nullable=False),
        sa.Column("format", String, nullable=False),
        sa.Column("options", String, nullable=False, comment="JSON"),
        sa.Column("state", String, nullable=False),
        sa.Column(
            "done_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="images written",
        ),
        sa.Column("total_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("file", String, nullable=True, comment="blob of the archive"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", String, nullable=True, comment="hex"),
        sa.Column(
            "report", String, nullable=True, comment="JSON: what was written and what was lost"
        ),
        sa.Column("error", String, nullable=True),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_exports_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_exports_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_exports_snapshot_id_snapshots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("key", name=op.f("uq_exports_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exports_account_id"), "exports", ["account_id"], unique=False)
    op.create_index(op.f("ix_exports_snapshot_id"), "exports", ["snapshot_id"], unique=False)
    op.create_table(
        "image_texts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("text", String, nullable=False),
        sa.Column("language", String, nullable=False, comment="en, ger"),
        sa.Column("state", String, nullable=False, comment="unknown, locked, unlocked"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("decided_by_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_image_texts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_image_texts_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_texts_image_id_images")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_texts")),
        sa.UniqueConstraint("key", name=op.f("uq_image_texts_key")),
        comment="descriptions that the crowd gives an image, each reviewed",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_image_texts_image_id"), "image_texts", ["image_id"], unique=False)
    op.create_index(op.f("ix_image_texts_state_id"), "image_texts", ["state", "id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("category", String, nullable=False),
        sa.Column("reason", String, nullable=False),
        sa.Column("reporter", String, nullable=False, comment="stands for whoever reported"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("state", String, nullable=False),
        sa.Column("resolved_by_id", Id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'rejected')", name=op.f("ck_reports_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_reports_image_id_images")
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["accounts.id"], name=op.f("fk_reports_resolved_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reports_image_id"), "reports", ["image_id"], unique=False)
    op.create_index(op.f("ix_reports_state_id"), "reports", ["state", "id"], unique=False)
    op.create_index(
        "uq_reports_open_reporter",
        "reports",
        ["image_id", "reporter"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "snapshot_images",
        sa.Column("snapshot_id", Id, nullable=False),
        sa.Column("image_key", String, nullable=False, comment="UUID, kept when the image is gone"),
        sa.Column("split", String, nullable=False),
        sa.Column("full_name", String, nullable=False, comment="blob of the published file"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_snapshot_images_snapshot_id_snapshots")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "image_key", name=op.f("pk_snapshot_images")),
        comment="what a listed snapshot holds, so that files stay and splits never move",
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_snapshot_images_full_name"), "snapshot_images", ["full_name"], unique=False
    )
    op.create_index(
        op.f("ix_snapshot_images_image_key"), "snapshot_images", ["image_key"], unique=False
    )
    op.create_table(
        "unfit_marks",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column("voter", String, nullable=True, comment="as in validations"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column(
            "weight", sa.Integer(), nullable=False, comment="1; more of whoever put the label there"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_unfit_marks_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_unfit_marks_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_unfit_marks_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfit_marks")),
        comment="who said of a label that it cannot be outlined",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_unfit_marks_account_id"), "unfit_marks", ["account_id"], unique=False)
    op.create_index(op.f("ix_unfit_marks_tag_id"), "unfit_marks", ["tag_id"], unique=False)
    op.create_index(
        "uq_unfit_marks_label_voter", "unfit_marks", ["image_id", "tag_id", "voter"], unique=True
    )
    op.create_table(
        "validations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("image_id", Id, nullable=False),
        sa.Column("tag_id", Id, nullable=False),
        sa.Column(
            "voter",
            String,
            nullable=True,
            comment="stands for whoever judged; null: nobody known, always counts",
        ),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_yes", sa.Boolean(), nullable=False),
        sa.Column(
            "weight", sa.Integer(), nullable=False, comment="1; a moderator's word may weigh more"
        ),
        sa.Column(
            "via",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="where it was said: validate, batch, game, api, web",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_validations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_validations_image_id_images")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_validations_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validations")),
        comment="one verdict on one label",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_validations_account_id"), "validations", ["account_id"], unique=False)
    op.create_index(op.f("ix_validations_tag_id"), "validations", ["tag_id"], unique=False)
    op.create_index(op.f("ix_validations_updated_at"), "validations", ["updated_at"], unique=False)
    op.create_index(
        op.f("ix_validations_voter_updated_at"),
        "validations",
        ["voter", "updated_at"],
        unique=False,
    )
    op.create_index(
        "uq_validations_label_voter", "validations", ["image_id", "tag_id", "voter"], unique=True
    )
    op.create_table(
        "word_suggestions",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", String, nullable=False, comment="as first typed"),
        sa.Column("tag_name", String, nullable=False, comment="normalised"),
        sa.Column(
            "use_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="times it was wished for",
        ),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("state", String, nullable=False),
        sa.Column("word_id", Id, nullable=True, comment="what it became"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'rejected')", name=op.f("ck_word_suggestions_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_word_suggestions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["word_id"], ["words.id"], name=op.f("fk_word_suggestions_word_id_words")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_suggestions")),
        sa.UniqueConstraint("tag_name", name=op.f("uq_word_suggestions_tag_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "annotation_revisions",
        sa.Column("annotation_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column(
            "yes_weight",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="of this revision when the next replaced it",
        ),
        sa.Column("no_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_annotation_revisions_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_annotation_revisions_annotation_id_annotations"),
        ),
        sa.PrimaryKeyConstraint("annotation_id", "revision", name=op.f("pk_annotation_revisions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "annotation_validations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("annotation_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("voter", String, nullable=True, comment="as in validations"),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("is_yes", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_annotation_validations_account_id_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_annotation_validations_annotation_id_annotations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation_validations")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_annotation_validations_account_id"),
        "annotation_validations",
        ["account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_annotation_validations_updated_at"),
        "annotation_validations",
        ["updated_at"],
        unique=False,
    )
    op.create_index(
        "uq_annotation_validations_voter",
        "annotation_validations",
        ["annotation_id", "revision", "voter"],
        unique=True,
    )
    op.create_table(
        "shapes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", String, nullable=False, comment="UUID"),
        sa.Column("annotation_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.Column("kind", String, nullable=False),
        sa.Column(
            "data", String, nullable=False, comment="JSON; px of the upright picture, degrees"
        ),
        sa.CheckConstraint("kind IN ('rect', 'ellipse', 'polygon')", name=op.f("ck_shapes_kind")),
        sa.ForeignKeyConstraint(
            ["annotation_id"], ["annotations.id"], name=op.f("fk_shapes_annotation_id_annotations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shapes")),
        sa.UniqueConstraint("key", name=op.f("uq_shapes_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_shapes_annotation_id_revision_position"),
        "shapes",
        ["annotation_id", "revision", "position"],
        unique=False,
    )
    op.create_table(
        "refinements",
        sa.Column("shape_id", Id, nullable=False),
        sa.Column("word_id", Id, nullable=False),
        sa.Column(
            "use_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="times it was said",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shape_id"], ["shapes.id"], name=op.f("fk_refinements_shape_id_shapes")
        ),
        sa.ForeignKeyConstraint(
            ["word_id"], ["words.id"], name=op.f("fk_refinements_word_id_words")
        ),
        sa.PrimaryKeyConstraint("shape_id", "word_id", name=op.f("pk_refinements")),
        comment="a property of what one shape shows",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_refinements_word_id"), "refinements", ["word_id"], unique=False)
    op.add_column(
        "images",
        sa.Column(
            "consented_at",
            sa.BigInteger(),
            nullable=True,
            comment="when the donor agreed to the licence",
        ),
    )
    op.add_column(
        "images",
        sa.Column(
            "terms",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="version of the terms that the donor agreed to",
        ),
    )
    op.add_column(
        "images",
        sa.Column(
            "author",
            String,
            server_default=sa.text("''"),
            nullable=False,
            comment="whom to credit, when that is not the account",
        ),
    )
    op.add_column(
        "images", sa.Column("author_url", String, server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "images", sa.Column("title", String, server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "images",
        sa.Column(
            "verdict_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="kept verdicts on its labels",
        ),
    )
    op.add_column(
        "images",
        sa.Column(
            "annotation_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="sets of shapes that people drew",
        ),
    )
    op.add_column(
        "images",
        sa.Column(
            "coverage",
            sa.Float(),
            server_default=sa.text("0"),
            nullable=False,
            comment="percent of area",
        ),
    )
    op.add_column(
        "images",
        sa.Column(
            "is_withheld",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="reported so often that it is neither offered nor exported until looked at",
        ),
    )
    op.add_column(
        "labels",
        sa.Column(
            "yes_weight",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="sum of the weights of the verdicts yes",
        ),
    )
    op.add_column(
        "labels",
        sa.Column(
            "no_weight",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="sum of the weights of the verdicts no",
        ),
    )
    op.add_column(
        "labels",
        sa.Column(
            "unfit_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="sum of the weights of who said that it cannot be outlined",
        ),
    )
    op.add_column(
        "labels",
        sa.Column(
            "truth",
            sa.Float(),
            nullable=True,
            comment="posterior of yes by Dawid and Skene, 0 to 1; null: unknown",
        ),
    )
    op.create_index(
        "ix_labels_judged",
        "labels",
        ["tag_id", "image_id", "yes_weight", "no_weight", "truth", "unfit_count", "state"],
        unique=False,
        sqlite_where=sa.text(
            "state = 'asserted' AND (yes_weight > 0 OR no_weight > 0 OR truth IS NOT NULL)"
        ),
        postgresql_where=sa.text(
            "state = 'asserted' AND (yes_weight > 0 OR no_weight > 0 OR truth IS NOT NULL)"
        ),
    )
