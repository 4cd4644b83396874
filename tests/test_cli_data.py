"""`menagerie data`."""

import json
from functools import partial

import pytest

import build
from menagerie.core.animals import book, pictures
from menagerie.library import ANONYMOUS
from menagerie.storage.schema import Species


@pytest.fixture
def menagerie(menagerie):
    """Run `menagerie data` on a prepared library; returns (exit code, output, errors)."""
    return partial(menagerie, "data")


def test_what_is_exported_can_be_edited_and_loaded(menagerie, tmp_path, library):
    code, out, _ = menagerie("export", tmp_path / "out")
    assert (code, out.split()[0]) == (0, "wrote")
    assert menagerie("check", tmp_path / "out")[:2] == (0, "no problems\n")
    file = tmp_path / "out" / "breeds" / "cats.json"
    breeds = json.loads(file.read_text(encoding="utf-8"))
    breeds[0]["origin"] = "Ours"
    file.write_text(json.dumps(breeds), encoding="utf-8")
    code, out, _ = menagerie("load", tmp_path / "out")
    assert code == 0
    assert out.splitlines()[1].split() == ["breeds", "0", "1", "0", "0"]
    with library.reading(ANONYMOUS) as tx:
        assert book.book(tx).by_code(breeds[0]["id"]).origin == "Ours"
    code, out, _ = menagerie("load")
    assert out.splitlines()[1].split() == ["breeds", "0", "0", "0", "1"]
    breeds[0]["weight_kg"] = [9, 1]
    file.write_text(json.dumps(breeds), encoding="utf-8")
    code, out, _ = menagerie("check", tmp_path / "out")
    assert code == 1
    assert "upside down" in out


def test_what_is_shipped_has_no_problems(menagerie):
    assert menagerie("check") == (0, "no problems\n", "")


def test_things_are_added_changed_shown_and_removed(menagerie, library):
    code, out, _ = menagerie("add", "breed", "name=Moon Dog", "weight_kg=[1, 2]")
    assert (code, out) == (0, "10001\n")
    assert menagerie("edit", "breed", "moon dog", "origin=Moon", '{"bred_for": "Howling"}')[0] == 0
    shown = json.loads(menagerie("show", "breed", "10001")[1])
    assert (shown["origin"], shown["bred_for"], shown["weight_kg"]) == ("Moon", "Howling", [1, 2])
    assert menagerie("translate", "breed:10001", "name", "de", "Mondhund")[0] == 0
    assert menagerie("remove", "breed", "Moon Dog")[0] == 0
    code, _, err = menagerie("show", "breed", "10001")
    assert (code, err) == (4, "error: there is no breed '10001'\n")
    code, out, _ = menagerie("add", "fact", "--species", "cat", "title=Whiskers", "fact=Cats feel.")
    assert json.loads(menagerie("show", "fact", out.strip())[1])["fact"] == "Cats feel."
    assert "also in: de, es, fr, it" in menagerie("show")[1]


def test_a_picture_is_chosen_for_a_breed(menagerie, library):
    image = build.image(library, "safe, dog, solo")
    assert menagerie("edit", "breed", "pug", f"reference_image={image}")[0] == 0
    with library.reading(ANONYMOUS) as tx:
        pug = book.book(tx).by_name(Species.DOG, "Pug")
        assert pictures.reference_images(tx)[pug.id] == image
    assert menagerie("edit", "breed", "pug", "reference_image=null")[0] == 0
    assert menagerie("edit", "breed", "pug", "reference_image=nothing")[0] == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "breed", "name"), 2, "FIELD=VALUE"),
        (("add", "breed", "{"), 2, "JSON object"),
        (("add", "breed", "colour=red"), 2, "colour is unknown"),
        (("edit", "breed", "unicorn", "name=x"), 4, "no breed 'unicorn'"),
        (("load", "/nowhere"), 4, "no folder"),
        (("show", "breed"), 2, "which one"),
    ],
)
def test_what_is_wrong_is_said(menagerie, words, code, said):
    found, _, err = menagerie(*words)
    assert found == code
    assert said in err
