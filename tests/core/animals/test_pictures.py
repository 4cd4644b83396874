"""Which pictures show which animals."""

import pytest

import build
from menagerie.core import images, labels, votes
from menagerie.core.animals import book, editing, pictures
from menagerie.core.animals.editing import Kind
from menagerie.errors import Invalid, NotFound
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Audience, Species

DOG, CAT = Species.DOG, Species.CAT


def breed(tx, name, species=DOG):
    return book.book(tx).by_name(species, name)


def suggest(library, image_id, name, confidence=0.9):
    with library.writing(SYSTEM) as tx:
        labels.suggest(tx, image_id, [(breed(tx, name).tag_id, confidence)])


def test_a_picture_is_of_its_breed_and_species(library):
    pug = build.image(library, "safe, breed:pug, solo")
    dog = build.image(library, "safe, dog, solo")
    cat = build.image(library, "safe, breed:abyssinian, category:boxes")
    guessed = build.image(library, "safe, solo, two")
    suggest(library, guessed, "Pug")
    with library.reading(ANONYMOUS) as tx:
        assert set(pictures.of_species(tx, DOG)) == {pug, dog, guessed}
        assert set(pictures.of_species(tx, CAT)) == {cat}
        assert set(pictures.of_breeds(tx, [breed(tx, "Pug").id, 999_999])) == {pug, guessed}
        assert set(pictures.of_categories(tx, [5, 999])) == {cat}
        shown = {image.id: image for image in images.find_many(tx, [pug, dog, cat, guessed])}
        names = {i: [b.name for b in pictures.breeds_of(tx, shown[i])] for i in shown}
        assert names == {pug: ["Pug"], dog: [], cat: ["Abyssinian"], guessed: ["Pug"]}
        [boxes] = pictures.categories_of(tx, shown[cat])
        assert (boxes.name, boxes.species) == ("boxes", CAT)


def test_what_people_say_comes_first(library):
    image = build.image(library, "safe, breed:pug, solo")
    suggest(library, image, "Affenpinscher")
    with library.reading(ANONYMOUS) as tx:
        both = pictures.breeds_of(tx, images.get(tx, image))
        assert [found.name for found in both] == ["Pug", "Affenpinscher"]


def test_a_category_of_both_species_is_that_of_the_animal(library):
    dog = build.image(library, "safe, dog, category:hats")
    cat = build.image(library, "safe, cat, category:hats")
    with library.reading(ANONYMOUS) as tx:
        for image, species in ((dog, DOG), (cat, CAT)):
            [hats] = pictures.categories_of(tx, images.get(tx, image))
            assert hats.species == species


def test_the_species_set_is_the_same_object_while_it_holds_the_same(library):
    dog = build.image(library, "safe, dog, solo")
    with library.reading(ANONYMOUS) as tx:
        before = pictures.of_species(tx, DOG)
    with library.writing(build.account(library)) as tx:
        votes.vote(tx, dog, 1)
    with library.reading(ANONYMOUS) as tx:
        assert pictures.of_species(tx, DOG) is before
    build.image(library, "safe, dog, solo")
    with library.reading(ANONYMOUS) as tx:
        assert len(pictures.of_species(tx, DOG)) == len(before) + 1


def reference(library, name="Pug"):
    with library.reading(ANONYMOUS) as tx:
        return pictures.reference_images(tx).get(breed(tx, name).id)


def test_the_best_picture_stands_for_a_breed(library, clock):
    assert reference(library) is None
    guessed = build.image(library, "safe, solo, two")
    suggest(library, guessed, "Pug")
    assert reference(library) == guessed
    build.image(library, "explicit, breed:pug, solo")
    build.image(library, "safe, breed:pug, solo", actor=build.account(library, "P"),
                audience=Audience.PRIVATE)  # fmt: skip
    assert reference(library) == guessed
    first = build.image(library, "safe, breed:pug, solo")
    second = build.image(library, "safe, breed:pug, solo")
    assert reference(library) == first
    with library.writing(build.account(library)) as tx:
        votes.vote(tx, second, 1)
    assert reference(library) == first
    clock.advance(61)
    with library.writing(build.account(library, "Bob")) as tx:
        votes.vote(tx, second, 1)
    assert reference(library) == second
    with library.writing(SYSTEM) as tx:
        labels.decline(tx, guessed, breed(tx, "Pug").tag_id)


def test_an_administrator_chooses_the_picture(library):
    build.image(library, "safe, breed:pug, solo")
    chosen = build.image(library, "safe, solo, statue")
    with library.writing(SYSTEM) as tx:
        editing.set_reference_image(tx, breed(tx, "Pug").code, chosen)
    assert reference(library) == chosen
    private = build.image(library, "safe, solo, two", audience=Audience.PRIVATE,
                          actor=build.account(library, "Eve"))  # fmt: skip
    for hidden in (private, 999_999):
        with pytest.raises((Invalid, NotFound)), library.writing(SYSTEM) as tx:
            editing.set_reference_image(tx, breed(tx, "Pug").code, hidden)
    with library.writing(SYSTEM) as tx:
        editing.set_reference_image(tx, breed(tx, "Pug").code, None)
    assert reference(library) not in {chosen, None}
    assert Kind.BREED == "breed"
