"""What an image says about the classes of a dataset, and where its objects are.

Only what was decided speaks: a positive label is a class, a negative one is known to be absent,
and whatever is undecided is neither.
"""

from collections.abc import Iterable

import msgspec

from menagerie.datasets.judging import is_for_training
from menagerie.datasets.records import Class, Label, Object, Record, Source, Status
from menagerie.datasets.tables import TAG
from menagerie.datasets.writing import Report

UNDECIDED = "undecided labels"
NEGATIVE = "labels judged absent"
TAGS = "tags"
_SMALLEST_PX = 1.0
_DECIMALS = 6

Point = tuple[float, float]


class Outline(msgspec.Struct, frozen=True):
    """One object of a class, clipped to its picture; px."""

    of: Class
    object: Object
    bbox: tuple[float, float, float, float]
    """x, y, width, height; no side is shorter than a pixel."""
    polygon: list[Point]
    """Empty for a plain box."""

    @property
    def corners(self) -> list[Point]:
        """The polygon, or the four corners of a plain box."""
        if self.polygon:
            return self.polygon
        x, y, width, height = self.bbox
        right, bottom = rounded(x + width), rounded(y + height)
        return [(x, y), (right, y), (right, bottom), (x, bottom)]

    @property
    def area(self) -> float:
        """Square pixels, more than 0."""
        box = self.bbox[2] * self.bbox[3]
        return rounded(area(self.polygon) or box) if self.polygon else rounded(box)


class Classes:
    """The classes of a snapshot, and how its images and objects map to them."""

    def __init__(self, source: Source) -> None:
        self.all = source.classes
        self.names = [one.name for one in source.classes]
        self._by_name = {one.name: one for one in source.classes}
        self._tags = {one.name[len(TAG) :]: one for one in source.classes if _is_tag(one)}
        self._selection = source.selection

    def positive(self, record: Record) -> list[Class]:
        """Return the classes that the image shows, in the order of their numbers."""
        found = {one.index: one for one in self._with(record, Status.POSITIVE)}
        for tag in record.tags if self._tags else ():
            if tag in self._tags:
                found[self._tags[tag].index] = self._tags[tag]
        return [found[index] for index in sorted(found)]

    def negative(self, record: Record) -> list[Class]:
        """Return the classes that people said the image does not show, in that order."""
        return sorted(self._with(record, Status.NEGATIVE), key=lambda one: one.index)

    def primary(self, record: Record) -> Class | None:
        """Return the class that is likeliest, then has most verdicts, then comes first."""
        judged = {label.name: label for label in record.labels}

        def rank(one: Class) -> tuple[float, int, int]:
            label = judged.get(one.name, Label(name=one.name, probability=1.0))
            return -label.probability, -label.num_yes, one.index

        return min(self.positive(record), key=rank, default=None)

    def outlines(self, record: Record, report: Report) -> list[Outline]:
        """Return the objects to train with, and note which are left out and why."""
        found = []
        for thing in record.objects:
            reason = self._unfit(thing)
            outline = None if reason else self._outline(thing, record)
            if outline is None:
                report.lose(reason or "objects under a pixel", record.id)
            else:
                found.append(outline)
        return found

    def _with(self, record: Record, status: Status) -> list[Class]:
        return [
            self._by_name[label.name]
            for label in record.labels
            if label.status == status and label.name in self._by_name
        ]

    def _unfit(self, thing: Object) -> str:
        if thing.label not in self._by_name:
            return "objects of no class"
        return "" if is_for_training(thing, self._selection) else "objects below the threshold"

    def _outline(self, thing: Object, record: Record) -> Outline | None:
        x, y, width, height = thing.bbox
        left, right = _within(x, record.width), _within(x + width, record.width)
        top, bottom = _within(y, record.height), _within(y + height, record.height)
        bbox = (left, top, rounded(right - left), rounded(bottom - top))
        if min(bbox[2:]) < _SMALLEST_PX:
            return None
        points = [
            (_within(px, record.width), _within(py, record.height)) for px, py in thing.polygon
        ]
        return Outline(self._by_name[thing.label], thing, bbox, points if len(points) > 2 else [])


def lose_all_but(
    report: Report, record: Record, *, negative: bool = False, tags: bool = False
) -> None:
    """Note what of an image's labels and tags a format has no room for.

    `negative` and `tags` say that it has room for those; for undecided labels none has.
    """
    if not negative:
        _lose(report, record, NEGATIVE, (x for x in record.labels if x.status == Status.NEGATIVE))
    _lose(report, record, UNDECIDED, (x for x in record.labels if x.status == Status.UNDECIDED))
    if not tags:
        _lose(report, record, TAGS, record.tags)


def _lose(report: Report, record: Record, reason: str, things: Iterable[object]) -> None:
    number = sum(1 for _ in things)
    if number:
        report.lose(reason, record.id, number)


def _is_tag(one: Class) -> bool:
    return one.name.startswith(TAG)


def _within(value: float, most: int) -> float:
    return rounded(min(max(value, 0.0), float(most)))


def rounded(value: float) -> float:
    """Return a number with six decimals at most, always a float.

    >>> rounded(1 / 3), rounded(2)
    (0.333333, 2.0)
    """
    return round(float(value), _DECIMALS)


def area(polygon: list[Point]) -> float:
    """Return the area of a polygon.

    >>> area([(0.0, 0.0), (4.0, 0.0), (4.0, 3.0)])
    6.0
    """
    turned = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in turned)) / 2
