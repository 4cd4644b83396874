"""The rows of the front page about what people say, and the boxes of pictures that are kept."""

import re

import build
from menagerie.core import votes
from menagerie.core.talk import comments, forums, topics
from menagerie.library import SYSTEM
from menagerie.storage.schema import ForumAccess
from web.conftest import text_of


def test_what_was_said_last_stands_on_the_front_page(library, clock, browser, alice, moderator):
    cat = build.image(library, tags="safe, cat, solo")
    hidden = build.image(library, tags="explicit, dog, solo")
    with library.writing(SYSTEM) as tx:
        forums.create(tx, "Cats", "cats-and-more")
        forums.create(tx, "Staff", "only-staff", access=ForumAccess.STAFF)
    with library.writing(alice) as tx:
        comments.create(tx, cat, "What a **soft** one")
    with library.writing(moderator) as tx:
        unwanted = comments.create(tx, cat, "Soon gone")
        comments.create(tx, hidden, "On what a filter hides")
        topics.create(tx, "cats-and-more", title="Whiskers", body="How many?")
        topics.create(tx, "only-staff", title="Secrets", body="Hush")
    clock.advance(60)
    shown = text_of(browser.get("/"))
    assert "What a soft one Alice" in shown
    assert "Soon gone" in shown
    assert "Whiskers Cats · 0 replies" in shown
    assert "filter hides" not in shown
    assert "Secrets" not in shown
    # The list is kept for some seconds, but what is hidden is gone at once.
    with library.writing(moderator) as tx:
        comments.hide(tx, unwanted.id, "rude")
    assert "Soon gone" not in text_of(browser.get("/"))


def test_the_box_of_a_picture_is_kept_until_the_picture_changes(library, browser, alice):
    image_id = build.image(library, tags="safe, cat, solo")
    box = f'data-image-id="{image_id}">'

    def drawn(path):
        page = browser.get(path).text.split(box)[1].split("</li>")[0]
        return re.search(r'href="([^"]+)"', page)[1], text_of_box(page)

    def text_of_box(page):
        return re.findall(r"</svg>(\d+)</span>", page)

    assert drawn("/") == (f"/images/{image_id}?q=%2A", ["0", "0", "0"])
    assert drawn("/search?q=cat") == (f"/images/{image_id}?q=cat", ["0", "0", "0"])
    with library.writing(alice) as tx:
        votes.vote(tx, image_id, 1)
    assert drawn("/search?q=cat")[1] == ["1", "0", "0"]
    assert drawn("/")[0] == f"/images/{image_id}?q=%2A"
