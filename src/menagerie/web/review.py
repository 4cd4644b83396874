"""Pictures that wait for a moderator, to decide about many at once, and what was decided lately."""

from menagerie.core import reviewing, staff_log
from menagerie.errors import Invalid
from menagerie.http.answers import Answer
from menagerie.http.parameters import as_texts, leading_integer
from menagerie.library import Tx
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import PER_PAGE, Visit

_NOTICES = {"approve": "approved", "reject": "rejected", "quarantine": "quarantined"}


def queue(visit: Visit) -> Answer:
    """Show the images that wait for review, the oldest first, and what was decided lately."""
    number = visit.page_number()
    with visit.reading() as tx:
        waiting, total = reviewing.unverified(tx, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        log = staff_log.find(tx, limit=20)
    return visit.page(
        "queue.html",
        items=[(shapes.picture(one.image), one.image, one.labels) for one in waiting],
        total=total,
        log=log,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url("/moderation/uploads", page=n)),
    )


def decide(visit: Visit) -> Answer:
    """Approve, reject or quarantine an image that waits."""
    decision = _decision(visit)
    with visit.writing() as tx:
        _decide(tx, visit.call.path_id(), decision, visit.form("reason"))
    return visit.go("/moderation/uploads", _NOTICES[decision])


def decide_many(visit: Visit) -> Answer:
    """Decide the same about all images whose boxes were ticked, or about none."""
    decision = _decision(visit)
    ticked = map(leading_integer, as_texts(visit.call.form.get("image")))
    ids = [image_id for image_id in ticked if image_id is not None]
    with visit.writing() as tx:
        for image_id in ids:
            _decide(tx, image_id, decision, visit.form("reason"))
    return visit.go("/moderation/uploads", _NOTICES[decision] if ids else "")


def _decision(visit: Visit) -> str:
    decision = visit.form("decision")
    if decision not in _NOTICES:
        raise Invalid({"decision": [marked("must be approve, reject or quarantine")]})
    return decision


def _decide(tx: Tx, image_id: int, decision: str, reason: str) -> None:
    if decision == "approve":
        reviewing.approve(tx, image_id)
    elif decision == "reject":
        reviewing.reject(tx, image_id, reason)
    else:
        reviewing.quarantine(tx, image_id, reason)
