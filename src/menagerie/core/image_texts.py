"""Descriptions that the crowd gives an image: each waits until a moderator lets it be seen."""

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, insert, or_, select, update

from menagerie.core import images, rights, staff_log, visibility
from menagerie.errors import Banned, Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema

MAX_BYTES = 4000
MOST_AT_ONCE = 20
LANGUAGES = ("en", "ger")


class State(StrEnum):
    """What moderators said of a description."""

    UNKNOWN = "unknown"  # nobody has looked at it
    UNLOCKED = "unlocked"  # everybody may read it
    LOCKED = "locked"  # nobody but its author and moderators may


class ImageText(msgspec.Struct, frozen=True):
    """One description of one image, in one of `LANGUAGES`."""

    id: int
    key: str
    image_id: int
    text: str
    language: str
    state: str
    account_id: int | None
    created_at: int


_row = schema.image_texts.c
_SELECT: Select[Any] = select(*(_row[name] for name in ImageText.__struct_fields__))


def add(tx: Tx, image_id: int, texts: Sequence[tuple[str, str]]) -> list[ImageText]:
    """Give an image descriptions, each a text and its language; for everybody.

    A text that the image already has in that language is not kept twice. Raises NotFound, Banned,
    and Invalid (`description`, `language`).
    """
    visibility.require_visible(tx, image_id)
    if rights.is_banned(tx):
        raise Banned
    wanted = [(text.strip(), language) for text, language in texts]
    _check(wanted)
    there = {(row.text, row.language) for row in _all(tx, _row.image_id == image_id)}
    fresh = [pair for pair in dict.fromkeys(wanted) if pair not in there]
    if fresh:
        tx.execute(insert(schema.image_texts), [_values(tx, image_id, *pair) for pair in fresh])
    added = set(wanted)
    return [row for row in _all(tx, _row.image_id == image_id) if (row.text, row.language) in added]


def _values(tx: Tx, image_id: int, text: str, language: str) -> dict[str, object]:
    return {
        "key": str(uuid.UUID(int=tx.library.random.getrandbits(128), version=4)),
        "image_id": image_id,
        "text": text,
        "language": language,
        "state": State.UNKNOWN,
        "account_id": tx.actor.account_id,
        "created_at": tx.now_s,
    }


def _check(wanted: Sequence[tuple[str, str]]) -> None:
    problems: dict[str, list[str]] = {}
    if not wanted:
        problems["description"] = ["can't be blank"]
    if len(wanted) > MOST_AT_ONCE:
        problems["description"] = [f"are too many; at most {MOST_AT_ONCE} at once"]
    for text, language in wanted:
        if language not in LANGUAGES:
            problems["language"] = [f"must be one of {', '.join(LANGUAGES)}"]
        if not text:
            problems["description"] = ["can't be blank"]
        elif wrong := images.check_text(text, max_bytes=MAX_BYTES):
            problems["description"] = wrong
    if problems:
        raise Invalid(problems)


def of_image(tx: Tx, image_id: int) -> list[ImageText]:
    """Return the descriptions of an image that the actor may read, the oldest first.

    Those are the unlocked ones and the actor's own; all of them for moderators. Raises NotFound.
    """
    visibility.require_visible(tx, image_id)
    return of_images(tx, [image_id])[image_id]


def of_images(tx: Tx, ids: Sequence[int]) -> dict[int, list[ImageText]]:
    """Return what `of_image` does for images that the actor may see, by their ids."""
    found: dict[int, list[ImageText]] = {image_id: [] for image_id in ids}
    if not found:
        return found
    readable: list[ColumnElement[bool]] = [_row.image_id.in_(list(found))]
    if not tx.actor.is_moderator:
        unlocked = _row.state == State.UNLOCKED
        own = _row.account_id == tx.actor.account_id
        readable.append(unlocked if tx.actor.account_id is None else or_(unlocked, own))
    for text in _all(tx, *readable):
        found[text.image_id].append(text)
    return found


def unprocessed(tx: Tx, *, limit: int = 50) -> list[ImageText]:
    """Return descriptions that nobody has looked at, the oldest first, for moderators.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_moderator(tx)
    return _all(tx, _waiting(), limit=limit)


def count_unprocessed(tx: Tx) -> int:
    """Return how many descriptions nobody has looked at; raises Unauthenticated or Forbidden."""
    rights.require_moderator(tx)
    statement = (
        select(func.count())
        .select_from(schema.image_texts)
        .join(schema.images, schema.images.c.id == _row.image_id)
    )
    return int(tx.scalar(statement.where(_waiting())))


def decide(tx: Tx, image_id: int, key: str, *, is_unlocked: bool) -> ImageText:
    """Let everybody read a description, or nobody else but its author.

    Raises Unauthenticated, Forbidden and NotFound.
    """
    rights.require_moderator(tx)
    visibility.require_visible(tx, image_id)
    found = _all(tx, _row.image_id == image_id, _row.key == key)
    if not found:
        raise NotFound
    state = State.UNLOCKED if is_unlocked else State.LOCKED
    tx.execute(
        update(schema.image_texts)
        .where(_row.id == found[0].id)
        .values(state=state, decided_by_id=tx.actor.account_id)
    )
    details: dict[str, object] = {"description": key}
    action = "unlocked description" if is_unlocked else "locked description"
    staff_log.note(tx, action, "image", image_id, details=details)
    return msgspec.structs.replace(found[0], state=state)


def move_all(tx: Tx, from_id: int, to_id: int) -> None:
    """Give an image the descriptions of another that is merged into it, but for those it has.

    The caller decides whether the actor may.
    """
    there = {(row.text, row.language) for row in _all(tx, _row.image_id == to_id)}
    moving = [
        row.id
        for row in _all(tx, _row.image_id == from_id)
        if (row.text, row.language) not in there
    ]
    if moving:
        changed = update(schema.image_texts).where(_row.id.in_(moving))
        tx.execute(changed.values(image_id=to_id))


def _waiting() -> ColumnElement[bool]:
    """Return the condition for descriptions to look at, on images that moderators may see."""
    return (_row.state == State.UNKNOWN) & (schema.images.c.audience == schema.Audience.PUBLIC)


def _all(tx: Tx, *wanted: ColumnElement[bool], limit: int | None = None) -> list[ImageText]:
    statement = (
        _SELECT.join(schema.images, schema.images.c.id == _row.image_id)
        .where(*wanted)
        .order_by(_row.id)
        .limit(limit)
    )
    return [ImageText(*row) for row in tx.all(statement)]
