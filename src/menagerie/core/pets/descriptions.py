"""Friendly texts about a pet, made of what is known about its breed.

The same pet of the same breed gets the same texts again.
"""

import random
from collections.abc import Sequence

from menagerie.core.animals import texts
from menagerie.core.animals.book import Breed
from menagerie.library import Tx
from menagerie.storage.schema import AnimalTextKind, Species
from menagerie.vision.analyst import Descriptions

_FUN = (
    (
        "{name} has the looks of {a_breed} and the confidence to match. {Trait} by nature, and"
        " well aware of where the treats are kept."
    ),
    (
        "Part {breed}, part household manager: {name} runs a tight ship. {Trait} on weekdays,"
        " irresistible at weekends."
    ),
    (
        "If charm were a sport, {name} would have a shelf of trophies. The {breed} in there is"
        " unmistakable: {trait}, and always ready for its close-up."
    ),
    (
        "Look up {breed} in a book and you may find {name} there. {Trait}, photogenic, and fully"
        " in charge of the sofa."
    ),
    (
        "{name} looks every bit the {breed}. {Trait} on the outside, made of pure mischief on the"
        " inside."
    ),
    (
        "There is {a_breed} in these eyes, and it has plans for the afternoon. {name} is"
        " {trait}, and excellent company."
    ),
)
_CAPTIONS = (
    "{name}, reporting for cuddles",
    "Born {trait}, raised on snacks",
    "One {breed}, no regrets",
    "{name}: the face of the house",
    "Caution: highly {trait}",
    "Today's forecast: {name}, all day",
    "Certified {species}, expert napper",
)
_HAPPY = {
    Species.DOG: (
        "Every walk with you is the best walk there ever was!",
        "You came home, and my tail is telling everybody!",
        "I found a stick today, and I saved it for you.",
        "Whatever we do next, I am in!",
        "My favourite place is wherever you sit down.",
    ),
    Species.CAT: (
        "I have inspected the sun spot, and it meets my standards.",
        "You may stroke me now; I have cleared my morning.",
        "I left a little fur on your best coat, so that you think of me.",
        "I purr because you got the dinner almost right.",
        "My favourite box is the one you were about to use.",
    ),
}
_PLAIN = {
    Species.DOG: "A dog's nose print is as much its own as a fingerprint is ours.",
    Species.CAT: "A cat sleeps for more than half of the day.",
}
_TRAITS = {
    Species.DOG: ("loyal", "curious", "cheerful", "playful"),
    Species.CAT: ("curious", "graceful", "independent", "playful"),
}


def describe(
    tx: Tx, *, seed: str, name: str | None, species: Species, breed: Breed | None
) -> Descriptions:
    """Return texts about a pet of a breed; `seed` decides which of the many."""
    chance = random.Random(f"{seed} {breed.code if breed else species}")  # noqa: S311  # no secret
    trait = chance.choice(_traits(breed) or _TRAITS[species])
    called = breed.name if breed is not None else str(species)
    words = {
        "name": name or f"This {species}",
        "breed": called,
        "a_breed": with_article(called),
        "species": str(species),
        "trait": trait,
        "Trait": trait.capitalize(),
    }
    return Descriptions(
        fun_description=chance.choice(_FUN).format(**words),
        fun_caption=chance.choice(_CAPTIONS).format(**words),
        happy_sentence=chance.choice(_HAPPY[species]),
        breed_fact=_fact(tx, chance, species, breed),
    )


def with_article(noun: str) -> str:
    """Return a noun behind `a` or `an`, by its first letter.

    >>> with_article("Abyssinian"), with_article("Pug")
    ('an Abyssinian', 'a Pug')
    """
    return f"{'an' if noun[:1].lower() in set('aeio') else 'a'} {noun}"


def _traits(breed: Breed | None) -> Sequence[str]:
    """Return what a breed is said to be like, in lower case."""
    if breed is None:
        return ()
    return [word.strip().lower() for word in breed.temperament.split(",") if word.strip()]


def _fact(tx: Tx, chance: random.Random, species: Species, breed: Breed | None) -> str:
    if breed is None:
        return _PLAIN[species]
    found = texts.find(tx, AnimalTextKind.FACT, breed_id=breed.id, limit=20).items
    if found:
        return chance.choice(found).text
    if breed.description:
        return breed.description.partition(". ")[0].rstrip(".") + "."
    if breed.bred_for:
        return f"The {breed.name} was bred for {breed.bred_for[0].lower()}{breed.bred_for[1:]}."
    return _PLAIN[species]
