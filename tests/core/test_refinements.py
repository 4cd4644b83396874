"""What is said of shapes: how often, by whom it may be, and where it goes when they are redrawn."""

import pytest

import build
import rows
from menagerie.core import annotations, find, refinements
from menagerie.errors import Invalid, NotFound
from menagerie.library import ANONYMOUS
from menagerie.storage.schema import Review
from outlines import ELLIPSE, RECT, ask, picture, put, refinement, say


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def dog(library):
    return build.word(library, "dog").tag_id


@pytest.fixture
def red(library):
    return refinement(library, "paint", "red")


def said(shape):
    return [(one.name, one.count) for one in shape.refinements]


def test_saying_the_same_again_counts_it_once_more(library, dog, red):
    blue = refinement(library, "paint", "blue")
    drawn = put(library, ANONYMOUS, picture(library), dog, RECT, ELLIPSE)
    key = drawn.shapes[0].key
    assert say(library, ANONYMOUS, key, red) == [("red", 1)]
    assert say(library, ANONYMOUS, key, red, blue, red) == [("blue", 1), ("red", 2)]
    with library.reading(ANONYMOUS) as tx:
        first, second = annotations.get(tx, drawn.key).shapes
    assert said(first) == [("blue", 1), ("red", 2)]
    assert [one.accessor for one in first.refinements] == ["paint='blue'", "paint='red'"]
    assert said(second) == []
    with library.writing(ANONYMOUS) as tx:
        refinements.add_many(tx, [(key, red), (second.key, red)])
    with library.reading(ANONYMOUS) as tx:
        assert said(refinements.get(tx, second.key.upper()).shape) == [("red", 1)]


def test_words_come_with_a_shape_and_stay_when_it_is_redrawn(library, dog, red):
    blue = refinement(library, "paint", "blue")
    image_id = picture(library)
    with_red = RECT | {"refinements": [{"label_uuid": red}]}
    first = put(library, ANONYMOUS, image_id, dog, with_red)
    assert said(first.shapes[0]) == [("red", 1)]
    say(library, ANONYMOUS, first.shapes[0].key, red)
    # The same shape once more, and one moved that names the one before.
    again = put(library, ANONYMOUS, image_id, dog, RECT)
    assert said(again.shapes[0]) == [("red", 2)]
    moved = RECT | {"left": 11, "uuid": again.shapes[0].key}
    moved["refinements"] = [{"label_uuid": red}, {"label_uuid": blue}]
    third = put(library, ANONYMOUS, image_id, dog, moved)
    assert said(third.shapes[0]) == [("blue", 1), ("red", 2)]
    assert said(put(library, ANONYMOUS, image_id, dog, ELLIPSE).shapes[0]) == []
    # What was drawn before is history.
    with pytest.raises(NotFound):
        say(library, ANONYMOUS, first.shapes[0].key, red)


def test_only_refinements_are_said_and_only_of_what_they_are_about(library, dog, alice, red):
    size = ask(library, "dog")
    cat = build.word(library, "cat").tag_id
    on_cat = put(library, ANONYMOUS, picture(library, "cat"), cat).shapes[0].key
    on_dog = put(library, ANONYMOUS, picture(library), dog).shapes[0].key
    for wrong in ([], ["no key"], [build.word(library, "dog").key], [red, size[0]]):
        with pytest.raises(Invalid):
            say(library, ANONYMOUS, on_cat, *wrong)
    with pytest.raises(Invalid, match=r"annotations\[0\]\.refinements"):
        put(
            library, ANONYMOUS, picture(library), dog, RECT | {"refinements": [{"label_uuid": "x"}]}
        )
    assert say(library, ANONYMOUS, on_dog, size[0]) == [("big", 1)]
    waiting = picture(library, owner=alice, review=Review.PENDING)
    own = put(library, alice, waiting, dog).shapes[0].key
    for key in (own, "no key"):
        with pytest.raises(NotFound):
            say(library, ANONYMOUS, key, red)
    assert say(library, alice, own, red) == [("red", 1)]


def test_shapes_are_found_by_query(library, dog):
    drawn = put(library, ANONYMOUS, picture(library), dog, RECT, ELLIPSE)
    with library.reading(ANONYMOUS) as tx:
        found = refinements.find(tx, find.parse(tx, "dog"), limit=9)
        assert [target.shape for target in found] == list(drawn.shapes)
        assert found[0].annotation == drawn
        assert len(refinements.find(tx, find.parse(tx, "dog"), limit=1)) == 1
        assert refinements.find(tx, find.parse(tx, "cat"), limit=9) == []
