"""Journeys in a real Chromium against a real server: with scripts, without, and on a phone."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.serving import Server

import build

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[1] / "web" / "vendor" / "axe.min.js"
PASSWORD = "correct horse battery"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, server: Server) -> Iterator[Callable[..., sync_api.Page]]:
    """Open pages that may talk to the server alone and may log no error."""
    contexts, foreign, errors = [], [], []

    def open_one(**options) -> sync_api.Page:
        context = chromium.new_context(base_url=server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda r: None if r.url.startswith((server.url, "blob:")) else foreign.append(r.url),
        )
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert foreign == []
    assert [text for text in errors if "the server responded with a status of 4" not in text] == []


def register(page, name):
    page.goto("/register")
    page.fill("main input[name=name]", name)
    page.fill("main input[name=password]", PASSWORD)
    page.click("main button.main")
    assert page.locator("code.secret").count() == 1
    page.click("main a.main")


def upload(page, data, tags):
    page.goto("/upload")
    page.set_input_files(
        "input[type=file]", {"name": "dot.png", "mimeType": "image/png", "buffer": data}
    )
    page.fill("textarea[name=tags]", tags)
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/images/\d+"))


def assert_accessible(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    problems = [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found["violations"]]
    assert problems == [], json.dumps(problems, indent=1)


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
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
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
        page.wait_for_load_state("networkidle")
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
