"""A library for the tests of the ImageMonkey dialect, and a client that speaks to it."""

import base64
from functools import cached_property
from typing import Any, NamedTuple

import httpx

import build
import files
from inprocess import Client, client_of
from menagerie import app
from menagerie.core import images, sessions
from menagerie.dialects import imagemonkey
from menagerie.library import SYSTEM, Actor, Library

PEOPLE = {"user": "Alice", "other": "Bob", "moderator": "Mia", "admin": "Ada"}
ROLES = ("anonymous", *PEOPLE)
MACHINE = {"X-Client-Id": "reviewer", "X-Client-Secret": "a long secret"}
NOWHERE = "00000000-0000-4000-8000-000000000000"


class People(NamedTuple):
    """Actors, access tokens and API tokens by role."""

    actors: dict[str, Actor]
    tokens: dict[str, str]
    keys: dict[str, str]


def make_people(library: Library) -> People:
    """Make an account for each role, with a session and an API token."""
    people = People({"anonymous": Actor()}, {"anonymous": ""}, {"anonymous": ""})
    for role, name in PEOPLE.items():
        actor = build.account(library, name, "user" if role == "other" else role)
        people.actors[role] = actor
        people.keys[role] = build.key(library, actor)
        with library.writing(actor) as tx:
            people.tokens[role], _ = sessions.start(tx, actor.account_id)
    return people


class Monkey:
    """A library, a client of it, and its people."""

    def __init__(self, library: Library, people: People) -> None:
        self.library = library
        self.people = people
        self.actors, self.tokens, self.keys = people
        self.client = client_of(library, imagemonkey.doors(library))
        self._seed = 0

    @cached_property
    def everywhere(self) -> Client:
        """A client of the whole application."""
        return Client(app.create_app(self.library))

    def close(self) -> None:
        """Close what is open."""
        self.client.close()
        if "everywhere" in self.__dict__:
            self.everywhere.close()
        self.library.database.close()

    def call(self, method: str, path: str, role: str = "anonymous", **options: Any) -> Any:
        """Call a route as somebody in a role; `print` is the browser's fingerprint.

        With `root` in the whole application, where other dialects and pages are too.
        """
        headers = dict(options.pop("headers", {}))
        if role != "anonymous":
            headers.setdefault("Authorization", f"Bearer {self.tokens[role]}")
        if "print" in options:
            headers["X-Browser-Fingerprint"] = options.pop("print")
        client = self.everywhere if options.pop("root", False) else self.client
        return client.request(method, path, headers=headers, **options)

    def get(self, path: str, role: str = "anonymous", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("GET", path, role, **options)
        return answer

    def post(self, path: str, role: str = "anonymous", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("POST", path, role, **options)
        return answer

    def picture(self, ending: str = "jpg", size: tuple[int, int] = (96, 72)) -> bytes:
        """Return a picture unlike all before it."""
        self._seed += 1
        return files.still(ending, size=size, seed=self._seed)

    def send(
        self, label: str | None = "banana", role: str = "anonymous", **options: Any
    ) -> httpx.Response:
        """Donate; `data` is the file, a new picture without it, `fields` go along."""
        data = options.pop("data", None) or self.picture()
        fields = options.pop("fields", {}) | ({} if label is None else {"label": label})
        return self.post(
            "/v1/donate", role, data=fields, files={"image": ("file.jpg", data)}, **options
        )

    def donate(self, label: str | None = "banana", role: str = "anonymous", **options: Any) -> str:
        """Donate and return the picture's UUID."""
        answer = self.send(label, role, **options)
        assert answer.status_code == 200, answer.text
        key: str = answer.json()["uuid"]
        return key

    def vote(self, key: str, word: str = "yes", times: int = 1, **options: Any) -> httpx.Response:
        """Vote on an image or a validation; return the last answer."""
        for _ in range(times):
            answer = self.post(f"/v1/validate/{key}/{word}", **options)
            assert answer.status_code == 200, answer.text
        return answer

    def rows(self, query: str) -> Any:
        """Return what an export holds."""
        answer = self.get(f"/v1/export?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def image_id(self, key: str) -> int:
        with self.library.reading(SYSTEM) as tx:
            return images.id_of_key(tx, key)

    def count(self) -> int:
        """Return how many images anybody finds."""
        return len(self.library.catalogue.current().live)


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic credentials."""
    encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}
