"""The pages of moderation: reporting, the queue, the log, duplicates, bans."""

import re

import pytest

import build
from menagerie.core import images, reports
from menagerie.core.apps import requests
from menagerie.core.people import links, messages
from menagerie.core.staff import duplicates
from menagerie.core.talk import comments, posts, topics
from menagerie.library import SYSTEM, Actor
from menagerie.storage.schema import Audience, Review
from web.conftest import text_of


@pytest.fixture
def staff(open_browser, moderator):
    return open_browser("Mona")


def image_of(library, image_id):
    with library.reading(SYSTEM) as tx:
        return images.find_any(tx, image_id)


def item_of(page):
    """The address of the form that decides what the queue shows."""
    return re.search(r'action="(/moderation/queue/\w+/\d+)"', page.text)[1]


def test_anything_is_reported_by_whoever_may_see_it(library, open_browser, alice, moderator):
    image_id = build.image(library)
    bob = build.account(library, "Bob")
    with library.writing(alice) as tx:
        comment_id = comments.create(tx, image_id, "very rude").id
        topic = topics.create(tx, "general", title="Talk", body="Hello.")
        letter = messages.start(tx, "Bob", "Psst", "Buy this")
        post_id = posts.create(tx, topic.id, "Spam spam").id
    reporter, guest = open_browser("Bob"), open_browser()
    things = {
        ("comment", comment_id): "very rude",
        ("post", post_id): "Spam spam",
        ("account", alice.account_id): "Alice",
        ("conversation", letter.id): "Psst",
    }
    for (kind, subject_id), words in things.items():
        path = f"/reports/new?kind={kind}&id={subject_id}"
        assert words in text_of(reporter.get(path))
        sent = {"kind": kind, "id": str(subject_id), "category": "Spam", "reason": "again"}
        assert reporter.post("/reports", sent).status_code == 303
    assert guest.get(f"/reports/new?kind=conversation&id={letter.id}").url.path == "/login"
    assert guest.get("/reports/new?kind=planet&id=1").status_code == 404
    assert "Report a picture" in text_of(guest.get(f"/reports/new?kind=image&id={image_id}"))
    sent = {"kind": "image", "id": str(image_id), "category": "Copyright Violation", "reason": ""}
    assert guest.post("/reports", sent | {"category": "x"}).status_code == 422
    assert guest.post("/reports", sent).headers["location"] == f"/images/{image_id}"
    with library.reading(moderator) as tx:
        assert reports.find_open(tx)[0][0].category == "copyright"
        assert reports.find_of(tx, "post", post_id)[0].account_id == bob.account_id


def test_the_queue_shows_one_thing_at_a_time_and_offers_the_way_back(
    library, clock, open_browser, staff, alice
):
    first, second = build.image(library, "safe, dog, solo", actor=alice), build.image(library)
    private = build.image(library, actor=alice, audience=Audience.PRIVATE)
    waiting = build.image(library, "safe, owl, solo", actor=alice)
    with library.writing(alice) as tx:
        reports.report(tx, second, "Other: it is ugly")
        comment_id = comments.create(tx, first, "very **rude**").id
        links.add(tx, "https://alice.example/")
    clock.advance(60)
    with library.writing(alice) as tx:
        requests.create(tx, private, "let them see")
    with library.writing(Actor(address="192.0.2.7")) as tx:
        reports.report_subject(tx, "comment", comment_id, "Rude: indeed", rule="Rude")
    clock.advance(60)
    with library.writing(alice) as tx:
        duplicates.suggest(tx, first, second, "look the same")
    with library.writing(SYSTEM) as tx:
        images.change(tx, waiting, review=Review.PENDING)
    assert open_browser().get("/moderation").url.path == "/login"
    assert open_browser("Alice").get("/moderation").status_code == 403
    page = staff.get("/moderation?kind=report")
    assert "it is ugly" in text_of(page)
    assert "very rude" in text_of(
        staff.get(re.search(r'href="([^"]+)" data-press="n"', page.text)[1].replace("&amp;", "&"))
    )
    # A claim stands beside the thing; a decision leads on, and offers the way back.
    path = item_of(page)
    claimed = staff.post(path, {"decision": "claim", "tab": "report"})
    assert claimed.headers["location"] == "/moderation?kind=report"
    assert "You look into it" in text_of(staff.get("/moderation?kind=report"))
    staff.post(path, {"decision": "release", "tab": "report"})
    assert staff.post(path, {"decision": "burn"}).status_code == 422
    sent = {"decision": "reject", "reason": "Not ours", "tab": "report"}
    done = staff.post(path, sent)
    assert image_of(library, second).removal_reason == "Not ours"
    page = staff.get(done.headers["location"])
    assert "Done: accepted reports" in text_of(page)
    assert "very rude" in text_of(page)  # the next one
    assert "Rude: indeed" in text_of(page)
    back = re.search(r'action="(/moderation/log/\d+/undo)"', page.text)[1]
    assert staff.post(back, {"then": "/moderation"}).headers["location"] == "/moderation"
    assert image_of(library, second).removed_at is None
    assert staff.post(back, {"then": "/moderation"}).status_code == 422
    log = staff.get("/moderation/log?kind=image")
    assert "undid “accepted reports”" in text_of(log)
    assert "Do again" in text_of(log)
    assert "Nobody has done such a thing" in text_of(staff.get("/moderation/log?by=Alice"))
    assert open_browser("Alice").get("/moderation/log").status_code == 403
    # Each of the others is decided in turn.
    decisions = {
        "report": "approve",
        "upload": "approve",
        "public_request": "approve",
        "link": "reject",
        "duplicate": "approve",
    }
    while "Nothing waits" not in text_of(page := staff.get("/moderation")):
        path = item_of(page)
        decision = decisions[path.split("/")[3]]
        if "duplicate" in path:
            assert "look the same" in text_of(page)
            swapped = staff.get("/moderation?kind=duplicate&swap=1")
            assert f'name="keep" value="{first}"' in swapped.text
        if "link" in path:
            assert "https://alice.example/" in page.text
        assert staff.post(path, {"decision": decision}).status_code == 303
    assert image_of(library, first).merged_into_id == second
    assert image_of(library, private).audience == Audience.PUBLIC
    assert image_of(library, waiting).review == Review.APPROVED
    decided = staff.post(path, {"decision": "approve"})
    assert decided.status_code == 303
    assert "has decided that already" in text_of(staff.get("/moderation"))


def test_texts_that_wait_are_approved_or_hidden(library, staff, alice):
    image_id = build.image(library)
    with build.configured(library, hold_links=True), library.writing(alice) as tx:
        one = comments.create(tx, image_id, "See https://elsewhere.example/").id
        topic = topics.create(tx, "general", title="Talk", body="See https://elsewhere.example/")
    page = staff.get("/moderation?kind=comment")
    assert f'href="/comments/{one}"' in page.text
    done = staff.post(item_of(page), {"decision": "hide", "reason": "spam"})
    assert "Undo" in text_of(staff.get(done.headers["location"]))
    page = staff.get("/moderation?kind=post")
    staff.post(item_of(page), {"decision": "approve"})
    with library.reading(SYSTEM) as tx:
        assert comments.get(tx, one).hide_reason == "spam"
        assert posts.get(tx, topics.get_by_id(tx, topic.id).last_post_id).is_approved


def test_duplicates_are_suggested_and_compared(library, open_browser, staff, alice):
    small = build.image(library, "safe, dog, solo", actor=alice)
    large = build.image(library, "safe, dog, grass", size=(96, 64))
    browser = open_browser("Alice")
    assert f'href="/images/{small}/duplicate"' in browser.get(f"/images/{small}").text
    browser.get(f"/images/{small}/duplicate")
    path = f"/images/{small}/duplicate"
    for wrong in ("the other", str(small)):
        assert browser.post(path, {"of": wrong}).status_code == 422
    assert browser.post(path, {"of": f"#{large}", "reason": "larger"}).status_code == 303
    assert "waits already" in text_of(browser.post(path, {"of": str(large)}))
    assert open_browser().post(path, {"of": str(large)}).headers["location"] == "/login"
    assert browser.get("/moderation/duplicates").status_code == 403
    page = staff.get("/moderation/duplicates")
    words = text_of(page)
    for said in ("96 × 64 px larger", "larger", "2 tags on both", "grass", "solo"):
        assert said in words
    found = int(re.search(r'action="/moderation/duplicates/(\d+)"', page.text)[1])
    assert f'value="{small}"' in staff.get(f"/moderation/duplicates?swap={found}").text
    act = f"/moderation/duplicates/{found}"
    assert staff.post(act, {"decision": "maybe"}).status_code == 422
    staff.post(act, {"decision": "approve", "keep": str(small)})
    assert image_of(library, large).merged_into_id == small
    assert "No pair waits" in text_of(staff.get("/moderation/duplicates"))


def test_people_are_shut_out_and_let_in(library, open_browser, staff, alice):
    path = "/moderation/bans"
    assert open_browser().get(path).url.path == "/login"
    browser = open_browser("Alice")
    assert browser.get(path).status_code == 403
    assert "Nobody is shut out" in text_of(staff.get(path))
    assert 'value="Alice"' in staff.get(f"{path}?account=Alice").text
    wrong = ({"account": "Nobody"}, {"network": "x"}, {}, {"account": "Alice", "until": "soon"})
    for sent in wrong:
        assert staff.post(path, {**sent, "reason": "spam"}).status_code == 422
    assert browser.post(path, {"account": "Mona"}).status_code == 403
    until = "2999-01-01"
    assert (
        staff.post(path, {"account": "alice", "until": until, "reason": "spam"}).status_code == 303
    )
    staff.post(path, {"network": "192.0.2.7/24", "reason": "all of them"})
    page = staff.get(path)
    assert "Alice spam" in text_of(page)
    assert "192.0.2.0/24 all of them" in text_of(page)
    image_id = build.image(library)
    assert browser.post(f"/images/{image_id}/comments", {"body": "but"}).status_code == 403
    for ban_id in re.findall(r'action="/moderation/bans/(\d+)/lift"', page.text):
        assert staff.post(f"{path}/{ban_id}/lift").status_code == 303
    assert browser.post(f"/images/{image_id}/comments", {"body": "again"}).status_code == 303


def test_a_moderator_does_with_a_picture_what_is_needed(library, open_browser, staff, alice):
    image_id = build.image(library, actor=alice)
    own = build.image(library, actor=alice, audience=Audience.PRIVATE)
    path, page = f"/images/{image_id}/moderate", f"/images/{image_id}"
    browser = open_browser("Alice")
    assert 'id="moderation"' not in browser.get(page).text
    assert browser.get(f"/images/{own}").status_code == 200
    assert f"/moderation/log?kind=image&amp;id={image_id}" in staff.get(page).text

    def do(action, status=303, **fields):
        answer = staff.post(path, {"action": action, **fields})
        assert answer.status_code == status, text_of(answer)
        return image_of(library, image_id)

    assert do("lock", lock="comments").locks_comments
    assert not do("unlock", lock="comments").locks_comments
    do("lock", 422, lock="doors")
    do("annotate", scratchpad="Watch this one")
    assert "Watch this one" in staff.get(page).text
    assert "Watch this one" not in browser.get(page).text
    assert do("anonymise").is_anonymous
    assert do("set uploader", uploader="mona").account_name == "Mona"
    assert do("set uploader", uploader="").account_id is None
    do("set uploader", 422, uploader="Nobody")
    assert not do("hide hash").shows_hash
    assert not do("repair").has_representations
    do("feature")
    assert "Feature no more" in text_of(staff.get(page))
    do("unfeature")
    assert "Feature no more" not in text_of(staff.get(page))
    kept = staff.post(path, {"action": "destroy", "sure": "yes", "destroy_reason": "vile"})
    assert kept.status_code == 422
    assert 'value="vile"' in kept.text
    assert "Watch this one" in kept.text
    assert browser.post(path, {"action": "destroy", "sure": str(image_id)}).status_code == 403
    do("destroy", sure=f"#{image_id}", destroy_reason="vile")
    log = text_of(staff.get(f"/moderation/log?kind=image&id={image_id}"))
    for said in ("destroyed", "vile", "unlocked", "hid the hash of the upload"):
        assert said in log
    assert "vile" in text_of(open_browser().get(page))
