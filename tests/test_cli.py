"""The command line: what scripts rely on, and errors that teach."""

import json
import re
from pathlib import Path

import pytest

import build
from core.models import picture
from menagerie import cli, errors


@pytest.fixture
def pictures(tmp_path) -> Path:
    """A folder with pictures, sidecars, a duplicate and something unreadable."""
    folder = tmp_path / "pictures"
    (folder / "big_dogs").mkdir(parents=True)
    (folder / "one.png").write_bytes(build.png(mark=1))
    (folder / "one.txt").write_text("cat, Solo\nsafe\n")
    (folder / "two.png").write_bytes(build.png(mark=2))
    (folder / "two.png.json").write_text(
        json.dumps(
            {"tags": ["dog"], "rating": "questionable", "source": "https://example.org/2", "id": 7}
        )
    )
    (folder / "big_dogs" / "three.png").write_bytes(build.png(mark=3))
    (folder / "again.png").write_bytes(build.png(mark=3))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (folder / "notes.md").write_text("not a picture")
    return folder


def test_an_account_is_one_line_of_json(menagerie):
    code, out, _ = menagerie("account", "create", "Ada", "--role", "moderator", "--json")
    assert code == 0
    assert out.count("\n") == 1
    made = json.loads(out)
    assert set(made) == {"name", "password", "key"}
    assert made["name"] == "Ada"
    assert len(made["key"]) == 20
    assert json.loads(menagerie("account", "list", "--json")[1])["role"] == "moderator"


def test_accounts_are_changed_by_name(menagerie):
    menagerie("account", "create", "Ada")
    assert "Ada is admin now" in menagerie("account", "role", "Ada", "admin")[1]
    assert "Ada is verified" in menagerie("account", "verify", "ada")[1]
    assert "Ada is no longer verified" in menagerie("account", "verify", "ada", "--no")[1]
    menagerie("account", "create", "Eve")
    assert "Eve is closed" in menagerie("account", "suspend", "Eve")[1]
    assert "Eve is open again" in menagerie("account", "suspend", "Eve", "--no")[1]
    assert len(menagerie("account", "invite")[1].strip()) >= 16
    first = json.loads(menagerie("account", "password", "ada", "--json")[1])
    second = json.loads(menagerie("account", "password", "ada", "--json")[1])
    assert first["password"] != second["password"]
    assert len(json.loads(menagerie("account", "key", "ada", "--json")[1])["key"]) == 20


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["account", "role", "Nobody", "admin"], 4, "no account 'Nobody'"),
        (["account", "create", ""], 2, "must have between 1 and 50"),
        (["account", "create", "Ada", "--role", "king"], 2, "king"),
        (["account", "create", "admin", "extra"], 2, "extra"),
        (["serve", "--prot", "1"], 2, "--port"),
        (["serve", "--port", "-1"], 2, "at least 0"),
        (["sevre"], 2, "serve"),
        (["import", "/nonexistent"], 2, "is no folder"),
        (["import", ".", "--rating", "nice"], 2, "safe"),
        (["search", "(dog"], 2, "Imbalanced parentheses"),
        (["restore", "/nonexistent"], 2, "no whole backup"),
    ],
)
def test_errors_say_what_to_do(menagerie, words, code, message):
    answered, out, err = menagerie(*words)
    assert (answered, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_every_error_has_its_exit_code():
    walk = [errors.MenagerieError]
    for one in walk:
        walk += [kind for kind in one.__subclasses__() if kind.__module__ == errors.__name__]
    assert set(walk[1:]) == set(cli.EXIT_CODES)


def test_help_lists_every_command_and_explains_each(menagerie):
    code, out, _ = menagerie("--help")
    assert code == 0
    for name, (_, text) in cli.COMMANDS.items():
        assert re.search(rf"{name} +{re.escape(text)}", out)
        code, explained, _ = menagerie(name, "--help")
        assert code == 0
        assert "--data" in explained or f"menagerie {name} COMMAND" in explained


def test_settings_masks_secrets(menagerie, monkeypatch):
    monkeypatch.setenv("MENAGERIE_FILES_SECRET", "hush")
    out = menagerie("settings")[1]
    assert re.search(r"files_secret +•+ +environment", out)
    assert "hush" not in out


def test_import_reads_sidecars_and_reports_at_the_end(menagerie, pictures):
    code, out, _ = menagerie("import", pictures, "--rating", "safe", "--tags", "holiday")
    assert code == 1  # one file could not be read
    assert "3 added, 1 duplicates, 1 unreadable, 0 done earlier" in out
    assert "broken.jpg" in out
    found = [json.loads(line) for line in menagerie("search", "*", "--json")[1].splitlines()]
    tags = {frozenset(image["tags"]) for image in found}
    assert frozenset({"cat", "solo", "safe", "holiday"}) in tags
    assert frozenset({"dog", "questionable", "holiday"}) in tags
    assert tags & {
        frozenset({"big dogs", "safe", "holiday"}),
        frozenset({"safe", "holiday"}),  # the other copy came first
    }
    by_source = menagerie("search", "source_url:https://example.org/2")[1]
    assert by_source.endswith("1 found\n")


def test_import_goes_on_where_it_stopped(menagerie, pictures):
    menagerie("import", pictures)
    (pictures / "new.png").write_bytes(build.png(mark=4))
    _, out, _ = menagerie("import", pictures)
    assert "1 added, 0 duplicates, 0 unreadable, 5 done earlier" in out
    _, out, _ = menagerie("import", pictures, "--afresh")
    assert "0 added, 5 duplicates, 1 unreadable, 0 done earlier" in out


def test_check_finds_a_damaged_file(menagerie, pictures, tmp_path):
    menagerie("import", pictures)
    assert menagerie("work", "--once")[1] == "4 jobs ran\n"
    code, out, _ = menagerie("check", "--deep")
    assert code == 0
    assert re.fullmatch(r"no problems \(3 images, \d labels, 0 accounts, 3 files read\)\n", out)
    [original] = [p for p in (tmp_path / "data" / "files").rglob("*.png")
                  if p.read_bytes() == build.png(mark=1)]  # fmt: skip
    original.write_bytes(build.png(mark=9))
    code, out, _ = menagerie("check", "--deep")
    assert code == 1
    assert "damaged" in out


@pytest.mark.slow
def test_images_that_were_there_before_the_models_are_recognised(menagerie, monkeypatch, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(picture("cat.jpg"))
    (folder / "one.png").write_bytes(build.png())
    monkeypatch.setenv("MENAGERIE_RECOGNITION", "false")
    menagerie("import", folder)
    code, _, err = menagerie("recognise")
    assert (code, "switched off" in err) == (7, True)
    monkeypatch.setenv("MENAGERIE_RECOGNITION", "true")
    assert menagerie("search", "suggested:cat")[1].endswith("0 found\n")
    assert menagerie("recognise")[:2] == (0, "looked at 2 images\n")
    assert menagerie("search", "suggested:cat")[1].endswith("1 found\n")
    assert menagerie("recognise")[:2] == (0, "looked at 0 images\n")
    assert menagerie("recognise", "--all")[:2] == (0, "looked at 2 images\n")
    assert menagerie("check")[0] == 0


@pytest.mark.slow
def test_the_demo_shows_every_part(menagerie):
    assert menagerie("demo")[0] == 0
    assert menagerie("work", "--once")[1] == "18 jobs ran\n"  # one of them looks at all images
    assert menagerie("search", "space, -night")[1].endswith("1 found\n")
    assert menagerie("search", "gallery_id:1, faves.gte:1")[1].endswith("2 found\n")
    assert menagerie("search", "positive:cat, annotated:cat")[1].endswith("1 found\n")
    assert menagerie("search", "negative:close-up")[1].endswith("1 found\n")
    code, out, _ = menagerie("check", "--deep")
    assert (code, out[:11]) == (0, "no problems")
    code, _, err = menagerie("demo")
    assert code == 2
    assert "empty library" in err


@pytest.mark.slow
def test_the_demo_is_shown_even_where_persons_review(menagerie, monkeypatch):
    monkeypatch.setenv("MENAGERIE_REVIEW", "person")
    monkeypatch.setenv("MENAGERIE_RECOGNITION", "false")
    assert menagerie("demo")[0] == 0
    assert menagerie("search", "cat")[1].endswith("1 found\n")


def test_a_damaged_database_and_an_impossible_folder_are_told_in_a_line(
    menagerie, tmp_path, monkeypatch
):
    monkeypatch.delenv("MENAGERIE_DATABASE_URL")
    damaged, no_folder = tmp_path / "damaged", tmp_path / "a file"
    damaged.mkdir()
    (damaged / "menagerie.db").write_bytes(b"garbage" * 1000)
    no_folder.write_text("")
    for data, words in ((damaged, "is damaged"), (no_folder, "a file")):
        code, _, complaint = menagerie("check", "--data", data)
        assert (code, len(complaint.splitlines())) == (7, 1)
        assert words in complaint
