"""`menagerie vocabulary`."""

import json
from functools import partial

import pytest

from menagerie.core import words
from menagerie.library import SYSTEM


@pytest.fixture
def menagerie(menagerie):
    """Run `menagerie vocabulary` on a prepared library; returns (exit code, output, errors)."""
    return partial(menagerie, "vocabulary")


def test_what_is_exported_can_be_edited_and_imported(menagerie, tmp_path, library):
    file = tmp_path / "words.json"
    assert menagerie("export", file)[0] == 0
    code, out, _ = menagerie("export")
    assert (code, json.loads(out)) == (0, json.loads(file.read_text()))
    data = json.loads(file.read_text())
    data["labels"]["yeti"] = {"plural": "yetis", "size": "big"}
    data["labels"]["dog"]["description"] = "A friend."
    file.write_text(json.dumps(data))
    code, out, err = menagerie("import", file)
    assert (code, out) == (0, "1 words added, 1 changed\n")
    assert err == "passed over: labels.yeti.size\n"
    with library.reading(SYSTEM) as tx:
        assert words.vocabulary(tx).by_name("yeti").plural == "yetis"


def test_a_wrong_file_tells_every_problem_and_changes_nothing(menagerie, tmp_path, library):
    file = tmp_path / "words.json"
    file.write_text('{"labels": {"yeti": {}, "it\'s": {}, "a,b": {}}}')
    code, out, err = menagerie("import", file)
    assert (code, out) == (2, "")
    assert "labels.it's.name may not contain '" in err
    assert "labels.a,b.name may not contain ," in err
    file.write_text("{")
    assert menagerie("import", file)[0] == 2
    assert menagerie("import", tmp_path / "missing.json")[0] == 7
    with library.reading(SYSTEM) as tx:
        assert words.vocabulary(tx).by_name("yeti") is None


def test_words_are_listed_and_added(menagerie):
    code, out, _ = menagerie("add", "yeti", "--plural", "yetis", "--description", "A snowman.")
    assert code == 0
    key = out.strip()
    assert menagerie("add", "beard", "--parent", "yeti")[0] == 0
    assert menagerie("add", "teal", "--kind", "refinement", "--parent", "color")[0] == 0
    _, out, _ = menagerie("list", "--json")
    listed = {word["accessor"]: word for word in map(json.loads, out.splitlines())}
    assert listed["yeti"] == {
        "name": "yeti",
        "accessor": "yeti",
        "kind": "normal",
        "uuid": key,
        "plural": "yetis",
    }
    assert {"yeti.has='beard'", "color='teal'", "TV"} <= set(listed)
    _, out, _ = menagerie("list", "--kind", "meta")
    assert "kitchen" in out
    assert "yeti" not in out


def test_refusals_name_what_is_wrong(menagerie):
    code, _, err = menagerie("add", "Dog")
    assert (code, "already that of the label 'dog'" in err) == (2, True)
    code, _, err = menagerie("add", "x", "--parent", "smartphnoe")
    assert (code, "did you mean smartphone" in err) == (4, True)
