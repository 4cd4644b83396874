"""Pets: keeping them, their photographs, what these show, and portraits."""

import re

import pytest

import build
from menagerie.core.animals import book
from menagerie.core.pets import pets
from menagerie.core.pets.pets import Wanted
from menagerie.library import SYSTEM
from menagerie.storage.schema import Species
from web.conftest import text_of

REX = {"name": "Rex", "species": "dog", "breed": "beagle", "date_of_birth": "2023-05-02"}


def photo(number=1):
    return ("images", (f"rex{number}.png", build.png((64, 64), mark=number), "image/png"))


@pytest.fixture
def owner(open_browser, alice):
    browser = open_browser("Alice")
    browser.get("/pets")
    return browser


@pytest.fixture
def rex(owner):
    """The address of a pet with one photograph."""
    made = owner.post("/pets", {**REX, "pose": "front"}, files=[photo()])
    assert made.status_code == 303, text_of(made)
    owner.get(made.headers["location"])
    return made.headers["location"]


def kept(library, actor):
    with library.reading(actor) as tx:
        return pets.find(tx, Wanted(), limit=10).items


def test_an_owner_without_pets_is_told_what_they_are_for(owner):
    assert "Who lives with you?" in text_of(owner.get("/pets"))


def test_a_pet_is_kept_with_its_photographs_poses_and_ages(owner, library, alice, rex):
    page = owner.get(rex)
    assert "Rex" in text_of(page)
    assert 'href="/breeds/beagle"' in page.text
    assert "from the front · 2 y 7 m" in text_of(page)
    assert "Keeping it healthy" in text_of(page)
    listed = text_of(owner.get("/pets"))
    assert "Beagle · 2 y 7 m · 1 photograph" in listed
    (pet,) = kept(library, alice)
    with library.reading(SYSTEM) as tx:
        assert pet.breed_id == book.book(tx).by_name(Species.DOG, "Beagle").id
    more = owner.post(
        f"{rex}/photos",
        {"pose": "side", "age_years": "1", "age_months": "3", "about": "In the garden"},
        files=[photo(2), photo(3)],
    )
    assert more.status_code == 303
    page = owner.get(rex)
    assert text_of(page).count("from the side · 1 y 3 m") == 2
    assert 'alt="In the garden"' in page.text


def test_what_is_said_can_be_changed_and_taken_back(owner, library, alice, rex):
    owner.post(f"{rex}/edit", {"name": "Rexy", "species": "dog", "sex": "male"})
    (pet,) = kept(library, alice)
    assert (pet.name, pet.sex, pet.breed_id, pet.date_of_birth) == ("Rexy", "male", None, None)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"breed": "unicorn"}, "not in our list"),
        ({"date_of_birth": "yesterday"}, "must be a date"),
        ({"name": "x" * 300}, "255"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    owner, library, alice, fields, text
):
    refused = owner.post("/pets", {**REX, **fields}, files=[photo()])
    assert refused.status_code == 422
    assert text in text_of(refused)
    assert 'aria-invalid="true"' in refused.text
    assert kept(library, alice) == []


def test_files_that_are_no_pictures_are_refused(owner, library, alice, rex):
    bad = owner.post(f"{rex}/photos", files=[("images", ("a.png", b"nothing", "image/png"))])
    assert bad.status_code == 422
    none = owner.post(f"{rex}/photos", {})
    assert none.status_code == 422
    assert "Choose at least one picture" in text_of(none)
    old = owner.post(f"{rex}/photos", {"age_years": "99"}, files=[photo(2)])
    assert old.status_code == 422


def test_questions_say_what_they_need(owner, rex):
    assert "the setting recognition is off" in text_of(owner.get(rex))
    for kind, said in (("genealogy", "recognition"), ("weight", "analyst")):
        refused = owner.post(f"{rex}/analyse", {"kind": kind})
        assert refused.status_code == 503
        assert said in text_of(refused)
    assert owner.post(f"{rex}/analyse", {"kind": "horoscope"}).status_code == 422


@pytest.mark.slow
def test_a_portrait_is_made_in_the_style_that_was_chosen(owner, rex):
    assert len(re.findall('name="style"', owner.get(rex).text)) == 8
    made = owner.post(f"{rex}/portrait", {"style": "pencil_sketch"})
    assert made.headers["location"] == f"{rex}#portraits"
    page = owner.get(rex)
    download = re.search(r'href="(/pictures/\d+/download)" download', page.text)[1]
    assert owner.get(download).headers["content-type"] == "image/jpeg"
    assert 'alt="Rex, Pencil sketch"' in page.text
    assert owner.post(f"{rex}/portrait", {"style": "graffiti"}).status_code == 422


def test_a_pet_without_photographs_is_asked_for_one(owner):
    bare = owner.post("/pets", {"name": "Tom"}).headers["location"]
    refused = owner.post(f"{bare}/portrait", {"style": "studio"})
    assert refused.status_code == 422
    assert "Add a photograph first" in text_of(refused)


def test_a_pet_goes_with_its_pictures_once_that_is_confirmed(owner, library, alice, rex):
    picture = re.search(r'href="(/images/\d+)"', owner.get(rex).text)[1]
    owner.post(f"{rex}/delete")
    assert len(kept(library, alice)) == 1
    assert owner.post(f"{rex}/delete", {"sure": "1"}).headers["location"] == "/pets"
    assert owner.get(rex).status_code == 404
    assert "pictures" not in owner.get(picture).text or owner.get(picture).status_code == 404


def test_nobody_else_sees_a_pet_or_its_pictures(open_browser, library, owner, rex, moderator):
    build.account(library, "Bob")
    page = owner.get(rex).text
    picture = re.search(r'href="(/images/\d+)"', page)[1]
    file = re.search(r'src="(/pictures/[^"]*)"', page)[1]
    assert owner.get(file).status_code == 200
    for other in (open_browser("Bob"), open_browser("Mona")):
        assert other.get(rex).status_code == 403
        assert other.get(picture).status_code == 404
        assert other.get(file).status_code == 404
        for tail in ("edit", "photos", "analyse", "portrait", "delete"):
            sent = {"sure": "1", "kind": "weight", "style": "studio"}
            files = [photo(9)] if tail == "photos" else None
            assert other.post(f"{rex}/{tail}", sent, files=files).status_code == 403, tail
    stranger = open_browser()
    assert stranger.get(rex, follow_redirects=False).headers["location"].startswith("/login")
