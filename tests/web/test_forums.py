"""Forums on pages: topics, posts and polls, and who may do what about them."""

import re

import build
from menagerie.core.talk import forums, posts, topics
from menagerie.library import SYSTEM
from menagerie.storage.schema import Role
from web.conftest import text_of


def test_a_topic_with_a_poll_is_begun_answered_and_voted_on(library, open_browser, alice):
    build.account(library, "Bob")
    alice_, bob, guest = open_browser("Alice"), open_browser("Bob"), open_browser()
    assert "General" in text_of(guest.get("/forums"))
    alice_.get("/forums/general/new")
    wrong = alice_.post(
        "/forums/general/topics", {"title": "Cats?", "body": "Well", "poll_options": "one"}
    )
    assert wrong.status_code == 422
    assert "Well" in wrong.text
    made = alice_.post(
        "/forums/general/topics",
        {
            "title": "Cats or dogs?",
            "body": "**Which?**",
            "poll_title": "Which",
            "poll_options": "Cats\nDogs",
            "poll_days": "3",
            "poll_method": "single",
        },
    )
    assert made.headers["location"] == "/forums/general/topics/cats-or-dogs"
    page = bob.get("/forums/general/topics/cats-or-dogs")
    assert "<strong>Which?</strong>" in page.text
    option = re.search(r'name="option" value="(\d+)"', page.text)[1]
    bob.post("/forums/general/topics/cats-or-dogs/vote", {"option": option})
    answered = bob.post("/forums/general/topics/cats-or-dogs/posts", {"body": "Cats, @Alice"})
    page = bob.get(answered.headers["location"].partition("#")[0])
    assert "1 vote" in text_of(page)
    assert 'href="/profiles/Alice">@Alice' in page.text.replace(' rel="nofollow ugc noopener"', "")
    said = text_of(guest.get("/forums/general"))
    assert "Cats or dogs? Poll by Alice" in said
    assert "Log in to write" in said
    assert "Which?" in text_of(guest.get("/posts?q=which"))
    assert guest.get("/forums/general/topics/nothing").status_code == 404


def test_a_post_is_changed_hidden_and_found_on_its_page(library, open_browser, alice):
    with library.writing(alice) as tx:
        topic = topics.create(tx, "general", title="Long", body="first")
        made = [posts.create(tx, topic.id, f"number {n}") for n in range(1, 30)]
    browser, last = open_browser("Alice"), made[-1].id
    page = browser.get(f"/posts/{last}")
    assert "number 29" in page.text
    assert "number 1<" not in page.text
    browser.post(f"/posts/{last}/edit", {"body": "number 30", "reason": "counted"})
    assert "counted" in text_of(browser.get(f"/posts/{last}"))
    assert "number 29" in text_of(browser.get(f"/posts/{last}/history"))
    build.account(library, "Assi", Role.ASSISTANT)
    helper = open_browser("Assi")
    helper.post(f"/posts/{last}/moderate", {"action": "hide", "reason": "spam"})
    assert "number 30" not in browser.get("/forums/general/topics/long?page=2").text
    assert "number 30" not in browser.get("/posts").text


def test_topics_are_locked_moved_and_hidden(library, open_browser, alice, moderator):
    with library.writing(alice) as tx:
        topics.create(tx, "general", title="Here", body="first")
    mona, browser = open_browser("Mona"), open_browser("Alice")
    act = "/forums/general/topics/here/moderate"
    assert browser.post(act, {"action": "lock"}).status_code == 403
    mona.post(act, {"action": "lock", "reason": "done"})
    page = text_of(browser.get("/forums/general/topics/here"))
    assert "This topic is locked. done" in page
    assert "Your answer" not in page
    moved = mona.post(act, {"action": "move", "forum": "meta"})
    assert moved.headers["location"] == "/forums/meta/topics/here"
    mona.post("/forums/meta/topics/here/moderate", {"action": "hide", "reason": "no"})
    assert browser.get("/forums/meta/topics/here").status_code == 404
    assert "This topic is hidden" in text_of(mona.get("/forums/meta/topics/here"))


def test_forums_are_made_by_administrators_and_hidden_from_others(library, open_browser, alice):
    build.account(library, "Ada", Role.ADMIN)
    ada, browser = open_browser("Ada"), open_browser("Alice")
    fields = {"name": "Back room", "short_name": "back", "description": "", "access": "staff"}
    assert browser.post("/forums", fields).status_code == 403
    assert ada.post("/forums", {**fields, "short_name": "Not this"}).status_code == 422
    assert ada.post("/forums", fields).headers["location"] == "/forums/back"
    assert "Back room" in text_of(ada.get("/forums"))
    assert "Back room" not in text_of(browser.get("/forums"))
    assert browser.get("/forums/back").status_code == 404
    ada.post("/forums/back/edit", {"name": "Front room", "access": "normal"})
    assert "Front room" in text_of(browser.get("/forums"))
    browser.post("/forums/back/follow", {"value": "1"})
    assert "Follow no longer" in text_of(browser.get("/forums/back"))
    ada.post("/forums/back/edit", {"action": "delete"})
    with library.reading(SYSTEM) as tx:
        assert "back" not in [forum.short_name for forum in forums.find_all(tx)]
