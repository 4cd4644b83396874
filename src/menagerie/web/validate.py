"""Judging labels: one picture, one question, one tap; and what a batch of answers changed.

Without a script every answer loads the next page. A script fetches a few questions ahead, so that
it can go on at once; each answer it sends brings one more.
"""

from collections.abc import Sequence

import msgspec

from menagerie.core import images, label_keys, labelling, picking, validations, words
from menagerie.core.images import Image
from menagerie.core.validations import Judged
from menagerie.errors import Invalid, NotFound
from menagerie.http.answers import Answer
from menagerie.library import Tx
from menagerie.web import shapes
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Visit

BATCH = 20
"""After so many answers the page says what they changed."""
_AHEAD = 2
_TALLY = "menagerie_tally"
_VERDICTS = {"yes": True, "no": False}


class Task(msgspec.Struct, frozen=True):
    """One question: whether a picture shows something."""

    key: str
    name: str
    about: str
    picture: shapes.Picture
    num_yes: int
    num_no: int


class Tally(msgspec.Struct):
    """What somebody has answered in this batch."""

    yes: int = 0
    no: int = 0
    skipped: int = 0
    decided: int = 0
    earlier: int = 0
    """How many were answered in the batches before, in this session."""

    @property
    def total(self) -> int:
        """How many answers it sums."""
        return self.yes + self.no + self.skipped


def page(visit: Visit) -> Answer:
    """Show what to judge next."""
    wanted = visit.call.text("label")
    with visit.reading() as tx:
        word = labelling.find_word(tx, wanted) if wanted else None
        tag_id = word.tag_id if word is not None else None
        again = label_keys.decode(visit.library, visit.call.text("task"))
        tasks = [] if wanted and tag_id is None else _pick(tx, tag_id, 1, first=again)
        last = _find_judged(tx, visit.call.text("last"))
    return visit.page(
        "validate.html",
        tasks=tasks,
        label=wanted,
        is_unknown=bool(wanted) and word is None,
        last=last,
        last_verdict=visit.call.text("said"),
        tally=_tally(visit),
        batch=BATCH,
    )


def judge(visit: Visit) -> Answer:
    """Take an answer: yes, no, skip, or undo of the one before."""
    key, verdict = visit.form("task"), visit.form("verdict")
    label = visit.form("label")
    visit.call.limit_crowd()
    tally = _tally(visit)
    with visit.writing() as tx:
        found = label_keys.decode(visit.library, key)
        if found is None:
            raise NotFound
        if verdict == "undo":
            if visit.form("said") != "skip":
                validations.take_back(tx, *found)
            _take_off(tally, visit.form("said"))
        elif verdict in _VERDICTS:
            _count(tx, tally, found, is_yes=_VERDICTS[verdict])
        elif verdict == "skip":
            tally.skipped += 1
        else:
            raise Invalid({"verdict": [marked("must be yes, no, skip or undo")]})
    _keep(visit, tally)
    if visit.call.headers.get("x-requested-with") == "fetch":
        return _more(visit, label, 1, tally)
    if verdict == "undo":
        return visit.go(url("/validate", label=label, task=key))
    if tally.total >= BATCH:
        return visit.go(url("/validate/done", label=label))
    said = {} if verdict == "skip" else {"last": key, "said": verdict}
    return visit.go(url("/validate", label=label, **said))


def done(visit: Visit) -> Answer:
    """Show what the batch just finished has changed, and begin the next."""
    tally = _tally(visit)
    _keep(visit, Tally(earlier=tally.earlier + tally.total))
    return visit.page("validate_done.html", tally=tally, label=visit.call.text("label"))


def _count(tx: Tx, tally: Tally, found: tuple[int, int], *, is_yes: bool) -> None:
    before = validations.get(tx, *found)
    after = validations.judge(tx, *found, is_yes=is_yes, via="web")
    tally.yes += is_yes
    tally.no += not is_yes
    tally.decided += before.status != after.status


def _take_off(tally: Tally, said: str) -> None:
    tally.yes = max(0, tally.yes - (said == "yes"))
    tally.no = max(0, tally.no - (said == "no"))
    tally.skipped = max(0, tally.skipped - (said == "skip"))


def ahead(visit: Visit) -> Answer:
    """Answer the questions after the present one, for a script to have them ready."""
    return _more(visit, visit.call.text("label"), _AHEAD, _tally(visit))


def _more(visit: Visit, label: str, count: int, tally: Tally) -> Answer:
    with visit.reading() as tx:
        word = labelling.find_word(tx, label) if label else None
        tasks = _pick(tx, word.tag_id if word is not None else None, count)
    return visit.page("validate_bare.html", tasks=tasks, tally=tally, label=label, batch=BATCH)


def _pick(
    tx: Tx, tag_id: int | None, count: int, *, first: tuple[int, int] | None = None
) -> list[Task]:
    """Return different questions, the one to ask now first: `first`, if there is one.

    When all is answered, picking begins again with what the visitor judged; here that is the end.
    """
    picked: dict[tuple[int, int], None] = {} if first is None else {first: None}
    for _ in range(count * 2):
        # Asked before picking, which notes what is picked as shown.
        if len(picked) == count:
            break
        task = picking.pick(tx, tag_id=tag_id)
        if task is None or task.tag_id in validations.own(tx, task.image_id):
            break
        picked[task.image_id, task.tag_id] = None
    shown = {image.id: image for image in images.find_many(tx, [i for i, _ in picked])}
    return [_task(tx, shown[i], t) for i, t in picked if i in shown]


def _task(tx: Tx, image: Image, tag_id: int) -> Task:
    judged = validations.get(tx, image.id, tag_id)
    word = words.vocabulary(tx).by_tag(tag_id)
    return Task(
        key=judged.key,
        name=judged.name,
        about=word.description if word is not None else "",
        picture=shapes.picture(image),
        num_yes=judged.num_yes,
        num_no=judged.num_no,
    )


def _find_judged(tx: Tx, key: str) -> Judged | None:
    found = label_keys.decode(tx.library, key) if key else None
    if found is None:
        return None
    try:
        return validations.get(tx, *found)
    except NotFound:
        return None


# The tally is the visitor's own business, so it stays with the visitor.


def _tally(visit: Visit) -> Tally:
    parts: Sequence[str] = visit.kept(_TALLY).split(".")
    if len(parts) != 5 or not all(part.isdecimal() and len(part) < 7 for part in parts):
        return Tally()
    return Tally(*map(int, parts))


def _keep(visit: Visit, tally: Tally) -> None:
    visit.keep(_TALLY, ".".join(map(str, msgspec.structs.astuple(tally))))
