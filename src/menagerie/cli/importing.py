"""`menagerie import`: put the pictures of a folder into the library."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from menagerie.cli import import_runs, terminal
from menagerie.cli.import_runs import Journal, Outcome, Result
from menagerie.core import accounts, dataset_import, intake
from menagerie.core.tags import RATINGS, parse_list
from menagerie.datasets.readers import READERS, Found, Reader, Refused, recognise
from menagerie.datasets.readers.found import PICTURES
from menagerie.errors import Conflict, Invalid, NotFound
from menagerie.library import SYSTEM, Actor, Library
from menagerie.storage.schema import Origin

Format = Literal["auto", "pictures", "imagefolder", "coco", "webdataset", "jsonl"]


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
    format: Format = "auto",  # noqa: A002  # it is what the option is called
    words: bool = True,
    splits: bool = False,
) -> int:
    """Put the pictures of a folder, and of the folders in it, into the library.

    A picture's tags are in `picture.jpg.txt` or `picture.txt` beside it (with commas or one a
    line), in `picture.jpg.json` or `picture.json` (`tags`, `rating`, `source` or `sources`,
    `description`), else they are the names of its folders. A dataset comes with its labels and
    their verdicts, outlines, licences and authors. What is done is remembered in the data folder:
    started again, the command goes on where it stopped.

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
    format
        What the folder is; auto takes the first dataset it looks like, else mere pictures.
    words
        Whether labels of a dataset that are not in the vocabulary become words of it.
    splits
        Whether the splits of a dataset become tags such as split:test, which exports follow.
    """
    if not folder.is_dir():
        raise Invalid({"folder": [f"{folder} is no folder"]})
    _require_rating(rating)
    reader = _reader(folder, format)
    with terminal.open_library(data) as library:
        actor = _actor(library, account)
        journal = Journal(library, folder)
        if reader is not None:
            wishes = dataset_import.Wishes(
                tags=_with_rating(_split(tags), rating), makes_words=words, keeps_splits=splits
            )
            run = _Dataset(library, actor, reader, wishes, journal, afresh=afresh)
            outcomes, earlier = run.all(folder, jobs)
        else:
            found = list(_pictures(folder))
            left = [path for path in found if afresh or not journal.knows(*_about(path))]
            earlier = len(found) - len(left)

            def put(path: Path) -> Outcome:
                details = _details(path, folder, use_folders=folder_tags)
                names = _with_rating([*_split(tags), *details.tags], rating)
                return _put(library, actor, path, names, details)

            outcomes = list(import_runs.in_parallel(put, left, journal, jobs, total=len(left)))
    import_runs.report(outcomes, earlier, folder)
    return 1 if any(one.result is Result.UNREADABLE for one in outcomes) else 0


def _reader(folder: Path, format_: Format) -> Reader | None:
    if format_ == "pictures":
        return None
    if format_ != "auto":
        return READERS[format_]
    reader = recognise(folder)
    if reader is not None:
        terminal.err.print(f"Importing as {reader.title} (--format {reader.name}).")
    return reader


class _Dataset:
    """The import of one dataset."""

    def __init__(
        self,
        library: Library,
        actor: Actor,
        reader: Reader,
        wishes: dataset_import.Wishes,
        journal: Journal,
        *,
        afresh: bool,
    ) -> None:
        self._library, self._actor, self._reader, self._wishes = library, actor, reader, wishes
        self._journal, self._afresh = journal, afresh
        self._earlier = 0

    def all(self, folder: Path, threads: int) -> tuple[list[Outcome], int]:
        """Put in everything; return what became of it, and how much earlier runs had done."""
        if self._wishes.makes_words:
            dataset_import.learn(self._library, self._reader.classes(folder))
        outcomes = list(
            import_runs.in_parallel(
                self._put,
                self._left(folder),
                self._journal,
                threads,
                total=self._reader.count(folder),
            )
        )
        return outcomes, self._earlier

    def _left(self, folder: Path) -> Iterator[Found | Refused]:
        for item in self._reader.read(folder, self._library.settings.upload_limit):
            if self._afresh or isinstance(item, Refused) or not self._journal.knows(*_of(item)):
                yield item
            else:
                self._earlier += 1

    def _put(self, item: Found | Refused) -> Outcome:
        if isinstance(item, Refused):
            return Outcome(item.where, Result.UNREADABLE, reason=item.reason)
        try:
            done = dataset_import.put(self._library, self._actor, item, self._wishes)
        except (Invalid, OSError) as error:
            return _outcome(Result.UNREADABLE, _of(item), reason=str(error))
        result = Result.ADDED if done.is_new else Result.DUPLICATE
        reason = "; ".join(done.notes)
        return _outcome(result, _of(item), image_id=done.image_id, reason=reason)


def _of(found: Found) -> tuple[str, int, int]:
    """Return what the journal knows an image of a dataset by."""
    if found.path is None:
        return found.where, len(found.data), 0
    return (found.where, *_about(found.path)[1:])


def _about(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns


def _put(library: Library, actor: Actor, path: Path, names: list[str], found: Details) -> Outcome:
    about = _about(path)
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


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURES and path.is_file() and not path.name.startswith("."):
            yield path


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
