"""What is not for everybody is in no answer, whatever is asked, by whichever door."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select

import everything
from inprocess import Client
from menagerie import app, web
from menagerie.core import exports, happenings
from menagerie.datasets.records import Selection
from menagerie.dialects.philomena import firehose
from menagerie.http.routing import Operation
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage import schema
from peopled import Peopled
from secrets_world import READERS, Secrets

NOTHING = "zqnothingxv"  # a word of no secret
_MOST = 6  # of the values for a gap in a path, beside those of secrets


class Crawl:
    """Asks every question that takes no more than to be asked."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        library = secrets.library
        self.client = Client(app.create_app(library))
        doors = [*app.dialects(library), web.routes(library)]
        self.operations: list[Operation] = [
            one for door in doors for one in door.operations if one.method == "GET"
        ]
        self.pools = dict(self._pools())

    def _pools(self) -> Iterator[tuple[str, list[Any]]]:
        with self.secrets.library.reading(SYSTEM) as tx:

            def all_of(table: Any, column: str = "id") -> list[Any]:
                return list(tx.execute(select(table.c[column]).order_by(table.c.id)).scalars())

            for name in ("images", "comments", "posts", "galleries", "filters", "tags", "topics",
                         "forums", "accounts"):  # fmt: skip
                secret = [one for one in self.secrets.ids.get(name, ()) if isinstance(one, int)]
                yield name, sorted({*all_of(getattr(schema, name))[-_MOST:], *secret})
            yield "uuid", all_of(schema.images, "key")[-6:]
            yield "topic", [*all_of(schema.topics, "slug")[:2], *self.secrets.ids["topics"]]
            yield "forum", ["general", *self.secrets.ids["forums"]]
            yield "tag", all_of(schema.tags, "slug")[-12:]
            yield "key", all_of(schema.conversations, "key")
            names = all_of(schema.accounts, "name")
            yield "person", [n for n in names if n != self.secrets.shy.name]

    def get(self, path: str, reader: str) -> Any:
        headers = {}
        if reader in self.secrets.sessions:
            key = self.secrets.keys[reader]
            headers = {
                "cookie": f"menagerie_session={self.secrets.sessions[reader]}",
                "x-api-key": key,
                "x-api-token": key,
            }
            if path.startswith(("/api/v1/", "/autocomplete", "/fetch")):
                path += ("&" if "?" in path else "?") + f"key={key}"
        return self.client.get(path, headers=headers)

    def paths(self) -> Iterator[str]:
        """Yield an address of every page and route for every thing there is."""
        for operation in self.operations:
            for path in operation.paths:
                yield from self._filled(path)

    def _filled(self, path: str) -> Iterator[str]:
        if path == "/api/v1/json/events":
            yield path + "?follow=false&since=0"
            return
        gap = re.search(r"\{(\w+):(\w+)\}", path)
        if gap is None:
            yield path
            return
        for value in self._values(path[: gap.start()], gap[1]):
            yield from self._filled(path[: gap.start()] + str(value) + path[gap.end() :])

    def _values(self, before: str, name: str) -> Sequence[Any]:
        pools = self.pools
        parent = before.rstrip("/").rpartition("/")[2]
        if name == "uuid":
            return pools["uuid"]
        if before == "/v1/images/":
            return pools["uuid"]
        if name == "username" or (parent == "profiles" and name == "slug"):
            return pools["person"]
        if parent == "profiles":
            shy = self.secrets.shy.account_id
            return [i for i in pools["accounts"] if i != shy]
        if parent in {"pictures", "images"} or before == "/":
            return pools["images"]
        if parent == "forums":
            return pools["forum"]
        if parent == "topics":
            return pools["topic"]
        if parent in {"messages", "conversations"}:
            return pools["key"]
        if parent == "tags":
            return pools["tag"]
        return pools.get(parent, ["1"])

    def searches(self, word: str) -> Iterator[str]:
        """Yield the addresses of searches for a word, whatever it is of."""
        api = "/api/v1/json/search/"
        for q in (word, f"{word[:-2]}*", f"description:{word}", f"source_url:*{word}*",
                  f"uploader:{word}", f"faved_by:{word}", f"orig_sha512_hash:{word}"):  # fmt: skip
            yield f"{api}images?q={q}&filter_id=2"
        yield f"/search?q={word}"
        yield f"/feed?q={word}"
        yield f"/tags?q={word}"
        for q in (word, f"author:{word}", f"body:{word}", f"body:{word[:-2]}*"):
            yield f"{api}comments?q={q}"
            yield f"{api}posts?q={q}"
            yield f"/comments?q={q}"
            yield f"/posts?q={q}"
        yield f"{api}posts?q=subject:{word}"
        for q in (word, f"user:{word}", f"description:{word}"):
            yield f"{api}galleries?q={q}"
            yield f"/galleries?q={q}"
        yield f"{api}tags?q={word}"
        yield f"{api}tags?q=analyzed_name:{word}"
        yield f"{api}filters?q={word}"
        yield f"{api}filters?q=creator:{word}"
        yield f"/autocomplete/tags?term={word[:-2]}"
        yield f"/search/suggest?term={word[:-2]}"
        yield f"/vocabulary/suggest?q={word}"
        yield f"/v1/validations?query={word}"
        yield f"/v1/export?query={word}"
        yield f"/export?query={word}"


@pytest.fixture(scope="module")
def crawl(request, prepared, tmp_path_factory) -> Iterator[Crawl]:
    peopled = Peopled(request, prepared, everything.people, **everything.SETTINGS)
    library, actors = peopled.copy(tmp_path_factory.mktemp("secrets"))
    made = Crawl(Secrets(library, actors))
    yield made
    made.client.close()
    library.database.close()


def text_of(answer: Any) -> str:
    return f"{answer.headers}\n{answer.text}".lower()


@pytest.mark.parametrize("reader", [*READERS[:2], pytest.param(READERS[2], marks=pytest.mark.slow)])
def test_no_page_or_route_tells_a_secret(crawl: Crawl, reader: str):
    kept = [word.lower() for word in crawl.secrets.kept_from(reader)]
    told, broken, count = set(), set(), 0
    for path in crawl.paths():
        answer = crawl.get(path, reader)
        count += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            broken.add((path, answer.status_code))
        # What was asked for is repeated in many an answer.
        text, asked = text_of(answer), path.lower() if answer.status_code != 200 else ""
        told |= {(path, word) for word in kept if word in text and word not in asked}
    assert (told, broken) == (set(), set())
    assert count > 500


@pytest.mark.parametrize("reader", READERS[:2])
def test_a_search_for_a_secret_is_answered_as_one_for_nothing(crawl: Crawl, reader: str):
    # A few of each kind of secret; all of them take half a minute.
    assert told_by_searches(crawl, reader, every=5 if reader == "guest" else 9) == set()


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS[:2])
def test_no_search_for_any_secret_tells_of_it(crawl: Crawl, reader: str):
    assert told_by_searches(crawl, reader, every=1) == set()


def told_by_searches(crawl: Crawl, reader: str, *, every: int) -> set[str]:
    """Return the searches whose answers differ from those for a word that is nowhere."""
    usual = [
        plain(crawl.get(path, reader), NOTHING, NOTHING[:-2]) for path in crawl.searches(NOTHING)
    ]
    told = set()
    for word in crawl.secrets.kept_from(reader)[::every]:
        for path, expected in zip(crawl.searches(word), usual, strict=True):
            if plain(crawl.get(path, reader), word, word[:-2]) != expected:
                told.add(path)
    return told


_CHANGING = re.compile(
    r'nonce="[^"]*"|nonce-[\w+/=-]+|csrf-token" content="\w+"|name="_csrf" value="\w+"'
    r'|"request_id":"\w+"|"?(elapsed|took)\w*"?: ?[\d.]+|[\d.,]+ (ms|µs|seconds?)'
)


def plain(answer: Any, *asked: object) -> tuple[int, str]:
    """What an answer says, but for what was asked and what differs from one to the next."""
    text = _CHANGING.sub("", answer.text)
    for one in asked:
        text = text.replace(str(one), "*")
    return answer.status_code, text


_UNKNOWN: dict[str, int | str] = {
    "images": 99_999,
    "comments": 99_999,
    "posts": 99_999,
    "filters": 99_999,
    "forums": "no-such-forum",
    "topics": "no-such-topic",
    "conversations": "nokey",
}
_BY_ID = {
    "images": ("/api/v1/json/images/{}", "/images/{}", "/{}", "/images/{}/comments",
               "/images/{}/history", "/images/{}/related", "/images/{}/favorites",
               "/api/v1/json/oembed?url=/{}", "/v1/images/{}", "/v1/donation/{}",
               "/donations/{}", "/pictures/{}/thumb.png", "/pictures/{}/download",
               "/v1/images/{}/details", "/api/v1/json/search/comments?q=image_id:{}",
               "/api/v1/json/search/galleries?q=image_ids:{}",
               "/api/v1/json/search/images?q=id:{}&del=1",
               "/api/v1/json/search/images?q=duplicate_id:{}",
               "/img/view/2026/1/1/{}.png"),
    "comments": ("/api/v1/json/comments/{}", "/comments/{}", "/comments/{}/history",
                 "/api/v1/json/comments/{}/history", "/api/v1/json/search/comments?q=id:{}"),
    "posts": ("/api/v1/json/posts/{}", "/posts/{}", "/posts/{}/history",
              "/api/v1/json/posts/{}/history", "/api/v1/json/search/posts?q=id:{}"),
    "filters": ("/api/v1/json/filters/{}", "/filters/{}",
                "/api/v1/json/search/filters?q=id:{}"),
    "forums": ("/api/v1/json/forums/{}", "/forums/{}", "/forums/{}/new",
               "/api/v1/json/forums/{}/topics", "/api/v1/json/search/posts?q=forum:{}"),
    "topics": ("/api/v1/json/forums/general/topics/{}", "/forums/general/topics/{}",
               "/api/v1/json/forums/hush/topics/{}", "/forums/hush/topics/{}",
               "/api/v1/json/forums/hush/topics/{}/posts",
               "/api/v1/json/forums/general/topics/{}/poll"),
    "conversations": ("/api/v1/json/conversations/{}", "/messages/{}"),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS[:2])
def test_what_one_may_not_know_of_answers_as_what_is_not_there(crawl: Crawl, reader: str):
    told = set()
    for kind, patterns in _BY_ID.items():
        for one in crawl.secrets.ids[kind]:
            if kind == "comments" and not crawl.secrets.is_unknown_comment(one):
                continue
            unknown = _UNKNOWN[kind]
            if isinstance(one, str) and kind == "images":
                unknown = "0" * 8 + "-0000-4000-8000-" + "0" * 12
            for pattern in patterns:
                path, other = pattern.format(one), pattern.format(unknown)
                answer, expected = crawl.get(path, reader), crawl.get(other, reader)
                if plain(answer, unknown, one) != plain(expected, unknown, one):
                    told.add((path, answer.status_code, expected.status_code))
    assert told == set()


def test_the_live_feed_tells_no_secret(crawl: Crawl):
    library = crawl.secrets.library
    _mark, render = firehose.renderer(library)
    with library.reading(ANONYMOUS) as tx:
        found, _ = happenings.since(tx, 0, limit=10_000)
        said = b"\n".join(render(tx, one) or b"" for one in found).decode().lower()
    assert len(found) > 30
    assert [word for word in crawl.secrets.kept_from("guest") if word.lower() in said] == []


def test_no_dataset_has_what_is_not_public(crawl: Crawl):
    with crawl.secrets.library.reading(crawl.secrets.world.actors["moderator"]) as tx:
        for state in ("private", "quarantined", "rejected"):
            found = exports.preview(tx, Selection(query=f"zq{state}tagxv"))
            assert (state, found.image_count, found.matching_count) == (state, 0, 0)


def test_nobody_is_told_who_did_it_anonymously(crawl: Crawl):
    shy = crawl.secrets.shy.account_id
    for path in (
        "images?q=uploader_id:{}",
        "images?q=uploader:{}",
        "comments?q=user_id:{}",
        "comments?q=author:{}",
        "posts?q=user_id:{}",
        "posts?q=author:{}",
        "galleries?q=user_id:{}",
        "galleries?q=user:{}",
    ):
        for who in (shy, crawl.secrets.shy.name):
            answer = crawl.get("/api/v1/json/search/" + path.format(who), "guest")
            if answer.status_code == 200:
                assert answer.json()["total"] == 0, path
