"""Profiles, and the rooms of what others see of oneself."""

import re

import build
from menagerie.core import galleries, votes
from menagerie.core.people import badges, links, preferences
from menagerie.core.staff import bans
from menagerie.core.talk import comments, topics
from menagerie.storage.schema import LinkState, NewsKind
from web.conftest import text_of


def test_what_others_see_of_oneself(library, open_browser, alice):
    browser = open_browser("Alice")
    browser.get("/settings/profile")
    said = {"description": "I like **cats**"}
    assert browser.post("/settings/profile", said).status_code == 303
    assert browser.post("/settings/profile", {"description": "x" * 200_000}).status_code == 422
    picture = {"avatar": ("me.png", build.png((300, 200)), "image/png")}
    assert browser.post("/settings/avatar", files=picture).status_code == 303
    face = re.search(r'src="(/avatars/[^"]+)"', browser.get("/settings/profile").text)[1]
    assert browser.get(face).headers["content-type"] == "image/webp"
    text = {"avatar": ("me.png", b"not a picture", "image/png")}
    for wrong in (text, {"avatar": ("", b"", "image/png")}):
        assert browser.post("/settings/avatar", files=wrong).status_code == 422
    profile = open_browser().get("/profiles/Alice")
    assert "<strong>cats</strong>" in profile.text
    assert face in profile.text
    browser.post("/settings/avatar", {"action": "remove"})
    assert face not in browser.get("/settings/profile").text


def test_links_are_proven_by_a_code(library, open_browser, alice, moderator):
    build.image(library, "safe, solo, artist:alice")
    browser, visitor = open_browser("Alice"), open_browser()
    browser.get("/settings/links")
    wrong = browser.post("/settings/links", {"url": "nonsense", "tag": "artist:nobody"})
    assert wrong.status_code == 422
    fields = {"url": "https://alice.example/", "tag": "artist:alice", "is_public": "1"}
    browser.post("/settings/links", fields)
    page = browser.get("/settings/links").text
    assert re.search(r"menagerie-\w+", page)
    assert "alice.example" not in visitor.get("/profiles/Alice").text
    with library.writing(moderator) as tx:
        [link] = links.of_account(tx, alice.account_id)
        links.decide(tx, link.id, LinkState.VERIFIED)
    assert "piece of news" in browser.get("/").text
    assert "Verified" in text_of(browser.get("/settings/links"))
    assert "piece of news" not in browser.get("/").text
    assert "alice.example" in visitor.get("/profiles/Alice").text
    browser.post(f"/settings/links/{link.id}/delete")
    assert "alice.example" not in visitor.get("/profiles/Alice").text


def test_preferences_are_kept_by_the_account(library, open_browser, alice):
    browser = open_browser("Alice")
    page = browser.get("/settings/preferences").text
    assert page.count("checked") == 3 + len(NewsKind)
    fields = {
        "theme": "dark", "view": "large", "language": "", "is_endless": "1",
        "follows_on_post": "1", "told[]": ["comment", "award", "nonsense"],
    }  # fmt: skip
    assert browser.post("/settings/preferences", fields).status_code == 303
    with library.reading(alice) as tx:
        liked = preferences.get(tx)
    assert (liked.theme, liked.view, liked.is_endless) == ("dark", "large", True)
    assert (liked.follows_on_upload, liked.follows_on_post) == (False, True)
    assert liked.told == {NewsKind.COMMENT, NewsKind.AWARD}
    assert 'data-theme="dark"' in open_browser("Alice").get("/").text
    assert browser.post("/settings/preferences", {**fields, "theme": "pink"}).status_code == 422


def test_a_profile_shows_what_is_signed_and_lets_staff_act(library, open_browser, alice, moderator):
    image_id = build.image(library, actor=alice)
    with library.writing(alice) as tx:
        votes.fave(tx, image_id)
        comments.create(tx, image_id, "said *openly*")
        comments.create(tx, image_id, "said in the dark", is_anonymous=True)
        topics.create(tx, "general", title="On cats", body="a post of mine")
        galleries.create(tx, title="Seen by all")
        galleries.create(tx, title="Nobody knows", is_anonymous=True)
    with library.writing(moderator) as tx:
        badge = badges.create(tx, "Helper")
    visitor, mona, browser = open_browser(), open_browser("Mona"), open_browser("Alice")
    page = visitor.get("/profiles/Alice")
    said = text_of(page)
    for words in ("1 upload", "said openly", "a post of mine", "On cats", "Seen by all"):
        assert words in said
    assert "in the dark" not in said
    assert "Nobody knows" not in said
    assert "For staff" not in said
    assert f'/conversations?with={alice.account_id}">' in page.text
    act = "/profiles/Alice/moderate"
    visitor.get("/")
    assert visitor.post(act, {"action": "title", "title": "x"}).status_code == 303
    assert browser.post(act, {"action": "title", "title": "x"}).status_code == 403
    assert "For staff" in text_of(mona.get("/profiles/Alice"))
    given = {"action": "award", "badge": str(badge.id), "label": "Great helper"}
    assert mona.post(act, given).status_code == 303
    mona.post(act, {"action": "title", "title": "The Great"})
    said = text_of(visitor.get("/profiles/Alice"))
    assert "Great helper" in said
    assert "The Great" in said
    assert "piece of news" in browser.get("/").text
    browser.get("/profiles/Alice")
    assert "piece of news" not in browser.get("/").text
    with library.reading(alice) as tx:
        [award] = badges.of_account(tx, alice.account_id)
    mona.post(act, {"action": "take back", "award": str(award.id)})
    assert "Great helper" not in text_of(visitor.get("/profiles/Alice"))
    wrong = ({"action": "rename", "name": ""}, {"action": "ban", "reason": "x", "days": "soon"})
    for fields in wrong:
        answer = mona.post(act, fields)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text or 'class="wrong"' in answer.text
    assert mona.post(act, {"action": "adore"}).status_code == 404
    renamed = mona.post(act, {"action": "rename", "name": "Alix"})
    assert renamed.headers["location"] == "/profiles/Alix"
    mona.post("/profiles/Alix/moderate", {"action": "ban", "reason": "Rude", "days": "3"})
    with library.reading(moderator) as tx:
        [ban] = bans.bans(tx)
    assert ban.account_name == "Alix"
    assert ban.until_at is not None
