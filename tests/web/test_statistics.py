"""Statistics and plots: numbers of what everybody finds, and nothing of what is private."""

import build
from menagerie.storage.schema import Audience
from web.conftest import text_of


def test_the_numbers_are_those_of_what_everybody_finds(library, browser, alice):
    assert "Nothing to see here yet" in text_of(browser.get("/statistics"))
    build.image(library, tags="safe, cat, solo")
    build.image(library, actor=alice, tags="safe, secret thing, solo", audience=Audience.PRIVATE)
    page = browser.get("/statistics")
    said = text_of(page)
    assert "Pictures 1 " in said
    assert "PNG 1" in said
    assert "secret thing" not in said
    assert page.text.count("<rect") == 61
    assert ": 1</title>" in page.text
