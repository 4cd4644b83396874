"""The documentation says what is so: settings, commands, search fields, links."""

import re
from pathlib import Path

import pytest

from menagerie import cli
from menagerie.cli.settings import reference
from menagerie.datasets.formats import FORMATS
from menagerie.search.fields import INDEXES
from menagerie.settings import OPTIONS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_the_settings_page_is_what_the_command_prints():
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == reference(), "run `make docs`"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_has_one_line_of_help(option):
    assert option.help.endswith(".")
    assert "\n" not in option.help


def test_every_command_is_in_the_operations_page():
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `menagerie (\w+)`", text, re.MULTILINE))
    assert documented == set(cli.COMMANDS)


def test_every_exit_code_is_in_the_operations_page():
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    [sentence] = re.findall(r"Exit codes:.*?\n\n", text, re.DOTALL)
    documented = {int(number) for number in re.findall(r"\b(\d)\b", sentence)}
    assert documented == {0, 1, *cli.EXIT_CODES.values()}


@pytest.mark.parametrize("index", INDEXES.values(), ids=lambda index: index.name)
def test_every_search_field_is_in_the_search_page(index):
    text = (DOCS / "search.md").read_text(encoding="utf-8")
    section = text.split(f"## Fields of {index.name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \| (\w+) \|", section, re.MULTILINE)
    documented = {(names, kind) for names, kind in rows}
    wanted = {
        (", ".join(f"`{name}`" for name in (field.name, *field.aliases)), str(field.kind))
        for field in index.fields
    }
    assert documented == wanted


def test_every_dataset_format_is_in_its_page():
    text = (DOCS / "datasets.md").read_text(encoding="utf-8")
    section = text.split("| format |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == set(FORMATS)


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in DOCS.glob("*.md"))])
def test_links_between_pages_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http", "docs/screenshot")):
            assert (path.parent / target).exists(), target


def test_every_make_target_explains_itself():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    [listed] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    explained = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert set(listed.split()) == explained
    assert set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text())) <= explained


def test_nothing_that_ships_names_this_machine():
    pages = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "constraints.txt", ROOT / "Makefile"]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert "file://" not in text
