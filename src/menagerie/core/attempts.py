"""Wrong guesses of late, so that nobody can go on guessing: kept in memory, by each process."""

import msgspec

from menagerie.errors import RateLimited
from menagerie.library import SECOND, Library

MAX_FAILURES = 10
"""After so many wrong guesses in one place comes a pause."""
PAUSE_S = 15 * 60
_MOST_KEPT = 10_000
_CACHE = "failures"

Place = tuple[str, str]
"""What is guessed at, and from where."""


class _Failures(msgspec.Struct):
    """How many there were, and when the last one was."""

    counts: dict[Place, tuple[int, int]] = {}


def require_patience(library: Library, place: Place) -> None:
    """Return if another guess may be made now; raises RateLimited."""
    count, last = _counts(library).get(place, (0, 0))
    if count < MAX_FAILURES:
        return
    left_s = PAUSE_S - (library.clock.now() - last) // SECOND
    if left_s > 0:
        raise RateLimited(left_s)


def note_failure(library: Library, place: Place) -> None:
    """Count a wrong guess; those of a quarter of an hour without any are forgotten."""
    failures = _counts(library)
    now = library.clock.now()
    old = now - PAUSE_S * SECOND
    if len(failures) > _MOST_KEPT:
        for key, (_, last) in list(failures.items()):
            if last < old:
                failures.pop(key, None)
    count, last = failures.get(place, (0, 0))
    failures[place] = (count + 1 if last > old else 1, now)


def forget(library: Library, place: Place) -> None:
    """Forget the wrong guesses of a place where the right one was made."""
    _counts(library).pop(place, None)


def _counts(library: Library) -> dict[Place, tuple[int, int]]:
    failures: _Failures = library.caches.setdefault(_CACHE, _Failures())
    return failures.counts
