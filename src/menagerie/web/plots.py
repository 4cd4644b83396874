"""Numbers drawn as SVG: bars of days and a line of growth, with what a table says beside them."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from menagerie.core.crowd_statistics import Point

WIDTH, HEIGHT = 640, 160
_BELOW, _ABOVE = 20, 14
"""Room for the dates below and the largest number above, in the units of the drawing."""


class Bar(msgspec.Struct, frozen=True):
    """One bar: where it stands in the drawing, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    point: Point


class Plot(msgspec.Struct, frozen=True):
    """A drawing of `WIDTH` by `HEIGHT`: bars, or a line where there are none."""

    points: tuple[Point, ...]
    top: int
    """The number at the upper edge."""
    bars: tuple[Bar, ...] = ()
    line: str = ""
    """The data of an SVG path."""
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - _BELOW
    ceiling: int = _ABOVE

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but noughts to draw."""
        return self.top == 0


def bars(points: Sequence[Point]) -> Plot:
    """Draw one bar for each point, side by side.

    >>> [round(bar.height) for bar in bars([Point("2026-01-01", 1), Point("2026-01-02", 2)]).bars]
    [63, 126]
    """
    top = max((point.value for point in points), default=0)
    step = WIDTH / max(1, len(points))
    drawn = tuple(
        Bar(
            x=round(index * step, 2),
            y=round(_y(point.value, top), 2),
            width=round(step * 0.8, 2),
            height=round(HEIGHT - _BELOW - _y(point.value, top), 2),
            point=point,
        )
        for index, point in enumerate(points)
    )
    return Plot(tuple(points), top, bars=drawn)


def line(points: Sequence[Point]) -> Plot:
    """Draw a line through the points, by their dates, which ascend.

    >>> line([Point("2026-01-01", 1), Point("2026-01-05", 2)]).line
    'M0 77L640 14'
    """
    top = max((point.value for point in points), default=0)
    if not points:
        return Plot((), 0)
    days = [dt.date.fromisoformat(point.date).toordinal() for point in points]
    span = max(1, days[-1] - days[0])
    steps = [
        f"{(day - days[0]) / span * WIDTH:g} {_y(point.value, top):g}"
        for day, point in zip(days, points, strict=True)
    ]
    return Plot(tuple(points), top, line="M" + "L".join(steps))


def _y(value: int, top: int) -> float:
    room = HEIGHT - _BELOW - _ABOVE
    return HEIGHT - _BELOW - (value / top * room if top else 0.0)
