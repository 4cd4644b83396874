"""Batches: the tags of many images edited at once, and edits of tags taken back.

Each runs in short transactions, a few hundred images at a time, and is one entry in the log that
grows with them: what was done before an interruption is known, and can be undone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select

from menagerie.core import labels, rights, staff_log, tags, visibility
from menagerie.core.labels import TagChange
from menagerie.core.staff import relabelling
from menagerie.core.staff.relabelling import Pair
from menagerie.core.visibility import Facts
from menagerie.errors import Invalid
from menagerie.library import Actor, Library, Tx
from menagerie.storage import schema, sql
from menagerie.storage.schema import Audience, Origin

MOST_IMAGES = 10_000
MOST_CHANGES = 100_000
_IMAGES_AT_ONCE = 500


class Skip(StrEnum):
    """Why an image, or an edit of one of its tags, was left alone."""

    GONE = "is not there"
    LOCKED = "its tags are locked"
    RULES = "would break the rules of the board"
    SINCE = "has been changed since by others"
    ALIAS = "the tag is an alias now"


class Done(msgspec.Struct, frozen=True):
    """What a batch did: labels added and removed, images changed, and what was skipped, by why.

    `entry_id` is the log's, None when nothing was changed.
    """

    added: int = 0
    removed: int = 0
    images: int = 0
    skipped: Mapping[Skip, int] = msgspec.field(default_factory=dict)
    entry_id: int | None = None


class Step(msgspec.Struct, frozen=True):
    """What one transaction of a batch is to do."""

    added: list[Pair]
    removed: list[Pair]
    skipped: Counter[Skip]
    implied: frozenset[int] = frozenset()
    reverts: Mapping[Pair, int] = msgspec.field(default_factory=dict)


def tag_images(
    library: Library,
    actor: Actor,
    image_ids: Iterable[int],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Done:
    """Add and take away tags on many images, as `labels.edit` does on one; for assistants.

    An image whose tags would break the board's rules is skipped. Raises Unauthenticated,
    Forbidden, and Invalid (`images` for none or more than 10,000, `tags`).
    """
    ids = sorted(set(image_ids))
    wanted, unwanted = tags.parse_list(add), tags.parse_list(remove)
    with library.reading(actor) as tx:
        rights.require_assistant(tx)
    if not 0 < len(ids) <= MOST_IMAGES:
        raise Invalid({"images": [f"must be from 1 to {MOST_IMAGES}"]})
    if not wanted and not unwanted:
        raise Invalid({"tags": ["must name at least one tag"]})

    def plan(tx: Tx, some: Sequence[int]) -> Step:
        return plan_edit(tx, some, wanted, unwanted)

    details: dict[str, object] = {"add": wanted, "remove": unwanted}
    return run(library, actor, "batch tag", details, image_ids=ids, plan=plan)


def run(
    library: Library,
    actor: Actor,
    action: str,
    details: dict[str, object],
    *,
    image_ids: Sequence[int],
    plan: Callable[[Tx, Sequence[int]], Step],
) -> Done:
    """Do what is planned for some images at a time, and write it all into one entry."""
    done, skipped = Done(), Counter[Skip]()
    for start in range(0, len(image_ids), _IMAGES_AT_ONCE):
        with library.writing(actor) as tx:
            step = plan(tx, image_ids[start : start + _IMAGES_AT_ONCE])
            skipped += step.skipped
            touched = {pair.image_id for pair in (*step.added, *step.removed)}
            done = Done(
                done.added + len(step.added),
                done.removed + len(step.removed),
                done.images + len(touched),
                dict(skipped),
                done.entry_id,
            )
            if touched:
                tag_ids = {pair.tag_id for pair in (*step.added, *step.removed)}
                before = relabelling.watch(tx, touched, tag_ids)
                relabelling.put(
                    tx, step.added, step.removed, implied=step.implied, reverts=step.reverts
                )
                done = _written(tx, action, details, done, before)
    return done


def _written(
    tx: Tx, action: str, details: dict[str, object], done: Done, before: staff_log.Watch
) -> Done:
    """Write a step into the entry of its batch, the first one making it."""
    numbers = {"added": done.added, "removed": done.removed, "images": done.images}
    details = {**details, **numbers, "skipped": dict(done.skipped)}
    if done.entry_id is not None:
        staff_log.extend(tx, done.entry_id, details=details, before=before)
        return done
    entry_id = staff_log.note(tx, action, "batch", 0, details=details, before=before)
    return msgspec.structs.replace(done, entry_id=entry_id)


def _facts(tx: Tx, image_ids: Iterable[int]) -> dict[int, Facts]:
    """Return the facts of images that staff may edit."""
    near = sql.among(tx.connection, schema.images.c.id, image_ids)
    rows = tx.all(select(*visibility.FACT_COLUMNS).where(near))
    found = (visibility.facts_of(row) for row in rows)
    return {
        one.id: one
        for one in found
        if one.audience == Audience.PUBLIC
        and not one.is_deleted_by_owner
        and visibility.may_see(tx.actor, one)
    }


def _locked(tx: Tx, image_ids: Iterable[int]) -> set[int]:
    if tx.actor.is_moderator:
        return set()
    row = schema.images.c
    near = sql.among(tx.connection, row.id, image_ids)
    return set(tx.execute(select(row.id).where(near, row.locks_tags)).scalars())


def plan_edit(
    tx: Tx, image_ids: Sequence[int], wanted: Sequence[str], unwanted: Sequence[str]
) -> Step:
    """Return how names of tags are put on some images and taken off them."""
    resolved = tags.resolve(tx, wanted)
    named = {r.tag.id for r in resolved if not r.is_implied}
    gone = {tag.id for tag in tags.canonical(tx, unwanted).values()} - named
    names = {r.tag.id: r.tag.name for r in resolved if r.tag.id not in gone}
    known, locked = _facts(tx, image_ids), _locked(tx, image_ids)
    standing = relabelling.standing(tx, image_ids)
    implied = frozenset(r.tag.id for r in resolved if r.is_implied)
    step = Step([], [], Counter(), implied)
    for image_id in image_ids:
        has = standing[image_id]
        if image_id not in known or image_id in locked:
            step.skipped[Skip.GONE if image_id not in known else Skip.LOCKED] += 1
            continue
        added = [tag_id for tag_id in names if tag_id not in has]
        removed = [tag_id for tag_id in has if tag_id in gone]
        if any(names[tag_id] in tags.RATINGS_SET for tag_id in added):
            # Ratings by models give way to those by people.
            removed += [
                tag_id
                for tag_id, one in has.items()
                if one.origin == Origin.MODEL and one.name in tags.RATINGS_SET
            ]
        before = {one.name for one in has.values()}
        after = before - {has[i].name for i in removed} | {names[i] for i in added}
        if tags.worsened(before, after, minimum=tx.library.settings.minimum_tags):
            step.skipped[Skip.RULES] += 1
            continue
        step.added.extend(Pair(image_id, tag_id) for tag_id in added)
        step.removed.extend(Pair(image_id, tag_id) for tag_id in dict.fromkeys(removed))
    return step


# Taking edits back.


_change = schema.tag_changes.c


def changes(
    tx: Tx,
    *,
    image_id: int | None = None,
    account_id: int | None = None,
    tag_id: int | None = None,
    address: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[TagChange]:
    """Return edits of tags, the newest first: of one image, account, tag or address if asked.

    Others than moderators see those on images that everybody finds, and may not ask for addresses
    (Unauthenticated or Forbidden).
    """
    if address is not None:
        rights.require_moderator(tx)
    given = {"image_id": image_id, "account_id": account_id, "tag_id": tag_id, "address": address}
    wanted = [_change[name] == value for name, value in given.items() if value is not None]
    image = schema.images.c
    shown = visibility.SEARCHABLE
    if tx.actor.is_moderator:
        shown = image.audience == Audience.PUBLIC
    found = labels.HISTORY.join(schema.images, image.id == _change.image_id).where(shown, *wanted)
    rows = tx.all(found.order_by(_change.id.desc()).limit(limit).offset(offset))
    return [TagChange(*row) for row in rows]


def revert_changes(library: Library, actor: Actor, change_ids: Iterable[int]) -> Done:
    """Take edits of tags back, by their ids; for moderators.

    Of several edits of one tag on one image it becomes what it was before the first. What others
    have changed since is left. Raises Unauthenticated, Forbidden and Invalid (`changes`).
    """
    ids = sorted(set(change_ids))
    if not 0 < len(ids) <= MOST_CHANGES:
        raise Invalid({"changes": [f"must be from 1 to {MOST_CHANGES}"]})
    return _revert(library, actor, lambda tx: [sql.among(tx.connection, _change.id, ids)], {})


def revert_of(
    library: Library,
    actor: Actor,
    *,
    account_id: int | None = None,
    address: str | None = None,
    fingerprint: str | None = None,
    since: int | None = None,
) -> Done:
    """Take back every edit of tags by an account, an address or a fingerprint; for moderators.

    With `since` (microseconds UTC) only newer ones; else as `revert_changes`, up to 100,000 edits.
    Raises Unauthenticated, Forbidden and Invalid (`changes`).
    """
    given = {"account_id": account_id, "address": address, "fingerprint": fingerprint}
    whose = {name: value for name, value in given.items() if value is not None}
    if len(whose) != 1:
        raise Invalid({"changes": ["must be those of one account, address or fingerprint"]})
    wanted: list[ColumnElement[bool]] = [_change[n] == value for n, value in whose.items()]
    if since is not None:
        wanted.append(_change.created_at >= since)
    details: dict[str, object] = {**whose, "since": since} if since is not None else {**whose}
    return _revert(library, actor, lambda _: wanted, details)


class _Edits(msgspec.Struct):
    """The edits of one tag on one image that are to be taken back."""

    was_asserted: bool
    last_id: int


def _revert(
    library: Library,
    actor: Actor,
    wanted: Callable[[Tx], Sequence[ColumnElement[bool]]],
    details: dict[str, object],
) -> Done:
    with library.reading(actor) as tx:
        rights.require_moderator(tx)
        columns = (_change.id, _change.image_id, _change.tag_id, _change.is_added)
        rows = tx.all(
            select(*columns).where(*wanted(tx)).order_by(_change.id).limit(MOST_CHANGES + 1)
        )
    if len(rows) > MOST_CHANGES:
        raise Invalid({"changes": [f"are more than {MOST_CHANGES}; take back newer ones first"]})
    edits: dict[int, dict[Pair, _Edits]] = {}
    for change_id, image_id, tag_id, is_added in rows:
        of_image = edits.setdefault(image_id, {})
        one = of_image.setdefault(Pair(image_id, tag_id), _Edits(not is_added, change_id))
        one.last_id = change_id

    def plan(tx: Tx, some: Sequence[int]) -> Step:
        return _plan_revert(
            tx, {pair: one for image_id in some for pair, one in edits[image_id].items()}
        )

    return run(library, actor, "revert tags", details, image_ids=sorted(edits), plan=plan)


def _plan_revert(tx: Tx, edits: Mapping[Pair, _Edits]) -> Step:
    image_ids = {pair.image_id for pair in edits}
    tag_ids = {pair.tag_id for pair in edits}
    known, standing = _facts(tx, image_ids), relabelling.standing(tx, image_ids)
    newest, aliases = _newest(tx, image_ids, tag_ids), _aliases(tx, tag_ids)
    step = Step([], [], Counter(), reverts={pair: one.last_id for pair, one in edits.items()})
    for pair, one in edits.items():
        if pair.image_id not in known:
            step.skipped[Skip.GONE] += 1
        elif pair.tag_id in aliases:
            step.skipped[Skip.ALIAS] += 1
        elif newest[pair] > one.last_id:
            step.skipped[Skip.SINCE] += 1
        elif one.was_asserted != (pair.tag_id in standing[pair.image_id]):
            (step.added if one.was_asserted else step.removed).append(pair)
    return step


def _newest(tx: Tx, image_ids: Iterable[int], tag_ids: Iterable[int]) -> dict[Pair, int]:
    """Return the newest edit of each of the tags on each of the images."""
    near = (
        sql.among(tx.connection, _change.image_id, image_ids),
        sql.among(tx.connection, _change.tag_id, tag_ids),
    )
    columns: tuple[Any, ...] = (_change.image_id, _change.tag_id)
    rows = tx.all(select(*columns, func.max(_change.id)).where(*near).group_by(*columns))
    return {Pair(image_id, tag_id): newest for image_id, tag_id, newest in rows}


def _aliases(tx: Tx, tag_ids: Iterable[int]) -> set[int]:
    row = schema.tags.c
    near = sql.among(tx.connection, row.id, tag_ids)
    return set(tx.execute(select(row.id).where(near, row.aliased_to_id.is_not(None))).scalars())
