"""The flags by which exports and snapshots choose images, and how formats are written."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options
from menagerie.errors import Invalid

_IMAGES = Group("Which images, and what is true of them", sort_key=1)
_SPLITS = Group("Splits", sort_key=2)
_FILES = Group("How files are written", sort_key=3)


def _flag(help_: str, group: Group, *, has_no: bool = True) -> Parameter:
    return Parameter(help=help_, group=group, negative=None if has_no else "")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which images a dataset takes in and how it judges them."""

    query: Annotated[str, _flag('As in the search box, such as "safe, dog".', _IMAGES)] = "*"
    language: Annotated[
        Literal["tags", "labels"],
        _flag('The language of the query: tags, or labels such as "dog & ~cat".', _IMAGES),
    ] = "tags"
    classes: Annotated[
        tuple[str, ...],
        _flag(
            "Labels that are classes, or tag:NAME for tags; repeat it. All labels met without it.",
            _IMAGES,
            has_no=False,
        ),
    ] = ()
    licence: Annotated[
        tuple[str, ...],
        _flag(
            "SPDX names of the licences to take, or any; repeat it. All that let copies be handed"
            " on without it.",
            _IMAGES,
            has_no=False,
        ),
    ] = ()
    min_probability: Annotated[
        float, _flag("Share of yes from which a label is present.", _IMAGES)
    ] = 0.8
    min_votes: Annotated[int, _flag("Verdicts below which a label is undecided.", _IMAGES)] = 1
    max_probability_negative: Annotated[
        float, _flag("Share of yes up to which a label is absent.", _IMAGES)
    ] = 0.2
    include_undecided: Annotated[
        bool, _flag("Take images whose labels are all undecided.", _IMAGES)
    ] = False
    include_unlabelled: Annotated[bool, _flag("Take images without labels.", _IMAGES)] = True
    include_tags: Annotated[bool, _flag("Write down tags that are no labels.", _IMAGES)] = True
    trust_donor: Annotated[bool, _flag("Take a label that nobody judged for present.", _IMAGES)] = (
        False
    )
    votes: Annotated[bool, _flag("Write every verdict down.", _IMAGES)] = True
    dedupe: Annotated[bool, _flag("Of images that look alike, take the largest.", _IMAGES)] = False
    default_filter: Annotated[
        bool, _flag("Leave out what the filter Default hides from visitors.", _IMAGES)
    ] = False
    splits: Annotated[
        tuple[int, int, int],
        _flag("Percent of train, validation and test.", _SPLITS, has_no=False),
    ] = (80, 10, 10)
    split_method: Annotated[
        Literal["hash", "stratified"],
        _flag(
            "hash: no image ever moves. stratified: every class gets its share in each split, as"
            " far as there are images.",
            _SPLITS,
        ),
    ] = "hash"
    split_gallery: Annotated[
        tuple[str, ...],
        _flag(
            "A gallery that makes up a split, such as test=12; repeat it. Tags such as split:test"
            " do the same for an image.",
            _SPLITS,
            has_no=False,
        ),
    ] = ()
    seed: Annotated[str, _flag("Decides, with the groups, about the splits.", _SPLITS)] = (
        "menagerie"
    )
    group_distance: Annotated[
        int,
        _flag("Bits in which the hashes of look-alikes may differ: they share a split.", _SPLITS),
    ] = 4

    def selection(self) -> Selection:
        """Return the selection; raises Invalid for a gallery that is not SPLIT=NUMBER."""
        return Selection(
            query=self.query,
            language=self.language,
            classes=self.classes,
            licences=self.licence,
            min_probability=self.min_probability,
            min_votes=self.min_votes,
            max_probability_negative=self.max_probability_negative,
            include_undecided=self.include_undecided,
            include_unlabelled=self.include_unlabelled,
            include_tags=self.include_tags,
            trust_donor=self.trust_donor,
            include_votes=self.votes,
            dedupe=self.dedupe,
            default_filter=self.default_filter,
            ratios=self.splits,
            split_method=self.split_method,
            split_galleries=dict(map(_gallery, self.split_gallery)),
            seed=self.seed,
            group_distance=self.group_distance,
        )


def _gallery(text: str) -> tuple[str, int]:
    split, _, number = text.partition("=")
    if not number.isascii() or not number.isdigit():
        raise Invalid({"split_gallery": [f"must be such as test=12, not {text!r}"]})
    return split, int(number)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Writing:
    """How a format is written; each format uses what concerns it."""

    max_side: Annotated[
        int, _flag("Shrink pictures to so many px on the longer side; 0 leaves them.", _FILES)
    ] = 0
    image: Annotated[Literal["original", "jpg", "png"], _flag("Convert pictures.", _FILES)] = (
        "original"
    )
    multi: Annotated[
        Literal["skip", "primary", "duplicate"],
        _flag("Class folders: what becomes of an image of several classes.", _FILES),
    ] = "skip"
    unlabelled: Annotated[
        bool, _flag("Class folders: keep images without a class in _unlabeled.", _FILES)
    ] = False
    shapes: Annotated[Literal["boxes", "polygons"], _flag("YOLO: boxes or polygons.", _FILES)] = (
        "boxes"
    )
    box_as_polygon: Annotated[
        bool, _flag("COCO: give plain boxes a polygon of four corners too.", _FILES)
    ] = False
    image_id: Annotated[
        Literal["stem", "file"], _flag("Open Images: ids without or with .jpg.", _FILES)
    ] = "stem"
    shards: Annotated[
        int, _flag("WebDataset and Parquet: least number of shards of a split.", _FILES)
    ] = 0
    safe_csv: Annotated[bool, _flag("Keep spreadsheets from running cells.", _FILES)] = False

    def options(self) -> Options:
        """Return the options of the format."""
        return Options(
            max_side=self.max_side,
            image=self.image,
            multi=self.multi,
            unlabelled=self.unlabelled,
            shapes=self.shapes,
            box_as_polygon=self.box_as_polygon,
            image_id=self.image_id,
            shards=self.shards,
            safe_csv=self.safe_csv,
        )


EVERYTHING = Choice()
PLAINLY = Writing()
