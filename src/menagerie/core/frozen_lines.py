"""The lines of a snapshot, read from the database a few hundred images at a time."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, select

from menagerie.core import choosing, geometry, image_files, judged_labels
from menagerie.core.judged_labels import Names, as_text
from menagerie.datasets import judging, licences
from menagerie.datasets.leaving import NO_FILE, TOO_SMALL
from menagerie.datasets.records import Frozen, Label, Object, Record, Selection, Vote
from menagerie.datasets.tables import TAG
from menagerie.errors import NotFound
from menagerie.library import Library, Tx
from menagerie.storage import schema, sql
from menagerie.storage.blobs import Blobs
from menagerie.storage.schema import LabelState

_CHUNK = 500
_READERS = 4
_DECIMALS = 6
_SMALLEST_PX = 1.0

_i = schema.images.c


class Making(msgspec.Struct, kw_only=True):
    """A snapshot that is being made: what it is made of, and what it comes to."""

    key: str
    selection: Selection
    names: Names
    chosen: choosing.Chosen
    with_workers: bool
    known: Iterator[Frozen]
    """The lines of the snapshot before: files that it had need not be read again."""
    object_count: int = 0
    left_out: dict[str, int] = {}

    @property
    def total(self) -> int:
        """How many images there will be, at most."""
        return int((self.chosen.splits > 0).sum())

    def leave_out(self, reason: str) -> None:
        """Count something that does not get in."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def frozen(tx: Tx, making: Making) -> Iterator[Frozen]:
    """Yield the lines in the order of the UUIDs, numbered from 1 on."""
    chosen, number = making.chosen, 0
    known = _Known(making.known)
    # In the order of the UUIDs, so that two snapshots of the same rows have the same bytes.
    taken = [at for at in range(len(chosen.ids)) if chosen.splits[at]]
    for start in range(0, len(taken), _CHUNK):
        part = taken[start : start + _CHUNK]
        for record, file, votes in _read(tx, making, part, known):
            number += 1
            yield Frozen(
                record=msgspec.structs.replace(
                    record, number=number, objects=_numbered(making, record.objects)
                ),
                file=file,
                votes=votes,
            )


def _numbered(making: Making, objects: Iterable[Object]) -> list[Object]:
    found = []
    for thing in objects:
        making.object_count += 1
        found.append(msgspec.structs.replace(thing, id=making.object_count))
    return found


_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(
    _i[name]
    for name in (
        "id",
        "key",
        "sha512",
        "full_sha512",
        "format",
        "media_type",
        "width",
        "height",
        "perceptual_hash",
        "created_at",
        "description",
        "licence",
        "author",
        "author_url",
        "title",
    )
)


def _read(
    tx: Tx, making: Making, part: Sequence[int], known: "_Known"
) -> Iterator[tuple[Record, str, list[Vote]]]:
    ids = [int(making.chosen.ids[at]) for at in part]
    rows = {
        row.id: row for row in tx.all(select(*_COLUMNS).where(sql.among(tx.connection, _i.id, ids)))
    }
    labels = judged_labels.of_images(tx, ids, making.names, making.selection)
    tags = _tags(tx, ids, making)
    sources = _first_sources(tx, ids)
    objects = _objects(tx, rows, making)
    votes = _votes(tx, rows, making) if making.selection.include_votes else {}
    files = _files(tx.library, [rows[image_id] for image_id in ids], known)
    for at, image_id in zip(part, ids, strict=True):
        row = rows[image_id]
        if row.key not in files:
            making.leave_out(NO_FILE)
            continue
        name, size_bytes, sha256 = files[row.key]
        record = _record(row, labels.get(image_id, []), making, at)
        record = msgspec.structs.replace(
            record,
            bytes=size_bytes,
            sha256=sha256,
            tags=tags.get(image_id, []),
            objects=objects.get(image_id, []),
            source_url=sources.get(image_id, ""),
        )
        yield record, name, votes.get(image_id, [])


def _record(row: Row[Any], labels: list[Label], making: Making, at: int) -> Record:
    chosen = making.chosen
    split = choosing.split_of(int(chosen.splits[at]))
    hash_ = row.perceptual_hash
    licence = licences.find(row.licence)
    return Record(
        id=row.key,
        number=0,
        file_name=f"images/{row.key}.{row.format}",
        split=split.value if split else "",
        width=row.width,
        height=row.height,
        mime=row.media_type,
        phash="" if hash_ is None else f"{hash_ & (1 << 64) - 1:016x}",
        created_at=as_text(row.created_at),
        labels=labels,
        description=row.description,
        license=licence.name if licence else row.licence,
        license_url=licence.url if licence else "",
        author=row.author,
        author_url=row.author_url,
        title=row.title,
        group=chosen.keys[int(chosen.firsts[at])],
    )


# Files.


class _Known:
    """Hashes of the files of the snapshot before, asked for in the order of the UUIDs."""

    def __init__(self, lines: Iterator[Frozen]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def find(self, key: str, name: str) -> tuple[int, str] | None:
        """Return size and SHA-256 of the image's file, if it had that very file."""
        while self._next is not None and self._next.record.id < key:
            self._next = next(self._lines, None)
        found = self._next
        if found is None or found.record.id != key or found.file != name:
            return None
        return found.record.bytes, found.record.sha256


def _files(
    library: Library, rows: Sequence[Row[Any]], known: _Known
) -> Mapping[str, tuple[str, int, str]]:
    """Return name, size and SHA-256 of each published file that is there."""
    names = {
        row.key: image_files.full_name(row.sha512, row.full_sha512, row.format)
        for row in sorted(rows, key=lambda row: row.key)
    }
    found = {key: known.find(key, name) for key, name in names.items()}
    missing = [key for key, facts in found.items() if facts is None]
    with ThreadPoolExecutor(_READERS) as readers:
        read = readers.map(lambda key: _measure(library.blobs, names[key]), missing)
        found |= dict(zip(missing, read, strict=True))
    return {key: (names[key], *facts) for key, facts in found.items() if facts is not None}


def _measure(blobs: Blobs, name: str) -> tuple[int, str] | None:
    try:
        size_bytes = blobs.size(name)
        digest = hashlib.sha256()
        for piece in blobs.stream(name, 0, size_bytes):
            digest.update(piece)
    except NotFound:
        return None
    return size_bytes, digest.hexdigest()


# What people said.


def _tags(tx: Tx, ids: Sequence[int], making: Making) -> dict[int, list[str]]:
    """Return the tags of images by name: those that are no words, or just the classes."""
    names, takes_all = making.names, making.selection.include_tags
    label, tag = schema.labels.c, schema.tags.c
    rows = tx.all(
        select(label.image_id, label.tag_id, tag.name)
        .join(schema.tags, tag.id == label.tag_id)
        .where(
            sql.among(tx.connection, label.image_id, ids),
            label.state == LabelState.ASSERTED,
        )
        .order_by(label.image_id, tag.name)
    )
    found: dict[int, list[str]] = {}
    for image_id, tag_id, name in rows:
        is_class = f"{TAG}{name}" in names.tags
        if is_class or (takes_all and tag_id not in names.vocabulary):
            found.setdefault(image_id, []).append(name)
    return found


def _first_sources(tx: Tx, ids: Sequence[int]) -> dict[int, str]:
    source = schema.image_sources.c
    rows = tx.all(
        select(source.image_id, source.url).where(
            sql.among(tx.connection, source.image_id, ids), source.position == 0
        )
    )
    return {row.image_id: row.url for row in rows}


def _votes(tx: Tx, rows: Mapping[int, Row[Any]], making: Making) -> dict[int, list[Vote]]:
    said = schema.validations.c
    found: dict[int, list[Vote]] = {}
    for row in tx.all(
        select(
            said.image_id,
            said.tag_id,
            said.voter,
            said.is_yes,
            said.weight,
            said.via,
            said.updated_at,
        )
        .where(sql.among(tx.connection, said.image_id, rows))
        .order_by(said.image_id, said.tag_id, said.id)
    ):
        name = making.names.labels.get(row.tag_id)
        if name is None:
            continue
        worker = pseudonym(tx.library, making.key, row.voter) if making.with_workers else ""
        found.setdefault(row.image_id, []).append(
            Vote(
                task=rows[row.image_id].key,
                worker=worker,
                label=name,
                value=int(row.is_yes),
                at=as_text(row.updated_at),
                kind=row.via,
                weight=row.weight,
            )
        )
    return found


def pseudonym(library: Library, snapshot_key: str, voter: str | None) -> str:
    """Return what a contributor is called in one snapshot, and in no other; empty for nobody."""
    if voter is None:
        return ""
    secret = bytes.fromhex(library.facts["secret"])
    text = f"{snapshot_key}\0{voter}".encode()
    return "w" + hashlib.blake2b(text, key=secret, digest_size=8, person=b"worker").hexdigest()


# Shapes.


def _objects(tx: Tx, rows: Mapping[int, Row[Any]], making: Making) -> dict[int, list[Object]]:
    drawn, shape = schema.annotations.c, schema.shapes.c
    shapes = tx.all(
        select(
            drawn.image_id,
            drawn.tag_id,
            drawn.is_auto,
            drawn.yes_weight,
            drawn.no_weight,
            shape.id,
            shape.kind,
            shape.data,
        )
        .join(
            schema.shapes,
            and_(shape.annotation_id == drawn.id, shape.revision == drawn.revision),
        )
        .where(sql.among(tx.connection, drawn.image_id, rows))
        .order_by(drawn.image_id, drawn.tag_id, drawn.is_auto, shape.position)
    )
    said = _refinements(tx, [row.id for row in shapes])
    found: dict[int, list[Object]] = {}
    for row in shapes:
        name = making.names.labels.get(row.tag_id)
        if name is None:
            continue
        thing = _object(row, name, rows[row.image_id], said.get(row.id, []))
        if thing is None:
            making.leave_out(TOO_SMALL)
        else:
            found.setdefault(row.image_id, []).append(thing)
    for things in found.values():  # by name, since the ids of tags differ from library to library
        things.sort(key=lambda thing: (thing.label, thing.source))
    return found


def _object(row: Row[Any], name: str, image: Row[Any], refinements: list[str]) -> Object | None:
    data = json.loads(row.data)
    data.setdefault("type", row.kind)
    box = geometry.clip_box(geometry.hull(data), image.width, image.height)
    if box is None or min(box.width, box.height) < _SMALLEST_PX:
        return None
    is_plain = row.kind == "rect" and not (data.get("angle") or 0) % 360
    corners = geometry.corners(data)
    polygon = [] if is_plain else geometry.clip(corners, image.width, image.height)
    return Object(
        id=0,
        label=name,
        bbox=(_round(box.left), _round(box.top), _round(box.width), _round(box.height)),
        polygon=[(_round(x), _round(y)) for x, y in polygon],
        shape=row.kind,
        num_yes=row.yes_weight,
        num_no=row.no_weight,
        probability=judging.probability(row.yes_weight, row.no_weight),
        source="machine" if row.is_auto else "crowd",
        refinements=refinements,
    )


def _round(value: float) -> float:
    return round(float(value), _DECIMALS)


def _refinements(tx: Tx, shape_ids: Sequence[int]) -> dict[int, list[str]]:
    said, word = schema.refinements.c, schema.words.c
    rows = tx.all(
        select(said.shape_id, word.accessor)
        .join(schema.words, word.id == said.word_id)
        .where(sql.among(tx.connection, said.shape_id, shape_ids))
        .order_by(said.shape_id, word.accessor)
    )
    found: dict[int, list[str]] = {}
    for shape_id, accessor in rows:
        found.setdefault(shape_id, []).append(accessor)
    return found
