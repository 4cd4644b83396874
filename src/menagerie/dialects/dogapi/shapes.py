"""The dialect's JSON that all of it shares: errors, small images, and that something was done."""

import msgspec
from msgspec import UNSET, UnsetType


class ErrorShape(msgspec.Struct, omit_defaults=True):
    """An error, readable for clients of every generation of the API.

    `message` is one text, or a list of them when several fields are wrong; `code` is for programs.
    """

    statusCode: int  # noqa: N815  # the API's name
    status: int
    error: str
    message: str | list[str]
    level: str
    timestamp: str
    path: str
    code: str | UnsetType = UNSET


class SmallImageShape(msgspec.Struct, omit_defaults=True):
    """An image inside a vote or a favourite; without anything when there is none."""

    id: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class MessageShape(msgspec.Struct):
    """That something was done."""

    message: str = "SUCCESS"
