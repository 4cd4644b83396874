"""Validations: a label to judge, what somebody says of it, and many of them at once."""

import threading
from collections import OrderedDict

from menagerie.core import find, images, picking, rows, validations, voters, words
from menagerie.core.picking import Task
from menagerie.core.validations import Judged
from menagerie.dialects.imagemonkey import shapes, site
from menagerie.errors import Invalid, NotFound
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.parameters import Malformed, as_text, whole_number
from menagerie.http.routing import Operation, Outcome, Parameter, Runs
from menagerie.library import Library, Tx

_VERDICTS = {"yes": True, "no": False}
MOST_IN_BATCH = 500
_GROUP = 20
_MOST_IN_GROUP = 100
_LISTED, _MOST_LISTED = 100, 1000
_OFFERED_LABELS = 10
_MOST_REMEMBERED = 20_000

_ACTION = Parameter("action", "yes or no.", "path", "yes")
_LABEL = Parameter("label", "Only this label.", example="banana")
_LABEL_FIELDS = (
    Parameter("label", "Which label of the image.", "form"),
    Parameter("sublabel", "Which part of it.", "form"),
)
_VALIDATION = Parameter("uuid", "UUID of the validation, or of the image.", "path")
_VERDICT = Outcome(200, "What it has come to.", shapes.VerdictShape)


def operations(library: Library) -> tuple[Operation, ...]:
    """Return the operations about validations."""
    # Long because it is a table: what is mounted and documented stands here and nowhere else.
    return (
        Operation(
            "GET",
            site.paths(library, "/v1/validate"),
            _offer,
            Runs.EXECUTOR,
            summary="An image and a label to judge, those with the fewest verdicts first.",
            parameters=(
                _LABEL,
                Parameter("label_id", "UUID of a label, instead of its name."),
                Parameter("image_id", "UUID of an image: one of its labels."),
                Parameter("grouped", "true: several images of one label."),
                Parameter("limit", "How many of them, 20 when missing.", example="5"),
            ),
            outcomes=(
                Outcome(200, "The image.", (shapes.ValidateShape, shapes.GroupShape)),
                *site.READS,
            ),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/validate/{uuid:str}"),
            _show,
            Runs.EXECUTOR,
            summary="An image and one of its labels; or the label of a validation's UUID.",
            parameters=(site.UUID, _LABEL),
            outcomes=(Outcome(200, "The image.", shapes.ValidateShape), *site.READS),
        ),
        Operation(
            "POST",
            site.paths(
                library,
                "/v1/validate/{uuid:str}/{action:str}",
                "/v1/donation/{uuid:str}/validate/{action:str}",
                "/v1/validation/{uuid:str}/validate/{action:str}",
            ),
            _vote,
            Runs.EXECUTOR,
            summary="Say whether an image shows what its label says.",
            parameters=(site.UUID, _ACTION, *_LABEL_FIELDS),
            outcomes=(_VERDICT, *site.WRITES),
        ),
        Operation(
            "PATCH",
            site.paths(library, "/v1/validation/validate", "/v1/donation/validate"),
            _vote_many,
            Runs.EXECUTOR,
            summary=f"Up to {MOST_IN_BATCH} verdicts at once: all of them, or none.",
            outcomes=(Outcome(204, "Done."), *site.WRITES),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/validation"),
            _offer_validation,
            Runs.EXECUTOR,
            summary="A label to judge, under a UUID of its own.",
            parameters=(Parameter("validation_id", "UUID of a certain one."), _LABEL),
            outcomes=(Outcome(200, "The label.", shapes.ValidationShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/validation/{uuid:str}"),
            _show_validation,
            Runs.EXECUTOR,
            summary="The label that a UUID stands for.",
            parameters=(_VALIDATION,),
            outcomes=(Outcome(200, "The label.", shapes.ValidationShape), *site.READS),
        ),
        Operation(
            "GET",
            site.paths(library, "/v1/validations"),
            _browse,
            Runs.EXECUTOR,
            summary="Labels of the images that a query finds.",
            parameters=(
                site.QUERY,
                Parameter("shuffle", "true: in any order."),
                Parameter("limit", "Most images, 100 when missing.", example="20"),
                Parameter("page", "Page of them, from 1."),
            ),
            outcomes=(Outcome(200, "The labels.", list[shapes.BrowsedShape]), *site.READS),
        ),
    )


# One to judge.


def _offer(call: Call) -> Answer:
    """GET /v1/validate."""
    if site.flag(call, "grouped"):
        return _offer_group(call)
    with call.reading() as tx:
        image_id = site.image_of(tx, call.text("image_id")) if call.text("image_id") else None
        task = picking.pick(tx, tag_id=_wanted_tag(tx, call), image_id=image_id)
        if task is None:
            return site.nothing(call, 404)
        return answers.json(_shown(tx, call, task))


def _offer_group(call: Call) -> Answer:
    limit = whole_number(call.text("limit") or str(_GROUP))
    if not limit:
        raise Malformed("limit is no number from 1")
    with call.reading() as tx:
        tag_id = _wanted_tag(tx, call)
        if tag_id is None:
            offered = picking.popular(tx, _OFFERED_LABELS)
            tag_id = call.library.random.choice(offered) if offered else None
        word = words.vocabulary(tx).by_tag(tag_id) if tag_id is not None else None
        if tag_id is None or word is None:
            return site.nothing(call, 404)
        tasks = picking.pick_many(tx, tag_id=tag_id, limit=min(limit, _MOST_IN_GROUP))
        if not tasks:
            return site.nothing(call, 404)
        shown = [_shown(tx, call, task) for task in tasks]
    return answers.json(shapes.GroupShape(word.display, shown))


def _wanted_tag(tx: Tx, call: Call) -> int | None:
    """Return the tag of the label asked for, if one is; raises Invalid for an unknown one."""
    key, name = call.text("label_id").strip(), call.text("label").strip()
    if key:
        word = words.vocabulary(tx).by_key(key.lower())
        if word is None or word.tag_id is None:
            raise Invalid({"label_id": ["is that of no label"]})
        return word.tag_id
    return site.word_of(tx, name, call.text("sublabel").strip()).tag_id if name else None


def _shown(tx: Tx, call: Call, task: Task) -> shapes.ValidateShape:
    """Return an image with a label, and remember that the caller was shown it."""
    judged = validations.get(tx, task.image_id, task.tag_id)
    _shown_of(call.library).note(_viewer(tx, call), judged)
    return _validate_shape(tx, call, judged)


def _validate_shape(tx: Tx, call: Call, judged: Judged) -> shapes.ValidateShape:
    image = site.open_image(tx, judged.image_id)
    url = site.relative_url(call, image.key)
    return shapes.validate(image, judged, url, unlocked=site.is_unlocked(image))


def _show(call: Call) -> Answer:
    """GET /v1/validate/:uuid."""
    with call.reading() as tx:
        image_id, tag_id = validations.resolve(tx, call.text("uuid"))
        if tag_id is None:
            tag_id = _wanted_tag(tx, call) or _preferred(tx, image_id)
        return answers.json(_shown(tx, call, Task(image_id, tag_id)))


def _preferred(tx: Tx, image_id: int) -> int:
    """Return the label of an image to ask about: not judged by the actor, then fewest verdicts.

    Raises NotFound when it has none.
    """
    labels = validations.of_image(tx, image_id)
    if not labels:
        raise NotFound
    own = validations.own(tx, image_id)
    return min(labels, key=lambda one: (one.tag_id in own, one.num_yes + one.num_no)).tag_id


# Verdicts.


def _vote(call: Call) -> Answer:
    """POST /v1/validate/:uuid/:action."""
    is_yes = _VERDICTS.get(call.text("action"))
    if is_yes is None:
        raise NotFound
    site.crowd_limit(call)
    said = site.said(call)
    label = as_text(said.get("label")) or as_text(call.query.get("label"))
    sublabel = as_text(said.get("sublabel")) or as_text(call.query.get("sublabel"))
    with call.writing() as tx:
        image_id, tag_id = validations.resolve(tx, call.text("uuid"))
        if tag_id is None:
            tag_id = _meant(tx, call, image_id, label=label.strip(), sublabel=sublabel.strip())
        judged = validations.judge(
            tx, image_id, tag_id, is_yes=is_yes, via="validate", weight=site.weight(call)
        )
        key = images.key_of(tx, image_id)
    return answers.json(shapes.verdict(key, judged))


def _meant(tx: Tx, call: Call, image_id: int, *, label: str, sublabel: str) -> int:
    """Return which label of an image a vote is about.

    Without a name it is the one that the caller was shown last; else what they would be shown.
    Raises Invalid (`label`) for one that the image has not.
    """
    labels = {one.tag_id for one in validations.of_image(tx, image_id)}
    if label:
        tag_id = site.word_of(tx, label, sublabel).tag_id
        if tag_id is None or tag_id not in labels:
            raise Invalid({"label": [f"The image has no label {label}."]})
        return tag_id
    shown = _shown_of(call.library).take(_viewer(tx, call), image_id)
    return shown if shown in labels else _preferred(tx, image_id)


def _vote_many(call: Call) -> Answer:
    """PATCH /v1/validation/validate."""
    sent = site.sent_object(call).get("validations")
    if not isinstance(sent, list) or len(sent) > MOST_IN_BATCH:
        raise Invalid({"validations": [f"must be a list of at most {MOST_IN_BATCH}"]})
    if not all(isinstance(one, dict) for one in sent):
        raise Invalid({"validations": ["must be objects with uuid and valid"]})
    wanted = [(as_text(one.get("uuid")), as_text(one.get("valid"))) for one in sent]
    # Quirk: words other than yes and no are passed over (spec 14.2).
    said = [(key, _VERDICTS[word]) for key, word in wanted if word in _VERDICTS]
    site.crowd_limit(call, len(said))
    with call.writing() as tx:
        verdicts = []
        for key, is_yes in said:
            image_id, tag_id = validations.resolve(tx, key)
            if tag_id is None:
                tag_id = _meant(tx, call, image_id, label="", sublabel="")
            verdicts.append((image_id, tag_id, is_yes))
        validations.judge_many(tx, verdicts)
    return Answer(204)


class _LastShown:
    """Which label of an image somebody was shown last; in this process, of late, only a help.

    Old clients vote on an image without naming a label. Between question and answer others may
    vote too, and another label of the image would have the fewest verdicts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tags: OrderedDict[tuple[str, int], int] = OrderedDict()

    def note(self, viewer: str, judged: Judged) -> None:
        with self._lock:
            self._tags[viewer, judged.image_id] = judged.tag_id
            if len(self._tags) > _MOST_REMEMBERED:
                self._tags.popitem(last=False)

    def take(self, viewer: str, image_id: int) -> int | None:
        with self._lock:
            return self._tags.pop((viewer, image_id), None)


def _shown_of(library: Library) -> _LastShown:
    found: _LastShown = library.caches.setdefault("labels shown last", _LastShown())
    return found


def _viewer(tx: Tx, call: Call) -> str:
    return voters.shown_to(tx) or call.address


# By validation.


def _offer_validation(call: Call) -> Answer:
    """GET /v1/validation."""
    if call.text("validation_id"):
        return _validation(call, call.text("validation_id"))
    with call.reading() as tx:
        task = picking.pick(tx, tag_id=_wanted_tag(tx, call), image_id=None)
        if task is None:
            return site.nothing(call, 422)
        return answers.json(_validation_shape(tx, call, task.image_id, task.tag_id))


def _show_validation(call: Call) -> Answer:
    """GET /v1/validation/:uuid."""
    return _validation(call, call.text("uuid"))


def _validation(call: Call, key: str) -> Answer:
    """Answer one validation; 422 when there is none, which is what clients of it know."""
    try:
        with call.reading() as tx:
            image_id, tag_id = validations.resolve(tx, key)
            if tag_id is None:
                tag_id = _preferred(tx, image_id)
            return answers.json(_validation_shape(tx, call, image_id, tag_id))
    except NotFound:
        return site.nothing(call, 422)


def _validation_shape(tx: Tx, call: Call, image_id: int, tag_id: int) -> shapes.ValidationShape:
    judged = validations.get(tx, image_id, tag_id)
    return shapes.validation(site.picture(call, site.open_image(tx, image_id)), judged)


def _browse(call: Call) -> Answer:
    """GET /v1/validations."""
    query = call.text("query").strip()
    if not query:
        raise Invalid({"query": ["is missing"]})
    limit = site.number(call, "limit", _LISTED, least=1, most=_MOST_LISTED)
    page = site.number(call, "page", 1, least=1)
    with call.reading() as tx:
        node = find.parse_expression(tx, query)
        hits = rows.selection(tx, node)
        if site.flag(call, "shuffle"):
            ids = call.library.random.sample(list(hits), min(limit, len(hits)))
        else:
            ids = list(hits[(page - 1) * limit : page * limit])
        named = rows.named_tags(tx, node)
        shown = {image.id: site.picture(call, image) for image in images.find_many(tx, ids)}
        listed = [
            shapes.browsed(shown[image_id], one)
            for image_id, labels in validations.of_images(tx, list(shown)).items()
            for one in labels
            if not named or one.tag_id in named
        ]
    return answers.json(listed)
