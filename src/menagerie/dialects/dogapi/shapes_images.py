"""The JSON of images: what is shown of them, how far they are, and what models saw in them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.dialects.dogapi.shapes_animals import BreedShape, CategoryShape


class GivenVoteShape(msgspec.Struct):
    """The newest vote on behalf of the person that was named."""

    id: int
    value: int | float


class GivenFavouriteShape(msgspec.Struct):
    """The favourite of the person that was named."""

    id: int


class LinksShape(msgspec.Struct):
    """Where to ask on."""

    status: str


class FoundShape(msgspec.Struct, omit_defaults=True):
    """An image in a list of public ones; without a key it has the first four fields alone."""

    id: str
    url: str
    width: int
    height: int
    breeds: list[BreedShape] | UnsetType = UNSET
    categories: list[CategoryShape] | UnsetType = UNSET
    vote: GivenVoteShape | UnsetType = UNSET
    favourite: GivenFavouriteShape | UnsetType = UNSET


class ImageShape(msgspec.Struct, omit_defaults=True, kw_only=True):
    """An image; from `sub_id` to `links` only for the account that put it in."""

    id: str
    url: str
    width: int
    height: int
    mime_type: str
    species_id: str | None
    breeds: list[BreedShape]
    categories: list[CategoryShape]
    unsafe_reasons: list[str]
    sub_id: str | UnsetType | None = UNSET
    original_filename: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    breed_ids: str | UnsetType | None = UNSET
    pending: int | UnsetType = UNSET
    approved: int | UnsetType = UNSET
    status: str | UnsetType = UNSET
    links: LinksShape | UnsetType = UNSET
    vote: GivenVoteShape | UnsetType = UNSET
    favourite: GivenFavouriteShape | UnsetType = UNSET


class StatusShape(msgspec.Struct):
    """How far the recognition of an image is."""

    id: str
    status: str
    updated_at: str


class ParentShape(msgspec.Struct):
    """What a thing is a kind of."""

    Name: str


class ThingShape(msgspec.Struct):
    """One thing that a model saw; its names are capitalised for clients that know them so."""

    Name: str
    Confidence: float
    Instances: list[Any]
    Parents: list[ParentShape]


class AnalysisShape(msgspec.Struct):
    """What a model saw in an image."""

    labels: list[ThingShape]
    moderation_labels: list[ThingShape]
    vendor: str
    image_id: str
    created_at: str
    approved: int
    rejected: int


class BreedLabelShape(msgspec.Struct):
    """One breed that was recognised; `confidence` is 0 to 1."""

    breed_id: str
    breed_name: str
    name: str
    confidence: float


class LabelsShape(msgspec.Struct):
    """The breeds that were recognised, the likeliest first."""

    image_id: str
    labels: list[BreedLabelShape]
    created_at: str


CLEAN = frozenset({"clean", "labelled"})
"""The statuses in which an image may be shown."""
WAITING = "to_be_reviewed"


def percent(probability: float) -> float:
    """Return a probability as the API writes it, 0 to 100."""
    return round(100 * probability, 4)


def thing(name: str, probability: float, parents: Sequence[str] = ()) -> ThingShape:
    """Return one thing that a model saw."""
    return ThingShape(name, percent(probability), [], [ParentShape(parent) for parent in parents])
