"""The words every new library begins with, in the shape that `core.words.import_json` reads.

- `everyday`: things in a house and a street, with the parts of some and questions about a few;
- `scenes`: places and circumstances, which are judged but never outlined;
- `animals`: the animals of the ImageNet challenge that are no breeds;
- `breeds`: its 118 breeds of dogs and 5 of cats, each a label of its own. The tag is the plain
  name, such as `golden retriever`, as a person would write it. A dialect that speaks of breeds
  maps each breed to the tag of its name; `breed:golden retriever` becomes an alias of that tag when
  such a dialect first needs it, so both spellings find the same images.
- `properties`: colour, size, material and the like, said of one shape.

All names are common ones and all texts are our own. A word's UUID follows from its name (see
`tools/number_words.py`), so that every library has the same.
"""

import uuid
from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent
NAMESPACE = uuid.UUID("0b1c6f5e-6f0e-4f0b-9d0a-5d2c5a0d7a41")
"""Under which the UUID of an accessor is made."""


def names() -> list[str]:
    """Return the names of the files, in order."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def read(name: str) -> dict[str, dict[str, Any]]:
    """Return one file as it stands."""
    text = (_FOLDER / f"{name}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, Any]])


def read_all() -> dict[str, dict[str, Any]]:
    """Return all files as one."""
    merged: dict[str, dict[str, Any]] = {"labels": {}, "metalabels": {}, "refinements": {}}
    for name in names():
        for kind, entries in read(name).items():
            merged[kind] |= entries
    return merged


def uuid_of(accessor: str) -> str:
    """Return the UUID of what a query names so, such as `dog`, `dog.has='mouth'` or `color=`."""
    return str(uuid.uuid5(NAMESPACE, accessor))
