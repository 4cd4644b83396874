"""Sweeping: delete the files that nothing needs, a day after the last thing needed them.

Such files come from uploads that were refused or killed half-way, from deleted images, and from
avatars and badges that were replaced.
"""

import shutil
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import delete, select

from menagerie.core import image_files
from menagerie.core.people import avatars
from menagerie.library import SECOND, SYSTEM, Library, Tx
from menagerie.storage import schema, sql
from menagerie.storage.blobs import ORIGINALS, REPRESENTATIONS, Blob, sha512_of_name, work_folder

GRACE = 86_400 * SECOND
_LAST_DELETION = "last_sweep_at"
_FULL = "full-"


class Swept(msgspec.Struct, frozen=True):
    """What a sweep deleted."""

    files: int = 0
    size_bytes: int = 0


def last_deletion_at(tx: Tx) -> int:
    """Return when the sweeper last deleted a file, microseconds UTC; 0 for never."""
    value = tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == _LAST_DELETION))
    return int(value or 0)


def sweep(library: Library) -> Swept:
    """Delete the files that no image needs and that nobody touched for a day.

    Safe while uploads go on: each folder's files are judged and deleted inside one write
    transaction, and `intake.admit` looks whether there was one since its files were kept.
    Raises Unavailable.
    """
    before = library.clock.now() - GRACE
    library.blobs.drop_abandoned(older_than=before)
    _drop_abandoned_folders(library, before)
    swept = Swept()
    for folder in _folders():
        old = [blob for blob in library.blobs.list(folder) if blob.touched_at < before]
        if old:
            swept = _sum(swept, _sweep_files(library, old, before))
    with library.writing(SYSTEM) as tx:
        _forget_blobs(tx, before)
    return swept


def _folders() -> Iterator[str]:
    for kind in (ORIGINALS, REPRESENTATIONS):
        for number in range(256):
            yield f"{kind}/{number:02x}"
    yield avatars.FOLDER


def _sum(one: Swept, other: Swept) -> Swept:
    return Swept(one.files + other.files, one.size_bytes + other.size_bytes)


def _sweep_files(library: Library, old: list[Blob], before: int) -> Swept:
    # Looked at without the write lock first: mostly, there is nothing to delete.
    with library.reading(SYSTEM) as tx:
        old = _unneeded(tx, old)
    if not old:
        return Swept()
    with library.writing(SYSTEM) as tx:
        doomed = [
            blob
            for blob in _unneeded(tx, old)
            # An upload may have touched it since it was listed.
            if library.blobs.exists(blob.name) and library.blobs.head(blob.name).touched_at < before
        ]
        if doomed:
            note_deletion(tx)
            library.blobs.delete(*(blob.name for blob in doomed))
    return Swept(len(doomed), sum(blob.size_bytes for blob in doomed))


def note_deletion(tx: Tx) -> None:
    """Note that files are deleted now, which `intake.admit` has to know."""
    sql.upsert(
        tx.connection,
        schema.facts,
        [{"name": _LAST_DELETION, "value": str(tx.library.clock.now())}],
    )


def _unneeded(tx: Tx, files: Iterable[Blob]) -> list[Blob]:
    """Return the files that nothing needs: of a blob without images, or an outdated full one.

    What a listed snapshot holds is needed as well, and what an account or a badge shows.
    """
    shown, files = _split(files)
    by_hash: dict[str, list[Blob]] = {}
    for blob in files:
        by_hash.setdefault(sha512_of_name(blob.name), []).append(blob)
    row = schema.images.c
    needed: dict[str, set[str]] = {}
    hashes = list(by_hash)
    for start in range(0, len(hashes), 1000):
        for image in tx.all(
            select(row.sha512, row.full_sha512, row.format).where(
                row.sha512.in_(hashes[start : start + 1000]), ~row.is_deleted_by_owner
            )
        ):
            needed.setdefault(image.sha512, set()).add(
                image_files.full_name(image.sha512, image.full_sha512, image.format)
            )
    unneeded = [
        blob
        for sha512, blobs_ in by_hash.items()
        for blob in blobs_
        if sha512 not in needed
        or (blob.name.rpartition("/")[2].startswith(_FULL) and blob.name not in needed[sha512])
    ]
    held = _held_by_snapshots(tx, [blob.name for blob in unneeded])
    held |= avatars.needed(tx, [blob.name for blob in shown])
    return [blob for blob in (*unneeded, *shown) if blob.name not in held]


def _split(files: Iterable[Blob]) -> tuple[list[Blob], list[Blob]]:
    """Return the avatars and badges among files, and the files of images."""
    parts: tuple[list[Blob], list[Blob]] = ([], [])
    for blob in files:
        parts[not blob.name.startswith(f"{avatars.FOLDER}/")].append(blob)
    return parts


def _held_by_snapshots(tx: Tx, names: list[str]) -> set[str]:
    """Return the files that listed snapshots hold, save of images that their owners deleted."""
    held = schema.snapshot_images.c
    found: set[str] = set()
    for start in range(0, len(names), 1000):
        found.update(
            row.full_name
            for row in tx.all(
                select(held.full_name)
                .join(schema.images, schema.images.c.key == held.image_key)
                .where(
                    held.full_name.in_(names[start : start + 1000]),
                    ~schema.images.c.is_deleted_by_owner,
                )
            )
        )
    return found


def _forget_blobs(tx: Tx, before: int) -> None:
    """Drop the rows of blobs that no image, not even a deleted one, refers to."""
    blob = schema.blobs.c
    tx.execute(
        delete(schema.blobs).where(
            blob.image_count == 0,
            blob.touched_at < before,
            blob.sha512.not_in(select(schema.images.c.sha512)),
        )
    )


def _drop_abandoned_folders(library: Library, before: int) -> None:
    """Remove what killed uploads and jobs left."""
    for path in work_folder(library.settings).iterdir():
        if path.stat().st_mtime * SECOND < before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
