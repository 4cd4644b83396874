"""The canonical dataset: `records.jsonl`, `votes.csv` and the pictures."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from menagerie.datasets.readers import loosely
from menagerie.datasets.readers.found import (
    Found,
    Refused,
    csv_rows,
    decoded,
    inside,
    lines_in,
    lines_of,
)
from menagerie.datasets.records import Vote
from menagerie.errors import Invalid

RECORDS = "records.jsonl"
VOTES = "votes.csv"


def recognises(folder: Path) -> bool:
    """Return whether there are canonical records."""
    return (folder / RECORDS).is_file()


def count(folder: Path) -> int | None:
    """Return how many records there are."""
    return lines_of(folder / RECORDS)


def read(folder: Path, _most_bytes: int) -> Iterator[Found | Refused]:
    """Yield every record with its verdicts."""
    votes = _Votes(folder / VOTES)
    for number, line in enumerate(lines_in(folder / RECORDS), 1):
        where = f"{RECORDS}:{number}"
        if isinstance(line, str):
            yield Refused(where, line)
        else:
            yield _found(folder, line, where, votes)


def _found(folder: Path, line: bytes, where: str, votes: "_Votes") -> Found | Refused:
    try:
        record = loosely.canonical(decoded(line))
        path = inside(folder, record.file_name)
    except Invalid as error:
        return Refused(where, str(error))
    return Found(where=record.file_name, record=record, path=path, votes=votes.of(record.id))


class _Votes:
    """The verdicts, which are in the order of the records, read along with them."""

    def __init__(self, path: Path) -> None:
        self._rows = _rows(path)
        self._next = next(self._rows, None)

    def of(self, image_id: str) -> list[Vote]:
        """Return the verdicts on an image; records must be asked about in the order of the file."""
        found = []
        while self._next is not None and self._next.task <= image_id:
            if self._next.task == image_id:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _rows(path: Path) -> Iterator[Vote]:
    if not path.is_file():
        return
    for row in csv_rows(path):
        try:
            yield msgspec.convert(row, Vote, strict=False)
        except msgspec.ValidationError:
            continue  # the counts of the record still say what it came to
