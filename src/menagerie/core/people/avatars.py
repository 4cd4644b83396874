"""Avatars: a picture that a person chose, or one drawn after their name."""

import base64
import functools
import hashlib
import re
import tempfile
from pathlib import Path

from sqlalchemy import select, union, update

from menagerie.core import rights, staff_log
from menagerie.errors import NotFound, TooLarge
from menagerie.library import Actor, Library, Tx
from menagerie.media import squares
from menagerie.media.hashes import sha512_hex
from menagerie.media.limits import Limits
from menagerie.storage import blobs, schema
from menagerie.storage.schema import ChangeKind

MAX_BYTES = 4 << 20
SIDE_PX = 256
FOLDER = "avatars"
"""The folder of avatars and the pictures of badges and tags, named after their content."""
_NAME = re.compile(rf"{FOLDER}/[0-9a-f]{{2}}/[0-9a-f]{{128}}\.webp")


def put(library: Library, actor: Actor, source: bytes | Path) -> str:
    """Show the middle of a picture beside the actor's name from now on; return its blob name.

    Of an animation that is the first frame. Raises Unauthenticated, Banned, TooLarge, Unsupported,
    or Unavailable.
    """
    with library.reading(actor) as tx:
        account_id = rights.require_account(tx)
        rights.require_contributor(tx)
    name = keep(library, source)
    with library.writing(actor) as tx:
        _set(tx, account_id, name)
    return name


def keep(library: Library, source: bytes | Path) -> str:
    """Keep the middle of a picture as a square WebP and return its blob name.

    What nothing refers to a day later is swept. Raises TooLarge, Unsupported or Unavailable.
    """
    with tempfile.TemporaryDirectory(dir=blobs.work_folder(library.settings)) as folder:
        path = Path(folder) / "picture"
        if isinstance(source, Path):
            path.symlink_to(source.absolute())
        elif len(source) > MAX_BYTES:
            raise TooLarge(MAX_BYTES)
        else:
            path.write_bytes(source)
        settings = library.settings
        limits = Limits(
            max_bytes=MAX_BYTES, max_px=settings.pixel_limit, max_frames=settings.frame_limit
        )
        data = library.pool.run(squares.square, str(path), SIDE_PX, limits=limits)
    digest = sha512_hex(data)
    name = f"{FOLDER}/{digest[:2]}/{digest}.webp"
    library.blobs.ensure({name: data})
    return name


def remove(tx: Tx, account_id: int | None = None) -> None:
    """Show the drawing again, beside the actor's name or, for moderators, anybody's.

    Raises Unauthenticated, Forbidden or NotFound.
    """
    if account_id is None or account_id == tx.actor.account_id:
        _set(tx, rights.require_account(tx), None)
        return
    rights.require_moderator(tx)
    _set(tx, account_id, None)
    staff_log.note(tx, "remove avatar", "account", account_id)


def _set(tx: Tx, account_id: int, name: str | None) -> None:
    row = schema.accounts.c
    changed = tx.execute(update(schema.accounts).where(row.id == account_id).values(avatar=name))
    if changed.rowcount == 0:
        raise NotFound
    tx.changed(ChangeKind.ACCOUNT, account_id)


def is_name(text: str) -> bool:
    """Tell whether a text is the blob name of a picture that `keep` made."""
    return _NAME.fullmatch(text) is not None


def is_kept(tx: Tx, text: str) -> bool:
    """Tell whether a text is the name of a picture that `keep` made and that is there."""
    return is_name(text) and tx.library.blobs.exists(text)


def needed(tx: Tx, names: list[str]) -> set[str]:
    """Return which of these files accounts, badges or tags refer to; for the sweeper."""
    found: set[str] = set()
    columns = schema.accounts.c.avatar, schema.badges.c.image, schema.tags.c.spoiler_image
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        used = union(*(select(column).where(column.in_(part)) for column in columns))
        found.update(tx.execute(used).scalars())
    return found


# Drawn after a name: a little animal whose kind, colours and face are the name's own.

# Of a cat, a dog, a bear, a rabbit.
_EARS = (
    '<path d="M24 44 28 12 52 30ZM104 44 100 12 76 30Z"/>',
    '<path d="M30 34C8 30 6 62 16 78 26 74 34 56 38 40ZM98 34c22-4 24 28 14 44-10-4-18-22-22-38"/>',
    '<circle cx="32" cy="32" r="16"/><circle cx="96" cy="32" r="16"/>',
    '<path d="M42 40C28 8 36 2 44 4 54 8 56 26 56 36ZM86 40C100 8 92 2 84 4 74 8 72 26 72 36Z"/>',
)
_EYES = (
    '<circle cx="48" cy="64" r="6"/><circle cx="80" cy="64" r="6"/>',
    '<ellipse cx="48" cy="64" rx="5" ry="8"/><ellipse cx="80" cy="64" rx="5" ry="8"/>',
    '<path d="M40 66q8-10 16 0M72 66q8-10 16 0" fill="none" stroke="#222" stroke-width="4"/>',
)
_MOUTHS = (
    '<path d="M64 86v6q-8 8-14 0M64 92q8 8 14 0" fill="none" stroke="#222" stroke-width="3"/>',
    '<path d="M52 92q12 12 24 0" fill="none" stroke="#222" stroke-width="3"/>',
    '<path d="M56 94h16" stroke="#222" stroke-width="3"/>',
)
_PATCHES = (
    "",
    '<circle cx="82" cy="62" r="15" fill="#fff" opacity=".5"/>',
    '<path d="M64 26q12 20 0 38-12-18 0-38Z" fill="#fff" opacity=".5"/>',
)


@functools.lru_cache(maxsize=2000)
def generated(name: str) -> str:
    """Return the drawing for a name as SVG text, the same for the same name whatever its case."""
    dice = hashlib.sha256(name.lower().encode("utf-8", "surrogatepass")).digest()
    hue = dice[0] * 360 // 256
    ground = f"hsl({(hue + 120 + dice[1] % 120) % 360} 45% {78 + dice[2] % 10}%)"
    fur = f"hsl({hue} {35 + dice[3] % 30}% {48 + dice[4] % 16}%)"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">'
        f'<rect width="128" height="128" fill="{ground}"/>'
        f'<g fill="{fur}">{_EARS[dice[5] % len(_EARS)]}<ellipse cx="64" cy="70" rx="44" ry="42"/>'
        f"</g>{_PATCHES[dice[6] % len(_PATCHES)]}"
        '<ellipse cx="64" cy="88" rx="20" ry="16" fill="#fff" opacity=".6"/>'
        f'<g fill="#222">{_EYES[dice[7] % len(_EYES)]}'
        f'<path d="M57 79h14l-7 8Z"/>{_MOUTHS[dice[8] % len(_MOUTHS)]}</g></svg>'
    )


@functools.lru_cache(maxsize=2000)
def data_uri(name: str) -> str:
    """Return the drawing for a name as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(generated(name).encode()).decode()
