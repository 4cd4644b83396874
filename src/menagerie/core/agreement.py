"""How far people agree, and what is probably true: formulas over verdicts, nothing else.

Every image with one label is a task of its own with two answers, yes and no.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from menagerie.datasets.judging import lower_bound

__all__ = ["Skills", "alpha", "dawid_skene", "lower_bound", "observed"]

_TOLERANCE = 1e-5
_MOST_ROUNDS = 100

_Floats = npt.NDArray[np.float64]
_Places = npt.NDArray[np.int64]


def alpha(counts: Iterable[tuple[int, int]]) -> float | None:
    """Return Krippendorff's alpha, nominal, of items with (yes, no) verdicts.

    1 is agreement, 0 what chance would give. Items with one verdict say nothing. None if it is
    undefined: all verdicts are the same, or there are none to compare.

    Source: K. Krippendorff, Content Analysis, 2004.

    >>> round(alpha([(3, 0), (2, 1), (0, 3)]), 9)
    0.6
    """
    yes = no = 0
    disagreement = 0.0
    for y, n in counts:
        if y + n >= 2:
            yes += y
            no += n
            disagreement += 2 * y * n / (y + n - 1)
    if not yes or not no:
        return None
    return 1 - disagreement * (yes + no - 1) / (2 * yes * no)


def observed(counts: Iterable[tuple[int, int]]) -> float | None:
    """Return the share of pairs of verdicts on one item that agree; None if there is no pair.

    >>> observed([(3, 0), (2, 1), (0, 3)])
    0.7777777777777778
    """
    pairs = agreeing = 0
    for y, n in counts:
        pairs += (y + n) * (y + n - 1)
        agreeing += y * (y - 1) + n * (n - 1)
    return agreeing / pairs if pairs else None


class Skills(NamedTuple):
    """What Dawid and Skene make of verdicts; arrays by the places of items and of judges."""

    truth: _Floats
    """The probability that the answer is yes, by item."""
    sensitivity: _Floats
    """The probability to say yes where the answer is yes, by judge."""
    specificity: _Floats
    """The probability to say no where the answer is no, by judge."""


def dawid_skene(items: _Places, judges: _Places, is_yes: npt.NDArray[np.bool_]) -> Skills:
    """Return what is probably true, and how good the judges are, from one verdict a place.

    `items` and `judges` are numbers from 0 without gaps. Expectation and maximisation begin with
    the share of yes and end when no answer moves by 1e-5, or after 100 rounds. Counts of judges
    begin with one of each, so that few verdicts prove nothing.

    Source: A. P. Dawid and A. M. Skene, Maximum likelihood estimation of observer error-rates,
    1979; with two classes.
    """
    yes = is_yes.astype(np.float64)
    item_count, judge_count = (int(a.max()) + 1 if len(a) else 0 for a in (items, judges))
    truth = np.bincount(items, yes, item_count) / np.maximum(np.bincount(items), 1)
    sensitivity, specificity = _skills(truth, items, judges, yes, judge_count)
    for _round in range(_MOST_ROUNDS if item_count else 0):
        before = truth
        prior = (1 + truth.sum()) / (2 + item_count)
        # By logarithms: the product of thousands of probabilities would be 0.
        said_yes = np.log(sensitivity) - np.log(1 - specificity)
        said_no = np.log(1 - sensitivity) - np.log(specificity)
        odds = np.where(is_yes, said_yes[judges], said_no[judges])
        logit = np.bincount(items, odds, item_count) + np.log(prior / (1 - prior))
        truth = 1 / (1 + np.exp(-np.clip(logit, -700, 700)))
        sensitivity, specificity = _skills(truth, items, judges, yes, judge_count)
        if np.abs(truth - before).max() < _TOLERANCE:
            break
    return Skills(truth, sensitivity, specificity)


def _skills(
    truth: _Floats, items: _Places, judges: _Places, yes: _Floats, judge_count: int
) -> tuple[_Floats, _Floats]:
    """Return how often each judge says yes where it is, and no where it is not."""
    is_true = truth[items]
    right_yes = np.bincount(judges, is_true * yes, judge_count)
    right_no = np.bincount(judges, (1 - is_true) * (1 - yes), judge_count)
    all_yes = np.bincount(judges, is_true, judge_count)
    all_no = np.bincount(judges, 1 - is_true, judge_count)
    return (1 + right_yes) / (2 + all_yes), (1 + right_no) / (2 + all_no)
