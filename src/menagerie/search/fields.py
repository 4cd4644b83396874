"""The fields each index can be searched by, as data: name, kind, who may use it, what it means.

Source: the field tables of the Philomena search language (2021 to 2026), their old spellings
among the aliases.
"""

import enum
from collections.abc import Iterator

import msgspec


class Kind(enum.StrEnum):
    """How the value of a field is read, and which node it becomes."""

    INT = "int"  # Range of int, clamped to int32
    NUMERIC = "numeric"  # Range of int: an unsigned id
    FLOAT = "float"  # Range of float
    DATE = "date"  # Range of int microseconds UTC
    BOOL = "bool"  # Flag
    IP = "ip"  # Network
    TAG = "tag"  # Term, Wildcard or Fuzzy on normalised tag names
    LITERAL = "literal"  # Term, Wildcard or Fuzzy on whole values
    TEXT = "text"  # Phrase or Wildcard on stemmed words
    CUSTOM = "custom"  # Custom


class Role(enum.StrEnum):
    """Who may use a field; for anybody else its name is ordinary text."""

    ANYONE = "anyone"
    ACCOUNT = "account"
    MODERATOR = "moderator"


class Field(msgspec.Struct, frozen=True):
    """One searchable field.

    `choices` are the only values of a custom field; a custom field without any takes an id.
    """

    name: str
    kind: Kind
    about: str
    role: Role = Role.ANYONE
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    is_case_sensitive: bool = False


class Index:
    """The searchable fields of one kind of document.

    `default` is searched by terms that name no field; it is among `fields` only when it can also
    be named. `demands_login` says whether a field for accounts is an error to others, and not
    ordinary text.
    """

    __slots__ = ("_for_all", "_for_moderators", "default", "demands_login", "fields", "name")

    def __init__(
        self,
        name: str,
        *,
        default: Field,
        fields: tuple[Field, ...],
        demands_login: bool = False,
    ) -> None:
        self.demands_login = demands_login
        self.name = name
        self.default = default
        self.fields = fields
        self._for_moderators = {n: f for f in fields for n in (f.name, *f.aliases)}
        self._for_all = {
            n: f for n, f in self._for_moderators.items() if f.role is not Role.MODERATOR
        }

    def __repr__(self) -> str:
        return f"Index({self.name!r})"

    def named(self, *, moderator: bool) -> dict[str, Field]:
        """Return the fields by name and alias that a moderator, or anybody else, may know of."""
        return self._for_moderators if moderator else self._for_all

    def get(self, name: str) -> Field:
        """Return the field a node names, the default one too; KeyError if there is none."""
        return self.default if name == self.default.name else self._for_moderators[name]


def _many(kind: Kind, about: dict[str, str], *, role: Role = Role.ANYONE) -> Iterator[Field]:
    return (Field(name, kind, text, role=role) for name, text in about.items())


_TAG_COUNT_CATEGORIES = (
    "body_type",
    "error",
    "character",
    "content_fanmade",
    "content_official",
    "oc",
    "origin",
    "rating",
    "species",
    "spoiler",
)

IMAGES = Index(
    "images",
    default=Field("tags", Kind.TAG, "name of a tag, or of an alias of one"),
    demands_login=True,
    fields=(
        *_many(
            Kind.INT,
            {
                "id": "number of the image",
                "width": "width in pixels",
                "height": "height in pixels",
                "pixels": "width times height",
                "score": "upvotes minus downvotes",
                "upvotes": "how many accounts voted it up",
                "downvotes": "how many accounts voted it down",
                "faves": "how many accounts keep it as a fave",
                "hides": "how many accounts hide it from themselves",
                "size": "bytes of the published file",
                "orig_size": "bytes of the file as uploaded",
                "comment_count": "how many comments it has",
                "source_count": "how many sources it has",
                "tag_count": "how many tags it has",
                "label_count": "how many of its tags are labels, words that people judge",
                "validations": "how many verdicts its labels have",
                "annotation_count": "how many of its labels people outlined",
                "annotation_task_count": "how many of its labels wait for being outlined",
                **{
                    f"{category}_tag_count": f"how many tags of category {category} it has"
                    for category in _TAG_COUNT_CATEGORIES
                },
            },
        ),
        *_many(
            Kind.NUMERIC,
            {
                "uploader_id": "id of the account that uploaded it; never an anonymous upload",
                "faved_by_id": "id of an account that faves it",
                "duplicate_id": "id of the image it was merged into",
            },
        ),
        *_many(
            Kind.FLOAT,
            {
                "aspect_ratio": "width divided by height",
                "wilson_score": "lower bound of its share of upvotes, 0 to 1",
                "duration": "length of an animation in seconds",
                "probability": "share of yes among the verdicts on one of its labels, 0 to 1",
                "probability_lower": "lower end of the 95 % interval of such a share",
                "truth": "probability of one of its labels, by how reliable its judges are",
                "coverage": "percent of its area that outlines cover",
            },
        ),
        *_many(
            Kind.DATE,
            {
                "created_at": "when it was uploaded",
                "updated_at": "when it last changed",
                "first_seen_at": "when it first became visible",
            },
        ),
        *_many(
            Kind.LITERAL,
            {
                "uploader": "name of the account that uploaded it; never an anonymous upload",
                "faved_by": "name of an account that faves it",
                "source_url": "a whole source address",
                "sha512_hash": "SHA-512 of the published file, in hexadecimal",
                "orig_sha512_hash": "SHA-512 of the file as uploaded, in hexadecimal",
                "original_format": "file name extension, such as png",
                "mime_type": "media type, such as image/png",
                "licence": "SPDX name of the licence, such as CC0-1.0",
                "key": "UUID of the image",
                "refined": "property of something outlined, such as color='red'",
            },
        ),
        *_many(
            Kind.TAG,
            {
                "label": "name of a label, which is a tag that people judge",
                "positive": "label that at least 4 of 5 verdicts say yes to",
                "negative": "label that at most 1 of 5 verdicts says yes to",
                "undecided": "label that people judged and that is neither of these",
                "unvalidated": "label that nobody has judged",
                "annotated": "label that people outlined",
                "suggested": "tag that a model suggests and nobody has confirmed or refused",
            },
        ),
        Field(
            "file_name",
            Kind.LITERAL,
            "file name at the uploader's; upper and lower case differ",
            is_case_sensitive=True,
        ),
        *_many(
            Kind.BOOL,
            {
                "animated": "whether it moves",
                "processed": "whether its file has been checked and optimised",
                "thumbnails_generated": "whether its smaller sizes are ready",
                "validated": "whether any of its labels has a verdict",
                "donated": "whether the donor agreed to the licence",
            },
        ),
        *_many(Kind.TEXT, {"description": "words of the description"}),
        *_many(
            Kind.CUSTOM,
            {
                "gallery_id": "id of a gallery it is in",
                "filter_id": "id of a filter that would not hide it",
            },
        ),
        Field(
            "my",
            Kind.CUSTOM,
            "your own relation to it; you must be logged in",
            role=Role.ACCOUNT,
            choices=(
                "faves",
                "upvotes",
                "downvotes",
                "uploads",
                "hidden",
                "subs",
                "watched",
            ),
        ),
        *_many(
            Kind.NUMERIC,
            {
                "upvoted_by_id": "id of an account that voted it up",
                "downvoted_by_id": "id of an account that voted it down",
                "true_uploader_id": "id of the account that uploaded it, also anonymously",
                "hidden_by_id": "id of an account that hides it from itself",
                "deleted_by_user_id": "id of the moderator who removed it",
            },
            role=Role.MODERATOR,
        ),
        *_many(
            Kind.LITERAL,
            {
                "fingerprint": "browser mark of the uploader",
                "upvoted_by": "name of an account that voted it up",
                "downvoted_by": "name of an account that voted it down",
                "true_uploader": "name of the account that uploaded it, also anonymously",
                "hidden_by": "name of an account that hides it from itself",
                "deleted_by_user": "name of the moderator who removed it",
            },
            role=Role.MODERATOR,
        ),
        *_many(
            Kind.TEXT,
            {
                "deletion_reason": "words of the reason it was removed for",
                "scratchpad": "words of the moderators' notes",
            },
            role=Role.MODERATOR,
        ),
        *_many(Kind.IP, {"ip": "address or network of the uploader"}, role=Role.MODERATOR),
        *_many(
            Kind.BOOL,
            {
                "anonymous": "whether the uploader is kept secret",
                "deleted": "whether it was removed",
            },
            role=Role.MODERATOR,
        ),
    ),
)

_AUTHORED_STAFF_FIELDS = (
    Field(
        "true_author_id",
        Kind.NUMERIC,
        "id of the author, also when anonymous",
        role=Role.MODERATOR,
    ),
    Field(
        "deleted_by_user_id",
        Kind.NUMERIC,
        "id of the moderator who removed it",
        role=Role.MODERATOR,
    ),
    *_many(
        Kind.LITERAL,
        {
            "true_author": "name of the author, also when anonymous",
            "fingerprint": "browser mark of the author",
            "deleted_by_user": "name of the moderator who removed it",
        },
        role=Role.MODERATOR,
    ),
    *_many(
        Kind.TEXT,
        {"deletion_reason": "words of the reason it was removed for"},
        role=Role.MODERATOR,
    ),
    *_many(Kind.IP, {"ip": "address or network of the author"}, role=Role.MODERATOR),
    *_many(
        Kind.BOOL,
        {
            "anonymous": "whether the author is kept secret",
            "deleted": "whether it was removed",
            "approved": "whether a moderator let it through",
        },
        role=Role.MODERATOR,
    ),
)

_COMMENT_BODY = Field("body", Kind.TEXT, "words of the comment")

COMMENTS = Index(
    "comments",
    default=_COMMENT_BODY,
    fields=(
        _COMMENT_BODY,
        *_many(Kind.INT, {"id": "number of the comment"}),
        Field(
            "author_id",
            Kind.NUMERIC,
            "id of the author; never an anonymous comment",
            aliases=("user_id",),
        ),
        *_many(Kind.NUMERIC, {"image_id": "number of the image commented on"}),
        *_many(
            Kind.DATE,
            {"created_at": "when it was written", "updated_at": "when it last changed"},
        ),
        *_many(
            Kind.LITERAL,
            {
                "author": "name of the author; never an anonymous comment",
                "image.tags": "name of a tag of the image commented on",
            },
        ),
        Field(
            "my",
            Kind.CUSTOM,
            "your own comments; you must be logged in",
            role=Role.ACCOUNT,
            choices=("comments",),
        ),
        *_AUTHORED_STAFF_FIELDS,
        *_many(
            Kind.BOOL,
            {
                "image.deleted": "whether the image was removed",
                "image.approved": "whether the image was let through",
            },
            role=Role.MODERATOR,
        ),
    ),
)

_POST_BODY = Field("body", Kind.TEXT, "words of the post")

POSTS = Index(
    "posts",
    default=_POST_BODY,
    fields=(
        _POST_BODY,
        *_many(
            Kind.INT,
            {
                "id": "number of the post",
                "topic_position": "place in its topic, from 0",
            },
        ),
        Field(
            "author_id",
            Kind.NUMERIC,
            "id of the author; never an anonymous post",
            aliases=("user_id",),
        ),
        *_many(
            Kind.NUMERIC,
            {"forum_id": "number of the forum", "topic_id": "number of the topic"},
        ),
        *_many(
            Kind.DATE,
            {"created_at": "when it was written", "updated_at": "when it last changed"},
        ),
        *_many(
            Kind.LITERAL,
            {
                "author": "name of the author; never an anonymous post",
                "forum": "short name of the forum",
            },
        ),
        *_many(Kind.TEXT, {"subject": "words of the topic's title"}),
        Field(
            "my",
            Kind.CUSTOM,
            "your own posts; you must be logged in",
            role=Role.ACCOUNT,
            choices=("posts",),
        ),
        *_AUTHORED_STAFF_FIELDS,
        *_many(
            Kind.BOOL,
            {"destroyed_content": "whether its text was wiped"},
            role=Role.MODERATOR,
        ),
    ),
)

_GALLERY_TITLE = Field("title", Kind.LITERAL, "whole title of the gallery")

GALLERIES = Index(
    "galleries",
    default=_GALLERY_TITLE,
    fields=(
        _GALLERY_TITLE,
        *_many(
            Kind.INT,
            {
                "id": "number of the gallery",
                "image_count": "how many images are in it",
            },
        ),
        Field(
            "subscriber_count",
            Kind.INT,
            "how many accounts follow it",
            aliases=("watcher_count",),
        ),
        *_many(
            Kind.NUMERIC,
            {
                "user_id": "id of the account it belongs to",
                "image_ids": "number of an image in it",
                "thumbnail_id": "number of the image it shows as its cover",
            },
        ),
        *_many(
            Kind.DATE,
            {"created_at": "when it was made", "updated_at": "when it last changed"},
        ),
        *_many(Kind.LITERAL, {"user": "name of the account it belongs to"}),
        *_many(
            Kind.TEXT,
            {
                "description": "words of the description",
                "spoiler_warning": "words of the spoiler warning",
            },
        ),
        Field(
            "my",
            Kind.CUSTOM,
            "your own galleries; you must be logged in",
            role=Role.ACCOUNT,
            choices=("galleries",),
        ),
    ),
)

_TAG_NAME = Field("name", Kind.LITERAL, "whole name of the tag")

TAGS = Index(
    "tags",
    default=_TAG_NAME,
    fields=(
        _TAG_NAME,
        *_many(
            Kind.INT,
            {"id": "number of the tag", "images": "how many images have it"},
        ),
        *_many(
            Kind.LITERAL,
            {
                "slug": "name as it stands in addresses",
                "name_in_namespace": "name without its namespace",
                "namespace": "namespace, such as artist",
                "implies": "name of a tag it implies",
                "implied_by": "name of a tag that implies it",
                "alias_of": "name of the tag it is an alias of",
                "aliases": "name of an alias of it",
                "category": "category, such as rating",
                "analyzed_name": "one word of the name",
            },
        ),
        *_many(Kind.BOOL, {"aliased": "whether it is an alias"}),
        *_many(
            Kind.TEXT,
            {
                "description": "words of the description",
                "short_description": "words of the short description",
            },
        ),
    ),
)

_FILTER_NAME = Field("name", Kind.LITERAL, "whole name of the filter")

FILTERS = Index(
    "filters",
    default=_FILTER_NAME,
    fields=(
        _FILTER_NAME,
        *_many(
            Kind.INT,
            {
                "id": "number of the filter",
                "spoilered_count": "how many tags it spoilers",
                "hidden_count": "how many tags it hides",
            },
        ),
        *_many(Kind.NUMERIC, {"user_id": "id of the account it belongs to"}),
        *_many(Kind.DATE, {"created_at": "when it was made"}),
        *_many(Kind.LITERAL, {"creator": "name of the account it belongs to"}),
        *_many(Kind.TEXT, {"description": "words of the description"}),
        *_many(
            Kind.BOOL,
            {
                "public": "whether everybody may use it",
                "system": "whether the library itself provides it",
            },
        ),
        Field(
            "my",
            Kind.CUSTOM,
            "your own filters; you must be logged in",
            role=Role.ACCOUNT,
            choices=("filters",),
        ),
    ),
)

INDEXES = {i.name: i for i in (IMAGES, COMMENTS, POSTS, GALLERIES, TAGS, FILTERS)}
