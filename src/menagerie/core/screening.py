"""Screening: what the review of a new image comes to, by who sends it and what a model says.

Where the setting `review` says `model`, the safety model lets through what it finds safe, and a
person decides about the rest. Private images are never for persons to review, since only their
owners see them: there the model decides wherever it may.
"""

import msgspec
import structlog

from menagerie.errors import Unavailable
from menagerie.library import Actor, Library
from menagerie.media.sight import Views
from menagerie.settings import ReviewMode, Settings
from menagerie.storage.schema import Audience, Review, Role
from menagerie.vision import safety

_log = structlog.get_logger(__name__)
_FAILED = "screening: the models have failed"
_TRUSTED = frozenset({Role.ASSISTANT, Role.MODERATOR, Role.ADMIN})


class Outcome(msgspec.Struct, frozen=True):
    """What a new image starts as.

    `reasons` are why it is not shown, by the model; `rating` is the tag that rates it unless
    somebody else does, None if no model is to rate it.
    """

    review: Review
    reasons: tuple[str, ...] = ()
    rating: str | None = None


def is_trusted(actor: Actor) -> bool:
    """Tell whether what the actor uploads needs no review."""
    return actor.is_verified or actor.role in _TRUSTED


def is_wanted(library: Library, actor: Actor) -> bool:
    """Tell whether the safety model has a say in what the actor uploads."""
    settings = library.settings
    return settings.recognition and settings.review != ReviewMode.OPEN and not is_trusted(actor)


def unsafe_probability(library: Library, views: Views) -> float | None:
    """Return how likely it is, 0 to 1, that a picture is not for everybody.

    None if the model cannot be loaded, which is logged the first time.
    """
    try:
        found = max(library.models.unsafe(views.whole))
    except Unavailable as error:
        if not library.caches.get(_FAILED):
            library.caches[_FAILED] = True
            _log.warning("new images wait for a person: the safety model fails", error=str(error))
        return None
    library.caches.pop(_FAILED, None)
    return found


def outcome(
    settings: Settings, actor: Actor, audience: Audience, probability: float | None
) -> Outcome:
    """Return what a new image of the actor starts as; `probability` is None if no model judged."""
    if settings.review == ReviewMode.OPEN or is_trusted(actor):
        return Outcome(Review.APPROVED)
    is_private = audience == Audience.PRIVATE
    if settings.review == ReviewMode.PERSON and not is_private:
        return Outcome(Review.PENDING)
    if probability is None:
        return Outcome(Review.APPROVED if is_private else Review.PENDING)
    judged = judge(settings, probability)
    return Outcome(
        Review.APPROVED if judged.is_safe else Review.PENDING,
        judged.reasons,
        judged.rating if settings.review == ReviewMode.MODEL else None,
    )


def judge(settings: Settings, probability: float) -> safety.Safety:
    """Return what a probability means here."""
    return safety.judge(probability, threshold=settings.unsafe_threshold / 100)
