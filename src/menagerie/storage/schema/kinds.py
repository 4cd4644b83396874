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
    VOCABULARY = "vocabulary"  # everything at once: rebuild
