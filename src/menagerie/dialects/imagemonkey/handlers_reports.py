"""Reports: what is wrong with a picture, told to the moderators."""

from menagerie.core import images, reports
from menagerie.dialects.imagemonkey import shapes, site
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operation that takes reports."""
    return (
        Operation(
            "POST",
            site.paths(library, "/v1/report/{uuid:str}"),
            _report,
            Runs.EXECUTOR,
            summary="Report a picture; again changes nothing.",
            parameters=(
                site.UUID,
                Parameter("reason", "What is wrong, best as `category: text`.", "form"),
            ),
            outcomes=(Outcome(200, "It was taken.", shapes.ReportShape), *site.WRITES),
        ),
    )


def _report(call: Call) -> Answer:
    """POST /v1/report/:uuid."""
    site.crowd_limit(call)
    reason = site.sent_fields(call, "reason").get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise Invalid({"reason": ["is missing or empty"]})
    with call.writing() as tx:
        image_id = site.image_of(tx, call.text("uuid"))
        count = reports.report(tx, image_id, reason.strip())
        key = images.key_of(tx, image_id)
    return answers.json(shapes.ReportShape(key, count))
