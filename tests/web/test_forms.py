"""Forms: what they do, what they refuse, and how they say it."""

import re

import pytest

import build
from menagerie.core import accounts, filters, galleries, images, staff_log, visibility
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Role
from menagerie.web import _FILE_FORMS, _FORMS, _LONG_FORMS
from web.conftest import text_of


def image_of(library, image_id, actor=SYSTEM):
    with library.reading(actor) as tx:
        return images.get(tx, image_id)


@pytest.mark.parametrize("path", [*_FORMS, *_FILE_FORMS, *_LONG_FORMS])
def test_every_form_refuses_a_foreign_page(browser, library, path):
    path = re.sub(r"\{\w+:str\}", "1", path)
    for token in ("", "0" * 40, browser.csrf[:-1] + "x"):
        answer = browser.post(path, {"value": "up"}, csrf=token)
        assert answer.status_code == 403, path
    assert "too old" in text_of(answer)


def test_the_token_belongs_to_its_visitor(open_browser, library, alice):
    one, other = open_browser("Alice"), open_browser("Alice")
    image_id = build.image(library)
    assert one.post(f"/images/{image_id}/vote", {"value": "up"}, csrf=other.csrf).status_code == 403
    assert one.post(f"/images/{image_id}/vote", {"value": "up"}).status_code == 303
    assert image_of(library, image_id).score == 1


def test_register_gives_a_recovery_code_that_sets_a_new_password(open_browser, library):
    browser = open_browser()
    browser.get("/register")
    short = browser.post("/register", {"name": "Bob", "password": "short"})
    assert short.status_code == 422
    assert 'value="Bob"' in short.text
    assert 'aria-invalid="true"' in short.text
    browser.get("/register")
    made = browser.post("/register", {"name": "Bob", "password": build.PASSWORD})
    code = re.search(r'<code class="secret"[^>]*>([^<]*)</code>', made.text)[1]
    assert browser.get("/upload", follow_redirects=False).status_code == 200
    other = open_browser()
    other.get("/reset")
    wrong = other.post("/reset", {"name": "Bob", "code": "nonsense", "password": "a new password"})
    assert wrong.status_code == 422
    right = other.post("/reset", {"name": "Bob", "code": code, "password": "a new long password"})
    assert right.status_code == 200
    assert "new recovery code" in text_of(right)
    other.log_in("Bob", "a new long password")
    assert other.get("/upload").status_code == 200


def test_whoever_must_wait_has_no_account_yet(open_browser, clock):
    browser = open_browser()
    browser.get("/register")
    for _ in range(10):
        assert browser.post("/register", {"name": "Bob", "password": "short"}).status_code == 422
    wanted = {"name": "Bob", "password": build.PASSWORD}
    assert browser.post("/register", wanted).status_code == 429
    clock.advance(60)
    assert browser.post("/register", wanted).status_code == 200


def test_log_in_returns_to_where_one_was_and_nowhere_else(open_browser, library, alice):
    browser = open_browser()
    away = browser.get("/upload", follow_redirects=False)
    assert away.headers["location"] == "/login?then=%2Fupload"
    fields = {"name": "Alice", "password": build.PASSWORD}
    browser.get("/login?then=/upload")
    assert browser.post("/login", {**fields, "then": "/upload"}).headers["location"] == "/upload"
    stranger = open_browser()
    for evil in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ):
        stranger.get("/login")
        answer = stranger.post("/login", {**fields, "then": evil})
        assert answer.headers["location"] == "/"
        stranger.get("/")
        stranger.post("/logout")


def test_a_wrong_password_says_so_beside_the_field(browser, alice):
    browser.get("/login")
    answer = browser.post("/login", {"name": "Alice", "password": "not this one"})
    assert answer.status_code == 422
    assert 'value="Alice"' in answer.text
    assert "not this one" not in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_session_cookie_is_kept_from_scripts_and_foreign_sites(open_browser, alice):
    browser = open_browser()
    browser.get("/login")
    answer = browser.post("/login", {"name": "Alice", "password": build.PASSWORD})
    cookies = answer.headers.get_list("set-cookie")
    session = next(c for c in cookies if c.startswith("menagerie_session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    browser.get("/")
    browser.post("/logout")
    assert browser.get("/upload", follow_redirects=False).status_code == 303


def test_upload_takes_a_file_and_says_what_is_wrong(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/upload")
    data = build.png((40, 30), mark=77)
    file = {"image": ("sleepy.png", data, "image/png")}
    wrong = browser.post("/upload", {"tags": "solo", "description": "Keep me"}, files=file)
    assert wrong.status_code == 422
    read = text_of(wrong)
    assert "must contain at least one rating tag must contain at least 3 tags" in read
    assert "Keep me" in wrong.text
    right = browser.post(
        "/upload",
        {"tags": "safe, dog\nsolo", "sources": "https://a.example/\n\nhttps://b.example/"},
        files=file,
    )
    assert right.status_code == 303, text_of(right)
    image_id = int(right.headers["location"].rpartition("/")[2])
    image = image_of(library, image_id)
    assert [tag.name for tag in image.tags] == ["safe", "dog", "solo"]
    assert image.sources == ("https://a.example/", "https://b.example/")
    assert image.account_id == alice.account_id
    assert "Your picture is in." in text_of(browser.get(right.headers["location"]))
    assert "Your picture is in." not in text_of(browser.get(right.headers["location"]))
    again = browser.post("/upload", {"tags": "safe, dog, solo"}, files=file)
    assert again.status_code == 409
    assert f'href="/images/{image_id}"' in again.text


def test_upload_refuses_what_is_no_picture_and_nothing_at_all(open_browser, alice):
    browser = open_browser("Alice")
    browser.get("/upload")
    text = {"image": ("a.png", b"hello", "image/png")}
    assert browser.post("/upload", {"tags": "safe, a, b"}, files=text).status_code == 422
    nothing = browser.post("/upload", {"tags": "safe, a, b"})
    assert nothing.status_code == 422
    assert "Choose a file" in text_of(nothing)


def test_a_private_upload_is_for_its_owner(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/upload")
    file = {"image": ("x.png", build.png(mark=78), "image/png")}
    made = browser.post("/upload", {"tags": "safe, a, b", "is_private": "1"}, files=file)
    path = made.headers["location"]
    assert "Nobody else can see" in text_of(browser.get(path))
    assert open_browser().get(path).status_code == 404


def test_vote_fave_and_hide_are_buttons(open_browser, library, alice):
    image_id = build.image(library)
    browser = open_browser("Alice")

    def press(what, value):
        assert browser.post(f"/images/{image_id}/{what}", {"value": value}).status_code == 303
        image = image_of(library, image_id)
        return image.upvotes, image.downvotes, image.faves, image.hides

    assert press("vote", "down") == (0, 1, 0, 0)
    assert press("fave", "1") == (1, 0, 1, 0)
    assert 'aria-pressed="true"' in browser.get(f"/images/{image_id}").text
    assert press("fave", "0") == (1, 0, 0, 0)
    assert press("vote", "none") == (0, 0, 0, 0)
    assert press("hide", "1") == (0, 0, 0, 1)
    assert "0 pictures" in text_of(browser.get("/search?q=*"))
    assert press("hide", "0") == (0, 0, 0, 0)
    assert browser.post(f"/images/{image_id}/vote", {"value": "sideways"}).status_code == 422


def test_a_visitor_who_votes_is_sent_to_log_in(browser, library):
    image_id = build.image(library)
    answer = browser.post(f"/images/{image_id}/vote", {"value": "up"})
    assert answer.headers["location"] == "/login"
    assert image_of(library, image_id).score == 0


def test_a_form_leads_back_into_the_search(open_browser, library, alice):
    image_id = build.image(library)
    browser = open_browser("Alice")
    page = browser.get(f"/images/{image_id}?q=dog&sf=score").text
    assert '<input type="hidden" name="q" value="dog">' in page
    answer = browser.post(f"/images/{image_id}/vote", {"value": "up", "q": "dog", "sf": "score"})
    assert answer.headers["location"] == f"/images/{image_id}?q=dog&sf=score"


def test_tags_are_edited_by_difference(open_browser, library, alice):
    image_id = build.image(library, "safe, dog, solo")
    browser = open_browser("Alice")
    path = f"/images/{image_id}/tags"
    shown = {"old_tags": "safe, dog, solo"}
    assert browser.post(path, {**shown, "tags": "safe, cat, solo"}).status_code == 303
    assert [tag.name for tag in image_of(library, image_id).tags] == ["safe", "cat", "solo"]
    wrong = browser.post(path, {"old_tags": "safe, cat, solo", "tags": "cat"})
    assert wrong.status_code == 422
    assert "must contain at least one rating tag" in text_of(wrong)
    assert "<details open><summary>Edit tags" in wrong.text
    history = text_of(browser.get(f"/images/{image_id}/history"))
    assert "cat · Alice" in history


def test_sources_and_description_are_edited(open_browser, library, alice):
    image_id = build.image(library, actor=alice)
    browser = open_browser("Alice")
    lines = "https://a.example/1\nhttps://b.example/2"
    assert browser.post(f"/images/{image_id}/sources", {"sources": lines}).status_code == 303
    wrong = browser.post(f"/images/{image_id}/sources", {"sources": "no address"})
    assert wrong.status_code == 422
    assert browser.post(f"/images/{image_id}/description", {"description": "Hi"}).status_code == 303
    image = image_of(library, image_id)
    assert (image.sources, image.description) == (tuple(lines.split()), "Hi")


def test_only_its_owner_deletes_a_picture_and_only_when_sure(open_browser, library, alice):
    image_id = build.image(library, actor=alice)
    build.account(library, "Bob")
    owner, other = open_browser("Alice"), open_browser("Bob")
    assert other.post(f"/images/{image_id}/delete", {"sure": "1"}).status_code == 403
    owner.post(f"/images/{image_id}/delete")
    assert image_of(library, image_id).removed_at is None
    owner.post(f"/images/{image_id}/delete", {"sure": "1"})
    assert image_of(library, image_id).removed_at is not None


def test_a_key_is_shown_once_and_works(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/settings/keys")
    made = browser.post("/settings/keys", {"name": "laptop"})
    assert made.headers["cache-control"] == "private, no-store"
    key = re.search(r'<code class="secret"[^>]*>([^<]*)</code>', made.text)[1]
    with library.reading(ANONYMOUS) as tx:
        assert accounts.actor_for_key(tx, key).account_id == alice.account_id
    page = browser.get("/settings/keys").text
    assert "laptop" in page
    assert key not in page
    key_id = re.findall(r"/settings/keys/(\d+)/revoke", page)[-1]
    assert browser.post(f"/settings/keys/{key_id}/revoke").status_code == 303
    with library.reading(ANONYMOUS) as tx:
        assert accounts.actor_for_key(tx, key) is None


def test_the_password_is_changed_knowing_the_old_one(open_browser, alice):
    browser = open_browser("Alice")
    browser.get("/settings")
    wrong = browser.post(
        "/settings/password", {"old_password": "not it at all", "password": "another long one"}
    )
    assert wrong.status_code == 422
    right = browser.post(
        "/settings/password", {"old_password": build.PASSWORD, "password": "another long one"}
    )
    assert right.status_code == 303
    open_browser().log_in("Alice", "another long one")


def test_another_session_is_ended(open_browser, alice):
    here, there = open_browser("Alice"), open_browser("Alice")
    page = here.get("/settings/sessions").text
    assert page.count("/end") == 2
    others = re.findall(r"/settings/sessions/(\d+)/end", page)
    for number in others:
        if "this one" not in page.split(f"/settings/sessions/{number}/end")[0].rsplit("<li", 1)[1]:
            here.post(f"/settings/sessions/{number}/end")
    assert there.get("/upload", follow_redirects=False).status_code == 303
    assert here.get("/upload").status_code == 200


def test_what_is_watched_is_found(open_browser, library, alice):
    build.image(library, "safe, dog, solo")
    browser = open_browser("Alice")
    wrong = browser.post("/settings/watching", {"tags": "dog", "query": "(", "exclude": ""})
    assert wrong.status_code == 422
    saved = browser.post("/settings/watching", {"tags": "dog", "query": "", "exclude": ""})
    assert saved.status_code == 303, text_of(saved)
    assert "1 picture" in text_of(browser.get("/search?q=my:watched"))
    assert "Stop watching" in text_of(browser.get("/tags/dog"))
    browser.post("/settings/watch", {"tag": "dog", "watch": "0"})
    assert "0 pictures" in text_of(browser.get("/search?q=my:watched"))


def test_a_filter_is_made_chosen_changed_and_deleted(open_browser, library, alice):
    image_id = build.image(library, "safe, spider, solo")
    browser = open_browser("Alice")
    browser.get("/filters/new?from=1")
    wrong = browser.post("/filters", {"name": "", "hidden_query": "("})
    assert wrong.status_code == 422
    made = browser.post("/filters", {"name": "No spiders", "hidden_tags": "spider"})
    path = made.headers["location"]
    assert "spider" in text_of(browser.get(path))
    browser.post(f"{path}/choose")
    assert f'data-image-id="{image_id}"' not in browser.get("/search?q=*").text
    browser.post(f"{path}/edit", {"name": "Spiders blurred", "spoilered_tags": "spider"})
    assert "Spoilered spider" in text_of(browser.get("/search?q=*"))
    assert "Stop spoilering" in text_of(browser.get("/tags/spider"))
    browser.post(f"{path}/tag", {"tag": "spider", "effect": "none"})
    assert "Spoilered" not in text_of(browser.get("/search?q=*"))
    browser.post(f"{path}/delete", {"sure": "1"})
    assert browser.get(path).status_code == 404
    other = browser.post(f"/filters/{filters.DEFAULT_ID}/edit", {"name": "Mine now"})
    assert other.status_code == 403


def test_a_gallery_is_made_filled_ordered_and_deleted(open_browser, library, alice):
    ids = [build.image(library, f"safe, dog, n{n}") for n in range(3)]
    browser = open_browser("Alice")
    assert browser.post("/galleries", {"title": ""}).status_code == 422
    path = browser.post("/galleries", {"title": "Dogs", "description": "Good"}).headers["location"]
    gallery_id = int(path.rpartition("/")[2])
    for image_id in ids:
        browser.post(f"{path}/add", {"image": f"#{image_id}"})
    browser.post(f"{path}/move", {"image": str(ids[2]), "by": "-1"})
    browser.post(f"{path}/remove", {"image": str(ids[0])})
    with library.reading(alice) as tx:
        assert galleries.image_ids(tx, gallery_id) == [ids[2], ids[1]]
    page = browser.get(path).text
    assert re.findall(r'data-image-id="(\d+)"', page) == [str(ids[2]), str(ids[1])]
    assert "Dogs" in text_of(browser.get(f"/images/{ids[1]}"))
    assert browser.get(f"{path}/edit").status_code == 200
    browser.post(f"/images/{ids[0]}/gallery", {"gallery": str(gallery_id)})
    assert "3 pictures" in text_of(browser.get("/galleries"))
    browser.post(f"{path}/delete", {"sure": "1"})
    assert browser.get(path).status_code == 404


def test_a_moderator_approves_and_rejects(open_browser, library, alice, moderator):
    first, second = build.image(library, actor=alice), build.image(library, actor=alice)
    set_pending(library, first, second)
    browser = open_browser("Mona")
    page = browser.get("/moderation")
    assert f"#{first}" in text_of(page)
    browser.post(f"/moderation/{first}", {"decision": "approve"})
    browser.post(f"/moderation/{second}", {"decision": "reject"})
    states = [visibility.state(image_of(library, i)) for i in (first, second)]
    assert states == [visibility.State.VISIBLE, visibility.State.PENDING]
    assert "Nothing waits" in text_of(browser.get("/moderation"))
    assert (
        open_browser("Alice").post(f"/moderation/{second}", {"decision": "approve"}).status_code
        == 403
    )


def set_pending(library, *ids):
    """Put images back into review, as the review mode `person` would have admitted them."""
    with library.writing(SYSTEM) as tx:
        for image_id in ids:
            images.change(tx, image_id, review="pending")


def test_a_moderator_removes_restores_features_and_merges(open_browser, library, alice, moderator):
    first, second = build.image(library, "safe, dog, a"), build.image(library, "safe, dog, b")
    browser = open_browser("Mona")
    path = f"/images/{first}/moderate"
    assert browser.post(path, {"action": "remove", "reason": "Not ours"}).status_code == 303
    assert image_of(library, first).removal_reason == "Not ours"
    browser.post(path, {"action": "restore"})
    browser.post(path, {"action": "feature"})
    assert "Featured" in text_of(browser.get("/"))
    wrong = browser.post(path, {"action": "merge", "target": "the other"})
    assert wrong.status_code == 422
    merged = browser.post(path, {"action": "merge", "target": f"#{second}"})
    assert merged.headers["location"] == f"/images/{second}"
    assert image_of(library, first).merged_into_id == second
    assert open_browser("Alice").post(path, {"action": "restore"}).status_code == 403
    with library.reading(moderator) as tx:
        assert len(staff_log.find(tx)) >= 4


def test_a_mistyped_form_keeps_what_was_typed(open_browser, library, alice):
    browser = open_browser("Alice")
    hostile = '"><script>alert(1)</script>'
    answer = browser.post("/galleries", {"title": "x" * 500, "description": hostile})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "&gt;&lt;script&gt;alert(1)" in answer.text


def test_roles_are_needed_for_the_queue(open_browser, library):
    build.account(library, "Ada", Role.ADMIN)
    assert open_browser("Ada").get("/moderation").status_code == 200
