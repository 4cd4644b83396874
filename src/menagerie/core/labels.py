"""Labels: one tag on one image, with where it came from and whether it counts.

Only asserted labels count. Taking one away keeps its row and the verdicts on it, so that what
people said about it is there again when it comes back. A model's are only suggested, until a
person says yes; what a person took away or refused, no model brings back. `images.tag_count` counts
the asserted labels of an image and `tags.image_count` the searchable images with the label
asserted, both in the same transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, case, delete, func, insert, or_, select, text, update

from menagerie.core import carrying, rights, tags, visibility
from menagerie.errors import Invalid, RateLimited
from menagerie.library import SECOND, Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, EventKind, LabelState, Origin

_label = schema.labels.c
_SUGGESTED = text(schema.IS_SUGGESTED)
EDIT_WINDOW = 600 * SECOND
"""The time in which edits of tags are counted, in microseconds."""


class Edit(msgspec.Struct, frozen=True):
    """What an edit changed in the end: names of tags, in the order of the edit."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class TagChange(msgspec.Struct, frozen=True):
    """One label that somebody added or took away; `tag_name` is what it was called then."""

    id: int
    image_id: int
    tag_id: int
    tag_name: str
    is_added: bool
    account_id: int | None
    created_at: int
    account_name: str | None
    reverts_id: int | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """A tag that a model suggests for an image; `confidence` is 0 to 1."""

    tag_id: int
    name: str
    slug: str
    category: str | None
    confidence: float


class _Tag(msgspec.Struct, frozen=True):
    id: int
    name: str


def put_on_new(
    tx: Tx,
    image_id: int,
    resolved: Sequence[tags.Resolved],
    *,
    origin: Origin = Origin.PERSON,
    is_searchable: bool,
    by_models: Collection[str] = (),
) -> None:
    """Label an image that this transaction has just made; its IMAGE change covers the labels.

    The tags named in `by_models` are of that origin.
    """
    if not resolved:
        return
    tx.execute(
        insert(schema.labels),
        [
            {
                "image_id": image_id,
                "tag_id": r.tag.id,
                "origin": _origin(r, Origin.MODEL if r.tag.name in by_models else origin),
                "state": LabelState.ASSERTED,
                "account_id": None if r.tag.name in by_models else tx.actor.account_id,
                "created_at": tx.now_s,
            }
            for r in resolved
        ],
    )
    _set_tag_count(tx, image_id, len(resolved))
    if is_searchable:
        _shift_image_counts(tx, [r.tag.id for r in resolved], 1)


def _origin(resolved: tags.Resolved, origin: Origin) -> Origin:
    return Origin.IMPLIED if resolved.is_implied else origin


def edit(
    tx: Tx,
    image_id: int,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    enforce_board_rules: bool = True,
    requires_account: bool = True,
    origin: Origin = Origin.PERSON,
) -> Edit:
    """Add and take away tags by name, with history and counters; return what really changed.

    A name in both is added; an implied tag that is to be removed is not; a rating takes the place
    of one by a model. The board's rules bind the result only as far as the edit makes it worse.
    Raises NotFound; Unauthenticated, unless visitors may; Banned; Forbidden while the tags are
    locked; RateLimited, where the board's rules bind; and Invalid (`tags`) with all broken rules,
    the latest check first.
    """
    facts = visibility.require_visible(tx, image_id)
    if requires_account:
        rights.require_contributor(tx)
    else:
        rights.require_unbanned(tx)
    wanted, unwanted = tags.parse_list(add), tags.parse_list(remove)
    current = _asserted(tx, image_id)
    resolved = tags.resolve(tx, wanted)
    named = {r.tag.id for r in resolved if not r.is_implied}
    gone = {tag.id for tag in tags.canonical(tx, unwanted).values()} - named
    added = [r for r in resolved if r.tag.id not in current and r.tag.id not in gone]
    gone |= _outranked(tx, image_id, added)
    removed = [current[tag_id] for tag_id in sorted(gone) if tag_id in current]
    if not added and not removed:
        return Edit()
    rights.require_unlocked(tx, image_id, "tags")
    if enforce_board_rules:
        _require_no_worse(tx, current, added, removed)
        _require_seldom(tx, [r.tag.name for r in added] + [tag.name for tag in removed])
    _assert(tx, image_id, added, origin=origin)
    _take_away(tx, image_id, removed)
    _finish(tx, facts, [r.tag for r in added], removed)
    return Edit(tuple(r.tag.name for r in added), tuple(tag.name for tag in removed))


def replace(
    tx: Tx,
    image_id: int,
    new_input: str | Iterable[str],
    old_input: str | Iterable[str] | None = None,
    *,
    enforce_board_rules: bool = True,
) -> Edit:
    """Edit the tags from the list somebody saw into the list they sent; see `edit`.

    Only the difference of the two is applied, so that what others changed meanwhile stays. Without
    `old_input` the image gets exactly the new tags and what they imply.
    """
    new = tags.parse_list(new_input)
    if old_input is None:
        visibility.require_visible(tx, image_id)
        old = [tag.name for tag in _asserted(tx, image_id).values()]
    else:
        old = tags.parse_list(old_input)
    return edit(
        tx,
        image_id,
        # A name that stays is named again only to win over an alias of it among the removed.
        add=[name for name in new if name not in old],
        remove=_without_aliases_of(tx, [name for name in old if name not in new], new),
        enforce_board_rules=enforce_board_rules,
    )


def _without_aliases_of(tx: Tx, removed: list[str], kept: list[str]) -> list[str]:
    """Drop from `removed` the names that stand for the same tag as one of `kept`."""
    if not removed:
        return []
    staying = {tag.id for tag in tags.canonical(tx, kept).values()}
    meant = tags.canonical(tx, removed)
    return [name for name in removed if name in meant and meant[name].id not in staying]


def _asserted(tx: Tx, image_id: int) -> dict[int, _Tag]:
    rows = tx.all(
        select(schema.tags.c.id, schema.tags.c.name)
        .join(schema.labels, schema.labels.c.tag_id == schema.tags.c.id)
        .where(schema.labels.c.image_id == image_id, schema.labels.c.state == LabelState.ASSERTED)
    )
    return {row.id: _Tag(*row) for row in rows}


def _outranked(tx: Tx, image_id: int, added: Sequence[tags.Resolved]) -> set[int]:
    """Return the ratings by models that have to give way to what is added."""
    if tags.RATINGS_SET.isdisjoint(r.tag.name for r in added):
        return set()
    rows = tx.all(
        select(_label.tag_id)
        .join(schema.tags, schema.tags.c.id == _label.tag_id)
        .where(
            _label.image_id == image_id,
            _label.origin == Origin.MODEL,
            _label.state == LabelState.ASSERTED,
            schema.tags.c.name.in_(tags.RATINGS),
        )
    )
    return {row.tag_id for row in rows}


def _require_no_worse(
    tx: Tx, current: dict[int, _Tag], added: Sequence[tags.Resolved], removed: Sequence[_Tag]
) -> None:
    before = {tag.name for tag in current.values()}
    after = before - {tag.name for tag in removed} | {r.tag.name for r in added}
    problems = tags.worsened(before, after, minimum=tx.library.settings.minimum_tags)
    if problems:
        raise Invalid({"tags": problems})


def _require_seldom(tx: Tx, names: Sequence[str]) -> None:
    """Let pass unless an account that is not verified has changed too much of late.

    Source: Philomena (2024 to 2026) for both limits.
    """
    if tx.actor.is_verified or tx.actor.is_assistant or tx.actor.account_id is None:
        return
    limits = tx.library.settings.tag_edit_limit, tx.library.settings.rating_edit_limit
    if not any(limits):
        return
    row = schema.tag_changes.c
    rows = tx.all(
        select(row.created_at, row.image_id, row.tag_name)
        .where(row.account_id == tx.actor.account_id, row.created_at > tx.now_s - EDIT_WINDOW)
        .order_by(row.created_at)
    )
    is_rating = not tags.RATINGS_SET.isdisjoint(names)
    # One rating that takes the place of another is one change.
    rated = {(row[0], row[1]): None for row in rows if row[2] in tags.RATINGS_SET}
    done = ((len(rows), len(names)), (len(rated), int(is_rating)))
    for limit, (before, more) in zip(limits, done, strict=True):
        if limit and more and before + more > limit:
            oldest = rows[0][0] if rows else tx.now_s
            raise RateLimited(max(1, (oldest + EDIT_WINDOW - tx.now_s) // SECOND))


def _assert(tx: Tx, image_id: int, added: Sequence[tags.Resolved], *, origin: Origin) -> None:
    """Assert labels, bringing back rows that were suggested or removed."""
    if not added:
        return
    labels = schema.labels.c
    ids = [r.tag.id for r in added]
    there = set(
        tx.execute(
            select(labels.tag_id).where(labels.image_id == image_id, labels.tag_id.in_(ids))
        ).scalars()
    )
    new = []
    for r in added:
        values: dict[str, object] = {
            "origin": _origin(r, origin),
            "state": LabelState.ASSERTED,
            "account_id": tx.actor.account_id,
        }
        if r.tag.id in there:
            own = (labels.image_id == image_id, labels.tag_id == r.tag.id)
            tx.execute(update(schema.labels).where(*own).values(values))
        else:
            ids_and_time = {"image_id": image_id, "tag_id": r.tag.id, "created_at": tx.now_s}
            new.append(values | ids_and_time)
    if new:
        tx.execute(insert(schema.labels), new)


def _take_away(tx: Tx, image_id: int, removed: Sequence[_Tag]) -> None:
    if removed:
        labels = schema.labels.c
        tx.execute(
            update(schema.labels)
            .where(labels.image_id == image_id, labels.tag_id.in_([t.id for t in removed]))
            .values(state=LabelState.REMOVED)
        )


def _finish(
    tx: Tx,
    facts: visibility.Facts,
    added: Sequence[tags.Tag | _Tag],
    removed: Sequence[_Tag],
) -> None:
    """Write the history, the counters and the change log of labels already changed."""
    _record(tx, facts.id, added, removed)
    if visibility.is_searchable(facts):
        _shift_image_counts(tx, [tag.id for tag in added], 1)
        _shift_image_counts(tx, [tag.id for tag in removed], -1)
    images = schema.images.c
    tx.execute(
        update(schema.images)
        .where(images.id == facts.id)
        .values(tag_count=images.tag_count + len(added) - len(removed), updated_at=tx.now_s)
    )
    tx.changed(ChangeKind.IMAGE, facts.id)
    _count_verdicts(tx, facts.id, [tag.id for tag in (*added, *removed)])
    for tag in (*added, *removed):
        tx.changed(ChangeKind.LABEL, facts.id, tag.id)


def _count_verdicts(tx: Tx, image_id: int, tag_ids: Sequence[int]) -> None:
    """Count verdicts that came or went with their labels, which are few."""
    row = schema.validations.c
    said = select(row.id).where(row.image_id == image_id, row.tag_id.in_(tag_ids)).limit(1)
    if tx.one(said) is not None:
        carrying.count_verdicts(tx, [image_id])


def _record(
    tx: Tx, image_id: int, added: Sequence[tags.Tag | _Tag], removed: Sequence[_Tag]
) -> None:
    made = tx.execute(
        insert(schema.tag_changes).returning(schema.tag_changes.c.id),
        [
            {
                "image_id": image_id,
                "tag_id": tag.id,
                "tag_name": tag.name,
                "is_added": is_added,
                "account_id": tx.actor.account_id,
                "address": tx.actor.address or None,
                "fingerprint": tx.actor.fingerprint,
                "created_at": tx.now_s,
            }
            for changed, is_added in ((added, True), (removed, False))
            for tag in changed
        ],
    )
    for change_id in sorted(made.scalars()):
        tx.happened(EventKind.IMAGE_TAG_UPDATE, image_id, change_id)
    tx.happened(EventKind.IMAGE_UPDATE, image_id)


def _set_tag_count(tx: Tx, image_id: int, count: int) -> None:
    tx.execute(update(schema.images).where(schema.images.c.id == image_id).values(tag_count=count))


def _shift_image_counts(tx: Tx, tag_ids: Sequence[int], by: int) -> None:
    if tag_ids:
        rows = schema.tags.c
        tx.execute(
            update(schema.tags)
            .where(rows.id.in_(tag_ids))
            .values(image_count=rows.image_count + by)
        )


def searchability_changed(tx: Tx, image_id: int, *, is_searchable: bool) -> None:
    """Count an image in or out of its tags when it has become searchable or ceased to be.

    To be called exactly once per such change, by whoever makes it.
    """
    there = _asserted(tx, image_id)
    _shift_image_counts(tx, list(there), 1 if is_searchable else -1)
    if is_searchable:
        tx.happened(EventKind.IMAGE_CREATE, image_id)
    if is_searchable and there:
        _show_wishes(tx, [tag.name for tag in there.values()])


def _show_wishes(tx: Tx, names: Sequence[str]) -> None:
    """Count a use of each word wished for so far only on images that others could not find."""
    row = schema.word_suggestions.c
    tx.execute(
        update(schema.word_suggestions)
        .where(row.tag_name.in_(names), row.use_count == 0)
        .values(use_count=1, updated_at=tx.now_s)
    )


def move_all(tx: Tx, from_id: int, to_id: int) -> None:
    """Give an image the asserted tags of another that is merged into it, and the verdicts on them.

    The other keeps its own, for the case that the merge is undone. The caller decides whether the
    actor may.
    """
    _copy_asserted(tx, from_id, to_id)
    carrying.to_image(tx, from_id, to_id)


def _copy_asserted(tx: Tx, from_id: int, to_id: int) -> None:
    labels = schema.labels.c
    facts = visibility.get_facts(tx, to_id)
    theirs, ours = _asserted(tx, from_id), _asserted(tx, to_id)
    missing = [tag for tag_id, tag in theirs.items() if tag_id not in ours]
    if not missing:
        return
    ids = [tag.id for tag in missing]
    tx.execute(
        update(schema.labels)
        .where(labels.image_id == to_id, labels.tag_id.in_(ids))
        # What a model suggested here, somebody asserted there.
        .values(
            state=LabelState.ASSERTED,
            origin=case((labels.state == LabelState.SUGGESTED, Origin.PERSON), else_=labels.origin),
        )
    )
    there = select(labels.tag_id).where(labels.image_id == to_id)
    copied = ("tag_id", "origin", "state", "confidence", "account_id", "created_at")
    rows = tx.all(
        select(*(labels[name] for name in copied)).where(
            labels.image_id == from_id, labels.tag_id.in_(ids), labels.tag_id.not_in(there)
        )
    )
    if rows:
        tx.execute(
            insert(schema.labels),
            [{"image_id": to_id, **dict(zip(copied, row, strict=True))} for row in rows],
        )
    _finish(tx, facts, missing, [])


# What models suggest.


def suggest(tx: Tx, image_id: int, guesses: Sequence[tuple[int, float]]) -> None:
    """Make tags, by id with confidence (0 to 1), all that models suggest for an image.

    What people asserted, took away or refused stays as it is, and so does a tag whose suggestion
    nothing has changed. Earlier suggestions of models that are not among `guesses` are gone.
    """
    wanted = dict(guesses)
    there = {
        row.tag_id: row
        for row in tx.all(
            select(_label.tag_id, _label.state, _label.origin, _label.confidence).where(
                _label.image_id == image_id,
                or_(_label.state == LabelState.SUGGESTED, _label.tag_id.in_(list(wanted))),
            )
        )
    }
    open_ids = {
        tag_id
        for tag_id, row in there.items()
        if row.state == LabelState.SUGGESTED and row.origin == Origin.MODEL
    }
    old = [tag_id for tag_id in open_ids if tag_id not in wanted]
    new = [tag_id for tag_id in wanted if tag_id not in there]
    other = [i for i in open_ids & wanted.keys() if there[i].confidence != wanted[i]]
    _forget_suggestions(tx, image_id, old)
    _put_suggestions(tx, image_id, {tag_id: wanted[tag_id] for tag_id in new})
    for tag_id in other:
        own = (_label.image_id == image_id, _label.tag_id == tag_id)
        tx.execute(update(schema.labels).where(*own).values(confidence=wanted[tag_id]))
    for tag_id in (*old, *new, *other):
        tx.changed(ChangeKind.LABEL, image_id, tag_id)


def _forget_suggestions(tx: Tx, image_id: int, tag_ids: Sequence[int]) -> None:
    if tag_ids:
        tx.execute(
            delete(schema.labels).where(_label.image_id == image_id, _label.tag_id.in_(tag_ids))
        )


def _put_suggestions(tx: Tx, image_id: int, confidences: Mapping[int, float]) -> None:
    fixed = {
        "image_id": image_id,
        "origin": Origin.MODEL,
        "state": LabelState.SUGGESTED,
        "created_at": tx.now_s,
    }
    rows = [{"tag_id": i, "confidence": sure, **fixed} for i, sure in confidences.items()]
    if rows:
        tx.execute(insert(schema.labels), rows)


def suggestions(tx: Tx, image_id: int) -> list[Suggestion]:
    """Return the tags that models suggest for an image, the surest first. Raises NotFound.

    How sure a model must be for a suggestion to be searched by and shown as a breed is a setting;
    these are all there are.
    """
    visibility.require_visible(tx, image_id)
    rows = tx.all(
        select(
            _label.tag_id,
            *(schema.tags.c[name] for name in ("name", "slug", "category")),
            func.coalesce(_label.confidence, 0.0),
        )
        .join(schema.tags, schema.tags.c.id == _label.tag_id)
        .where(_label.image_id == image_id, _SUGGESTED)
        .order_by(_label.confidence.desc(), schema.tags.c.name)
    )
    return [Suggestion(*row) for row in rows]


def decline(tx: Tx, image_id: int, tag_id: int) -> None:
    """Refuse what a model suggests, for good; nothing happens if it does not (any more).

    To accept it is to add the tag. Raises NotFound, Unauthenticated and Banned.
    """
    visibility.require_visible(tx, image_id)
    rights.require_contributor(tx)
    own = (_label.image_id == image_id, _label.tag_id == tag_id)
    declined = tx.execute(
        update(schema.labels)
        .where(*own, _label.state == LabelState.SUGGESTED)
        .values(state=LabelState.REMOVED, origin=Origin.PERSON, account_id=tx.actor.account_id)
    )
    if declined.rowcount:
        tx.changed(ChangeKind.LABEL, image_id, tag_id)


def rate(tx: Tx, image_id: int, name: str) -> None:
    """Rate an image by a model, unless it has a rating, or people took one from it."""
    facts = visibility.find_facts(tx, image_id)
    rated = tx.scalar(
        select(func.count())
        .select_from(schema.labels)
        .join(schema.tags, schema.tags.c.id == _label.tag_id)
        .where(_label.image_id == image_id, schema.tags.c.name.in_(tags.RATINGS))
    )
    if facts is None or rated:
        return
    added = tags.resolve(tx, [name], create=False)
    _assert(tx, image_id, added, origin=Origin.MODEL)
    _finish(tx, facts, [r.tag for r in added], [])


def history(tx: Tx, image_id: int, *, limit: int = 50, offset: int = 0) -> list[TagChange]:
    """Return who added and took away which tags of an image, the newest first.

    Raises NotFound.
    """
    visibility.require_visible(tx, image_id)
    rows = schema.tag_changes.c
    found = HISTORY.where(rows.image_id == image_id).order_by(rows.id.desc())
    return [TagChange(*row) for row in tx.all(found.limit(limit).offset(offset))]


_change = schema.tag_changes.c
HISTORY: Select[Any] = select(
    *(
        schema.accounts.c.name if name == "account_name" else _change[name]
        for name in TagChange.__struct_fields__
    )
).outerjoin(schema.accounts, schema.accounts.c.id == _change.account_id)
"""Selects what a `TagChange` holds."""


def recount(tx: Tx) -> list[str]:
    """Return where the counters of tags and images differ from a recount, one text each."""
    counted = (
        select(schema.labels.c.tag_id, func.count().label("number"))
        .join(schema.images, schema.images.c.id == schema.labels.c.image_id)
        .where(schema.labels.c.state == LabelState.ASSERTED, visibility.SEARCHABLE)
        .group_by(schema.labels.c.tag_id)
        .subquery()
    )
    real = func.coalesce(counted.c.number, 0)
    row = schema.tags.c
    wrong_tags = tx.all(
        select(row.name, row.image_count, real)
        .outerjoin(counted, counted.c.tag_id == row.id)
        .where(row.image_count != real)
        .order_by(row.id)
    )
    labelled = (
        select(schema.labels.c.image_id, func.count().label("number"))
        .where(schema.labels.c.state == LabelState.ASSERTED)
        .group_by(schema.labels.c.image_id)
        .subquery()
    )
    has = func.coalesce(labelled.c.number, 0)
    image = schema.images.c
    wrong_images = tx.all(
        select(image.id, image.tag_count, has)
        .outerjoin(labelled, labelled.c.image_id == image.id)
        .where(image.tag_count != has)
        .order_by(image.id)
    )
    return [
        f"tag {name!r}: image_count is {stored}, should be {number}"
        for name, stored, number in wrong_tags
    ] + [
        f"image {image_id}: tag_count is {stored}, should be {number}"
        for image_id, stored, number in wrong_images
    ]
