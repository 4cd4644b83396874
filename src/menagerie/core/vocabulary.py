"""What moderators change about tags: aliases, implications, categories and descriptions.

Source: Philomena (2021 to 2026) for the rules of aliases and their exact texts.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, and_, delete, exists, func, insert, select, true, update

from menagerie.core import carrying, rights, staff_log, tags, visibility
from menagerie.core.people import avatars
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.search import texts
from menagerie.storage import schema, sql
from menagerie.storage.schema import ChangeKind, LabelState, Origin

MAX_DESCRIPTION_BYTES = 50_000
MAX_SHORT_DESCRIPTION_BYTES = 1000


def alias(tx: Tx, tag_id: int, target_id: int) -> None:
    """Make a tag another name for `target_id`: its labels, filters and watchers go there.

    So do the verdicts and outlines of its labels, and its word if the target has none; where both
    were outlined on one image, the newer outline is the newest revision. Artists' links and wishes
    go there too.

    Raises NotFound for an unknown tag, Forbidden, and Invalid (`tag`, `aliased_tag`) for what
    would make an alias of an alias, or leave a word without labels as both tags have one.
    """
    rights.require_moderator(tx)
    source, target = tags.get(tx, tag_id), tags.get(tx, target_id)
    if source.aliased_to_id == target.id:
        return
    check_alias(tx, source, target)
    before = _watch_alias(tx, source.id, target.id)
    both = _images_with_both(tx, source.id, target.id)
    judged = carrying.judged_images(tx, [source.id, target.id])
    carrying.to_tag(tx, source.id, target.id)
    _move_labels(tx, source.id, target.id)
    carrying.count_again(tx, judged)
    _lower_tag_counts(tx, both)
    _move_word(tx, source.id, target.id)
    _move_filter_tags(tx, source.id, target.id)
    _move_watched_tags(tx, source.id, target.id)
    for table in (schema.profile_links, schema.dnp_entries):
        tx.execute(update(table).where(table.c.tag_id == source.id).values(tag_id=target.id))
    _move_implications(tx, source.id, target.id)
    row = schema.tags.c
    tx.execute(
        update(schema.tags)
        .where(row.id == source.id)
        .values(aliased_to_id=target.id, image_count=0)
    )
    tx.execute(
        update(schema.tags)
        .where(row.id == target.id)
        .values(image_count=_searchable_count(target.id).scalar_subquery())
    )
    _move_tag_of(tx, schema.profile_links, source.id, target.id)
    _move_tag_of(tx, schema.dnp_entries, source.id, target.id)
    for tag in (source, target):
        tx.changed(ChangeKind.TAG, tag.id)
        tx.changed(ChangeKind.POSTING, tag.id)
    _note(tx, "alias", source, before, target=target.name)


def _move_tag_of(tx: Tx, table: Table, source_id: int, target_id: int) -> None:
    tx.execute(update(table).where(table.c.tag_id == source_id).values(tag_id=target_id))


def _note(
    tx: Tx, action: str, tag: tags.Tag, before: staff_log.Watch | None, **details: object
) -> None:
    staff_log.note(tx, action, "tag", tag.id, details={"name": tag.name, **details}, before=before)


def _watch_alias(tx: Tx, source_id: int, target_id: int) -> staff_log.Watch:
    """Watch what an alias moves.

    Not where both were outlined on one image: these outlines become one, and stay so.
    """
    label, both = schema.labels.c, [source_id, target_id]
    ids = _ids(tx, select(label.image_id).where(label.tag_id == source_id))
    watched = staff_log.Watched

    def of_images(table: Table, *columns: str) -> staff_log.Watched:
        row: Any = table.c
        if len(ids) > staff_log.MOST_ROWS:
            return watched(table, true(), columns)  # which is too much, and is known to be
        near = sql.among(tx.connection, row.image_id, ids)
        return watched(table, row.tag_id.in_(both) & near, columns)

    drawn, filtered, watching = (
        schema.annotations.c,
        schema.filter_tags.c,
        schema.watched_tags.c,
    )
    drawn_there = select(drawn.image_id).where(drawn.tag_id == target_id)
    alone = _ids(
        tx,
        select(drawn.id).where(drawn.tag_id == source_id, drawn.image_id.not_in(drawn_there)),
    )
    filters = _ids(tx, select(filtered.filter_id).where(filtered.tag_id == source_id))
    accounts = _ids(tx, select(watching.account_id).where(watching.tag_id == source_id))
    implied = schema.tag_implications.c
    return staff_log.watch(
        tx,
        watched(schema.tags, schema.tags.c.id.in_(both), ("aliased_to_id",)),
        of_images(schema.labels, "origin", "state", "confidence", "account_id", "created_at"),
        of_images(schema.validations),
        of_images(schema.unfit_marks),
        of_images(schema.annotation_refusals),
        watched(schema.annotations, sql.among(tx.connection, drawn.id, alone), ("tag_id",)),
        watched(
            schema.filter_tags,
            filtered.tag_id.in_(both) & sql.among(tx.connection, filtered.filter_id, filters),
        ),
        watched(
            schema.watched_tags,
            watching.tag_id.in_(both) & sql.among(tx.connection, watching.account_id, accounts),
        ),
        watched(
            schema.tag_implications, implied.tag_id.in_(both) | implied.implied_tag_id.in_(both)
        ),
        *(_watch_tag_of(tx, table, source_id) for table in _WITH_TAG),
    )


_WITH_TAG = (schema.words, schema.profile_links, schema.dnp_entries)


def _watch_tag_of(tx: Tx, table: Table, tag_id: int) -> staff_log.Watched:
    row = table.c
    return staff_log.Watched(
        table, row.id.in_(_ids(tx, select(row.id).where(row.tag_id == tag_id))), ("tag_id",)
    )


def _ids(tx: Tx, statement: Select[int]) -> list[int]:
    return list(tx.execute(statement).scalars())


def check_alias(tx: Tx, source: tags.Tag, target: tags.Tag) -> None:
    """Let pass what may become an alias; raises Invalid (`tag`, `aliased_tag`) as `alias` does."""
    problems: dict[str, list[str]] = {}
    if source.id == target.id:
        problems["aliased_tag"] = ["is the same tag as the source"]
    elif target.aliased_to_id is not None:
        problems["aliased_tag"] = ["is itself aliased and would create a transitive alias"]
    if tx.one(select(schema.tags.c.id).where(schema.tags.c.aliased_to_id == source.id)):
        problems["tag"] = ["has incoming aliases and cannot be aliased"]
    if len(named := _words_of(tx, source, target)) > 1:
        problems.setdefault("tag", []).append(
            "has the word {!r} and the other tag the word {!r}: remove one of them first".format(
                *named
            )
        )
    if problems:
        raise Invalid(problems)


def _words_of(tx: Tx, *given: tags.Tag) -> list[str]:
    """Return the names of the words of tags that have one."""
    row = schema.words.c
    rows = tx.all(select(row.tag_id, row.name).where(row.tag_id.in_([tag.id for tag in given])))
    names = dict(map(tuple, rows))
    return [names[tag.id] for tag in given if tag.id in names]


def _searchable_count(tag_id: int) -> Select[int]:
    labels = schema.labels.c
    return (
        select(func.count())
        .select_from(schema.labels)
        .join(schema.images, schema.images.c.id == labels.image_id)
        .where(
            labels.tag_id == tag_id,
            labels.state == LabelState.ASSERTED,
            visibility.SEARCHABLE,
        )
    )


def _images_with_both(tx: Tx, first_id: int, second_id: int) -> list[int]:
    """Return the images on which both tags are asserted."""
    one, other = schema.labels, schema.labels.alias("other")
    rows = tx.all(
        select(one.c.image_id)
        .join(other, other.c.image_id == one.c.image_id)
        .where(
            one.c.tag_id == first_id,
            other.c.tag_id == second_id,
            one.c.state == LabelState.ASSERTED,
            other.c.state == LabelState.ASSERTED,
        )
    )
    return [image_id for (image_id,) in rows]


def _move_labels(tx: Tx, source_id: int, target_id: int) -> None:
    """Give every label of one tag to another; where an image has both, asserted wins.

    What a person took away or refused comes before what is only suggested.
    """
    labels, theirs = schema.labels, schema.labels.alias("theirs")
    on_same = and_(theirs.c.image_id == labels.c.image_id, theirs.c.tag_id == source_id)
    asserted = and_(on_same, theirs.c.state == LabelState.ASSERTED)
    tx.execute(
        update(labels)
        .where(
            labels.c.tag_id == target_id,
            labels.c.state != LabelState.ASSERTED,
            exists().where(asserted),
        )
        .values(
            state=LabelState.ASSERTED,
            origin=select(theirs.c.origin).where(on_same).scalar_subquery(),
            account_id=select(theirs.c.account_id).where(on_same).scalar_subquery(),
        )
    )
    refused = and_(on_same, theirs.c.state == LabelState.REMOVED)
    tx.execute(
        update(labels)
        .where(
            labels.c.tag_id == target_id,
            labels.c.state == LabelState.SUGGESTED,
            exists().where(refused),
        )
        .values(state=LabelState.REMOVED, origin=Origin.PERSON)
    )
    _move_rows(tx, labels, "image_id", "tag_id", (source_id, target_id))


def _move_rows(tx: Tx, table: Table, key: str, moved: str, ids: tuple[int, int]) -> None:
    """Change `moved` from the first id to the second, dropping rows whose `key` has both."""
    source_id, target_id = ids
    there = table.alias("there")
    row: Any = table.c
    tx.execute(
        delete(table).where(
            row[moved] == source_id,
            exists().where(there.c[key] == row[key], there.c[moved] == target_id),
        )
    )
    tx.execute(update(table).where(row[moved] == source_id).values({moved: target_id}))


def _lower_tag_counts(tx: Tx, image_ids: Sequence[int]) -> None:
    images = schema.images.c
    for start in range(0, len(image_ids), 1000):
        some = image_ids[start : start + 1000]
        tx.execute(
            update(schema.images).where(images.id.in_(some)).values(tag_count=images.tag_count - 1)
        )
    for image_id in image_ids:
        tx.changed(ChangeKind.IMAGE, image_id)


def _move_word(tx: Tx, source_id: int, target_id: int) -> None:
    """Let the word of a tag stand for another tag that has none, or its labels would be none."""
    row, there = schema.words.c, schema.words.alias("there")
    moved = tx.execute(
        update(schema.words)
        .where(row.tag_id == source_id, ~exists().where(there.c.tag_id == target_id))
        .values(tag_id=target_id)
        .returning(row.id)
    )
    for word_id in moved.scalars():
        tx.changed(ChangeKind.WORD, word_id)


def _move_filter_tags(tx: Tx, source_id: int, target_id: int) -> None:
    rows = schema.filter_tags.c
    there = schema.filter_tags.alias("there")
    touched = tx.all(select(rows.filter_id).where(rows.tag_id == source_id).distinct())
    tx.execute(
        delete(schema.filter_tags).where(
            rows.tag_id == source_id,
            exists().where(
                there.c.filter_id == rows.filter_id,
                there.c.effect == rows.effect,
                there.c.tag_id == target_id,
            ),
        )
    )
    tx.execute(update(schema.filter_tags).where(rows.tag_id == source_id).values(tag_id=target_id))
    for (filter_id,) in touched:
        tx.changed(ChangeKind.FILTER, filter_id)


def _move_watched_tags(tx: Tx, source_id: int, target_id: int) -> None:
    rows = schema.watched_tags.c
    touched = tx.all(select(rows.account_id).where(rows.tag_id == source_id))
    _move_rows(tx, schema.watched_tags, "account_id", "tag_id", (source_id, target_id))
    for (account_id,) in touched:
        tx.changed(ChangeKind.ACCOUNT, account_id)


def _move_implications(tx: Tx, source_id: int, target_id: int) -> None:
    """Let what implied the source imply the target; the source's own are of no use any more."""
    rows = schema.tag_implications.c
    tx.execute(delete(schema.tag_implications).where(rows.tag_id == source_id))
    tx.execute(
        delete(schema.tag_implications).where(
            rows.tag_id == target_id, rows.implied_tag_id == source_id
        )
    )
    _move_rows(tx, schema.tag_implications, "tag_id", "implied_tag_id", (source_id, target_id))


def unalias(tx: Tx, tag_id: int) -> None:
    """Make an alias a tag of its own again; its former labels stay with the target.

    `staff.relations.unalias` also moves them back. Raises NotFound or Forbidden; does nothing to a
    tag that is no alias.
    """
    rights.require_moderator(tx)
    tag = tags.get(tx, tag_id)
    if tag.aliased_to_id is None:
        return
    before = staff_log.watch_row(tx, schema.tags, tag_id, "aliased_to_id")
    tx.execute(update(schema.tags).where(schema.tags.c.id == tag_id).values(aliased_to_id=None))
    tx.changed(ChangeKind.TAG, tag_id)
    tx.changed(ChangeKind.TAG, tag.aliased_to_id)
    _note(tx, "unalias", tag, before)


def imply(tx: Tx, tag_id: int, implied_tag_id: int) -> None:
    """Let adding a tag to an image add another one too, from now on.

    An alias stands for its target on both sides. Raises NotFound, Forbidden, or Invalid
    (`implied_tag`) for a tag that would imply itself; once more changes nothing.
    """
    rights.require_moderator(tx)
    ends = [tags.get(tx, tag_id), tags.get(tx, implied_tag_id)]
    implying, implied = (tag.aliased_to_id or tag.id for tag in ends)
    if implying == implied:
        raise Invalid({"implied_tag": ["is the same tag"]})
    rows = schema.tag_implications.c
    pair = and_(rows.tag_id == implying, rows.implied_tag_id == implied)
    if tx.one(select(rows.tag_id).where(pair)) is None:
        before = staff_log.watch(tx, staff_log.Watched(schema.tag_implications, pair))
        tx.execute(insert(schema.tag_implications).values(tag_id=implying, implied_tag_id=implied))
        tx.changed(ChangeKind.TAG, implying)
        tx.changed(ChangeKind.TAG, implied)
        _note(tx, "imply", ends[0], before, implied=ends[1].name)


def unimply(tx: Tx, tag_id: int, implied_tag_id: int) -> None:
    """End an implication, if there is one; images keep what it gave them. Raises Forbidden."""
    rights.require_moderator(tx)
    rows = schema.tag_implications.c
    pair = and_(rows.tag_id == tag_id, rows.implied_tag_id == implied_tag_id)
    before = staff_log.watch(tx, staff_log.Watched(schema.tag_implications, pair))
    if tx.execute(delete(schema.tag_implications).where(pair)).rowcount:
        tx.changed(ChangeKind.TAG, tag_id)
        tx.changed(ChangeKind.TAG, implied_tag_id)
        implied = tags.get(tx, implied_tag_id).name
        _note(tx, "unimply", tags.get(tx, tag_id), before, implied=implied)


def set_category(tx: Tx, tag_id: int, category: str | None) -> None:
    """Give a tag one of `tags.CATEGORY_ORDER`, or none.

    Raises NotFound, Forbidden or Invalid (`category`).
    """
    rights.require_moderator(tx)
    if category is not None and category not in tags.CATEGORY_ORDER:
        allowed = ", ".join(tags.CATEGORY_ORDER)
        raise Invalid({"category": [f"must be one of {allowed}, or none"]})
    tag = tags.get(tx, tag_id)
    if tag.category == category:
        return
    before = staff_log.watch_row(tx, schema.tags, tag_id, "category")
    tx.execute(update(schema.tags).where(schema.tags.c.id == tag_id).values(category=category))
    tx.changed(ChangeKind.TAG, tag_id)
    tx.changed(ChangeKind.POSTING, tag_id)
    _note(tx, "set category", tag, before, category=category)


def describe(
    tx: Tx,
    tag_id: int,
    *,
    description: str | None = None,
    short_description: str | None = None,
    spoiler_image: str | None = None,
) -> None:
    """Change what is said about a tag; None leaves a part as it is.

    `spoiler_image` is what `people.avatars.keep` returned for the picture that stands for spoilered
    images, or empty for none. Raises NotFound, Unauthenticated, Forbidden, or Invalid
    (`description`, `short_description`, `spoiler_image`).
    """
    rights.require_moderator(tx)
    tag = tags.get(tx, tag_id)
    given = {"description": description, "short_description": short_description}
    words_of = {name: text for name, text in given.items() if text is not None}
    limits = {
        "description": MAX_DESCRIPTION_BYTES,
        "short_description": MAX_SHORT_DESCRIPTION_BYTES,
    }
    problems = {
        name: [f"should be at most {limits[name]} byte(s)"]
        for name, text in words_of.items()
        if len(text.encode()) > limits[name]
    }
    if spoiler_image and not avatars.is_kept(tx, spoiler_image):
        problems["spoiler_image"] = ["is not kept here"]
    if problems:
        raise Invalid(problems)
    picture = {} if spoiler_image is None else {"spoiler_image": spoiler_image or None}
    values: dict[str, str | None] = {**words_of, **picture}
    if values:
        before = staff_log.watch_row(tx, schema.tags, tag_id, *values)
        tx.execute(update(schema.tags).where(schema.tags.c.id == tag_id).values(**values))
        for name, text in words_of.items():
            texts.index(tx.connection, f"tag.{name}", tag_id, text)
        tx.changed(ChangeKind.TAG, tag_id)
        _note(tx, "describe", tag, before)
