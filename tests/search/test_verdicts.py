"""What people said of labels: change by change against all at once, and what is asked of it."""

import random

import numpy as np
import pytest
from pyroaring import BitMap

from menagerie.datasets import judging
from menagerie.search.verdicts import (
    FEW,
    NO_VERDICTS,
    NOTHING,
    RANKS,
    Said,
    Table,
    Verdicts,
    lower_bounds,
    probabilities,
    rank_of,
    ranks_of,
)

SAID = [None, Said(1, 0, None), Said(0, 3, 0.1), Said(4, 1, 0.9), Said(9, 8, None), Said(0, 0, 0.5)]


def whole(known):
    return Verdicts.of(Table.of((i, *said) for i, said in sorted(known.items())))


def same(one, other):
    assert one == other
    assert one.images == other.images
    assert {r: set(i) for r, i in one.ranks.items()} == {r: set(i) for r, i in other.ranks.items()}


@pytest.mark.parametrize("seed", range(3))
def test_changes_one_after_the_other_end_where_all_at_once_does(seed):
    rng, known, verdicts = random.Random(seed), {}, NO_VERDICTS
    for _ in range(60):
        changed = {rng.randint(1, 2000): rng.choice(SAID) for _ in range(rng.randint(1, 40))}
        before, there = verdicts, verdicts.images.copy()
        verdicts = verdicts.replaced(changed)
        known |= changed
        known = {i: said for i, said in known.items() if said is not None}
        assert all(verdicts.said(i) == known.get(i, NOTHING) for i in range(1, 2001, 7))
        assert before.images == there
        if rng.random() < 0.3:
            same(verdicts, whole(known))
    same(verdicts, whole(known))
    assert len(verdicts) == len(known)
    assert verdicts.ids.tolist() == sorted(known)


def test_an_image_without_verdict_but_with_a_truth_is_not_judged():
    verdicts = whole({5: Said(0, 0, 0.5), 6: Said(1, 0, None)})
    assert verdicts.images == BitMap([6])
    assert verdicts.counts(5) == (0, 0)
    assert verdicts.said(5).truth == 0.5
    assert verdicts.said(6).truth is None
    assert np.isnan(verdicts.truth[1])


def test_every_label_has_one_status():
    pairs = [(yes, no) for yes in range(12) for no in range(12) if yes + no]
    verdicts = whole({i: Said(*pair, None) for i, pair in enumerate(pairs, 1)})
    found = [verdicts.status(name) for name in ("positive", "negative", "undecided")]
    assert sum(map(len, found)) == len(pairs)
    assert BitMap.union(*found) == verdicts.images
    positive = {pairs[i - 1] for i in found[0]}
    assert {(4, 1), (8, 2), (1, 0)} <= positive
    assert not {(7, 2), (3, 1)} & positive
    assert {(1, 4), (0, 1)} <= {pairs[i - 1] for i in found[1]}


def test_ranks_are_the_same_one_by_one_and_all_together():
    pairs = [(yes, no) for yes in range(40) for no in range(40)]
    yes, no = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    assert ranks_of(yes, no).tolist() == [rank_of(*pair) for pair in pairs]
    assert set(ranks_of(yes, no).tolist()) == set(range(RANKS))
    assert rank_of(3, 2) == FEW
    assert rank_of(3, 3) < rank_of(4, 3) < rank_of(9, 0)


def test_shares_are_unknown_without_a_verdict():
    yes, no = np.array([12, 0, 0], np.int32), np.array([1, 2, 0], np.int32)
    assert probabilities(yes, no)[:2].tolist() == [12 / 13, 0.0]
    assert lower_bounds(yes, no)[:2].round(6).tolist() == [0.66686, 0.0]
    assert np.isnan(probabilities(yes, no)[2])
    assert np.isnan(lower_bounds(yes, no)[2])


def test_the_lower_bound_is_the_same_one_by_one_and_all_together():
    pairs = [(yes, no) for yes in range(30) for no in range(30) if yes + no]
    yes, no = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    one_by_one = [judging.lower_bound(*pair) for pair in pairs]
    assert lower_bounds(yes, no).tolist() == pytest.approx(one_by_one, abs=1e-15)
    assert lower_bounds(yes, no).min() == min(one_by_one) == 0.0
