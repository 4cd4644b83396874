"""A small board with everything that answers differ by, and a client of the whole application."""

import shutil
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from sqlalchemy import create_engine, make_url, text

import build
import files
from inprocess import Client
from menagerie import app
from menagerie.core import (
    filters,
    galleries,
    images,
    moderation,
    rendering,
    reviewing,
    vocabulary,
    votes,
    watching,
)
from menagerie.core import tags as core_tags
from menagerie.library import SYSTEM, Actor, Clock, Library
from menagerie.storage.schema import Audience

NOON = 1_767_268_800_000_000  # 2026-01-01 12:00:00 UTC
API = "/api/v1/json"
OUTSIDE = ("/autocomplete", "/fetch", "/img", "/images/scrape", "/api/")
ROLES = ("anonymous", "user", "other", "moderator", "admin")


class StillClock(Clock):
    """Noon of 2026-01-01, for ever."""

    def now(self) -> int:
        return NOON


class World:
    """A library, a client, and the names of what is in it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.actors: dict[str, Actor] = {"anonymous": Actor()}
        self.keys: dict[str, str] = {"anonymous": ""}
        self.images: dict[str, int] = {}
        self.client = Client(app.create_app(library))

    def call(self, method: str, path: str, role: str = "anonymous", **options: Any) -> Any:
        """Call an API route as somebody in a role."""
        # httpx would drop the query of the address for parameters given beside it.
        more = dict(options.pop("params", {}))
        if self.keys[role]:
            more["key"] = self.keys[role]
        if more:
            path += ("&" if "?" in path else "?") + urlencode(more)
        path = path if path.startswith((*OUTSIDE, "http")) else API + path
        return self.client.request(method, path, **options)

    def get(self, path: str, role: str = "anonymous", **options: Any) -> httpx.Response:
        answer: httpx.Response = self.call("GET", path, role, **options)
        return answer

    def close(self) -> None:
        self.client.close()
        self.library.database.close()


def copy_database(prepared, folder, request) -> str:
    """Copy the prepared database; return the copy's address, empty for SQLite in `folder`."""
    if not prepared[1]:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(prepared[0] / "menagerie.db", folder / "menagerie.db")
        return ""
    server = make_url(request.getfixturevalue("postgresql"))
    engine = create_engine(
        server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(
            text(f"CREATE DATABASE {folder.name} TEMPLATE prepared STRATEGY FILE_COPY")
        )
    engine.dispose()
    return server.set(database=folder.name).render_as_string(hide_password=False)


def people(world: World) -> None:
    names = {"user": "Alice", "other": "Bob", "moderator": "Mia Mod", "admin": "Ada"}
    roles = {"user": "user", "other": "user", "moderator": "moderator", "admin": "admin"}
    for role, name in names.items():
        actor = build.account(world.library, name, roles[role])
        world.actors[role] = actor
        world.keys[role] = build.key(world.library, actor)


def fill(world: World) -> None:
    library, alice, bob = world.library, world.actors["user"], world.actors["other"]

    def put(what: str, tags: str, data: bytes, **more: Any) -> None:
        actor = more.pop("actor", alice)
        world.images[what] = build.image(library, tags, actor=actor, data=data, **more)

    put("plain", "safe, artist:bob ross, dog, solo", build.png((100, 100), (255, 0, 0), mark=1),
        sources=("https://a.example/1", "https://b.example/2"), description="A *red* ünicode.",
        name="red.png")  # fmt: skip
    put("large", "safe, cat, solo, species:cat", build.png((1300, 1100), (9, 9, 200), mark=2))
    put("gif", "safe, dog, moving", files.animation("gif"), name="moving.gif")
    put("svg", "safe, drawing, dog", files.svg(), name="drawing.svg")
    put("removed", "safe, bad, solo", build.png(color=(1, 2, 3), mark=3))
    put("merged", "safe, copy, solo", build.png(color=(254, 0, 0), mark=4))
    put("private", "safe, secret, solo", build.png(color=(7, 99, 3), mark=5),
        audience=Audience.PRIVATE)  # fmt: skip
    put("anonymous", "safe, shy, solo", build.png(color=(7, 9, 93), mark=6), is_anonymous=True)
    put("explicit", "explicit, bold, solo", build.png(color=(70, 9, 93), mark=7), actor=bob)
    put("questionable", "questionable, odd, solo", build.png(color=(70, 99, 9), mark=8), actor=bob)
    put("rejected", "safe, refused, solo", build.png(color=(90, 99, 9), mark=9), actor=bob)
    for image_id in world.images.values():
        rendering.render_image(library, image_id=image_id)
    ids = world.images
    mia = world.actors["moderator"]
    with library.writing(mia) as tx:
        moderation.remove(tx, ids["removed"], "Rule #1: no")
        moderation.merge(tx, ids["merged"], ids["plain"])
        moderation.feature(tx, ids["plain"])
        reviewing.reject(tx, ids["rejected"], "no")
        pup = core_tags.resolve(tx, ["pup"])[0].tag
        named = core_tags.canonical(tx, ["dog", "cat", "species:cat", "solo"])
        vocabulary.alias(tx, pup.id, named["dog"].id)
        vocabulary.imply(tx, named["species:cat"].id, named["cat"].id)
        vocabulary.describe(tx, named["dog"].id, description="Barks.", short_description="Woof")
    with library.writing(bob) as tx:
        votes.fave(tx, ids["plain"])
        votes.vote(tx, ids["large"], -1)
        votes.hide(tx, ids["svg"])
        watching.change(tx, add=["dog"])
    with library.writing(alice) as tx:
        filters.create(tx, name="mine", hidden_tags=["cat"], spoilered_query="dog, solo")
        filters.create(tx, name="Ours", description="For all", is_public=True)
        gallery = galleries.create(tx, title="Pets")
        galleries.add(tx, gallery.id, ids["plain"])


def image_of(world: World, name: str) -> images.Image:
    """The image of a name, as the library itself sees it."""
    with world.library.reading(SYSTEM) as tx:
        found = images.find_any(tx, world.images[name])
    assert found is not None
    return found


def pretty(body: bytes) -> str:
    """JSON as it is kept in the golden files: indented, in the order it was sent."""
    return msgspec.json.format(body, indent=1).decode() + "\n"
