"""Checks: compare what the library keeps with what it should be. Nothing is changed."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from menagerie import jobs
from menagerie.core import exports, filters, image_files, images, labels, rendering, snapshots
from menagerie.core.talk import writing
from menagerie.errors import NotFound
from menagerie.library import SYSTEM, Library, Tx
from menagerie.storage import migrate, schema, sql
from menagerie.storage.schema import Audience, ExportState, LabelState, WordKind

MAX_LISTED = 50
_SAMPLE = 200
_PAGE = 500


class Report(msgspec.Struct, frozen=True):
    """What a check found: `problems` need a person; `counts` say what was looked at, by name."""

    problems: list[str]
    counts: dict[str, int]


def run(library: Library, *, is_deep: bool = False) -> Report:
    """Check tables, counters, files, catalogue, jobs, words and datasets.

    A deep check reads every file and compares its hash; else a random sample of 200 images is
    read, and of all others only whether the files are there and have the right size.
    """
    with library.reading(SYSTEM) as tx:
        problems = [
            *_tables(tx),
            *counters(tx),
            *_failed_jobs(tx),
            *_words(tx),
            *_unfounded_verdicts(tx),
            *_stuck(tx),
            *_missing_datasets(tx),
        ]
        counts = {
            "images": tx.scalar(select(func.count()).select_from(schema.images)),
            "labels": tx.scalar(select(func.count()).select_from(schema.labels)),
            "accounts": tx.scalar(select(func.count()).select_from(schema.accounts)),
        }
    read, damaged = _files(library, is_deep=is_deep)
    counts["files read"] = read
    problems += damaged
    problems += [f"catalogue: {text}" for text in library.catalogue.verify()]
    return Report(problems=problems, counts=counts)


def _tables(tx: Tx) -> Iterator[str]:
    if migrate.current(tx.library.database) != migrate.head():
        yield "database: not at the newest revision; run `menagerie migrate`"
    yield from (f"database: {text}" for text in sql.integrity_problems(tx.connection))


def _failed_jobs(tx: Tx) -> Iterator[str]:
    for job in jobs.failed(tx, limit=MAX_LISTED):
        yield f"job {job.id} ({job.kind} {job.payload}) was given up: {job.error}"


# The crowd, and datasets of what it said.


def _words(tx: Tx) -> Iterator[str]:
    """Find words that no label can have: without a tag, or of one that stands for another."""
    word, tag = schema.words.c, schema.tags.c
    rows = tx.all(
        select(word.accessor, tag.name)
        .outerjoin(schema.tags, tag.id == word.tag_id)
        .where(
            word.kind.in_([WordKind.NORMAL, WordKind.META]),
            or_(word.tag_id.is_(None), tag.aliased_to_id.is_not(None)),
        )
        .order_by(word.id)
        .limit(MAX_LISTED)
    )
    for accessor, name in rows:
        why = "no tag" if name is None else f"the tag {name!r}, which is an alias"
        yield f"word {accessor!r} has {why}"


def _unfounded_verdicts(tx: Tx) -> Iterator[str]:
    """Find what was said of labels that there are not, not even as removed ones."""
    label = schema.labels.c
    for table in (schema.validations, schema.unfit_marks):
        said = table.c
        is_there = exists().where(label.image_id == said.image_id, label.tag_id == said.tag_id)
        rows = tx.all(
            select(said.image_id, said.tag_id).where(~is_there).order_by(said.id).limit(MAX_LISTED)
        )
        for image_id, tag_id in rows:
            yield f"{table.name}: image {image_id} has no label of tag {tag_id}"


_DATASETS: tuple[tuple[Table, ColumnElement[bool]], ...] = (
    # What was frozen for one export only is that export's to make again.
    (schema.snapshots, schema.snapshots.c.is_listed),
    (schema.exports, true()),
)


def _stuck(tx: Tx) -> Iterator[str]:
    """Find snapshots and exports that wait for a job that there is not."""
    job = schema.jobs.c
    kinds = (snapshots.FREEZE, exports.WRITE)
    waiting = select(job.payload).where(job.kind.in_(kinds), job.failed_at.is_(None))
    payloads = " ".join(map(str, tx.execute(waiting).scalars()))
    for table, is_own in _DATASETS:
        row = table.c
        is_open = row.state.in_([ExportState.WAITING, ExportState.RUNNING]) & is_own
        for key, state in tx.all(select(row.key, row.state).where(is_open).order_by(row.id)):
            if key not in payloads:
                yield f"{table.name}: {key} is {state}, but no job works on it"


def _missing_datasets(tx: Tx) -> Iterator[str]:
    """Find snapshots and exports whose file is gone."""
    for table, is_own in _DATASETS:
        row = table.c
        is_kept = (row.state == ExportState.DONE) & row.file.is_not(None) & is_own
        for key, name in tx.all(select(row.key, row.file).where(is_kept).order_by(row.id)):
            if not tx.library.blobs.exists(name):
                yield f"{table.name}: the file of {key}, {name}, is missing"


# Counters.


def counters(tx: Tx) -> list[str]:
    """Return where any counter differs from a recount, one text each."""
    image, account, blob = schema.images.c, schema.accounts.c, schema.blobs.c
    vote, gallery = schema.votes.c, schema.galleries.c
    is_own_public = and_(image.audience == Audience.PUBLIC, ~image.is_anonymous)
    is_kept = ~image.is_deleted_by_owner
    public = select(image.id).where(image.audience == Audience.PUBLIC)
    return [
        *labels.recount(tx),
        *_verdicts(tx),
        *filters.recount(tx),
        *_wrong(tx, image.upvotes, image.id, _by(vote.image_id, vote.value == 1)),
        *_wrong(tx, image.downvotes, image.id, _by(vote.image_id, vote.value == -1)),
        *_wrong(tx, image.score, image.id, _by(vote.image_id, number=func.sum(vote.value))),
        *_wrong(tx, image.faves, image.id, _by(schema.faves.c.image_id)),
        *_wrong(tx, image.hides, image.id, _by(schema.hides.c.image_id)),
        *_wrong(tx, image.source_count, image.id, _by(schema.image_sources.c.image_id)),
        *_wrong(
            tx,
            gallery.image_count,
            gallery.id,
            _by(schema.gallery_images.c.gallery_id, schema.gallery_images.c.image_id.in_(public)),
        ),
        *_wrong(
            tx,
            gallery.subscriber_count,
            gallery.id,
            _by(schema.gallery_subscriptions.c.gallery_id),
        ),
        *_wrong(
            tx,
            schema.conversations.c.message_count,
            schema.conversations.c.id,
            _by(schema.messages.c.conversation_id),
        ),
        *_wrong(tx, blob.image_count, blob.sha512, _by(image.sha512, is_kept)),
        *_wrong(
            tx,
            account.upload_count,
            account.id,
            _by(image.account_id, and_(is_kept, is_own_public)),
        ),
        *_wrong(
            tx,
            account.uploaded_bytes,
            account.id,
            _by(image.account_id, is_kept, number=func.sum(image.original_size_bytes)),
        ),
        *_talk(tx),
    ]


def _talk(tx: Tx) -> Iterator[str]:
    """Compare what images and accounts say of comments, and forums of posts, with a recount."""
    image, account, forum = schema.images.c, schema.accounts.c, schema.forums.c
    comment, topic, post = schema.comments.c, schema.topics.c, schema.posts.c
    is_shown = writing.counted(schema.comments)
    is_public = exists().where(image.id == comment.image_id, image.audience == Audience.PUBLIC)
    own_comments = and_(is_shown, ~comment.is_anonymous, is_public)
    own_posts = and_(writing.counted(schema.posts), ~post.is_anonymous)
    is_listed = topic.hidden_at.is_(None)
    own_topics = and_(is_listed, ~topic.is_anonymous)
    inside = func.sum(topic.post_count)
    for kept, key, counted in (
        (image.comment_count, image.id, _by(comment.image_id, is_shown)),
        (account.comment_count, account.id, _by(comment.account_id, own_comments)),
        (account.post_count, account.id, _by(post.account_id, own_posts)),
        (account.topic_count, account.id, _by(topic.account_id, own_topics)),
        (topic.post_count, topic.id, _by(post.topic_id)),
        (forum.topic_count, forum.id, _by(topic.forum_id, is_listed)),
        (forum.post_count, forum.id, _by(topic.forum_id, is_listed, number=inside)),
    ):
        yield from _wrong(tx, kept, key, counted)
    yield from _wrong_polls(tx)


def _wrong_polls(tx: Tx) -> Iterator[str]:
    """Compare the votes that polls and their options count with a recount."""
    poll, option, vote = schema.polls.c, schema.poll_options.c, schema.poll_votes.c
    total = _by(option.poll_id, number=func.sum(option.vote_count))
    yield from _wrong(tx, option.vote_count, option.id, _by(vote.option_id))
    yield from _wrong(tx, poll.vote_count, poll.id, total)


def _verdicts(tx: Tx) -> Iterator[str]:
    """Compare what sums up verdicts and outlines with a recount."""
    image, label, said = schema.images.c, schema.labels.c, schema.validations.c
    drawn, judged = schema.annotations.c, schema.annotation_validations.c
    is_counted = exists().where(
        label.image_id == said.image_id,
        label.tag_id == said.tag_id,
        label.state == LabelState.ASSERTED,
    )
    yield from _wrong(tx, image.verdict_count, image.id, _by(said.image_id, is_counted))
    yield from _wrong(tx, image.annotation_count, image.id, _by(drawn.image_id, ~drawn.is_auto))
    yield from _wrong_weights(tx)
    is_newest = exists().where(drawn.id == judged.annotation_id, drawn.revision == judged.revision)
    weight = func.sum(judged.weight)
    for kept, condition in ((drawn.yes_weight, judged.is_yes), (drawn.no_weight, ~judged.is_yes)):
        counted = _by(judged.annotation_id, and_(condition, is_newest), number=weight)
        yield from _wrong(tx, kept, drawn.id, counted)


def _wrong_weights(tx: Tx) -> Iterator[str]:
    """Compare what is kept with each label in one pass, as there are very many of them."""
    label, said, mark = schema.labels.c, schema.validations.c, schema.unfit_marks.c
    judged = (
        select(
            said.image_id,
            said.tag_id,
            func.sum(case((said.is_yes, said.weight), else_=0)).label("yes_weight"),
            func.sum(case((said.is_yes, 0), else_=said.weight)).label("no_weight"),
        )
        .group_by(said.image_id, said.tag_id)
        .subquery()
    )
    marked = (
        select(mark.image_id, mark.tag_id, func.sum(mark.weight).label("unfit_count"))
        .group_by(mark.image_id, mark.tag_id)
        .subquery()
    )
    pairs = [
        (label[name], func.coalesce(found.c[name], 0))
        for found, name in ((judged, "yes_weight"), (judged, "no_weight"), (marked, "unfit_count"))
    ]
    statement = select(label.image_id, label.tag_id, *(each for pair in pairs for each in pair))
    for found in (judged, marked):
        same = and_(found.c.image_id == label.image_id, found.c.tag_id == label.tag_id)
        statement = statement.outerjoin(found, same)
    is_wrong = or_(*(kept != real for kept, real in pairs))
    by_label = (label.image_id, label.tag_id)
    for row in tx.all(statement.where(is_wrong).order_by(*by_label).limit(MAX_LISTED)):
        image_id, tag_id, *numbers = tuple(row)
        for (stored, _), kept, real in zip(pairs, numbers[::2], numbers[1::2], strict=True):
            if kept != real:
                yield f"{stored} of tag {tag_id} on image {image_id} is {kept}, should be {real}"


def _by(
    key: ColumnElement[object],
    condition: ColumnElement[bool] | None = None,
    *,
    number: ColumnElement[int] | None = None,
) -> Select[object, int]:
    """Count the rows of a table, or sum `number`, by `key`."""
    counted = func.count() if number is None else number
    return (
        select(key.label("key"), counted.label("number"))
        .where(true() if condition is None else condition)
        .group_by(key)
    )


def _wrong(
    tx: Tx,
    stored: ColumnElement[int],
    key: ColumnElement[object],
    counted: Select[object, int],
) -> Iterator[str]:
    found: FromClause = counted.subquery()
    number = func.coalesce(found.c.number, 0)
    rows = tx.all(
        select(key, stored, number)
        .outerjoin(found, found.c.key == key)
        .where(stored != number)
        .order_by(key)
        .limit(MAX_LISTED)
    )
    name = str(stored)
    for subject, kept, real in (tuple(row) for row in rows):
        yield f"{name} of {subject} is {kept}, should be {real}"


# Files.


def _files(library: Library, *, is_deep: bool) -> tuple[int, list[str]]:
    """Look at the files of every image; return how many were read and what is wrong."""
    sample = set() if is_deep else _sample(library)
    problems: list[str] = []
    read = 0
    for page in _pages(library):
        for image in page:
            is_read = is_deep or image.id in sample
            problems += _file_problems(library, image, reads=is_read)
            read += is_read
    return read, problems


def _sample(library: Library) -> set[int]:
    with library.reading(SYSTEM) as tx:
        last = tx.scalar(select(func.max(schema.images.c.id))) or 0
    return set(library.random.sample(range(1, last + 1), min(_SAMPLE, last)))


def _pages(library: Library) -> Iterator[list[images.Image]]:
    """Yield the images that must have files, a page at a time, each in its own short transaction.

    Deleted ones may have lost theirs.
    """
    row = schema.images.c
    last = 0
    while True:
        with library.reading(SYSTEM) as tx:
            ids = [
                image_id
                for (image_id,) in tx.all(
                    select(row.id)
                    .where(row.id > last, ~row.is_deleted_by_owner)
                    .order_by(row.id)
                    .limit(_PAGE)
                )
            ]
            found = images.read_all(tx, ids)
        if not ids:
            return
        last = ids[-1]
        yield found


def _file_problems(library: Library, image: images.Image, *, reads: bool) -> Iterator[str]:
    expected = [
        (image_files.original(image), image.sha512, image.original_size_bytes),
        (image_files.full(image), image.full_sha512, image.size_bytes),
    ]
    for name, sha512, size in dict.fromkeys(expected):
        problem = _file_problem(library, name, size, sha512 if reads else None)
        if problem:
            yield f"image {image.id}: {name} {problem}"
    if image.has_representations:
        yield from _missing(library, image.id, rendering.file_names(image))


def _missing(library: Library, image_id: int, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if not library.blobs.exists(name):
            yield f"image {image_id}: {name} is missing"


def _file_problem(library: Library, name: str, size: int, sha512: str | None) -> str | None:
    try:
        found = library.blobs.size(name)
        if found != size:
            return f"has {found} bytes, should have {size}"
        if sha512 is not None and _hash(library, name, size) != sha512:
            return "is damaged: its hash is another"
    except NotFound:
        return "is missing"
    return None


def _hash(library: Library, name: str, size: int) -> str:
    digest = hashlib.sha512()
    for piece in library.blobs.stream(name, 0, size):
        digest.update(piece)
    return digest.hexdigest()
