"""Beyond the API: what its users have long wished for, under the same path and with the same key.

Votes, faves and hides answer as the site's own buttons do; edits answer the image.
"""

from collections.abc import Callable

import msgspec

from menagerie.core import images, labels, votes
from menagerie.core.votes import Counts
from menagerie.dialects.philomena import shapes, site
from menagerie.dialects.philomena.handlers_images import renderer_of, sources_of
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text, as_texts
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_UP = {"true": 1, "1": 1, "false": -1, "0": -1}
_COUNTS = Outcome(200, "The image's counters.", shapes.CountsShape)
_BAD_VOTE = Outcome(400, "`up` is neither true nor false.", dict[str, str])
_EDIT_PARAMETERS = (
    site.IMAGE_ID,
    site.KEY,
    Parameter("image[tag_input]", "All tags, with commas.", "form"),
    Parameter(
        "image[old_tag_input]", "The tags the edit began with, to keep others' edits.", "form"
    ),
    Parameter("image[add_tags]", "Tags to add.", "form"),
    Parameter("image[remove_tags]", "Tags to take away.", "form"),
    Parameter("image[source_urls][]", "All sources.", "form"),
    Parameter("image[description]", "Description; own images only.", "form"),
)


def operations(library: Library) -> list[Operation]:
    """Return the operations that change images."""
    path = site.paths(library, "/images/{id:str}")
    one = Outcome(200, "The image as it is now.", shapes.ImageEnvelope)
    edit = _edit(library)
    return [
        *_button(library, "vote", _vote, votes.unvote),
        *_button(library, "fave", counting(votes.fave), votes.unfave),
        *_button(library, "hide", counting(votes.hide), votes.unhide),
        *(
            Operation(
                method,
                path,
                edit,
                Runs.EXECUTOR,
                summary="Change tags, sources or description; what is not sent stays.",
                parameters=_EDIT_PARAMETERS,
                outcomes=(one, *site.WRITES),
                needs_key=True,
            )
            for method in ("PATCH", "POST")
        ),
        Operation(
            "DELETE",
            path,
            _delete,
            Runs.EXECUTOR,
            summary="Delete an own image; it leaves a stub.",
            parameters=(site.IMAGE_ID, site.KEY),
            outcomes=(one, *site.WRITES),
            needs_key=True,
        ),
    ]


def _button(
    library: Library, name: str, press: Handler, undo: Callable[[Tx, int], Counts]
) -> list[Operation]:
    """Return the two operations of a button of the image page."""
    path = site.paths(library, f"/images/{{id:str}}/{name}")
    up = Parameter("up", "true or false.", "form")
    is_vote = name == "vote"
    return [
        Operation(
            "POST",
            path,
            press,
            Runs.EXECUTOR,
            summary=f"{name.capitalize()} an image; again changes nothing.",
            parameters=(site.IMAGE_ID, site.KEY, *([up] if is_vote else ())),
            outcomes=(_COUNTS, *([_BAD_VOTE] if is_vote else ()), *site.WRITES),
            needs_key=True,
        ),
        Operation(
            "DELETE",
            path,
            counting(undo),
            Runs.EXECUTOR,
            summary=f"Undo the {name}.",
            parameters=(site.IMAGE_ID, site.KEY),
            outcomes=(_COUNTS, *site.WRITES),
            needs_key=True,
        ),
    ]


def counted(counts: Counts) -> Answer:
    """Answer what an image counts to now."""
    return answers.json(
        shapes.CountsShape(counts.score, counts.faves, counts.upvotes, counts.downvotes)
    )


def counting(act: Callable[[Tx, int], Counts]) -> Handler:
    """Return a handler that does something to an image and answers what it counts to then."""

    def handler(call: Call) -> Answer:
        image_id = site.signed_in(call).path_id()
        with call.writing() as tx:
            return counted(act(tx, image_id))

    return handler


def _vote(call: Call) -> Answer:
    """POST /images/:id/vote."""
    image_id = site.signed_in(call).path_id()
    value = _UP.get(call.text("up", "true").lower())
    if value is None:
        return answers.json({}, 400)
    with call.writing() as tx:
        return counted(votes.vote(tx, image_id, value))


def _edit(library: Library) -> Handler:
    renderer = renderer_of(library)

    def handler(call: Call) -> Answer:
        """PATCH /images/:id."""
        image_id, sent = site.signed_in(call).path_id(), call.mapping("image")
        with call.writing() as tx:
            if "tag_input" in sent:
                old = as_text(sent["old_tag_input"]) if "old_tag_input" in sent else None
                labels.replace(tx, image_id, as_text(sent["tag_input"]), old)
            if "add_tags" in sent or "remove_tags" in sent:
                add, remove = as_texts(sent.get("add_tags")), as_texts(sent.get("remove_tags"))
                labels.edit(tx, image_id, add=add, remove=remove)
            if {"source_url", "sources", "source_urls"} & sent.keys():
                images.edit_sources(tx, image_id, sources_of(sent))
            if "description" in sent:
                images.edit_description(tx, image_id, as_text(sent["description"]))
        with call.reading() as tx:
            return renderer.envelope(call, tx, images.get(tx, image_id))

    return handler


def _delete(call: Call) -> Answer:
    """DELETE /images/:id."""
    image_id = site.signed_in(call).path_id()
    with call.writing() as tx:
        before = images.get(tx, image_id)
        images.delete_own(tx, image_id)
    # Once deleted, a private image is gone for its owner too; this is the last word on it.
    gone = msgspec.structs.replace(
        before, removed_at=tx.now_s, removal_reason=images.OWNER_DELETED, updated_at=tx.now_s
    )
    return answers.json(shapes.ImageEnvelope(shapes.stub(gone), []))
