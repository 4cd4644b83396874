"""Geometry of shapes: reading them strictly, their corners, hulls, areas, and what they cover.

Everything is in pixels of the upright picture, x to the right and y down from the top left corner.
A shape is turned clockwise by `angle` degrees about its own centre: of a rect `left + width / 2`,
`top + height / 2`; of an ellipse `left + rx`, `top + ry`; of a polygon the centre of the upright
hull of its points. So `left` and `top` are the corner of the box before it is turned. (A drawing
library may mean the corner after turning; whoever draws with one converts, since only the first
reading lets a program place a shape that ignores `angle`.)

Source: the members of the three shapes are ImageMonkey's (2017 to 2026).
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from menagerie.errors import Invalid
from menagerie.storage.schema import ShapeKind

MOST_SHAPES = 200
MOST_POINTS = 2000
MOST_POINTS_TOGETHER = 20_000
MOST_REFINEMENTS = 50
LARGEST_PX = 1_000_000
ELLIPSE_CORNERS = 32
# Both sides of the grid on which the union of shapes is measured stay within this.
GRID = 1024
_LONGEST_COLOR = 64
_LONGEST_NAME = 40
_LARGEST_ANGLE = 36_000

Point = tuple[float, float]
Data = dict[str, Any]
"""The members of one shape as they are stored and shown, refinements left out."""


class Outline(NamedTuple):
    """A shape that was read: its kind, its members, and the keys of the words said of it.

    `key` is the UUID of the shape that it follows, empty for a new one.
    """

    kind: ShapeKind
    data: Data
    refinements: tuple[str, ...] = ()
    key: str = ""


class Box(msgspec.Struct, frozen=True):
    """An upright rectangle."""

    left: float
    top: float
    width: float
    height: float


# Reading.


def parse(shapes: object, *, width: int, height: int) -> list[Outline]:
    """Return the shapes of a set for a picture of this size, in their order, at least one.

    Raises Invalid for the first thing that is wrong, its place as the field's name, such as
    `annotations[1].points[0].x`: unknown members, no numbers, no extent, wholly outside of the
    picture, too many.

    >>> rect = {"type": "rect", "left": 1, "top": 2, "width": 3, "height": 4}
    >>> parse([rect], width=10, height=10)[0].data["angle"]
    0
    """
    place = "annotations"
    if not isinstance(shapes, list):
        raise _wrong(place, "must be a list of shapes")
    if not 1 <= len(shapes) <= MOST_SHAPES:
        raise _wrong(place, f"must have between 1 and {MOST_SHAPES} shapes")
    outlines = [_shape(shape, f"{place}[{i}]") for i, shape in enumerate(shapes)]
    if sum(len(one.data.get("points", ())) for one in outlines) > MOST_POINTS_TOGETHER:
        raise _wrong(place, f"must have at most {MOST_POINTS_TOGETHER} points together")
    for i, one in enumerate(outlines):
        _require_extent(one.data, f"{place}[{i}]", width, height)
    return outlines


def _wrong(place: str, text: str) -> Invalid:
    return Invalid({place: [text]})


def _shape(shape: object, place: str) -> Outline:
    if not isinstance(shape, dict):
        raise _wrong(place, "must be an object")
    kind = shape.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise _wrong(f"{place}.type", f"must be one of {', '.join(_READERS)}")
    members = _READERS[kind]
    _refuse_others(shape, {*members, "type"}, place)
    data: Data = {"type": kind}
    for name, (read, default) in members.items():
        value = shape.get(name)
        if value is None:
            if default is _REQUIRED:
                raise _wrong(f"{place}.{name}", "is missing")
            if default is not None:
                data[name] = default
        else:
            data[name] = read(value, f"{place}.{name}")
    refinements, key = data.pop("refinements", ()), data.pop("uuid", "")
    return Outline(ShapeKind(kind), data, refinements, key)


def _refuse_others(members: Iterable[str], known: Collection[str], place: str) -> None:
    for name in members:
        if name not in known:
            raise _wrong(
                f"{place}.{name[:_LONGEST_NAME]}", f"is none of {', '.join(sorted(known))}"
            )


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(place, "must be a number")
    if not -LARGEST_PX <= value <= LARGEST_PX:  # neither is what is not a number
        raise _wrong(place, f"must be between -{LARGEST_PX} and {LARGEST_PX}")
    return value


def _extent(value: object, place: str) -> float:
    number = _number(value, place)
    if number <= 0:
        raise _wrong(place, "must be more than 0")
    return number


def _angle(value: object, place: str) -> float:
    number = _number(value, place)
    if abs(number) > _LARGEST_ANGLE:
        raise _wrong(place, f"must be between -{_LARGEST_ANGLE} and {_LARGEST_ANGLE}")
    return number


def _points(value: object, place: str) -> list[dict[str, float]]:
    if not isinstance(value, list):
        raise _wrong(place, "must be a list of points")
    if not 3 <= len(value) <= MOST_POINTS:
        raise _wrong(place, f"must have between 3 and {MOST_POINTS} points")
    return [_point(point, f"{place}[{i}]") for i, point in enumerate(value)]


def _point(value: object, place: str) -> dict[str, float]:
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object with x and y")
    _refuse_others(value, {"x", "y"}, place)
    return {axis: _number(value.get(axis), f"{place}.{axis}") for axis in ("x", "y")}


def _stroke(value: object, place: str) -> Data:
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object with width and color")
    _refuse_others(value, {"width", "color"}, place)
    stroke: Data = {}
    if value.get("width") is not None:
        stroke["width"] = _number(value["width"], f"{place}.width")
    color = value.get("color")
    if color is not None:
        if not isinstance(color, str) or len(color) > _LONGEST_COLOR or not color.isprintable():
            raise _wrong(f"{place}.color", "must be the name or the number of a color")
        stroke["color"] = color
    return stroke


def _refinements(value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_REFINEMENTS:
        raise _wrong(place, f"must be a list of at most {MOST_REFINEMENTS} refinements")
    keys: list[str] = []
    for i, item in enumerate(value):
        key = item.get("label_uuid") if isinstance(item, dict) and len(item) == 1 else None
        if not isinstance(key, str):
            raise _wrong(f"{place}[{i}]", "must be an object with label_uuid")
        keys.append(key)
    return tuple(dict.fromkeys(keys))


def _key(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, "must be a text")
    return value


_REQUIRED = object()
_Member = tuple[Callable[[Any, str], Any], object]
_ALIKE: dict[str, _Member] = {
    "angle": (_angle, 0),
    "stroke": (_stroke, None),
    "refinements": (_refinements, None),
    "uuid": (_key, None),
}
_CORNER: dict[str, _Member] = {"left": (_number, _REQUIRED), "top": (_number, _REQUIRED)}
# In the order in which they are shown.
_READERS: Mapping[str, Mapping[str, _Member]] = {
    "rect": {**_CORNER, "width": (_extent, _REQUIRED), "height": (_extent, _REQUIRED), **_ALIKE},
    "ellipse": {**_CORNER, "rx": (_extent, _REQUIRED), "ry": (_extent, _REQUIRED), **_ALIKE},
    "polygon": {
        "points": (_points, _REQUIRED),
        "left": (_number, None),
        "top": (_number, None),
        **_ALIKE,
    },
}


def _require_extent(data: Data, place: str, width: int, height: int) -> None:
    whole = hull(data)
    if whole.width <= 0 or whole.height <= 0:
        raise _wrong(place, "has no area")
    if clip_box(whole, width, height) is None or len(clip(corners(data), width, height)) < 3:
        raise _wrong(place, f"is outside of the picture, which has {width} x {height} pixels")


# Measuring.


def corners(data: Data) -> list[Point]:
    """Return the corners of a shape as it lies on the picture; 32 for an ellipse.

    >>> corners({"type": "rect", "left": 0, "top": 0, "width": 4, "height": 2, "angle": 90})
    [(3.0, -1.0), (3.0, 3.0), (1.0, 3.0), (1.0, -1.0)]
    """
    return _turned(_unturned(data), _centre(data), data.get("angle") or 0)


def _unturned(data: Data) -> list[Point]:
    if data["type"] == "polygon":
        return [(float(p["x"]), float(p["y"])) for p in data["points"]]
    left, top = float(data["left"]), float(data["top"])
    if data["type"] == "rect":
        right, bottom = left + data["width"], top + data["height"]
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    rx, ry = data["rx"], data["ry"]
    steps = (2 * math.pi * i / ELLIPSE_CORNERS for i in range(ELLIPSE_CORNERS))
    return [(left + rx + rx * math.cos(t), top + ry + ry * math.sin(t)) for t in steps]


def _centre(data: Data) -> Point:
    if data["type"] == "rect":
        return data["left"] + data["width"] / 2, data["top"] + data["height"] / 2
    if data["type"] == "ellipse":
        return data["left"] + data["rx"], data["top"] + data["ry"]
    around = hull_of(_unturned(data))
    return around.left + around.width / 2, around.top + around.height / 2


def _turned(points: list[Point], centre: Point, angle: float) -> list[Point]:
    if angle % 360 == 0:
        return points
    cos, sin = _cos_sin(angle)
    x0, y0 = centre
    return [
        (x0 + (x - x0) * cos - (y - y0) * sin, y0 + (x - x0) * sin + (y - y0) * cos)
        for x, y in points
    ]


def _cos_sin(angle: float) -> tuple[float, float]:
    """Return both for degrees, exact for quarter turns so that boxes stay on whole pixels."""
    turn = angle % 360
    if turn % 90 == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(turn // 90) % 4]
    return (math.cos(math.radians(turn)), math.sin(math.radians(turn)))


def hull_of(points: Sequence[Point]) -> Box:
    """Return the upright box around points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def hull(data: Data) -> Box:
    """Return the upright box around a shape, not clipped; exact for an ellipse too.

    >>> hull({"type": "ellipse", "left": 0, "top": 0, "rx": 4, "ry": 1, "angle": 90})
    Box(left=3.0, top=-3.0, width=2.0, height=8.0)
    """
    if data["type"] != "ellipse":
        return hull_of(corners(data))
    cos, sin = _cos_sin(data.get("angle") or 0)
    half_x = math.hypot(data["rx"] * cos, data["ry"] * sin)
    half_y = math.hypot(data["rx"] * sin, data["ry"] * cos)
    x, y = _centre(data)
    return Box(x - half_x, y - half_y, 2 * half_x, 2 * half_y)


def clip_box(box: Box, width: int, height: int) -> Box | None:
    """Return the part of a box that is on the picture, None when there is none."""
    left, top = max(box.left, 0.0), max(box.top, 0.0)
    right, bottom = min(box.left + box.width, width), min(box.top + box.height, height)
    if right <= left or bottom <= top:
        return None
    return Box(left, top, right - left, bottom - top)


def clip(points: Sequence[Point], width: int, height: int) -> list[Point]:
    """Return the part of a polygon that is on the picture; empty when there is none.

    Parts that the border separates stay joined along it (Sutherland and Hodgman, 1974).
    """
    kept = list(points)
    borders = ((0, 0.0, 1), (0, float(width), -1), (1, 0.0, 1), (1, float(height), -1))
    for axis, limit, sign in borders:
        kept = _clip_once(kept, axis, limit, sign)
    return kept if len(kept) >= 3 else []


def _clip_once(points: list[Point], axis: int, limit: float, sign: int) -> list[Point]:
    kept: list[Point] = []
    for before, point in zip([*points[-1:], *points[:-1]], points, strict=True):
        depth, depth_before = sign * (point[axis] - limit), sign * (before[axis] - limit)
        if (depth > 0) != (depth_before > 0) and depth != depth_before:
            part = depth_before / (depth_before - depth)
            along = before[1 - axis] + part * (point[1 - axis] - before[1 - axis])
            kept.append((limit, along) if axis == 0 else (along, limit))
        if depth > 0:
            kept.append(point)
    return kept


def area(points: Sequence[Point]) -> float:
    """Return the area of a polygon in square pixels; what it crosses over counts with its sign.

    >>> area([(0, 0), (4, 0), (4, 2), (0, 2)])
    8.0
    """
    following = [*points[1:], *points[:1]]
    pairs = zip(points, following, strict=True)
    return abs(math.fsum(x * v - u * y for (x, y), (u, v) in pairs)) / 2


def coverage(polygons: Iterable[Sequence[Point]], width: int, height: int) -> float:
    """Return how much of the picture at least one of the polygons covers, in percent.

    Measured on a grid of at most 1024 cells a side: exact for whole pixels of smaller pictures,
    within about 0.2 otherwise.

    >>> coverage([[(0, 0), (5, 0), (5, 10), (0, 10)]], 10, 10)
    50.0
    """
    longer = max(width, height)
    scale = GRID // longer if longer <= GRID else GRID / longer
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    covered = np.zeros((rows, columns), np.bool_)
    for polygon in polygons:
        clipped = clip(polygon, width, height)
        if clipped:
            corner = np.array(clipped) * (columns / width, rows / height)
            _fill(covered, corner)
    return round(float(covered.mean()) * 100, 6)


def _fill(covered: npt.NDArray[np.bool_], corner: npt.NDArray[np.float64]) -> None:
    """Mark the cells whose centres are inside of a polygon, by the even-odd rule."""
    rows, columns = covered.shape
    first = max(0, math.floor(corner[:, 1].min()))
    last = min(rows, math.ceil(corner[:, 1].max()))
    # Where an edge crosses the middle of a row, everything to the right changes sides.
    turns = np.zeros((last - first, columns + 1), np.int32)
    for (x0, y0), (x1, y1) in zip(corner, np.roll(corner, -1, axis=0), strict=True):
        (xa, ya), (xb, yb) = ((x0, y0), (x1, y1)) if y0 <= y1 else ((x1, y1), (x0, y0))
        line = np.arange(max(first, math.ceil(ya - 0.5)), min(last, math.ceil(yb - 0.5)))
        if len(line):
            x = xa + (line + 0.5 - ya) * (xb - xa) / (yb - ya)
            turns[line - first, np.clip(np.ceil(x - 0.5), 0, columns).astype(np.intp)] += 1
    covered[first:last] |= (np.cumsum(turns[:, :-1], axis=1) & 1).astype(np.bool_)
