"""The sweeper against uploads that go on meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import build
from menagerie.core import checks, image_files, images, sweeping
from menagerie.errors import Unavailable
from menagerie.library import SYSTEM
from menagerie.storage import blobs


def test_uploads_and_the_sweeper_at_once_lose_no_file(library, clock):
    # Two days ahead of the files' own dates: everything that no image needs yet is old enough.
    clock.time = time.time_ns() // 1000 + 2 * sweeping.GRACE
    is_done = threading.Event()
    refused = []

    def upload(number):
        data = build.png((20, 20), (number, 0, 0), number)
        while True:
            try:
                return build.image(library, data=data)
            except Unavailable:
                refused.append(number)

    def sweep():
        # Not the whole sweep: by this clock, it would take the work at hand for abandoned too.
        swept = 0
        while not is_done.wait(0.05):
            files = list(library.blobs.list())
            swept += sweeping._sweep_files(library, files, clock.time - sweeping.GRACE).files
        return swept

    with ThreadPoolExecutor(4) as pool:
        sweeper = pool.submit(sweep)
        try:
            ids = list(pool.map(upload, range(12)))
        finally:
            is_done.set()
        swept = sweeper.result()
    assert len(set(ids)) == 12
    assert checks.run(library, is_deep=True).problems == []
    # Each refusal was for files that were really taken.
    assert swept >= len(refused)


def test_an_outdated_published_file_is_dropped(library, clock):
    image_id = build.image(library)
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, image_id)
    old = image_files.full_name(image.sha512, "0" * 128, "png")
    library.blobs.put(old, b"before it was made smaller")
    clock.time = time.time_ns() // 1000 + 2 * sweeping.GRACE
    assert sweeping.sweep(library).files == 1
    assert not library.blobs.exists(old)
    assert checks.run(library, is_deep=True).problems == []


def test_what_killed_work_left_is_dropped(library, clock):
    folder = blobs.work_folder(library.settings)
    (folder / "half an upload").mkdir()
    (folder / "half an upload" / "file").write_bytes(b"half")
    (folder / "half an archive").write_bytes(b"half")
    sweeping.sweep(library)
    assert len(list(folder.iterdir())) == 2
    clock.time = time.time_ns() // 1000 + 2 * sweeping.GRACE
    sweeping.sweep(library)
    assert list(folder.iterdir()) == []
