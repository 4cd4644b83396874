"""Relations of tags as staff make them: what an alias or an implication would do, then doing it."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy import Select, func, select

from menagerie.core import rights, staff_log, tags, vocabulary
from menagerie.core.staff import batch, undo
from menagerie.core.staff.batch import Done, Step
from menagerie.core.tags import Tag
from menagerie.errors import Invalid, NotFound
from menagerie.library import Actor, Library, Tx
from menagerie.search import words
from menagerie.storage import schema
from menagerie.storage.schema import LabelState

_FIRST = 20
_RECENT = 20  # how many acts about a tag are looked through
_label, _implied = schema.labels.c, schema.tag_implications.c


class AliasPreview(msgspec.Struct, frozen=True):
    """What an alias would move to its target, in numbers; on `both` images there is nothing to."""

    source: Tag
    target: Tag
    images: int
    both: int
    filters: int
    watchers: int
    implications: int
    links: int
    dnp_entries: int


class ImplicationPreview(msgspec.Struct, frozen=True):
    """How many images have a tag and not yet the implied one, and the first few of them."""

    tag: Tag
    implied: Tag
    images: int
    first_ids: tuple[int, ...]


def named(tx: Tx, name: str) -> Tag:
    """Return the tag of a name as somebody types it; raises NotFound that says the name."""
    try:
        return tags.get_by_name(tx, words.normalise_tag_name(name))
    except NotFound:
        raise NotFound(f"There is no tag {name!r}.") from None


def preview_alias(tx: Tx, source_name: str, target_name: str) -> AliasPreview:
    """Return what making a tag an alias would do, for moderators.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid as `vocabulary.alias`.
    """
    rights.require_moderator(tx)
    source, target = named(tx, source_name), named(tx, target_name)
    vocabulary.check_alias(tx, source, target)
    there = select(_label.image_id).where(
        _label.tag_id == target.id, _label.state == LabelState.ASSERTED
    )
    asserted = (_label.tag_id == source.id, _label.state == LabelState.ASSERTED)
    own = [
        (table.c.tag_id == source.id)
        for table in (
            schema.filter_tags,
            schema.watched_tags,
            schema.profile_links,
            schema.dnp_entries,
        )
    ]
    of_source = (_implied.tag_id == source.id) | (_implied.implied_tag_id == source.id)
    filters, watchers, links, entries = (
        tx.scalar(select(func.count()).where(condition)) for condition in own
    )
    return AliasPreview(
        source=source,
        target=target,
        images=tx.scalar(select(func.count()).where(*asserted)),
        both=tx.scalar(select(func.count()).where(*asserted, _label.image_id.in_(there))),
        filters=filters,
        watchers=watchers,
        implications=tx.scalar(select(func.count()).where(of_source)),
        links=links,
        dnp_entries=entries,
    )


def unalias(tx: Tx, tag_id: int) -> bool:
    """Make an alias a tag of its own again; return whether what had moved came back with it.

    It does where the log knows and others have not changed it since. Raises Unauthenticated,
    Forbidden, NotFound.
    """
    rights.require_moderator(tx)
    target_id = tags.get(tx, tag_id).aliased_to_id
    if target_id is None:
        return False
    for entry in staff_log.find(tx, subject_kind="tag", subject_id=tag_id, limit=_RECENT):
        if undo.is_undoable(entry) and _made_alias(tx, entry.id, tag_id, target_id):
            undo.undo(tx, entry.id)
            return True
    vocabulary.unalias(tx, tag_id)
    return False


def _made_alias(tx: Tx, entry_id: int, tag_id: int, target_id: int) -> bool:
    """Tell whether an act, maybe one done again, made the tag an alias of the target."""
    rows = [
        dict(zip(journal.columns, after, strict=True))
        for journal in staff_log.read_journal(tx, entry_id)
        for _, after in journal.rows
        if journal.table == schema.tags.name and after is not None
    ]
    return any(row["id"] == tag_id and row.get("aliased_to_id") == target_id for row in rows)


def _lacking(tag: Tag, implied: Tag) -> Select[int]:
    """Return the statement for the images that have a tag and not the implied one."""
    there = select(_label.image_id).where(
        _label.tag_id == implied.id, _label.state == LabelState.ASSERTED
    )
    return (
        select(_label.image_id)
        .where(
            _label.tag_id == tag.id,
            _label.state == LabelState.ASSERTED,
            _label.image_id.not_in(there),
        )
        .order_by(_label.image_id)
    )


def _ends(tx: Tx, tag_name: str, implied_name: str) -> tuple[Tag, Tag]:
    """Return two tags by their names, for aliases what they stand for; raises NotFound, Invalid."""
    rights.require_moderator(tx)
    ends = [named(tx, name) for name in (tag_name, implied_name)]
    tag, implied = (
        tags.get(tx, one.aliased_to_id) if one.aliased_to_id is not None else one for one in ends
    )
    if tag.id == implied.id:
        raise Invalid({"implied_tag": ["is the same tag"]})
    return tag, implied


def preview_implication(tx: Tx, tag_name: str, implied_name: str) -> ImplicationPreview:
    """Return which images an implication would reach if it were applied to those there are.

    Raises Unauthenticated, Forbidden, NotFound, and Invalid (`implied_tag`).
    """
    tag, implied = _ends(tx, tag_name, implied_name)
    lacking = _lacking(tag, implied)
    total = tx.scalar(select(func.count()).select_from(lacking.subquery()))
    first = tx.execute(lacking.limit(_FIRST)).scalars()
    return ImplicationPreview(tag, implied, int(total), tuple(first))


def imply(
    library: Library,
    actor: Actor,
    tag_name: str,
    implied_name: str,
    *,
    apply_to_existing: bool = False,
) -> Done:
    """Let a tag imply another from now on, and give it to the images there are if asked.

    Images whose tags would break the board's rules are skipped. Raises Unauthenticated, Forbidden,
    NotFound, and Invalid (`implied_tag`, `images` for more than 100,000 of them).
    """
    with library.writing(actor) as tx:
        tag, implied = _ends(tx, tag_name, implied_name)
        lacking = _lacking(tag, implied).limit(batch.MOST_CHANGES + 1)
        ids = list(tx.execute(lacking).scalars()) if apply_to_existing else []
        if len(ids) > batch.MOST_CHANGES:
            raise Invalid({"images": [f"are more than {batch.MOST_CHANGES}"]})
        vocabulary.imply(tx, tag.id, implied.id)

    def plan(tx: Tx, some: Sequence[int]) -> Step:
        step = batch.plan_edit(tx, some, [implied.name], [])
        only = [pair for pair in step.added if pair.tag_id == implied.id]
        return Step(only, [], Counter(step.skipped), frozenset({implied.id}))

    details: dict[str, object] = {"tag": tag.name, "implied": implied.name}
    return batch.run(library, actor, "apply implication", details, image_ids=ids, plan=plan)
