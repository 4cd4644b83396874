"""What imports have in common: several pictures at a time, a journal, and a report at the end."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.progress import Progress

from menagerie.cli import terminal
from menagerie.library import Library

_SHOWN = 20
T = TypeVar("T")


class Result(StrEnum):
    """What became of one file."""

    ADDED = "added"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one file: the image it is, or why it is none."""

    file: str
    result: Result
    size_bytes: int = 0
    modified_ns: int = 0
    image_id: int | None = None
    reason: str = ""


def in_parallel(
    put: Callable[[T], Outcome],
    items: Iterable[T],
    journal: "Journal",
    threads: int,
    *,
    total: int | None,
) -> Iterator[Outcome]:
    """Yield the outcome of each item; a few are under way at a time, so that memory is bounded.

    `total` is how many there are, None when nobody knows.
    """
    waiting = iter(items)
    with (
        Progress(console=terminal.err, transient=True) as progress,
        ThreadPoolExecutor(max(1, threads)) as pool,
    ):
        task = progress.add_task("importing", total=total)
        running: set[Future[Outcome]] = {
            pool.submit(put, item) for item in islice(waiting, max(1, threads) * 2)
        }
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(put, item) for item in islice(waiting, len(done))}
            for future in done:
                outcome = future.result()
                journal.note(outcome)
                progress.advance(task)
                yield outcome


class Journal:
    """What earlier runs did with the files of one folder: a line of JSON each, in the data folder.

    A file that changed since is not known.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        name = sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._path = library.settings.data_path / "imports" / f"{name}.jsonl"
        self._path.parent.mkdir(exist_ok=True)
        self._known = {(o.file, o.size_bytes, o.modified_ns) for o in self._read()}
        self._lock = threading.Lock()

    def _read(self) -> Iterator[Outcome]:
        if not self._path.exists():
            return
        for line in self._path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Outcome)
            except msgspec.DecodeError:  # the line that was being written when it was killed
                continue

    def knows(self, file: str, size_bytes: int, modified_ns: int) -> bool:
        """Return whether an earlier run was done with this very file."""
        return (file, size_bytes, modified_ns) in self._known

    def note(self, outcome: Outcome) -> None:
        """Write down what became of a file, for later runs."""
        with self._lock, self._path.open("ab") as file:
            file.write(msgspec.json.encode(outcome) + b"\n")


def report(outcomes: Sequence[Outcome], earlier: int, folder: Path) -> None:
    """Say what became of all files; those that did not get in are listed, a few of each kind."""
    out = terminal.out
    count = {result: sum(one.result is result for one in outcomes) for result in Result}
    out.print(
        f"{count[Result.ADDED]} added, {count[Result.DUPLICATE]} duplicates,"
        f" {count[Result.UNREADABLE]} unreadable, {earlier} done earlier"
    )
    _list("Duplicates:", (o for o in outcomes if o.result is Result.DUPLICATE), folder)
    _list("Unreadable:", (o for o in outcomes if o.result is Result.UNREADABLE), folder)
    partly = (o for o in outcomes if o.result is Result.ADDED and o.reason)
    _list("Added, but not all of it:", partly, folder)


def _list(title: str, outcomes: Iterable[Outcome], folder: Path) -> None:
    found = list(outcomes)
    if not found:
        return
    terminal.out.print(title)
    for one in found[:_SHOWN]:
        reason = one.reason or f"is image {one.image_id}"
        path = Path(one.file)
        name = path.relative_to(folder) if path.is_relative_to(folder) else path
        terminal.out.print(f"  {name}: {reason}", markup=False)
    if len(found) > _SHOWN:
        terminal.out.print(f"  … and {len(found) - _SHOWN} more")
