"""The canonical tables: every record as a line of JSON and as rows of CSV. Nothing is lost."""

from contextlib import closing

import msgspec

from menagerie.datasets import tables
from menagerie.datasets.formats.streams import Growing
from menagerie.datasets.formats.walking import walk
from menagerie.datasets.records import Frozen, Record
from menagerie.datasets.writing import Job

ALL = frozenset({"jpg", "png", "gif", "webp", "avif", "svg", "webm", "bin"})


def write(job: Job) -> None:
    """Write `records.jsonl`, the CSV tables and `images/`."""
    with closing(_Tables(job)) as found:
        for shown in walk(job, takes=ALL):
            record = shown.record(f"images/{shown.file_name}")
            job.folder.put_picture(record.file_name, shown.picture)
            found.add(shown.frozen, record)
            job.report.count("labels", len(record.labels))
            job.report.count("objects", len(record.objects))
            job.report.count("tags", len(record.tags))
            job.report.count("votes", len(shown.frozen.votes))
        found.finish()


class _Tables:
    """The files that grow with every image."""

    def __init__(self, job: Job) -> None:
        self._lines = tables.Lines(safe=job.options.safe_csv)
        self._records = Growing(job.folder, "records.jsonl")
        self._tables = [(Growing(job.folder, table.file), table) for table in tables.CANONICAL]
        for file, table in self._tables:
            file.write(self._lines.line(table.columns).encode())

    def add(self, frozen: Frozen, record: Record) -> None:
        self._records.write(msgspec.json.encode(record) + b"\n")
        for file, table in self._tables:
            for row in table.rows(frozen, record):
                file.write(self._lines.line(row).encode())

    def finish(self) -> None:
        self._records.finish()
        for file, _ in self._tables:
            file.finish()

    def close(self) -> None:
        for file in (self._records, *(file for file, _ in self._tables)):
            file.close()
