"""Outlines: what waits for one, drawing them, looking at them and checking them."""

from typing import Any

from menagerie.core import annotation_tasks, annotations, find, images, label_keys, validations
from menagerie.core import words as core_words
from menagerie.core.annotation_tasks import Task
from menagerie.core.annotations import Annotation, Wanted
from menagerie.dialects.imagemonkey import shapes, site
from menagerie.dialects.imagemonkey import shapes_annotations as outlines
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Malformed, as_text
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_VERDICTS = {"yes": True, "no": False}
_LISTED, _MOST_LISTED = 100, 1000
_MOST_LABELS = 100

_ANNOTATION = Parameter("uuid", "UUID of the set of shapes.", "path")
_VALIDATION = Parameter("uuid", "UUID of the validation.", "path")
_SHUFFLE = Parameter("shuffle", "true: in any order.")
_LIMIT = Parameter("limit", "At most so many, 100 when missing.", example="20")
_MADE = Outcome(201, "Done; the body is null.", None.__class__)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about outlines."""
    return (
        *_task_operations(library),
        *_drawing_operations(library),
        *_reading_operations(library),
        *_machine_operations(library),
    )


def _task_operations(library: Library) -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/annotate"),
            _offer,
            Runs.EXECUTOR,
            summary="An image and a label to outline on it.",
            parameters=(
                Parameter("label_id", "UUID of a label: only this one."),
                Parameter("validation_id", "UUID of a validation: only this one."),
                Parameter("add_auto_annotations", "true: with what programs drew."),
            ),
            outcomes=(Outcome(200, "The task.", outlines.AnnotateShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/validations/unannotated"),
            _browse_tasks,
            Runs.EXECUTOR,
            summary="Labels of the images that a query finds, which wait for an outline.",
            parameters=(site.QUERY, _SHUFFLE, _LIMIT),
            outcomes=(Outcome(200, "The labels.", list[outlines.TaskShape]), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donation/{uuid:str}/validations/unannotated"),
            _tasks_of_image,
            Runs.EXECUTOR,
            summary="Labels of an image that wait for an outline.",
            parameters=(site.UUID,),
            outcomes=(Outcome(200, "The labels.", list[outlines.OpenValidationShape]), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/validation/{uuid:str}/not-annotatable"),
            _mark_unfit,
            Runs.EXECUTOR,
            summary="Say that a label cannot be outlined; from three times on it is not offered.",
            parameters=(_VALIDATION,),
            outcomes=(site.NOTHING, *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/validation/{uuid:str}/blacklist-annotation"),
            _refuse,
            Runs.EXECUTOR,
            summary="Never again be offered a label to outline.",
            parameters=(_VALIDATION,),
            outcomes=(site.NOTHING, *site.WRITES),
            needs_key=True,
        ),
    )


def _drawing_operations(library: Library) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            site.paths(library, "/v1/donation/{uuid:str}/annotate"),
            _annotate,
            Runs.EXECUTOR,
            summary="Outline labels of an image, in px of the upright picture.",
            parameters=(site.UUID,),
            outcomes=(_MADE, *site.WRITES),
        ),
        Operation(
            "PUT",
            site.paths(library, "/v1/annotation/{uuid:str}"),
            _replace,
            Runs.EXECUTOR,
            summary="Draw a set of shapes anew; the one before is kept.",
            parameters=(_ANNOTATION,),
            outcomes=(_MADE, *site.WRITES),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/annotation/{uuid:str}/validate/{action:str}"),
            _check,
            Runs.EXECUTOR,
            summary="Say whether a set of shapes outlines its label well.",
            parameters=(
                _ANNOTATION,
                Parameter("action", "yes or no.", "path", "yes"),
                Parameter("label", "The label that it outlines.", "form"),
                Parameter("sublabel", "The part of it.", "form"),
            ),
            outcomes=(site.NOTHING, *site.WRITES),
        ),
    )


def _reading_operations(library: Library) -> tuple[Operation, ...]:
    listed = Outcome(200, "The sets.", list[outlines.AnnotationShape])
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/annotation"),
            _show,
            Runs.EXECUTOR,
            summary="A set of shapes; without an id one to check, with the fewest verdicts first.",
            parameters=(
                Parameter("annotation_id", "UUID of a certain one."),
                Parameter("rev", "Its revision, the newest when missing.", example="1"),
                Parameter("auto_generated", "true: one that a program drew."),
            ),
            outcomes=(Outcome(200, "The set.", outlines.AnnotationShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/annotations"),
            _browse,
            Runs.EXECUTOR,
            summary="Sets of shapes on the images that a query finds.",
            parameters=(site.QUERY, _SHUFFLE, _LIMIT),
            outcomes=(listed, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donation/{uuid:str}/annotations"),
            _of_image,
            Runs.EXECUTOR,
            summary="Sets of shapes on an image.",
            parameters=(site.UUID, Parameter("auto_generated", "true: what programs drew.")),
            outcomes=(listed, *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/donation/{uuid:str}/annotations/coverage"),
            _coverage,
            Runs.EXECUTOR,
            summary="How much of an image is outlined.",
            parameters=(site.UUID,),
            outcomes=(Outcome(200, "The percentage.", outlines.CoverageShape), *site.READS),
        ),
    )


def _machine_operations(library: Library) -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/internal/auto-annotation"),
            _auto_tasks,
            Runs.EXECUTOR,
            summary="Images with labels that no program has outlined yet.",
            parameters=(Parameter("label", "Labels, with commas.", example="cat,dog"), _LIMIT),
            outcomes=(
                Outcome(200, "The images.", list[outlines.AutoTaskShape]),
                site.UNAUTHENTICATED,
                *site.READS,
            ),
        ),
        Operation(
            "POST",
            site.paths(library, "/v1/internal/auto-annotate/{uuid:str}"),
            _auto_annotate,
            Runs.EXECUTOR,
            summary="Outline labels of an image as a program.",
            parameters=(site.UUID,),
            outcomes=(_MADE, *site.WRITES),
        ),
    )


# Tasks.


def _offer(call: Call) -> Answer:
    """GET /v1/annotate."""
    wanted = call.text("validation_id").strip()
    with call.reading() as tx:
        tag_id = _tag_of(tx, call.text("label_id").strip())
        try:
            validation = _label_of(tx, wanted) if wanted else None
            task = annotation_tasks.pick_task(tx, tag_id=tag_id, validation=validation)
        except NotFound:
            task = None
        if task is None:
            return site.nothing(call, 422)
        return answers.json(_annotate_shape(tx, call, task))


def _tag_of(tx: Tx, key: str) -> int | None:
    """Return the tag of a word by its UUID, None without one; raises Invalid (`label_id`)."""
    if not key:
        return None
    word = core_words.vocabulary(tx).by_key(key.lower())
    if word is None or word.tag_id is None:
        raise Invalid({"label_id": ["is that of no label"]})
    return word.tag_id


def _label_of(tx: Tx, key: str) -> tuple[int, int]:
    """Return the image and the tag that a validation's UUID stands for; raises NotFound."""
    image_id, tag_id = validations.resolve(tx, key)
    if tag_id is None:
        raise NotFound
    return image_id, tag_id


def _annotate_shape(tx: Tx, call: Call, task: Task) -> outlines.AnnotateShape:
    auto = None
    if site.flag(call, "add_auto_annotations"):
        auto = annotations.of_images(tx, [task.image_id], [task.tag_id], is_auto=True)[
            task.image_id
        ]
    return outlines.annotate(_picture(tx, call, task.image_id), task, auto)


def _picture(tx: Tx, call: Call, image_id: int) -> shapes.PictureShape:
    return site.picture(call, site.open_image(tx, image_id))


def _browse_tasks(call: Call) -> Answer:
    """GET /v1/validations/unannotated."""
    query, limit = query_of(call), limit_of(call)
    with call.reading() as tx:
        node = find.parse_expression(tx, query)
        tasks = annotation_tasks.open_tasks(
            tx, node, limit=limit, shuffles=site.flag(call, "shuffle")
        )
        shown = pictures(tx, call, [task.image_id for task in tasks])
    return answers.json(
        [
            outlines.TaskShape(
                shown[task.image_id], outlines.AccessorShape(task.word.accessor), task.key
            )
            for task in tasks
            if task.image_id in shown
        ]
    )


def query_of(call: Call) -> str:
    """Return the query that was sent; raises Invalid (`query`) without one."""
    query = call.text("query").strip()
    if not query:
        raise Invalid({"query": ["is missing"]})
    return query


def limit_of(call: Call) -> int:
    """Return how many are wanted; raises Invalid (`limit`)."""
    return site.number(call, "limit", _LISTED, least=1, most=_MOST_LISTED)


def pictures(tx: Tx, call: Call, ids: list[int]) -> dict[int, shapes.PictureShape]:
    """Return images as answers hold them, by id, those that the caller may know."""
    found = images.find_many(tx, list(dict.fromkeys(ids)))
    return {image.id: site.picture(call, image) for image in found}


def _tasks_of_image(call: Call) -> Answer:
    """GET /v1/donation/:uuid/validations/unannotated."""
    with call.reading() as tx:
        tasks = annotation_tasks.tasks_of_image(tx, site.image_of(tx, call.text("uuid")))
    return answers.json([outlines.open_validation(task) for task in tasks])


def _mark_unfit(call: Call) -> Answer:
    """POST /v1/validation/:uuid/not-annotatable."""
    site.crowd_limit(call)
    with call.writing() as tx:
        validations.mark_unfit(tx, *_label_of(tx, call.text("uuid")))
    return site.null()


def _refuse(call: Call) -> Answer:
    """POST /v1/validation/:uuid/blacklist-annotation."""
    site.signed_in(call)
    with call.writing() as tx:
        annotation_tasks.refuse(tx, *_label_of(tx, call.text("uuid")))
    return site.null()


# Drawing.


def _annotate(call: Call) -> Answer:
    """POST /v1/donation/:uuid/annotate."""
    wanted = _wanted(site.sent_list(call))
    site.crowd_limit(call, len(wanted))
    try:
        with call.writing() as tx:
            made = annotations.put_named(tx, site.image_of(tx, call.text("uuid")), wanted)
    except Invalid as wrong:
        return _refused(call, wrong)
    return _made(call, made)


def _wanted(sent: list[Any]) -> list[Wanted]:
    """Return the sets that were sent; raises Invalid that names the place."""
    if not 1 <= len(sent) <= _MOST_LABELS:
        raise Invalid({"body": [f"must have between 1 and {_MOST_LABELS} labels"]})
    wanted = []
    for i, one in enumerate(sent):
        if not isinstance(one, dict):
            raise Invalid({f"[{i}]": ["must be an object"]})
        label, sublabel = as_text(one.get("label")).strip(), as_text(one.get("sublabel")).strip()
        if not label:
            raise Invalid({f"[{i}].label": ["is missing"]})
        wanted.append(Wanted(label, sublabel, one.get("annotations")))
    return wanted


def _refused(call: Call, wrong: Invalid) -> Answer:
    """Answer 400 for a metalabel, which clients know it by; raises any other error again."""
    if not any(annotations.METALABEL in texts for texts in wrong.fields.values()):
        raise wrong
    return site.error(call, 400, "metalabel", site.sentence(wrong.fields))


def _made(call: Call, made: list[Annotation]) -> Answer:
    """Say where the set is; of several, no address says where they are."""
    answer = site.null(201)
    if len(made) == 1:
        prefix = site.prefix_of(call.library.settings)
        place = f"{call.base_url}{prefix}/v1/annotation?annotation_id={made[0].key}"
        answer.add("location", place)
    return answer


def _replace(call: Call) -> Answer:
    """PUT /v1/annotation/:uuid."""
    sent = site.sent_object(call)
    site.crowd_limit(call)
    with call.writing() as tx:
        made = annotations.replace(tx, call.text("uuid"), sent.get("annotations"))
    return _made(call, [made])


def _check(call: Call) -> Answer:
    """POST /v1/annotation/:uuid/validate/:action."""
    is_yes = _VERDICTS.get(call.text("action"))
    if is_yes is None:
        raise NotFound
    said = site.sent_object(call)
    label, sublabel = as_text(said.get("label")).strip(), as_text(said.get("sublabel")).strip()
    if not label:
        raise Malformed("label is missing")
    site.crowd_limit(call)
    with call.writing() as tx:
        found = annotations.judge(tx, call.text("uuid"), is_yes=is_yes)
        if (label.lower(), sublabel.lower()) != (found.label.lower(), found.sublabel.lower()):
            raise Invalid({"label": [f"is not what the shapes outline, which is {found.name}"]})
    return site.null()


# Reading.


def _show(call: Call) -> Answer:
    """GET /v1/annotation."""
    key = call.text("annotation_id").strip()
    revision = site.number(call, "rev", -1)
    with call.reading() as tx:
        try:
            found: Annotation | None = _find(tx, call, key, revision)
        except NotFound:
            found = None
        if found is None:
            return site.nothing(call, 422)
        return answers.json(_annotation(call, found, _picture(tx, call, found.image_id)))


def _find(tx: Tx, call: Call, key: str, revision: int) -> Annotation | None:
    if not key:
        return annotation_tasks.random(tx, is_auto=site.flag(call, "auto_generated"))
    found = annotations.get(tx, key, revision if revision >= 0 else None)
    site.open_image(tx, found.image_id)
    return found


def _annotation(
    call: Call, found: Annotation, shown: shapes.PictureShape
) -> outlines.AnnotationShape:
    label_key = label_keys.encode(call.library, found.image_id, found.tag_id)
    return outlines.annotation(shown, found, label_key)


def _browse(call: Call) -> Answer:
    """GET /v1/annotations."""
    query, limit = query_of(call), limit_of(call)
    with call.reading() as tx:
        node = find.parse_expression(tx, query)
        found = annotation_tasks.matching(
            tx, node, limit=limit, shuffles=site.flag(call, "shuffle")
        )
        shown = pictures(tx, call, [one.image_id for one in found])
    listed = [_annotation(call, one, shown[one.image_id]) for one in found if one.image_id in shown]
    return answers.json(listed)


def _of_image(call: Call) -> Answer:
    """GET /v1/donation/:uuid/annotations."""
    with call.reading() as tx:
        image_id = site.image_of(tx, call.text("uuid"))
        found = annotations.of_image(tx, image_id, is_auto=site.flag(call, "auto_generated"))
        shown = _picture(tx, call, image_id)
    return answers.json([_annotation(call, one, shown) for one in found])


def _coverage(call: Call) -> Answer:
    """GET /v1/donation/:uuid/annotations/coverage."""
    with call.reading() as tx:
        image = site.open_image(tx, site.image_of(tx, call.text("uuid")))
    if not image.annotation_count:
        return site.nothing(call, 422)
    size = outlines.SizeShape(image.key, image.width, image.height)
    return answers.json(outlines.CoverageShape(size, image.coverage))


# Programs that outline by themselves.


def _auto_tasks(call: Call) -> Answer:
    """GET /v1/internal/auto-annotation."""
    machine, limit = site.require_machine(call), limit_of(call)
    named = [name.strip() for name in call.text("label").split(",") if name.strip()]
    if not named:
        raise Invalid({"label": ["is missing"]})
    with call.reading(machine) as tx:
        words = {word.tag_id: word for word in (site.word_of(tx, name) for name in named)}
        tag_ids = [tag_id for tag_id in words if tag_id is not None]
        waiting = annotation_tasks.without_auto(tx, tag_ids, limit=limit)
        found = images.find_many(tx, list(waiting))
    return answers.json(
        [outlines.auto_task(one, [words[i].display for i in waiting[one.id]]) for one in found]
    )


def _auto_annotate(call: Call) -> Answer:
    """POST /v1/internal/auto-annotate/:uuid."""
    machine = site.require_machine(call)
    wanted = _wanted(site.sent_list(call))
    try:
        with call.writing(machine) as tx:
            image_id = site.image_of(tx, call.text("uuid"))
            made = annotations.put_named(tx, image_id, wanted, is_auto=True)
    except Invalid as wrong:
        return _refused(call, wrong)
    return _made(call, made)
