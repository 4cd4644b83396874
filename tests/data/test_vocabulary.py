"""The shipped words are as the tool writes them, and say what they should."""

import importlib.util
from pathlib import Path

import pytest

from menagerie.data import vocabulary

ROOT = Path(__file__).parents[2]
BEGINNING = [
    *("banana", "orange", "apple", "TV", "smartphone", "cat", "dog", "cup", "glass", "spoon"),
    *("egg", "tennis ball", "bullet", "car", "tree"),
]


@pytest.fixture(scope="module")
def numbering():
    spec = importlib.util.spec_from_file_location("number_words", ROOT / "tools/number_words.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", vocabulary.names())
def test_files_are_as_the_tool_writes_them(name, numbering):
    written = (numbering.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert numbering.text_of(numbering.numbered(vocabulary.read(name))) == written


def test_uuids_follow_from_accessors_and_never_change():
    words = vocabulary.read_all()
    assert words["labels"]["dog"]["uuid"] == "24366cd5-aea4-550e-9565-2f7051c69001"
    assert words["labels"]["dog"]["has"]["mouth"]["uuid"] == vocabulary.uuid_of("dog.has='mouth'")


def test_the_words_of_the_beginning_breeds_and_animals_are_there():
    labels = vocabulary.read_all()["labels"]
    assert [name for name in BEGINNING if name not in labels] == []
    assert len(vocabulary.read("breeds")["labels"]) == 118 + 5
    assert len(vocabulary.read("animals")["labels"]) == 398 - 118 - 5


def test_no_word_is_in_two_files():
    counts = [
        len(entries) for name in vocabulary.names() for entries in vocabulary.read(name).values()
    ]
    assert sum(counts) == sum(map(len, vocabulary.read_all().values()))


def test_every_word_is_described_in_a_sentence_and_labels_have_a_plural():
    words = vocabulary.read_all()
    labels = list(words["labels"].values())
    parts = [part for label in labels for part in label.get("has", {}).values()]
    values = [v for category in words["refinements"].values() for v in category["values"].values()]
    for entry in (*labels, *parts, *words["metalabels"].values(), *values):
        text = entry["description"]
        assert text[0].isupper()
        assert text.endswith(".")
        assert text == text.strip()
    assert [label for label in labels if not label["plural"]] == []
