"""What scripts on the pages of a board call: its buttons, and looking for pictures at an address.

They come with the session of the page and the token in its head; a key does as well. The web face
has forms at the same paths: what is sent as JSON is meant for here.
"""

from collections.abc import Callable, Mapping

from litestar.types import Scope
from msgspec import Struct

from menagerie.core import votes
from menagerie.core.votes import Counts
from menagerie.dialects.philomena import site
from menagerie.dialects.philomena.handlers_edits import counted, counting
from menagerie.errors import Conflict, Forbidden, Invalid
from menagerie.http import answers, sessions
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Door, ErrorAnswer, Handler, Identify, Operation, Runs
from menagerie.library import Actor, Library, Tx
from menagerie.media import fetch, scraping

NO_URL, BAD_URL = "A URL must be provided.", "The URL is invalid."
NO_IMAGES = "No images found at that URL."


class FoundImage(Struct):
    """A picture at an address; `camo_url` is the same, as nothing is fetched through us."""

    url: str
    camo_url: str


class ScrapedShape(Struct):
    """What is at an address."""

    source_url: str
    description: str
    author_name: str
    images: list[FoundImage]


def door(
    library: Library,
    errors: Mapping[type[Exception], ErrorAnswer],
    identify: Identify,
) -> Door:
    """Return the door; `identify` knows the owners of keys."""
    prefix = site.prefix_of(library.settings)
    scrape = prefix + "/images/scrape"
    operations = [
        *_button(prefix, "vote", _vote, votes.unvote),
        *_button(prefix, "fave", counting(votes.fave), votes.unfave),
        *_button(prefix, "hide", counting(votes.hide), votes.unhide),
        Operation("POST", (scrape,), _scrape, Runs.LONG, is_documented=False),
    ]
    return Door(
        name="philomena pages",
        title="Philomena",
        prefixes=(scrape,),
        operations=operations,
        identify=_identified(identify),
        errors={**errors, Conflict: lambda _error, _call: answers.json({}, 409)},
    )


def _identified(by_key: Identify) -> Identify:
    def identify(call: Call) -> Actor:
        """Return the owner of a key, else of the session that proves itself by its token."""
        actor = None if call.text("key") else sessions.actor_of(call)
        if actor is None:
            return by_key(call)
        if not sessions.has_token(call):
            raise Forbidden("the token of the page is missing or wrong")
        return actor

    return identify


def _is_json(scope: Scope) -> bool:
    """Tell whether a script sends this, and no form."""
    kinds = (value for name, value in scope["headers"] if name == b"content-type")
    return next(kinds, b"").partition(b";")[0].strip().lower() == b"application/json"


def _button(
    prefix: str, name: str, press: Handler, undo: Callable[[Tx, int], Counts]
) -> list[Operation]:
    path = (f"{prefix}/images/{{id:str}}/{name}",)
    return [
        Operation("POST", path, press, Runs.EXECUTOR, is_documented=False, claims=_is_json),
        Operation("DELETE", path, counting(undo), Runs.EXECUTOR, is_documented=False),
    ]


def _vote(call: Call) -> Answer:
    """POST /images/:id/vote with true or false for `up`."""
    image_id = site.signed_in(call).path_id()
    value = {"true": 1, "false": -1}.get(call.text("up").lower())
    if value is None:
        return answers.json({}, 400)
    with call.writing() as tx:
        return counted(votes.vote(tx, image_id, value))


def _scrape(call: Call) -> Answer:
    """POST /images/scrape."""
    url, settings = site.signed_in(call).text("url").strip(), call.library.settings
    if not url:
        return _refused(NO_URL)
    try:
        fetch.check(url)
    except Invalid:
        return _refused(BAD_URL)
    try:
        found = scraping.scrape(
            url, timeout_s=settings.fetch_timeout, allow_private=settings.fetch_private
        )
    except Invalid:
        return _refused(NO_IMAGES)
    if not found.images:
        return _refused(NO_IMAGES)
    images = [FoundImage(one, one) for one in found.images]
    shape = ScrapedShape(found.source_url, found.description, found.author_name, images)
    return answers.json(shape)


def _refused(text: str) -> Answer:
    return answers.json({"errors": [text]}, 422)
