"""Outlines on an image that is merged are on the other one afterwards, at its size."""

import pytest

import build
import rows
from menagerie.core import (
    annotations,
    checks,
    filters,
    find,
    images,
    moderation,
    vocabulary,
    wordbook,
)
from menagerie.library import SYSTEM

RECT = {"type": "rect", "left": 4, "top": 2, "width": 8, "height": 6, "angle": 30}
ELLIPSE = {"type": "ellipse", "left": 4, "top": 2, "rx": 6, "ry": 5}
POLYGON = {"type": "polygon", "points": [{"x": 0, "y": 0}, {"x": 9, "y": 3}, {"x": 4, "y": 8}]}


@pytest.fixture
def dog(library):
    return build.word(library, "dog").tag_id


def draw(library, actor, image_id, tag_id, *shapes):
    with library.writing(actor) as tx:
        return annotations.put(tx, image_id, tag_id, list(shapes)).key


def drawn(library, image_id):
    with library.reading(SYSTEM) as tx:
        return annotations.of_image(tx, image_id)


def merge(library, image_id, target_id):
    with library.writing(SYSTEM) as tx:
        moderation.merge(tx, image_id, target_id)


def test_a_merge_copies_outlines_at_the_size_of_the_target(library, dog):
    alice = build.account(library, "Alice")
    small = build.image(library, "safe, dog, solo", size=(48, 32))
    big = build.image(library, "safe, solo", size=(96, 64))
    with library.reading(SYSTEM) as tx:
        red = wordbook.vocabulary(tx).by_accessor("color='red'")
    key = draw(library, alice, small, dog, ELLIPSE)
    draw(
        library,
        alice,
        small,
        dog,
        RECT | {"refinements": [{"label_uuid": red.key}]},
        POLYGON,
    )
    with library.writing(alice) as tx:
        annotations.judge(tx, key, is_yes=True)
    for _ in range(2):
        merge(library, small, big)
        (copy,) = drawn(library, big)
        assert (copy.revision, copy.num_yes, copy.account_id) == (1, 1, alice.account_id)
        rect, polygon = copy.shapes
        assert {n: rect.data[n] for n in RECT} == {
            "type": "rect",
            "left": 8,
            "top": 4,
            "width": 16,
            "height": 12,
            "angle": 30,
        }
        assert [r.name for r in rect.refinements] == ["red"]
        assert polygon.data["points"][1] == {"x": 18, "y": 6}
        assert drawn(library, small)[0].shapes[0].data["left"] == 4
        with library.writing(SYSTEM) as tx:
            assert images.find_any(tx, big).annotation_count == 1
            assert checks.counters(tx) == []
            moderation.restore(tx, small)
    annotations.measure_coverage(library, image_id=small)
    annotations.measure_coverage(library, image_id=big)
    with library.reading(SYSTEM) as tx:
        covered = [images.find_any(tx, image_id).coverage for image_id in (small, big)]
        red_dogs = find.parse(tx, "refined:color='red'")
        assert big in find.bitmap(tx, red_dogs, filter=filters.effective(tx, None))
        assert "dog" in {tag.name for tag in images.find_any(tx, big).tags}
    assert covered[0] == pytest.approx(covered[1], abs=1)
    assert covered[0] > 0
    assert library.catalogue.verify() == []


def test_what_is_outlined_already_or_cut_differently_stays(library, dog):
    one, same = build.image(library), build.image(library)
    other = build.image(library, size=(48, 48))
    for image_id, shape in ((one, RECT), (same, ELLIPSE)):
        draw(library, SYSTEM, image_id, dog, shape)
    merge(library, one, same)
    assert [s.kind for s in drawn(library, same)[0].shapes] == ["ellipse"]
    merge(library, same, other)
    assert drawn(library, other) == []


def test_two_outlines_become_revisions_of_one_under_an_alias(library, dog):
    (hound,) = rows.tag_ids(library, "hound")
    one, both = build.image(library, "dog, hound"), build.image(library, "dog, hound")
    three = build.image(library, "dog, hound")
    draw(library, SYSTEM, one, hound, RECT)
    key = draw(library, SYSTEM, both, dog, ELLIPSE)
    draw(library, SYSTEM, both, dog, POLYGON)
    newer = draw(library, SYSTEM, both, hound, RECT)
    draw(library, SYSTEM, three, hound, RECT)
    draw(library, SYSTEM, three, dog, ELLIPSE)
    with library.writing(SYSTEM) as tx:
        annotations.judge(tx, key, is_yes=False)
        annotations.judge(tx, newer, is_yes=True)
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, hound, dog)
        assert checks.counters(tx) == []
    assert [one.tag_id for one in drawn(library, one)] == [dog]
    (kept,) = drawn(library, both)
    said = (kept.key, kept.tag_id, kept.revision, kept.num_yes, kept.num_no)
    assert said == (key, dog, 3, 1, 0)
    with library.reading(SYSTEM) as tx:
        before = [annotations.get(tx, key, revision) for revision in (1, 2, 3)]
    assert [old.shapes[0].kind for old in before] == ["ellipse", "polygon", "rect"]
    assert [(old.num_yes, old.num_no) for old in before] == [(0, 0), (0, 1), (1, 0)]
    (other,) = drawn(library, three)
    assert (other.revision, other.shapes[0].kind) == (2, "ellipse")
    assert library.catalogue.verify() == []
