import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.core import geometry
from menagerie.core.geometry import Box
from menagerie.errors import Invalid

RECT = {"type": "rect", "left": 10, "top": 20, "width": 30, "height": 10}
ELLIPSE = {"type": "ellipse", "left": 10, "top": 20, "rx": 15, "ry": 5}
TRIANGLE = {"type": "polygon", "points": [{"x": 0, "y": 0}, {"x": 40, "y": 0}, {"x": 0, "y": 30}]}
WIDTH, HEIGHT = 100, 80


def parse(*shapes):
    return geometry.parse(list(shapes), width=WIDTH, height=HEIGHT)


def place_of_error(*shapes):
    with pytest.raises(Invalid) as caught:
        parse(*shapes)
    return next(iter(caught.value.fields))


def without(shape, name):
    return {key: value for key, value in shape.items() if key != name}


def test_shapes_are_read_with_their_members_in_order():
    stroke = {"width": 5, "color": "red"}
    key = "0c71ebfa-1a38-4ebd-8b4a-e4f3f1c6b5f4"
    full = RECT | {
        "uuid": "k",
        "refinements": [{"label_uuid": key}, {"label_uuid": key}],
        "stroke": stroke,
    }
    rect, ellipse, polygon = parse(full, ELLIPSE | {"angle": 12.5}, TRIANGLE | {"left": None})
    assert rect.data == RECT | {"angle": 0, "stroke": stroke}
    assert (rect.refinements, rect.key, ellipse.key) == ((key,), "k", "")
    assert ellipse.data == ELLIPSE | {"angle": 12.5}
    assert polygon.data == TRIANGLE | {"angle": 0}
    assert list(rect.data) == ["type", "left", "top", "width", "height", "angle", "stroke"]


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        ("rect", ""),
        ({}, ".type"),
        ({"type": ["rect"]}, ".type"),
        ({"type": "circle"}, ".type"),
        (RECT | {"rx": 1}, ".rx"),
        (without(RECT, "left"), ".left"),
        (RECT | {"left": None}, ".left"),
        (RECT | {"left": "1"}, ".left"),
        (RECT | {"left": True}, ".left"),
        (RECT | {"left": math.nan}, ".left"),
        (RECT | {"top": math.inf}, ".top"),
        (RECT | {"top": 10**400}, ".top"),
        (RECT | {"left": 1_000_001}, ".left"),
        (RECT | {"width": 0}, ".width"),
        (RECT | {"height": -3}, ".height"),
        (RECT | {"angle": "x"}, ".angle"),
        (RECT | {"angle": 1e6}, ".angle"),
        (RECT | {"left": 100}, ""),
        (RECT | {"left": -30}, ""),
        (RECT | {"top": 500}, ""),
        (ELLIPSE | {"ry": -1}, ".ry"),
        (ELLIPSE | {"width": 9}, ".width"),
        (RECT | {"stroke": "red"}, ".stroke"),
        (RECT | {"stroke": {"dash": 1}}, ".stroke.dash"),
        (RECT | {"stroke": {"color": "x" * 65}}, ".stroke.color"),
        (RECT | {"stroke": {"width": "1"}}, ".stroke.width"),
        (RECT | {"uuid": 7}, ".uuid"),
        (RECT | {"refinements": {}}, ".refinements"),
        (RECT | {"refinements": [{"label": "x"}]}, ".refinements[0]"),
        (TRIANGLE | {"points": TRIANGLE["points"][:2]}, ".points"),
        (TRIANGLE | {"points": "abc"}, ".points"),
        (TRIANGLE | {"points": [{"x": 1, "y": 1}] * 2001}, ".points"),
        (TRIANGLE | {"points": [1, 2, 3]}, ".points[0]"),
        (TRIANGLE | {"points": [*TRIANGLE["points"], {"x": 1}]}, ".points[3].y"),
        (TRIANGLE | {"points": [*TRIANGLE["points"], {"x": 1, "y": 1, "z": 1}]}, ".points[3].z"),
        (TRIANGLE | {"points": [{"x": n, "y": 1} for n in range(9)]}, ""),
        # Its hull touches the picture, it does not.
        (TRIANGLE | {"points": [{"x": -9, "y": 5}, {"x": 5, "y": -9}, {"x": -9, "y": -9}]}, ""),
    ],
)
def test_what_is_wrong_with_a_shape_is_named_by_its_place(shape, place):
    assert place_of_error(RECT, shape) == f"annotations[1]{place}"


@pytest.mark.parametrize("shapes", [None, {}, "rect", [], [RECT] * 201])
def test_a_set_has_some_shapes_and_not_too_many(shapes):
    with pytest.raises(Invalid) as caught:
        geometry.parse(shapes, width=WIDTH, height=HEIGHT)
    assert list(caught.value.fields) == ["annotations"]


def test_points_are_limited_together():
    big = {"type": "polygon", "points": [{"x": n % 50, "y": n % 7} for n in range(2000)]}
    assert len(parse(*[big] * 10)) == 10
    assert place_of_error(*[big] * 11) == "annotations"


def test_a_shape_may_stick_out_of_the_picture():
    [rect] = parse(RECT | {"left": -10, "top": -5})
    found = geometry.clip_box(geometry.hull(rect.data), WIDTH, HEIGHT)
    assert found == Box(0, 0, 20, 5)


def test_a_shape_is_turned_about_its_centre():
    [turned] = parse(RECT | {"angle": 90})
    assert geometry.hull(turned.data) == Box(20, 10, 10, 30)
    [slanted] = parse(RECT | {"angle": 45})
    half = (30 + 10) / 2 / math.sqrt(2)
    hull = geometry.hull(slanted.data)
    assert (hull.left, hull.width) == pytest.approx((25 - half, 2 * half))
    [polygon] = parse(TRIANGLE | {"angle": 180})
    assert geometry.corners(polygon.data) == [(40, 30), (0, 30), (40, 0)]


def test_an_ellipse_is_a_polygon_of_32_corners_with_an_exact_hull():
    [ellipse] = parse(ELLIPSE)
    points = geometry.corners(ellipse.data)
    assert len(points) == 32
    assert geometry.area(points) == pytest.approx(math.pi * 15 * 5, rel=0.01)
    assert geometry.hull(ellipse.data) == Box(10, 20, 30, 10)


def test_clipping_keeps_what_is_on_the_picture():
    across = [(-10, 10), (110, 10), (110, 90), (-10, 90)]
    assert geometry.area(geometry.clip(across, WIDTH, HEIGHT)) == 100 * 70
    assert geometry.clip([(-3, -3), (-1, -3), (-1, -1)], WIDTH, HEIGHT) == []


def rect(left, top, width, height):
    return [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]


def test_coverage_counts_what_overlaps_once():
    assert geometry.coverage([], 100, 80) == 0
    assert geometry.coverage([rect(0, 0, 50, 80), rect(25, 0, 50, 80)], 100, 80) == 75
    assert geometry.coverage([rect(-10, -10, 500, 500)], 100, 80) == 100
    triangle = [(0, 0), (100, 0), (0, 80)]
    assert geometry.coverage([triangle], 100, 80) == pytest.approx(50, abs=0.2)
    assert geometry.coverage([rect(0, 0, 2000, 1500)], 4000, 3000) == pytest.approx(25, abs=0.2)
    assert geometry.coverage([rect(0, 0, 1, 1)], 1, 100_000) == pytest.approx(0.001, abs=0.2)


numbers = st.floats(-50, 150)


@given(
    st.lists(
        st.tuples(numbers, numbers, st.floats(0.5, 90), st.floats(0.5, 90), st.floats(-400, 400)),
        max_size=3,
    )
)
def test_what_is_clipped_is_within_and_covers_no_more_than_the_sum(found):
    shapes = [
        {"type": "rect", "left": x, "top": y, "width": w, "height": h, "angle": a}
        for x, y, w, h, a in found
    ]
    polygons = [geometry.corners(shape) for shape in shapes]
    clipped = [geometry.clip(polygon, WIDTH, HEIGHT) for polygon in polygons]
    for points in clipped:
        assert all(-1e-6 <= x <= WIDTH + 1e-6 and -1e-6 <= y <= HEIGHT + 1e-6 for x, y in points)
    covered = geometry.coverage(polygons, WIDTH, HEIGHT)
    together = sum(map(geometry.area, clipped)) / (WIDTH * HEIGHT) * 100
    assert covered <= together + 1.5
    if len(clipped) == 1:
        assert covered == pytest.approx(together, abs=1.0)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=4)
                    | st.dictionaries(st.sampled_from(["type", "left", "points", "x", "y"]),
                                      inner | st.sampled_from(["rect", "polygon"])),
                    max_leaves=15))  # fmt: skip
def test_nothing_but_invalid_comes_of_nonsense(value):
    with pytest.raises(Invalid):
        geometry.parse([value], width=WIDTH, height=HEIGHT)
