"""Quality: how far people agree about words, what is probably true, and how well each one judges.

Worked out by a job for the words with news since the last time. Verdicts of nobody known count in
the agreement about a word, but not in the model of judges: nobody can be told apart from nobody.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec
import numpy as np
from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update

from menagerie import jobs
from menagerie.core import agreement, rights, validations, visibility
from menagerie.core.agreement import alpha, dawid_skene, lower_bound
from menagerie.datasets.records import Status
from menagerie.library import SYSTEM, Library, Tx
from menagerie.storage import changes, schema, sql
from menagerie.storage.schema import ChangeKind, LabelState

__all__ = [
    "MEASURE",
    "Contributor",
    "Measure",
    "alpha",
    "contested",
    "contributors",
    "dawid_skene",
    "lower_bound",
    "measure",
    "of_word",
    "of_words",
    "plan",
]

MEASURE = "quality.measure"
"""The kind of the job."""

# How far the job has read the change log, as a fact of the library.
_READ_UP_TO = "quality_measured_up_to"
# A probability is kept in thousandths, so that one verdict does not move every label of its word.
_DIGITS = 3
# Judges told apart by address and day are no persons to keep figures of; see `voters.voter`.
_PASSING = "d"
_LABELS_AT_ONCE = 500
_VOTERS_AT_ONCE = 200

_verdict = schema.validations.c
_label = schema.labels.c


class Measure(msgspec.Struct, frozen=True):
    """How far people agree about one word, on images that everybody can find.

    `agreement` is the share of pairs of verdicts that agree and `alpha` is Krippendorff's; both
    are None when there is nothing to compare.
    """

    tag_id: int
    label_count: int
    verdict_count: int
    positive_count: int
    negative_count: int
    undecided_count: int
    agreement: float | None
    alpha: float | None
    measured_at: int


class Contributor(msgspec.Struct, frozen=True):
    """How one judge compares with all: an account, or a browser that said the same about itself.

    `agreement` is the share of verdicts equal to what the label came to; `sensitivity` and
    `specificity` are how often it says yes, or no, where that is probably true.
    """

    voter: str
    account_id: int | None
    account_name: str | None
    verdict_count: int
    yes_ratio: float
    agreement: float | None
    sensitivity: float | None
    specificity: float | None
    measured_at: int


# Reading.

_MEASURE = select(*(schema.word_measures.c[name] for name in Measure.__struct_fields__))


def of_words(tx: Tx) -> dict[int, Measure]:
    """Return the measures of every word that was judged, by tag."""
    return {row.tag_id: Measure(*row) for row in tx.all(_MEASURE)}


def of_word(tx: Tx, tag_id: int) -> Measure | None:
    """Return the measures of one word, None while there are none."""
    row = tx.one(_MEASURE.where(schema.word_measures.c.tag_id == tag_id))
    return Measure(*row) if row is not None else None


def contributors(tx: Tx, *, limit: int = 100, offset: int = 0) -> list[Contributor]:
    """Return the judges, those with the most verdicts first; for moderators.

    Raises Unauthenticated or Forbidden.
    """
    rights.require_moderator(tx)
    row = schema.contributor_measures.c
    names = (name for name in Contributor.__struct_fields__ if name != "account_name")
    columns: list[ColumnElement[object]] = [row[name] for name in names]
    columns.insert(2, schema.accounts.c.name)
    rows = tx.all(
        select(*columns)
        .outerjoin(schema.accounts, schema.accounts.c.id == row.account_id)
        .order_by(row.verdict_count.desc(), row.voter)
        .limit(limit)
        .offset(offset)
    )
    return [Contributor(*found) for found in rows]


def contested(tx: Tx, tag_id: int, *, limit: int = 20) -> list[tuple[int, int, int]]:
    """Return the images people disagree about most: (image, yes, no), the most disputed first."""
    product = _label.yes_weight * _label.no_weight
    rows = tx.all(
        select(_label.image_id, _label.yes_weight, _label.no_weight)
        .join(schema.images, schema.images.c.id == _label.image_id)
        .where(
            _label.tag_id == tag_id,
            _label.state == LabelState.ASSERTED,
            product > 0,
            visibility.SEARCHABLE,
        )
        .order_by(product.desc(), _label.image_id)
        .limit(limit)
    )
    return [(image_id, yes, no) for image_id, yes, no in rows]


# Measuring.


def plan(library: Library) -> None:
    """Enqueue the job unless it waits already or nothing was judged since it ran."""
    with library.reading(SYSTEM) as tx:
        _low, high = changes.bounds(tx.connection)
        waits = select(schema.jobs.c.id).where(
            schema.jobs.c.kind == MEASURE, schema.jobs.c.failed_at.is_(None)
        )
        if high <= _read_up_to(tx) or tx.one(waits.limit(1)) is not None:
            return
    with library.writing(SYSTEM) as tx:
        jobs.enqueue(tx, MEASURE, {})


def measure(library: Library) -> None:
    """Measure the words with labels that changed since the last time, and whoever judged them.

    A job. It runs in many short transactions; when it is broken off, the next one does it again.
    """
    with library.reading(SYSTEM) as tx:
        _low, high = changes.bounds(tx.connection)
        touched = _touched(tx)
    judges: set[str] = set()
    for tag_id in touched:
        judges |= _measure_word(library, tag_id)
    with library.reading(SYSTEM) as tx:
        judges |= _miscounted_judges(tx) if touched else set()
    listed = sorted(judges)
    for start in range(0, len(listed), _VOTERS_AT_ONCE):
        with library.writing(SYSTEM) as tx:
            _measure_contributors(tx, listed[start : start + _VOTERS_AT_ONCE])
    with library.writing(SYSTEM) as tx:
        gone = ~exists().where(_verdict.voter == schema.contributor_measures.c.voter)
        tx.execute(delete(schema.contributor_measures).where(gone))
        row: dict[str, object] = {"name": _READ_UP_TO, "value": str(high)}
        sql.upsert(tx.connection, schema.facts, [row])


def _read_up_to(tx: Tx) -> int:
    value = tx.scalar(select(schema.facts.c.value).where(schema.facts.c.name == _READ_UP_TO))
    return int(value or 0)


def _touched(tx: Tx) -> list[int]:
    """Return the words some label of which was judged, asserted, moved or taken away lately.

    The log tells of verdicts that were taken back as well, which leave no row behind. If it does
    not reach back, these are all words ever judged. Those on images that were removed, published
    and the like are among them if that gave or took verdicts; one for another goes unnoticed until
    the word has news of its own.
    """
    low, _high = changes.bounds(tx.connection)
    seen = _read_up_to(tx)
    judged = set(tx.execute(select(_verdict.tag_id).distinct()).scalars())
    judged |= set(tx.execute(select(schema.word_measures.c.tag_id)).scalars())
    if seen == 0 or low > seen + 1:
        return sorted(judged)
    row = schema.changes.c
    tag_id = func.coalesce(row.other_id, row.subject_id)
    kinds = (ChangeKind.LABEL, ChangeKind.POSTING)
    lately = select(tag_id).where(row.seq > seen, row.kind.in_(kinds)).distinct()
    found = judged.intersection(tx.execute(lately).scalars())
    seen_lately = select(row.subject_id).where(row.seq > seen, row.kind == ChangeKind.IMAGE)
    on_them = select(_verdict.tag_id).where(_verdict.image_id.in_(seen_lately)).distinct()
    there = judged.intersection(tx.execute(on_them).scalars()) - found
    return sorted(found | _miscounted(tx, there))


def _miscounted(tx: Tx, tag_ids: AbstractSet[int]) -> set[int]:
    """Return those of the words whose measures count other verdicts than everybody can find."""
    same = (_label.image_id == _verdict.image_id) & (_label.tag_id == _verdict.tag_id)
    rows = tx.all(
        select(_verdict.tag_id, func.count(), func.count(_verdict.image_id.distinct()))
        .join(schema.labels, same)
        .join(schema.images, schema.images.c.id == _verdict.image_id)
        .where(
            sql.among(tx.connection, _verdict.tag_id, tag_ids),
            _label.state == LabelState.ASSERTED,
            visibility.SEARCHABLE,
        )
        .group_by(_verdict.tag_id)
    )
    now = {tag_id: (verdicts, labels) for tag_id, verdicts, labels in rows}
    measures = of_words(tx)
    kept = {
        i: (measures[i].verdict_count, measures[i].label_count) for i in tag_ids & measures.keys()
    }
    return {tag_id for tag_id in tag_ids if now.get(tag_id) != kept.get(tag_id)}


def _miscounted_judges(tx: Tx) -> set[str]:
    """Return the judges whose figures count other verdicts than there are, as after taking back."""
    measured = schema.contributor_measures.c
    same = (_label.image_id == _verdict.image_id) & (_label.tag_id == _verdict.tag_id)
    number = (
        select(func.count())
        .select_from(schema.validations)
        .join(schema.labels, same)
        .where(_verdict.voter == measured.voter, _label.state == LabelState.ASSERTED)
        .correlate(schema.contributor_measures)
        .scalar_subquery()
    )
    return set(tx.execute(select(measured.voter).where(measured.verdict_count != number)).scalars())


class _Labels(msgspec.Struct, frozen=True):
    """The verdicts on one word: `labels` by image, and (image, voter, is yes) of each verdict."""

    labels: dict[int, "_Label"]
    verdicts: list[tuple[int, str | None, bool]]


class _Label(msgspec.Struct, frozen=True):
    yes_weight: int
    no_weight: int
    truth: float | None
    is_public: bool


def _measure_word(library: Library, tag_id: int) -> set[str]:
    """Write the measures of a word and what is probably true; return who judged it."""
    with library.reading(SYSTEM) as tx:
        now = tx.now
        read = _read_labels(tx, tag_id)
    found = _measured(tag_id, read, now)
    with library.writing(SYSTEM) as tx:
        rows = schema.word_measures
        tx.execute(delete(rows).where(rows.c.tag_id == tag_id))
        if found is not None:
            tx.execute(rows.insert().values(msgspec.structs.asdict(found)))
    _write_truths(library, tag_id, _changed_truths(read))
    return {v for _image, v, _yes in read.verdicts if v is not None and not v.startswith(_PASSING)}


def _read_labels(tx: Tx, tag_id: int) -> _Labels:
    image = schema.images.c
    asserted = (_label.tag_id == tag_id, _label.state == LabelState.ASSERTED)
    is_known = (_label.yes_weight + _label.no_weight > 0) | _label.truth.is_not(None)
    counters = (_label.image_id, _label.yes_weight, _label.no_weight, _label.truth)
    rows = tx.all(
        select(*counters, visibility.SEARCHABLE)
        .join(schema.images, image.id == _label.image_id)
        .where(*asserted, is_known)
    )
    labels = {image_id: _Label(yes, no, truth, bool(p)) for image_id, yes, no, truth, p in rows}
    said = tx.all(
        select(_verdict.image_id, _verdict.voter, _verdict.is_yes).where(_verdict.tag_id == tag_id)
    )
    return _Labels(labels, [(i, voter, yes) for i, voter, yes in said if i in labels])


def _measured(tag_id: int, read: _Labels, now: int) -> Measure | None:
    """Return the measures of a word from what everybody can find; None if that is nothing."""
    counts: dict[int, list[int]] = {}
    for image_id, _voter, is_yes in read.verdicts:
        if read.labels[image_id].is_public:
            counts.setdefault(image_id, [0, 0])[0 if is_yes else 1] += 1
    if not counts:
        return None
    pairs = [(yes, no) for yes, no in counts.values()]
    labels = [read.labels[image_id] for image_id in counts]
    came_to = [validations.status(one.yes_weight, one.no_weight) for one in labels]
    return Measure(
        tag_id=tag_id,
        label_count=len(counts),
        verdict_count=sum(yes + no for yes, no in pairs),
        positive_count=came_to.count(Status.POSITIVE),
        negative_count=came_to.count(Status.NEGATIVE),
        undecided_count=came_to.count(Status.UNDECIDED),
        agreement=agreement.observed(pairs),
        alpha=alpha(pairs),
        measured_at=now,
    )


def _changed_truths(read: _Labels) -> list[tuple[int, float | None]]:
    """Return the images whose label's truth is another one than is kept, with the new one."""
    truths = _truths(read.verdicts)
    return [
        (image_id, truths.get(image_id))
        for image_id, label in sorted(read.labels.items())
        if truths.get(image_id) != label.truth
    ]


def _truths(verdicts: Iterable[tuple[int, str | None, bool]]) -> dict[int, float]:
    """Return how probable yes is, by image; nothing where nobody known has judged."""
    known = [(image_id, voter, yes) for image_id, voter, yes in verdicts if voter is not None]
    if not known:
        return {}
    images, items = np.unique([image_id for image_id, _v, _y in known], return_inverse=True)
    _names, judges = np.unique([voter for _i, voter, _y in known], return_inverse=True)
    is_yes = np.array([yes for _i, _v, yes in known], bool)
    truth = dawid_skene(items, judges, is_yes).truth.round(_DIGITS)
    return dict(zip(images.tolist(), truth.tolist(), strict=True))


def _write_truths(
    library: Library, tag_id: int, truths: Sequence[tuple[int, float | None]]
) -> None:
    for start in range(0, len(truths), _LABELS_AT_ONCE):
        with library.writing(SYSTEM) as tx:
            for image_id, truth in truths[start : start + _LABELS_AT_ONCE]:
                own = (_label.image_id == image_id, _label.tag_id == tag_id)
                tx.execute(update(schema.labels).where(*own).values(truth=truth))
                tx.changed(ChangeKind.LABEL, image_id, tag_id)


def _measure_contributors(tx: Tx, some: Sequence[str]) -> None:
    """Write how some judges compare with all, over all words."""
    said: dict[str, list[tuple[int | None, bool, int, int, float | None]]] = {}
    for voter, *row in tx.all(_verdicts_of(some)):
        said.setdefault(voter, []).append(tuple(row))
    table = schema.contributor_measures
    tx.execute(delete(table).where(table.c.voter.in_(some)))
    rows = [_compared(voter, rows, tx.now) for voter, rows in said.items()]
    if rows:
        tx.execute(table.insert(), rows)


def _verdicts_of(some: Sequence[str]) -> Select[tuple[object, ...]]:
    same = (_label.image_id == _verdict.image_id) & (_label.tag_id == _verdict.tag_id)
    columns = (_verdict.voter, _verdict.account_id, _verdict.is_yes)
    return (
        select(*columns, _label.yes_weight, _label.no_weight, _label.truth)
        .join(schema.labels, same)
        .where(_verdict.voter.in_(some), _label.state == LabelState.ASSERTED)
    )


def _compared(
    voter: str, rows: Sequence[tuple[int | None, bool, int, int, float | None]], now: int
) -> dict[str, object]:
    """Return the row of measures of one judge."""
    decided = agreeing = 0
    right_yes = all_yes = right_no = all_no = 0.0
    for _account, is_yes, yes, no, truth in rows:
        came_to = validations.status(yes, no)
        decided += came_to != Status.UNDECIDED
        agreeing += came_to == (Status.POSITIVE if is_yes else Status.NEGATIVE)
        if truth is not None:
            all_yes += truth
            all_no += 1 - truth
            right_yes += truth * is_yes
            right_no += (1 - truth) * (not is_yes)
    return {
        "voter": voter,
        "account_id": rows[0][0],
        "verdict_count": len(rows),
        "yes_ratio": sum(is_yes for _a, is_yes, *_rest in rows) / len(rows),
        "agreement": agreeing / decided if decided else None,
        "sensitivity": (1 + right_yes) / (2 + all_yes) if all_yes else None,
        "specificity": (1 + right_no) / (2 + all_no) if all_no else None,
        "measured_at": now,
    }
