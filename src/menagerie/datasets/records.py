"""The canonical record of one image, which every format is written from and every import gives.

Every key is in every record and never null, so that readers which infer types agree: text is `""`,
lists are empty, and numbers that may be fractions are floats.
"""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """What the verdicts on a label come to, by the thresholds of the selection."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNDECIDED = "undecided"


class Split(StrEnum):
    """What a part of a dataset is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


UNKNOWN = -1.0
"""The probability of what nobody has worked out."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One label of an image with its verdicts."""

    name: str
    num_yes: int = 0
    num_no: int = 0
    probability: float = 0.0
    """Share of yes, 0 without verdicts."""
    probability_lower: float = 0.0
    """Lower bound of that share (Wilson, 95 %)."""
    p_dawid_skene: float = UNKNOWN
    """Posterior of yes, 0 to 1, or `UNKNOWN`."""
    status: Status = Status.UNDECIDED
    source: str = "donor"
    """Who said it first: donor, crowd, moderator, machine, import."""
    created_at: str = ""


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """One outlined thing; pixels of the exported file, origin at the top left."""

    id: int
    """From 1 on, unique in the snapshot."""
    label: str
    bbox: tuple[float, float, float, float]
    """x, y, width, height of the upright hull, clipped to the picture."""
    polygon: list[tuple[float, float]] = []
    """Empty for a plain box."""
    shape: str = "rect"
    """rect, ellipse, polygon."""
    num_yes: int = 0
    num_no: int = 0
    probability: float = 0.0
    source: str = "crowd"
    occluded: bool = False
    truncated: bool = False
    group_of: bool = False
    refinements: list[str] = []


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One image as a snapshot holds it."""

    id: str
    """UUID of the image; the stem of its file's name."""
    number: int
    """From 1 on, in the order of the ids; the same in all formats of one snapshot."""
    file_name: str
    """Relative to the file that mentions it."""
    split: str = ""
    width: int
    """px, upright, of the exported file, like everything about the file below."""
    height: int
    mime: str
    bytes: int = 0
    sha256: str = ""
    source_sha256: str = ""
    """Of the stored file, when the exported one differs from it."""
    phash: str = ""
    """16 hexadecimal digits, or empty."""
    created_at: str = ""
    """RFC 3339 in UTC, with Z."""
    labels: list[Label] = []
    tags: list[str] = []
    objects: list[Object] = []
    description: str = ""
    license: str = ""
    """SPDX name."""
    license_url: str = ""
    author: str = ""
    author_url: str = ""
    title: str = ""
    source_url: str = ""
    group: str = ""
    """Images with the same group look alike or belong together; never in different splits."""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict, in the words of crowd-kit."""

    task: str
    """UUID of the image."""
    worker: str
    """Stands for one contributor within the snapshot; empty when nobody knows."""
    label: str
    value: int
    """1 yes, 0 no."""
    at: str
    kind: str
    weight: int


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a snapshot: a record, where its file is, and the verdicts behind it."""

    record: Record
    file: str
    """Name of the blob of the published file."""
    votes: list[Vote] = []


class Class(msgspec.Struct, frozen=True, kw_only=True):
    """One class of a dataset; classes are in the order of their slugs, in all formats."""

    index: int
    """From 0 on; formats that count from 1 add one."""
    name: str
    slug: str
    key: str = ""
    """UUID of the word of the vocabulary, or empty."""
    parent: str = ""
    is_meta: bool = False


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot takes in and how it judges; frozen with it."""

    query: str = "*"
    language: str = "tags"
    """tags: the board's search language; labels: `dog & ~cat`."""
    min_probability: float = 0.8
    min_votes: int = 1
    max_probability_negative: float = 0.2
    include_undecided: bool = False
    """Keep images that have labels, but none decided."""
    include_unlabelled: bool = True
    include_tags: bool = True
    trust_donor: bool = False
    """A label without verdicts counts as positive."""
    classes: tuple[str, ...] = ()
    """Labels, or `tag:NAME` for tags of the board; none: every label of the vocabulary met."""
    licences: tuple[str, ...] = ()
    """SPDX names taken, or `any`; none: all that permit redistribution."""
    include_votes: bool = True
    seed: str = "menagerie"
    ratios: tuple[int, int, int] = (80, 10, 10)
    """Percent of train, validation and test."""
    split_method: str = "hash"
    """hash: by the group alone; stratified: every class gets its share of each split."""
    group_distance: int = 4
    """Bits in which the perceptual hashes of look-alikes may differ."""
    dedupe: bool = False
    """Keep the best of each group."""
    default_filter: bool = False
    """Leave out what the system filter Default hides."""
    split_galleries: dict[str, int] = {}
    """Galleries whose images make up a split, by its name."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot is: its header line."""

    key: str
    name: str
    version: str
    created_at: str
    selection: Selection
    generator: str
    description: str = ""
    previous: str = ""
    """Name and version of the snapshot it follows."""
    site_name: str = ""
    is_live: bool = False
    """Made for one export, and not kept."""
    counts: dict[str, int] = {}
    classes: list[Class] = []
    alphas: dict[str, float] = {}
    """Krippendorff's alpha by label, where it is defined."""
    withdrawn: list[str] = []
    """UUIDs that the snapshot before had and that were taken back since."""
