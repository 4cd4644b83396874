"""The seven pictures by which every export is proved, as a snapshot without a library.

One of each kind: JPEG, PNG, WebP, GIF, a JPEG that was turned (its red rectangle is where its box
says), one without labels, one with three labels and two boxes. Label names hold a slash, a blank
and an umlaut, two have the same slug, one is the vehicle called train.

(Beside the folders of tests: in `tests/datasets` its module would be looked for in the library of
that name.)

    content = seven.content(tmp_path)
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyvips

import files
from menagerie.datasets import judging, pictures, tables
from menagerie.datasets.records import (
    Frozen,
    Label,
    Object,
    Record,
    Selection,
    Source,
    Vote,
)
from menagerie.datasets.writing import Content, Options, Picture
from menagerie.errors import NotFound
from menagerie.media.exporting import convert
from menagerie.media.probe import probe
from menagerie.media.publish import publish

KEYS = tuple(
    str(uuid.UUID(int=(0x1A << 120) + (n << 100) + (4 << 76) + (8 << 60))) for n in range(1, 8)
)
"""UUIDs of the pictures, ascending: `KEYS[0]` is the JPEG."""
JPEG, PNG, WEBP, GIF, TURNED, UNLABELLED, SECOND = KEYS
RED_BOX = (30.0, 8.0, 12.0, 16.0)
"""The box of the turned picture, and where it is red."""
TIME = "2026-01-01T12:00:00Z"


def label(name: str, yes: int, no: int = 0, **more) -> Label:
    chosen = Selection()
    return Label(
        name=name,
        num_yes=yes,
        num_no=no,
        probability=judging.probability(yes, no),
        probability_lower=judging.lower_bound(yes, no),
        status=judging.status(yes, no, chosen),
        created_at=TIME,
        **more,
    )


LABELS: dict[str, list[Label]] = {
    JPEG: [label("big dog", 5), label("mouth/dog", 1, 4)],
    PNG: [label("big/dog", 3, source="crowd")],
    WEBP: [label("Käse", 4), label("dog", 9, 1), label("train", 2)],
    GIF: [label("train", 3)],
    TURNED: [label("dog", 3)],
    UNLABELLED: [],
    SECOND: [label("Käse", 6), label("dog", 0, 3)],
}
SPLITS = {
    JPEG: "train",
    PNG: "train",
    WEBP: "train",
    GIF: "train",
    TURNED: "validation",
    UNLABELLED: "validation",
    SECOND: "test",
}
OBJECTS: dict[str, list[Object]] = {
    WEBP: [
        Object(id=1, label="dog", bbox=(4.0, 5.0, 20.5, 10.0), num_yes=2, probability=1.0),
        Object(
            id=2,
            label="Käse",
            bbox=(30.0, 10.0, 20.0, 20.0),
            polygon=[(30.0, 10.0), (50.0, 10.0), (50.0, 30.0), (40.0, 30.0)],
            shape="polygon",
            refinements=["yellow"],
        ),
    ],
    TURNED: [Object(id=3, label="dog", bbox=RED_BOX)],
}


def red_rectangle_turned() -> bytes:
    """A JPEG of 64 × 48 px, to be shown turned to 48 × 64, red where `RED_BOX` then is."""
    stored = np.full((48, 64, 3), 90, dtype=np.uint8)
    stored[6:18, 8:24] = (230, 10, 10)
    image = pyvips.Image.new_from_array(stored).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "1/1 2/1 3/1")
    return image.write_to_buffer(".jpg", Q=95, subsample_mode="off")


def files_by_key() -> dict[str, tuple[str, bytes]]:
    """The format and bytes of each picture, as uploaded."""
    return {
        JPEG: ("jpg", files.still("jpg", seed=1)),
        PNG: ("png", files.still("png", seed=2)),
        WEBP: ("webp", files.still("webp", seed=3)),
        GIF: ("gif", files.animation("gif")),
        TURNED: ("jpg", red_rectangle_turned()),
        UNLABELLED: ("png", files.still("png", seed=6, size=(30, 50))),
        SECOND: ("jpg", files.still("jpg", seed=7, size=(80, 60))),
    }


class OnDisk(Content):
    """Lines in memory, and pictures in a folder."""

    def __init__(self, source: Source, lines: Sequence[Frozen], folder: Path) -> None:
        self.source = source
        self._lines = lines
        self._folder = folder
        self.withdrawn: set[str] = set()

    def frozen(self) -> Iterator[Frozen]:
        return iter(self._lines)

    def picture(self, frozen: Frozen, options: Options) -> Picture:
        if frozen.record.id in self.withdrawn:
            raise NotFound
        work = self._folder / "work"
        work.mkdir(exist_ok=True)
        return pictures.as_wanted(
            frozen, self._folder / frozen.file, options, convert=convert, folder=work
        )

    def is_withdrawn(self, image_id: str) -> bool:
        return image_id in self.withdrawn


def content(
    folder: Path,
    *,
    keys: Iterable[str] = KEYS,
    selection: Selection | None = None,
    splits: dict[str, str] | None = None,
    objects: dict[str, list[Object]] | None = None,
    labels: dict[str, list[Label]] | None = None,
) -> OnDisk:
    """Write the pictures into `folder` and return the snapshot of those that `keys` name."""
    folder.mkdir(parents=True, exist_ok=True)
    splits, objects, labels = (
        {**SPLITS, **(splits or {})},
        OBJECTS if objects is None else objects,
        {**LABELS, **(labels or {})},
    )
    made = files_by_key()
    lines = []
    for number, key in enumerate(sorted(keys), 1):
        ending, data = made[key]
        record = _record(folder, key, ending, data)
        record = msgspec.structs.replace(
            record,
            number=number,
            split=splits[key],
            labels=sorted(labels[key], key=lambda one: one.name),
            objects=objects.get(key, []),
        )
        lines.append(Frozen(record=record, file=f"{key}.{ending}", votes=_votes(record)))
    return OnDisk(_source(lines, selection or Selection()), lines, folder)


def _record(folder: Path, key: str, ending: str, data: bytes) -> Record:
    path = folder / f"{key}.{ending}"
    path.write_bytes(data)
    published = publish(str(path), probe(str(path)))
    if published is not None:
        path.write_bytes(published)
    found = probe(str(path))
    return Record(
        id=key,
        number=0,
        file_name=f"images/{path.name}",
        width=found.width,
        height=found.height,
        mime=found.media_type,
        bytes=path.stat().st_size,
        sha256=pictures.sha256_of(path),
        phash=hashlib.sha256(key.encode()).hexdigest()[:16],
        created_at=TIME,
        tags=["safe", "solo, duo"] if key != UNLABELLED else [],
        description='A "picture",\nof two lines; =1+1' if key == PNG else "",
        license="CC0-1.0",
        license_url="https://creativecommons.org/publicdomain/zero/1.0/",
        author="Ann Example" if key == JPEG else "",
        source_url="https://example.org/a?b=c&d=e" if key == JPEG else "",
        group=key,
    )


def _votes(record: Record) -> list[Vote]:
    return [
        Vote(
            task=record.id,
            worker=f"w{number}",
            label=one.name,
            value=int(number < one.num_yes),
            at=TIME,
            kind="validate",
            weight=1,
        )
        for one in record.labels
        for number in range(one.num_yes + one.num_no)
    ]


def _source(lines: Sequence[Frozen], selection: Selection) -> Source:
    names = {one.name for line in lines for one in line.record.labels}
    names |= {one.label for line in lines for one in line.record.objects}
    names |= set(selection.classes)
    return Source(
        key="0d5b0c3e-7a52-4c4e-9b55-1c6a0c2f7a10",
        name="seven",
        version="1.0.0",
        created_at=TIME,
        selection=selection,
        generator="Menagerie test",
        description="Seven pictures.",
        site_name="Menagerie",
        counts=tables.count(line.record for line in lines),
        classes=tables.class_table({name: tables.Word() for name in names}),
        alphas={"dog": 0.6},
    )
