"""What changed from one snapshot to the next, and which number the next version gets."""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from menagerie.datasets.records import Frozen, Object, Record
from menagerie.datasets.tables import Lines
from menagerie.errors import Invalid

FIRST = "1.0.0"
COLUMNS = ("image_id", "change", "label", "before", "after")
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


class Kind(StrEnum):
    """What may differ."""

    ADDED = "added"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"  # removed, because it was taken back
    RELABELLED = "relabelled"
    BOXES = "boxes"
    MOVED = "moved"  # to another split
    FILE = "file"


class Change(msgspec.Struct, frozen=True):
    """One difference of one image; `label` is empty where it is about none."""

    image_id: str
    change: Kind
    label: str = ""
    before: str = ""
    after: str = ""


class Step(StrEnum):
    """Which part of the version number goes up."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def compare(
    old: Iterable[Frozen], new: Iterable[Frozen], withdrawn: frozenset[str] = frozenset()
) -> Iterator[Change]:
    """Yield the differences in the order of the UUIDs, in which both must come.

    `withdrawn` are images that were taken back, not merely left out.
    """
    olds, news = iter(old), iter(new)
    before, after = next(olds, None), next(news, None)
    while before is not None or after is not None:
        old_id = before.record.id if before else None
        new_id = after.record.id if after else None
        if before and (new_id is None or (old_id is not None and old_id < new_id)):
            gone = Kind.WITHDRAWN if before.record.id in withdrawn else Kind.REMOVED
            yield Change(before.record.id, gone)
            before = next(olds, None)
        elif after and (old_id is None or (new_id is not None and new_id < old_id)):
            yield Change(after.record.id, Kind.ADDED)
            after = next(news, None)
        elif before and after:
            yield from _between(before.record, after.record)
            before, after = next(olds, None), next(news, None)


def _between(old: Record, new: Record) -> Iterator[Change]:
    if old.sha256 != new.sha256:
        yield Change(new.id, Kind.FILE, before=old.sha256, after=new.sha256)
    if old.split != new.split:
        yield Change(new.id, Kind.MOVED, before=old.split, after=new.split)
    had = {label.name: label.status.value for label in old.labels}
    has = {label.name: label.status.value for label in new.labels}
    for name in sorted(had.keys() | has.keys()):
        before, after = had.get(name, ""), has.get(name, "")
        if before != after:
            yield Change(new.id, Kind.RELABELLED, name, before, after)
    drawn, draws = _outlines(old.objects), _outlines(new.objects)
    for name in sorted(drawn.keys() | draws.keys()):
        if drawn.get(name) != draws.get(name):
            counts = [str(len(one.get(name, ()))) for one in (drawn, draws)]
            yield Change(new.id, Kind.BOXES, name, *counts)


def _outlines(objects: Iterable[Object]) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for one in objects:
        found.setdefault(one.label, []).append((one.shape, one.bbox, tuple(one.polygon)))
    return found


def step(changes: Iterable[Change]) -> Step:
    """Return which part of the version goes up.

    Patch: nothing but withdrawals. Minor: nothing but additions. Major: anything that was there
    became another, moved, or is gone.
    """
    is_minor = False
    for one in changes:
        if one.change is Kind.WITHDRAWN:
            continue
        if one.change is Kind.ADDED or _is_addition(one):
            is_minor = True
        else:
            return Step.MAJOR
    return Step.MINOR if is_minor else Step.PATCH


def _is_addition(one: Change) -> bool:
    if one.change is Kind.RELABELLED:
        return one.before == ""
    return one.change is Kind.BOXES and one.before == "0"


def next_version(version: str, change: Step) -> str:
    """Return the version after `version`.

    >>> next_version("1.2.3", Step.MINOR)
    '1.3.0'
    """
    major, minor, patch = as_numbers(version)
    if change is Step.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if change is Step.MINOR else f"{major}.{minor}.{patch + 1}"


def require_version(version: str) -> str:
    """Return a version that somebody chose; raises Invalid unless it is semantic."""
    if not _VERSION.fullmatch(version):
        raise Invalid({"version": [f"must be three numbers such as {FIRST}, not {version!r}"]})
    return version


def as_numbers(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version, by which versions are ordered.

    >>> as_numbers("1.10.0") > as_numbers("1.9.0")
    True
    """
    return tuple(map(int, version.split(".")))


def table(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the differences as lines of CSV."""
    lines = Lines()
    yield lines.line(COLUMNS)
    for one in changes:
        yield lines.line((one.image_id, one.change.value, one.label, one.before, one.after))
