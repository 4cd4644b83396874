"""`menagerie import`: put the pictures of a folder into the library."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import Progress

from menagerie.cli import terminal
from menagerie.core import accounts, intake
from menagerie.core.tags import RATINGS, parse_list
from menagerie.errors import Conflict, Invalid, NotFound
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage.schema import Origin

EXTENSIONS = frozenset(
    {".avif", ".apng", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webm", ".webp"}
)
_SHOWN = 20


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


class Details(msgspec.Struct):
    """What a sidecar file says about a picture."""

    tags: list[str] = []
    sources: list[str] = []
    description: str = ""


def import_(
    folder: Path,
    *,
    data: terminal.DataFolder = None,
    tags: str = "",
    rating: str = "",
    account: str = "",
    folder_tags: bool = True,
    jobs: int = 4,
    afresh: bool = False,
) -> int:
    """Put the pictures of a folder, and of the folders in it, into the library.

    A picture's tags are in `picture.jpg.txt` or `picture.txt` beside it (with commas or one a
    line), in `picture.jpg.json` or `picture.json` (`tags`, `rating`, `source` or `sources`,
    `description`), else they are the names of its folders. What is done is remembered in the data
    folder: started again, the command goes on where it stopped.

    Parameters
    ----------
    folder
        Where the pictures are. Nothing in it is changed.
    tags
        Tags for all of them, with commas.
    rating
        Rating for those that have none, such as safe.
    account
        Who uploads them; without, they belong to nobody.
    folder_tags
        Whether a picture without sidecar gets its folders' names as tags.
    jobs
        Pictures looked at at a time.
    afresh
        Try every file again, also those done earlier.
    """
    if not folder.is_dir():
        raise Invalid({"folder": [f"{folder} is no folder"]})
    _require_rating(rating)
    with terminal.open_library(data) as library:
        actor = _actor(library, account)
        journal = _Journal(library, folder)
        files = list(_pictures(folder))
        left = [path for path in files if afresh or not journal.knows(path)]
        earlier = len(files) - len(left)

        def put(path: Path) -> Outcome:
            found = _details(path, folder, use_folders=folder_tags)
            names = _with_rating([*_split(tags), *found.tags], rating)
            return _put(library, actor, path, names, found)

        outcomes = list(_in_parallel(put, left, journal, jobs))
    _report(outcomes, earlier, folder)
    return 1 if any(one.result is Result.UNREADABLE for one in outcomes) else 0


def _put(library: Library, actor: Actor, path: Path, names: list[str], found: Details) -> Outcome:
    status = path.stat()
    about = (str(path), status.st_size, status.st_mtime_ns)
    upload = intake.Upload(
        path=path,
        name=path.name,
        tags=names,
        sources=found.sources,
        description=found.description,
        origin=Origin.IMPORT,
        requires_account=False,
    )
    try:
        prepared = intake.prepare(library, actor, upload)
        with library.writing(actor) as tx:
            image_id = intake.admit(tx, prepared)
    except Conflict as error:
        return _outcome(Result.DUPLICATE, about, image_id=error.existing_id)
    except (Invalid, OSError) as error:
        return _outcome(Result.UNREADABLE, about, reason=str(error))
    return _outcome(Result.ADDED, about, image_id=image_id)


def _outcome(
    result: Result, about: tuple[str, int, int], *, image_id: int | None = None, reason: str = ""
) -> Outcome:
    file, size, modified = about
    return Outcome(file, result, size, modified, image_id, reason)


def _in_parallel(
    put: Any, files: Sequence[Path], journal: "_Journal", threads: int
) -> Iterator[Outcome]:
    """Yield the outcome of each file; a few are under way at a time, so that memory is bounded."""
    waiting = iter(files)
    with (
        Progress(console=terminal.err, transient=True) as progress,
        ThreadPoolExecutor(max(1, threads)) as pool,
    ):
        task = progress.add_task("importing", total=len(files))
        running: set[Future[Outcome]] = {
            pool.submit(put, path) for path in islice(waiting, max(1, threads) * 2)
        }
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(put, path) for path in islice(waiting, len(done))}
            for future in done:
                outcome = future.result()
                journal.note(outcome)
                progress.advance(task)
                yield outcome


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in EXTENSIONS and path.is_file() and not path.name.startswith("."):
            yield path


class _Journal:
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

    def knows(self, path: Path) -> bool:
        status = path.stat()
        return (str(path), status.st_size, status.st_mtime_ns) in self._known

    def note(self, outcome: Outcome) -> None:
        with self._lock, self._path.open("ab") as file:
            file.write(msgspec.json.encode(outcome) + b"\n")


def _actor(library: Library, name: str) -> Actor:
    if not name:
        return SYSTEM
    with library.reading(SYSTEM) as tx:
        found = accounts.find_by_name(tx, name)
    if found is None:
        raise NotFound(f"there is no account {name!r}; `menagerie account list` shows them")
    return Actor(role=found.role, account_id=found.id, name=found.name)


def _require_rating(rating: str) -> None:
    if rating and rating not in RATINGS:
        raise Invalid({"rating": [f"must be one of {', '.join(RATINGS)}, not {rating!r}"]})


def _with_rating(names: list[str], rating: str) -> list[str]:
    if rating and not set(names) & set(RATINGS):
        return [*names, rating]
    return names


def _split(text: str) -> list[str]:
    r"""Return the tags of a text with commas or line breaks between them.

    >>> _split("dog, big eyes\nsafe,")
    ['dog', 'big eyes', 'safe']
    """
    return [name for part in text.splitlines() for name in parse_list(part)]


def _details(path: Path, folder: Path, *, use_folders: bool) -> Details:
    for sidecar in (path.with_name(path.name + ".json"), path.with_suffix(".json")):
        if sidecar.is_file():
            return _from_json(sidecar)
    for sidecar in (path.with_name(path.name + ".txt"), path.with_suffix(".txt")):
        if sidecar.is_file():
            return Details(tags=_split(sidecar.read_text(encoding="utf-8", errors="replace")))
    if not use_folders:
        return Details()
    parts = path.relative_to(folder).parts[:-1]
    return Details(tags=[name for part in parts for name in _split(part.replace("_", " "))])


def _from_json(sidecar: Path) -> Details:
    """Read a sidecar as downloaders write them; what has another type than expected is left out."""
    try:
        found = msgspec.json.decode(sidecar.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Details()
    if not isinstance(found, dict):
        return Details()
    names = _texts(found.get("tags"), split=True) + _texts(found.get("rating"), split=True)
    sources = [
        url
        for key in ("source", "sources", "source_url", "source_urls")
        for url in _texts(found.get(key), split=False)
        if url.startswith(("http://", "https://"))
    ]
    description = found.get("description")
    return Details(
        tags=names,
        sources=list(dict.fromkeys(sources)),
        description=description if isinstance(description, str) else "",
    )


def _texts(value: object, *, split: bool) -> list[str]:
    if isinstance(value, str):
        return _split(value) if split else [value]
    if isinstance(value, list):
        return [text for text in value if isinstance(text, str) and text]
    return []


def _report(outcomes: Sequence[Outcome], earlier: int, folder: Path) -> None:
    out = terminal.out
    count = {result: sum(one.result is result for one in outcomes) for result in Result}
    out.print(
        f"{count[Result.ADDED]} added, {count[Result.DUPLICATE]} duplicates,"
        f" {count[Result.UNREADABLE]} unreadable, {earlier} done earlier"
    )
    _list("Duplicates:", (o for o in outcomes if o.result is Result.DUPLICATE), folder)
    _list("Unreadable:", (o for o in outcomes if o.result is Result.UNREADABLE), folder)


def _list(title: str, outcomes: Iterable[Outcome], folder: Path) -> None:
    found = list(outcomes)
    if not found:
        return
    terminal.out.print(title)
    for one in found[:_SHOWN]:
        reason = one.reason or f"is image {one.image_id}"
        name = Path(one.file).relative_to(folder)
        terminal.out.print(f"  {name}: {reason}", markup=False)
    if len(found) > _SHOWN:
        terminal.out.print(f"  … and {len(found) - _SHOWN} more")
