# ruff: noqa: INP001, S603, S310, S311 - a script beside the documents that starts our own program
"""Make the README's screenshots: the demo collection in a real browser.

    .venv/bin/python docs/screenshots.py

Needs Debian's `chromium` and the extra `dev`. It serves a new library on a free port of the
loopback, from a temporary folder.
"""

import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
START_S = 90
WIDTH, HEIGHT = 1280, 800
PHONE = {"width": 360, "height": 640}


@contextmanager
def serving() -> Iterator[str]:
    """Serve a new library with the demo collection; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        menagerie = [sys.executable, "-m", "menagerie"]
        subprocess.run([*menagerie, "demo", "--data", folder], check=True, timeout=300)
        command = [*menagerie, "serve", "--data", folder, "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(url)
                yield url
            finally:
                server.terminate()


def _wait(url: str) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                break
        except OSError:
            time.sleep(0.2)
    time.sleep(5)  # thumbnails are rendered by jobs


def shoot(page: Page, url: str) -> pyvips.Image:
    """Return the page at `url` as a picture."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return pyvips.Image.new_from_buffer(page.screenshot(), "")[:3]


def judge(page: Page, url: str, answers: int) -> None:
    """Answer some questions as three people would, so that datasets have something to show."""
    chance = random.Random(4)
    for _ in range(3):
        page.context.clear_cookies()
        for _ in range(answers):
            page.goto(f"{url}/validate")
            verdict = chance.choice(("yes", "yes", "yes", "no"))
            button = page.locator(f"form[data-verdict={verdict}] button")
            if not button.count():
                break
            button.click()


def write(name: str, picture: pyvips.Image) -> None:
    """Keep a screenshot beside this script, as small as a palette makes it."""
    (HERE / name).write_bytes(picture.pngsave_buffer(palette=True, bitdepth=8, Q=80, effort=10))


def main() -> None:
    """Write the front page and an image page; judging; making a dataset; a breed and its kin."""
    with serving() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = {"width": WIDTH, "height": HEIGHT}
        front = shoot(browser.new_page(viewport=view, color_scheme="light"), f"{url}/")
        dark = browser.new_page(viewport=view, color_scheme="dark")
        image = shoot(dark, f"{url}/images/1?q=*")
        judge(browser.new_page(java_script_enabled=False), url, 9)
        phone = {"viewport": PHONE, "device_scale_factor": 1.25, "has_touch": True}
        validate = [
            shoot(browser.new_page(**phone, color_scheme=scheme), f"{url}/validate?label=cat")
            for scheme in ("light", "dark")
        ]
        export = shoot(
            browser.new_page(viewport=view, color_scheme="light"),
            f"{url}/export?query=*&any_licence=1",
        )
        light = browser.new_page(viewport=view, color_scheme="light")
        breed = shoot(light, f"{url}/breeds/tabby")
        breeds = shoot(browser.new_page(viewport=view, color_scheme="dark"), f"{url}/breeds")
        browser.close()
    join = pyvips.Image.arrayjoin
    write("screenshot.png", join([front, image], across=1, shim=16, background=[128] * 3))
    write("validate.png", join(validate, across=2, shim=16, background=[128] * 3))
    write("export.png", export)
    write("breeds.png", join([breed, breeds], across=1, shim=16, background=[128] * 3))


if __name__ == "__main__":
    main()
