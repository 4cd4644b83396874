"""Files: originals and representations in a folder, or in an object store such as S3.

A name says what the bytes are (`originals/ab/cd/<sha512>.png`), so a file is written once, under a
name that appears only when it is whole, and may be cached for ever.
"""

import contextlib
import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions, store

from menagerie.errors import NotFound, Unavailable
from menagerie.settings import Settings

MEDIA_TYPES = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "avif": "image/avif",
    "webm": "video/webm",
    "mp4": "video/mp4",
}
"""Media types of the files that are kept, by extension."""

ORIGINALS = "originals"
REPRESENTATIONS = "representations"
_INCOMING = ".incoming"  # files being written, inside the folder so that a rename suffices
_SYNC_THREADS = 8
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CACHE_CONTROL = "public, max-age=31536000, immutable"
# obstore's own defaults retry for three minutes; an upload that waits so long is worse than a 503.
_RETRY: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}

Source = Path | bytes


class Blob(NamedTuple):
    """One kept file: its name, size and when it was written or last touched (µs UTC)."""

    name: str
    size_bytes: int
    touched_at: int


def original_name(sha512: str, extension: str) -> str:
    """Return the name of an original.

    >>> original_name("abcdef", "png")
    'originals/ab/cd/abcdef.png'
    """
    return f"{ORIGINALS}/{sha512[:2]}/{sha512[2:4]}/{sha512}.{extension}"


def representation_name(sha512: str, file: str) -> str:
    """Return the name of the representation `file` of the original with this hash.

    >>> representation_name("abcdef", "thumb.png")
    'representations/ab/cd/abcdef/thumb.png'
    """
    return f"{REPRESENTATIONS}/{sha512[:2]}/{sha512[2:4]}/{sha512}/{file}"


def sha512_of_name(name: str) -> str:
    """Return the hash of the original that the file `name` belongs to."""
    parts = name.split("/")
    return parts[3].partition(".")[0]


def media_type_of_name(name: str) -> str:
    """Return the media type of a kept file."""
    return MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def work_folder(settings: Settings) -> Path:
    """Return the folder for files that are worked on for a moment, made if needed."""
    folder = settings.data_path / "work"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Blobs:
    """The files of a library, where `settings` say; safe to share between threads.

    Every method raises Unavailable when the store cannot be reached or has no room left.
    """

    def __init__(self, settings: Settings) -> None:
        url = settings.files_url
        self._root: Path | None = None
        if not url or url.startswith("file:"):
            self._root = _folder_of(url) if url else settings.data_path.absolute() / "files"
            self._folder = _Folder(self._root)
            with _store_errors():
                (self._root / _INCOMING).mkdir(parents=True, exist_ok=True)
                _sync(self._root.parent)
                self._store: Any = store.LocalStore(self._root)
        else:
            self._store = _remote(settings)

    @property
    def is_local(self) -> bool:
        """Whether the files are in a folder of this machine."""
        return self._root is not None

    def local_path(self, name: str) -> Path | None:
        """Return where the file is on this machine, whether or not it exists; None if elsewhere."""
        return self._root / name if self._root is not None else None

    def put(self, name: str, source: Source) -> None:
        """Write one file, whole or not at all; durable when this returns."""
        self.put_all({name: source})

    def put_all(self, sources: Mapping[str, Source]) -> None:
        """Write files, each whole or not at all; all are durable when this returns."""
        with _store_errors():
            if self._root is not None:
                self._folder.write(sources)
                return
            for name, source in sources.items():
                attributes = {
                    "Content-Type": media_type_of_name(name),
                    "Cache-Control": _CACHE_CONTROL,
                }
                obstore.put(self._store, name, source, attributes=attributes)

    def ensure(self, sources: Mapping[str, Source]) -> None:
        """Write the files that are not there yet and touch the others.

        A name must stand for its content, as all names here do: a file that is there with the same
        size is taken for the same.
        """
        missing = {
            name: source for name, source in sources.items() if not self._is_kept(name, source)
        }
        self.put_all(missing)

    def _is_kept(self, name: str, source: Source) -> bool:
        # An object store has no way to touch short of writing again; then we may as well write.
        path = self.local_path(name)
        if path is None or self._root is None:
            return False
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        # Whoever wrote it may have been killed before its directory was safe.
        with _store_errors():
            self._folder.sync_folders({path.parent})
        return True

    def get(self, name: str) -> bytes:
        """Return the whole file; raises NotFound."""
        with _store_errors():
            return bytes(obstore.get(self._store, name).bytes())

    def get_range(self, name: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to, not including, `end`; raises NotFound."""
        if start >= end:
            return b""
        with _store_errors():
            return bytes(obstore.get_range(self._store, name, start=start, end=end))

    def stream(
        self, name: str, start: int, end: int, *, chunk_bytes: int = 1 << 20
    ) -> Iterator[bytes]:
        """Yield bytes `start` up to `end` in pieces; raises NotFound."""
        for position in range(start, end, chunk_bytes):
            yield self.get_range(name, position, min(end, position + chunk_bytes))

    def head(self, name: str) -> Blob:
        """Return size and age of a file; raises NotFound."""
        with _store_errors():
            if self._root is not None:
                status = (self._root / name).stat()
                return Blob(name, status.st_size, status.st_mtime_ns // 1000)
            return _blob(obstore.head(self._store, name))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes; raises NotFound."""
        return self.head(name).size_bytes

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        try:
            self.head(name)
        except NotFound:
            return False
        return True

    def touch(self, name: str) -> None:
        """Make a file young again, so that the sweeper leaves it for a day; raises NotFound."""
        path = self.local_path(name)
        if path is None:
            self.put(name, self.get(name))
            return
        with _store_errors():
            os.utime(path)

    def delete(self, *names: str) -> None:
        """Delete files; one that is not there is no error."""
        with _store_errors():
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    obstore.delete(self._store, name)

    def list(self, prefix: str = "") -> Iterator[Blob]:
        """Yield the files below a folder such as `originals/ab`, in no order."""
        with _store_errors():
            for batch in obstore.list(self._store, prefix or None):
                for meta in batch:
                    if not meta["path"].startswith(_INCOMING):
                        yield _blob(meta)

    def drop_abandoned(self, *, older_than: int) -> int:
        """Delete half-written files of processes that were killed; return how many.

        `older_than` is in microseconds UTC.
        """
        if self._root is None:
            return 0
        dropped = 0
        for path in (self._root / _INCOMING).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime_ns // 1000 < older_than:
                    path.unlink()
                    dropped += 1
        return dropped

    def presign(self, name: str, *, expires_s: int = 3600) -> str | None:
        """Return an address that lets anybody read the file for a while; None for a folder."""
        if self._root is not None:
            return None
        with _store_errors():
            return str(obstore.sign(self._store, "GET", name, timedelta(seconds=expires_s)))

    @contextlib.contextmanager
    def as_file(self, name: str) -> Iterator[Path]:
        """Open a file for a program that wants a path; raises NotFound. Only to be read."""
        path = self.local_path(name)
        if path is not None:
            if not path.exists():
                raise NotFound
            yield path
            return
        suffix = "." + name.rpartition(".")[2]
        with tempfile.NamedTemporaryFile(suffix=suffix) as copy:
            with _store_errors():
                for piece in obstore.get(self._store, name).stream():
                    copy.write(piece)
            copy.flush()
            yield Path(copy.name)


def _folder_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _remote(settings: Settings) -> Any:
    if not settings.files_url.startswith(("s3://", "s3a://")):
        # Google's and Microsoft's stores find their credentials by their own conventions.
        with _store_errors():
            return store.from_url(settings.files_url, retry_config=_RETRY)
    config: Any = {
        "region": settings.files_region,
        "virtual_hosted_style_request": False,
    }
    if settings.files_endpoint:
        config["endpoint"] = settings.files_endpoint
    if settings.files_key:
        config["access_key_id"] = settings.files_key
        config["secret_access_key"] = settings.files_secret
    client: Any = {
        "allow_http": settings.files_endpoint.startswith("http://"),
        "timeout": timedelta(seconds=60),
        "connect_timeout": timedelta(seconds=5),
    }
    with _store_errors():
        return store.S3Store.from_url(
            settings.files_url,
            config=config,
            client_options=client,
            retry_config=_RETRY,
        )


def _blob(meta: Any) -> Blob:
    touched_at = int(meta["last_modified"].timestamp() * 1_000_000)
    return Blob(meta["path"], meta["size"], touched_at)


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    """Turn what a store raises into our errors."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise Unavailable(
                "There is no room left to keep files; nothing new can be taken until the operator"
                " frees some."
            ) from error
        raise Unavailable(f"The file store fails: {error.strerror or 'unknown error'}.") from error
    except exceptions.BaseError as error:
        # Its text names hosts and buckets, so it stays in the log.
        raise Unavailable("The file store cannot be reached; try again later.") from error


class _Folder:
    """Durable writing into a folder.

    obstore's local store does not sync (as of 0.12), so a crash of the machine could lose a file
    whose row is safe in the database.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        # Folders whose own place in the folder above is known to be safe; at most 131,586.
        self._safe: set[Path] = {root}
        self._syncer = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="sync")

    def write(self, sources: Mapping[str, Source]) -> None:
        """Write each file beside its place, sync all, rename them, and sync the folders."""
        temporaries = {name: self.root / _INCOMING / uuid.uuid4().hex for name in sources}
        try:
            for name, source in sources.items():
                _copy(source, temporaries[name])
            self._sync_files(list(temporaries.values()))
            for name, temporary in temporaries.items():
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(target)
        except BaseException:
            for temporary in temporaries.values():
                temporary.unlink(missing_ok=True)
            raise
        self.sync_folders({(self.root / name).parent for name in sources})

    def _sync_files(self, paths: list[Path]) -> None:
        if len(paths) == 1:
            _sync(paths[0])
        else:
            # At once, since a file system makes many waiting syncs safe with one write.
            list(self._syncer.map(_sync, paths))

    def sync_folders(self, folders: set[Path]) -> None:
        """Make the entries of `folders` safe, and the folders' own places as far as is needed."""
        chain = set(folders)
        fresh: set[Path] = set()
        for folder in folders:
            while folder not in self._safe:
                fresh.add(folder)
                folder = folder.parent  # noqa: PLW2901 - climbs
                chain.add(folder)
        for folder in sorted(chain, key=lambda path: -len(path.parts)):
            _sync(folder)
        # `<kind>/ab/cd` repeat; the folders of single originals below would only fill memory.
        depth = len(self.root.parts) + 3
        self._safe.update(folder for folder in fresh if len(folder.parts) <= depth)


def _copy(source: Source, target: Path) -> None:
    with target.open("xb") as sink:
        if isinstance(source, bytes):
            sink.write(source)
        else:
            with source.open("rb") as opened:
                shutil.copyfileobj(opened, sink, 1 << 20)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
