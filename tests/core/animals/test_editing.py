"""What administrators change about breeds, texts, laws and translations."""

import pytest
from sqlalchemy import select

import build
from menagerie.core import tags
from menagerie.core.animals import book, editing, laws, texts, translations
from menagerie.core.animals.editing import Kind
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import AnimalTextKind, Species

DOG, CAT = Species.DOG, Species.CAT
LAW = {
    "iso_code": "aq", "country": "Antarctica", "code": "aq-dogs", "name": "Treaty",
    "kind": "breed_specific", "approach": "ban", "summary": "No dogs.",
    "source_url": "https://example.org/", "checked_on": "2026-01-01",
    "breeds": [
        {"breed": "Pug", "name": "Pugs", "ban_type": "import_ban", "includes_mixes": False}
    ],
}  # fmt: skip


def add(library, kind, species=DOG, /, **said):
    with library.writing(SYSTEM) as tx:
        return editing.add(tx, kind, species, said)


def actions(library):
    with library.reading(SYSTEM) as tx:
        log = schema.moderation_log.c
        return list(tx.execute(select(log.action).order_by(log.id)).scalars())


def test_breeds_of_ones_own(library):
    assert add(library, Kind.BREED, name="Moon Dog", weight_kg=[1, 2], group="Toy") == "10001"
    assert add(library, Kind.BREED, name="Sun Dog") == "10002"
    assert add(library, Kind.BREED, CAT, id="moon", name="Moon Cat") == "moon"
    with library.reading(ANONYMOUS) as tx:
        found = book.book(tx).by_name(DOG, "moon dog")
        assert (found.weight_max_kg, found.group) == (2, "Toy")
        assert tags.get(tx, found.tag_id).name == "breed:moon dog"
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.BREED, "10001", {"name": "Lunar Dog", "temperament": ["Pale"]})
    with library.reading(ANONYMOUS) as tx:
        found = book.book(tx).by_code("10001")
        assert (found.name, found.temperament) == ("Lunar Dog", "Pale")
        assert tx.version.tag_id("breed:lunar dog") == found.tag_id
    assert actions(library) == ["add breed"] * 3 + ["edit breed"]


def test_a_new_name_never_takes_another_breed_s_tag(library):
    add(library, Kind.BREED, name="Moon Dog")
    with library.reading(ANONYMOUS) as tx:
        pug = book.book(tx).by_name(DOG, "Pug").tag_id
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.BREED, "10001", {"name": "Pug"})
    with library.reading(ANONYMOUS) as tx:
        assert tx.version.tag_id("breed:pug") == pug
        assert book.book(tx).by_code("10001").tag_id != pug


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://[x", "//example.org/", "https://a b.org", "x"]
)
def test_links_lead_to_the_web(library, address):
    with pytest.raises(Invalid, match="https"):
        add(library, Kind.FACT, title="Moon dogs glow", fact="They do.", sources=[address])
    with pytest.raises(Invalid, match="https"):
        add(library, Kind.LAW, **LAW | {"source_url": address})
    code = add(library, Kind.FACT, title="Moon dogs glow", fact="They do.")
    with library.writing(SYSTEM) as tx, pytest.raises(Invalid, match="https"):
        editing.edit(tx, Kind.FACT, code, {"sources": [address]})


def test_texts_of_ones_own(library):
    code = add(library, Kind.FACT, title="Moon dogs glow", fact="They do.", breed="Pug")
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.FACT, "moon-dogs-glow", {"fact": "They do not.", "breed": None})
    with library.reading(ANONYMOUS) as tx:
        found = texts.get(tx, AnimalTextKind.FACT, code)
        assert (found.text, found.breed_id) == ("They do not.", None)
    with library.writing(SYSTEM) as tx:
        editing.remove(tx, Kind.FACT, code)
    with library.reading(ANONYMOUS) as tx, pytest.raises(NotFound):
        texts.get(tx, AnimalTextKind.FACT, code)
    assert add(library, Kind.FACT, title="Moon dogs glow", fact="Again.") == code
    assert add(library, Kind.HEALTH_TIP, title="Shade", description="Keep it.",
               category="Exercise")  # fmt: skip


def test_laws_of_ones_own(library):
    add(library, Kind.LAW, **LAW)
    with library.reading(ANONYMOUS) as tx:
        [law] = laws.of_country(tx, "AQ").national
        assert law.breeds[0].breed_id == book.book(tx).by_name(DOG, "Pug").id
    with library.writing(SYSTEM) as tx:
        editing.edit(tx, Kind.LAW, "aq-dogs", {"breeds": [], "status": "repealed"})
    with library.reading(ANONYMOUS) as tx:
        [law] = laws.of_country(tx, "AQ").national
        assert (law.breeds, law.status) == ((), "repealed")
        assert laws.of_country(tx, "AQ").country.level == "none"


def test_translations_and_back_to_english(library):
    def said(field="name", default="Pug"):
        with library.reading(ANONYMOUS) as tx:
            pug = book.book(tx).by_name(DOG, "Pug").code
            return translations.translated(tx, "de").text(f"breed:{pug}", field, default)

    with library.reading(ANONYMOUS) as tx:
        pug = book.book(tx).by_name(DOG, "Pug").code
    for text, shown in (("Mops", "Mops"), ("", "Pug")):
        with library.writing(SYSTEM) as tx:
            editing.translate(tx, f"breed:{pug}", "name", "de-CH", text)
        assert said() == shown
    with library.writing(SYSTEM) as tx:
        with pytest.raises(NotFound):
            editing.translate(tx, "breed:none", "name", "de", "x")
        for wrong in (("breed:1", "id", "de"), ("odd:1", "name", "de"), ("breed:1", "name", "en")):
            with pytest.raises(Invalid):
                editing.translate(tx, *wrong, "x")


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        (Kind.BREED, {}, "name"),
        (Kind.BREED, {"name": "Pug", "id": "abys"}, "breed"),
        (Kind.BREED, {"name": "A", "weight_kg": [3, 1]}, "weight_kg"),
        (Kind.BREED, {"name": "A", "group": "Wolves"}, "group"),
        (Kind.BREED, {"name": "A", "colour": "red"}, "colour"),
        (Kind.BREED, {"name": "A\0"}, "name"),
        (Kind.FACT, {"title": "A", "fact": "B", "breed": "Unicorn"}, "breed"),
        (Kind.LAW, {**LAW, "country": ""}, "country"),
        (Kind.LAW, {**LAW, "effective_date": "soon"}, "effective_date"),
        (Kind.CATEGORY, {"id": 1, "name": "x"}, "category"),
    ],
)
def test_what_is_wrong_is_named(library, kind, said, field):
    with pytest.raises(Invalid) as caught:
        add(library, kind, **said)
    assert field in caught.value.fields
    assert actions(library) == []


def test_ids_cannot_be_changed_and_nobody_else_edits(library):
    with library.writing(SYSTEM) as tx:
        with pytest.raises(Invalid):
            editing.edit(tx, Kind.BREED, "abys", {"id": "abyz"})
        with pytest.raises(NotFound):
            editing.edit(tx, Kind.BREED, "none", {"name": "x"})
        for act in (editing.edit, editing.remove):
            with pytest.raises(Invalid):
                act(tx, Kind.CATEGORY, "1", *([{}] if act is editing.edit else []))
    mia = build.account(library, "Mia", "moderator")
    for actor, error in ((mia, Forbidden), (ANONYMOUS, Unauthenticated)):
        with pytest.raises(error), library.writing(actor) as tx:
            editing.remove(tx, Kind.BREED, "abys")
