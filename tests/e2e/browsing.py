"""What journeys in a browser share: registering, uploading, and looking at a page with axe."""

import json
import re
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
# Dark differs from light in colours alone, so one width of it shows what may be wrong.
LOOKS = ((360, "light"), (768, "dark"), (1440, "light"))
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
MARKS = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


def sign_in(page, account):
    """Log in with what `Server.account` answered."""
    page.goto("/login")
    page.fill("main input[name=name]", account["name"])
    page.fill("main input[name=password]", account["password"])
    page.click("main button.main")


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
