"""Judging, donating, the vocabulary, reports and datasets, as people meet them."""

import re

import pytest

import build
from menagerie.core import annotations, find, images, validations, words
from menagerie.jobs import Worker
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import Review
from menagerie.web import validate
from menagerie.work import JOBS
from web.conftest import text_of

DOG = "safe, dog, solo"


def word_of(library, name):
    with library.reading(SYSTEM) as tx:
        return words.vocabulary(tx).by_name(name)


def counts(library, image_id, name="dog"):
    with library.reading(SYSTEM) as tx:
        judged = validations.get(tx, image_id, words.vocabulary(tx).by_name(name).tag_id)
    return judged.num_yes, judged.num_no


def asked(page):
    """The questions of a page: their keys, the one shown first."""
    return re.findall(r'data-task="([0-9a-f-]{36})"', page.text)


def found_by(library, text):
    with library.reading(ANONYMOUS) as tx:
        return find.images(tx, find.parse(tx, text), filter=None).ids


# Judging.


def test_one_question_at_a_time_and_an_answer_counts_once(open_browser, library):
    image_id = build.image(library, DOG)
    browser, other = open_browser(), open_browser()
    page = browser.get("/validate")
    assert "Does this show: dog" in text_of(page)
    key = asked(page)[0]
    for _ in range(2):
        answer = browser.post("/validate", {"task": key, "verdict": "yes"})
        assert answer.status_code == 303
    assert counts(library, image_id) == (1, 0)
    other.get("/validate")
    other.post("/validate", {"task": key, "verdict": "no"})
    assert counts(library, image_id) == (1, 1)


def test_an_answer_can_be_taken_back_and_is_asked_again(browser, library):
    image_id = build.image(library, DOG)
    key = asked(browser.get("/validate"))[0]
    went = browser.post("/validate", {"task": key, "verdict": "yes"}).headers["location"]
    page = browser.get(went)
    assert "You said yes: dog (1 : 0)" in text_of(page)
    undone = browser.post("/validate", {"task": key, "verdict": "undo", "said": "yes"})
    assert counts(library, image_id) == (0, 0)
    assert asked(browser.get(undone.headers["location"]))[0] == key


def test_nobody_is_asked_the_same_while_there_is_more(browser, library):
    for _ in range(3):
        build.image(library, DOG)
    seen = set()
    for _ in range(3):
        key = asked(browser.get("/validate"))[0]
        assert key not in seen
        seen.add(key)
        browser.post("/validate", {"task": key, "verdict": "skip"})


def test_a_page_takes_one_question_and_leaves_the_others(browser, library):
    for _ in range(4):
        build.image(library, DOG)
    keys = [asked(browser.get("/validate"))[0] for _ in range(4)]
    assert len(set(keys)) == 4


def test_parts_of_things_are_judged_by_the_name_they_are_shown_under(browser, library):
    image_id = build.image(library, "safe, dog, tail/dog")
    part = next(w for w in word_page_words(library) if w.display == "tail/dog")
    assert "/validate?label=tail%2Fdog" in browser.get(f"/vocabulary/{part.key}").text
    key = asked(browser.get("/validate?label=tail%2Fdog"))[0]
    browser.post("/validate", {"task": key, "verdict": "yes", "label": "tail/dog"})
    with library.reading(SYSTEM) as tx:
        assert validations.get(tx, image_id, part.tag_id).num_yes == 1


def word_page_words(library):
    with library.reading(SYSTEM) as tx:
        return words.vocabulary(tx).all


def test_a_batch_ends_with_what_it_changed(browser, library):
    for _ in range(validate.BATCH):
        build.image(library, DOG)
    for number in range(validate.BATCH):
        key = asked(browser.get("/validate?label=dog"))[0]
        verdict = "yes" if number % 2 else "no"
        answer = browser.post("/validate", {"task": key, "verdict": verdict, "label": "dog"})
    assert answer.headers["location"] == "/validate/done?label=dog"
    done = text_of(browser.get("/validate/done?label=dog"))
    assert "You gave 20 answers. Yes 10 No 10 Skipped 0 Labels whose outcome changed 20" in done
    assert len(found_by(library, "positive:dog")) == 10
    assert "You have answered everything" in text_of(browser.get("/validate"))
    build.image(library, DOG)
    assert "0 of 20 · 20 so far" in text_of(browser.get("/validate"))


def test_a_script_gets_one_more_question_with_each_answer(browser, library):
    for _ in range(6):
        build.image(library, DOG)
    first = asked(browser.get("/validate"))
    first += asked(browser.get("/validate/ahead"))
    assert len(set(first)) == 3
    answer = browser.client.post(
        "/validate",
        data={"_csrf": browser.csrf, "task": first[0], "verdict": "yes"},
        headers={"x-requested-with": "fetch"},
    )
    assert answer.status_code == 200
    more = asked(answer)
    assert len(more) == 1
    assert not set(more) & set(first)
    assert "1 of 20" in text_of(answer)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"task": "nonsense", "verdict": "yes"}, 404),
        ({"task": "00000000-0000-4000-8000-000000000000", "verdict": "yes"}, 404),
        ({"task": "KEY", "verdict": "maybe"}, 422),
    ],
)
def test_wrong_answers_count_nothing(browser, library, fields, status):
    image_id = build.image(library, DOG)
    key = asked(browser.get("/validate"))[0]
    fields = {name: value.replace("KEY", key) for name, value in fields.items()}
    assert browser.post("/validate", fields).status_code == status
    assert counts(library, image_id) == (0, 0)


def test_an_empty_queue_says_what_to_do(browser, library):
    assert "Nothing to judge" in text_of(browser.get("/validate"))
    assert "not in the vocabulary" in text_of(browser.get("/validate?label=zzz"))


# Donating.


def donate(browser, *files, **fields):
    sent = [("image", (name, data, "image/png")) for name, data in files]
    return browser.post("/donate", {"labels": "dog", "consent": "1", **fields}, files=sent)


def test_anybody_donates_several_pictures_at_once(browser, library):
    browser.get("/donate")
    page = donate(
        browser,
        ("one.png", build.png(color=(255, 0, 0))),
        ("bad.png", b"no picture"),
        ("two.png", build.png((64, 64), color=(0, 0, 255))),
    )
    assert page.status_code == 200
    assert re.findall(r'data-outcome="(\w+)"', page.text) == ["taken", "refused", "taken"]
    ids = found_by(library, "label:dog")
    assert len(ids) == 2
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, ids[0])
    assert (image.licence, image.terms) == ("CC0-1.0", "1")
    assert image.consented_at is not None
    again = donate(browser, ("one.png", build.png(color=(255, 0, 0))))
    assert re.findall(r'data-outcome="(\w+)"', again.text) == ["known"]


def test_a_donation_needs_a_picture_consent_and_known_words(browser, library):
    browser.get("/donate")
    nothing = browser.post("/donate", {"labels": "dog"})
    assert nothing.status_code == 422
    assert "Choose at least one picture" in text_of(nothing)
    assert "only be taken under this licence" in text_of(nothing)
    unknown = donate(browser, ("one.png", build.png()), labels="dgo")
    assert unknown.status_code == 422
    assert "dog" in text_of(unknown)
    assert not found_by(library, "*")


def test_new_words_of_accounts_become_wishes(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/donate")
    page = donate(browser, ("one.png", build.png()), labels="dog, zebroid")
    assert page.status_code == 200
    assert "zebroid" in text_of(browser.get("/vocabulary"))
    assert len(found_by(library, "zebroid")) == 1


def test_words_are_offered_while_typing(browser):
    found = browser.get("/vocabulary/suggest?term=do").json()["suggestions"]
    assert "dog" in {word["canonical"] for word in found}
    assert browser.get("/vocabulary/suggest?term=").json() == {"suggestions": []}


# The vocabulary.


def test_a_word_shows_its_pictures_and_how_far_people_agree(browser, library):
    image_id = build.image(library, DOG)
    for _ in range(3):
        with library.writing(ANONYMOUS) as tx:
            validations.judge(tx, image_id, word_of(library, "dog").tag_id, is_yes=True)
    listed = browser.get("/vocabulary?q=dog")
    assert re.search(r">dog <span class=\"n\">1</span>", listed.text)
    page = browser.get(f"/vocabulary/{word_of(library, 'dog').key}")
    assert f'data-image-id="{image_id}"' in page.text
    assert "1 picture" in text_of(page)
    assert browser.get("/vocabulary/00000000-0000-4000-8000-000000000000").status_code == 404


def test_a_wish_becomes_a_label_when_a_moderator_says_so(open_browser, library, alice, moderator):
    visitor, staff = open_browser(), open_browser("Mona")
    image_id = build.image(library, "safe, zebroid, solo")
    visitor.get("/vocabulary")
    assert visitor.post("/vocabulary", {"name": "zebroid"}).status_code == 303
    assert visitor.post("/vocabulary", {"name": ""}).status_code == 422
    decide = {"name": "zebroid", "decision": "accept", "kind": "normal", "plural": "zebroids"}
    assert visitor.post("/vocabulary/decide", decide).headers["location"] == "/login"
    staff.get("/vocabulary")
    assert staff.post("/vocabulary/decide", decide).status_code == 303
    assert found_by(library, "label:zebroid") == [image_id]


# Reports.


def test_a_report_reaches_the_moderators_and_hides_nothing_by_itself(
    open_browser, library, moderator
):
    image_id = build.image(library, DOG)
    visitor, staff = open_browser(), open_browser("Mona")
    assert f'href="/images/{image_id}/report"' in visitor.get(f"/images/{image_id}").text
    visitor.get(f"/images/{image_id}/report")
    sent = {"category": "Copyright Violation", "reason": "It is mine."}
    assert visitor.post(f"/images/{image_id}/report", sent).status_code == 303
    assert visitor.post(f"/images/{image_id}/report", {"category": "x"}).status_code == 422
    assert visitor.get(f"/images/{image_id}").status_code == 200
    assert visitor.get("/moderation/reports", follow_redirects=False).status_code == 303
    queue = staff.get("/moderation/reports")
    assert "It is mine." in text_of(queue)
    gone = staff.post(f"/moderation/reports/{image_id}", {"decision": "quarantine"})
    assert gone.status_code == 303
    with library.reading(SYSTEM) as tx:
        assert images.get(tx, image_id).review == Review.QUARANTINED
    assert visitor.get(f"/images/{image_id}").status_code == 404
    assert "Nothing is reported" in text_of(staff.get("/moderation/reports"))


# Datasets.


def run_jobs(library):
    worker = Worker(library, JOBS, threads=0)
    while worker.run_pending():
        pass


@pytest.fixture
def judged(library):
    ids = [build.image(library, DOG) for _ in range(3)]
    tag_id = word_of(library, "dog").tag_id
    for image_id, is_yes in zip(ids, (True, True, False), strict=True):
        with library.writing(ANONYMOUS) as tx:
            validations.judge(tx, image_id, tag_id, is_yes=is_yes)
    return ids


def test_a_preview_counts_before_anything_is_made(browser, judged):
    page = text_of(browser.get("/export?query=label:dog&any_licence=1"))
    assert "3 pictures" in page
    assert "dog 2 0 1" in page
    assert "3 left out for their licence" in text_of(browser.get("/export?query=label:dog"))
    assert "Log in to make it" in page
    wrong = browser.get("/export?query=(dog")
    assert wrong.status_code == 400
    assert '<p class="query">' in wrong.text
    assert browser.get("/export?query=dog&min_probability=2").status_code == 422
    assert "0 pictures" in text_of(browser.get("/export?query=nothing_at_all"))


def test_a_dataset_is_made_in_the_background_and_downloaded(open_browser, library, judged, alice):
    browser = open_browser("Alice")
    browser.get("/export")
    form = {"query": "dog", "language": "labels", "format": "coco", "any_licence": "1"}
    made = browser.post("/export", form)
    assert made.status_code == 303, text_of(made)
    address = made.headers["location"]
    assert 'hx-select="#export"' in browser.get(address).text
    assert browser.get(f"{address}/download").content[:2] != b"PK"
    run_jobs(library)
    page = browser.get(address)
    assert "COCO(" in page.text
    archive = browser.get(f"{address}/download")
    assert archive.status_code == 200
    assert archive.content[:2] == b"PK"


def test_a_snapshot_is_kept_cited_and_exported(open_browser, library, judged, alice):
    browser = open_browser("Alice")
    browser.get("/export")
    kept = browser.post(
        "/export", {"query": "dog", "action": "snapshot", "name": "dogs", "any_licence": "1"}
    )
    assert kept.status_code == 303, text_of(kept)
    run_jobs(library)
    page = browser.get(kept.headers["location"])
    assert "dogs 1.0.0" in text_of(page)
    assert "Pictures 3" in text_of(page)
    key = kept.headers["location"].rpartition("/")[2]
    begun = browser.post(f"/snapshots/{key}/export", {"format": "jsonl"})
    run_jobs(library)
    assert "Download" in text_of(browser.get(begun.headers["location"]))
    assert "dogs 1.0.0" in text_of(open_browser().get("/export"))


def test_who_may_not_make_datasets_is_asked_to_log_in(browser):
    browser.get("/export")
    assert browser.post("/export", {"query": "dog"}).headers["location"] == "/login"


# The review of donations.


@pytest.fixture
def waiting(browser, library):
    """The ids of three pictures that wait for a review."""
    ids = [build.image(library, DOG) for _ in range(3)]
    with library.writing(SYSTEM) as tx:
        for image_id in ids:
            images.change(tx, image_id, review=Review.PENDING)
    return ids


def reviews(library, ids):
    with library.reading(SYSTEM) as tx:
        return [images.get(tx, image_id).review for image_id in ids]


def test_donations_are_decided_one_by_one_or_together(open_browser, library, waiting, moderator):
    staff = open_browser("Mona")
    queue = text_of(staff.get("/moderation/uploads"))
    assert "3 pictures" in queue
    assert "Said to show: dog" in queue
    one = {"decision": "quarantine", "reason": "Somebody's passport."}
    assert staff.post(f"/moderation/{waiting[0]}", one).status_code == 303
    assert staff.post("/moderation/decide", {"decision": "approve"}).status_code == 303
    assert staff.post("/moderation/decide", {"decision": "burn"}).status_code == 422
    assert reviews(library, waiting[1:]) == [Review.PENDING] * 2
    both = {"decision": "approve", "image[]": [str(image_id) for image_id in waiting[1:]]}
    assert open_browser().post("/moderation/decide", both).headers["location"] == "/login"
    assert staff.post("/moderation/decide", both).status_code == 303
    assert reviews(library, waiting) == [Review.QUARANTINED, *[Review.APPROVED] * 2]
    log = text_of(staff.get("/moderation/uploads"))
    assert "Nothing waits" in log
    assert "Somebody's passport." in log


# What a picture's own page says.


def test_outlines_lie_on_the_picture_until_they_are_shown(browser, library):
    image_id = build.image(library, DOG)
    assert "Outlines" not in browser.get(f"/images/{image_id}").text
    box = {"type": "rect", "left": 1, "top": 2, "width": 4, "height": 5}
    with library.writing(ANONYMOUS) as tx:
        annotations.put(tx, image_id, words.vocabulary(tx).by_name("dog").tag_id, [box])
    page = browser.get(f"/images/{image_id}")
    assert '<path d="M1.0 2.0L5.0 2.0L5.0 7.0L1.0 7.0z"/>' in page.text
    assert "Outlines dog" in text_of(page)


def test_donations_of_accounts_are_in_a_gallery_of_theirs(open_browser, library, alice):
    browser = open_browser("Alice")
    browser.get("/donate")
    donate(browser, ("one.png", build.png()))
    assert "my donations" in text_of(browser.get("/galleries"))


def test_contested_pictures_are_named_on_the_page_of_their_word(browser, library):
    image_id = build.image(library, DOG)
    word = word_of(library, "dog")
    for is_yes in (True, False):
        with library.writing(ANONYMOUS) as tx:
            validations.judge(tx, image_id, word.tag_id, is_yes=is_yes)
    page = browser.get(f"/vocabulary/{word.key}")
    assert "Pictures people disagree about" in text_of(page)
    assert "1 yes, 1 no" in text_of(page)
