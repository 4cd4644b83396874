"""Columns and bitmaps built by hand."""

import numpy as np
import pytest
from pyroaring import BitMap

from menagerie.search.columns import (
    CHUNK,
    Column,
    Draft,
    from_ids,
    from_masks,
    ids_of,
    wilson,
)


@pytest.mark.parametrize(
    ("upvotes", "downvotes", "bound"),
    [
        (0, 5, 0.0),
        (1, 0, 0.13097748173129398),
        (1, 1, 0.0617130493330141),
        (10, 2, 0.46258659154482473),
        (100, 3, 0.8921442279924497),
        (223, 2, 0.9558250508622899),
    ],
)
def test_the_wilson_score_has_the_values_of_the_source(upvotes, downvotes, bound):
    assert wilson(upvotes, downvotes).item() == pytest.approx(bound, rel=1e-13)


@pytest.mark.parametrize("count", [0, 1, 4096, 4097, CHUNK])
def test_a_bitmap_of_marks_has_the_ids_that_are_marked(count):
    rng = np.random.default_rng(count)
    mask = np.zeros(CHUNK, np.bool_)
    mask[rng.permutation(CHUNK)[:count]] = True
    found = from_masks([(0, ~mask), (3, mask)])
    low = np.flatnonzero(~mask)
    high = np.flatnonzero(mask) + 3 * CHUNK
    assert found == BitMap(low.tolist() + high.tolist())
    assert from_ids(ids_of(found)) == found


def test_a_draft_leaves_the_column_it_was_made_of_alone():
    draft = Draft(Column(np.int32))
    draft.put(70_000, 5)
    first = draft.finish()
    second = Draft(first)
    second.put(70_000, 6)
    second.put(1, 0)
    second = second.finish()
    assert (first.get(70_000), second.get(70_000), second.get(10**6)) == (5, 6, 0)
    assert second.chunk(0) is first.chunk(0)
    assert Draft(second).finish() is second


def test_counts_without_a_sign_go_down_again():
    draft = Draft(Column(np.uint16))
    ids = np.array([3, CHUNK - 1, CHUNK, 2 * CHUNK + 1], np.uint32)
    draft.add(ids, 2)
    draft.add(ids[1:3], -1)
    assert draft.finish().gather(ids).tolist() == [2, 1, 1, 2]


def test_numbers_are_gathered_across_chunks_and_tested_in_each():
    draft = Draft(Column(np.int64))
    for image_id in (1, CHUNK - 1, CHUNK, 3 * CHUNK + 7):
        draft.put(image_id, image_id * 10)
    column = draft.finish()
    ids = np.array([1, CHUNK, 3 * CHUNK + 7], np.uint32)
    assert column.gather(ids).tolist() == [10, CHUNK * 10, (3 * CHUNK + 7) * 10]
    assert column.where(lambda values: values >= CHUNK * 10) == BitMap([CHUNK, 3 * CHUNK + 7])
