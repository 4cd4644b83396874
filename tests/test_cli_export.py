"""`menagerie export` and `menagerie snapshot`, as typed."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

import build
from menagerie.core import images, labels, moderation
from menagerie.library import SYSTEM, Library

BARE = re.compile(r"\W*--[a-z-]+ +([A-Z]\S* +)?\[")
"""A flag with a default and no help."""
ANY = ("--licence", "any", "--include-undecided")


@pytest.fixture
def menagerie(menagerie, library):
    """Run a command on the test's library, which has two dogs and a cat."""
    build.image(library, "safe, dog, solo")
    build.image(library, "safe, dog, duo")
    build.image(library, "safe, cat")
    return menagerie


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_query_becomes_a_folder(menagerie, tmp_path):
    code, out, _ = menagerie("export", "--query", "dog", "--output", tmp_path / "out", *ANY)
    assert code == 0
    assert "2 images" in out
    found = rows((tmp_path / "out" / "images.csv").read_text())
    assert len(found) == 2
    assert all((tmp_path / "out" / row["file_name"]).is_file() for row in found)
    code, _, err = menagerie("export", "--output", tmp_path / "out", *ANY)
    assert code == 2
    assert "empty folder" in err


def test_wrong_words_name_what_is_allowed(menagerie, tmp_path):
    for words, message in (
        (("--format", "foo"), "imagefolder"),
        (("--licence", "WTF"), "CC-BY-4.0"),
        (("--min-probability", "2"), "from 0 to 1"),
        (("--query", "((dog"), ""),
        ((), "licence"),
    ):
        code, _, err = menagerie("export", "--output", tmp_path / "out", *words)
        assert code == 2
        assert message in err
        assert not (tmp_path / "out").exists()


def test_what_is_left_out_is_told_with_how_to_have_it(menagerie, library, tmp_path):
    with library.writing(SYSTEM) as tx:
        images.change(tx, 1, licence="CC0-1.0")
        images.change(tx, 2, licence="CC0-1.0")
        labels.edit(tx, 2, remove=["dog"], enforce_board_rules=False)
    code, out, _ = menagerie("export", "--output", tmp_path / "out")
    assert code == 0
    assert "1 images" in out
    assert "1 images with labels of which none is decided (include_undecided takes them)" in out
    assert "Left out: 1 images without a licence" in out
    report = json.loads((tmp_path / "out" / "EXPORT_REPORT.json").read_text())
    assert report["left_out"] == {"licence": 1, "undecided": 1}
    assert "include_undecided takes them" in (tmp_path / "out" / "README.md").read_text()
    assert "Left out: 1 images" in menagerie("snapshot", "create", "few")[1]


def test_every_flag_of_both_commands_has_its_line(menagerie, tmp_path):
    for command in (("export",), ("snapshot", "create")):
        _, out, _ = menagerie(*command, "--help")
        bare = [line for line in out.splitlines() if BARE.match(line)]
        assert not bare
        assert "stratified: every class" in out
    words = ("--split-gallery", "test:1", "--output", tmp_path / "out")
    assert "such as test=12" in menagerie("export", *words)[2]
    words = ("--split-gallery", "test=1", "--split-method", "stratified", "--no-include-tags")
    assert menagerie("export", *words, *ANY, "--output", tmp_path / "out")[0] == 0
    assert not rows((tmp_path / "out" / "tags.csv").read_text())


def test_snapshots_are_made_listed_shown_and_compared(menagerie, library: Library, tmp_path):
    code, out, _ = menagerie("snapshot", "create", "pets", *ANY)
    assert code == 0
    assert out.startswith("pets@1.0.0: 3 images")
    with library.writing(SYSTEM) as tx:
        gone = images.get(tx, 1).key
        moderation.remove(tx, 1, reason="no")
    assert menagerie("snapshot", "create", "pets", *ANY)[1].startswith("pets@1.0.1: 2 images")
    listed = menagerie("snapshot", "list")[1]
    assert listed.index("pets@1.0.1") < listed.index("pets@1.0.0")
    shown = json.loads(menagerie("snapshot", "show", "pets", "--json")[1])
    assert (shown["version"], shown["withdrawn"]) == ("1.0.1", [gone])
    assert "pets@1.0.0" in menagerie("snapshot", "show", "pets@1.0.0")[1]
    (change,) = rows(menagerie("snapshot", "diff", "pets@1.0.0", "pets")[1])
    assert (change["image_id"], change["change"]) == (gone, "withdrawn")
    (stone,) = rows(menagerie("snapshot", "withdrawn", "pets@1.0.0")[1])
    assert (stone["image_id"], stone["reason"]) == (gone, "removed")
    assert menagerie("snapshot", "show", "birds")[0] == 4
    for name in ("one", "two"):
        words = ("--snapshot", "pets", "--format", "coco", "--output", tmp_path / name)
        assert menagerie("export", *words)[0] == 0
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
