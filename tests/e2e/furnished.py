"""A library with one of everything, made through the core at once, and served with its people."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.serving import Server

import build
from menagerie import settings
from menagerie.core import (
    dnp,
    exports,
    filters,
    galleries,
    images,
    keys,
    labels,
    moderation,
    notices,
    reports,
    saved_searches,
    sessions,
    snapshots,
    tags,
    upkeep,
    validations,
    votes,
    watching,
    words,
)
from menagerie.core.apps import requests
from menagerie.core.people import badges, following, links, messages
from menagerie.core.people.following import Followed
from menagerie.core.pets import pets
from menagerie.core.pets.pets import Details
from menagerie.core.staff import bans, duplicates
from menagerie.core.talk import comments, forums, polls, posts, topics
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options
from menagerie.library import ANONYMOUS, SECOND, SYSTEM, Actor, Library
from menagerie.storage.schema import (
    Audience,
    DnpState,
    DnpType,
    ForumAccess,
    LinkState,
    PollMethod,
    Review,
    SubjectKind,
)

SETTINGS = {
    **{name: str(value).lower() for name, value in build.WITHOUT_MODELS.items()},
    "crowd_rate": "0",
    "login_rate": "0",
    "message_interval": "0",
    "guest_comments": "true",
}
ROLES = {"user": "Ann", "moderator": "Mona", "admin": "Ada"}
_WEEK = 7 * 24 * 3600
_SIZES = ((320, 200), (200, 320), (300, 300), (480, 160), (240, 180), (260, 390))


class Served:
    """A server, the ids of what is in its library, and the session cookie of each role."""

    def __init__(self, server: Server, ids: dict[str, Any], cookies: dict[str, str]) -> None:
        self.server = server
        self.url = server.url
        self.ids = ids
        self.cookies = cookies
        self._api = httpx.Client(
            base_url=f"{server.url}/api/v1/json", params={"key": server.key}, timeout=30
        )

    def state(self, role: str) -> dict[str, Any] | None:
        """Return what a browser keeps when `role` has logged in."""
        if role not in self.cookies:
            return None
        cookie = {
            "name": "menagerie_session", "value": self.cookies[role], "domain": "127.0.0.1",
            "path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1,
        }  # fmt: skip
        return {"cookies": [cookie], "origins": []}

    def close(self) -> None:
        """Ask the API no more."""
        self._api.close()

    def held(self, path: str, **params: object) -> Any:
        """Return what the library says that it holds, by its API."""
        answer = self._api.get(path, params={**self._api.params, **params})
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def put(self, data: bytes, tags: str) -> int:
        """Upload a picture as the administrator and return its number."""
        answer = self._api.post(
            "/images",
            data={"image[tag_input]": tags},
            files={"image[image]": ("dot.png", data, "image/png")},
        )
        assert answer.status_code == 200, answer.text
        number: int = answer.json()["image"]["id"]
        return number

    def account(self, name: str) -> dict[str, Any]:
        """Return the profile of a name."""
        for number in range(1, 100):
            answer = self._api.get(f"/profiles/{number}")
            if answer.status_code == 200 and answer.json()["user"]["name"] == name:
                found: dict[str, Any] = answer.json()["user"]
                return found
        raise LookupError(name)

    def gallery(self, number: int) -> list[int]:
        """Return the pictures of a gallery in their order."""
        name = f"gallery_id:{number}"
        found = self.held("/search/images", q=name, sf=name, sd="asc")
        return [one["id"] for one in found["images"]]

    def faved(self, number: int) -> list[str]:
        """Return the names of those who fave a picture."""
        page = httpx.get(f"{self.url}/images/{number}/favorites").text
        return re.findall(r'<a href="/profiles/[^"]*">([^<]+)</a>', page)

    def report(self, number: int, reason: str) -> None:
        """Report a picture, as the administrator."""
        answer = self._api.post(f"/images/{number}/reports", json={"report": {"reason": reason}})
        assert answer.status_code == 200, answer.text

    def is_gone(self, number: int) -> bool:
        """Tell whether a picture was removed."""
        found: bool = self.held(f"/images/{number}")["image"]["hidden_from_users"]
        return found

    def verdicts(self, label: str) -> tuple[int, int]:
        """Return how many said yes and no to a label, of all pictures."""
        rows = httpx.get(f"{self.url}/v1/export", params={"tags": label}).json()
        return sum(row["num_yes"] for row in rows), sum(row["num_no"] for row in rows)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until the library holds what was sent to it."""
        for _ in range(50):
            if is_so():
                return
            time.sleep(0.1)
        assert is_so()


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Fill a new library in `folder` and serve it."""
    server = Server(folder / "data", **SETTINGS)
    loaded = settings.load({"data": str(folder / "data"), "log_level": "error", **SETTINGS}, {})
    library = Library(loaded)
    try:
        upkeep.prepare(library)
        people = {role: build.account(library, name, role) for role, name in ROLES.items()}
        ids = furnish(library, people)
        with library.reading(SYSTEM) as tx:
            word = words.vocabulary(tx).by_name("dog")
        ids |= {"word": word.key if word else "", "operation": "get_api_v1_json_images_id"}
        cookies = {role: _session(library, actor) for role, actor in people.items()}
        server.key = build.key(library, people["admin"])
    finally:
        library.close()
    server.start()
    try:
        served = Served(server, ids, cookies)
        _wait_until_rendered(served)
        yield served
        served.close()
    finally:
        server.stop()


def _session(library: Library, actor: Actor) -> str:
    with library.writing(SYSTEM) as tx:
        return sessions.start(tx, actor.account_id or 0)[0]


def _wait_until_rendered(served: Served) -> None:
    for _ in range(300):
        if served.held("/search/images", q="thumbnails_generated:false")["total"] == 0:
            return
        time.sleep(0.1)
    pytest.fail("representations are still missing")


# What is in the library.


def furnish(library: Library, people: dict[str, Actor]) -> dict[str, Any]:
    """Put one of everything into a library; return ids by what they are of."""
    ann, mona, ada = people["user"], people["moderator"], people["admin"]
    ben = build.account(library, "Ben")
    ids: dict[str, Any] = {"account": ben.account_id, "ben": ben}
    ids |= _pictures(library, ann)
    with library.writing(ann) as tx:
        _talk(tx, ids)
        _own(tx, ids)
    with library.writing(ben) as tx:
        _said_back(tx, ids)
    with library.writing(ada) as tx:
        forums.create(tx, "Helpers", "helpers", access=ForumAccess.ASSISTANT)
        badge = badges.create(tx, "Sharp eyes", description="Finds what is the same.")
        badges.award(tx, ann.account_id or 0, badge.id, label="Often")
        notice = notices.create(tx, title="Quiet night", body="Backups run at three.", link="/help")
        ids |= {"badge": badge.id, "notice": notice.id}
    with library.writing(mona) as tx:
        _kept_in_order(tx, ids)
    return ids


def _pictures(library: Library, ann: Actor) -> dict[str, Any]:
    made = [
        build.image(
            library,
            f"safe, dog, solo, artist:ann, number {number}",
            actor=ann,
            size=size,
            sources=("https://ann.example/art",),
            description="A **plain** colour." if number == 0 else "",
        )
        for number, size in enumerate(_SIZES)
    ]
    removed = build.image(library, "safe, cat, removed", actor=ann)
    waiting = [build.image(library, "safe, cat, waiting", actor=ann) for _ in range(12)]
    private = [
        build.image(library, "safe, cat, own", actor=ann, audience=Audience.PRIVATE)
        for _ in range(2)
    ]
    with library.writing(SYSTEM) as tx:
        for image_id in waiting:
            images.change(tx, image_id, review=Review.PENDING)
        dog = tags.get_by_name(tx, "dog")
        artist = tags.get_by_name(tx, "artist:ann")
    with library.writing(ANONYMOUS) as tx:
        for image_id, is_yes in zip(made, (True, True, False), strict=False):
            validations.judge(tx, image_id, dog.id, is_yes=is_yes)
    return {
        "image": made[0], "images": made, "removed": removed, "waiting": waiting,
        "private": private, "tag": artist.slug, "tag_id": artist.id,
    }  # fmt: skip


def _talk(tx: Any, ids: dict[str, Any]) -> None:
    comment = comments.create(tx, ids["image"], "Look at >>2, @Ben. ||Or not.||")
    comments.edit(tx, comment.id, "Look at >>2t, @Ben. ||Or not.||", reason="Smaller")
    poll = polls.Draft(
        "Which is best?", ("Red", "Blue"), PollMethod.SINGLE, tx.now_s + _WEEK * SECOND
    )
    topic = topics.create(tx, "general", title="Colours", body="Which do you like?", poll=poll)
    post = posts.create(tx, topic.id, "I like *all* of them.\n\n> Which do you like?")
    posts.edit(tx, post.id, "I like **all** of them.", reason="Stress")
    letter = messages.start(tx, "Ben", "Hello", "Do you paint?")
    ids |= {"comment": comment.id, "topic": topic.slug, "post": post.id, "letter": letter.key}


def _own(tx: Any, ids: dict[str, Any]) -> None:
    gallery = galleries.create(
        tx, title="Evenings", description="Quiet ones.", spoiler_warning="Darkness"
    )
    for image_id in ids["images"][:3]:
        galleries.add(tx, gallery.id, image_id)
    own = filters.create(tx, name="Calm", description="No cats.", hidden_tags=["cat"])
    saved_searches.save(tx, "Dogs", "dog, solo")
    watching.change(tx, add=["dog"])
    link = links.add(tx, "https://ann.example/", "artist:ann")
    request = requests.create(tx, ids["private"][0], "It came out well.")
    pet = pets.create(tx, Details(name="Chelsea", description="A cat."))
    snapshot = snapshots.create(tx, "dogs", Selection(query="dog", licences=("any",)))
    export = exports.request(tx, Selection(query="dog", licences=("any",)), "jsonl", Options())
    keys.add(tx, "A script")
    votes.fave(tx, ids["images"][1])
    ids |= {
        "gallery": gallery.id, "filter": own.id, "link": link.id, "request": request.key,
        "pet": pet.code, "snapshot": snapshot.key, "export": export.key,
    }  # fmt: skip


def _said_back(tx: Any, ids: dict[str, Any]) -> None:
    image_id = ids["image"]
    votes.fave(tx, image_id)
    comments.create(tx, image_id, "I see, @Ann.")
    spam = comments.create(tx, ids["images"][1], "Buy it at once")
    messages.answer(tx, ids["letter"], "Only walls.")
    following.follow(tx, Followed.FORUM, 1)
    galleries.create(tx, title="Of Ben")
    labels.edit(tx, image_id, add=["square"], remove=[], enforce_board_rules=False)
    reports.report(tx, ids["images"][2], "Rule 1: It is a test.")
    ids["report"] = reports.report_subject(tx, SubjectKind.COMMENT, spam.id, "Spam", rule="Spam")
    duplicates.suggest(tx, ids["images"][3], ids["images"][4], "The same colour")
    ids["spam"] = spam.id


def _kept_in_order(tx: Any, ids: dict[str, Any]) -> None:
    moderation.remove(tx, ids["removed"], "Rule 2")
    moderation.feature(tx, ids["images"][5])
    comments.hide(tx, ids["spam"], "Spam")
    links.decide(tx, ids["link"], LinkState.VERIFIED)
    entry = dnp.request(tx, "artist:ann", DnpType.NO_EDITS, conditions="None", reason="Mine")
    dnp.decide(tx, entry.id, DnpState.LISTED)
    bans.ban(tx, network="192.0.2.0/24", reason="Noise")
    ids["dnp"] = entry.id
