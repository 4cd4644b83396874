"""Objects of datasets as shapes that can be drawn: what they were before they became polygons."""

import math
from typing import Any

from menagerie.core import geometry
from menagerie.core.wordbook import Vocabulary
from menagerie.datasets.records import Object
from menagerie.storage.schema import WordKind

_NEAR_PX = 0.01
_DECIMALS = 6


def drawn(thing: Object, book: Vocabulary) -> dict[str, Any]:
    """Return an object as `annotations.put` takes it, with the refinements that are words."""
    said = [book.by_accessor(accessor) for accessor in thing.refinements]
    known = [word for word in said if word is not None and word.kind == WordKind.REFINEMENT]
    named = [{"label_uuid": word.key} for word in known]
    return _shape(thing) | ({"refinements": named} if named else {})


def _shape(thing: Object) -> dict[str, Any]:
    """Return the shape whose corners the polygon is, a plain box, or else the polygon."""
    left, top, width, height = thing.bbox
    if not thing.polygon:
        return {"type": "rect", "left": left, "top": top, "width": width, "height": height}
    candidate: dict[str, Any] | None = None
    if thing.shape == "ellipse":
        candidate = {"type": "ellipse", "left": left, "top": top, "rx": width / 2, "ry": height / 2}
    elif thing.shape == "rect" and len(thing.polygon) == 4:
        candidate = _turned(thing.polygon)
    if candidate is not None and _fits(candidate, thing.polygon):
        return candidate
    return {"type": "polygon", "points": [{"x": x, "y": y} for x, y in thing.polygon]}


def _turned(corners: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the rectangle whose corners follow one another so."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    width, height = math.hypot(x1 - x0, y1 - y0), math.hypot(x3 - x0, y3 - y0)
    across, down = (x0 + x1 + x2 + x3) / 4, (y0 + y1 + y2 + y3) / 4
    found = {
        "left": across - width / 2,
        "top": down - height / 2,
        "width": width,
        "height": height,
        "angle": math.degrees(math.atan2(y1 - y0, x1 - x0)) % 360,
    }
    return {"type": "rect"} | {name: round(value, _DECIMALS) for name, value in found.items()}


def _fits(shape: dict[str, Any], polygon: list[tuple[float, float]]) -> bool:
    """Return whether a shape has these corners, but for what rounding does."""
    corners = geometry.corners({"angle": 0, **shape})
    return len(corners) == len(polygon) and all(
        math.hypot(x - px, y - py) < _NEAR_PX
        for (x, y), (px, py) in zip(corners, polygon, strict=True)
    )
