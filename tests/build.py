"""Builders: test data made through the core, so it is always data the product can make.

alice = build.account(library, "Alice")
image_id = build.image(library, "safe, dog, solo", actor=alice)
"""

import functools
import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from menagerie.core import accounts, intake, keys, passwords, word_drafts, words
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage.schema import Audience, Role, WordKind

WITHOUT_MODELS: dict[str, object] = {
    "review": "open",
    "recognition": False,
    "comment_interval": 0,
    "topic_interval": 0,
    "tag_edit_limit": 0,
    "rating_edit_limit": 0,
}
"""Settings of tests that are about neither recognition nor pace, which need not wait for them."""

PASSWORD = "correct horse battery"


@functools.cache
def _secret() -> passwords.Secret:
    """Hash the password once, which takes as long as many a test."""
    return passwords.prepare(PASSWORD)


@contextmanager
def configured(library: Library, **values: object) -> Iterator[None]:
    """The same library with other settings."""
    before = library.settings
    library.settings = msgspec.structs.replace(before, **values)
    yield
    library.settings = before


def account(library: Library, name: str = "Alice", role: Role | str = Role.USER) -> Actor:
    """Make an account and return it as an actor; its password is `PASSWORD`."""
    with library.writing(SYSTEM) as tx:
        made = accounts.create(tx, name, Role(role), _secret())
    return Actor(role=Role(role), account_id=made.account.id, name=name)


def key(library: Library, actor: Actor, name: str = "test") -> str:
    """Give an account an API key and return it."""
    with library.writing(actor) as tx:
        return keys.add(tx, name)


def word(
    library: Library,
    name: str,
    *,
    kind: WordKind = WordKind.NORMAL,
    parent: words.Word | None = None,
) -> words.Word:
    """Put a word into the vocabulary, unless it is there, and return it."""
    with library.writing(SYSTEM) as tx:
        there = words.vocabulary(tx).by_display(f"{name}/{parent.name}" if parent else name)
        return there or words.add(tx, name, kind=kind, parent=parent)


def without_words(library: Library) -> None:
    """Empty the vocabulary; at once, since to remove words one by one takes seconds."""
    with library.writing(SYSTEM) as tx:
        book = words.vocabulary(tx)
        below = {}
        for word in book.labels:
            below |= dict.fromkeys([*book.children(word), *book.answers(word), word])
        word_drafts.delete_words(tx, list(below))


def png(
    size: tuple[int, int] = (48, 32), color: tuple[int, int, int] = (200, 120, 40), mark: int = 0
) -> bytes:
    """A PNG of one color, `size` being width and height; `mark` makes files of one look differ."""
    width, height = size
    row = b"\x00" + bytes(color) * width
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"tEXt", b"mark\x00" + str(mark).encode()),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


_marks = iter(range(1, 1 << 60))


def image(
    library: Library,
    tags: str = "safe, dog, solo",
    *,
    actor: Actor = SYSTEM,
    data: bytes | None = None,
    size: tuple[int, int] = (48, 32),
    color: tuple[int, int, int] | None = None,
    audience: Audience = Audience.PUBLIC,
    is_anonymous: bool = False,
    sources: tuple[str, ...] = (),
    description: str = "",
    name: str = "picture.png",
) -> int:
    """Put an image in through intake and return its id; without `data`, a new small PNG."""
    mark = next(_marks)
    if data is None:
        digest = hashlib.sha256(str(mark).encode()).digest()
        data = png(size, color or (digest[0], digest[1], digest[2]), mark)
    path = library.settings.data_path / f"upload-{mark}"
    path.write_bytes(data)
    upload = intake.Upload(
        path=path,
        name=name,
        tags=tags,
        sources=list(sources),
        description=description,
        is_anonymous=is_anonymous,
        audience=audience,
    )
    prepared = intake.prepare(library, actor, upload)
    with library.writing(actor) as tx:
        image_id = intake.admit(tx, prepared)
    path.unlink(missing_ok=True)
    return image_id
