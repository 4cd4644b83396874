"""Rows of labels: which, in what order, and that chunks have no seams."""

import random

import pytest

import build
from menagerie.core import annotations, rows, validations, words
from menagerie.core.rows import Bounds
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.search import nodes

LABELS = ("banana", "egg", "dog", "cat")


@pytest.fixture
def filled(library):
    """Nine images with some of four labels, judged at random; and the tags of the labels."""
    chance = random.Random(4)
    with library.reading(SYSTEM) as tx:
        book = words.vocabulary(tx)
        tags = {name: book.by_name(name).tag_id for name in LABELS}
    expected = []
    for _ in range(9):
        named = chance.sample(LABELS, chance.randint(1, 3))
        image_id = build.image(library, ["safe", *named])
        with library.writing(ANONYMOUS) as tx:
            for tag_id in sorted(tags[name] for name in named):
                yes, no = chance.choice([(0, 0), (0, 1), (1, 0), (3, 1), (4, 1)])
                for is_yes in [True] * yes + [False] * no:
                    validations.judge(tx, image_id, tag_id, is_yes=is_yes)
                expected.append((image_id, tag_id, yes, no))
    return tags, expected


def read(library, tag_ids, chunk: int = 4000, **bounds):
    chunks = rows.tag_rows(library, tag_ids, Bounds(**bounds), chunk=chunk)
    return [row for chunk_ in chunks for row in zip(*chunk_, strict=True)]


def plain(expected):
    return [row[1:] for row in expected]


@pytest.mark.parametrize("chunk", [1, 7, 4000])
def test_every_label_once_in_order(library, filled, chunk):
    tags, expected = filled
    found = read(library, list(tags.values()), chunk)
    assert [row[1:] for row in found] == plain(expected)
    two = [tags["egg"], tags["dog"]]
    some = [row for row in expected if row[1] in two]
    assert [row[1:] for row in read(library, two, chunk)] == plain(some)
    assert read(library, []) == []


@pytest.mark.parametrize("chunk", [3, 4000])
def test_bounds_are_those_of_a_filter_of_the_whole(library, filled, chunk):
    tags, expected = filled
    wanted = list(tags.values())
    for least in (0.5, 0.75, 0.8, 1.0):
        kept = [row for row in expected if row[2] + row[3] and row[2] / (row[2] + row[3]) >= least]
        found = read(library, wanted, chunk, min_probability=least)
        assert [row[1:] for row in found] == plain(kept)
    kept = [row for row in expected if row[2] + row[3] >= 4]
    assert [row[1:] for row in read(library, wanted, chunk, min_votes=4)] == plain(kept)
    for place in range(len(expected)):
        after = expected[place][:2]
        found = read(library, wanted, chunk, after=after, limit=5)
        assert [row[1:] for row in found] == plain(expected[place + 1 : place + 6])
    whole = expected[3][0]
    rest = [row for row in expected if row[0] > whole]
    assert [row[1:] for row in read(library, wanted, chunk, after=(whole, 0))] == plain(rest)


def test_a_few_far_apart(library, filled):
    tags, expected = filled
    with library.writing(SYSTEM) as tx:
        orange = words.vocabulary(tx).by_name("orange").tag_id
    ids = [build.image(library, ["safe", "orange"])]
    for _ in range(12):
        build.image(library, ["safe", "solo"])
    ids.append(build.image(library, ["safe", "orange"]))
    assert len(read(library, [orange])) == 2
    assert len(read(library, [*tags.values(), orange])) == len(expected) + 2


def test_rows_are_those_of_the_moment_they_began(library, filled):
    tags, expected = filled
    chunks = rows.tag_rows(library, list(tags.values()), Bounds(), chunk=5)
    begun = list(zip(*next(chunks), strict=True))
    with library.writing(ANONYMOUS) as tx:
        for image_id, tag_id, *_ in expected:
            validations.judge(tx, image_id, tag_id, is_yes=True)
    found = begun + [row for chunk in chunks for row in zip(*chunk, strict=True)]
    assert [row[1:] for row in found] == plain(expected)


@pytest.mark.parametrize("chunk", [4, 4000])
def test_images_with_all_their_labels(library, filled, chunk):
    tags, expected = filled
    drawn_on = next(row[0] for row in expected if row[1] == tags["egg"])
    box = {"type": "rect", "left": 1, "top": 2, "width": 9, "height": 9}
    with library.writing(SYSTEM) as tx:
        annotations.put(tx, drawn_on, tags["egg"], [box])
    with library.reading(ANONYMOUS) as tx:
        query = nodes.Or((nodes.Term("tags", "egg"), nodes.Term("tags", "dog")))
        assert rows.named_tags(tx, query) == {tags["egg"], tags["dog"]}
        excluding = nodes.And((nodes.Term("tags", "egg"), nodes.Not(nodes.Term("tags", "dog"))))
        assert rows.named_tags(tx, excluding) == {tags["egg"]}
        chunks = rows.image_rows(tx, query, Bounds(), chunk=chunk)
        found = [row for chunk_ in chunks for row in chunk_]
        both = rows.image_rows(tx, query, Bounds(), needs_both=True)
        assert [len(row.annotations) for part in both for row in part] == [1]
    wanted = sorted({row[0] for row in expected if row[1] in {tags["egg"], tags["dog"]}})
    labels = [[row[1:] for row in expected if row[0] == image_id] for image_id in wanted]
    assert [row.labels for row in found] == labels
    assert sum(len(row.annotations) for row in found) == 1


def test_counts(library, filled):
    tags, expected = filled
    with library.reading(ANONYMOUS) as tx:
        every = rows.count_labels(tx, Bounds())
        likely = rows.count_labels(tx, Bounds(min_probability=0.8))
    for tag_id in tags.values():
        assert every[tag_id] == sum(row[1] == tag_id for row in expected)
        is_likely = (row[2] >= 0.8 * (row[2] + row[3]) and row[2] > 0 for row in expected
                     if row[1] == tag_id)  # fmt: skip
        assert likely[tag_id] == sum(is_likely)
