"""What people are told of, and the letters they write to each other."""

import re

import build
from menagerie.core.people import following
from menagerie.core.people.following import Followed
from menagerie.core.talk import comments, topics
from web.conftest import text_of


def test_news_comes_is_read_by_looking_and_is_forgotten(library, open_browser, alice):
    bob = build.account(library, "Bob")
    image_id = build.image(library)
    with library.writing(alice) as tx:
        following.follow(tx, Followed.IMAGE, image_id)
    with library.writing(bob) as tx:
        comments.create(tx, image_id, "one, @Alice")
        comments.create(tx, image_id, "two")
        topics.create(tx, "general", title="On cats", body="See @Alice")
    browser = open_browser("Alice")
    page = browser.get("/notifications")
    said = text_of(page)
    assert f"1 new comment on picture #{image_id}" in said
    assert f"You are named in a comment on picture #{image_id}" in said
    assert "You are named in a post in On cats" in said
    assert 'aria-label="3 pieces of news"' in page.text
    browser.get(f"/images/{image_id}")
    page = browser.get("/notifications?unread=1")
    assert "1 piece of news" in page.text
    assert "On cats" in text_of(page)
    assert "comments" not in text_of(page).split("Unseen")[1].split("All pictures")[0]
    news_id = re.search(r"/notifications/(\d+)/forget", page.text)[1]
    browser.post(f"/notifications/{news_id}/forget")
    assert "On cats" not in text_of(browser.get("/notifications"))
    assert open_browser().get("/notifications", follow_redirects=False).status_code == 303


def test_letters_are_written_read_answered_and_put_away(library, open_browser, alice):
    build.account(library, "Bob")
    build.account(library, "Eve")
    browser, bob, eve = open_browser("Alice"), open_browser("Bob"), open_browser("Eve")
    fields = {"recipient": "Nobody", "title": "Hi", "body": "**Hello**"}
    wrong = browser.post("/messages", fields)
    assert wrong.status_code == 422
    assert "**Hello**" in wrong.text
    with_bob = re.search(r'"(/conversations\?with=\d+)">', browser.get("/profiles/Bob").text)[1]
    led = browser.get(with_bob, follow_redirects=False)
    assert led.headers["location"] == "/messages/new?to=Bob"
    made = browser.post("/messages", {**fields, "recipient": "bob"})
    where = made.headers["location"]
    assert 'aria-label="1 unread message"' in bob.get("/").text
    page = bob.get(where)
    assert "<strong>Hello</strong>" in page.text
    assert "unread message" not in bob.get("/").text
    bob.post(where, {"body": "Hello yourself"})
    assert "Hello yourself" in text_of(browser.get(where))
    assert eve.get(where).status_code == 404
    assert eve.post(where, {"body": "me too"}).status_code == 404
    browser.post(f"{where}/sort", {"action": "away"})
    assert "Hi" not in text_of(browser.get("/messages")).split("Put away")[1].split("All pict")[0]
    assert where in browser.get("/messages?away=1").text
    browser.post(f"{where}/sort", {"action": "back"})
    browser.post(f"{where}/sort", {"action": "unread"})
    assert "unread message" in browser.get("/").text
    assert browser.post(f"{where}/sort", {"action": "burn"}).status_code == 422
