"""Exports: how fast pictures go into WebDataset shards, against a plain tar of the same files."""

import tarfile
import tempfile
import time
from pathlib import Path

from benchmarks import pictures
from benchmarks.measure import Row
from menagerie import settings
from menagerie.core import exports, freezing, image_files, images, intake, snapshots, upkeep
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options
from menagerie.library import SYSTEM, Library

LEAST_SHARE = 0.6
IMAGES = 1000
DIFFERENT = 50
SIZE = (1200, 900)
TURNS = 3


def rows(folder: Path) -> list[Row]:
    """Measure both, in turns, on the same pictures."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        library = Library(settings.load({"data": name, "log_level": "error"}, {}))
        try:
            upkeep.prepare(library)
            files = _fill(library, Path(name))
            frozen_s = _freeze(library)
            turns = [_turn(library, files, Path(name) / str(n)) for n in range(TURNS)]
        finally:
            library.close()
    ours, tar = sorted(turns, key=lambda turn: turn[0] / turn[1])[TURNS // 2]
    share = ours / tar
    return [
        Row(f"WebDataset export of {IMAGES:,} pictures with hashes, card and tables",
            f"{ours:,.0f} MB/s", f"{share:.0%} of {tar:,.0f} MB/s, plain tar",
            f">= {LEAST_SHARE:.0%}", share >= LEAST_SHARE),
        Row("freezing them, every file read and hashed", f"{IMAGES / frozen_s:,.0f} images/s"),
    ]  # fmt: skip


def _fill(library: Library, folder: Path) -> list[Path]:
    """Put the pictures in; those made anew differ only behind their end, and in their bytes."""
    encoded = list(pictures.encoded(DIFFERENT, SIZE))
    path = folder / "upload.jpg"
    names = []
    for number in range(IMAGES):
        # A comment segment after the start makes a file of its own out of the same picture.
        note = f"picture {number}".encode()
        segment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        data = encoded[number % DIFFERENT]
        path.write_bytes(data[:2] + segment + data[2:])
        upload = intake.Upload(path=path, name=path.name, tags="safe, dog", licence="CC0-1.0")
        prepared = intake.prepare(library, SYSTEM, upload)
        with library.writing(SYSTEM) as tx:
            image_id = intake.admit(tx, prepared)
        with library.reading(SYSTEM) as tx:
            names.append(library.blobs.local_path(image_files.full(images.get(tx, image_id))))
    return [name for name in names if name is not None]


def _freeze(library: Library) -> float:
    began = time.perf_counter()
    with library.writing(SYSTEM) as tx:
        selection = Selection(include_undecided=True)
        made = snapshots.create(tx, "bench", selection, enqueues=False)
    freezing.freeze(library, made.key)
    return time.perf_counter() - began


def _turn(library: Library, files: list[Path], folder: Path) -> tuple[float, float]:
    """Return megabytes per second of our export, and of a plain tar."""
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    folder.mkdir()
    began = time.perf_counter()
    with tarfile.open(folder / "plain.tar", "w") as tar:
        for path in files:
            tar.add(path, path.name)
    tar_s = time.perf_counter() - began
    with library.reading(SYSTEM) as tx:
        made = snapshots.find(tx, "bench")
    began = time.perf_counter()
    exports.write_folder(library, made, "webdataset", Options(), folder / "export")
    return size_mb / (time.perf_counter() - began), size_mb / tar_s
