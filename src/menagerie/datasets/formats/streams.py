"""Files of an export that grow while others do, and parts that wait until they may be written."""

import hashlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

from menagerie.datasets.writing import Folder, Written

PIECE_BYTES = 1 << 20
_PIECES_WAITING = 16


class Growing:
    """A file of an export that is written bit by bit; its hash is known at the end.

    With `hashes_aside` a thread of its own works the hash out, which pays for large files.
    """

    def __init__(self, folder: Folder, name: str, *, hashes_aside: bool = False) -> None:
        self._folder, self._name = folder, name
        self._file = folder.path(name).open("wb")
        self._digest = _Aside() if hashes_aside else hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._digest.update(data)
        self.size_bytes += len(data)

    def finish(self, name: str = "") -> Written:
        """Close the file and note it; with a `name`, it is called so from now on."""
        self.close()
        if name and name != self._name:
            self._folder.path(self._name).rename(self._folder.path(name))
        return self._folder.note(
            Written(name or self._name, self.size_bytes, self._digest.hexdigest())
        )

    def close(self) -> None:
        """Close the file without noting it; may be called again."""
        self._file.close()
        if isinstance(self._digest, _Aside):
            self._digest.close()


class _Aside:
    """A SHA-256 that another thread works out; a few pieces may wait for it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._pieces: Queue[bytes] = Queue(_PIECES_WAITING)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while piece := self._pieces.get():
            self._digest.update(piece)

    def update(self, piece: bytes) -> None:
        if piece:
            self._pieces.put(piece)

    def hexdigest(self) -> str:
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Wait until everything is done."""
        if self._thread.is_alive():
            self._pieces.put(b"")
            self._thread.join()


class Part:
    """A piece of a file that is not its turn yet: kept on the disk, without a name."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=root)  # noqa: SIM115  # lives as long as we do
        self._between = b""

    def add(self, item: bytes, between: bytes = b",\n") -> None:
        """Add one item, with `between` before it unless it is the first."""
        self._file.write(self._between + item)
        self._between = between

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it."""
        self._file.seek(0)
        while piece := self._file.read(PIECE_BYTES):
            yield piece

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
