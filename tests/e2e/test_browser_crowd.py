"""The crowd's pages in a real Chromium: judging, donating, datasets, and the moderators' queues."""

import re

import pytest
from tests.e2e.browsing import MARKS, register, sign_in

import build
from menagerie.web.validate import BATCH

pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
PHONE = {"width": 360, "height": 640}


def picture(mark, name=""):
    data = build.png((240, 160), (mark * 37 % 256, mark * 91 % 256, mark * 53 % 256), mark)
    return {"name": name or f"p{mark}.png", "mimeType": "image/png", "buffer": data}


def donate(page, files, labels):
    page.goto("/donate")
    page.set_input_files("input[type=file]", files)
    page.check("input[name=consent]")
    page.fill("#f-labels", labels)
    page.press("#f-labels", "Tab")
    page.click("main button.main")


def question(page):
    return page.locator("[data-task]:not([hidden])").get_attribute("data-task")


def press(page, key):
    """Answer by a key; the next question is there at once."""
    before = question(page)
    page.keyboard.press(key)
    assert question(page) != before


def wait_for_count(page, text):
    page.wait_for_selector(f'[data-tally]:has-text("{text}")')


@pytest.fixture
def judging(open_page):
    """A page that asks about more pictures than a batch has."""

    def open_one(marks, label, **options):
        page = open_page(**options)
        donate(page, [picture(mark) for mark in marks], label)
        page.wait_for_selector("[data-progress]:has-text('All taken')")
        page.goto(f"/validate?label={label}")
        page.wait_for_load_state("networkidle")
        return page

    return open_one


def test_keys_judge_and_take_back_until_the_batch_ends(judging):
    page = judging(range(100, 100 + BATCH + 2), "dog")
    first = question(page)
    press(page, "y")
    wait_for_count(page, f"1 of {BATCH}")
    assert "You said yes: dog" in page.inner_text("[data-last]")
    press(page, "u")
    assert question(page) == first
    wait_for_count(page, f"0 of {BATCH}")
    for turn in range(BATCH - 1):
        press(page, ("y", "n", " ")[turn % 3])
    wait_for_count(page, f"{BATCH - 1} of {BATCH}")
    page.keyboard.press("y")
    page.wait_for_url(re.compile("/validate/done"))
    assert "Thank you" in page.inner_text("main")


def test_thumbs_judge_on_a_phone_without_scrolling(judging):
    page = judging(range(200, 206), "cat", viewport=PHONE, has_touch=True, is_mobile=True)
    for verdict in ("no", "skip", "yes"):
        button = page.locator(f"[data-task]:not([hidden]) form[data-verdict={verdict}] button")
        box = button.bounding_box()
        assert box["y"] + box["height"] <= PHONE["height"]
        assert box["width"] >= 90
        assert box["height"] >= 48
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    before = question(page)
    page.tap("[data-task]:not([hidden]) form[data-verdict=yes] button")
    assert question(page) != before
    wait_for_count(page, f"1 of {BATCH}")
    page.tap("[data-last] button")
    assert question(page) == before


def test_answers_wait_for_a_library_that_is_away(judging):
    page = judging(range(300, 305), "horse")
    page.context.set_offline(True)
    press(page, "y")
    page.wait_for_selector("[data-offline]:not([hidden])")
    press(page, "n")
    assert "Answers kept" in page.inner_text("[data-offline]")
    page.context.set_offline(False)
    wait_for_count(page, f"2 of {BATCH}")
    page.wait_for_selector("[data-offline]", state="hidden")


def test_pictures_are_donated_and_what_is_refused_stays_chosen(open_page):
    page = open_page()
    register(page, "Dora")
    bad = {"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"}
    donate(page, [picture(400), bad, picture(401)], "dog, garden hose reel")
    page.wait_for_selector("[data-progress]:has-text('still chosen')")
    assert page.locator('[data-outcome="taken"]').count() == 2
    assert page.evaluate("document.querySelector('input[type=file]').files[0].name") == "bad.png"
    assert page.locator("[data-chosen] .wrong").count() == 1
    page.click("[data-chosen] button:has-text('Leave out')")
    page.set_input_files("input[type=file]", [picture(402)])
    page.click("main button.main")
    page.wait_for_selector("[data-progress]:has-text('All taken')")
    page.goto("/search?q=garden hose reel")
    assert "3 pictures" in page.inner_text("main")
    page.goto("/galleries")
    page.click("main article a:has-text('my donations')")
    assert page.locator("li.media-box").count() == 3


def test_donating_and_judging_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    donate(page, [picture(500), picture(501)], "sheep")
    assert page.locator('[data-outcome="taken"]').count() == 2
    page.goto("/validate?label=sheep")
    page.click("form[data-verdict=yes] button")
    assert "You said yes: sheep (1 : 0)" in page.inner_text("main")
    page.click("[data-last] button")
    assert "0 of 20" in page.inner_text("main")


def test_a_dataset_is_previewed_made_and_downloaded(open_page):
    page = open_page()
    register(page, "Dan")
    donate(page, [picture(600), picture(601)], "zebra")
    page.wait_for_selector("[data-progress]:has-text('All taken')")
    page.goto("/export")
    page.fill("#f-query", "label:zebra")
    page.wait_for_selector("#gives:has-text('Nothing fits')")
    page.check("input[name=trust_donor]")
    page.wait_for_selector("#gives:has-text('2 pictures')")
    page.check("input[name=format][value=jsonl]")
    page.wait_for_url(re.compile("trust_donor=1"))
    page.click("main button.main")
    page.wait_for_url(re.compile("/exports/"))
    page.wait_for_selector("main a.main:has-text('Download')", timeout=30_000)
    with page.expect_download() as waiting:
        page.click("main a.main")
    assert waiting.value.path().read_bytes()[:2] == b"PK"
    assert "labels.csv" in page.inner_text("pre")
    page.goto("/export")
    assert "Your datasets" in page.inner_text("main")


def test_one_key_decides_about_a_report(open_page, server):
    visitor = open_page()
    donate(visitor, [picture(700)], "goat")
    visitor.click("[data-outcome=taken] a >> nth=0")
    visitor.click("main a:has-text('Report')")
    visitor.fill("textarea[name=reason]", "It is a test.")
    visitor.click("main button.main")
    assert "A moderator will look at it" in visitor.inner_text("main")
    staff = open_page()
    sign_in(staff, server.account("Mora", "moderator"))
    staff.goto("/moderation/reports")
    assert "It is a test." in staff.inner_text("main")
    staff.keyboard.press("j")
    assert staff.evaluate("document.activeElement.matches('.pending')")
    staff.keyboard.press("a")
    staff.wait_for_selector("text=Nothing is reported")
