"""Fixtures of the end-to-end tests: a server, and virtual environments for its clients."""

import subprocess
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browsing import CHROMIUM, QUIET
from tests.e2e.serving import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty library."""
    with serving(tmp_path_factory.mktemp("server") / "data", crowd_rate="0") as running:
        yield running


@pytest.fixture(scope="session")
def client_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a virtual environment that holds only the named packages; returns its Python."""

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("client")
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *packages], check=True, timeout=300
        )
        return python

    return make


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, server: Server) -> Iterator[Callable[..., Any]]:
    """Open pages that may talk to the server alone and may log no error."""
    contexts, foreign, errors = [], [], []

    def open_one(**options) -> Any:
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
    # Refusals are meant, and a browser that a test puts offline says so.
    meant = ("the server responded with a status of 4", "ERR_INTERNET_DISCONNECTED")
    assert [text for text in errors if not any(part in text for part in meant)] == []
