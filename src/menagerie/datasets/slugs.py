"""Slugs of classes: names of folders that every reader takes for a class and nothing else."""

import re
import unicodedata
from collections.abc import Iterable

_NOT_ALLOWED = re.compile(r"[^a-z0-9_-]+")
_SEPARATORS = re.compile(r"[-._ 0-9]+")
RESERVED = frozenset(
    {
        "train",
        "training",
        "validation",
        "valid",
        "val",
        "dev",
        "test",
        "testing",
        "eval",
        "evaluation",
    }
)
"""Words by which Hugging Face's readers know the splits, wherever they stand in a path."""

_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "ł": "l"}
)


def slug(name: str) -> str:
    """Return the slug of one name; different names may have the same.

    A word that names a split gets a letter glued to it.

    >>> slug("Big Dog"), slug("mouth/dog"), slug("Käse"), slug("train"), slug("test tube")
    ('big-dog', 'mouth-dog', 'kaese', 'ctrain', 'ctest-tube')
    """
    lower = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode()
    made = _NOT_ALLOWED.sub("-", plain).strip("-_") or "class"
    words = _SEPARATORS.split(made)
    return f"c{made}" if RESERVED.intersection(words) else made


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug of its own for every name.

    Of names with the same slug, the first in code-point order keeps it.

    >>> slugs(["a b", "a-b", "c"])
    {'a b': 'a-b', 'a-b': 'a-b-2', 'c': 'c'}
    """
    wanted = {name: slug(name) for name in sorted(set(names))}
    plain = set(wanted.values())
    taken: set[str] = set()
    made = {}
    for name, first in wanted.items():
        found, number = first, 2
        while found in taken or (found != first and found in plain):
            found, number = f"{first}-{number}", number + 1
        taken.add(found)
        made[name] = found
    return made
