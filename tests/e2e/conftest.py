"""Fixtures of the end-to-end tests: a server, and virtual environments for its clients."""

import subprocess
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browsing import CHROMIUM, QUIET
from tests.e2e.furnished import Served
from tests.e2e.furnished import serving as serving_furnished
from tests.e2e.serving import Server, serving

PATIENCE_MS = 20_000


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


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with one of everything, and people of each role."""
    with serving_furnished(tmp_path_factory.mktemp("house")) as running:
        yield running


class Watched:
    """Opens pages that may talk to one server alone and may log no error."""

    def __init__(self, chromium: Any, url: str) -> None:
        self._chromium = chromium
        self._url = url
        self._contexts: list[Any] = []
        self._foreign: list[str] = []
        self._errors: list[str] = []

    def open(self, **options: Any) -> Any:
        """Open a page in a context of its own."""
        context = self._chromium.new_context(base_url=self._url, **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("request", self._asked)
        page.on("console", lambda m: self._said(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self._said(str(e)))
        return page

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self._url, "blob:")):
            self._foreign.append(request.url)

    def _said(self, text: str) -> None:
        # Refusals are meant, and a browser that a test puts offline says so.
        meant = ("the server responded with a status of 4", "ERR_INTERNET_DISCONNECTED")
        if not any(part in text for part in meant):
            self._errors.append(text)

    def close(self) -> None:
        """Close the pages, and fail if they did what they may not."""
        for context in self._contexts:
            context.close()
        assert self._foreign == []
        assert self._errors == []


@pytest.fixture
def open_page(chromium: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Open pages of the empty library."""
    watched = Watched(chromium, server.url)
    yield watched.open
    watched.close()


@pytest.fixture
def open_house(chromium: Any, house: Served) -> Iterator[Callable[..., Any]]:
    """Open pages of the library with one of everything, as somebody of a role."""
    watched = Watched(chromium, house.url)

    def open_as(role: str, **options: Any) -> Any:
        return watched.open(storage_state=house.state(role), **options)

    yield open_as
    watched.close()
