"""Loading what is shipped or an operator's own, and writing it out again."""

import msgspec
import pytest
from sqlalchemy import func, select, update

import build
from menagerie.core import tags, upkeep
from menagerie.core.animals import book, editing, exporting, files, laws, loading, texts
from menagerie.core.animals.editing import Kind
from menagerie.data import animals
from menagerie.errors import Forbidden, Invalid
from menagerie.library import SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import AnimalTextKind, Species

FACT = AnimalTextKind.FACT


def write(folder, name, value):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(value))
    return folder


def breed(name, code, **fields):
    said = dict.fromkeys(animals.BreedEntry.__struct_fields__)
    blank = {"temperament": [], "country_codes": [], "alt_names": [], "extinct": False}
    return said | blank | {"id": code, "name": name} | fields


def load(library, folder=None):
    with library.writing(SYSTEM) as tx:
        return loading.load(tx, folder)


def test_a_new_library_has_all_that_is_shipped(library):
    shipped = files.read()
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
        for species, entries in shipped.breeds.items():
            names = {found.name for found in there.of_species(species)}
            assert names == {entry.name for entry in entries}
        total = texts.find(tx, FACT, limit=1).total
        assert total == sum(map(len, shipped.facts.values()))
        assert sum(country.law_count for country in laws.countries(tx)) == sum(
            len(country.laws) for country in shipped.laws
        )
        assert len(there.categories) == len(shipped.categories)


def test_loading_again_changes_nothing(library):
    assert loading.refresh(library) is None
    assert load(library).is_nothing


def test_newer_files_are_loaded_when_the_library_starts(library):
    code = files.read().breeds[Species.DOG][0].id
    with library.writing(SYSTEM) as tx:
        row = schema.breeds.c
        tx.execute(update(schema.breeds).where(row.code == code).values(origin="Nowhere"))
        facts = schema.facts
        tx.execute(update(facts).where(facts.c.name == loading.DIGEST).values(value="old"))
    upkeep.prepare(library)
    with library.reading(SYSTEM) as tx:
        assert book.book(tx).by_code(code).origin != "Nowhere"


def test_breeds_have_tags_and_their_names_find_the_same(library):
    pug = build.image(library, "safe, breed:pug, solo")
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
        assert tx.version.tag_id("breed:pug") == tx.version.tag_id("pug")
        assert there.by_tag(tx.version.tag_id("pug")).name == "Pug"
        assert list(tx.version.posting(tx.version.tag_id("pug"))) == [pug]
        assert there.by_imagenet(254).name == "Pug"
        assert all(found.tag_id for found in there.breeds)
        plain = next(b for b in there.breeds if b.code not in files.breed_words())
        assert tags.get(tx, plain.tag_id).name.startswith("breed:")
        assert there.category(1).name == "hats"
        assert tags.get(tx, there.category(1).tag_id).name == "category:hats"


def test_a_tag_that_pictures_carry_already_becomes_the_alias(library, tmp_path):
    image = build.image(library, "safe, breed:testhound, solo")
    folder = write(tmp_path, "breeds/dogs.json", [breed("Testhound", "901", tag="labrador mix")])
    load(library, folder)
    with library.reading(SYSTEM) as tx:
        found = book.book(tx).by_code("901")
        assert tags.get(tx, found.tag_id).name == "labrador mix"
        assert list(tx.version.posting(found.tag_id)) == [image]


def test_what_was_edited_or_removed_stays_so(library):
    shipped = files.read()
    first, second, *_ = shipped.breeds[Species.DOG]
    fact = shipped.facts[Species.DOG][0]
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.BREED, first.id, {"origin": "Atlantis", "name": "Renamed"})
        editing.remove(tx, Kind.BREED, second.id)
        code = texts.get(tx, FACT, "puppy-teeth-fall-out").code
        editing.edit(tx, Kind.FACT, code, {"title": "Teeth"})
    loaded = load(library)
    assert (loaded.breeds.kept, loaded.facts.kept) == (2, 1)
    assert loaded.is_nothing
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
        assert there.by_code(first.id).origin == "Atlantis"
        assert there.by_code(second.id) is None
        assert texts.get(tx, FACT, code).title == "Teeth"
        assert texts.get(tx, FACT, "teeth").code == code
    assert fact.title


def test_what_is_shipped_no_more_goes_and_comes_back(library):
    with library.writing(SYSTEM) as tx:
        found = files.read()
        dogs = found.breeds[Species.DOG]
        gone = dogs.pop()
        counts = loading.Loader(tx, is_own=False).breeds(found)
        assert (counts.added, counts.removed) == (0, 1)
        dogs.append(gone)
        assert loading.Loader(tx, is_own=False).breeds(found).changed == 1


def test_files_of_an_operator_win_and_take_nothing_away(library, tmp_path):
    shipped = files.read().breeds[Species.DOG][0]
    with library.reading(SYSTEM) as tx:
        before = len(book.book(tx).breeds)
    folder = write(
        tmp_path,
        "breeds/dogs.json",
        [breed(shipped.name, shipped.id, origin="Ours"), breed("Own Dog", "900")],
    )
    write(tmp_path, "facts/dogs.json", [
        {"title": "Ours", "fact": "Own dogs are ours.", "breed": "Own Dog", "sources": []},
    ])  # fmt: skip
    counts = load(library, folder)
    assert (counts.breeds.added, counts.breeds.changed, counts.breeds.removed) == (1, 1, 0)
    assert counts.facts == type(counts.facts)(added=1)
    assert load(library).breeds.kept == 1
    with library.reading(SYSTEM) as tx:
        there = book.book(tx)
        assert len(there.breeds) == before + 1
        assert there.by_code(shipped.id).origin == "Ours"
        assert texts.find(tx, FACT, breed_id=there.by_code("900").id, limit=9).total == 1


def test_a_file_that_is_not_of_the_form_changes_nothing(library, tmp_path):
    folder = write(tmp_path, "breeds/dogs.json", [{"id": "1"}])
    with pytest.raises(Invalid, match=r"breeds/dogs\.json"):
        load(library, folder)
    write(tmp_path, "breeds/dogs.json", [])
    write(tmp_path, "facts/dogs.json", [
        {"title": "A", "fact": "B.", "breed": "Unicorn", "sources": []},
    ])  # fmt: skip
    with pytest.raises(Invalid, match="Unicorn"):
        load(library, folder)


def test_only_administrators_load(library):
    mia = build.account(library, "Mia", "moderator")
    with pytest.raises(Forbidden), library.writing(mia) as tx:
        loading.load(tx)


def test_what_is_exported_is_what_was_shipped(library, tmp_path):
    with library.reading(SYSTEM) as tx:
        exporting.export(tx, tmp_path)
    assert files.read(tmp_path) == files.read()
    assert load(library, tmp_path).is_nothing


def test_loading_takes_less_than_a_second(library):
    with library.writing(SYSTEM) as tx:
        for table in ("translations", "law_breeds", "laws", "animal_texts", "categories", "breeds"):
            tx.execute(schema.metadata.tables[table].delete())
    counted = []
    with library.writing(SYSTEM) as tx:
        plain = tx.execute
        tx.execute = lambda *given: counted.append(1) or plain(*given)
        loading.load(tx)
        assert tx.scalar(select(func.count()).select_from(schema.breeds)) > 300
    assert len(counted) < 60
