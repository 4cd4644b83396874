"""Favourites: one per account, image id and person."""

import msgspec

from menagerie.core.apps import favourites
from menagerie.core.apps.favourites import AppFavourite
from menagerie.dialects.dogapi import opinions, rendering, shapes, shapes_apps, site
from menagerie.errors import Invalid, Taken
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_DUPLICATE = "DUPLICATE_FAVOURITE - favourites are unique for account + image_id + sub_id"
_MISSING = "NOT_FOUND - there is no such favourite of yours"
_FOREIGN = "INVALID_ACCOUNT - there is no such favourite of yours"
_ID = Parameter("id", "Number of the favourite.", "path", "2318")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about favourites."""
    every = site.paths(library, "/favourites")
    one = site.paths(library, "/favourites/{id:str}")
    return (
        Operation(
            "GET",
            every,
            _list,
            Runs.EXECUTOR,
            summary="List favourites for the authenticated user",
            parameters=(
                *site.PAGES,
                *site.FILTERS,
                site.SUB_ID,
                Parameter("image_id", "Only those of this image."),
                Parameter("account_id", "Those of another account; for administrators."),
                Parameter("is_deleted", "Deleted ones too."),
                Parameter("attach_image", "All of each image rather than its id and address."),
            ),
            outcomes=(
                Outcome(200, "A page of favourites.", list[shapes_apps.FavouriteShape]),
                *site.READS,
            ),
        ),
        Operation(
            "POST",
            every,
            _create,
            Runs.EXECUTOR,
            summary="Create a favourite for the authenticated user",
            parameters=(
                *opinions.FORM,
                Parameter("client_ip_address", "The same as ip_address.", "form"),
            ),
            outcomes=(Outcome(201, "The favourite.", shapes_apps.FavouriteShape), *site.WRITES),
        ),
        Operation(
            "GET",
            one,
            _get,
            Runs.EXECUTOR,
            summary="Retrieve a favourite by identifier",
            parameters=(_ID,),
            outcomes=(Outcome(200, "The favourite.", shapes_apps.FavouriteShape), *site.READS),
        ),
        Operation(
            "DELETE",
            one,
            _delete,
            Runs.EXECUTOR,
            summary="Delete a favourite",
            parameters=(_ID,),
            outcomes=(Outcome(200, "It is gone.", shapes.MessageShape), *site.WRITES),
        ),
    )


def _list(call: Call) -> Answer:
    """GET /favourites."""
    site.allow_known(call)
    paging = site.page_of(call, limit_default=opinions.LIMIT_DEFAULT, limit_max=opinions.LIMIT_MOST)
    with_deleted = site.flag(call, "is_deleted", default=False)
    is_whole = site.flag(call, "attach_image", default=False)
    with call.reading() as tx:
        choice = msgspec.structs.replace(
            opinions.choice(call, tx, paging),
            image_ref=site.text_of(call, "image_id") or None,
            account_id=opinions.account_asked_for(call),
        )
        found, total = favourites.find(tx, choice, with_deleted=with_deleted)
        items = _shapes(call, tx, found, is_whole=is_whole)
    return site.paged(items, total, paging)


def _shapes(
    call: Call, tx: Tx, found: list[AppFavourite], *, is_whole: bool = False, message: str = ""
) -> list[shapes_apps.FavouriteShape]:
    images = opinions.images_of(tx, [one.image_id for one in found])
    shown: dict[int, object] = {}
    if is_whole:
        shown |= zip(images, rendering.images(call, tx, list(images.values())), strict=True)
    return [
        shapes_apps.favourite(
            one,
            shown.get(one.image_id or 0) or site.small_image(call, images.get(one.image_id or 0)),
            user=site.user_code(call.library, one.account_id),
            **({"message": message} if message else {}),
        )
        for one in found
    ]


def _create(call: Call) -> Answer:
    """POST /favourites."""
    site.allow_known(call)
    sent = site.body(call)
    with call.writing() as tx:
        opinion = opinions.opinion(call, tx, sent)
        try:
            made = favourites.add(tx, opinion)
        except Taken as error:
            raise Invalid({"image_id": [_DUPLICATE]}) from error
        (shape,) = _shapes(call, tx, [made], message="SUCCESS")
    return answers.json(shape, 201)


def _get(call: Call) -> Answer:
    """GET /favourites/{id}."""
    site.allow_known(call)
    with opinions.named(_MISSING), call.reading() as tx:
        (shape,) = _shapes(call, tx, [favourites.get(tx, call.path_id())])
    return answers.json(shape)


def _delete(call: Call) -> Answer:
    """DELETE /favourites/{id}."""
    site.allow_known(call)
    with opinions.named(_FOREIGN), call.writing() as tx:
        favourites.remove(tx, call.path_id())
    return site.done()
