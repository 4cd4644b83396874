"""Reading breeds, texts, laws and translations."""

import pytest

from menagerie.core.animals import book, editing, laws, texts, translations
from menagerie.core.animals.editing import Kind
from menagerie.core.orders import Order
from menagerie.errors import NotFound
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import AnimalTextKind, Species

FACT, TIP = AnimalTextKind.FACT, AnimalTextKind.HEALTH_TIP
DOG, CAT = Species.DOG, Species.CAT


def test_breeds_are_found_by_whatever_they_are_called(library):
    with library.reading(ANONYMOUS) as tx:
        there = book.book(tx)
        pug = there.by_name(DOG, " PUG ")
        assert pug.species is DOG
        assert there.by_id(pug.id) is pug
        assert there.by_code(pug.code) is pug
        assert there.by_code("ABYS") is there.by_name(CAT, "Abyssinian")
        assert there.by_name(CAT, "Pug") is None
        other = pug.alt_names.partition(", ")[0]
        assert there.by_name(DOG, other) is pug
        assert there.by_code("0") is there.by_imagenet(0) is there.by_tag(0) is None
        names = [book.plain(found.name) for found in there.of_species(DOG)]
        assert names == sorted(names)


def test_groups_take_in_and_leave_out(library):
    with library.reading(ANONYMOUS) as tx:
        there = book.book(tx)
        assert there.groups(CAT) == []
        assert {"Toy", "Terrier"} < set(there.groups())
        dogs = there.of_species(DOG)
        toys = book.in_groups(dogs, ["toy"])
        assert toys
        assert {found.group for found in toys} == {"Toy"}
        rest = book.in_groups(dogs, (), ["TOY"])
        assert len(toys) + len(rest) == len(dogs)
        assert book.in_groups(dogs, ["toy"], ["toy"]) == []
        assert any(found.name == "Pug" for found in book.called(dogs, "pU"))


def test_accents_decide_neither_the_order_nor_what_is_found(library):
    with library.writing(SYSTEM) as tx:
        for code, name in (("9001", "Éa Hound"), ("9002", "Eb Hound"), ("9003", "Dz Hound")):
            editing.add(tx, Kind.BREED, DOG, {"id": code, "name": name})
    with library.reading(ANONYMOUS) as tx:
        there = book.book(tx)
        names = [found.name for found in there.of_species(DOG)]
        assert names.index("Dz Hound") < names.index("Éa Hound") < names.index("Eb Hound")
        for text in ("éa hound", "ea hound", "EA HOUND"):
            assert "9001" in {found.code for found in book.called(there.breeds, text)}


def test_everything_is_kept_until_something_changes(library):
    with library.reading(ANONYMOUS) as tx:
        first = book.book(tx)
        texts.find(tx, FACT, limit=1)
        laws.countries(tx)
    with library.reading(ANONYMOUS) as tx:
        assert book.book(tx) is first
        assert texts.find(tx, FACT, limit=1).items
        assert laws.countries(tx)
        assert not tx.is_open  # so no statement was made
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.BREED, "abys", {"origin": "Egypt"})
    with library.reading(ANONYMOUS) as tx:
        assert book.book(tx) is not first
        assert book.book(tx).by_code("abys").origin == "Egypt"


def test_texts_are_paged_drawn_and_found(library):
    with library.reading(ANONYMOUS) as tx:
        everything = texts.find(tx, FACT, limit=10_000)
        dogs = texts.find(tx, FACT, species=DOG, limit=3)
        cats = texts.find(tx, FACT, species=CAT, limit=3)
        assert everything.total == len(everything.items) == dogs.total + cats.total
        assert texts.find(tx, FACT, species=DOG, limit=2, offset=1).items == dogs.items[1:]
        backwards = texts.find(tx, FACT, order=Order.DESC, limit=1)
        assert backwards.items == everything.items[-1:]
        drawn = texts.find(tx, FACT, order=Order.RANDOM, limit=50).items
        assert len({text.code for text in drawn}) == 50
        about = next(text for text in everything.items if text.breed_id)
        of_breed = texts.find(tx, FACT, breed_id=about.breed_id, limit=100)
        assert about in of_breed.items
        assert {text.breed_id for text in of_breed.items} == {about.breed_id}
        assert texts.pick(tx, FACT, breed_id=about.breed_id) in of_breed.items
        assert texts.get(tx, FACT, about.code) is texts.get(tx, FACT, about.slug) is about
        assert len(about.code) == 10
        with pytest.raises(NotFound):
            texts.get(tx, TIP, about.code)
        with pytest.raises(NotFound):
            texts.pick(tx, FACT, breed_id=-1)
        assert {source.url for source in texts.sources(tx)} >= set(about.sources)


def test_languages_fall_back_to_english(library):
    with library.reading(ANONYMOUS) as tx:
        assert {"de", "es", "fr", "it"} <= set(translations.languages(tx))
        german = translations.translated(tx, "de-AT")
        assert german.language == "de"
        assert german.text("group:Toy", "name", "Toy") != "Toy"
        assert german.text("group:Odd", "name", "Odd") == "Odd"
        for odd in ("", "en-gb", "xx", "\0"):
            assert translations.translated(tx, odd) is translations.PLAIN


def test_laws_are_told_by_country_and_by_breed(library):
    with library.reading(ANONYMOUS) as tx:
        names = [country.name for country in laws.countries(tx)]
        assert names == sorted(names)
        assert {c.iso_code for c in laws.countries(tx, CAT)} < {
            c.iso_code for c in laws.countries(tx)
        }
        denmark = laws.of_country(tx, "dk")
        assert denmark.country.has_national_law
        assert denmark.country.level == "national"
        assert denmark.national
        named = next(b for law in denmark.national for b in law.breeds if b.breed_id)
        assert any(law.country_code == "DK" for law, _ in laws.of_breed(tx, named.breed_id))
        assert laws.of_breed(tx, named.breed_id, CAT) == []
        none = laws.of_country(tx, "DK", takes_breed=lambda _: False)
        assert not any(law.breeds for law in none.national)
        assert laws.of_country(tx, "DK", kind="hybrid", approach="permit").national == ()
        with pytest.raises(NotFound):
            laws.of_country(tx, "AQ")


def test_parts_of_a_country_are_in_the_order_of_names(library):
    with library.reading(ANONYMOUS) as tx:
        australia = laws.of_country(tx, "AU")
        names = [place.name for place in australia.jurisdictions]
        assert len(names) > 1
        assert names == sorted(names)
        one = laws.of_country(tx, "AU", jurisdiction=names[0].upper())
        assert [place.name for place in one.jurisdictions] == names[:1]
        assert one.national == ()
