"""WebDataset: `train-000000.tar` with `<uuid>.jpg`, `.json` and perhaps `.cls` and `.txt`.

Readers want the same members in every sample, so each kind of picture has shards of its own, and
pictures come in an order without meaning, since they are streamed with a small buffer.
"""

import random
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import chain

import msgspec

from menagerie.datasets.formats.classes import Classes
from menagerie.datasets.formats.features import Files, front_matter, of_record
from menagerie.datasets.formats.splits import in_order, split_of
from menagerie.datasets.formats.streams import PIECE_BYTES, Growing
from menagerie.datasets.formats.walking import STILL, Shown, extension_of, show
from menagerie.datasets.records import Frozen, Record, Split
from menagerie.datasets.writing import Job

SHARD_BYTES = 1_000_000_000
SHARD_IMAGES = 10_000
_BUFFER = 4096
# Where the head of a member has its size and its sum; the sum's last byte stays a blank.
_SIZE, _SUM = slice(124, 135), slice(148, 155)


def write(job: Job) -> None:
    """Write the shards and `sizes.json`."""
    plan = _Plan(job)
    shards: dict[tuple[Split, str], _Shards] = {}
    with ExitStack() as stack:
        for shown in _walk(job, plan):
            key = (split_of(shown.frozen.record), shown.picture.extension)
            if key not in shards:
                shards[key] = _Shards(job, *key, plan.most(*key))
                stack.callback(shards[key].close)
            record = shown.record(shown.file_name)
            shards[key].add(shown, _members(record, plan))
            job.report.count("images")
        names = _names(list(shards))
        sizes = {name: n for key, one in shards.items() for name, n in one.finish(names[key])}
    job.folder.put("sizes.json", msgspec.json.format(msgspec.json.encode(sizes, order="sorted")))
    job.report.front_matter = front_matter(_files(names, plan))


class _Plan:
    """What must be known of all images before the first is written."""

    def __init__(self, job: Job) -> None:
        self.classes = Classes(job.content.source)
        self.total = 0
        self.is_single = True
        self.has_captions = True
        self.leaders: dict[str, Frozen] = {}
        self._shards = job.options.shards
        self._type = "" if job.options.image == "original" else job.options.image
        self._counts: Counter[tuple[Split, str]] = Counter()
        shown: dict[Split, frozenset[str]] = {}
        for frozen in job.content.frozen():
            record = frozen.record
            split = split_of(record)
            self.total += 1
            if job.content.is_withdrawn(record.id):
                continue
            self.is_single = self.is_single and len(self.classes.positive(record)) == 1
            self._counts[split, self._type or extension_of(frozen)] += 1
            self.has_captions = self.has_captions and bool(record.description)
            filled = _filled(record)
            if not filled <= shown.get(split, frozenset()):
                shown[split] = shown.get(split, frozenset()) | filled
                self.leaders[record.id] = frozen

    def most(self, split: Split, kind: str) -> int:
        """Return how many images a shard may hold."""
        if not self._shards:
            return SHARD_IMAGES
        return min(SHARD_IMAGES, -(-max(1, self._counts[split, kind]) // self._shards))


def _filled(record: Record) -> frozenset[str]:
    """Return which lists of a record hold something.

    Hugging Face's library takes the types from the first five samples, where a list without items
    has none; so those that show all types go first.
    """
    lists = {
        "labels": record.labels,
        "tags": record.tags,
        "objects": record.objects,
        "polygon": any(thing.polygon for thing in record.objects),
        "refinements": any(thing.refinements for thing in record.objects),
    }
    return frozenset(name for name, items in lists.items() if items)


def _walk(job: Job, plan: _Plan) -> Iterator[Shown]:
    rest = (one for one in job.content.frozen() if one.record.id not in plan.leaders)
    shuffled = _shuffled(rest, seed=job.content.source.selection.seed)
    for done, frozen in enumerate(chain(plan.leaders.values(), shuffled), 1):
        shown = show(job, frozen, takes=STILL)
        if shown is not None:
            yield shown
        job.progress(done, plan.total)


def _shuffled(items: Iterable[Frozen], *, seed: str) -> Iterator[Frozen]:
    """Yield the items in an order that the seed gives, holding a few thousand at a time.

    They come in the order of random ids, so a window is enough to depend on nothing but the seed.
    """
    dice = random.Random(seed)  # noqa: S311  # an order, not a secret
    window: list[Frozen] = []
    for item in items:
        window.append(item)
        if len(window) > _BUFFER:
            yield _take(window, dice)
    while window:
        yield _take(window, dice)


def _take(window: list[Frozen], dice: random.Random) -> Frozen:
    at = dice.randrange(len(window))
    window[at], window[-1] = window[-1], window[at]
    return window.pop()


def _members(record: Record, plan: _Plan) -> list[tuple[str, bytes]]:
    """Return the members of a sample beside its picture."""
    found = [("json", msgspec.json.encode(record))]
    if plan.is_single:
        index = plan.classes.positive(record)[0].index
        found.insert(0, ("cls", str(index).encode()))
    if plan.has_captions:
        found.append(("txt", record.description.encode()))
    return found


def _names(keys: list[tuple[Split, str]]) -> dict[tuple[Split, str], str]:
    """Return what the names of the shards begin with; the kind only where a split has several."""
    kinds = Counter(split for split, _kind in keys)
    return {(s, kind): f"{s}-{kind}" if kinds[s] > 1 else str(s) for s, kind in keys}


def _files(names: dict[tuple[Split, str], str], plan: _Plan) -> list[Files]:
    """Return what belongs together: the shards of one kind of picture."""
    kinds = sorted({kind for _split, kind in names})
    found = []
    for kind in kinds:
        splits = in_order(split for split, other in names if other == kind)
        paths = [(split, f"{names[split, kind]}-*.tar") for split in splits]
        held = of_record(
            kind,
            has_class=plan.is_single,
            has_caption=plan.has_captions,
            classes=plan.classes.all,
        )
        found.append(Files(paths, held, kind if len(kinds) > 1 else "default"))
    return found


class _Shards:
    """The tar files of one split and kind of picture; an empty one is never begun."""

    def __init__(self, job: Job, split: Split, kind: str, most: int) -> None:
        self._job, self._prefix, self._most = job, f".{split}-{kind}", most
        self._at_s = int(datetime.fromisoformat(job.content.source.created_at).timestamp())
        self._done: list[tuple[_Tar, int]] = []
        self._tar: _Tar | None = None
        self._images = 0

    def add(self, shown: Shown, members: list[tuple[str, bytes]]) -> None:
        tar = self._tar_for(shown.picture.size_bytes)
        tar.add_file(shown.file_name, shown)
        for extension, data in members:
            tar.add(f"{shown.stem}.{extension}", data)
        self._images += 1

    def _tar_for(self, size_bytes: int) -> "_Tar":
        tar = self._tar
        if tar is not None and (
            self._images >= self._most or tar.size_bytes + size_bytes > SHARD_BYTES
        ):
            self._end()
            tar = None
        if tar is None:
            name = f"{self._prefix}-{len(self._done):06}.part"
            tar = self._tar = _Tar(self._job, name, self._at_s)
        return tar

    def _end(self) -> None:
        if self._tar is not None:
            self._tar.end()
            self._done.append((self._tar, self._images))
        self._tar, self._images = None, 0

    def close(self) -> None:
        """Close the file that is being written, if something went wrong meanwhile."""
        if self._tar is not None:
            self._tar.close()

    def finish(self, prefix: str) -> list[tuple[str, int]]:
        """Close the files and return their names with how many samples are in each."""
        self._end()
        names = [(f"{prefix}-{n:06}.tar", images) for n, (_tar, images) in enumerate(self._done)]
        for (tar, _images), (name, _number) in zip(self._done, names, strict=True):
            tar.finish(name)
        return names


class _Tar:
    """A tar file whose members all have the same time, owner and mode.

    Each picture is read once, and written and hashed at the same time.
    """

    def __init__(self, job: Job, name: str, at_s: int) -> None:
        self._file = Growing(job.folder, name, hashes_aside=True)
        info = tarfile.TarInfo("")
        info.mtime, info.mode = at_s, 0o444
        self._pattern = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
        self._pattern[_SUM] = b" " * 7  # as the sum itself counts

    @property
    def size_bytes(self) -> int:
        return self._file.size_bytes

    def add(self, name: str, data: bytes) -> None:
        """Add a member."""
        self._file.write(self._head(name, len(data)))
        self._file.write(data)
        self._file.write(bytes(-len(data) % tarfile.BLOCKSIZE))

    def add_file(self, name: str, shown: Shown) -> None:
        """Add a picture; raises OSError when its file changes its size meanwhile."""
        size = shown.picture.size_bytes
        self._file.write(self._head(name, size))
        done = 0
        with shown.picture.path.open("rb", buffering=0) as file:
            while data := file.read(PIECE_BYTES):
                self._file.write(data)
                done += len(data)
        if done != size:
            raise OSError(f"{name} has {done} bytes, not {size}")
        self._file.write(bytes(-size % tarfile.BLOCKSIZE))

    def _head(self, name: str, size: int) -> bytes:
        """Return what stands before a member; made from a pattern, ten times faster than anew."""
        head = bytearray(self._pattern)
        encoded = name.encode()
        head[: len(encoded)] = encoded
        head[_SIZE] = b"%011o" % size
        head[_SUM] = b"%06o\0" % sum(head)
        return bytes(head)

    def end(self) -> None:
        """Write what a tar file ends with and close it."""
        end = 2 * tarfile.BLOCKSIZE
        self._file.write(bytes(end + -(self.size_bytes + end) % tarfile.RECORDSIZE))
        self._file.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def finish(self, name: str) -> None:
        """Give the file its name and note it."""
        self._file.finish(name)
