"""Refining: saying properties of shapes, and answering the questions that are asked about them."""

from typing import Any

from menagerie.core import annotations, find, images, quizzes, refinements
from menagerie.core.refinements import Target
from menagerie.dialects.imagemonkey import shapes_annotations as outlines
from menagerie.dialects.imagemonkey import site
from menagerie.dialects.imagemonkey.handlers_annotations import limit_of, pictures, query_of
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about refinements and quizzes."""
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/refine"),
            _browse,
            Runs.EXECUTOR,
            summary="Shapes, and what has been said of them: one, or those that a query finds.",
            parameters=(
                site.QUERY,
                Parameter("annotation_data_id", "UUID of a shape, instead of a query."),
                Parameter("shuffle", "true: in any order."),
                Parameter("limit", "At most so many, 100 when missing.", example="20"),
            ),
            outcomes=(Outcome(200, "The shapes.", list[outlines.RefineShape]), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/annotation/{uuid:str}/refine/{shape:str}"),
            _refine,
            Runs.EXECUTOR,
            summary="Say properties of a shape; the same again counts once more.",
            parameters=(
                Parameter("uuid", "UUID of the set of shapes.", "path"),
                Parameter("shape", "UUID of the shape.", "path"),
            ),
            outcomes=(Outcome(201, "Done; the body is null.", None.__class__), *site.WRITES),
        ),
        Operation(
            "PATCH",
            site.paths(library, "/v1/refine"),
            _refine_many,
            Runs.EXECUTOR,
            summary="Say properties of many shapes: all of them, or none.",
            outcomes=(Outcome(204, "Done."), *site.WRITES),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/quiz-refine"),
            _ask,
            Runs.EXECUTOR,
            summary="A question about a shape that nobody has answered.",
            outcomes=(Outcome(200, "The question.", outlines.QuizShape), *site.READS),
        ),
    )


def _browse(call: Call) -> Answer:
    """GET /v1/refine."""
    key, query = call.text("annotation_data_id").strip(), call.text("query").strip()
    if bool(key) == bool(query):
        raise Invalid({"query": ["or annotation_data_id must be given, and not both"]})
    with call.reading() as tx:
        found = _one(tx, key) if key else _matching(tx, call)
        shown = pictures(tx, call, [target.annotation.image_id for target in found])
    return answers.json(
        [
            outlines.refine(shown[target.annotation.image_id], target)
            for target in found
            if target.annotation.image_id in shown
        ]
    )


def _one(tx: Tx, key: str) -> list[Target]:
    target = refinements.get(tx, key)
    site.open_image(tx, target.annotation.image_id)
    return [target]


def _matching(tx: Tx, call: Call) -> list[Target]:
    node = find.parse_expression(tx, query_of(call))
    return refinements.find(tx, node, limit=limit_of(call), shuffles=site.flag(call, "shuffle"))


def _refine(call: Call) -> Answer:
    """POST /v1/annotation/:uuid/refine/:shape."""
    keys = [_text(one, i, "label_uuid") for i, one in enumerate(site.sent_list(call))]
    site.crowd_limit(call)
    try:
        with call.writing() as tx:
            refinements.add(tx, _shape_in(tx, call.text("uuid"), call.text("shape")), keys)
    except NotFound:
        return site.error(call, 400, "not_found", "There is no such shape in this set.")
    return site.null(201)


def _shape_in(tx: Tx, key: str, shape_key: str) -> str:
    """Return the UUID of a shape of this set; raises NotFound for any other."""
    known = {shape.key for shape in annotations.get(tx, key).shapes}
    if shape_key.lower() not in known:
        raise NotFound
    return shape_key.lower()


def _refine_many(call: Call) -> Answer:
    """PATCH /v1/refine."""
    said = [
        (_text(one, i, "annotation_data_uuid").lower(), _text(one, i, "label_uuid"))
        for i, one in enumerate(site.sent_list(call))
    ]
    site.crowd_limit(call)
    with call.writing() as tx:
        refinements.add_many(tx, said)
    return Answer(204)


def _text(one: Any, place: int, name: str) -> str:
    """Return a member of an object in a list; raises Invalid that names the place."""
    text = as_text(one.get(name)).strip() if isinstance(one, dict) else ""
    if not text:
        raise Invalid({f"[{place}].{name}": ["is missing"]})
    return text


def _ask(call: Call) -> Answer:
    """GET /v1/quiz-refine."""
    with call.reading() as tx:
        found = quizzes.pick(tx)
        if found is None:
            return site.nothing(call, 422)
        key = images.key_of(tx, found.target.annotation.image_id)
    return answers.json(outlines.quiz(found, key))
