"""What verdicts come to under the thresholds of a selection."""

from typing import Any

from menagerie.datasets.records import Label, Object, Selection, Status

_Z = 1.959963984540054  # 95 % of a normal distribution lie within


def probability(num_yes: int, num_no: int) -> float:
    """Return the share of yes, 0 without verdicts."""
    votes = num_yes + num_no
    return num_yes / votes if votes else 0.0


def lower_bound(num_yes: int, num_no: int) -> float:
    """Return the lower end of Wilson's 95 % interval of the share of yes, 0 without verdicts.

    >>> round(lower_bound(1, 0), 3), round(lower_bound(95, 5), 3), lower_bound(0, 0)
    (0.207, 0.888, 0.0)
    """
    votes = num_yes + num_no
    return max(0.0, wilson(num_yes / votes, votes)) if votes else 0.0


def wilson(share: Any, votes: Any) -> Any:
    """Return the lower end of Wilson's 95 % interval of a share among so many; numbers or arrays.

    For a share of 0 it may be below 0 by what rounding leaves.

    Source: E. B. Wilson, Probable inference, 1927.
    """
    square = _Z * _Z
    spread = _Z * ((share * (1 - share) + square / (4 * votes)) / votes) ** 0.5
    return (share + square / (2 * votes) - spread) / (1 + square / votes)


def status(num_yes: int, num_no: int, selection: Selection, *, source: str = "") -> Status:
    """Return what a label's verdicts come to; `source` is who said it first."""
    votes = num_yes + num_no
    if not votes:
        is_trusted = selection.trust_donor and source == "donor"
        return Status.POSITIVE if is_trusted else Status.UNDECIDED
    if votes < selection.min_votes:
        return Status.UNDECIDED
    share = num_yes / votes
    if share >= selection.min_probability:
        return Status.POSITIVE
    if share <= selection.max_probability_negative:
        return Status.NEGATIVE
    return Status.UNDECIDED


def positives(labels: list[Label]) -> list[Label]:
    """Return the labels that are on the image, in their order."""
    return [label for label in labels if label.status is Status.POSITIVE]


def is_for_training(thing: Object, selection: Selection) -> bool:
    """Tell whether formats for training take an outline: nobody judged it, or enough said yes."""
    if thing.num_yes + thing.num_no == 0:
        return True
    return thing.probability >= selection.min_probability
