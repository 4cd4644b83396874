"""A library for the tests of the TheDogAPI dialect, and a client that speaks to it."""

import re
from functools import cached_property
from typing import Any, NamedTuple

import httpx

import build
import files
from inprocess import Client, client_of
from menagerie import app
from menagerie.core import recognition, short_ids
from menagerie.dialects import dogapi
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage.schema import Audience

PEOPLE = {"user": "Alice", "other": "Bob", "moderator": "Mia", "admin": "Ada"}
ROLES = ("anonymous", *PEOPLE)
UNKNOWN_ID = "aaaaaaaaa"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z")


class People(NamedTuple):
    """Actors and API keys by role."""

    actors: dict[str, Actor]
    keys: dict[str, str]


def make_people(library: Library) -> People:
    """Make an account for each role, with an API key."""
    people = People({"anonymous": Actor()}, {"anonymous": ""})
    for role, name in PEOPLE.items():
        actor = build.account(library, name, "user" if role == "other" else role)
        people.actors[role] = actor
        people.keys[role] = build.key(library, actor)
    return people


class Kennel:
    """A library, a client of it, and its people."""

    def __init__(self, library: Library, people: People) -> None:
        self.library = library
        self.actors, self.keys = people
        self.client = client_of(library, dogapi.doors(library))
        self._seed = 0

    @cached_property
    def everywhere(self) -> Client:
        """A client of the whole application, of which the routes below /v1 are a part."""
        return Client(app.create_app(self.library))

    def close(self) -> None:
        """Close what is open."""
        self.client.close()
        if "everywhere" in self.__dict__:
            self.everywhere.close()
        self.library.database.close()

    def call(self, method: str, path: str, role: str = "anonymous", **options: Any) -> Any:
        """Call a route below /v1, or one of the root with `root=True`, as somebody in a role."""
        headers = dict(options.pop("headers", {}))
        if self.keys.get(role):
            headers.setdefault("x-api-key", self.keys[role])
        client = self.client
        if options.pop("root", False):
            client = self.everywhere
        elif not path.startswith("http"):
            path = "/v1" + path
        return client.request(method, path, headers=headers, **options)

    def get(self, path: str, role: str = "anonymous", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("GET", path, role, **options)
        return answer

    def post(self, path: str, role: str = "user", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("POST", path, role, **options)
        return answer

    def delete(self, path: str, role: str = "user", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("DELETE", path, role, **options)
        return answer

    def picture(self, ending: str = "jpg", size: tuple[int, int] = (96, 72)) -> bytes:
        """Return a picture unlike all before it."""
        self._seed += 1
        return files.still(ending, size=size, seed=self._seed)

    def put(self, tags: str = "safe, dog", **options: Any) -> int:
        """Put a public picture in that shows these, and return its number."""
        data = options.pop("data", None) or self.picture()
        actor = options.pop("actor", None) or self.actors["moderator"]
        return build.image(self.library, tags, actor=actor, data=data, **options)

    def put_private(self, role: str = "user", tags: str = "dog") -> int:
        """Put a private picture in, and return its number."""
        return self.put(tags, actor=self.actors[role], audience=Audience.PRIVATE)

    def code(self, image_id: int) -> str:
        """Return the public id of an image."""
        return short_ids.encode(self.library, image_id)

    def upload(self, role: str = "user", **options: Any) -> Any:
        """Upload a new picture as a file and return the answer's JSON."""
        data = options.pop("data", None) or self.picture()
        answer = self.post("/images/upload", role, files={"file": ("rex.jpg", data)}, **options)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def look(self, *image_ids: int) -> None:
        """Let the models look at images."""
        recognition.look_at(self.library, image_ids)

    def number(self, code: str) -> int:
        """Return the number behind a public id."""
        number = short_ids.decode(self.library, code)
        assert number is not None
        return number

    def reading(self, role: str = "") -> Any:
        """Open a reading transaction of somebody, or of the library itself."""
        return self.library.reading(self.actors[role] if role else SYSTEM)


def without_times(text: str) -> str:
    """Return a text with every time of the API blanked."""
    return _TIME.sub("<time>", text)
