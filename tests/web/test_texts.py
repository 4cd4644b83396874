"""Every word people read comes from the catalogue of messages."""

import re
from pathlib import Path

import pytest

import menagerie
from menagerie.web import render, texts

TEMPLATES = Path(menagerie.__file__).parent / "web" / "templates"
PAGES = sorted(path.name for path in TEMPLATES.glob("*.html"))
# Units, signs and names that are the same everywhere.
SAME_EVERYWHERE = {"px", "s", "menagerie import FOLDER", "SHA-256", "Wikipedia", *"YNUJKARQXD"}


@pytest.mark.parametrize("name", PAGES)
def test_templates_hold_no_words_of_their_own(name):
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\0", source, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", "\0", source)
    left = {part.strip(" \n·×,+−:…#") for part in words.split("\0")}
    assert {part for part in left if re.search("[A-Za-z]", part)} <= SAME_EVERYWHERE


@pytest.mark.parametrize("name", PAGES)
def test_templates_have_no_handlers_styles_or_foreign_addresses(name):
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"\son[a-z]+\s*=|\sstyle=|javascript:|<script>|\|\s*safe\b", source)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", source)


@pytest.mark.parametrize("name", PAGES)
def test_every_template_compiles(name):
    assert render.environment("en").get_template(name)


def test_messages_can_be_extracted():
    environment = render.environment("en")
    source = (TEMPLATES / "results.html").read_text(encoding="utf-8")
    found = {message for _, _, message in environment.extract_translations(source)}  # type: ignore[attr-defined]
    assert any(isinstance(m, tuple) and m[0] == "%(n)s picture" for m in found)
    assert "No picture fits" in found


def test_an_unknown_language_falls_back_to_english():
    assert texts.translations("xx").gettext("Upload") == "Upload"
