"""Pictures that only their owner sees: asking that one be public, and the staff's answer."""

import msgspec

from menagerie.core import image_files, images
from menagerie.core.apps import requests
from menagerie.core.apps.requests import PublicRequest
from menagerie.core.images import Image
from menagerie.errors import Invalid, NotFound, Taken
from menagerie.http import media
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.library import Tx
from menagerie.storage.schema import Audience, RequestState, Review
from menagerie.web import recognised, shapes
from menagerie.web.render import url
from menagerie.web.texts import REQUEST_STATES, marked
from menagerie.web.visit import PER_PAGE, Form, Visit

_DECISIONS = {"approve": True, "deny": False}


class Own(msgspec.Struct, frozen=True):
    """A picture that nobody else sees, the newest request about it, and what may be done."""

    picture: shapes.Picture
    image: Image
    request: PublicRequest | None
    report: recognised.Report | None
    may_ask: bool


class Asked(msgspec.Struct, frozen=True):
    """A request in the queue with the picture it is about; `src` is where staff see it."""

    request: PublicRequest
    picture: shapes.Picture
    src: str
    image: Image
    report: recognised.Report | None


# The owner's side.


def page(visit: Visit) -> Answer:
    """Show the visitor's pictures that nobody else sees."""
    return _page(visit, {}, 200)


def _page(visit: Visit, forms: dict[int, Form], status: int) -> Answer:
    number = visit.page_number()
    with visit.reading() as tx:
        start = (number - 1) * PER_PAGE
        ids, total = requests.find_unseen(tx, limit=PER_PAGE, offset=start)
        items = [_own(tx, image) for image in images.find_many(tx, ids)]
    return visit.page(
        "private.html",
        status,
        items=items,
        forms=forms,
        total=total,
        states=REQUEST_STATES,
        most=requests.MOST_CHARACTERS,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url("/private", page=n)),
    )


def _own(tx: Tx, image: Image) -> Own:
    is_private = image.audience == Audience.PRIVATE
    request = requests.latest(tx, image.id) if is_private else None
    is_open = request is not None and request.state == RequestState.PENDING
    return Own(
        picture=shapes.picture(image),
        image=image,
        request=request,
        report=recognised.of(tx, image),
        may_ask=is_private and image.review == Review.APPROVED and not is_open,
    )


def ask(visit: Visit) -> Answer:
    """Ask that a private picture be public."""
    image_id = visit.call.path_id()
    try:
        with visit.writing() as tx:
            requests.create(tx, image_id, visit.form("message"))
    except Taken:
        return visit.go("/private")
    except Invalid as error:
        texts = [text for found in error.fields.values() for text in found]
        form = visit.sent(error=Invalid({"message": texts}))
        return _page(visit, {image_id: form}, 422)
    return visit.go("/private", "asked")


def cancel(visit: Visit) -> Answer:
    """Take a request back."""
    with visit.writing() as tx:
        requests.cancel(tx, visit.call.path_id())
    return visit.go("/private", "saved")


# The staff's side.


def queue(visit: Visit) -> Answer:
    """Show the requests that wait, the oldest first."""
    number = visit.page_number()
    with visit.reading() as tx:
        found, total = requests.find(tx, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
        items = [item for request in found for item in _asked(tx, request)]
    return visit.page(
        "requests.html",
        items=items,
        total=total,
        pages=shapes.pages(number, total, PER_PAGE, lambda n: url("/moderation/requests", page=n)),
    )


def _asked(tx: Tx, request: PublicRequest) -> list[Asked]:
    try:
        image = requests.picture(tx, request.key)
    except NotFound:
        return []
    shown = shapes.picture(image)
    src = f"/moderation/requests/{request.key}/picture"
    return [Asked(request, shown, src, image, recognised.of(tx, image))]


def picture(call: Call) -> Answer:
    """Answer the picture of a request to staff, whom its owner has shown it by asking."""
    with call.reading() as tx:
        image = requests.picture(tx, call.text("key"))
    name = shapes.file(image, "medium").href.rpartition("/")[2].partition("?")[0]
    is_whole = name.startswith("full.")
    file = image_files.full(image) if is_whole else image_files.representation(image, name)
    return media.serve(call, media.File(name=file, is_final=False, is_public=False))


def decide(visit: Visit) -> Answer:
    """Make the picture of a request public, or not, and tell its owner why."""
    decision = visit.form("decision")
    if decision not in _DECISIONS:
        raise Invalid({"decision": [marked("must be approve or deny")]})
    with visit.writing() as tx:
        requests.decide(
            tx,
            visit.call.text("key"),
            approve=_DECISIONS[decision],
            message=visit.form("reason"),
        )
    return visit.go("/moderation/requests", "saved")
