"""How a state of comments or posts is read from the database: whole, or change by change."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)

from menagerie.search import bulk
from menagerie.search.columns import BITS, CHUNK, Column, Draft, from_masks
from menagerie.search.loading import identity
from menagerie.search.talk.written import (
    COMMENTS,
    DTYPES,
    FLAGS,
    POSTS,
    Forum,
    Kind,
    Topics,
    Words,
    Written,
    replaced,
)
from menagerie.storage import changes, schema, sql
from menagerie.storage.changes import Change
from menagerie.storage.database import Database
from menagerie.storage.schema import ChangeKind

_TITLES = "topic.title"
_t = schema.topics.c
_f = schema.forums.c
_TOPICS = select(_t.id, _t.forum_id, _t.hidden_at.is_not(None))
_TOPICS_BY_ID = _TOPICS.where(_t.id.in_(bindparam("ids", expanding=True)))


class _Reading:
    """The statements that read texts of one kind."""

    def __init__(self, kind: Kind) -> None:
        c = kind.table.c
        numbers = {
            "parent_id": kind.parent_id,
            "account_id": func.coalesce(c.account_id, 0),
            "position": literal(0) if kind.position is None else kind.position,
            "created_at": c.created_at,
            "updated_at": c.updated_at,
        }
        flags = {
            "anonymous": c.is_anonymous,
            "hidden": c.hidden_at.is_not(None),
            "destroyed": c.destroyed_at.is_not(None),
            "approved": c.is_approved,
        }
        parts: dict[str, Any] = {"id": c.id, **numbers, **flags}
        self.id = c.id
        self.names = tuple(parts)
        self.rows: Select[Any] = select(*(e.label(name) for name, e in parts.items()))
        # Joined by the database and read by numpy: rows would pass through Python one by one.
        code = sum(
            (cast(flags[name], Integer) * (1 << bit) for bit, name in enumerate(FLAGS[1:])),
            start=literal(0),
        )
        whole = [c.id, *numbers.values(), code]
        self.joined = select(*(func.aggregate_strings(cast(e, Text), ",") for e in whole))
        given: Any = bindparam("ids", expanding=True)
        self.many = self.rows.where(c.id.in_(given))
        self.one = sql.Prepared(self.rows.where(c.id == bindparam("id")))


_READINGS = {kind.change: _Reading(kind) for kind in (COMMENTS, POSTS)}


def build(connection: Connection, database: Database, kind: Kind) -> Written:
    """Read everything, in one transaction; some seconds for 1,000,000 texts."""
    _, seq = changes.bounds(connection)
    reading = _READINGS[kind.change]
    bounds = select(func.min(reading.id), func.max(reading.id))
    low, high = connection.execute(bounds).one()
    drafts = {name: Draft(Column(dtype)) for name, dtype in DTYPES.items()}
    masks: dict[str, list[tuple[int, Any]]] = {name: [] for name in FLAGS}
    length = ((high or -1) >> BITS) + 1
    for index in range((low or 0) >> BITS, length):
        start = index << BITS
        within = reading.joined.where(reading.id >= start, reading.id < start + CHUNK)
        row = connection.execute(within).one()
        if row[0] is not None:
            _fill(index, [np.fromstring(text, np.int64, sep=",") for text in row], drafts, masks)
    for draft in drafts.values():
        draft.cover(length)
    return Written(
        identity=identity(connection),
        seq=seq,
        columns={name: draft.finish() for name, draft in drafts.items()},
        flags={name: from_masks(chunks) for name, chunks in masks.items()},
        topics=_topics(connection) if kind is POSTS else Topics(),
        words=Words(database, kind.field),
        subjects=Words(database, _TITLES),
    )


def _fill(
    index: int,
    read: Sequence[npt.NDArray[np.int64]],
    drafts: Mapping[str, Draft],
    masks: Mapping[str, list[tuple[int, Any]]],
) -> None:
    """Put in a chunk as it was read: the ids, the numbers of each column, and what flags say."""
    ids, *numbers, code = read
    at = ids & (CHUNK - 1)
    for draft, column in zip(drafts.values(), numbers, strict=True):
        draft.writable(index)[at] = column
    set_by = {"known": np.ones(len(at), np.bool_)}
    set_by |= {name: code & (1 << bit) > 0 for bit, name in enumerate(FLAGS[1:])}
    for name, is_set in set_by.items():
        mask = np.zeros(CHUNK, np.bool_)
        mask[at] = is_set
        masks[name].append((index, mask))


def _topics(connection: Connection) -> Topics:
    draft = Draft(Column(np.uint32))
    rows = bulk.raw(connection, _TOPICS)
    for topic_id, forum_id, _ in rows:
        draft.put(topic_id, forum_id)
    hidden = BitMap([topic_id for topic_id, _, is_hidden in rows if is_hidden])
    return Topics(draft.finish(), hidden, _forums(connection))


def _forums(connection: Connection) -> dict[int, Forum]:
    rows = connection.execute(select(_f.id, _f.short_name, _f.access))
    return {row[0]: Forum(row[1], row[2]) for row in rows}


def advance(old: Written, connection: Connection, kind: Kind, rows: Sequence[Change]) -> Written:
    """Return the state after `rows`, the log's next; `connection` must see at least theirs."""
    texts, topic_ids, forum_ids = (
        BitMap([row.subject_id for row in rows if row.kind == of])
        for of in (kind.change, ChangeKind.TOPIC, ChangeKind.FORUM)
    )
    columns, flags, parents = _reread(old, connection, _READINGS[kind.change], texts)
    topics, subjects = old.topics, old.subjects
    if kind is POSTS:
        topics = _topics_after(old.topics, connection, topic_ids, forum_ids)
        subjects = old.subjects.followed(connection, topic_ids)
    return Written(
        identity=old.identity,
        seq=rows[-1].seq,
        columns=columns,
        flags=flags,
        topics=topics,
        words=old.words.followed(connection, texts),
        subjects=subjects,
        under=old.kept_under(texts, parents),
        previous=old,
    )


def _reread(
    old: Written, connection: Connection, reading: _Reading, texts: BitMap
) -> tuple[Mapping[str, Column], Mapping[str, BitMap], dict[int, int]]:
    """Return the columns and flags with these texts as they are, and what those are on or in."""
    if not texts:
        return old.columns, old.flags, {}
    drafts = {name: Draft(column) for name, column in old.columns.items()}
    holding: dict[str, list[int]] = {name: [] for name in FLAGS}
    parents: dict[int, int] = {}
    for batch in bulk.batches(texts):
        for row in bulk.asked(connection, reading.one, reading.many, batch):
            read = dict(zip(reading.names, row, strict=True))
            parents[read["id"]] = read["parent_id"]
            for name, draft in drafts.items():
                draft.put(read["id"], read[name])
            for name in FLAGS:
                if name == "known" or read[name]:
                    holding[name].append(read["id"])
    for text_id in texts - BitMap(list(parents)):
        for draft in drafts.values():
            if draft.get(text_id):
                draft.put(text_id, 0)
    flags = {name: replaced(old.flags[name], texts, BitMap(holding[name])) for name in FLAGS}
    return {name: draft.finish() for name, draft in drafts.items()}, flags, parents


def _topics_after(
    old: Topics, connection: Connection, topic_ids: BitMap, forum_ids: BitMap
) -> Topics:
    """Return what is known of topics, these read again; the same object if nothing differs."""
    draft, hidden, found = Draft(old.forum_ids), BitMap(), BitMap()
    for batch in bulk.batches(topic_ids):
        for topic_id, forum_id, is_hidden in connection.execute(_TOPICS_BY_ID, {"ids": batch}):
            found.add(topic_id)
            draft.put(topic_id, forum_id)
            if is_hidden:
                hidden.add(topic_id)
    for topic_id in topic_ids - found:
        draft.put(topic_id, 0)
    # A new topic's forum may be new to us as well.
    forums = _forums(connection) if topic_ids or forum_ids else old.forums
    made = Topics(draft.finish(), replaced(old.hidden, topic_ids, hidden), forums)
    is_same = made.forum_ids is old.forum_ids and made.hidden is old.hidden
    return old if is_same and forums == old.forums else made
