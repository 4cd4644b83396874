"""Picking in the core: which label to ask about next, also right after a verdict.

The world's labels are those of the most common tags; a fifth of them has a verdict.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Row, limit, median_us
from menagerie import settings
from menagerie.core import picking, validations
from menagerie.core.picking import Task
from menagerie.library import ANONYMOUS, Actor, Library
from menagerie.storage.schema import Role

PICK_US = 1_000
ROUNDS = 200
JUDGE = Actor(role=Role.USER, account_id=1000, name="Person0")  # of a fifth of all labels
NEWCOMER = Actor(role=Role.USER, account_id=1100, name="Person100")


def rows(folder: Path) -> list[Row]:
    """Measure on a world that may be written to."""
    library = Library(settings.load({"data": str(folder)}, {}))
    try:
        return _rows(library)
    finally:
        library.close()


def _rows(library: Library) -> list[Row]:
    version = library.catalogue.current()
    labels = sum(len(version.posting(tag_id)) for tag_id in version.words.tag_ids)
    judged = sum(len(verdicts) for verdicts in version.judged.values())
    tag_id = max(version.words.tag_ids, key=lambda i: len(version.posting(i)))
    ours = f"{labels:,} labels, {judged:,} judged"
    cases: list[tuple[str, Callable[[], object], float]] = [
        ("a label, for nobody known", _picker(library, ANONYMOUS), PICK_US),
        ("a label, for who judged a fifth", _picker(library, JUDGE), PICK_US),
        ("a label of the most common word", _picker(library, ANONYMOUS, tag_id), PICK_US),
        ("20 labels of the most common word", lambda: _many(library, tag_id), PICK_US),
        ("the 10 most popular words", lambda: _popular(library), PICK_US),
        ("a random image", lambda: _image(library), PICK_US),
    ]
    made = [
        limit(what, median_us(action), most)._replace(against=ours) for what, action, most in cases
    ]
    for actor, who in ((ANONYMOUS, "nobody known"), (NEWCOMER, "an account")):
        us = _after_verdicts(library, actor)
        made.append(limit(f"a label right after a verdict, for {who}", us, PICK_US))
    us = median_us(lambda: _count(library), rounds=3)
    return [*made, limit("how many labels each image has, anew", us, 1_000_000)]


def _picker(library: Library, actor: Actor, tag_id: int | None = None) -> Callable[[], object]:
    def pick() -> Task | None:
        with library.reading(actor) as tx:
            return picking.pick(tx, tag_id=tag_id)

    return pick


def _many(library: Library, tag_id: int) -> list[Task]:
    with library.reading(ANONYMOUS) as tx:
        return picking.pick_many(tx, tag_id=tag_id, limit=20)


def _popular(library: Library) -> list[int]:
    with library.reading(ANONYMOUS) as tx:
        return picking.popular(tx, 10)


def _image(library: Library) -> int | None:
    with library.reading(ANONYMOUS) as tx:
        return picking.random_image(tx)


def _count(library: Library) -> object:
    version = library.catalogue.current()
    version.memory.pop("label_count", None)
    return version.numbers("label_count")


def _after_verdicts(library: Library, actor: Actor) -> float:
    """Return the median time of a pick that is the first to see a verdict, in microseconds."""
    pick = _picker(library, actor)
    times: list[int] = []
    for turn in range(ROUNDS):
        task = pick()
        if not isinstance(task, Task):
            message = "the world has nothing to judge"
            raise TypeError(message)
        with library.writing(actor) as tx:
            validations.judge(tx, task.image_id, task.tag_id, is_yes=turn % 3 > 0)
        began = time.perf_counter_ns()
        pick()
        times.append(time.perf_counter_ns() - began)
    return statistics.median(times) / 1000
