"""The closed sets that columns hold."""

from enum import StrEnum


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


class Species(StrEnum):
    """The animals whose breeds are known."""

    DOG = "dog"
    CAT = "cat"


class AnimalTextKind(StrEnum):
    """What a text about animals is."""

    FACT = "fact"
    HEALTH_TIP = "health_tip"


class RequestState(StrEnum):
    """What became of a wish to make a private image public."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELLED = "cancelled"


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
    LABEL = "label"  # image, tag: that label was asserted, suggested, taken away or judged
    POSTING = "posting"  # tag: many of its labels or its category changed; read them all again
    TAG = "tag"  # tag: its row changed (new, renamed, aliased)
    ACCOUNT = "account"  # account: its row changed (new, renamed, role, watch list)
    INTERACTION = "interaction"  # account, image: that account's vote, fave, hide, subscription
    GALLERY = "gallery"  # gallery: its row or its order changed
    FILTER = "filter"  # filter: it was made, changed or deleted
    WORD = "word"  # word: the vocabulary changed; read all of it again
    BREED = "breed"  # breed or 0: breeds, categories, texts or laws changed; read all again
    COMMENT = "comment"  # comment: it is new, or its text, author or visibility changed
    POST = "post"  # post: likewise
    TOPIC = "topic"  # topic: its title, its forum or who may see it changed, and so all its posts
    FORUM = "forum"  # forum: who may read it changed, or its short name
    VOCABULARY = "vocabulary"  # everything at once: rebuild


class ForumAccess(StrEnum):
    """Who may read and write in a forum."""

    NORMAL = "normal"  # everybody
    ASSISTANT = "assistant"  # assistants and above
    STAFF = "staff"  # moderators and above


class PollMethod(StrEnum):
    """How many options of a poll one may choose."""

    SINGLE = "single"
    MULTIPLE = "multiple"


class TextKind(StrEnum):
    """What kind of text an earlier wording belongs to."""

    COMMENT = "comment"
    POST = "post"
    DESCRIPTION = "description"  # of an image
    TAG = "tag"  # its description


class NewsKind(StrEnum):
    """What an account is told of; `subject_id` and `other_id` are named beside each."""

    COMMENT = "comment"  # image, newest comment on it
    POST = "post"  # topic, newest post in it
    TOPIC = "topic"  # forum, newest topic in it
    GALLERY = "gallery"  # gallery, newest image in it
    MERGE = "merge"  # image that was merged, its target
    COMMENT_MENTION = "comment_mention"  # image, comment that names the account
    POST_MENTION = "post_mention"  # topic, post that names the account
    AWARD = "award"  # award
    LINK = "link"  # profile link that was decided
    DNP = "dnp"  # do-not-post entry that was decided


class LinkState(StrEnum):
    """How far the proof is that an address belongs to an account."""

    UNVERIFIED = "unverified"
    LINK_VERIFIED = "link_verified"
    CONTACTED = "contacted"
    VERIFIED = "verified"
    REJECTED = "rejected"


class DnpType(StrEnum):
    """What an artist asks for; the texts are those that programs see."""

    NO_EDITS = "No Edits"
    ARTIST_TAG_CHANGE = "Artist Tag Change"
    UPLOADER_CREDIT_CHANGE = "Uploader Credit Change"
    CERTAIN_ONLY = "Certain Type/Location Only"
    WITH_PERMISSION_ONLY = "With Permission Only"
    ARTIST_UPLOAD_ONLY = "Artist Upload Only"
    OTHER = "Other"


class DnpState(StrEnum):
    """What became of an artist's wish; only listed ones are shown and enforced."""

    REQUESTED = "requested"
    CLAIMED = "claimed"
    LISTED = "listed"
    ACKNOWLEDGED = "acknowledged"
    RESCINDED = "rescinded"
    CLOSED = "closed"


class DuplicateState(StrEnum):
    """What became of the suggestion that two images are one."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class QueueKind(StrEnum):
    """What waits for a decision of staff."""

    REPORT = "report"
    UPLOAD = "upload"  # a new image of the board
    DONATION = "donation"  # a new image that was given without an account, or under a licence
    PUBLIC_REQUEST = "public_request"  # somebody wants a private image to be public
    DUPLICATE = "duplicate"
    COMMENT = "comment"
    POST = "post"
    LINK = "link"
    DNP = "dnp"


class SubjectKind(StrEnum):
    """What a report is about, and what moderators act on."""

    IMAGE = "image"
    COMMENT = "comment"
    POST = "post"
    ACCOUNT = "account"
    GALLERY = "gallery"
    CONVERSATION = "conversation"


class EventKind(StrEnum):
    """What the live feed tells of; `subject_id` is the image, comment or post."""

    IMAGE_CREATE = "image:create"
    IMAGE_UPDATE = "image:update"
    IMAGE_PROCESS = "image:process"
    IMAGE_MERGE = "image:merge"
    IMAGE_TAG_UPDATE = "image:tag_update"
    IMAGE_SOURCE_UPDATE = "image:source_update"
    IMAGE_DESCRIPTION_UPDATE = "image:description_update"
    IMAGE_BATCH_TAG_UPDATE = "image:batch_tag_update"
    COMMENT_CREATE = "comment:create"
    COMMENT_UPDATE = "comment:update"
    POST_CREATE = "post:create"
    POST_UPDATE = "post:update"
