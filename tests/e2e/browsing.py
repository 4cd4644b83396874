"""What tests in a browser share: how it starts, registering, logging in and uploading."""

import re
from pathlib import Path

import pytest

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
