"""The image hunt: a game of finding one picture of every word of the vocabulary.

Nothing is kept of it: a word is found when a picture of the player's own carries it and the crowd
has not denied that. Pictures given before the game was known count as well.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Sequence

import msgspec
from pyroaring import BitMap

from menagerie.core import rights, words
from menagerie.core.words import Word
from menagerie.library import SECOND, Tx
from menagerie.search.columns import from_ids, ids_of

_DAY = dt.timedelta(days=1)
MOST_OFFSET_S = 14 * 3600
"""No place on earth is farther from UTC, in seconds."""


class Task(msgspec.Struct, frozen=True):
    """One word to find; `image_id` is the first picture of it that still counts, or None."""

    word: Word
    image_id: int | None = None


class Achievement(msgspec.Struct, frozen=True):
    """Something to be proud of; `badge` names its picture."""

    name: str
    description: str
    badge: str
    is_accomplished: bool


class Standing(msgspec.Struct, frozen=True):
    """How far a player has come: a star for each word found."""

    stars: int
    achievements: list[Achievement]


def tasks(tx: Tx) -> list[Task]:
    """Return one task for each word of the vocabulary, those not done yet first.

    Raises Unauthenticated.
    """
    own = _own(tx)
    found = [Task(word, _found(tx, word, own)) for word in words.vocabulary(tx).labels]
    return sorted(found, key=lambda task: (task.image_id is not None, task.word.display))


def _own(tx: Tx) -> BitMap:
    """Return the actor's pictures that may count: seen by everybody, or waiting for that."""
    owned = tx.version.owned(rights.require_account(tx))
    flags = tx.version.flags
    waiting = owned & flags["pending"] & flags["public"]
    return (owned & tx.version.live) | (waiting - flags["removed"] - flags["merged"])


def _found(tx: Tx, word: Word, own: BitMap) -> int | None:
    """Return the actor's first picture of a word that the crowd has not denied."""
    if word.tag_id is None:
        return None
    verdicts = tx.version.verdicts(word.tag_id)
    for image_id in tx.version.posting(word.tag_id) & own:
        yes, no = verdicts.counts(image_id)
        # Source: ImageMonkey, game.go: valid without verdicts, else by more than half.
        if yes + no == 0 or yes > no:
            return int(image_id)
    return None


def standing(tx: Tx, *, utc_offset_s: int = 0) -> Standing:
    """Return how far the actor has come, by clocks `utc_offset_s` ahead of UTC.

    Raises Unauthenticated.
    """
    done = [task for task in tasks(tx) if task.image_id is not None]
    offset = max(-MOST_OFFSET_S, min(utc_offset_s, MOST_OFFSET_S))
    ids = ids_of(from_ids(sorted(task.image_id or 0 for task in done)))
    seconds = tx.version.columns["created_at"].gather(ids) // SECOND + offset
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    times = sorted(epoch + dt.timedelta(seconds=s) for s in seconds.tolist())
    has_all = bool(done) and len(done) == len(words.vocabulary(tx).labels)
    return Standing(
        stars=len(done),
        achievements=[
            Achievement(rule.name, rule.description, rule.badge, rule.holds(times))
            for rule in _RULES
        ]
        + [Achievement(*_ALL, is_accomplished=has_all)],
    )


class _Rule(msgspec.Struct, frozen=True):
    """When an achievement is accomplished, by the times of the pictures that count, ascending."""

    name: str
    description: str
    badge: str
    holds: Callable[[Sequence[dt.datetime]], bool]


def _days(times: Sequence[dt.datetime]) -> list[dt.date]:
    return sorted({time.date() for time in times})


def _days_in_a_row(count: int) -> Callable[[Sequence[dt.datetime]], bool]:
    def holds(times: Sequence[dt.datetime]) -> bool:
        days = set(_days(times))
        return any(all(day + n * _DAY in days for n in range(count)) for day in days)

    return holds


def _between(first: int, end: int) -> Callable[[Sequence[dt.datetime]], bool]:
    """Return whether a picture came from one hour on and before another, over midnight too."""
    length = (end - first) % 24
    return lambda times: any((time.hour - first) % 24 < length for time in times)


def _on_both_days(times: Sequence[dt.datetime]) -> bool:
    days = set(_days(times))
    return any(day.weekday() == 5 and day + _DAY in days for day in days)


def _after_a_rest(times: Sequence[dt.datetime]) -> bool:
    days = _days(times)
    return any(later - day > 7 * _DAY for day, later in itertools.pairwise(days))


_RULES = (
    _Rule("Early Bird", "Find something between 5 and 8 in the morning.", "early-bird",
          _between(5, 8)),
    _Rule("Night Owl", "Find something between 10 at night and 4 in the morning.", "night-owl",
          _between(22, 4)),
    _Rule("Weekend Warrior", "Find something on both days of one weekend.", "weekend-warrior",
          _on_both_days),
    _Rule("Couch Potato", "Rest for a week and come back.", "couch-potato", _after_a_rest),
    _Rule("Worker Bee", "Find something on 7 days in a row.", "worker-bee", _days_in_a_row(7)),
    _Rule("Ant Power", "Find something on 30 days in a row.", "ant-power", _days_in_a_row(30)),
    _Rule("Greedy Squirrel", "Find something on 60 days in a row.", "greedy-squirrel",
          _days_in_a_row(60)),
)  # fmt: skip
_ALL = ("Image Monkey", "Find every word.", "image-monkey")

BADGES = frozenset(rule.badge for rule in _RULES) | {_ALL[2]}
"""The names of all pictures of achievements."""
