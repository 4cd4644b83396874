"""Comments on pages: below a picture, in the list of all, changed and moderated."""

import re

import build
from menagerie.core import moderation
from menagerie.core.talk import comments
from menagerie.library import SYSTEM
from menagerie.storage.schema import Audience, Role
from web.conftest import text_of


def say(browser, image_id, body, **fields):
    browser.get(f"/images/{image_id}")
    return browser.post(f"/images/{image_id}/comments", {"body": body, **fields})


def test_a_comment_is_made_shown_changed_and_kept_as_it_stood(library, open_browser, alice):
    image_id = build.image(library, tags="safe, cat, solo")
    other = build.image(library, tags="safe, dog, solo")
    alice_ = open_browser("Alice")
    answer = say(alice_, image_id, f"So **soft** ||paws|| >>{other}t <script>")
    assert answer.status_code == 303
    where = answer.headers["location"]
    comment_id = int(re.search(r"#comment-(\d+)$", where)[1])
    page = alice_.get(f"/images/{image_id}")
    assert "1 comment" in text_of(page)
    assert "So <strong>soft</strong>" in page.text
    assert f'<a href="/images/{other}" class="embed"' in page.text
    assert "<script>" not in page.text.split('id="comments"')[1].split("</section>")[0]
    assert "/faces/Alice.svg" in page.text
    alice_.post(f"/comments/{comment_id}/edit", {"body": "So soft", "reason": "shorter"})
    assert alice_.get(f"/comments/{comment_id}").text.count("So soft") == 1
    history = text_of(alice_.get(f"/comments/{comment_id}/history"))
    assert "shorter" in history
    assert "**soft**" in history
    build.account(library, "Bob")
    edit = f"/comments/{comment_id}/edit"
    assert open_browser("Bob").get(edit).status_code == 403
    assert open_browser().get(edit, follow_redirects=False).status_code == 303
    assert "So soft" in text_of(alice_.get("/comments?q=soft"))
    assert "So soft" not in text_of(alice_.get("/comments?q=author%3Anobody"))
    assert alice_.get("/comments?q=(").status_code == 422


def test_a_wrong_comment_comes_back_and_a_locked_picture_takes_none(library, open_browser, alice):
    image_id = build.image(library)
    browser = open_browser("Alice")
    answer = say(browser, image_id, "  ")
    assert answer.status_code == 422
    assert "can&#39;t be blank" in answer.text
    with library.writing(SYSTEM) as tx:
        moderation.lock(tx, image_id, "comments")
    assert "are locked" in text_of(browser.get(f"/images/{image_id}"))
    assert say(browser, image_id, "but").status_code == 403


def test_guests_of_one_network_cannot_fill_the_page(library, open_browser, alice):
    image_id = build.image(library)
    guest, signed_in = open_browser(), open_browser("Alice")
    with build.configured(library, guest_comments=True, crowd_rate=2):
        assert [say(guest, image_id, "hello").status_code for _ in range(3)] == [303, 303, 429]
        assert say(signed_in, image_id, "hello").status_code == 303


def test_an_anonymous_comment_names_nobody_but_to_moderators(
    library, open_browser, alice, moderator
):
    image_id = build.image(library)
    browser = open_browser("Alice")
    say(browser, image_id, "psst", anonymous="1")
    comment_id = int(re.search(r"/comments/(\d+)/edit", browser.get(f"/images/{image_id}").text)[1])
    browser.post(f"/comments/{comment_id}/edit", {"body": "psst!", "reason": ""})
    guest = open_browser()
    for path in (f"/images/{image_id}", "/comments", f"/comments/{comment_id}/history"):
        page = guest.get(path)
        assert "psst" in page.text
        assert "Alice" not in page.text
        assert re.search(r"Anonymous #[0-9A-F]{4}", page.text) or "history" in path
    mona = open_browser("Mona")
    assert "Alice" in mona.get(f"/images/{image_id}").text


def test_staff_hide_show_and_wipe(library, open_browser, alice, moderator):
    image_id = build.image(library)
    with library.writing(alice) as tx:
        comment_id = comments.create(tx, image_id, "very rude").id
    build.account(library, "Assi", Role.ASSISTANT)
    helper, guest = open_browser("Assi"), open_browser()
    helper.post(f"/comments/{comment_id}/moderate", {"action": "hide", "reason": "manners"})
    page = guest.get(f"/images/{image_id}").text
    assert "very rude" not in page
    assert "manners" in page
    assert "very rude" in helper.get(f"/images/{image_id}").text
    assert "very rude" not in guest.get("/comments").text
    refused = helper.post(f"/comments/{comment_id}/moderate", {"action": "destroy"})
    assert refused.status_code == 403
    helper.post(f"/comments/{comment_id}/moderate", {"action": "unhide"})
    assert "very rude" in guest.get(f"/images/{image_id}").text
    mona = open_browser("Mona")
    mona.post(f"/comments/{comment_id}/moderate", {"action": "destroy"})
    assert "very rude" not in mona.get(f"/images/{image_id}").text


def test_what_is_said_of_a_private_picture_is_its_owners_alone(library, open_browser, alice):
    image_id = build.image(library, actor=alice, audience=Audience.PRIVATE)
    browser, guest = open_browser("Alice"), open_browser()
    say(browser, image_id, "my secret")
    assert "my secret" in browser.get(f"/images/{image_id}").text
    assert "my secret" not in guest.get("/comments").text
    assert guest.get(f"/images/{image_id}/comments").status_code == 404


def test_a_picture_is_followed_and_faces_are_drawn(library, open_browser, alice):
    image_id = build.image(library)
    browser = open_browser("Alice")
    browser.post(f"/images/{image_id}/follow", {"value": "1"})
    assert "Follow no longer" in text_of(browser.get(f"/images/{image_id}"))
    browser.post(f"/images/{image_id}/follow", {"value": "0"})
    assert "Follow no longer" not in text_of(browser.get(f"/images/{image_id}"))
    face = browser.get("/faces/Background%20Pony%20%23ABCD.svg")
    assert face.headers["content-type"].startswith("image/svg+xml")
    assert browser.get("/faces/x.png").status_code == 404
    assert browser.get("/avatars/aa/x.webp").status_code == 404
