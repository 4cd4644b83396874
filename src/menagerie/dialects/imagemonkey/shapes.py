"""The dialect's JSON: how images, verdicts, rows and errors look to its clients."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core.images import Image
from menagerie.core.validations import Judged


class ErrorShape(msgspec.Struct, omit_defaults=True):
    """An error: `error` for people, `code` for programs; `uuid` is the image that exists."""

    error: str
    code: str
    request_id: str
    uuid: str | UnsetType = UNSET
    fields: Mapping[str, Sequence[str]] | UnsetType = UNSET


class DonationShape(msgspec.Struct):
    """What has been donated."""

    uuid: str
    url: str
    label: str
    sublabels: list[str]
    unlocked: bool
    width: int
    height: int
    provider: str


class CountsShape(msgspec.Struct):
    """How often a label was confirmed and denied."""

    num_yes: int
    num_no: int


class ValidateShape(msgspec.Struct):
    """An image and the label that is asked about."""

    uuid: str
    label: str
    sublabel: str
    provider: str
    url: str
    num_yes: int
    num_no: int
    probability: float
    width: int
    height: int
    unlocked: bool
    validation_uuid: str
    validations: CountsShape


class GroupShape(msgspec.Struct):
    """One label, and images that are said to show it."""

    label: str
    donations: list[ValidateShape]


class VerdictShape(msgspec.Struct):
    """What a verdict has led to."""

    uuid: str
    label: str
    sublabel: str
    num_yes: int
    num_no: int
    probability: float
    validation_uuid: str


class PictureShape(msgspec.Struct):
    """An image inside other answers; its address is whole."""

    uuid: str
    provider: str
    unlocked: bool
    url: str
    width: int
    height: int


class ValidationShape(msgspec.Struct):
    """A label of an image under its own uuid."""

    image: PictureShape
    label: str
    sublabel: str
    num_yes: int
    num_no: int
    probability: float
    uuid: str


class NameShape(msgspec.Struct):
    """A label by its name."""

    name: str


class BrowsedShape(msgspec.Struct):
    """A label of an image in a list."""

    uuid: str
    num_of_yes: int
    num_of_no: int
    image: PictureShape
    label: NameShape


class ReportShape(msgspec.Struct):
    """A report that was taken; `reports` counts the reporter's own open ones."""

    uuid: str
    reports: int


class TokenShape(msgspec.Struct):
    """A session."""

    token: str


class ApiTokenShape(msgspec.Struct):
    """An API token, shown in full only when it is made."""

    issued_at: int
    token: str
    description: str
    revoked: bool


class FlatShape(msgspec.Struct):
    """A label of an image, as `export?tags=` answers it."""

    uuid: str
    label: str
    provider: str
    url: str
    probability: float
    num_yes: int
    num_no: int


class LabelShape(msgspec.Struct):
    """A label of an image with its verdicts, in grouped rows."""

    label: str
    num_yes: int
    num_no: int


class GroupedShape(msgspec.Struct):
    """An image with its outlines and labels, as `export?query=` answers it."""

    uuid: str
    provider: str
    width: int
    height: int
    annotations: list[dict[str, Any]]
    validations: list[LabelShape]


class LabelCountShape(msgspec.Struct):
    """How many images a label is on; `label` is how queries name it."""

    label: str
    count: int


PROVIDER = "donation"


def validate(image: Image, judged: Judged, url: str, *, unlocked: bool) -> ValidateShape:
    """Return an image with one of its labels, as `/v1/validate` answers."""
    return ValidateShape(
        uuid=image.key,
        label=judged.label,
        sublabel=judged.sublabel,
        provider=PROVIDER,
        url=url,
        num_yes=judged.num_yes,
        num_no=judged.num_no,
        probability=judged.probability,
        width=image.width,
        height=image.height,
        unlocked=unlocked,
        validation_uuid=judged.key,
        validations=CountsShape(judged.num_yes, judged.num_no),
    )


def verdict(image_key: str, judged: Judged) -> VerdictShape:
    """Return what has become of a label after a verdict."""
    return VerdictShape(
        uuid=image_key,
        label=judged.label,
        sublabel=judged.sublabel,
        num_yes=judged.num_yes,
        num_no=judged.num_no,
        probability=judged.probability,
        validation_uuid=judged.key,
    )


def picture(image: Image, url: str, *, unlocked: bool) -> PictureShape:
    """Return an image as other answers hold it; `url` is absolute."""
    return PictureShape(
        uuid=image.key,
        provider=PROVIDER,
        unlocked=unlocked,
        url=url,
        width=image.width,
        height=image.height,
    )


def validation(shown: PictureShape, judged: Judged) -> ValidationShape:
    """Return a label of an image, as `/v1/validation` answers."""
    return ValidationShape(
        image=shown,
        label=judged.label,
        sublabel=judged.sublabel,
        num_yes=judged.num_yes,
        num_no=judged.num_no,
        probability=judged.probability,
        uuid=judged.key,
    )


def browsed(shown: PictureShape, judged: Judged) -> BrowsedShape:
    """Return a label of an image, as lists of validations hold it."""
    return BrowsedShape(
        uuid=judged.key,
        num_of_yes=judged.num_yes,
        num_of_no=judged.num_no,
        image=shown,
        label=NameShape(judged.name),
    )
