"""Measure everything that has a target and print it.

    python -m benchmarks [--images 100000 --images 1000000] [--only search,http,…] [--worlds FOLDER]

The worlds are built once and kept; what changes them works on copies, deleted at the end.
"""

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from rich.console import Console

from benchmarks import (
    animals,
    crowd,
    datasets,
    feed,
    pages,
    picking,
    processes,
    recognition,
    rendering,
    searches,
    serving,
    talk,
    vectors,
    world,
)
from benchmarks.measure import Row, report
from menagerie import settings
from menagerie.library import Library

PARTS = (
    "search",
    "vocabulary",
    "reverse",
    "picking",
    "crowd",
    "memory",
    "http",
    "animals",
    "media",
    "datasets",
    "recognition",
    "similar",
    "talk",
    "feed",
    "pages",
)
VOCABULARY, LARGE_VOCABULARY = 20_000, 500_000
LIBRARIES = (
    "litestar",
    "granian",
    "pyroaring",
    "numpy",
    "sqlalchemy",
    "pyvips",
    "msgspec",
    "onnxruntime",
)
_err = Console(stderr=True)


class Worlds:
    """The libraries to measure, built when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copies = folder / "copies"

    def path(self, images: int, vocabulary: int = VOCABULARY, used: int = VOCABULARY) -> Path:
        """Return the folder of a world."""
        folder = self.folder / f"{images}-{vocabulary}{'-used' if used > VOCABULARY else ''}"
        if not (folder / "world.done").exists():
            step(f"building {images:,} images with {vocabulary:,} tags, some minutes")
        world.build(folder, images=images, vocabulary=vocabulary, used=used)
        return folder

    def copy(self, images: int) -> Path:
        """Return a folder with a copy of a world to change."""
        copy = self.copies / str(images)
        if not copy.exists():
            source = self.path(images)
            step(f"copying the world of {images:,} images")
            copy.mkdir(parents=True)
            for name in ("menagerie.db", "catalogue.snapshot"):
                if (source / name).exists():
                    shutil.copyfile(source / name, copy / name)
        return copy

    def open(self, images: int, vocabulary: int = VOCABULARY, used: int = VOCABULARY) -> Library:
        """Open a world for reading."""
        library = Library(settings.load({"data": str(self.path(images, vocabulary, used))}, {}))
        step(f"reading {images:,} images")
        library.catalogue.current()
        library.catalogue.write_snapshot()
        return library


def step(what: str) -> None:
    """Say what takes its time now."""
    _err.print(f"[dim]{time.strftime('%H:%M:%S')} {what} …[/]", highlight=False)


def search(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure queries at the largest size, and how they grow from the smallest."""
    large = worlds.open(sizes[-1])
    try:
        if len(sizes) == 1:
            return searches.rows(large)
        small = worlds.open(sizes[0])
        try:
            return searches.grown(small, large)
        finally:
            small.close()
    finally:
        large.close()


def vocabulary(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure wildcards and fuzzy terms over a large vocabulary, little and wholly used."""
    found = []
    for used in (VOCABULARY, LARGE_VOCABULARY):
        library = worlds.open(sizes[-1], LARGE_VOCABULARY, used)
        try:
            rows = searches.pattern_rows(library, LARGE_VOCABULARY)
        finally:
            library.close()
        found += [row._replace(against=f"{used:,} of the tags on images") for row in rows]
    return found


def reverse(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure reverse search."""
    library = worlds.open(sizes[-1])
    try:
        return searches.reverse_rows(library)
    finally:
        library.close()


def picked(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure picking, in the smallest world, which has a million labels; it is written to."""
    return picking.rows(worlds.copy(sizes[0]))


def crowd_(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure exports of labels, and verdicts; a hundred thousand images are enough for both."""
    return crowd.measured(worlds.copy(sizes[0]))


def memory(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure memory, start, rebuild and how soon a change is found."""
    return processes.rows(worlds.copy(sizes[-1]))


def http(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the edge."""
    return serving.rows(worlds.copy(sizes[-1]))


def animals_(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure what programs about pets ask most, in the smallest world; it is written to."""
    return animals.rows(worlds.copy(sizes[0]))


def media(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the way from upload to all representations."""
    del sizes
    worlds.folder.mkdir(parents=True, exist_ok=True)
    return rendering.rows(worlds.folder)


def exported(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure exports."""
    del sizes
    worlds.folder.mkdir(parents=True, exist_ok=True)
    return datasets.rows(worlds.folder)


def recognised(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the models."""
    del sizes
    worlds.folder.mkdir(parents=True, exist_ok=True)
    return recognition.rows(worlds.folder)


def similar(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure similar images at the largest size; the vectors are built once, some minutes."""
    worlds.folder.mkdir(parents=True, exist_ok=True)
    return vectors.rows(worlds.folder, sizes[-1])


def talk_(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the search of a million comments, on the images of the smallest world."""
    return talk.rows(worlds.path(sizes[0]), worlds.folder / "talk")


def feed_(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the live feed, in a copy of the smallest world; events are added to it."""
    return feed.rows(worlds.copy(sizes[0]))


def pages_(worlds: Worlds, sizes: list[int]) -> list[Row]:
    """Measure the pages that people open most, in a copy of the largest world; it is filled."""
    return pages.rows(worlds.copy(sizes[-1]))


_PARTS: dict[str, tuple[str, Callable[[Worlds, list[int]], list[Row]]]] = {
    "search": ("search in the core", search),
    "vocabulary": (f"patterns over {LARGE_VOCABULARY:,} tags", vocabulary),
    "reverse": ("reverse search in the core", reverse),
    "picking": ("what to judge next", picked),
    "crowd": ("labels and verdicts", crowd_),
    "memory": ("a process", memory),
    "http": ("HTTP, one worker", http),
    "animals": ("pictures of dogs and breeds over HTTP", animals_),
    "media": ("pictures", media),
    "datasets": ("exports", exported),
    "recognition": ("recognition", recognised),
    "similar": ("similar images", similar),
    "talk": (f"search in {talk.COMMENTS:,} comments", talk_),
    "feed": ("the live feed, one worker", feed_),
    "pages": ("pages for people, one worker", pages_),
}


def main() -> int:
    """Run the parts that the command line asks for; return 1 if a target is missed."""
    arguments = _arguments()
    sizes = sorted(set(arguments.images or [100_000, 1_000_000]))
    worlds = Worlds(arguments.worlds)
    console = Console(width=150)
    console.print(machine(), highlight=False)
    is_met = True
    try:
        for name in arguments.only:
            title, part = _PARTS[name]
            step(f"measuring: {title}")
            load = os.getloadavg()[0]
            rows = part(worlds, sizes)
            is_met &= all(row.is_met is not False for row in rows)
            at = "" if name in {"media", "datasets", "recognition"} else f", {sizes[-1]:,} images"
            report(f"{title}{at} (load before {load:.1f}, after {os.getloadavg()[0]:.1f})", rows)
    finally:
        shutil.rmtree(worlds.copies, ignore_errors=True)
    return 0 if is_met else 1


def machine() -> str:
    """Describe what the figures were measured on."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 10**9
    return (
        f"{os.cpu_count()} cores ({model}), {memory_gb:.0f} GB, {platform.system()}"
        f" {platform.release()}, Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}\n{versions}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the library.")
    parser.add_argument("--images", type=int, action="append", help="size of a world; repeatable")
    parser.add_argument("--only", type=_parts, default=PARTS, help=f"of {','.join(PARTS)}")
    parser.add_argument("--worlds", type=Path, default=Path("build/bench"), help="kept here")
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    unknown = set(text.split(",")) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return tuple(text.split(","))


if __name__ == "__main__":
    sys.exit(main())
