"""Labels on images: adding and reading them, images to label, and descriptions."""

from collections.abc import Sequence
from typing import Any

from menagerie.core import find, image_texts, images, labelling, picking, rows, validations
from menagerie.core.labelling import ImageLabel, Wanted
from menagerie.core.validations import Judged
from menagerie.dialects.imagemonkey import handlers_collections, site
from menagerie.dialects.imagemonkey import shapes_crowd as shapes
from menagerie.errors import Invalid
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import as_text
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

UNLABELLED = "label_count:0"
MOST_LABELS = 200
MOST_NAMES = 500  # of labels and their parts, in one call
_LISTED, _MOST_LISTED = 100, 1000
_MADE = Outcome(201, "Done; null.", type(None))


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about labels on images."""
    may_not = (site.UNAUTHENTICATED, site.NOT_ALLOWED)
    # Long because it is a table: what is mounted and documented stands here and nowhere else.
    return (
        Operation(
            "POST",
            site.paths(library, "/v1/donation/{uuid:str}/labelme"),
            _add_labels,
            Runs.EXECUTOR,
            summary="Add labels to an image; words that there are not need an account.",
            parameters=(site.UUID,),
            outcomes=(site.NOTHING, *site.WRITES),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donation/{uuid:str}/labels"),
            _labels,
            Runs.EXECUTOR,
            summary="The labels of an image, with their parts.",
            parameters=(
                site.UUID,
                Parameter("only_unlocked_labels", "true: only words of the vocabulary."),
            ),
            outcomes=(Outcome(200, "The labels.", list[shapes.LabelShape]), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/labelme"),
            _task,
            Runs.EXECUTOR,
            summary="An image to label: one without any if there is one, else any.",
            parameters=(Parameter("image_id", "UUID of a certain image."),),
            outcomes=(Outcome(200, "The image.", shapes.LabelMeShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donations/labels"),
            _browse,
            Runs.EXECUTOR,
            summary="The images that a query finds, with their labels.",
            parameters=(
                site.QUERY,
                Parameter("shuffle", "true: in any order."),
                Parameter("limit", "Most images, 100 when missing.", example="20"),
                Parameter("page", "Page of them, from 1."),
            ),
            outcomes=(Outcome(200, "The images.", list[shapes.LabelledShape]), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/donation/{uuid:str}/description"),
            _describe,
            Runs.EXECUTOR,
            summary="Describe an image; a moderator has to unlock it.",
            parameters=(site.UUID,),
            outcomes=(_MADE, *site.WRITES),
        ),
        *(
            Operation(
                "POST",
                site.paths(library, f"/v1/donation/{{uuid:str}}/description/{{id:str}}/{name}"),
                _decide(is_unlocked=name == "unlock"),
                Runs.EXECUTOR,
                summary=f"{name.capitalize()} a description; for moderators.",
                parameters=(site.UUID, Parameter("id", "UUID of the description.", "path")),
                outcomes=(_MADE, *site.WRITES),
                needs_key=True,
            )
            for name in ("lock", "unlock")
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donations/unprocessed-descriptions"),
            _unprocessed,
            Runs.EXECUTOR,
            summary="Descriptions that wait for a moderator; their number is in X-Total-Count.",
            outcomes=(
                Outcome(200, "The descriptions.", list[shapes.UnprocessedShape]),
                *may_not,
                *site.READS,
            ),
            needs_key=True,
        ),
    )


# Adding.


def _add_labels(call: Call) -> Answer:
    """POST /v1/donation/:uuid/labelme."""
    site.require_known(call)
    sent = site.sent_list(call)
    if not 0 < len(sent) <= MOST_LABELS:
        raise Invalid({"body": [f"must have 1 to {MOST_LABELS} labels"]})
    wanted = [_wanted(one) for one in sent]
    together = sum(1 + len(one.sublabels) for one in wanted)
    if together > MOST_NAMES:
        raise Invalid({"body": [f"must have at most {MOST_NAMES} labels and sublabels"]})
    site.crowd_limit(call, len(wanted))
    with call.writing() as tx:
        image_id = site.image_of(tx, call.text("uuid"))
        labelling.add(tx, image_id, wanted)
        if call.actor.is_signed_in:
            handlers_collections.collect(tx, handlers_collections.OPEN_TASKS, image_id)
    return site.null()


def _wanted(sent: Any) -> Wanted:
    label = sent.get("label") if isinstance(sent, dict) else None
    if not isinstance(label, str) or not label.strip():
        raise Invalid({"label": ["is missing"]})
    parts = sent.get("sublabels") or []
    if not isinstance(parts, list):
        raise Invalid({"sublabels": ["must be a list"]})
    # Some clients send plain names instead of objects.
    names = [as_text(part.get("name") if isinstance(part, dict) else part) for part in parts]
    if not all(name.strip() for name in names):
        raise Invalid({"sublabels": ["must each have a name"]})
    return Wanted(label, names, sent.get("annotatable") is not False)


# Reading.


def _labels(call: Call) -> Answer:
    """GET /v1/donation/:uuid/labels."""
    with call.reading() as tx:
        labels = labelling.on_image(tx, site.image_of(tx, call.text("uuid")))
    if site.flag(call, "only_unlocked_labels"):
        labels = [label for label in labels if label.is_unlocked]
    return answers.json([_label_shape(label) for label in labels])


def _counts(judged: Judged) -> shapes.LabelCountsShape:
    return shapes.LabelCountsShape(judged.key, judged.num_yes, judged.num_no)


def _label_shape(label: ImageLabel) -> shapes.LabelShape:
    shape = shapes.LabelShape(
        label=label.name,
        unlocked=label.is_unlocked,
        annotatable=label.is_annotatable,
        uuid=label.word.key if label.word is not None else "",
        sublabels=[_sublabel_shape(part) for part in label.sublabels],
    )
    if label.judged is not None:
        shape.validation = _counts(label.judged)
    return shape


def _sublabel_shape(part: ImageLabel) -> shapes.SublabelShape:
    shape = shapes.SublabelShape(
        name=part.name,
        unlocked=part.is_unlocked,
        annotatable=part.is_annotatable,
        uuid=part.word.key if part.word is not None else "",
    )
    if part.judged is not None:
        shape.validation = _counts(part.judged)
    return shape


def _task(call: Call) -> Answer:
    """GET /v1/labelme."""
    wanted = call.text("image_id").strip()
    with call.reading() as tx:
        if wanted:
            image_id: int | None = site.image_of(tx, wanted)
        else:
            image_id = picking.random_image(tx, find.parse(tx, UNLABELLED))
            image_id = image_id or picking.random_image(tx, None)
        if image_id is None:
            return site.nothing(call, 422)
        [shown] = _described(tx, call, [image_id]).values()
        labels = labelling.on_image(tx, image_id)
    return answers.json(shapes.LabelMeShape(shown, [_label_shape(label) for label in labels]))


def _described(tx: Tx, call: Call, ids: Sequence[int]) -> dict[int, shapes.DescribedShape]:
    """Return images with their descriptions, in the order of `ids`."""
    found = images.find_many(tx, ids)
    texts = image_texts.of_images(tx, [image.id for image in found])
    return {i.id: shapes.described(site.picture(call, i), texts[i.id]) for i in found}


def _browse(call: Call) -> Answer:
    """GET /v1/donations/labels."""
    query = call.text("query").strip()
    if not query:
        raise Invalid({"query": ["is missing"]})
    limit = site.number(call, "limit", _LISTED, least=1, most=_MOST_LISTED)
    page = site.number(call, "page", 1, least=1)
    with call.reading() as tx:
        hits = rows.selection(tx, find.parse_expression(tx, query))
        if site.flag(call, "shuffle"):
            ids = call.library.random.sample(list(hits), min(limit, len(hits)))
        else:
            ids = list(hits[(page - 1) * limit : page * limit])
        shown = _described(tx, call, ids)
        judged = validations.of_images(tx, list(shown))
    return answers.json(
        [
            shapes.LabelledShape(image, _browsed(judged.get(image_id, [])))
            for image_id, image in shown.items()
        ]
    )


def _browsed(judged: Sequence[Judged]) -> list[shapes.BrowsedLabelShape]:
    """Return labels by name, parts under their wholes, which may not be there themselves."""
    found: dict[str, shapes.BrowsedLabelShape] = {}
    for one in sorted(judged, key=lambda j: (j.label, j.sublabel)):
        empty = shapes.BrowsedLabelShape(
            name=one.label, unlocked=True, num_yes=0, num_no=0, sublabels=[]
        )
        whole = found.setdefault(one.label, empty)
        if one.sublabel:
            part = shapes.CountedShape(one.sublabel, one.num_yes, one.num_no)
            whole.sublabels.append(part)
        else:
            whole.num_yes, whole.num_no = one.num_yes, one.num_no
    return list(found.values())


# Descriptions.


def _describe(call: Call) -> Answer:
    """POST /v1/donation/:uuid/description."""
    site.require_known(call)
    sent = site.sent_list(call)
    texts = [
        (as_text(one.get("description")), as_text(one.get("language")))
        for one in sent
        if isinstance(one, dict)
    ]
    site.crowd_limit(call, max(1, len(texts)))
    with call.writing() as tx:
        image_texts.add(tx, site.image_of(tx, call.text("uuid")), texts)
    return site.null(201)


def _decide(*, is_unlocked: bool) -> Handler:
    def handler(call: Call) -> Answer:
        """POST /v1/donation/:uuid/description/:id/lock, and unlock."""
        site.signed_in(call)
        with call.writing() as tx:
            image_id = site.image_of(tx, call.text("uuid"))
            image_texts.decide(tx, image_id, call.text("id"), is_unlocked=is_unlocked)
        return site.null(201)

    return handler


def _unprocessed(call: Call) -> Answer:
    """GET and HEAD /v1/donations/unprocessed-descriptions."""
    with call.reading() as tx:
        total = image_texts.count_unprocessed(tx)
        waiting = image_texts.unprocessed(tx) if call.method == "GET" else []
        by_image: dict[int, list[image_texts.ImageText]] = {}
        for text in waiting:
            by_image.setdefault(text.image_id, []).append(text)
        found = images.find_many(tx, list(by_image))
    told = [shapes.unprocessed(image.key, by_image[image.id]) for image in found]
    return answers.json(told).add("x-total-count", str(total))
