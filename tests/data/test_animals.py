"""What is shipped about dogs and cats is right, and the check finds what would be wrong."""

import json
import shutil
from collections import Counter
from contextlib import contextmanager
from datetime import date

import pytest

from menagerie.data import animals
from menagerie.data.animals import Level, Species

DATA = ["breeds", "facts", "health_tips", "legislation", "translations"]
LANGUAGES = ["de", "es", "fr", "it"]


@pytest.fixture(scope="module")
def shipped():
    return animals.read_all()


def copy(folder):
    for name in DATA:
        shutil.copytree(animals.FOLDER / name, folder / name)
    shutil.copy(animals.FOLDER / "categories.json", folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("data"))


@contextmanager
def changed(path, edit):
    before = path.read_bytes()
    value = json.loads(before)
    edit(value)
    path.write_text(json.dumps(value), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)


def test_nothing_is_wrong_with_what_is_shipped():
    assert animals.problems() == []


def test_there_is_as_much_as_promised(shipped):
    assert len(shipped.breeds[Species.DOG]) >= 250
    assert len(shipped.breeds[Species.CAT]) >= 60
    assert sum(map(len, shipped.facts.values())) >= 300
    assert sum(map(len, shipped.health_tips.values())) >= 100
    assert len(shipped.laws) >= 25
    linked = Counter(
        species
        for species, entries in shipped.breeds.items()
        for entry in entries
        if entry.imagenet is not None
    )
    assert linked == {Species.DOG: 118, Species.CAT: 5}


def test_the_files_are_indented_by_one_and_read_as_they_are_written():
    for name in DATA:
        for path in (animals.FOLDER / name).glob("*.json"):
            text = path.read_text(encoding="utf-8")
            assert text.rstrip("\n") == json.dumps(json.loads(text), indent=1, ensure_ascii=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_groups_categories_and_tips_are_all_translated_and_many_facts(shipped, language):
    words = shipped.translations[language]
    assert set(words.breed_group) == set(animals.Group)
    assert set(words.category) == set(animals.TipCategory)
    assert set(words.health_tip) == {
        f"{species}/{tip.title}" for species, tips in shipped.health_tips.items() for tip in tips
    }
    assert len(words.fact) >= 60


def test_some_countries_have_laws_of_their_parts_only_and_some_laws_are_about_cats(shipped):
    levels = {country.iso_code: {law.level for law in country.laws} for country in shipped.laws}
    parts = {iso for iso, found in levels.items() if Level.NATIONAL not in found}
    assert {"AR", "AT", "BR", "CA", "CH", "JP", "US"} <= parts
    assert {Level.NATIONAL, Level.STATE} <= levels["AU"] & levels["DE"]
    laws = [law for country in shipped.laws for law in country.laws]
    assert set(animals.LawKind) == {law.kind for law in laws}
    assert set(animals.Approach) == {law.approach for law in laws}
    assert set(animals.LawStatus) == {law.status for law in laws}
    assert {law.species for law in laws} == set(Species)


def test_a_law_reads_as_it_is_written(shipped):
    denmark = next(country for country in shipped.laws if country.iso_code == "DK")
    law = denmark.laws[0]
    assert (law.code, law.effective_date) == ("dk-dog-act-2010", date(2010, 7, 1))
    assert len(law.breeds) == 13
    tosa = next(breed for breed in law.breeds if breed.name == "Tosa Inu")
    assert tosa.breed in shipped.breed_names(Species.DOG)
    assert tosa.ban_type is animals.BanType.COMPLETE_BAN


def first(**values):
    return lambda entries: entries[0].update(values)


def first_law(**values):
    return lambda country: country["laws"][0].update(values)


def twice(entries):
    entries.append(dict(entries[0]))


def banned(**values):
    return lambda country: country["laws"][0]["breeds"][0].update(values)


def word(kind, key, value):
    return lambda words: words[kind].update({key: value})


# A file, a mistake, and words of the sentence that finds it.
PLANTED = {
    "id twice": ("breeds/dogs.json", twice, "two breeds have the id '1'"),
    "name twice": ("breeds/cats.json", twice, "two breeds have the name"),
    "id of a dog for a cat": ("breeds/cats.json", first(id="12"), "the id '12' is not of the kind"),
    "country": ("breeds/dogs.json", first(country_codes=["UK"]), "'UK' is no country code"),
    "pounds for kilograms": ("breeds/cats.json", first(weight_kg=[7, 15]), "is not plausible"),
    "inches for centimetres": ("breeds/dogs.json", first(height_cm=[9, 11]), "is not plausible"),
    "months for years": ("breeds/dogs.json", first(life_years=[144, 180]), "is not plausible"),
    "upside down": ("breeds/dogs.json", first(weight_kg=[6, 3]), "weight_kg is upside down"),
    "too wide": ("breeds/dogs.json", first(weight_kg=[3, 60]), "is too wide"),
    "group of a cat": ("breeds/cats.json", first(group="Toy"), "cats have no group"),
    "dog without group": ("breeds/dogs.json", first(group=None), "has a group"),
    "alternative": ("breeds/dogs.json", first(alt_names=["A", "A"]), "name is said twice"),
    "comma": ("breeds/dogs.json", first(temperament=["kind, calm"]), "has a comma in it"),
    "blanks": ("breeds/dogs.json", first(description="Small  dog."), "blanks too many"),
    "address": ("breeds/dogs.json", first(wikipedia="wiki/Pug"), "not its address"),
    "link lost": ("breeds/dogs.json", first(tag=None, imagenet=None), "no breed is linked to"),
    "link without class": ("breeds/dogs.json", first(imagenet=None), "come together"),
    "link to nothing": ("breeds/dogs.json", first(tag="unicorn"), "there is no word 'unicorn'"),
    "class of a cat": ("breeds/dogs.json", first(imagenet=283), "class 283 is no dog"),
    "link twice": ("breeds/dogs.json", first(tag="pug", imagenet=254), "'pug' is linked twice"),
    "title twice": ("facts/dogs.json", twice, "two entries have the title"),
    "tip twice": ("health_tips/cats.json", twice, "two entries have the title"),
    "breed": ("facts/cats.json", first(breed="Beagle"), "there is no breed 'Beagle'"),
    "no source": ("facts/cats.json", first(sources=[]), "has no source"),
    "source": ("facts/cats.json", first(sources=["http://a.example"]), "is no https address"),
    "full stop": ("health_tips/dogs.json", first(description="Walk"), "ends with a full stop"),
    "law of elsewhere": ("legislation/dk.json", first_law(code="no-1"), "begin with the country"),
    "code twice": ("legislation/dk.json", lambda c: twice(c["laws"]), "two laws have the code"),
    "no laws": ("legislation/dk.json", lambda c: c["laws"].clear(), "has no laws"),
    "unknown country": ("legislation/dk.json", lambda c: c.update(iso_code="XX"), "ISO 3166-1"),
    "other file": ("legislation/dk.json", lambda c: c.update(iso_code="EE"), "not named by its"),
    "level": ("legislation/dk.json", first_law(level="state"), "a jurisdiction is said exactly"),
    "future": ("legislation/dk.json", first_law(effective_date="2031-01-01"), "is not before the"),
    "law source": ("legislation/dk.json", first_law(source_url="ftp://x.y"), "is no https address"),
    "summary": ("legislation/dk.json", first_law(summary="Bans"), "ends with a full stop"),
    "no breeds": ("legislation/dk.json", first_law(breeds=[]), "breeds are named exactly"),
    "law breed": ("legislation/dk.json", banned(breed="Hydra"), "there is no breed 'Hydra'"),
    "named twice": ("legislation/dk.json", banned(name="Tosa Inu"), "names 'Tosa Inu' twice"),
    "category twice": ("categories.json", twice, "two have the id"),
    "translated group": ("translations/es.json", word("breed_group", "Big", "Grande"), "'Big'"),
    "translated fact": (
        "translations/fr.json",
        word("fact", "dog/None such", {"title": "a", "fact": "b"}),
        "there is no fact 'dog/None such'",
    ),
    # What is not of the form is refused by the reader, and the file is said.
    "unknown field": ("breeds/dogs.json", first(colour="red"), "breeds/dogs.json: Object contains"),
    "unknown group": ("breeds/dogs.json", first(group="Lap"), "breeds/dogs.json: Invalid enum"),
    "unknown tip category": ("health_tips/dogs.json", first(category="Fun"), "Invalid enum value"),
    "unknown kind of law": ("legislation/dk.json", first_law(kind="vibes"), "Invalid enum value"),
    "unknown ban": ("legislation/dk.json", banned(ban_type="frowned_upon"), "Invalid enum value"),
    "no date": ("legislation/dk.json", first_law(effective_date="2010-02-30"), "legislation/dk"),
    "grade": (
        "breeds/cats.json",
        lambda breeds: next(b for b in breeds if b["traits"])["traits"].update(grooming=6),
        "<= 5",
    ),
    "no text": ("facts/dogs.json", first(fact=""), "length >= 1"),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_found(folder, mistake):
    name, edit, sentence = PLANTED[mistake]
    with changed(folder / name, edit):
        found = animals.problems(folder)
    assert [problem for problem in found if sentence in problem], found


def test_a_missing_file_and_an_odd_language_are_said(tmp_path):
    folder = copy(tmp_path)
    (folder / "translations/es.json").rename(folder / "translations/spanish.json")
    assert animals.problems(folder) == ["translations: 'spanish' is no language of two letters"]
    (folder / "facts/dogs.json").unlink()
    assert "dogs.json" in animals.problems(folder)[0]
