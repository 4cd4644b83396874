"""Which breeds a pet looks like, by the classifier, over all of its photographs."""

from collections.abc import Sequence

import msgspec

from menagerie.core import recognition
from menagerie.core.animals.book import Book
from menagerie.core.pets.descriptions import with_article
from menagerie.core.pets.photos import Photo
from menagerie.errors import Unavailable
from menagerie.library import Actor, Library
from menagerie.vision import breeds
from menagerie.vision.breeds import Classes, Guess

MODEL = "efficientnet-lite0"
MOST_PHOTOS = 20
"""The newest so many photographs are looked at."""
_MOST_LISTED = 10
# Shares that one breed needs to be taken for the only one. The classifier spreads over breeds that
# look alike (huskies and malamutes), so much less than all of it is already a clear answer.
_CLEAR = 0.5
_CLEAR_LEAD = 0.2
_FAINT = 0.05


class Ranked(msgspec.Struct, frozen=True):
    """A breed by public id and name, and how sure the classifier is, 0 to 1; empty: none."""

    id: str = ""
    label: str = ""
    confidence: float = 0.0


class Probabilities(msgspec.Struct, frozen=True):
    """Breeds with how likely they are, likeliest first; three lists of one length."""

    ids: list[str]
    labels: list[str]
    confidences: list[float]


class Genealogy(msgspec.Struct, frozen=True):
    """What a pet looks like. Looks are no proof of descent, and the reasoning says so."""

    is_mixed_breed: bool
    mixed_breed_reasoning: str
    primary_breed: Ranked
    secondary_breed: Ranked
    tertiary_breed: Ranked
    breed_probabilities: Probabilities


def classes_of(library: Library, actor: Actor, photos: Sequence[Photo]) -> list[Classes]:
    """Return what the classifier sees in the newest photographs, one by one.

    What was not looked at yet is looked at now. Raises Unavailable when recognition is off or the
    models cannot be loaded.
    """
    if not library.settings.recognition:
        raise Unavailable("Breeds are not recognised here: the setting recognition is off.")
    newest = [photo.image for photo in photos[-MOST_PHOTOS:]]
    with library.reading(actor) as tx:
        known = recognition.of_many(tx, newest)
    missing = [image.id for image in newest if known[image.id].classified_at is None]
    if missing:
        # Uploads are looked at by a job, which may not have had its turn.
        recognition.look_at(library, missing)
        with library.reading(actor) as tx:
            known = recognition.of_many(tx, newest)
    return [known[image.id].breeds for image in newest]


def of_classes(book: Book, seen: Sequence[Classes], *, kept_as: str | None) -> Genealogy | None:
    """Return the breeds that photographs add up to; None when none shows a dog or cat.

    `kept_as` is the name of the breed that its keeper says it is.
    """
    guesses = breeds.breeds_of(seen)
    if not guesses:
        return None
    ranked = [_ranked(book, guess) for guess in guesses[:_MOST_LISTED]]
    total = sum(guess.probability for guess in guesses)
    first = guesses[0].probability / total
    second = guesses[1].probability / total if len(guesses) > 1 else 0.0
    is_mixed = first < _CLEAR or first - second < _CLEAR_LEAD
    slots = [one for one in ranked[:3] if one.confidence >= _FAINT or one is ranked[0]]
    slots += [Ranked()] * (3 - len(slots))
    return Genealogy(
        is_mixed_breed=is_mixed,
        mixed_breed_reasoning=_reasoning(ranked, len(seen), kept_as, is_mixed=is_mixed),
        primary_breed=slots[0],
        secondary_breed=slots[1],
        tertiary_breed=slots[2],
        breed_probabilities=Probabilities(
            [one.id for one in ranked],
            [one.label for one in ranked],
            [one.confidence for one in ranked],
        ),
    )


def _ranked(book: Book, guess: Guess) -> Ranked:
    breed = book.by_imagenet(guess.index) if guess.index is not None else None
    confidence = round(guess.probability, 4)
    if breed is None:
        return Ranked("", guess.word, confidence)
    return Ranked(breed.code, breed.name, confidence)


def _reasoning(
    ranked: Sequence[Ranked], photo_count: int, kept_as: str | None, *, is_mixed: bool
) -> str:
    photographs = "one photograph" if photo_count == 1 else f"{photo_count} photographs"
    likeliest = ", ".join(f"{one.label} ({one.confidence:.0%})" for one in ranked[:3])
    said = [f"A classifier that knows 118 breeds of dogs and 5 of cats looked at {photographs}."]
    if is_mixed:
        said.append(f"No single breed stands out; it looks most like {likeliest}.")
        said.append("That is typical of a mixed breed, and also of a breed it does not know.")
    else:
        others = f", then {', '.join(one.label for one in ranked[1:3])}" if len(ranked) > 1 else ""
        said.append(f"{ranked[0].label} stands out with {ranked[0].confidence:.0%}{others}.")
        said.append("It looks like one breed; a mixed breed may look so too.")
    if kept_as is not None and kept_as != ranked[0].label:
        said.append(f"Its keeper says that it is {with_article(kept_as)}.")
    said.append("Looks are no proof of descent: only a genetic test can tell.")
    return " ".join(said)
