"""A browser without scripts in front of the web door alone; no dialect is mounted."""

import html
import re
from collections.abc import Iterator

import pytest
from litestar import Litestar

import build
from inprocess import Client
from menagerie import web
from menagerie.http.edge import Edge
from menagerie.http.routing import Mounting
from menagerie.storage.schema import Role


def make_app(mounting) -> Litestar:
    """The doors that are mounted, as an application."""
    app = Litestar(
        route_handlers=mounting.handlers(),
        exception_handlers={Exception: mounting.on_framework_error},
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler, mounting, None)
    return app


class Browser:
    """Follows links, fills forms, keeps cookies; `csrf` is the token of the last page."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.csrf = ""

    def get(self, path, **options):
        answer = self.client.get(path, **{"follow_redirects": True, **options})
        token = re.search(r'<meta name="csrf-token" content="(\w+)">', answer.text)
        self.csrf = token[1] if token else self.csrf
        return answer

    def post(self, path, fields=None, *, files=None, csrf=None):
        data = {"_csrf": self.csrf if csrf is None else csrf, **(fields or {})}
        return self.client.post(path, data=data, files=files)

    def log_in(self, name, password=build.PASSWORD):
        self.get("/login")
        answer = self.post("/login", {"name": name, "password": password})
        assert answer.status_code == 303, text_of(answer)
        self.get("/")
        return self


def text_of(answer) -> str:
    """What a person reads of a page."""
    body = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.fixture
def open_browser(library) -> Iterator:
    """Open browsers with cookies of their own."""
    mounting = Mounting(library, [web.routes(library)])
    app = make_app(mounting)
    opened = []

    def open_one(name=None):
        client = Client(app, base_url="http://library.test")
        opened.append(client)
        browser = Browser(client)
        browser.get("/")
        return browser.log_in(name) if name else browser

    yield open_one
    for client in opened:
        client.close()
    mounting.close()


@pytest.fixture
def browser(open_browser) -> Browser:
    """A visitor's browser."""
    return open_browser()


@pytest.fixture
def alice(library):
    return build.account(library, "Alice")


@pytest.fixture
def moderator(library):
    return build.account(library, "Mona", Role.MODERATOR)
