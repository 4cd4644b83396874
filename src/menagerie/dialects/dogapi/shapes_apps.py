"""The JSON of votes, favourites, accounts and requests, as pure functions of core values."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from menagerie.core.apps.favourites import AppFavourite
from menagerie.core.apps.quotas import Quota
from menagerie.core.apps.requests import PublicRequest
from menagerie.core.apps.usage import Overview, PersonUsage
from menagerie.core.apps.votes import AppVote
from menagerie.dialects.dogapi import site
from menagerie.dialects.dogapi.shapes import SmallImageShape

# Beyond it, a whole number is not exact as a floating one, and is written as such.
_EXACT = 2**53


class VoteShape(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A vote; `user_id` in answers about one alone, `message` where it was just given."""

    id: int
    user_id: str | UnsetType = UNSET
    image_id: str
    sub_id: str | None
    created_at: str
    value: int | float
    country_code: str | None
    image: SmallImageShape
    message: str | UnsetType = UNSET


class FavouriteShape(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A favourite; `image` is all of the image where that was asked for."""

    id: int
    user_id: str
    image_id: str
    sub_id: str | None
    created_at: str
    image: Any
    is_deleted: bool | UnsetType = UNSET
    message: str | UnsetType = UNSET


class QuotaShape(msgspec.Struct):
    """Uploads of this month."""

    quota: int
    usage: int
    remaining: int


class OverviewShape(msgspec.Struct):
    """What an account has here."""

    account_id: str
    images: int
    votes: int
    favourites: int
    pets: int
    sub_ids: int
    quota: QuotaShape
    created_at: str
    last_request_at: str | None


class SubIdShape(msgspec.Struct):
    """What was done on behalf of one person."""

    sub_id: str
    images: int
    votes: int
    favourites: int
    pets: int
    total: int
    first_used_at: str
    last_used_at: str


class RequestShape(msgspec.Struct):
    """A request to make an image public."""

    id: str
    image_id: str
    account_id: str
    status: str
    request_message: str | None
    admin_message: str | None
    actioned_by_email: str | None
    actioned_at: str | None
    created_at: str
    updated_at: str
    image: SmallImageShape


class NoRequestShape(msgspec.Struct):
    """That nobody asked for an image to be public."""

    status: str = "none"


def number(value: float) -> int | float:
    """Return a number as it was sent: whole ones as such.

    >>> number(3.0), number(2.5), number(1e300)
    (3, 2.5, 1e+300)
    """
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


def vote(
    one: AppVote,
    image: SmallImageShape,
    *,
    user: str | UnsetType = UNSET,
    message: str | UnsetType = UNSET,
) -> VoteShape:
    """Return a vote as JSON."""
    return VoteShape(
        id=one.id,
        user_id=user,
        image_id=one.image_ref,
        sub_id=one.on_behalf_of,
        created_at=site.time(one.created_at),
        value=number(one.value),
        country_code=one.country_code,
        image=image,
        message=message,
    )


def favourite(
    one: AppFavourite,
    image: object,
    *,
    user: str,
    message: str | UnsetType = UNSET,
) -> FavouriteShape:
    """Return a favourite as JSON."""
    return FavouriteShape(
        id=one.id,
        user_id=user,
        image_id=one.image_ref,
        sub_id=one.on_behalf_of,
        created_at=site.time(one.created_at),
        image=image,
        is_deleted=UNSET if one.deleted_at is None else True,
        message=message,
    )


def quota(one: Quota) -> QuotaShape:
    """Return a quota as JSON."""
    return QuotaShape(one.quota, one.usage, one.remaining)


def overview(one: Overview, code: str) -> OverviewShape:
    """Return what an account has here as JSON."""
    return OverviewShape(
        account_id=code,
        images=one.images,
        votes=one.votes,
        favourites=one.favourites,
        pets=one.pets,
        sub_ids=one.people,
        quota=quota(one.quota),
        created_at=site.time(one.created_at),
        last_request_at=None if one.last_request_at is None else site.time(one.last_request_at),
    )


def sub_id(one: PersonUsage) -> SubIdShape:
    """Return the use by one person as JSON."""
    return SubIdShape(
        one.on_behalf_of,
        one.images,
        one.votes,
        one.favourites,
        one.pets,
        one.total,
        site.time(one.first_used_at),
        site.time(one.last_used_at),
    )


def request(
    one: PublicRequest, *, image_code: str, account_code: str, image: SmallImageShape
) -> RequestShape:
    """Return a request as JSON."""
    return RequestShape(
        id=one.key,
        image_id=image_code,
        account_id=account_code,
        status=one.state,
        request_message=one.request_message or None,
        admin_message=one.admin_message or None,
        actioned_by_email=one.decided_by,
        actioned_at=None if one.decided_at is None else site.time(one.decided_at),
        created_at=site.time(one.created_at),
        updated_at=site.time(one.updated_at),
        image=image,
    )
