"""Why images, and parts of them, are not in a dataset, in words that say how to have them."""

from collections.abc import Iterator, Mapping

NO_LICENCE = "licence"
UNDECIDED = "undecided"
UNLABELLED = "unlabelled"
BETWEEN = "between splits"
LOOKALIKE = "look-alike"
NO_FILE = "missing files"
TOO_SMALL = "objects under a pixel"

_PREFIX = "left out: "
_WORDS = {
    NO_LICENCE: "images without a licence that was asked for or lets datasets be handed on"
    " (licence `any` takes all)",
    UNDECIDED: "images with labels of which none is decided (include_undecided takes them)",
    UNLABELLED: "images without labels (include_unlabelled takes them)",
    BETWEEN: "images that look like images of two splits",
    LOOKALIKE: "images that look like a larger one",
    NO_FILE: "images whose files are missing",
    TOO_SMALL: "outlines under a pixel",
}


def as_counts(left_out: Mapping[str, int]) -> dict[str, int]:
    """Return reasons with numbers as the counts of a dataset hold them.

    >>> as_counts({"licence": 2})
    {'left out: licence': 2}
    """
    return {f"{_PREFIX}{reason}": number for reason, number in sorted(left_out.items())}


def of_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the reasons with numbers that the counts of a dataset hold.

    >>> of_counts({"images": 9, "left out: licence": 2})
    {'licence': 2}
    """
    return {
        name.removeprefix(_PREFIX): number
        for name, number in counts.items()
        if name.startswith(_PREFIX)
    }


def sentences(left_out: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for every reason.

    >>> list(sentences({"unlabelled": 3}))
    ['Left out: 3 images without labels (include_unlabelled takes them)']
    """
    for reason, number in left_out.items():
        yield f"Left out: {words(reason, number)}"


def words(reason: str, number: int) -> str:
    """Return how many of what are left out."""
    return f"{number} {_WORDS.get(reason, reason)}"
