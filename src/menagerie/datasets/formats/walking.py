"""Going through a snapshot as every format does: each image once, with its file and its names."""

from collections.abc import Iterator

import msgspec

from menagerie.datasets.records import Frozen, Record
from menagerie.datasets.writing import Job, Picture, exported
from menagerie.errors import NotFound

STILL = frozenset({"jpg", "png", "gif", "webp", "avif"})
"""What the libraries that load datasets can open, as far as nothing else is said."""

_MOVING = frozenset({"gif", "webm"})
WITHDRAWN = "images withdrawn since the snapshot was made"


class Shown(msgspec.Struct, frozen=True):
    """One image on its way into an export."""

    frozen: Frozen
    picture: Picture

    @property
    def stem(self) -> str:
        """The name of the file without what it ends in."""
        return self.frozen.record.id

    @property
    def file_name(self) -> str:
        """The name of the file, without folders."""
        return f"{self.stem}.{self.picture.extension}"

    def record(self, file_name: str) -> Record:
        """Return the record of the file as exported under a name."""
        return exported(self.frozen.record, self.picture, file_name)


def extension_of(frozen: Frozen) -> str:
    """Return what the name of the image's own file ends in."""
    return frozen.file.rpartition(".")[2]


def show(job: Job, frozen: Frozen, *, takes: frozenset[str] = STILL) -> Shown | None:
    """Return an image with its file, or None when it was withdrawn since.

    A file of a kind that the format does not take becomes a PNG of its first frame.
    """
    options, kind = job.options, extension_of(frozen)
    if options.image == "original" and kind not in takes:
        options = msgspec.structs.replace(options, image="png")
    try:
        shown = Shown(frozen, job.content.picture(frozen, options))
    except NotFound:
        job.report.lose(WITHDRAWN, frozen.record.id)
        return None
    if shown.picture.extension != kind:
        frame = " (first frame)" if kind in _MOVING else ""
        became = shown.picture.extension.upper()
        job.report.lose(f"{kind} files turned into {became}{frame}", frozen.record.id)
    return shown


def walk(job: Job, *, takes: frozenset[str] = STILL) -> Iterator[Shown]:
    """Yield every image of the snapshot with its file, and tell how far it is."""
    total = job.content.source.counts.get("images", 0)
    for done, frozen in enumerate(job.content.frozen(), 1):
        shown = show(job, frozen, takes=takes)
        if shown is not None:
            yield shown
            job.report.count("images")
        job.progress(done, max(done, total))
