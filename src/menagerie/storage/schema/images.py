"""Files, images, tags, and labels: which tags are on which images."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    false,
    text,
    true,
)

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
from menagerie.storage.schema.kinds import Audience, LabelState, Origin, Review

blobs = Table(
    "blobs",
    metadata,
    Column("sha512", String, primary_key=True, comment="of the bytes as uploaded, hex"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("format", String, nullable=False, comment="file extension of the original"),
    count("image_count", "images that share it; 0: the sweeper may take it"),
    Column("touched_at", Time, nullable=False),
    Index(
        None,
        "touched_at",
        sqlite_where=text("image_count = 0"),
        postgresql_where=text("image_count = 0"),
    ),
)

images = Table(
    "images",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="random UUID"),
    account(),
    Column("is_anonymous", Boolean, nullable=False, server_default=false()),
    Column("on_behalf_of", String),
    Column("address", String, comment="of whoever put it in"),
    Column("fingerprint", String),
    # The three facts of visibility.
    Column("audience", String, nullable=False),
    Column("review", String, nullable=False),
    Column("removed_at", Time),
    Column("removal_reason", String),
    account("removed_by_id"),
    Column("is_deleted_by_owner", Boolean, nullable=False, server_default=false()),
    Column("merged_into_id", Id, ForeignKey("images.id")),
    # The file.
    Column("sha512", String, ForeignKey("blobs.sha512"), nullable=False, comment="as uploaded"),
    Column(
        "claims_hash",
        Boolean,
        nullable=False,
        server_default=true(),
        comment="public and not deleted by its owner: nobody may upload the same again",
    ),
    Column(
        "shows_hash",
        Boolean,
        nullable=False,
        server_default=true(),
        comment="false: staff took the original's hash away",
    ),
    Column("full_sha512", String, nullable=False, comment="of the published file"),
    words_column("name", "file name as uploaded"),
    Column("format", String, nullable=False, comment="gif jpg png svg webm webp avif"),
    Column("media_type", String, nullable=False),
    Column("width", Integer, nullable=False, comment="px, upright"),
    Column("height", Integer, nullable=False, comment="px, upright"),
    Column("original_size_bytes", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False, comment="of the published file"),
    Column("duration_s", Float, nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("is_animated", Boolean, nullable=False),
    Column("has_alpha", Boolean, nullable=False),
    Column("average_color", String, nullable=False, comment="#rrggbb"),
    Column("nw", Float, comment="quadrant luma, 0 to 255 and a little more"),
    Column("ne", Float),
    Column("sw", Float),
    Column("se", Float),
    Column("perceptual_hash", BigInteger, comment="64 bits, as a signed number"),
    Column("has_representations", Boolean, nullable=False, server_default=false()),
    Column("is_optimised", Boolean, nullable=False, server_default=false()),
    # What people said and did.
    words_column("description"),
    words_column("licence", "SPDX name or empty"),
    Column("consented_at", Time, comment="when the donor agreed to the licence"),
    words_column("terms", "version of the terms that the donor agreed to"),
    words_column("author", "whom to credit, when that is not the account"),
    words_column("author_url"),
    words_column("title"),
    Column("upvotes", Integer, nullable=False, server_default=text("0")),
    count("downvotes"),
    count("score", "upvotes minus downvotes"),
    count("faves"),
    count("hides"),
    count("comment_count"),
    count("source_count"),
    count("tag_count", "asserted labels"),
    count("verdict_count", "kept verdicts on its labels"),
    count("annotation_count", "sets of shapes that people drew"),
    Column("coverage", Float, nullable=False, server_default=text("0"), comment="percent of area"),
    Column(
        "is_withheld",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="reported so often that it is neither offered nor exported until looked at",
    ),
    words_column("scratchpad"),
    Column("locks_comments", Boolean, nullable=False, server_default=false()),
    Column("locks_tags", Boolean, nullable=False, server_default=false()),
    Column("locks_description", Boolean, nullable=False, server_default=false()),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("first_seen_at", Time, nullable=False),
    Index(
        "uq_images_claimed_hash",
        "sha512",
        unique=True,
        sqlite_where=text("claims_hash"),
        postgresql_where=text("claims_hash"),
    ),
    Index(None, "sha512"),
    Index(None, "full_sha512"),
    Index(None, "account_id"),
    Index(None, "merged_into_id"),
    Index(
        None,
        "review",
        sqlite_where=text("review <> 'approved'"),
        postgresql_where=text("review <> 'approved'"),
    ),
    one_of("audience", Audience),
    one_of("review", Review),
    sqlite_autoincrement=True,
)

image_sources = Table(
    "image_sources",
    metadata,
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("position", Integer, primary_key=True, comment="0 is the first"),
    Column("url", String, nullable=False),
    Column("url_key", String, nullable=False, comment="in lower case, for search"),
    Index(None, "url_key"),
)

tags = Table(
    "tags",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
    Column("slug", String, nullable=False, unique=True),
    Column("namespace", String),
    Column("name_in_namespace", String, nullable=False),
    Column("category", String),
    words_column("description"),
    Column("short_description", String),
    Column("spoiler_image", String, comment="blob name"),
    Column("aliased_to_id", Id, ForeignKey("tags.id")),
    count("image_count", "searchable images with this label asserted"),
    Column("created_at", Time, nullable=False),
    Index(None, "aliased_to_id"),
    Index(None, "name_in_namespace"),
    Index(None, "image_count"),
    sqlite_autoincrement=True,
)

tag_implications = Table(
    "tag_implications",
    metadata,
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("implied_tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Index(None, "implied_tag_id"),
)

# What a statement must say, word for word, for the databases to use `ix_labels_judged`.
IS_JUDGED = "state = 'asserted' AND (yes_weight > 0 OR no_weight > 0 OR truth IS NOT NULL)"

IS_SUGGESTED = "state = 'suggested'"
"""What a statement must say for the databases to use `ix_labels_suggested`."""

UNFIT_FROM = 3
"""How many must have said that a label cannot be outlined before it is not offered for that."""

labels = Table(
    "labels",
    metadata,
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("origin", String, nullable=False),
    Column("state", String, nullable=False),
    Column("confidence", Float, comment="0 to 1, of a model"),
    account(),
    Column("created_at", Time, nullable=False),
    count("yes_weight", "sum of the weights of the verdicts yes"),
    count("no_weight", "sum of the weights of the verdicts no"),
    count("unfit_count", "sum of the weights of who said that it cannot be outlined"),
    Column("truth", Float, comment="posterior of yes by Dawid and Skene, 0 to 1; null: unknown"),
    Index(None, "tag_id", "state", "image_id"),
    # The few labels that people judged, whole, beside the many that nobody did.
    Index(
        "ix_labels_judged",
        "tag_id",
        "image_id",
        "yes_weight",
        "no_weight",
        "truth",
        "unfit_count",
        "state",  # or SQLite would look every label up to see it once more
        sqlite_where=text(IS_JUDGED),
        postgresql_where=text(IS_JUDGED),
    ),
    # What models suggest, which the catalogue reads without a look at all the other labels.
    Index(
        "ix_labels_suggested",
        "tag_id",
        "image_id",
        "confidence",
        sqlite_where=text(IS_SUGGESTED),
        postgresql_where=text(IS_SUGGESTED),
    ),
    one_of("origin", Origin),
    one_of("state", LabelState),
    sqlite_with_rowid=False,
)

tag_changes = Table(
    "tag_changes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("tag_id", Id, ForeignKey("tags.id"), nullable=False),
    Column("tag_name", String, nullable=False, comment="as it was called then"),
    Column("is_added", Boolean, nullable=False),
    account(),
    Column("address", String),
    Column("fingerprint", String),
    Column("reverts_id", Id, comment="the change that this one takes back"),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    Index(None, "account_id", "created_at"),
    Index(None, "tag_id"),
)

source_changes = Table(
    "source_changes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("url", String, nullable=False),
    Column("is_added", Boolean, nullable=False),
    account(),
    Column("address", String),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
)
