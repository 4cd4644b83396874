"""The live feed in the API's words: what is said of each thing that happens, and over what.

Source: Philomena (2026) for events and what they carry; Phoenix 1.7 for the channel protocol, whose
messages are objects in its version 1.0.0 and lists in 2.0.0. Server-sent events and plain JSON are
ours.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from menagerie.core import happenings, images, visibility
from menagerie.core.happenings import Happening
from menagerie.core.images import Image
from menagerie.core.talk import comments, forums, posts, topics, writing
from menagerie.dialects.philomena import shapes, shapes_forums, shapes_talk, site
from menagerie.dialects.philomena.shapes import ImageShape, Site
from menagerie.errors import MenagerieError
from menagerie.http.answers import encode_json
from menagerie.http.feed import Hub, Listener, Message, Missed, Render
from menagerie.http.live import (
    EVENT_STREAM,
    GOING_AWAY,
    MOST_TEXT_CHARACTERS,
    NOT_UNDERSTOOD,
    TOO_BIG,
    TRY_LATER,
    EventStream,
    Socket,
    Talk,
    json_talk,
    together,
)
from menagerie.http.routing import Door, ErrorAnswer, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx
from menagerie.storage.schema import EventKind, ForumAccess

TOPIC = "firehose"
EVENTS, SOCKET = "/events", "/socket/websocket"
# As long as Phoenix waits for the next heartbeat of a client.
SILENCE_S = 60.0
_WAIT_S = 3600.0
_PARAMETERS = (
    Parameter("kinds", "Kinds of events, with commas; all when missing.", example="image:create"),
    Parameter("since", "Place in the log to begin behind; now when missing."),
    Parameter("follow", "false: end after what the log has.", example="false"),
)


def door(library: Library, errors: Mapping[type[Exception], ErrorAnswer]) -> Door:
    """Return the door of the live feed: one path for programs of today, one for those of boards."""
    prefix = site.prefix_of(library.settings)
    mark, render = renderer(library)
    hub = Hub(library, render, mark=mark)
    [events] = site.paths(library, EVENTS)
    stream = Operation(
        "GET",
        (events,),
        lambda call: EventStream(hub, call),
        Runs.INLINE,
        summary="What happens, as server-sent events or over a WebSocket.",
        parameters=_PARAMETERS,
        outcomes=(
            Outcome(200, "Events as they happen.", media_type=EVENT_STREAM),
            site.WRONG_FIELDS,
            site.LIMITED,
            site.AWAY,
        ),
    )
    return Door(
        name="philomena live",
        title="Philomena",
        prefixes=(events, prefix + "/socket"),
        operations=(stream,),
        errors=errors,
        allows_origins=True,
        sockets={events: json_talk(hub), prefix + SOCKET: channel(hub)},
        stop=hub.stop,
    )


# What is said.


def renderer(library: Library) -> tuple[bytes, Render]:
    """Return what words happenings, and the mark it leaves where our own address goes."""
    public_url = library.settings.public_url.rstrip("/")
    mark = "" if public_url else f"http://{secrets.token_hex(12)}.invalid"
    shown = site.make_site(library.settings, public_url or mark)

    def render(tx: Tx, happening: Happening) -> bytes | None:
        word = _WORDS.get(happening.kind, _image)
        told = word(tx, happening, shown)
        return None if told is None else encode_json(told)

    return mark.encode(), render


Told = Mapping[str, Any] | None


def _find(tx: Tx, image_id: int) -> Image | None:
    """Return an image that everybody may see."""
    found = images.find_many(tx, [image_id])
    return found[0] if found and visibility.is_searchable(found[0]) else None


def _bare(image: Image, shown: Site) -> dict[str, Any]:
    """Return an image without what only a filter can tell."""
    shape = shapes.image(image, site=shown, is_spoilered=False)
    fields = msgspec.structs.asdict(shape)
    if isinstance(shape, ImageShape):
        del fields["spoilered"]
    return {name: value for name, value in fields.items() if value is not UNSET}


def _image(tx: Tx, happening: Happening, shown: Site) -> Told:
    image = _find(tx, happening.subject_id)
    if image is None:
        return None
    return {"image": _bare(image, shown), "interactions": []}


def _process(tx: Tx, happening: Happening, _shown: Site) -> Told:
    return {"image_id": happening.subject_id} if _find(tx, happening.subject_id) else None


def _merge(tx: Tx, happening: Happening, shown: Site) -> Told:
    """Tell of both images; the merged one is a stub, which everybody sees of it anyway."""
    [target_id] = happening.other_ids
    found, target = images.find_many(tx, [happening.subject_id]), _find(tx, target_id)
    if not found or target is None or visibility.state(found[0]) is not visibility.State.MERGED:
        return None
    return {"image": _bare(found[0], shown), "duplicate_of_image": _bare(target, shown)}


def _tags(tx: Tx, happening: Happening, _shown: Site) -> Told:
    if _find(tx, happening.subject_id) is None:
        return None
    edit = happenings.tag_difference(tx, happening)
    return {"image_id": happening.subject_id, "added": edit.added, "removed": edit.removed}


def _sources(tx: Tx, happening: Happening, _shown: Site) -> Told:
    if _find(tx, happening.subject_id) is None:
        return None
    edit = happenings.source_difference(tx, happening)
    return {"image_id": happening.subject_id, "added": edit.added, "removed": edit.removed}


def _description(tx: Tx, happening: Happening, _shown: Site) -> Told:
    image = _find(tx, happening.subject_id)
    if image is None:
        return None
    # What somebody took out of a description is not kept, so that part is always empty.
    return {"image_id": image.id, "added": image.description, "removed": ""}


def _batch(tx: Tx, happening: Happening, _shown: Site) -> Told:
    """Tell of an edit of many images once, with all that somebody may see."""
    found = images.find_many(tx, sorted(happenings.batch_images(tx, happening)))
    ids = [one.id for one in found if visibility.is_searchable(one)]
    if not ids:
        return None
    edit = happenings.batch_difference(tx, happening, ids)
    return {"image_ids": ids, "added": edit.added, "removed": edit.removed}


def _comment(tx: Tx, happening: Happening, shown: Site) -> Told:
    for one in comments.find_many(tx, [happening.subject_id]):
        if writing.is_shown(one) and _find(tx, one.image_id) is not None:
            return {"comment": shapes_talk.comment(one, shown)}
    return None


def _post(tx: Tx, happening: Happening, shown: Site) -> Told:
    for one in posts.find_many(tx, [happening.subject_id]):
        if writing.is_shown(one) and not one.is_topic_hidden and one.forum_access == _EVERYBODY:
            topic, forum = topics.get_by_id(tx, one.topic_id), forums.get(tx, one.forum_short_name)
            return {
                "post": shapes_forums.post(one, shown),
                "topic": shapes_forums.topic(topic, shown),
                "forum": shapes_forums.forum(forum),
            }
    return None


_EVERYBODY = ForumAccess.NORMAL
_WORDS: Mapping[EventKind, Callable[[Tx, Happening, Site], Told]] = {
    EventKind.IMAGE_PROCESS: _process,
    EventKind.IMAGE_MERGE: _merge,
    EventKind.IMAGE_TAG_UPDATE: _tags,
    EventKind.IMAGE_SOURCE_UPDATE: _sources,
    EventKind.IMAGE_DESCRIPTION_UPDATE: _description,
    EventKind.IMAGE_BATCH_TAG_UPDATE: _batch,
    EventKind.COMMENT_CREATE: _comment,
    EventKind.COMMENT_UPDATE: _comment,
    EventKind.POST_CREATE: _post,
    EventKind.POST_UPDATE: _post,
}


# The channel protocol.


class _Frame(msgspec.Struct):
    """A message of the protocol, whichever its version."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any = None


class _Old:
    """Version 1.0.0: objects."""

    @staticmethod
    def read(text: str) -> _Frame:
        sent = msgspec.json.decode(text, type=dict[str, Any])
        names = ("join_ref", "ref", "topic", "event", "payload")
        return _checked([sent.get(name) for name in names])

    @staticmethod
    def write(frame: _Frame) -> str:
        names = {"topic": frame.topic, "event": frame.event, "payload": frame.payload}
        return encode_json({**names, "ref": frame.ref}).decode()

    @staticmethod
    def news(message: Message, data: bytes) -> str:
        return _Old.write(_Frame(None, None, TOPIC, message.kind, msgspec.Raw(data)))


class _New:
    """Version 2.0.0: lists."""

    @staticmethod
    def read(text: str) -> _Frame:
        return _checked(msgspec.json.decode(text, type=list[Any]))

    @staticmethod
    def write(frame: _Frame) -> str:
        return encode_json(msgspec.structs.astuple(frame)).decode()

    @staticmethod
    def news(message: Message, data: bytes) -> str:
        return _New.write(_Frame(None, None, TOPIC, message.kind, msgspec.Raw(data)))


_VERSIONS: Mapping[str, type[_Old | _New]] = {"1": _Old, "2": _New}


def _checked(parts: list[Any]) -> _Frame:
    """Return a message of its parts; references may be numbers, and go back as they came."""
    if len(parts) != 5 or not all(isinstance(part, str) for part in parts[2:4]):
        raise msgspec.ValidationError("not a message")
    if any(isinstance(part, (dict, list)) for part in parts[:2]):
        raise msgspec.ValidationError("not a reference")
    return _Frame(*parts)


def channel(hub: Hub) -> Talk:
    """Return the talk of the channel protocol, with `firehose` as its one topic."""

    async def talk(socket: Socket) -> None:
        version = _VERSIONS.get((socket.call.text("vsn") or "1.0.0").partition(".")[0])
        if version is None:
            return  # refused, as Phoenix does
        await socket.accept()
        try:
            async with hub.listening(socket.call) as listener:
                conversation = _Channel(socket, listener, version)
                await together(listener, conversation.tell(), conversation.hear())
        except MenagerieError:
            await socket.close(TRY_LATER)

    return talk


class _Channel:
    """One connection that speaks the channel protocol."""

    def __init__(self, socket: Socket, listener: Listener, version: type[_Old | _New]) -> None:
        self._socket = socket
        self._listener = listener
        self._version = version
        self._base = socket.call.base_url
        self._is_joined = False
        self._join_ref: str | None = None

    async def tell(self) -> None:
        """Say what happens while the topic is joined."""
        listener, socket = self._listener, self._socket
        while not listener.is_over:
            try:
                messages = await listener.more(_WAIT_S)
            except Missed:
                # To the client it looks as if the topic had failed, and it joins again.
                listener.begin(listener.newest)
                await self._end("phx_error")
                continue
            for message in messages:
                if self._is_joined:
                    await socket.say(message.framed(self._version.news, self._base))
        await socket.close(GOING_AWAY)

    async def hear(self) -> None:
        """Answer what the client says, until it is gone or silent for too long."""
        while True:
            async with asyncio.timeout(SILENCE_S):
                text = await self._socket.text()
            if text is None:
                return
            if len(text) > MOST_TEXT_CHARACTERS:
                await self._socket.close(TOO_BIG)
                return
            try:
                frame = self._version.read(text)
            except (msgspec.DecodeError, RecursionError):
                await self._socket.close(NOT_UNDERSTOOD)
                return
            await self._answer(frame)

    async def _answer(self, frame: _Frame) -> None:
        match frame.topic, frame.event:
            case "phoenix", "heartbeat":
                await self._reply(frame, None)
            case "firehose", "phx_join":
                await self._end("phx_close")
                await self._reply(frame, frame.join_ref)
                self._is_joined, self._join_ref = True, frame.join_ref or frame.ref
            case _, "phx_leave":
                await self._reply(frame, frame.join_ref)
                if frame.topic == TOPIC:
                    await self._end("phx_close")
            case "firehose", _ if self._is_joined:
                await self._reply(frame, frame.join_ref, problem="unmatched event")
            case _:
                await self._reply(frame, frame.join_ref, problem="unmatched topic")

    async def _reply(self, frame: _Frame, join_ref: str | None, *, problem: str = "") -> None:
        payload = {
            "status": "error" if problem else "ok",
            "response": {"reason": problem} if problem else {},
        }
        reply = _Frame(join_ref, frame.ref, frame.topic, "phx_reply", payload)
        await self._socket.say(self._version.write(reply))

    async def _end(self, event: str) -> None:
        """Say that the topic is over, unless it was not joined."""
        if self._is_joined:
            self._is_joined = False
            over = _Frame(self._join_ref, self._join_ref, TOPIC, event, {})
            await self._socket.say(self._version.write(over))
