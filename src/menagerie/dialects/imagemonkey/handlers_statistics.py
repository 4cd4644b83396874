"""Statistics, what happened lately, and the measures of one image."""

from collections.abc import Callable, Sequence

from menagerie.core import activity, annotations, crowd_statistics, images
from menagerie.core.activity import Event
from menagerie.core.annotations import Annotation
from menagerie.core.crowd_statistics import Point
from menagerie.core.images import Image
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.dialects.imagemonkey import site
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_PERIOD = Parameter("period", "last-month; there is no other.", example="last-month")


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations that tell what was done."""
    days = (
        ("donations", crowd_statistics.donations, "Pictures donated on each day."),
        ("annotations", crowd_statistics.annotations, "Labels outlined on each day."),
        ("validations", crowd_statistics.verdicts, "Verdicts given on each day."),
        (
            "annotations/refinements",
            crowd_statistics.refinements,
            "Properties said of outlines on each day.",
        ),
    )
    series = Outcome(200, "Every day of the period.", shapes.PeriodShape)
    completed = Outcome(200, "Each label.", list[shapes.CompletionShape])
    return (
        _get(library, "/v1/statistics", _statistics, "Everything, counted.",
             Outcome(200, "The counts.", shapes.StatisticsShape)),
        *(
            _get(library, f"/v1/statistics/{name}", _by_day(count), summary, series, _PERIOD)
            for name, count, summary in days
        ),
        _get(library, "/v1/statistics/annotated", _annotated,
             "How far each label is outlined, the most finished first.", completed),
        _get(library, "/v1/statistics/validated", _validated,
             "How far each label is judged, the most finished first.", completed),
        _get(library, "/v1/statistics/contributions", _contributions,
             "How everything grew, day by day.",
             Outcome(200, "The series.", shapes.ContributionsShape)),
        _get(library, "/v1/activity", _activity, "What happened in the last month, newest first.",
             Outcome(200, "At most a hundred things.", shapes.ActivityShape), _PERIOD),
        _get(library, "/v1/images/{uuid:str}/details", _details, "The measures of an image.",
             Outcome(200, "The measures.", shapes.DetailsShape), site.UUID),
    )  # fmt: skip


def _get(
    library: Library,
    path: str,
    handler: Handler,
    summary: str,
    outcome: Outcome,
    *parameters: Parameter,
) -> Operation:
    return Operation(
        "GET",
        site.paths(library, path),
        handler,
        Runs.EXECUTOR,
        summary=summary,
        parameters=parameters,
        outcomes=(outcome, *site.READS),
    )


def _statistics(call: Call) -> Answer:
    """GET /v1/statistics."""
    with call.reading() as tx:
        counted, totals = crowd_statistics.by_word(tx), crowd_statistics.totals(tx)
    return answers.json(shapes.statistics(counted, totals))


def _require_period(call: Call) -> None:
    if call.text("period", shapes.LAST_MONTH) not in {"", shapes.LAST_MONTH}:
        raise Invalid({"period": [f"must be {shapes.LAST_MONTH}"]})


def _by_day(count: Callable[[Tx], Sequence[Point]]) -> Handler:
    def handler(call: Call) -> Answer:
        """GET /v1/statistics/donations and its like."""
        _require_period(call)
        with call.reading() as tx:
            return answers.json(shapes.period(count(tx)))

    return handler


def _annotated(call: Call) -> Answer:
    """GET /v1/statistics/annotated."""
    with call.reading() as tx:
        found = crowd_statistics.annotated(tx)
    return answers.json(
        [shapes.completion(one.word, one.annotated_count, one.image_count) for one in found]
    )


def _validated(call: Call) -> Answer:
    """GET /v1/statistics/validated."""
    with call.reading() as tx:
        found = crowd_statistics.judged(tx)
    return answers.json(
        [shapes.completion(one.word, one.judged_count, one.image_count) for one in found]
    )


def _contributions(call: Call) -> Answer:
    """GET /v1/statistics/contributions."""
    with call.reading() as tx:
        growth = crowd_statistics.growth(tx)
    return answers.json(
        shapes.ContributionsShape(
            donations=shapes.grown(growth.donations),
            labels=shapes.grown(growth.labels),
            validations=shapes.grown(growth.verdicts),
            annotations=shapes.grown(growth.annotations),
        )
    )


def _activity(call: Call) -> Answer:
    """GET /v1/activity."""
    _require_period(call)
    with call.reading() as tx:
        events = activity.recent(tx)
        shown = {i.id: i for i in images.find_many(tx, [event.image_id for event in events])}
        ids = [event.annotation_id for event in events if event.annotation_id is not None]
        drawn = {one.id: one for one in annotations.find_many(tx, ids)}
    told = [_event(e, shown[e.image_id], drawn) for e in events if e.image_id in shown]
    return answers.json(shapes.ActivityShape(shapes.LAST_MONTH, told))


def _event(event: Event, image: Image, drawn: dict[int, Annotation]) -> shapes.EventShape:
    annotation = drawn.get(event.annotation_id or 0)
    first = annotation.shapes[0] if annotation is not None and annotation.shapes else None
    return shapes.EventShape(
        name=event.subject,
        type=event.happening,
        date=crowd_statistics.date_of(event.at),
        image=shapes.ActiveImageShape(
            uuid=image.key,
            width=image.width,
            height=image.height,
            annotation=None if first is None else {**first.data, "type": first.kind},
            label=event.label,
        ),
    )


def _details(call: Call) -> Answer:
    """GET /v1/images/:uuid/details."""
    with call.reading() as tx:
        image = images.get(tx, site.image_of(tx, call.text("uuid")))
    return answers.json(
        shapes.DetailsShape(image.width, image.height, unlocked=site.is_unlocked(image))
    )
