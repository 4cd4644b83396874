"""Files of an export that grow while others do, and parts that wait until they may be written."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from menagerie.datasets.writing import Folder, Written

PIECE_BYTES = 1 << 20


class Growing:
    """A file of an export that is written bit by bit; its hash is known at the end."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        self._file = folder.path(name).open("wb")
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
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
