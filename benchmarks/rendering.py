"""From upload to every representation, against the same libvips calls in two bare processes."""

import multiprocessing
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import pictures
from benchmarks.measure import Row
from menagerie import jobs, logs, settings, work
from menagerie.core import intake, upkeep
from menagerie.library import SYSTEM, Library
from menagerie.media import worker
from menagerie.media.examine import examine
from menagerie.media.render import render_to
from menagerie.storage import schema

LEAST_SHARE = 0.7
PROCESSES = 2
IMAGES = 40
SIZE = (2000, 1500)


def rows(folder: Path) -> list[Row]:
    """Measure both, in turns, on the same pictures."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        files = _write(Path(name))
        share, ours, bare = [], [], []
        for turn in range(3):
            bare.append(_bare(files, Path(name) / f"bare{turn}"))
            ours.append(_ours(files, Path(name) / f"ours{turn}"))
            share.append(ours[-1] / bare[-1])
        middle = sorted(share)[1]
        at = share.index(middle)
    return [
        Row(f"upload to all representations, {SIZE[0]} × {SIZE[1]} JPEG, both cores",
            f"{ours[at]:.1f} images/s", f"{middle:.0%} of {bare[at]:.1f} images/s",
            f">= {LEAST_SHARE:.0%}", middle >= LEAST_SHARE),
    ]  # fmt: skip


def _write(folder: Path) -> list[Path]:
    files = []
    for number, data in enumerate(pictures.encoded(IMAGES, SIZE)):
        files.append(folder / f"{number}.jpg")
        files[-1].write_bytes(data)
    return files


def _bare(files: list[Path], folder: Path) -> float:
    """Examine and render with no library around: two processes, half of the pictures each."""
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, _prepare) as pool:
        pool.map(_nothing, range(PROCESSES * 4), chunksize=1)
        began = time.perf_counter()
        work = [(str(path), str(folder / path.stem)) for path in files]
        pool.starmap(_one, work, chunksize=1)
        return len(files) / (time.perf_counter() - began)


def _prepare() -> None:
    worker._tame_libraries()  # noqa: SLF001  # the same threads and caches as the decode pool


def _nothing(_number: int) -> None:
    time.sleep(0.2)  # so that every process has started


def _one(path: str, folder: str) -> None:
    Path(folder).mkdir()
    found = examine(path)
    published = Path(found.published_path or path)
    (Path(folder) / "original.jpg").write_bytes(Path(path).read_bytes())
    render_to(str(published), found.published, folder)


def _ours(files: list[Path], folder: Path) -> float:
    """Take the pictures in and run the jobs beside, as `serve` does."""
    loaded = settings.load({"data": str(folder), "log_level": "warning"}, {})
    logs.configure(loaded)
    library = Library(loaded)
    worker_ = jobs.Worker(library, work.JOBS, threads=PROCESSES)
    try:
        upkeep.prepare(library)
        library.catalogue.current()
        with ThreadPoolExecutor(PROCESSES) as threads:
            list(threads.map(lambda _: library.pool.run(time.sleep, 0.2), range(PROCESSES * 2)))
            began = time.perf_counter()
            worker_.start()
            list(threads.map(lambda path: _take(library, path), files))
        while _waiting(library):
            time.sleep(0.01)
        return len(files) / (time.perf_counter() - began)
    finally:
        worker_.stop()
        library.close()


def _take(library: Library, path: Path) -> None:
    upload = intake.Upload(path=path, name=path.name, tags="safe, noise, benchmark")
    prepared = intake.prepare(library, SYSTEM, upload)
    with library.writing(SYSTEM) as tx:
        intake.admit(tx, prepared)


def _waiting(library: Library) -> int:
    with library.reading(SYSTEM) as tx:
        unready = ~schema.images.c.has_representations
        count: int = tx.scalar(select(func.count()).select_from(schema.images).where(unready))
        return count
