"""Journeys in a real Chromium against a real server: with scripts, without, and on a phone."""

import re

import pytest
from tests.e2e.browsing import LOOKS, MARKS, assert_accessible, register, upload

import build

pytest.importorskip("playwright.sync_api")
pytestmark = MARKS


def test_register_upload_tag_search_vote_and_fave(open_page):
    page = open_page()
    register(page, "Rita")
    upload(page, build.png((320, 200), (180, 60, 40), 1), "safe, red square, solo")
    page.click("text=Edit tags")
    page.fill("#tags textarea", "safe, red square, solo, geometry")
    page.click("#tags button")
    page.wait_for_selector('#tags a.tag:has-text("geometry")')
    page.click('#marks button[title="Vote up"]')
    page.wait_for_selector('#marks button[title="Vote up"][aria-pressed=true]')
    page.click('#marks button[title="Fave"]')
    page.wait_for_selector('#marks button[title="Fave"][aria-pressed=true]')
    page.fill(".top input[name=q]", "geom")
    page.wait_for_selector('.suggestions li:has-text("geometry")')
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value(".top input[name=q]") == "geometry"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=geometry"))
    assert "1 picture" in page.inner_text("main")
    page.goto("/search?q=my:faves")
    assert page.locator("li.media-box").count() == 1


def test_the_same_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    register(page, "Nell")
    upload(page, build.png((300, 300), (30, 60, 140), 2), "safe, blue square, solo")
    page.click("text=Edit tags")
    page.fill("#tags textarea", "safe, blue square, solo, plain")
    page.click("#tags button")
    assert page.locator('#tags a.tag:has-text("plain")').count() == 1
    page.click('#marks button[title="Fave"]')
    assert page.locator('#marks button[title="Fave"][aria-pressed=true]').count() == 1
    page.fill(".top input[name=q]", "blue square")
    page.press(".top input[name=q]", "Enter")
    assert "1 picture" in page.inner_text("main")
    page.click("li.media-box a")
    assert re.search(r"/images/\d+\?q=blue", page.url)
    page.click(".menu summary")
    page.click("text=Log out")
    assert "You are logged out." in page.inner_text("main")


def test_arrow_keys_walk_through_a_search(open_page):
    page = open_page()
    register(page, "Walt")
    for mark in range(3):
        upload(page, build.png((200, 150), (40 * mark, 90, 60), 10 + mark), f"safe, walk, w{mark}")
    page.goto("/search?q=walk")
    page.click("li.media-box >> nth=0")
    page.wait_for_load_state("load")  # before, the keys do nothing yet
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_fit_do_not_jump_and_are_accessible(open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    register(page, f"Fit {width} {scheme}")
    mark = width * 2 + (scheme == "dark")
    upload(page, build.png((260, 180), (90, 140, 60), mark), f"safe, fit, artist:fit {mark}")
    here = re.sub(r"\?.*", "", page.url)
    for path in (
        "/", "/search?q=*", "/search?q=(", here, "/tags", "/tags/fit", "/upload", "/settings",
        "/settings/keys", "/settings/sessions", "/settings/watching", "/filters", "/filters/1",
        "/filters/new", "/galleries", "/galleries/new", "/help", "/login", "/nothing/here",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("load")
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, (path, wider)
        shift = page.evaluate(
            """() => new Promise((done) => {
                let sum = 0;
                new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) sum += entry.value;
                }).observe({ type: "layout-shift", buffered: true });
                setTimeout(() => done(sum), 50);
            })"""
        )
        assert shift < 0.02, (path, shift)
        assert_accessible(page)
