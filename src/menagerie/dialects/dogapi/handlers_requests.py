"""Requests to make own images public."""

from menagerie.core import short_ids
from menagerie.core.apps import requests
from menagerie.core.apps.requests import PublicRequest
from menagerie.dialects.dogapi import opinions, shapes_apps, site
from menagerie.errors import NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_MISSING = "NOT_FOUND Couldn't find an image matching the passed 'id' of "


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about public requests."""
    paths = site.paths(library, "/images/{id:str}/public-requests")
    return (
        Operation(
            "POST",
            paths,
            _create,
            Runs.EXECUTOR,
            summary="Request an image to be made public",
            parameters=(
                site.IMAGE_ID,
                Parameter("request_message", "Why, in at most 500 characters.", "form"),
            ),
            outcomes=(Outcome(201, "The request.", shapes_apps.RequestShape), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "DELETE",
            paths,
            _cancel,
            Runs.EXECUTOR,
            summary="Cancel a pending public request",
            parameters=(site.IMAGE_ID,),
            outcomes=(Outcome(200, "The request.", shapes_apps.RequestShape), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/images/{id:str}/public-requests/status"),
            _status,
            Runs.EXECUTOR,
            summary="Get the public request status for an image",
            parameters=(site.IMAGE_ID,),
            outcomes=(
                Outcome(
                    200,
                    "The request, or that there was none.",
                    (shapes_apps.RequestShape, shapes_apps.NoRequestShape),
                ),
                *site.READS,
            ),
            needs_key=True,
        ),
    )


def _create(call: Call) -> Answer:
    """POST /images/{imageId}/public-requests."""
    site.require_key(call)
    message = as_text(site.body(call).get("request_message"))
    with call.writing() as tx:
        made = requests.create(tx, _image_id(tx, call), message)
        shape = _shape(call, tx, made)
    return answers.json(shape, 201)


def _cancel(call: Call) -> Answer:
    """DELETE /images/{imageId}/public-requests."""
    site.require_key(call)
    with call.writing() as tx:
        cancelled = requests.cancel(tx, _image_id(tx, call))
        return answers.json(_shape(call, tx, cancelled))


def _status(call: Call) -> Answer:
    """GET /images/{imageId}/public-requests/status."""
    site.require_key(call)
    code = call.text("id")
    image_id = short_ids.decode(call.library, code.strip()) or 0
    with opinions.named(_MISSING + code), call.reading() as tx:
        newest = requests.latest(tx, image_id)
        if newest is None:
            return answers.json(shapes_apps.NoRequestShape())
        return answers.json(_shape(call, tx, newest))


def _image_id(tx: Tx, call: Call) -> int:
    code = call.text("id")
    image_id = site.image_ref(tx, code)
    if image_id is None:
        raise NotFound(_MISSING + code)
    return image_id


def _shape(call: Call, tx: Tx, request: PublicRequest) -> shapes_apps.RequestShape:
    found = opinions.images_of(tx, [request.image_id])
    code = site.image_code(call.library, request.image_id)
    return shapes_apps.request(
        request,
        image_code=code,
        account_code=short_ids.account_code(call.library, request.account_id),
        image=site.small_image(call, found.get(request.image_id) or site.image_shown(tx, code)),
    )
