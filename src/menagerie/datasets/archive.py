"""Archives of a folder that have the same bytes whenever they are made of the same files."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

ENDINGS = ("zip", "tar")
MEDIA_TYPES = {"zip": "application/zip", "tar": "application/x-tar"}
_MODE = 0o444
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # a ZIP cannot say anything before
_PIECE = 1 << 20

Progress = Callable[[int, int], None]


def pack(
    folder: Path,
    target: Path,
    *,
    ending: str,
    made_at: str,
    progress: Progress = lambda _done, _all: None,
) -> None:
    """Pack the files of `folder`, in the order of their paths, into one file.

    Nothing is compressed: pictures are already. Times are `made_at` (RFC 3339), modes and owners
    always the same. `ending` is one of `ENDINGS`.
    """
    files = [(path.relative_to(folder).as_posix(), path) for path in _files(folder)]
    files.sort()
    time = max(datetime.fromisoformat(made_at).astimezone(UTC), _EARLIEST)
    writer = _write_zip if ending == "zip" else _write_tar
    for done, _ in enumerate(writer(target, files, time), 1):
        progress(done, len(files))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _write_zip(target: Path, files: list[tuple[str, Path]], time: datetime) -> Iterator[str]:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo(name, time.timetuple()[:6])
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (0o100000 | _MODE) << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as sink:
                while piece := source.read(_PIECE):
                    sink.write(piece)
            yield name


def _write_tar(target: Path, files: list[tuple[str, Path]], time: datetime) -> Iterator[str]:
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in files:
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mode = _MODE
            entry.mtime = int(time.timestamp())
            with path.open("rb") as source:
                archive.addfile(entry, source)
            yield name
