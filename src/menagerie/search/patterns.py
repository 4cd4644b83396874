"""Patterns: whether a text fits literal runs with holes between them."""

import re
from collections.abc import Callable
from functools import lru_cache

from menagerie.search.nodes import Hole, Pattern

_HOLES = {Hole.ANY: ".*", Hole.ONE: "."}


@lru_cache(maxsize=256)
def matcher(pattern: Pattern) -> Callable[[str], bool]:
    """Return the test whether a whole text fits the pattern.

    >>> matcher(("ab", Hole.ANY, "c", Hole.ONE))("ab-cd")
    True
    """
    parts = [_HOLES[part] if isinstance(part, Hole) else re.escape(part) for part in pattern]
    compiled = re.compile("".join(parts), re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None
