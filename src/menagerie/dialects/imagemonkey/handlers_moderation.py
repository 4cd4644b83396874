"""Reviews of donations and reports, by the operator's programs and by moderators.

A program sends `X-Client-Id` and `X-Client-Secret`; a moderator's token does as well.
"""

from menagerie.core import images, label_keys, reports, reviewing
from menagerie.core.images import Image
from menagerie.core.reports import Action
from menagerie.core.reviewing import Decision
from menagerie.dialects.imagemonkey import files, site
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey.shapes import PROVIDER
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Malformed, as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.storage.blobs import MEDIA_TYPES

_DECISIONS = {
    "good": Decision.APPROVE,
    # Quirk: accepted, and nothing happens (spec 11).
    "bad": Decision.NONE,
    "delete": Decision.REMOVE,
    "quarantine": Decision.QUARANTINE,
}
_VERDICTS = {"accept": True, "reject": False}
MOST_IN_BATCH = 500
_LIMIT = Parameter("limit", "How many, 20 when missing, at most 500.", example="20")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations of reviewers."""
    may_not = (site.UNAUTHENTICATED, site.NOT_ALLOWED)
    decided = Outcome(201, "Done; null.", type(None))
    # Long because it is a table: what is mounted and documented stands here and nowhere else.
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/internal/unverified-donations"),
            _list,
            Runs.EXECUTOR,
            summary="Pictures that wait for a review, the oldest first.",
            parameters=(
                Parameter("image_provider", "donation; nothing comes from elsewhere."),
                Parameter("shuffle", "true: any of them."),
                _LIMIT,
            ),
            outcomes=(
                Outcome(200, "The pictures.", shapes.LockedImagesShape),
                *may_not,
                *site.READS,
            ),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/unverified/donation/{uuid:str}"),
            _serve,
            Runs.EXECUTOR,
            summary="The bytes of a picture that may wait for a review.",
            parameters=(site.UUID,),
            outcomes=(
                *(Outcome(200, "The picture.", media_type=t) for t in MEDIA_TYPES.values()),
                *(Outcome(206, "A part of it.", media_type=t) for t in MEDIA_TYPES.values()),
                Outcome(302, "It is elsewhere.", media_type=answers.JSON),
                Outcome(304, "It has not changed."),
                *(Outcome(416, "No such part.", media_type=t) for t in MEDIA_TYPES.values()),
                *may_not,
                *site.READS,
            ),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/unverified/donation/{uuid:str}/{action:str}"),
            _decide,
            Runs.EXECUTOR,
            summary="Decide about a picture, whether it waits or not.",
            parameters=(
                site.UUID,
                Parameter("action", "good, bad, delete or quarantine.", "path", "good"),
            ),
            outcomes=(decided, *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "PATCH",
            site.paths(library, "/v1/unverified/donation"),
            _decide_many,
            Runs.EXECUTOR,
            summary=f"Decide about up to {MOST_IN_BATCH} pictures: all of them, or none.",
            outcomes=(Outcome(204, "Done."), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/internal/reports"),
            _list_reports,
            Runs.EXECUTOR,
            summary="Reports that nobody has decided, the oldest first.",
            parameters=(_LIMIT, Parameter("offset", "How many to pass over.")),
            outcomes=(
                Outcome(200, "The reports.", shapes.OpenReportsShape),
                *may_not,
                *site.READS,
            ),
            needs_key=True,
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/internal/reports/{uuid:str}/{verdict:str}"),
            _resolve,
            Runs.EXECUTOR,
            summary="Decide all open reports of a picture.",
            parameters=(
                site.UUID,
                Parameter("verdict", "accept or reject.", "path", "accept"),
                Parameter("action", "remove (the default), quarantine or none.", "form"),
                Parameter("reason", "What its stub says.", "form"),
            ),
            outcomes=(decided, *site.WRITES),
            needs_key=True,
        ),
    )


def _reviewer(call: Call) -> Actor:
    """Return the moderator or the machine that calls. Raises Unauthenticated."""
    return call.actor if call.actor.is_moderator else site.require_machine(call)


def _there(tx: Tx, text: str) -> Image:
    """Return an image that was not removed; raises as `_image_id` does."""
    image = images.get(tx, _image_id(tx, text))
    site.require_there(image)
    return image


def _image_id(tx: Tx, text: str) -> int:
    """Return the id of an image; raises NotFound, and Malformed for what is no UUID."""
    if not label_keys.is_uuid(text):
        raise Malformed("that is no UUID")
    return images.id_of_key(tx, text)


def _list(call: Call) -> Answer:
    """GET /v1/internal/unverified-donations."""
    reviewer = _reviewer(call)
    limit = site.number(call, "limit", 20, most=MOST_IN_BATCH)
    if call.text("image_provider") not in {"", PROVIDER}:
        return answers.json(shapes.LockedImagesShape([], 0))
    with call.reading(reviewer) as tx:
        found, total = reviewing.unverified(tx, limit=limit, shuffle=site.flag(call, "shuffle"))
    waiting = [shapes.locked(one.image, one.labels) for one in found]
    return answers.json(shapes.LockedImagesShape(waiting, total))


def _serve(call: Call) -> Answer:
    """GET /v1/unverified/donation/:uuid."""
    with call.reading(_reviewer(call)) as tx:
        image = _there(tx, call.text("uuid"))
    return files.serve(call, image)


def _decide(call: Call) -> Answer:
    """POST /v1/unverified/donation/:uuid/:action."""
    reviewer = _reviewer(call)
    decision = _DECISIONS.get(call.text("action"))
    if decision is None:
        raise NotFound
    with call.writing(reviewer) as tx:
        reviewing.decide(tx, _there(tx, call.text("uuid")).id, decision)
    return site.null(201)


def _decide_many(call: Call) -> Answer:
    """PATCH /v1/unverified/donation."""
    reviewer = _reviewer(call)
    sent = site.sent_list(call)
    if len(sent) > MOST_IN_BATCH or not all(isinstance(one, dict) for one in sent):
        raise Invalid({"body": [f"must be a list of at most {MOST_IN_BATCH} objects"]})
    words = {as_text(one.get("action")) for one in sent}
    if words - _DECISIONS.keys():
        raise Invalid({"action": [f"must be one of {', '.join(_DECISIONS)}"]})
    with call.writing(reviewer) as tx:
        reviewing.decide_many(
            tx,
            [
                (_there(tx, as_text(one.get("uuid"))).id, _DECISIONS[as_text(one.get("action"))])
                for one in sent
            ],
        )
    return Answer(204)


def _list_reports(call: Call) -> Answer:
    """GET /v1/internal/reports."""
    reviewer = _reviewer(call)
    limit = site.number(call, "limit", 20, most=MOST_IN_BATCH)
    offset = site.number(call, "offset", 0)
    with call.reading(reviewer) as tx:
        found, total = reports.find_open(tx, limit=limit, offset=offset)
        keys = {image.id: image.key for image in images.find_many(tx, [r.image_id for r in found])}
    told = [
        shapes.OpenReportShape(
            uuid=keys[one.image_id],
            category=one.category,
            reason=one.reason,
            created_at=one.created_at // SECOND,
        )
        for one in found
        if one.image_id in keys
    ]
    return answers.json(shapes.OpenReportsShape(told, total))


def _resolve(call: Call) -> Answer:
    """POST /v1/internal/reports/:uuid/:verdict."""
    reviewer = _reviewer(call)
    accept = _VERDICTS.get(call.text("verdict"))
    if accept is None:
        raise NotFound
    sent = site.sent_fields(call, "action", "reason", may_be_empty=True)
    with call.writing(reviewer) as tx:
        reports.resolve(
            tx,
            _image_id(tx, call.text("uuid")),
            accept=accept,
            action=as_text(sent.get("action")) or Action.REMOVE,
            reason=as_text(sent.get("reason")),
        )
    return site.null(201)
