"""Validations: what people say of labels. One verdict, yes or no, is one row of `validations`.

A known judge has one verdict per label: the same again changes nothing, the opposite moves it.
`labels.yes_weight` and `no_weight` sum the weights of a label's verdicts and
`images.verdict_count` counts those on the asserted labels of an image, in the same transaction.
Only labels whose tag is a word of the vocabulary are judged.

Source: ImageMonkey (2017 to 2026) for what a verdict is and for the probability.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import BindParameter, Integer, Row, bindparam, delete, insert, select, update

from menagerie.core import label_keys, rights, visibility, voters, words
from menagerie.core.words import Vocabulary
from menagerie.datasets import judging
from menagerie.datasets.records import Selection, Status
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, LabelState

_USUAL = Selection()
_MOST_PER_STATEMENT = 10_000


class Judged(msgspec.Struct, frozen=True):
    """A label with what its verdicts come to.

    `key` is its UUID; `name` is how it is shown (`mouth/dog`), of which `label` (`dog`) and
    `sublabel` (`mouth`, or empty) are the parts. The numbers are sums of weights.
    """

    image_id: int
    tag_id: int
    key: str
    name: str
    label: str
    sublabel: str
    num_yes: int
    num_no: int
    unfit_count: int
    probability: float

    @property
    def status(self) -> Status:
        """What the verdicts come to; see `status`."""
        return status(self.num_yes, self.num_no)


@lru_cache(maxsize=1 << 16)
def probability(yes: int, no: int) -> float:
    """Return the share of yes, 0 without verdicts, in the fewest digits that a float32 needs.

    Source: ImageMonkey works in 32 bits, and its clients compare with what it prints.

    >>> probability(12, 1), probability(0, 0), probability(1, 2)
    (0.9230769, 0.0, 0.33333334)
    """
    return float(str(np.float32(judging.probability(yes, no))))


def status(yes: int, no: int, selection: Selection = _USUAL) -> Status:
    """Return what verdicts come to, by the thresholds of a selection or else the usual ones.

    >>> [status(*counts).value for counts in ((4, 1), (1, 4), (1, 1), (0, 0))]
    ['positive', 'negative', 'undecided', 'undecided']
    """
    return judging.status(yes, no, selection)


# Judging.


def judge(
    tx: Tx, image_id: int, tag_id: int, *, is_yes: bool, via: str = "api", weight: int = 1
) -> Judged:
    """Say whether an image shows what a label says; return what the verdicts come to now.

    `weight` is how many verdicts a moderator's counts as; anybody else's counts as one. Raises
    NotFound when the image is not the actor's to work on, or there is no such label or no word
    for it; Banned; Invalid (`weight`) below 1.
    """
    if weight < 1:
        raise Invalid({"weight": ["must be at least 1"]})
    counts_as = weight if tx.actor.is_moderator else 1
    before = _enter(tx, image_id, tag_id, words.vocabulary(tx))
    return _judge(tx, before, is_yes=is_yes, via=via, weight=counts_as)


def judge_many(
    tx: Tx, verdicts: Iterable[tuple[int, int, bool]], *, via: str = "batch"
) -> list[Judged]:
    """Judge many labels (image, tag, yes), all or none; raises as `judge` does."""
    rights.require_unbanned(tx)
    vocabulary = words.vocabulary(tx)
    done = []
    for image_id, tag_id, is_yes in verdicts:
        before = _get(tx, image_id, tag_id, vocabulary)
        done.append(_judge(tx, before, is_yes=is_yes, via=via, weight=1))
    return done


def _judge(tx: Tx, before: Judged, *, is_yes: bool, via: str, weight: int) -> Judged:
    voter = voters.voter(tx)
    own = _verdict_of(tx, before, voter)
    shift = {True: 0, False: 0}
    if own is None:
        _add(tx, before, voter, is_yes=is_yes, via=via, weight=weight)
    else:
        if own.is_yes == is_yes and weight <= own.weight:
            return before  # once more is no news, unless it is to count for more
        _change(tx, own.id, is_yes=is_yes, via=via, weight=weight)
        shift[own.is_yes] -= own.weight
    shift[is_yes] += weight
    return _count(tx, before, yes=shift[True], no=shift[False], verdicts=int(own is None))


def take_back(tx: Tx, image_id: int, tag_id: int) -> Judged:
    """Take the actor's own verdict on a label back, if there is one; raises as `judge` does."""
    before = _enter(tx, image_id, tag_id, words.vocabulary(tx))
    own = _verdict_of(tx, before, voters.voter(tx))
    if own is None:
        return before
    tx.execute(delete(schema.validations).where(_row.id == own.id))
    yes, no = (own.weight, 0) if own.is_yes else (0, own.weight)
    return _count(tx, before, yes=-yes, no=-no, verdicts=-1)


def mark_unfit(tx: Tx, image_id: int, tag_id: int) -> Judged:
    """Say that what a label names cannot be outlined on the image; raises as `judge` does.

    A known judge says it once; some saying so take the label from everybody's tasks.
    """
    before = _enter(tx, image_id, tag_id, words.vocabulary(tx))
    more = _mark(tx, before.image_id, before.tag_id, weight=1)
    return msgspec.structs.replace(before, unfit_count=before.unfit_count + more)


def rule_out(tx: Tx, image_id: int, tag_ids: Iterable[int]) -> None:
    """Let labels not be offered for being outlined, as whoever puts them on an image may say."""
    for tag_id in tag_ids:
        _mark(tx, image_id, tag_id, weight=schema.UNFIT_FROM)


def _mark(tx: Tx, image_id: int, tag_id: int, *, weight: int) -> int:
    """Store that the actor says a label is unfit; return by how much the label is more so."""
    table, voter, own = schema.unfit_marks, voters.voter(tx), None
    mark = table.c
    if voter is not None:
        same = (mark.image_id == image_id, mark.tag_id == tag_id, mark.voter == voter)
        own = tx.one(select(mark.id, mark.weight).where(*same))
    more = weight - (own.weight if own is not None else 0)
    if more <= 0:
        return 0
    if own is not None:
        tx.execute(update(table).where(mark.id == own.id).values(weight=weight))
    else:
        tx.execute(
            insert(table).values(
                image_id=image_id,
                tag_id=tag_id,
                voter=voter,
                account_id=tx.actor.account_id,
                weight=weight,
                created_at=tx.now,
            )
        )
    tx.execute(
        update(schema.labels)
        .where(_label.image_id == image_id, _label.tag_id == tag_id)
        .values(unfit_count=_label.unfit_count + more)
    )
    tx.changed(ChangeKind.LABEL, image_id, tag_id)
    return more


_row = schema.validations.c
_label = schema.labels.c
_image = schema.images.c
# Made once: building a statement costs more than running it, and much is judged.
_IMAGE_ID: BindParameter[int] = bindparam("of_image")
_TAG_ID: BindParameter[int] = bindparam("of_tag")
_OWN_LABEL = (_label.image_id == _IMAGE_ID, _label.tag_id == _TAG_ID)
_OWN_VERDICT = select(_row.id, _row.is_yes, _row.weight).where(
    _row.image_id == _IMAGE_ID, _row.tag_id == _TAG_ID, _row.voter == bindparam("of_voter")
)
_ADD = insert(schema.validations)
_COUNT = (
    update(schema.labels)
    .where(*_OWN_LABEL)
    .values(
        yes_weight=_label.yes_weight + bindparam("yes", type_=Integer),
        no_weight=_label.no_weight + bindparam("no", type_=Integer),
    )
)
_COUNT_ON_IMAGE = (
    update(schema.images)
    .where(_image.id == _IMAGE_ID)
    .values(verdict_count=_image.verdict_count + bindparam("more", type_=Integer))
)


def _enter(tx: Tx, image_id: int, tag_id: int, vocabulary: Vocabulary) -> Judged:
    """Return the label as it is, once it is clear that the actor may judge it."""
    found = _get(tx, image_id, tag_id, vocabulary)
    rights.require_unbanned(tx)
    return found


def _verdict_of(tx: Tx, judged: Judged, voter: str | None) -> Row[Any] | None:
    if voter is None:
        return None
    whose = {"of_image": judged.image_id, "of_tag": judged.tag_id, "of_voter": voter}
    return tx.execute(_OWN_VERDICT, whose).first()


def _add(tx: Tx, of: Judged, voter: str | None, *, is_yes: bool, via: str, weight: int) -> None:
    verdict = {
        "image_id": of.image_id,
        "tag_id": of.tag_id,
        "voter": voter,
        "account_id": tx.actor.account_id,
        "is_yes": is_yes,
        "weight": weight,
        "via": via,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_ADD, verdict)


def _change(tx: Tx, verdict_id: int, *, is_yes: bool, via: str, weight: int) -> None:
    tx.execute(
        update(schema.validations)
        .where(_row.id == verdict_id)
        .values(is_yes=is_yes, weight=weight, via=via, updated_at=tx.now)
    )


def _count(tx: Tx, before: Judged, *, yes: int, no: int, verdicts: int) -> Judged:
    """Shift the counters of the label and its image, log the change, and return the label."""
    image_id, tag_id = before.image_id, before.tag_id
    tx.execute(_COUNT, {"of_image": image_id, "of_tag": tag_id, "yes": yes, "no": no})
    tx.changed(ChangeKind.LABEL, image_id, tag_id)
    if verdicts:
        tx.execute(_COUNT_ON_IMAGE, {"of_image": image_id, "more": verdicts})
        tx.changed(ChangeKind.IMAGE, image_id)
    yes, no = before.num_yes + yes, before.num_no + no
    return msgspec.structs.replace(before, num_yes=yes, num_no=no, probability=probability(yes, no))


# Reading.

_COUNTERS = (_label.image_id, _label.tag_id, _label.yes_weight, _label.no_weight)
_SELECT = select(*_COUNTERS, _label.unfit_count).where(_label.state == LabelState.ASSERTED)
_SELECT_ONE = _SELECT.where(*_OWN_LABEL)


def get(tx: Tx, image_id: int, tag_id: int) -> Judged:
    """Return a label that the actor may judge; an alias of a tag stands for that tag.

    Raises NotFound as `judge` does.
    """
    return _get(tx, image_id, tag_id, words.vocabulary(tx))


def _get(tx: Tx, image_id: int, tag_id: int, vocabulary: Vocabulary) -> Judged:
    visibility.require_workable(tx, image_id)
    if not 0 < tag_id < 2**63:
        raise NotFound
    row = tx.execute(_SELECT_ONE, {"of_image": image_id, "of_tag": tag_id}).first()
    if row is None:
        row = tx.one(
            _SELECT.join(schema.tags, schema.tags.c.aliased_to_id == _label.tag_id).where(
                _label.image_id == image_id, schema.tags.c.id == tag_id
            )
        )
    found = _judged(tx, vocabulary, [row] if row is not None else [])
    if not found:
        raise NotFound
    return found[0]


def of_image(tx: Tx, image_id: int) -> list[Judged]:
    """Return the labels of an image that the actor may see, by name; raises NotFound."""
    visibility.require_visible(tx, image_id)
    rows = tx.all(_SELECT.where(_label.image_id == image_id))
    return _judged(tx, words.vocabulary(tx), rows)


def of_images(tx: Tx, ids: Sequence[int]) -> dict[int, list[Judged]]:
    """Return the labels of images by name, in the order of `ids`; only of those the actor may see.

    An image without labels has an empty list.
    """
    vocabulary = words.vocabulary(tx)
    found: dict[int, list[Judged]] = {}
    for start in range(0, len(ids), _MOST_PER_STATEMENT):
        some = [i for i in ids[start : start + _MOST_PER_STATEMENT] if 0 < i < 2**63]
        facts = tx.all(select(*visibility.FACT_COLUMNS).where(schema.images.c.id.in_(some)))
        seen = {row[0] for row in facts if visibility.may_see(tx.actor, visibility.facts_of(row))}
        found |= {image_id: [] for image_id in some if image_id in seen}
        rows = tx.all(_SELECT.where(_label.image_id.in_(seen)))
        for judged in _judged(tx, vocabulary, rows):
            found[judged.image_id].append(judged)
    return found


def _judged(tx: Tx, vocabulary: Vocabulary, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Judged]:
    """Return the labels of rows that have a word, by name."""
    found = []
    for image_id, tag_id, yes, no, unfit in rows:
        word = vocabulary.by_tag(tag_id)
        if word is None:
            continue
        key = label_keys.encode(tx.library, image_id, tag_id)
        label, sublabel = word.name, ""
        if word.parent_id is not None:
            label, sublabel = word.parent_name, word.name
        share = probability(yes, no)
        found.append(
            Judged(image_id, tag_id, key, word.display, label, sublabel, yes, no, unfit, share)
        )
    return sorted(found, key=lambda judged: judged.name)


def resolve(tx: Tx, key: str) -> tuple[int, int | None]:
    """Return the image that a UUID stands for, and the tag if it is the UUID of a label.

    Raises NotFound for what is neither, and for an image that the actor may not work on. Whether
    the label is there is for `get` to say.
    """
    image_id, tag_id = label_keys.decode(tx.library, key) or (None, None)
    if image_id is None and label_keys.is_uuid(key):
        image = schema.images.c
        image_id = tx.scalar(select(image.id).where(image.key == key.lower()))
    if image_id is None:
        raise NotFound
    visibility.require_workable(tx, image_id)
    return image_id, tag_id


def own(tx: Tx, image_id: int) -> dict[int, bool]:
    """Return what the actor has said of the labels of an image: yes or no by tag.

    Nothing for whoever is not known from one request to the next.
    """
    voter = voters.voter(tx)
    if voter is None:
        return {}
    mine = select(_row.tag_id, _row.is_yes).where(_row.voter == voter, _row.image_id == image_id)
    return dict(tuple(row) for row in tx.all(mine))
