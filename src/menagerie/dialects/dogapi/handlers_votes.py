"""Votes: any number on any image id, also one that is not here."""

import math
from collections.abc import Mapping
from contextlib import suppress

from menagerie.core.apps import votes
from menagerie.core.apps.votes import AppVote
from menagerie.core.images import Image
from menagerie.dialects.dogapi import opinions, shapes, shapes_apps, site
from menagerie.dialects.dogapi.shapes import SmallImageShape
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Tree
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library

_MISSING = "NOT_FOUND - there is no such vote of yours"
_FOREIGN = "INVALID_ACCOUNT - there is no such vote of yours"
_ID = Parameter("vote_id", "Number of the vote.", "path", "31098")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about votes."""
    one = site.paths(library, "/votes/{vote_id:str}")
    return (
        Operation(
            "GET",
            site.paths(library, "/votes"),
            _list,
            Runs.EXECUTOR,
            summary="List votes for the authenticated user",
            parameters=(*site.PAGES, *site.FILTERS, site.SUB_ID),
            outcomes=(Outcome(200, "A page of votes.", list[shapes_apps.VoteShape]), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/votes"),
            _create,
            Runs.EXECUTOR,
            summary="Create a vote",
            parameters=(
                *opinions.FORM,
                Parameter(
                    "value", "Any number: 1 is up, -1 and 0 are down.", "form", "1", kind="number"
                ),
            ),
            outcomes=(Outcome(201, "The vote.", shapes_apps.VoteShape), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "GET",
            one,
            _get,
            Runs.EXECUTOR,
            summary="Get a vote by ID",
            parameters=(_ID,),
            outcomes=(Outcome(200, "The vote.", shapes_apps.VoteShape), *site.READS),
        ),
        Operation(
            "DELETE",
            # Quirk: the documents of the original print the second path by mistake (spec 5.5).
            (*one, *site.paths(library, "/vote/{vote_id:str}")),
            _delete,
            Runs.EXECUTOR,
            summary="Take a vote back.",
            parameters=(_ID,),
            outcomes=(Outcome(200, "It is gone.", shapes.MessageShape), *site.WRITES),
            needs_key=True,
        ),
    )


def _list(call: Call) -> Answer:
    """GET /votes."""
    site.allow_known(call)
    paging = site.page_of(call, limit_default=opinions.LIMIT_DEFAULT, limit_max=opinions.LIMIT_MOST)
    with call.reading() as tx:
        found, total = votes.find(tx, opinions.choice(call, tx, paging))
        images = opinions.images_of(tx, [one.image_id for one in found])
    items = [shapes_apps.vote(one, _image(call, one, images)) for one in found]
    return site.paged(items, total, paging)


def _create(call: Call) -> Answer:
    """POST /votes."""
    site.require_key(call)
    sent = site.body(call)
    with call.writing() as tx:
        opinion = opinions.opinion(call, tx, sent)
        made = votes.add(tx, opinion, _value(call, sent))
        images = opinions.images_of(tx, [made.image_id])
    shape = shapes_apps.vote(made, _image(call, made, images), message="SUCCESS")
    return answers.json(shape, 201)


def _value(call: Call, sent: Tree) -> float:
    """Return the number voted; of a form, whose values are all texts, also one in a text."""
    value = sent.get("value")
    if value is None or value == "":
        raise Invalid({"value": ['INVALID_DATA "value" is required']})
    is_form = sent is call.form and call.body is not None and call.body.json is None
    taken = (int, float, str) if is_form else (int, float)
    number = math.nan
    if isinstance(value, taken) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise Invalid({"value": ['INVALID_DATA "value" must be a finite number']})
    return number


def _get(call: Call) -> Answer:
    """GET /votes/{vote_id}."""
    site.allow_known(call)
    with opinions.named(_MISSING), call.reading() as tx:
        one = votes.get(tx, call.path_id("vote_id"))
        images = opinions.images_of(tx, [one.image_id])
    user = site.user_code(call.library, one.account_id)
    return answers.json(shapes_apps.vote(one, _image(call, one, images), user=user))


def _delete(call: Call) -> Answer:
    """DELETE /votes/{vote_id}."""
    site.require_key(call)
    with opinions.named(_FOREIGN), call.writing() as tx:
        votes.remove(tx, call.path_id("vote_id"))
    return site.done()


def _image(call: Call, one: AppVote, images: Mapping[int, Image]) -> SmallImageShape:
    return site.small_image(call, images.get(one.image_id or 0))
