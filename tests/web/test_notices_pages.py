"""Notices, badges, artists' wishes, and what a tag says of itself."""

import re

import build
from menagerie.core import dnp, notices, tags
from menagerie.core.people import badges, links
from menagerie.storage.schema import DnpState, LinkState
from web.conftest import text_of

ROOM = "/moderation/notices"


def _main(page):
    return text_of(page).split("Skip to the pictures")[1]


def test_notices_stand_on_every_page_until_put_away_or_ended(library, open_browser, moderator):
    visitor, mona = open_browser(), open_browser("Mona")
    assert visitor.get(ROOM, follow_redirects=False).status_code == 303
    mona.get(ROOM)
    fields = {"title": "Closed on Sunday", "body": "All day", "link": "/forums"}
    for wrong in ({"title": ""}, {"until_at": "soon"}, {"link": "javascript:alert(1)"}):
        answer = mona.post(ROOM, {**fields, **wrong})
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text
    mona.post(ROOM, {**fields, "from_at": "2000-01-02T03:04", "until_at": "2999-05-06T07:08"})
    with library.reading(moderator) as tx:
        [notice] = notices.find_all(tx)
    here = f"{ROOM}/{notice.id}"
    page = mona.get(here).text
    assert 'value="2999-05-06T07:08"' in page
    for path in ("/", "/tags", "/nothing/here"):
        assert "Closed on Sunday" in text_of(visitor.get(path))
    visitor.get("/tags")
    away = visitor.post("/notices/away", {"id": str(notice.id), "then": "/tags"})
    assert away.headers["location"] == "/tags"
    assert "Closed on Sunday" not in text_of(visitor.get("/"))
    assert "Closed on Sunday" in text_of(open_browser().get("/"))
    mona.post(here, {**fields, "title": "Closed on Monday"})
    assert "Closed on Monday" in text_of(open_browser().get("/"))
    mona.post(here, {"action": "end"})
    assert "Closed" not in text_of(open_browser().get("/"))
    mona.post(here, {"action": "show"})
    assert "Closed on Monday" in text_of(open_browser().get("/"))
    mona.post(here, {"action": "delete"})
    assert mona.get(here).status_code == 404


def test_badges_are_made_changed_and_given_no_more(library, open_browser, alice, moderator):
    room = "/moderation/badges"
    mona, browser = open_browser("Mona"), open_browser("Alice")
    browser.get("/")
    assert browser.get(room).status_code == 403
    mona.get(room)
    picture = {"image": ("b.png", build.png((40, 40)), "image/png")}
    assert browser.post(room, {"title": "Mine"}, files=picture).status_code == 403
    mona.post(room, {"title": "Helper", "description": "Helps"}, files=picture)
    with library.reading(moderator) as tx:
        [badge] = badges.find_all(tx)
    assert f'src="/{badge.image}"' in mona.get(room).text
    here = f"{room}/{badge.id}"
    text = {"image": ("b.png", b"no", "image/png")}
    assert mona.post(room, {"title": "Other"}, files=text).status_code == 422
    nothing = {"image": ("", b"", "image/png")}
    assert mona.post(here, {"title": ""}, files=nothing).status_code == 422
    mona.post(here, {"title": "Good helper", "description": ""}, files=nothing)
    mona.post(here, {"action": "retire"}, files=nothing)
    with library.reading(moderator) as tx:
        [changed] = badges.find_all(tx)
    assert (changed.title, changed.image) == ("Good helper", badge.image)
    assert changed.is_retired
    assert "Give this badge" not in text_of(mona.get("/profiles/Alice"))


def test_artists_ask_and_a_tag_says_so(library, open_browser, alice, moderator):
    build.image(library, "safe, solo, artist:alice")
    browser, mona, visitor = open_browser("Alice"), open_browser("Mona"), open_browser()
    assert "Only artists may ask" in text_of(browser.get("/dnp/new"))
    fields = {"tag": "artist:alice", "type": "Other", "conditions": "Ask *first*", "reason": "x"}
    assert browser.post("/dnp", fields).status_code == 403
    with library.writing(alice) as tx:
        link = links.add(tx, "https://alice.example/", "artist:alice")
    with library.writing(moderator) as tx:
        links.decide(tx, link.id, LinkState.VERIFIED)
    assert '<option value="artist:alice"' in browser.get("/dnp/new").text
    assert browser.post("/dnp", {**fields, "conditions": ""}).status_code == 422
    assert browser.post("/dnp", {**fields, "hides_reason": "1"}).status_code == 303
    assert "Waits for staff" in text_of(browser.get("/dnp"))
    assert "Nothing is in force" in text_of(visitor.get("/dnp"))
    with library.reading(alice) as tx:
        [entry] = dnp.own(tx)
    act = f"/dnp/{entry.id}/decide"
    assert browser.post(act, {"state": "listed"}).status_code == 403
    assert mona.post(act, {"state": "loved"}).status_code == 422
    assert "Waiting for staff" in text_of(mona.get("/dnp"))
    assert f'id="state-waiting-{entry.id}"' in mona.get("/dnp").text
    assert "Take it back" in text_of(browser.get("/dnp"))
    assert "Decide" not in text_of(browser.get("/dnp"))
    mona.post(act, {"state": DnpState.LISTED.value})
    assert "2 pieces of news" in browser.get("/tags").text
    browser.get("/dnp")
    browser.get("/settings/links")
    assert "of news" not in browser.get("/tags").text
    page = visitor.get("/dnp")
    assert "Ask <em>first</em>" in page.text
    assert "Why" not in text_of(page)

    tag_page = "/tags/artist-colon-alice"
    page = visitor.get(tag_page)
    assert "Ask <em>first</em>" in page.text
    assert "alice.example" in page.text
    image = f"{tag_page}/spoiler-image"
    picture = {"image": ("b.png", build.png((40, 40)), "image/png")}
    assert browser.post(image, files=picture).status_code == 403
    assert mona.post(image, files={"image": ("b", b"no", "image/png")}).status_code == 422
    assert mona.post(image, files=picture).status_code == 303
    with library.reading(moderator) as tx:
        kept = tags.get_by_slug(tx, "artist-colon-alice").spoiler_image
    assert f'src="/{kept}"' in visitor.get(tag_page).text
    mona.post(image, {"action": "remove"}, files={"x": ("", b"", "image/png")})
    assert kept not in visitor.get(tag_page).text

    browser.post(act, {"state": "rescinded"})
    assert "Nothing is in force" in text_of(visitor.get("/dnp"))
    assert not re.search("first", _main(visitor.get(tag_page)))
