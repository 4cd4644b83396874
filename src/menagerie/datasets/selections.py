"""What a selection may say, and what is wrong with one."""

from menagerie.datasets import licences
from menagerie.datasets.groups import LARGEST_DISTANCE
from menagerie.datasets.records import Selection, Split
from menagerie.datasets.splits import METHODS
from menagerie.errors import Invalid

LANGUAGES = ("tags", "labels")
_MOST_CLASSES = 10_000
_SPLITS = tuple(split.value for split in Split)

Problems = dict[str, list[str]]


def require_sound(selection: Selection) -> None:
    """Raise Invalid, with what is allowed, for everything that is wrong with a selection.

    The query itself is not looked at.
    """
    problems = {
        **_number_problems(selection),
        **_split_problems(selection),
        **_name_problems(selection),
    }
    if problems:
        raise Invalid(problems)


def _number_problems(selection: Selection) -> Problems:
    problems: Problems = {}
    for name in ("min_probability", "max_probability_negative"):
        value = getattr(selection, name)
        if not 0 <= value <= 1:
            problems[name] = [f"must be from 0 to 1, not {value:g}"]
    if not problems and selection.max_probability_negative >= selection.min_probability:
        problems["max_probability_negative"] = ["must be less than min_probability"]
    if selection.min_votes < 1:
        problems["min_votes"] = [f"must be at least 1, not {selection.min_votes}"]
    if not 0 <= selection.group_distance <= LARGEST_DISTANCE:
        problems["group_distance"] = [
            f"must be from 0 to {LARGEST_DISTANCE}, not {selection.group_distance}"
        ]
    return problems


def _split_problems(selection: Selection) -> Problems:
    problems: Problems = {}
    if sum(selection.ratios) != 100 or min(selection.ratios) < 0:
        problems["ratios"] = ["must be three percentages that add up to 100, such as 80, 10, 10"]
    unknown = sorted(set(selection.split_galleries) - set(_SPLITS))
    if unknown:
        problems["split_galleries"] = [f"must be of {', '.join(_SPLITS)}, not {unknown[0]!r}"]
    return problems


def _name_problems(selection: Selection) -> Problems:
    problems: Problems = {}
    if selection.split_method not in METHODS:
        problems["split_method"] = [f"must be one of {', '.join(METHODS)}"]
    if selection.language not in LANGUAGES:
        problems["language"] = [f"must be one of {', '.join(LANGUAGES)}"]
    known = {licences.ANY, *(name.lower() for name in licences.LICENCES)}
    unknown = [name for name in selection.licences if name.lower() not in known]
    if unknown:
        names = ", ".join([licences.ANY, *licences.LICENCES])
        problems["licences"] = [f"must be of {names}, not {unknown[0]!r}"]
    plain = [name.removeprefix("tag:") for name in selection.classes]
    if len(plain) > _MOST_CLASSES:
        problems["classes"] = [f"must be at most {_MOST_CLASSES}"]
    elif len(set(plain)) < len(plain):
        problems["classes"] = ["must be different; a label and a tag of one name are not"]
    return problems
