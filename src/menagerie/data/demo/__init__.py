"""The demo collection: pictures with tags, verdicts and galleries; `CREDITS.md` says whose."""

from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture: its file, what is said about it, and the accounts that did something with it."""

    file: str
    uploader: str
    tags: str
    description: str = ""
    licence: str = "CC0-1.0"
    sources: list[str] = []
    upvoters: list[str] = []
    downvoters: list[str] = []
    favers: list[str] = []
    yes: dict[str, list[str]] = {}
    """Accounts that say a label is right, by label."""
    no: dict[str, list[str]] = {}
    outlines: dict[str, list[dict[str, object]]] = {}
    """Shapes by label, as `core.annotations` takes them."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return _FOLDER / "pictures" / self.file


class Gallery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gallery: its owner, and its pictures by file, in order."""

    owner: str
    title: str
    description: str
    files: list[str]


class Collection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything; `accounts` are names."""

    accounts: list[str]
    pictures: list[Picture]
    galleries: list[Gallery]


def read() -> Collection:
    """Return the demo collection."""
    return msgspec.json.decode((_FOLDER / "demo.json").read_bytes(), type=Collection)
