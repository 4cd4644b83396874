"""What is said on the live feed, in the API's words and over its channel protocol."""

import asyncio

from booru_world import World
from live import Stream, Talk, leaving
from menagerie.core import images, labels, moderation, reviewing
from menagerie.core.staff import batch
from menagerie.core.talk import comments, topics
from menagerie.storage.schema import EventKind

EVENTS, SOCKET = "/api/v1/json/events", "/socket/websocket"


def change(board: World) -> None:
    """Let much happen, some of it to what not everybody may see."""
    library, ids = board.library, board.images
    alice, mia = board.actors["user"], board.actors["moderator"]
    plain = ids["plain"]
    with library.writing(alice) as tx:
        labels.edit(tx, ids["private"], add=["secret word"])
        labels.edit(tx, plain, add=["park", "sun"], remove=["dog"])
    with library.writing(alice) as tx:
        images.edit_sources(tx, plain, ["https://a.example/1", "https://example.org/1"])
        images.edit_description(tx, plain, "new words")
        tx.happened(EventKind.IMAGE_PROCESS, plain)
        tx.happened(EventKind.IMAGE_UPDATE, ids["removed"])
    with library.writing(mia) as tx:
        moderation.merge(tx, ids["gif"], plain)
        reviewing.approve(tx, ids["rejected"])
    with library.writing(alice) as tx:
        comments.create(tx, plain, "Good dog.", is_anonymous=True)
    with library.writing(mia) as tx:
        hidden = comments.create(tx, plain, "Bad words.")
        comments.hide(tx, hidden.id, "no")
        topics.create(tx, "general", title="Welcome", body="Hello.")
    batch.tag_images(library, mia, [plain, ids["large"], ids["private"]], add=["sun", "sea"])


def test_what_happens_is_told_to_everybody_and_nothing_hidden_is(board: World):
    ids = board.images
    plain = ids["plain"]

    async def run() -> list:
        stream = Stream(board.client.app, EVENTS)
        async with leaving(stream):
            await stream.status()
            await stream.text()
            change(board)
            told = await stream.events(13)
            return [(kind, data) for _, kind, data in told]

    told = asyncio.run(run())
    assert [kind for kind, _ in told] == [
        *("image:tag_update", "image:update", "image:source_update", "image:update"),
        *("image:description_update", "image:process"),
        *("image:tag_update", "image:update", "image:merge", "image:create"),
        *("comment:create", "post:create", "image:batch_tag_update"),
    ]
    assert all("spoilered" not in data["image"] for _, data in told if "image" in data)
    data = [data for _, data in told]
    assert sorted(data[0].pop("added")) == ["park", "sun"]
    assert data[0] == {"image_id": plain, "removed": ["dog"]}
    shown = board.get(f"/images/{plain}").json()
    del shown["image"]["spoilered"]
    assert data[1] == data[3] == shown  # as it is when it is told, not as it was then
    assert data[2] == {
        "image_id": plain,
        "added": ["https://example.org/1"],
        "removed": ["https://b.example/2"],
    }
    assert data[4] == {"image_id": plain, "added": "new words", "removed": ""}
    assert data[5] == {"image_id": plain}
    assert (data[8]["image"]["duplicate_of"], data[8]["duplicate_of_image"]["id"]) == (plain, plain)
    assert data[9]["image"]["id"] == ids["rejected"]
    comment = data[10]["comment"]
    assert (comment["user_id"], comment["body"]) == (None, "Good dog.")
    assert "Alice" not in str(data[10])
    assert (data[11]["topic"]["title"], data[11]["forum"]["short_name"]) == ("Welcome", "general")
    assert sorted(data[12].pop("added")) == ["sea", "sun"]
    assert data[12] == {"image_ids": sorted([plain, ids["large"]]), "removed": []}


def test_the_channel_protocol(board: World):

    async def run() -> None:
        new, old = (Talk(board.client.app, SOCKET + query) for query in ("?vsn=2.0.0", ""))
        async with leaving(new, old):
            assert await new.hear() == await old.hear() == "websocket.accept"
            ok = {"status": "ok", "response": {}}
            new.send([None, "1", "phoenix", "heartbeat", {}])
            assert await new.hear() == [None, "1", "phoenix", "phx_reply", ok]
            old.send({"topic": "phoenix", "event": "heartbeat", "payload": {}, "ref": 4})
            reply = {"topic": "phoenix", "event": "phx_reply", "payload": ok, "ref": 4}
            assert await old.hear() == reply
            unmatched = {"status": "error", "response": {"reason": "unmatched topic"}}
            for topic, event in (("other", "phx_join"), ("firehose", "shout")):
                new.send(["2", "2", topic, event, {}])
                assert await new.hear() == ["2", "2", topic, "phx_reply", unmatched]
            new.send(["3", "3", "firehose", "phx_join", {}])
            assert await new.hear() == ["3", "3", "firehose", "phx_reply", ok]
            old.send({"topic": "firehose", "event": "phx_join", "payload": {}, "ref": "5"})
            assert (await old.hear())["payload"] == ok
            with board.library.writing(board.actors["user"]) as tx:
                tx.happened(EventKind.IMAGE_PROCESS, board.images["plain"])
            payload = {"image_id": board.images["plain"]}
            assert await new.hear() == [None, None, "firehose", "image:process", payload]
            assert await old.hear() == {
                "topic": "firehose",
                "event": "image:process",
                "payload": payload,
                "ref": None,
            }
            new.send(["3", "6", "firehose", "phx_join", {}])  # again, in place of the first
            assert await new.hear() == ["3", "3", "firehose", "phx_close", {}]
            assert (await new.hear())[3:] == ["phx_reply", ok]
            new.send(["3", "7", "firehose", "phx_leave", {}])
            assert (await new.hear())[3:] == ["phx_reply", ok]
            assert (await new.hear())[3] == "phx_close"
            for talk, wrong in ((new, '{"a":1}'), (old, "[" * 5000)):
                talk.send(wrong)
                assert await talk.hear() == 1007
        unknown = Talk(board.client.app, SOCKET + "?vsn=3.0.0")
        assert await unknown.hear() == 1000  # before it was accepted, hence refused

    asyncio.run(run())
