"""Many records go through every format in memory that does not grow with them."""

import tracemalloc
import uuid
from collections.abc import Iterator

import msgspec
import pytest

import seven
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.records import Frozen
from menagerie.datasets.writing import Content, Folder, Job, Options, Report

BOUND_BYTES = 12_000_000


class Repeated(Content):
    """The lines of a snapshot over and over, each time under UUIDs of their own."""

    def __init__(self, content: Content, times: int) -> None:
        self.source, self._content, self._times = content.source, content, times

    def frozen(self) -> Iterator[Frozen]:
        lines = list(self._content.frozen())
        for number in range(self._times):
            line = lines[number % len(lines)]
            key = str(uuid.UUID(int=(number << 90) | (4 << 76) | (8 << 60)))
            record = msgspec.structs.replace(line.record, id=key, number=number + 1)
            yield msgspec.structs.replace(line, record=record)

    def picture(self, frozen, options):
        return self._content.picture(frozen, options)

    def is_withdrawn(self, image_id):
        return self._content.is_withdrawn(image_id)


def peak_bytes(content, name, folder):
    job = Job(
        content=content,
        folder=Folder(folder),
        options=Options(),
        report=Report(),
        progress=lambda _done, _total: None,
    )
    tracemalloc.start()
    try:
        FORMATS[name].write(job)
        written = sum(tracemalloc.get_traced_memory()[1:])
    finally:
        tracemalloc.stop()
    assert job.report.counts["images"] == content._times
    return written


@pytest.mark.slow
@pytest.mark.parametrize("name", ["coco", "parquet", "webdataset"])
def test_memory_does_not_grow_with_the_images(tmp_path, name):
    few = seven.content(tmp_path / "from", keys=[seven.JPEG, seven.SECOND])
    small = peak_bytes(Repeated(few, 1_000), name, tmp_path / "small")
    large = peak_bytes(Repeated(few, 6_000), name, tmp_path / "large")
    # `Folder.written` notes each loose picture, some hundred bytes; nothing else may grow.
    assert large - small < BOUND_BYTES
    assert large < 2 * BOUND_BYTES
