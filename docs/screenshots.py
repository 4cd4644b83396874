# ruff: noqa: INP001, S603, S310 - a script beside the documents that starts our own program
"""Make docs/screenshot.png for the README: the demo collection in a real browser.

    .venv/bin/python docs/screenshots.py

Needs Debian's `chromium` and the extra `dev`. It serves a new library on a free port of the
loopback, from a temporary folder.
"""

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


def main() -> None:
    """Write the screenshot: the front page in light, an image page in dark."""
    with serving() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = {"width": WIDTH, "height": HEIGHT}
        front = shoot(browser.new_page(viewport=view, color_scheme="light"), f"{url}/")
        dark = browser.new_page(viewport=view, color_scheme="dark")
        image = shoot(dark, f"{url}/images/1?q=*")
        browser.close()
    both = pyvips.Image.arrayjoin([front, image], across=1, shim=16, background=[128, 128, 128])
    data = both.pngsave_buffer(palette=True)
    (HERE / "screenshot.png").write_bytes(data)


if __name__ == "__main__":
    main()
