import json

import numpy as np
import pytest

from menagerie.data import vocabulary
from menagerie.media import sight
from menagerie.vision import breeds, safety
from menagerie.vision.imagenet import classes, of_species
from menagerie.vision.models import Sight
from vision.conftest import PICTURES

BEAGLE, BASSET, TABBY, PERSIAN = 162, 161, 281, 283


def saw(shares: dict[int, float]) -> Sight:
    """Return a sight of some classes, the rest spread over everything as the network does it."""
    rest = (1 - sum(shares.values())) / 1000
    probabilities = np.full(1000, rest, np.float32)
    for index, share in shares.items():
        probabilities[index] += share
    return Sight(probabilities, np.zeros(1280, np.float32))


def words(guesses, least=0.5):
    return [guess.word for guess in guesses if guess.probability >= least]


def test_every_class_names_a_word_that_exists():
    known = vocabulary.read_all()["labels"]
    assert len(classes()) == 1000
    assert {one.word for one in classes() if one.word} <= known.keys()
    assert of_species("dog").tolist() == list(range(151, 269))
    assert of_species("cat").tolist() == list(range(281, 286))
    assert all(classes()[index].word for kind in ("dog", "cat") for index in of_species(kind))
    breed_words = [one.word for one in classes() if one.species]
    assert len(set(breed_words)) == 123


def test_a_cat_is_a_cat_and_no_dog(seen):
    found = breeds.subjects_of(seen("cat.jpg"))
    assert words(found) == ["cat"]
    assert {guess.word for guess in found} >= {"tabby", "tiger cat", "egyptian cat"}
    assert all(guess.word != "dog" for guess in found)


@pytest.mark.parametrize(
    "name",
    ["astronaut.jpg", "photographer.jpg", "coffee.jpg", "rocket.jpg", "galaxies.jpg", "retina.jpg"],
)
def test_people_and_things_are_neither_dog_nor_cat(seen, name):
    found = seen(name)
    assert not {"dog", "cat"} & {guess.word for guess in breeds.subjects_of(found, least=0.01)}
    assert breeds.breeds_of([breeds.animal_classes(found)]) == []
    assert found.probabilities[of_species("dog")].sum() < 0.1


def test_a_word_of_several_classes_counts_once_with_their_sum():
    # school bus, minibus, trolleybus, and the sports car
    found = breeds.subjects_of(saw({779: 0.3, 654: 0.3, 874: 0.1, 817: 0.2}))
    assert [(guess.word, guess.index) for guess in found] == [("bus", None), ("car", 817)]
    assert found[0].probability == pytest.approx(0.7, abs=0.01)


def test_a_dog_of_no_clear_breed_is_a_dog():
    spread = saw(dict.fromkeys(range(151, 269), 0.9 / 118))
    assert words(breeds.subjects_of(spread)) == ["dog"]
    unsure = saw({})
    assert breeds.subjects_of(unsure, least=0.01) == []


def test_a_breed_is_never_likelier_than_its_species():
    found = breeds.subjects_of(saw({BEAGLE: 0.6}))
    dog = next(guess for guess in found if guess.word == "dog")
    beagle = next(guess for guess in found if guess.word == "beagle")
    assert 0.4 < dog.probability < 0.7
    assert beagle.probability <= dog.probability
    assert beagle.index == BEAGLE


def test_photos_of_one_pet_speak_together():
    clear, other, blank = saw({BEAGLE: 0.9}), saw({BASSET: 0.9}), saw({504: 0.9})

    def of(*sights):
        return breeds.breeds_of([breeds.animal_classes(one) for one in sights])

    alone = of(clear)[0]
    assert alone.word == "beagle"
    # A photo without the pet changes hardly anything; one that disagrees is no veto.
    assert of(clear, blank, blank)[0].probability == pytest.approx(alone.probability, abs=0.05)
    assert [guess.word for guess in of(clear, clear, other)[:2]] == ["beagle", "basset"]
    assert of(clear, clear, other)[0].probability == pytest.approx(
        2 * of(clear, clear, other)[1].probability, rel=0.1
    )
    assert of(blank) == of() == []
    both = of(clear, saw({PERSIAN: 0.9}))
    assert {guess.word for guess in both} == {"beagle", "persian cat"}


def test_kept_classes_survive_json():
    kept = breeds.animal_classes(saw({TABBY: 0.5, BEAGLE: 0.2}))
    assert [index for index, _ in kept[:2]] == [TABBY, BEAGLE]
    assert len(kept) == breeds.KEPT
    assert breeds.breeds_of([json.loads(json.dumps(kept))]) == breeds.breeds_of([kept])


def test_safety_has_a_reason_only_above_the_threshold(models):
    ratings = [safety.judge(p).rating for p in (0, 0.39, 0.4, 0.6, 0.79, 0.8, 1)]
    assert ratings == [
        "safe", "safe", "suggestive", "questionable", "questionable", "explicit", "explicit",
    ]  # fmt: skip
    assert not safety.judge(0.8).is_safe
    assert safety.judge(0.79).is_safe
    assert safety.judge(0.5, threshold=0.4).reasons == ("adult",)
    assert set(safety.REASONS) == {"adult"}
    for name in ("astronaut.jpg", "coffee.jpg", "dog.svg"):
        (probability,) = models.unsafe(sight.views(str(PICTURES / name)).whole)
        assert safety.judge(probability) == safety.Safety((), "safe")
