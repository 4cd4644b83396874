"""From what the classifier saw to words: subjects of a picture, breeds of a pet.

The classifier spreads a little over all thousand classes whatever it sees, 118 of them dogs, so
"the likeliest class is a beagle" says nothing about whether there is a dog at all. Evidence of a
dog is the sum over all breeds of dogs, and it becomes a probability by `_SPECIES`, whose figures
were measured on photographs (`docs/recognition.md`): things and people stay under 0.3, hoofed
animals that the classifier has no class for reach 0.73, dogs begin at 0.75.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from menagerie.vision.imagenet import classes, of_species
from menagerie.vision.models import Sight

Classes = Sequence[tuple[int, float]]
"""ImageNet classes with their probabilities, as stored with an image."""

KEPT = 20
"""How many classes of dogs and cats are kept of a picture."""
_LEAST_SUBJECT = 0.1
_LEAST_BREED = 0.01


class Guess(msgspec.Struct, frozen=True):
    """A word of the vocabulary and how likely it is right, 0 to 1.

    `index` is the ImageNet class behind it, None where several are (a species, `car`).
    """

    index: int | None
    word: str
    probability: float


class _Evidence(NamedTuple):
    """A species is impossible up to the sum `none`, certain from `sure` on, linear between."""

    none: float
    sure: float


_SPECIES = {"dog": _Evidence(0.4, 0.9), "cat": _Evidence(0.15, 0.65)}


def species_probability(species: str, evidence: float) -> float:
    """Return how likely a `dog` or `cat` is there, given the sum over its breeds.

    >>> species_probability("dog", 0.03), species_probability("dog", 0.65)
    (0.0, 0.5)
    """
    bounds = _SPECIES[species]
    share = (evidence - bounds.none) / (bounds.sure - bounds.none)
    return round(min(max(share, 0.0), 1.0), 6)


def animal_classes(sight: Sight, count: int = KEPT) -> list[tuple[int, float]]:
    """Return the likeliest classes of dogs and cats, likeliest first: what `breeds_of` needs."""
    animals = np.concatenate([of_species(species) for species in _SPECIES])
    likeliest = animals[np.argsort(-sight.probabilities[animals], kind="stable")[:count]]
    return [(int(index), float(sight.probabilities[index])) for index in likeliest]


def subjects_of(sight: Sight, *, least: float = _LEAST_SUBJECT) -> list[Guess]:
    """Return what is in the picture, likeliest first: `dog`, `cat`, breeds and everything else.

    A breed is at most as likely as its species. Classes that the vocabulary has one word for count
    together; those it has none for are left out. Guesses below `least` are left out.
    """
    found = [*_species_guesses(sight), *breeds_of([animal_classes(sight)], least=least)]
    sums: dict[str, tuple[int | None, float]] = {}
    for index in np.flatnonzero(sight.probabilities >= _LEAST_BREED).tolist():
        one = classes()[index]
        if one.word is None or one.species is not None:
            continue
        total = sums.get(one.word, (index, 0.0))[1] + float(sight.probabilities[index])
        sums[one.word] = (None if one.word in sums else index, total)
    found += [Guess(index, word, min(total, 1.0)) for word, (index, total) in sums.items()]
    return _ranked(guess for guess in found if guess.probability >= least)


def _species_guesses(sight: Sight) -> list[Guess]:
    return [
        Guess(
            None,
            species,
            species_probability(species, float(sight.probabilities[of_species(species)].sum())),
        )
        for species in _SPECIES
    ]


def breeds_of(photos: Sequence[Classes], *, least: float = _LEAST_BREED) -> list[Guess]:
    """Return the breeds of one pet by all its photos (`animal_classes` of each), likeliest first.

    The probabilities of the photos are added, not multiplied: photos of one pet are much alike, so
    they are no independent witnesses, and one that shows it from behind must not veto the others.
    A photo in which hardly any animal is seen adds hardly anything. What is said of one breed is
    its share of the species, times how likely the species is by the photo that shows it best.

    Empty when no photo shows a dog or cat. Of a pet that is no pure breed the list is what it looks
    like, and the probabilities are no shares of its parents.
    """
    found = []
    for species in _SPECIES:
        indices = set(of_species(species).tolist())
        evidence = [[(i, p) for i, p in photo if i in indices] for photo in photos]
        sums = [sum(p for _, p in photo) for photo in evidence]
        total, present = sum(sums), species_probability(species, max(sums, default=0.0))
        if present <= 0.0:
            continue
        shares: dict[int, float] = {}
        for index, probability in (pair for photo in evidence for pair in photo):
            shares[index] = shares.get(index, 0.0) + probability / total
        found += [Guess(i, classes()[i].word or "", share * present) for i, share in shares.items()]
    return _ranked(guess for guess in found if guess.probability >= least)


def _ranked(guesses: Iterable[Guess]) -> list[Guess]:
    return sorted(guesses, key=lambda guess: (-guess.probability, guess.word))
