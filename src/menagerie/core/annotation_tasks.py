"""What there is to outline and to check: labels without shapes, and shapes without verdicts.

A label waits for its outline when at least four of five verdicts say yes to it, fewer than three
people said that it cannot be outlined, its word is no scene, nobody has drawn it yet, and the
account that asks has not refused it. Images are offered as they are for validation: everybody's to
find under the filter Default, not withheld; and one's own that wait for review.

Source: ImageMonkey (2017 to 2026) for the conditions of a task.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from pyroaring import BitMap
from sqlalchemy import ColumnElement, and_, exists, func, insert, select

from menagerie.core import (
    annotations,
    filters,
    find,
    label_keys,
    rights,
    validations,
    voters,
    wordbook,
)
from menagerie.core.annotations import Annotation
from menagerie.core.wordbook import Word
from menagerie.errors import NotFound
from menagerie.library import Tx
from menagerie.search.nodes import All, And, Node, Or, Term
from menagerie.storage import schema, sql
from menagerie.storage.schema import LabelState, WordKind

_FIRST_BATCH = 100
_GROWTH = 8


class Task(msgspec.Struct, frozen=True):
    """A label that waits for its outline; `key` is its UUID."""

    image_id: int
    tag_id: int
    key: str
    word: Word


_row = schema.annotations.c
_label = schema.labels.c
_refusal = schema.annotation_refusals.c


# What there is to outline.


def pick_task(
    tx: Tx, *, tag_id: int | None = None, validation: tuple[int, int] | None = None
) -> Task | None:
    """Return a task by chance, of one tag or the one of a label (image, tag); None: there is none.

    Raises NotFound for a label that the actor may not work on.
    """
    if validation is not None:
        of_image = tasks_of_image(tx, validation[0])
        return next((task for task in of_image if task.tag_id == validation[1]), None)
    images = offered(tx)
    words = _words(tx, {tag_id} if tag_id is not None else None)
    for word in tx.library.random.sample(words, len(words)):
        for image_id in _open_images(tx, _wanted(tx, word) & images, word):
            return _task(tx, image_id, word)
    return None


def open_tasks(tx: Tx, node: Node, *, limit: int, shuffles: bool = False) -> list[Task]:
    """Return the tasks of the images that match, by image or by chance.

    A query that names labels outside of any negation gives tasks of these alone. Raises QueryError.
    """
    images = find.bitmap(tx, node, filter=filters.effective(tx, None))
    images = images - tx.version.flags["withheld"]
    found = []
    for word in _words(tx, named_tags(tx, node)):
        for image_id in _open_images(tx, _wanted(tx, word) & images, word, shuffles=shuffles):
            found.append((image_id, word))
            if len(found) >= limit * _GROWTH:
                break  # the next words have to get their turn
    if shuffles:
        tx.library.random.shuffle(found)
    else:
        found.sort(key=lambda pair: pair[0])
    return [_task(tx, image_id, word) for image_id, word in found[:limit]]


def tasks_of_image(tx: Tx, image_id: int) -> list[Task]:
    """Return the tasks of one image, by name of label; raises NotFound."""
    labels = [one for one in validations.of_image(tx, image_id) if _is_wanted(one)]
    book = wordbook.vocabulary(tx)
    found = []
    for one in labels:
        word = book.by_tag(one.tag_id)
        is_outlinable = word is not None and word.kind == WordKind.NORMAL
        if word is not None and is_outlinable and _still_open(tx, [image_id], word):
            found.append(_task(tx, image_id, word))
    return found


def without_auto(tx: Tx, tag_ids: Sequence[int], *, limit: int) -> dict[int, list[int]]:
    """Return images that carry some of the labels, and which of them no machine has outlined."""
    images, found = offered(tx), dict[int, list[int]]()
    for tag_id in tag_ids:
        drawn = tx.execute(select(_row.image_id).where(_row.tag_id == tag_id, _row.is_auto))
        waiting = (tx.version.posting(tag_id) & images) - BitMap(drawn.scalars())
        for image_id in list(waiting[:limit]):
            found.setdefault(image_id, []).append(tag_id)
    return {image_id: found[image_id] for image_id in sorted(found)[:limit]}


def refuse(tx: Tx, image_id: int, tag_id: int) -> None:
    """Offer a label to the actor's account no more, to be outlined.

    Raises Unauthenticated, or NotFound for a label that the actor may not work on.
    """
    account_id = rights.require_account(tx)
    label = validations.get(tx, image_id, tag_id)
    own = (
        _refusal.account_id == account_id,
        _refusal.image_id == label.image_id,
        _refusal.tag_id == label.tag_id,
    )
    if tx.one(select(_refusal.tag_id).where(*own)) is None:
        tx.execute(
            insert(schema.annotation_refusals).values(
                account_id=account_id,
                image_id=label.image_id,
                tag_id=label.tag_id,
                created_at=tx.now,
            )
        )


def offered(tx: Tx) -> BitMap:
    """Return the images that are offered to the actor to work on."""
    found = find.bitmap(tx, All(), filter=filters.effective(tx, None))
    version = tx.version
    if tx.actor.account_id is not None:
        found = found | (version.flags["pending"] & version.owned(tx.actor.account_id))
    withheld: BitMap = version.flags["withheld"]
    return found - withheld if withheld else found


def named_tags(tx: Tx, node: Node) -> set[int] | None:
    """Return the tags that a query names outside of any negation, None when it names none."""
    ids = {tx.version.tag_id(term.value) for term in _terms(node)}
    found = {tag_id for tag_id in ids if tag_id is not None}
    return found or None


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        if node.field in {"", "tags", "label"}:
            yield node
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from _terms(child)


def _words(tx: Tx, tag_ids: Iterable[int] | None) -> list[Word]:
    """Return the words that can be outlined and have verdicts, of these tags if any are named."""
    book = wordbook.vocabulary(tx)
    known = set(tx.version.judged)
    chosen = known if tag_ids is None else known & set(tag_ids)
    words = (book.by_tag(tag_id) for tag_id in sorted(chosen))
    return [word for word in words if word is not None and word.kind == WordKind.NORMAL]


def _wanted(tx: Tx, word: Word) -> BitMap:
    return tx.version.verdicts(word.tag_id or 0).status("positive")


def _is_wanted(label: validations.Judged) -> bool:
    enough = label.num_yes > 0 and 5 * label.num_yes >= 4 * (label.num_yes + label.num_no)
    return enough and label.unfit_count < schema.UNFIT_FROM


def _open_images(tx: Tx, images: BitMap, word: Word, *, shuffles: bool = True) -> Iterator[int]:
    """Yield those of the images whose label still waits, from one by chance on; few at first."""
    ids = list(images)
    start = tx.library.random.randrange(len(ids)) if ids and shuffles else 0
    ids = ids[start:] + ids[:start]
    size, place = _FIRST_BATCH, 0
    while place < len(ids):
        part = _still_open(tx, ids[place : place + size], word)
        yield from tx.library.random.sample(part, len(part)) if shuffles else part
        place, size = place + size, size * _GROWTH


def _still_open(tx: Tx, image_ids: Sequence[int], word: Word) -> list[int]:
    """Return those of the images whose label of this word nobody drew, gave up or refused."""
    drawn = exists().where(
        _row.image_id == _label.image_id, _row.tag_id == _label.tag_id, ~_row.is_auto
    )
    refused = exists().where(
        _refusal.account_id == (tx.actor.account_id or 0),
        _refusal.image_id == _label.image_id,
        _refusal.tag_id == _label.tag_id,
    )
    rows = tx.all(
        select(_label.image_id)
        .where(
            _label.tag_id == word.tag_id,
            _label.state == LabelState.ASSERTED,
            sql.among(tx.connection, _label.image_id, image_ids),
            _label.unfit_count < schema.UNFIT_FROM,
            ~drawn,
            ~refused,
        )
        .order_by(_label.image_id)
    )
    return [image_id for (image_id,) in rows]


def _task(tx: Tx, image_id: int, word: Word) -> Task:
    if word.tag_id is None:
        raise NotFound
    return Task(image_id, word.tag_id, label_keys.encode(tx.library, image_id, word.tag_id), word)


# What there is to check.

_verdict = schema.annotation_validations.c
_VERDICTS = _row.yes_weight + _row.no_weight


def random(tx: Tx, *, is_auto: bool = False) -> Annotation | None:
    """Return a set of shapes to check, one with the fewest verdicts; None: there is none.

    What the actor has judged comes only when nothing else is left.
    """
    images = offered(tx)
    voter = voters.voter(tx)
    if voter is not None:
        judged = exists().where(
            _verdict.annotation_id == _row.id,
            _verdict.revision == _row.revision,
            _verdict.voter == voter,
        )
        found = _least_checked(tx, images, and_(_row.is_auto == is_auto, ~judged))
        if found is not None:
            return found
    return _least_checked(tx, images, _row.is_auto == is_auto)


def _least_checked(tx: Tx, images: BitMap, condition: ColumnElement[bool]) -> Annotation | None:
    least = -1
    while True:
        tier = tx.scalar(select(func.min(_VERDICTS)).where(condition, least < _VERDICTS))
        if tier is None:
            return None
        found = _of_tier(tx, images, and_(condition, tier == _VERDICTS))
        if found is not None:
            return annotations.find_many(tx, [found])[0]
        least = tier


def _of_tier(tx: Tx, images: BitMap, condition: ColumnElement[bool]) -> int | None:
    """Return a set by chance whose image is offered, or None."""
    last = tx.scalar(select(func.max(_row.id)).where(condition)) or 0
    start = tx.library.random.randint(1, max(1, last))
    for part in (_row.id >= start, _row.id < start):
        after, size = 0, _FIRST_BATCH
        while True:
            rows = tx.all(
                select(_row.id, _row.image_id)
                .where(condition, part, _row.id > after)
                .order_by(_row.id)
                .limit(size)
            )
            fit: list[int] = [row.id for row in rows if row.image_id in images]
            if fit:
                return tx.library.random.choice(fit)
            if len(rows) < size:
                break
            after, size = rows[-1][0], size * _GROWTH
    return None


def matching(tx: Tx, node: Node, *, limit: int, shuffles: bool = False) -> list[Annotation]:
    """Return the sets that people drew on the images that match, by image or by chance.

    A query that names labels outside of any negation gives the sets of these alone. Raises
    QueryError.
    """
    images = find.bitmap(tx, node, filter=filters.effective(tx, None))
    images = (images - tx.version.flags["withheld"]) & _annotated(tx)
    tag_ids = named_tags(tx, node)
    ids = list(images)
    if shuffles:
        tx.library.random.shuffle(ids)
    found: list[Annotation] = []
    place, size = 0, _FIRST_BATCH
    while place < len(ids) and len(found) < limit:
        for of_one in annotations.of_images(tx, ids[place : place + size], tag_ids).values():
            found += of_one
        place += size
    return found[:limit]


def _annotated(tx: Tx) -> BitMap:
    counts = tx.version.numbers("annotation_count")
    return counts.where(lambda numbers: numbers > 0)
