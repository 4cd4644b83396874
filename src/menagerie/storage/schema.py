"""Every table and index, and the closed sets their columns hold.

Times are integer microseconds since 1970, UTC. Public times (of an image, vote, fave) are whole
seconds, still written in microseconds. Text compares byte by byte on both databases.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)


class Audience(StrEnum):
    """Who an image was meant for by whoever put it in."""

    PUBLIC = "public"
    PRIVATE = "private"


class Review(StrEnum):
    """What the review of an image has said so far."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Origin(StrEnum):
    """Who put a label on an image."""

    PERSON = "person"
    IMPLIED = "implied"
    IMPORT = "import"
    MODEL = "model"


class LabelState(StrEnum):
    """Whether a label counts: only asserted ones are searched, counted and shown as tags."""

    ASSERTED = "asserted"
    SUGGESTED = "suggested"
    REMOVED = "removed"


class WordKind(StrEnum):
    """What a word of the vocabulary is for."""

    NORMAL = "normal"  # a thing that can be seen, judged and outlined
    META = "meta"  # a scene or context: judged, never outlined
    REFINEMENT_CATEGORY = "refinement_category"  # a property, such as colour
    REFINEMENT = "refinement"  # a value of a property, said of one shape


class ShapeKind(StrEnum):
    """How a shape is drawn."""

    RECT = "rect"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"


class SuggestionState(StrEnum):
    """What became of a word that somebody wished for."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ReportState(StrEnum):
    """What became of a report."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Role(StrEnum):
    """What an account may do; each role may do what the ones before it may."""

    ANONYMOUS = "anonymous"
    USER = "user"
    ASSISTANT = "assistant"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Effect(StrEnum):
    """What a filter does with a tag."""

    HIDE = "hide"
    SPOILER = "spoiler"


class ChangeKind(StrEnum):
    """What a row of the change log is about; `subject_id` and `other_id` are named beside each."""

    IMAGE = "image"  # image: its row changed, or it is new (then its labels are new as well)
    LABEL = "label"  # image, tag: that one label was asserted, taken away or judged
    POSTING = "posting"  # tag: many of its labels or its category changed; read them all again
    TAG = "tag"  # tag: its row changed (new, renamed, aliased)
    ACCOUNT = "account"  # account: its row changed (new, renamed, role, watch list)
    INTERACTION = "interaction"  # account, image: that account's vote, fave, hide, subscription
    GALLERY = "gallery"  # gallery: its row or its order changed
    FILTER = "filter"  # filter: it was made, changed or deleted
    WORD = "word"  # word: the vocabulary changed; read all of it again
    VOCABULARY = "vocabulary"  # everything at once: rebuild


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# PostgreSQL would otherwise order text by the machine's locale, and differ from SQLite.
String = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite gives a rowid, and with it an id that never repeats, only to a plain INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Time = BigInteger  # microseconds since 1970, UTC


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _count(name: str, comment: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"), comment=comment)


def _words(name: str, comment: str | None = None) -> Column[str]:
    return Column(name, String, nullable=False, server_default=text("''"), comment=comment)


def _account(name: str = "account_id", *, nullable: bool = True) -> Column[int]:
    return Column(name, Id, ForeignKey("accounts.id"), nullable=nullable)


facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
    comment="what this library is: id (UUID), epoch (a number), secret (hex), created_at",
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True, comment="the name in lower case"),
    Column("email", String),
    Column("password_hash", String, comment="argon2; null: cannot log in by password"),
    Column("recovery_hash", String, comment="SHA-256 hex of the recovery code"),
    Column("role", String, nullable=False, server_default=text("'user'")),
    Column("is_role_hidden", Boolean, nullable=False, server_default=false()),
    Column(
        "is_verified", Boolean, nullable=False, server_default=false(), comment="needs no review"
    ),
    _words("description"),
    Column("filter_id", Id, comment="the filter in force; null: the system filter Default"),
    _words("watched_query"),
    _words("watched_exclude_query"),
    Column("watched_without_spoilered", Boolean, nullable=False, server_default=false()),
    Column("upload_quota_bytes", BigInteger, comment="null: the setting's value"),
    Column("uploaded_bytes", BigInteger, nullable=False, server_default=text("0")),
    _count("upload_count", "public uploads under the account's own name"),
    Column("created_at", Time, nullable=False),
    Column("deactivated_at", Time),
    _one_of("role", Role),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(nullable=False),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the key"),
    Column("created_at", Time, nullable=False),
    Column("last_used_at", Time, comment="to the minute"),
    Column("revoked_at", Time),
    Index(None, "account_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(nullable=False),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the cookie"),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False, comment="to the minute"),
    Column("expires_at", Time, nullable=False),
    _words("address"),
    _words("user_agent"),
    Index(None, "account_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("hash", String, nullable=False, unique=True, comment="SHA-256 hex of the code"),
    _account("created_by_id"),
    _account("used_by_id"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("hash", String, primary_key=True, comment="SHA-256 hex of the token"),
    _account(nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
)

bans = Table(
    "bans",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(),
    Column("network", String, comment="an address or CIDR range"),
    Column("fingerprint", String),
    _words("reason"),
    _account("created_by_id"),
    Column("created_at", Time, nullable=False),
    Column("until_at", Time, comment="null: for good"),
    Index(None, "account_id"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha512", String, primary_key=True, comment="of the bytes as uploaded, hex"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("format", String, nullable=False, comment="file extension of the original"),
    _count("image_count", "images that share it; 0: the sweeper may take it"),
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
    _account(),
    Column("is_anonymous", Boolean, nullable=False, server_default=false()),
    Column("on_behalf_of", String),
    Column("address", String, comment="of whoever put it in"),
    Column("fingerprint", String),
    # The three facts of visibility.
    Column("audience", String, nullable=False),
    Column("review", String, nullable=False),
    Column("removed_at", Time),
    Column("removal_reason", String),
    _account("removed_by_id"),
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
    _words("name", "file name as uploaded"),
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
    _words("description"),
    _words("licence", "SPDX name or empty"),
    Column("consented_at", Time, comment="when the donor agreed to the licence"),
    _words("terms", "version of the terms that the donor agreed to"),
    _words("author", "whom to credit, when that is not the account"),
    _words("author_url"),
    _words("title"),
    Column("upvotes", Integer, nullable=False, server_default=text("0")),
    _count("downvotes"),
    _count("score", "upvotes minus downvotes"),
    _count("faves"),
    _count("hides"),
    _count("comment_count"),
    _count("source_count"),
    _count("tag_count", "asserted labels"),
    _count("verdict_count", "kept verdicts on its labels"),
    _count("annotation_count", "sets of shapes that people drew"),
    Column("coverage", Float, nullable=False, server_default=text("0"), comment="percent of area"),
    Column(
        "is_withheld",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="reported so often that it is neither offered nor exported until looked at",
    ),
    _words("scratchpad"),
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
    _one_of("audience", Audience),
    _one_of("review", Review),
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
    _words("description"),
    Column("short_description", String),
    Column("spoiler_image", String, comment="blob name"),
    Column("aliased_to_id", Id, ForeignKey("tags.id")),
    _count("image_count", "searchable images with this label asserted"),
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

labels = Table(
    "labels",
    metadata,
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("origin", String, nullable=False),
    Column("state", String, nullable=False),
    Column("confidence", Float, comment="0 to 1, of a model"),
    _account(),
    Column("created_at", Time, nullable=False),
    _count("yes_weight", "sum of the weights of the verdicts yes"),
    _count("no_weight", "sum of the weights of the verdicts no"),
    _count("unfit_count", "times somebody said that it cannot be outlined"),
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
    _one_of("origin", Origin),
    _one_of("state", LabelState),
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
    _account(),
    Column("address", String),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    Index(None, "account_id", "created_at"),
)

source_changes = Table(
    "source_changes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("url", String, nullable=False),
    Column("is_added", Boolean, nullable=False),
    _account(),
    Column("address", String),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
)

votes = Table(
    "votes",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("value", Integer, nullable=False, comment="1 up, -1 down"),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    CheckConstraint("value IN (1, -1)", name="value"),
    sqlite_with_rowid=False,
)

faves = Table(
    "faves",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

hides = Table(
    "hides",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

image_subscriptions = Table(
    "image_subscriptions",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Index(None, "image_id"),
    sqlite_with_rowid=False,
)

watched_tags = Table(
    "watched_tags",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Index(None, "tag_id"),
    sqlite_with_rowid=False,
)

filters = Table(
    "filters",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(),
    Column("name", String, nullable=False),
    _words("description"),
    Column("is_system", Boolean, nullable=False, server_default=false()),
    Column("is_public", Boolean, nullable=False, server_default=false()),
    _words("hidden_query", "image queries, one a line, ORed"),
    _words("spoilered_query", "image queries, one a line, ORed"),
    _count("user_count", "accounts that have it in force"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("uq_filters_owned_name", "account_id", "name", unique=True),
    sqlite_autoincrement=True,
)

filter_tags = Table(
    "filter_tags",
    metadata,
    Column("filter_id", Id, ForeignKey("filters.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("effect", String, primary_key=True),
    Index(None, "tag_id"),
    _one_of("effect", Effect),
)

galleries = Table(
    "galleries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(nullable=False),
    Column("title", String, nullable=False),
    _words("description"),
    _words("spoiler_warning"),
    Column("thumbnail_id", Id, ForeignKey("images.id")),
    Column("is_anonymous", Boolean, nullable=False, server_default=false()),
    _count("image_count"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index(None, "account_id"),
    sqlite_autoincrement=True,
)

gallery_images = Table(
    "gallery_images",
    metadata,
    Column("gallery_id", Id, ForeignKey("galleries.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("position", Integer, nullable=False, comment="0 is the first"),
    Index(None, "image_id"),
)

features = Table(
    "features",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    _account(),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
)

text_terms = Table(
    "text_terms",
    metadata,
    Column("field", String, primary_key=True, comment="image.description and the like"),
    Column("term", String, primary_key=True, comment="a stem"),
    Column("subject_id", Id, primary_key=True),
    Column(
        "positions", String, nullable=False, comment="of the word in the text, ascending, spaced"
    ),
    Index(None, "field", "subject_id"),
    sqlite_with_rowid=False,
    comment="an inverted index, so that both databases answer word searches alike",
)

moderation_log = Table(
    "moderation_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _account(),
    Column("action", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", Id, nullable=False),
    _words("reason"),
    _words("details", "JSON"),
    Column("created_at", Time, nullable=False),
    Index(None, "subject_kind", "subject_id"),
)

words = Table(
    "words",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("name", String, nullable=False, comment="exact spelling, without the parent's"),
    Column("parent_id", Id, ForeignKey("words.id")),
    Column("kind", String, nullable=False),
    Column(
        "tag_id",
        Id,
        ForeignKey("tags.id"),
        unique=True,
        comment="what labels carry; null: a refinement or a category of them",
    ),
    _words("plural"),
    _words("description"),
    Column(
        "accessor",
        String,
        nullable=False,
        unique=True,
        comment="how label queries name it, such as dog.has='mouth'",
    ),
    _words("quiz", "JSON list of the questions asked about shapes of this label"),
    Column("created_at", Time, nullable=False),
    Index(None, "parent_id"),
    _one_of("kind", WordKind),
    sqlite_autoincrement=True,
    comment="the vocabulary: what may be donated to, judged and exported",
)

word_suggestions = Table(
    "word_suggestions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, comment="as first typed"),
    Column("tag_name", String, nullable=False, unique=True, comment="normalised"),
    _count("use_count", "times it was wished for"),
    _account(),
    Column("state", String, nullable=False),
    Column("word_id", Id, ForeignKey("words.id"), comment="what it became"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    _one_of("state", SuggestionState),
    sqlite_autoincrement=True,
)

validations = Table(
    "validations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("tag_id", Id, ForeignKey("tags.id"), nullable=False),
    Column("voter", String, comment="stands for whoever judged; null: nobody known, always counts"),
    _account(),
    Column("is_yes", Boolean, nullable=False),
    Column("weight", Integer, nullable=False, comment="1; a moderator's word may weigh more"),
    _words("via", "where it was said: validate, batch, game, api, web"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("uq_validations_label_voter", "image_id", "tag_id", "voter", unique=True),
    Index(None, "tag_id"),
    Index(None, "voter", "updated_at"),
    Index(None, "account_id"),
    Index(None, "updated_at"),
    sqlite_autoincrement=True,
    comment="one verdict on one label",
)

annotations = Table(
    "annotations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("tag_id", Id, ForeignKey("tags.id"), nullable=False),
    Column("is_auto", Boolean, nullable=False, comment="made by a machine"),
    Column("revision", Integer, nullable=False, comment="the newest; the first is 1"),
    _count("yes_weight"),
    _count("no_weight"),
    _account(),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("uq_annotations_label", "image_id", "tag_id", "is_auto", unique=True),
    Index(None, "tag_id"),
    Index(None, "account_id"),
    Index(None, "updated_at"),
    sqlite_autoincrement=True,
    comment="the set of shapes that locates one label on one image",
)

annotation_revisions = Table(
    "annotation_revisions",
    metadata,
    Column("annotation_id", Id, ForeignKey("annotations.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    _account(),
    _count("yes_weight", "of this revision when the next replaced it"),
    _count("no_weight"),
    Column("created_at", Time, nullable=False),
    sqlite_with_rowid=False,
)

shapes = Table(
    "shapes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("annotation_id", Id, ForeignKey("annotations.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("position", Integer, nullable=False, comment="0 is the first"),
    Column("kind", String, nullable=False),
    Column("data", String, nullable=False, comment="JSON; px of the upright picture, degrees"),
    Index(None, "annotation_id", "revision", "position"),
    _one_of("kind", ShapeKind),
    sqlite_autoincrement=True,
)

refinements = Table(
    "refinements",
    metadata,
    Column("shape_id", Id, ForeignKey("shapes.id"), primary_key=True),
    Column("word_id", Id, ForeignKey("words.id"), primary_key=True),
    _count("use_count", "times it was said"),
    Column("created_at", Time, nullable=False),
    Index(None, "word_id"),
    sqlite_with_rowid=False,
    comment="a property of what one shape shows",
)

annotation_validations = Table(
    "annotation_validations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("annotation_id", Id, ForeignKey("annotations.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("voter", String, comment="as in validations"),
    _account(),
    Column("is_yes", Boolean, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("uq_annotation_validations_voter", "annotation_id", "revision", "voter", unique=True),
    Index(None, "updated_at"),
    Index(None, "account_id"),
    sqlite_autoincrement=True,
)

annotation_refusals = Table(
    "annotation_refusals",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("image_id", Id, ForeignKey("images.id"), primary_key=True),
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    Column("created_at", Time, nullable=False),
    sqlite_with_rowid=False,
    comment="labels that an account does not want to outline",
)

image_texts = Table(
    "image_texts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("text", String, nullable=False),
    Column("language", String, nullable=False, comment="en, ger"),
    Column("state", String, nullable=False, comment="unknown, locked, unlocked"),
    _account(),
    _account("decided_by_id"),
    Column("created_at", Time, nullable=False),
    Index(None, "image_id"),
    Index(None, "state", "id"),
    sqlite_autoincrement=True,
    comment="descriptions that the crowd gives an image, each reviewed",
)

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("image_id", Id, ForeignKey("images.id"), nullable=False),
    Column("category", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("reporter", String, nullable=False, comment="stands for whoever reported"),
    _account(),
    Column("state", String, nullable=False),
    _account("resolved_by_id"),
    Column("created_at", Time, nullable=False),
    Column("resolved_at", Time),
    Index(None, "image_id"),
    Index(
        "uq_reports_open_reporter",
        "image_id",
        "reporter",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(None, "state", "id"),
    _one_of("state", ReportState),
    sqlite_autoincrement=True,
)

word_measures = Table(
    "word_measures",
    metadata,
    Column("tag_id", Id, ForeignKey("tags.id"), primary_key=True),
    _count("label_count", "labels with a verdict"),
    _count("verdict_count"),
    _count("positive_count"),
    _count("negative_count"),
    _count("undecided_count"),
    Column("agreement", Float, comment="share of agreeing pairs of verdicts; null: no pair"),
    Column("alpha", Float, comment="Krippendorff's, nominal; null: undefined"),
    Column("measured_at", Time, nullable=False),
    comment="how far people agree about one word",
)

contributor_measures = Table(
    "contributor_measures",
    metadata,
    Column("voter", String, primary_key=True),
    _account(),
    _count("verdict_count"),
    Column("yes_ratio", Float, nullable=False),
    Column("agreement", Float, comment="share of verdicts equal to the final one; null: none"),
    Column("sensitivity", Float, comment="by Dawid and Skene; null: unknown"),
    Column("specificity", Float, comment="by Dawid and Skene; null: unknown"),
    Column("measured_at", Time, nullable=False),
    Index(None, "account_id"),
    comment="how far one contributor agrees with the others",
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True, comment="UUID"),
    Column("name", String, nullable=False),
    Column("version", String, nullable=False, comment="semantic: 1.0.0"),
    _words("description"),
    Column("query", String, nullable=False),
    Column("language", String, nullable=False, comment="of the query: tags or labels"),
    Column("options", String, nullable=False, comment="JSON: thresholds, splits, licences"),
    Column("previous_id", Id, ForeignKey("snapshots.id")),
    Column("state", String, nullable=False),
    _count("done_count"),
    _count("image_count"),
    Column("file", String, comment="blob with the canonical records; null: not frozen yet"),
    Column("sha256", String, comment="hex, of that file: the snapshot's identity"),
    Column("error", String),
    Column("is_listed", Boolean, nullable=False, comment="false: made for one export only"),
    _account(),
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
    _one_of("state", ExportState),
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
    _count("done_count", "images written"),
    _count("total_count"),
    Column("file", String, comment="blob of the archive"),
    Column("size_bytes", BigInteger),
    Column("sha256", String, comment="hex"),
    Column("report", String, comment="JSON: what was written and what was lost"),
    Column("error", String),
    _account(),
    Column("created_at", Time, nullable=False),
    Column("finished_at", Time),
    Index(None, "snapshot_id"),
    Index(None, "account_id"),
    _one_of("state", ExportState),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("payload", String, nullable=False, comment="JSON object: the function's arguments"),
    Column("run_after", Time, nullable=False),
    _count("attempts"),
    Column("claimed_by", String),
    Column("claimed_until", Time),
    Column("error", String, comment="of the last attempt"),
    Column("failed_at", Time, comment="set: given up, needs a person"),
    Column("created_at", Time, nullable=False),
    Index(None, "failed_at", "run_after"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True, comment="in the order of commits"),
    Column("kind", String, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("other_id", Id),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
