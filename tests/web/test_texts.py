"""Every word people read comes from the catalogue of messages."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import pofile

import menagerie
from menagerie.web import languages, render, texts

TEMPLATES = Path(menagerie.__file__).parent / "web" / "templates"
ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in TEMPLATES.glob("*.html"))
# Units, signs and names that are the same everywhere.
SAME_EVERYWHERE = {
    "px",
    "s",
    "menagerie import FOLDER",
    "SHA-256",
    "Wikipedia",
    "C",
    "S",
    "Esc",
    "&gt;",
    "&gt;&gt;123",
    *"YNUJKARQXDOF",
}


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
    assert languages.translations("xx").gettext("Upload") == "Upload"
    assert languages.translations("../..").gettext("Upload") == "Upload"


PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Upload"
msgstr "Nahrát"

msgid "%(n)s picture"
msgid_plural "%(n)s pictures"
msgstr[0] "obrázek"
msgstr[1] "obrázky"
msgstr[2] "obrázků"

#. problem
msgid "must be at most %(most)s tags"
msgstr "nejvýš %(most)s značek"

#. problem
msgid "must be at most %(most)s tags or %(other)s"
msgstr "nejvýš %(most)s značek nebo %(other)s"

#. problem
msgid "%(key)s is 100%% wrong"
msgstr "%(key)s je špatně"
"""


def test_a_catalogue_brings_its_plurals_and_finds_messages_by_their_pattern():
    said = languages.read(PO.encode(), "cs")
    assert said.gettext("Upload") == "Nahrát"
    assert [said.ngettext("%(n)s picture", "%(n)s pictures", n) for n in (1, 3, 5)] == [
        "obrázek",
        "obrázky",
        "obrázků",
    ]
    assert said.gettext("must be at most 1,000 tags") == "nejvýš 1,000 značek"
    assert said.gettext("must be at most 2 tags or none") == "nejvýš 2 značek nebo none"
    assert said.gettext("<i>%s is 100% wrong") == "<i>%s je špatně"
    assert said.gettext("must be at most") == "must be at most"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("", "en"), ("de;q=0, xx", "en"), ("EN-gb, de;q=0.4", "en"), (",;q=,;;" * 50, "en")],
)
def test_the_browser_says_what_language_it_likes(accepted, expected):
    assert languages.best(accepted) == expected


def test_the_template_of_messages_is_current():
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "messages.py", "--check"], check=False, timeout=60
    )
    assert checked.returncode == 0, "run `make messages`"


def _placeholders(text):
    return set(re.findall(r"%\(\w+\)s", text))


@pytest.mark.parametrize("path", sorted(languages.LOCALE.glob("*/LC_MESSAGES/*.po")), ids=str)
def test_every_language_is_complete(path):
    language = path.parent.parent.name
    catalogue = pofile.read_po(io.BytesIO(path.read_bytes()), locale=language)
    template = pofile.read_po(io.BytesIO((languages.LOCALE / "menagerie.pot").read_bytes()))
    assert {str(m.id) for m in catalogue} == {str(m.id) for m in template}, "run `make messages`"
    assert language in texts.LANGUAGES
    for message in catalogue:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        keys = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), message.id
        wanted = _placeholders(keys[-1])
        # What is one of a kind may go without its number.
        assert all(wanted - {"%(n)s", "%(num)s"} <= _placeholders(f) <= wanted for f in forms), keys
        assert _placeholders(forms[-1]) == wanted, keys


def test_every_offered_language_has_a_catalogue_and_a_name():
    for language in texts.LANGUAGES:
        assert language in texts.LANGUAGE_NAMES
        assert language == texts.SOURCE_LANGUAGE or languages.path_of(language).is_file()
