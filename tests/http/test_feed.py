"""The live feed: one reader of the log of events, and everybody who listens."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from live import Stream, Talk, leaving
from menagerie.core import happenings
from menagerie.errors import Invalid, RateLimited, Unavailable
from menagerie.http import answers, edge
from menagerie.http.feed import Hub
from menagerie.http.live import EventStream, json_talk
from menagerie.http.routing import Door, Operation, Runs
from menagerie.library import ANONYMOUS, SYSTEM, Library
from menagerie.storage.schema import EventKind

MARK = b"http://gap.invalid"
HIDDEN = 13  # nobody is told of it
ERRORS = {
    Invalid: lambda e, _c: answers.json(e.fields, 400),
    RateLimited: lambda _e, _c: answers.text("", 429),
    Unavailable: lambda _e, _c: answers.text("", 503),
    Exception: lambda _e, _c: answers.text("", 500),
}


def render(_tx, happening):
    if happening.subject_id == HIDDEN:
        return None
    if happening.subject_id < 0:
        raise ValueError("cannot be told")
    told = {"id": happening.subject_id, "others": happening.other_ids, "at": MARK.decode()}
    return answers.encode_json(told)


class House:
    """An application with nothing but a feed."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.hub = Hub(library, render, mark=MARK)
        stream = Operation("GET", ("/feed",), lambda c: EventStream(self.hub, c), Runs.INLINE)
        self.app = edge.application(
            library,
            [
                Door(
                    name="feed",
                    prefixes=("/",),
                    operations=[stream],
                    errors=ERRORS,
                    sockets={"/feed": json_talk(self.hub)},
                )
            ],
            None,
        )

    def happen(self, *ids: int, kind: EventKind = EventKind.IMAGE_UPDATE) -> None:
        with self.library.writing(SYSTEM) as tx:
            for number in ids:
                tx.happened(kind, number)


@pytest.fixture
def make_house(library) -> Callable[..., House]:
    def make(**values: object) -> House:
        library.settings = msgspec.structs.replace(library.settings, **values)
        return House(library)

    return make


def test_everybody_hears_what_happens_as_it_happens(make_house):
    house = make_house()
    house.happen(1)

    async def run() -> None:
        first, second = Stream(house.app, "/feed"), Stream(house.app, "/feed?kinds=image:create")
        talk = Talk(house.app, "/feed")
        async with leaving(first, second, talk):
            assert await first.status() == await second.status() == 200
            # What happened before is not told, but where to come back to is.
            assert await first.text() == "retry: 3000\nid: 1\n\n"
            await second.text()
            assert await talk.hear() == "websocket.accept"
            house.happen(2, HIDDEN, -1)
            house.happen(3, kind=EventKind.IMAGE_CREATE)
            told = {"others": [], "at": "http://test"}
            updated = (2, "image:update", {"id": 2, **told})
            created = (5, "image:create", {"id": 3, **told})
            assert await first.events(2) == [updated, created]
            assert await second.events(1) == [created]
            heard = [await talk.hear() for _ in range(2)]
            assert [(h["seq"], h["event"], h["data"]) for h in heard] == [updated, created]
            talk.send("means nothing")
            assert house.hub.listener_count == 3
        assert house.hub.listener_count == 0
        await asyncio.sleep(0.15)  # and then nothing is read any more
        assert house.hub.seq == 5

    asyncio.run(run())


def test_whoever_comes_back_hears_what_was_missed(make_house):
    house = make_house()
    house.happen(*range(20, 460))

    async def run() -> None:
        back = Stream(house.app, "/feed?follow=false&since=3", **{"last-event-id": "430"})
        assert await back.status() == 200
        assert [place for place, _, _ in await back.events(10)] == list(range(431, 441))
        assert await back.text() == ""  # the end
        whole = Stream(house.app, "/feed?since=0")
        async with leaving(whole):
            await whole.status()
            assert [e[2]["id"] for e in await whole.events(440)] == list(range(20, 460))
            house.happen(7)
            assert (await whole.events(1))[0][2]["id"] == 7
        await back.task

    asyncio.run(run())
    with house.library.writing(SYSTEM) as tx:
        happenings.events.trim(tx.connection, before=tx.now + 1)
    house.happen(8)

    async def run_later() -> None:
        late = Stream(house.app, "/feed?since=5&follow=no")
        await late.status()
        assert [(e[0], e[1]) for e in await late.events(2)] == [
            (5, "missed"),
            (442, "image:update"),
        ]
        await late.task

    house.hub = Hub(house.library, render, mark=MARK)  # one loop each
    asyncio.run(run_later())


def test_a_slow_listener_costs_no_memory_and_is_told_that_it_missed_something(make_house):
    house = make_house()

    async def run() -> None:
        slow, talk = Stream(house.app, "/feed"), Talk(house.app, "/feed?kinds=image:merge")
        async with leaving(slow, talk):
            await slow.status()
            await slow.text()
            await talk.hear()
            slow.takes.clear()
            house.happen(1)
            await asyncio.sleep(0.15)  # it is busy with this one
            house.happen(*range(20, 900))
            house.happen(1, kind=EventKind.IMAGE_MERGE)
            assert (await talk.hear())["event"] == "image:merge"  # all is read
            assert len(house.hub.after(0)) == 512
            slow.takes.set()
            assert [e[:2] for e in await slow.events(2)] == [(1, "image:update"), (1, "missed")]
            assert await slow.text() == ""
            await slow.task

    asyncio.run(run())


def test_only_so_many_listen_and_all_go_when_the_server_stops(make_house):
    house = make_house(live_listeners=2, live_listeners_per_address=1)

    async def run() -> None:
        first, second = (Stream(house.app, "/feed", address=f"10.0.0.{n}") for n in (1, 2))
        assert await first.status() == 200
        assert await second.status() == 200
        third = Stream(house.app, "/feed", address="10.0.0.3")
        assert await third.status() == 503
        talk = Talk(house.app, "/feed", address="10.0.0.3")
        assert [await talk.hear() for _ in range(2)] == ["websocket.accept", 1013]
        await first.leave()
        again = Stream(house.app, "/feed", address="10.0.0.2")
        assert await again.status() == 429
        third = Talk(house.app, "/feed", address="10.0.0.3")
        assert await third.hear() == "websocket.accept"
        await second.text()
        house.hub.stop()
        assert (await second.text(), await third.hear()) == ("", 1001)
        for one in (second, third, again, talk):
            await asyncio.wait_for(one.task, 5)

    asyncio.run(run())


def test_what_cannot_be_listened_to_is_refused(make_house):
    house = make_house()

    async def run() -> None:
        wrong = Stream(house.app, "/feed?kinds=image:create,bogus")
        assert await wrong.status() == 400
        assert "bogus is not known" in await wrong.text()
        for path in ("/feed?kinds=bogus", "/elsewhere", "/feed?kinds=%"):
            talk = Talk(house.app, path)
            assert await talk.hear() in {1000, "websocket.accept"}
            if not talk.task.done():
                await talk.leave()

    asyncio.run(run())


def test_one_edit_is_one_happening(library):
    with library.writing(SYSTEM) as tx:
        for change_id in range(1, 8):
            tx.happened(EventKind.IMAGE_TAG_UPDATE, 1, change_id)
        tx.happened(EventKind.IMAGE_UPDATE, 1)
        tx.happened(EventKind.IMAGE_TAG_UPDATE, 1, 9)
        tx.happened(EventKind.IMAGE_TAG_UPDATE, 2, 10)
    with library.reading(ANONYMOUS) as tx:
        for limit in (1, 3, 7, 100):
            found, seq = [], 0
            while True:
                step, last = happenings.since(tx, seq, limit=limit)
                found += step
                if last == seq:
                    break
                seq = last
            assert [(h.seq, h.subject_id, h.other_ids) for h in found] == [
                (7, 1, (1, 2, 3, 4, 5, 6, 7)),
                (8, 1, ()),
                (9, 1, (9,)),
                (10, 2, (10,)),
            ]
