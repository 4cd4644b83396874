"""What there is to outline and to check: labels without shapes, and shapes without verdicts.

A label waits for its outline when at least four of five verdicts say yes to it, fewer than three
people said that it cannot be outlined, its word is no scene, nobody has drawn it yet, and the
account that asks has not refused it. Images are offered as they are for validation: everybody's to
find under the filter Default, not withheld; and one's own that wait for review.

Source: ImageMonkey (2017 to 2026) for the conditions of a task.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from pyroaring import BitMap
from sqlalchemy import and_, insert, select, union

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
from menagerie.search.columns import from_ids, ids_of
from menagerie.search.nodes import All, And, Node, Or, Term
from menagerie.search.outlines import Known
from menagerie.search.version import Version
from menagerie.storage import schema, sql
from menagerie.storage.schema import WordKind

_TRIES = 32  # draws before all that there is gets looked through


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
    images, refused, version = offered(tx), _refused(tx), tx.version
    for word in _by_chance(tx, _words(tx, {tag_id} if tag_id is not None else None)):
        found = _waiting(version, word, refused) & images
        if found:
            return _task(tx, found[tx.library.random.randrange(len(found))], word)
    return None


def open_tasks(tx: Tx, node: Node, *, limit: int, shuffles: bool = False) -> list[Task]:
    """Return the tasks of the images that match, by image or by chance.

    A query that names labels outside of any negation gives tasks of these alone. Raises QueryError.
    """
    images = find.bitmap(tx, node, filter=filters.effective(tx, None))
    images, refused, version = images - tx.version.flags["withheld"], _refused(tx), tx.version
    waiting = [
        (word, found)
        for word in _words(tx, named_tags(tx, node))
        if (found := _waiting(version, word, refused) & images)
    ]
    some = _some_by_chance(tx, waiting, limit) if shuffles else _first(waiting, limit)
    return [_task(tx, image_id, word) for image_id, word in some]


def _first(waiting: Sequence[tuple[Word, BitMap]], limit: int) -> list[tuple[int, Word]]:
    # Each of these images has a task, so no others can be among the first.
    images = BitMap.union(BitMap(), *(found for _, found in waiting))[:limit]
    first = [(image_id, word) for word, found in waiting for image_id in found & images]
    return sorted(first, key=lambda pair: pair[0])[:limit]


def _some_by_chance(
    tx: Tx, waiting: Sequence[tuple[Word, BitMap]], limit: int
) -> Iterator[tuple[int, Word]]:
    ends = np.cumsum([len(found) for _, found in waiting], dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    for number in tx.library.random.sample(range(total), min(limit, total)):
        place = int(np.searchsorted(ends, number, side="right"))
        word, found = waiting[place]
        yield found[int(ends[place]) - number - 1], word


def tasks_of_image(tx: Tx, image_id: int) -> list[Task]:
    """Return the tasks of one image, by name of label; raises NotFound."""
    book = wordbook.vocabulary(tx)
    wanted = {one.tag_id: book.by_tag(one.tag_id) for one in _wanted(tx, image_id)}
    gone = _drawn_or_refused(tx, image_id, wanted)
    return [
        _task(tx, image_id, word)
        for tag_id, word in wanted.items()
        if word is not None and word.kind == WordKind.NORMAL and tag_id not in gone
    ]


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


def _by_chance(tx: Tx, words: list[Word]) -> Iterator[Word]:
    """Yield words in a random order, drawn one by one as mostly the first will do."""
    while words:
        place = tx.library.random.randrange(len(words))
        words[place], words[-1] = words[-1], words[place]
        yield words.pop()


def _waiting(version: Version, word: Word, refused: Mapping[int, BitMap]) -> BitMap:
    """Return the images whose label of this word waits for the actor's outline."""
    tag_id = word.tag_id or 0
    waiting = version.outlines.waiting(version, tag_id)
    return waiting - refused[tag_id] if tag_id in refused else waiting


def _refused(tx: Tx) -> Mapping[int, BitMap]:
    """Return the images on which the actor's account does not want to outline a tag."""
    found: dict[int, BitMap] = {}
    if tx.actor.account_id is not None:
        own = _refusal.account_id == tx.actor.account_id
        for tag_id, image_id in tx.all(select(_refusal.tag_id, _refusal.image_id).where(own)):
            found.setdefault(tag_id, BitMap()).add(image_id)
    return found


def _wanted(tx: Tx, image_id: int) -> list[validations.Judged]:
    """Return the labels of an image that are positive and can be outlined, by name."""
    return [
        one
        for one in validations.of_image(tx, image_id)
        if one.num_yes > 0
        and 5 * one.num_yes >= 4 * (one.num_yes + one.num_no)
        and one.unfit_count < schema.UNFIT_FROM
    ]


def _drawn_or_refused(tx: Tx, image_id: int, tag_ids: Iterable[int]) -> set[int]:
    """Return those of an image's labels that people outlined, or the actor's account refused."""
    among = list(tag_ids)
    drawn = select(_row.tag_id).where(
        _row.image_id == image_id, _row.tag_id.in_(among), ~_row.is_auto
    )
    refused = select(_refusal.tag_id).where(
        _refusal.account_id == (tx.actor.account_id or 0),
        _refusal.image_id == image_id,
        _refusal.tag_id.in_(among),
    )
    return set(tx.execute(union(drawn, refused)).scalars())


def _task(tx: Tx, image_id: int, word: Word) -> Task:
    if word.tag_id is None:
        raise NotFound
    return Task(image_id, word.tag_id, label_keys.encode(tx.library, image_id, word.tag_id), word)


# What there is to check.

_verdict = schema.annotation_validations.c


def random(tx: Tx, *, is_auto: bool = False) -> Annotation | None:
    """Return a set of shapes to check, one with the fewest verdicts; None: there is none.

    What the actor has judged comes only when nothing else is left.
    """
    images, known = offered(tx), tx.version.outlines.known
    voter = voters.voter(tx)
    for leaves_out in (voter, None) if voter is not None else (None,):
        for weight, ids in known.tiers_of(is_auto=is_auto):
            # What has no verdict has none of the actor's.
            found = _of_tier(tx, images, ids, known, leaves_out if weight else None)
            if found is not None:
                return next(iter(annotations.find_many(tx, [found])), None)
    return None


def _of_tier(tx: Tx, images: BitMap, ids: BitMap, known: Known, voter: str | None) -> int | None:
    """Return a set by chance whose image is offered and that the voter has not judged, or None."""
    for _ in range(_TRIES if len(ids) > _TRIES else 0):
        drawn: int = ids[tx.library.random.randrange(len(ids))]
        is_offered = known.image_ids.get(drawn) in images
        if is_offered and (voter is None or not _judged(tx, [drawn], voter)):
            return drawn
    places = ids_of(ids)
    there = from_ids(known.image_ids.gather(places)) & images
    left = from_ids(places[np.isin(known.image_ids.gather(places), ids_of(there))])
    if voter is not None:
        left -= BitMap(_judged(tx, left, voter))
    return left[tx.library.random.randrange(len(left))] if left else None


def _judged(tx: Tx, ids: Iterable[int], voter: str) -> list[int]:
    """Return those of the sets whose newest revision somebody has judged."""
    statement = (
        select(_row.id)
        .join(
            schema.annotation_validations,
            and_(_verdict.annotation_id == _row.id, _verdict.revision == _row.revision),
        )
        .where(_verdict.voter == voter, sql.among(tx.connection, _row.id, ids))
    )
    return list(tx.execute(statement).scalars())


def matching(tx: Tx, node: Node, *, limit: int, shuffles: bool = False) -> list[Annotation]:
    """Return the sets that people drew on the images that match, by image or by chance.

    A query that names labels outside of any negation gives the sets of these alone. Raises
    QueryError.
    """
    images = find.bitmap(tx, node, filter=filters.effective(tx, None))
    tag_ids = named_tags(tx, node)
    images = (images - tx.version.flags["withheld"]) & _annotated(tx, tag_ids)
    # Each of them has a set to show, so as many images as there may be sets are enough.
    if shuffles:
        places = tx.library.random.sample(range(len(images)), min(limit, len(images)))
        ids = [images[place] for place in places]
    else:
        ids = list(images[:limit])
    found = annotations.of_images(tx, ids, tag_ids)
    return [one for of_one in found.values() for one in of_one][:limit]


def _annotated(tx: Tx, tag_ids: Iterable[int] | None) -> BitMap:
    if tag_ids is None:
        counts = tx.version.numbers("annotation_count")
        return counts.where(lambda numbers: numbers > 0)
    drawn = tx.version.outlines.known.drawn
    return BitMap.union(BitMap(), *(drawn[tag_id] for tag_id in tag_ids if tag_id in drawn))
