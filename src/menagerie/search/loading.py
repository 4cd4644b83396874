"""How a version of the catalogue is read from the database: whole, or change by change."""

import hashlib
import itertools
import operator
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace
from pyroaring import BitMap
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
    text,
)

from menagerie.search import bulk, lexicon
from menagerie.search.columns import (
    BITS,
    CHUNK,
    Column,
    Draft,
    from_ids,
    from_masks,
    ids_of,
    wilson,
)
from menagerie.search.personal import Personal
from menagerie.search.postings import Postings
from menagerie.search.verdicts import NO_VERDICTS, NOTHING, Said, Table, Verdicts
from menagerie.search.version import (
    COUNT_COLUMNS,
    DTYPES,
    FLAGS,
    Stamps,
    Version,
    is_stray,
    strays_of,
)
from menagerie.search.vocabulary import Vocabulary, Word
from menagerie.storage import changes, schema, sql
from menagerie.storage.changes import Change
from menagerie.storage.schema import Audience, ChangeKind, LabelState, Review

_i = schema.images.c
_l = schema.labels.c
_t = schema.tags.c
_a = schema.accounts.c

# What each column of numbers holds; the ones missing here are worked out below.
_NUMBERS: Mapping[str, Any] = {
    "width": _i.width,
    "height": _i.height,
    "score": _i.score,
    "upvotes": _i.upvotes,
    "downvotes": _i.downvotes,
    "faves": _i.faves,
    "hides": _i.hides,
    "comment_count": _i.comment_count,
    "source_count": _i.source_count,
    "tag_count": _i.tag_count,
    "size": _i.size_bytes,
    "orig_size": _i.original_size_bytes,
    "duration": case((_i.is_animated, _i.duration_s), else_=0.0),
    "created_at": _i.created_at,
    "updated_at": _i.updated_at,
    "first_seen_at": _i.first_seen_at,
    "account_id": func.coalesce(_i.account_id, 0),
    "duplicate_id": func.coalesce(_i.merged_into_id, 0),
    "nw": func.coalesce(_i.nw, 0.0),
    "ne": func.coalesce(_i.ne, 0.0),
    "sw": func.coalesce(_i.sw, 0.0),
    "se": func.coalesce(_i.se, 0.0),
    "perceptual_hash": func.coalesce(_i.perceptual_hash, 0),
    "verdict_count": _i.verdict_count,
    "annotation_count": _i.annotation_count,
    "coverage": _i.coverage,
}
_FLAGS: Mapping[str, Any] = {
    "public": _i.audience == Audience.PUBLIC,
    "approved": _i.review == Review.APPROVED,
    "pending": _i.review == Review.PENDING,
    "removed": _i.removed_at.is_not(None),
    "merged": _i.merged_into_id.is_not(None),
    "animated": _i.is_animated,
    "processed": _i.is_optimised,
    "thumbnails_generated": _i.has_representations,
    "anonymous": _i.is_anonymous,
    "measured": and_(
        _i.nw.is_not(None), _i.ne.is_not(None), _i.sw.is_not(None), _i.se.is_not(None)
    ),
    "hashed": _i.perceptual_hash.is_not(None),
    "withheld": _i.is_withheld,
    "donated": _i.consented_at.is_not(None),
}
_CODES: Mapping[str, Any] = {
    "original_format": _i.format,
    "mime_type": _i.media_type,
    "licence": _i.licence,
}

_PARTS = ({"id": _i.id}, _NUMBERS, _FLAGS, _CODES)
_NAMES = [name for part in _PARTS for name in part]
_ROWS = select(*(expression.label(name) for part in _PARTS for name, expression in part.items()))
_WORDS = select(_t.id, _t.name, _t.category, _t.aliased_to_id)
_ASSERTED = _l.state == LabelState.ASSERTED
_SUGGESTED = text(schema.IS_SUGGESTED)
# Made once: building a statement costs more than running it.
_GIVEN: BindParameter[Any] = bindparam("ids", expanding=True)
_ROWS_BY_ID = _ROWS.where(_i.id.in_(_GIVEN)).order_by(_i.id)
_ROW = sql.Prepared(_ROWS.where(_i.id == bindparam("id")))
_WORDS_BY_ID = _WORDS.where(_t.id.in_(_GIVEN))
_SAID = (_l.yes_weight, _l.no_weight, _l.truth)
_LABELS = select(_l.image_id, _l.tag_id, _l.state, _l.confidence, *_SAID).where(
    _l.state != LabelState.REMOVED
)
_LABELS_BY_IMAGE = _LABELS.where(_l.image_id.in_(_GIVEN))
_LABELS_OF_ONE = sql.Prepared(_LABELS.where(_l.image_id == bindparam("id")))
_JUDGED = (
    select(_l.tag_id, _l.image_id, *_SAID)
    .where(text(schema.IS_JUDGED))
    .order_by(_l.tag_id, _l.image_id)
)

_Labels = dict[tuple[int, int], Said | None]
"""What was said of labels (image, tag); None: the label is not asserted."""


def identity(connection: Connection) -> tuple[str, str]:
    """Return the library's id and epoch; empty while nobody has written them."""
    f = schema.facts.c
    rows = connection.execute(select(f.name, f.value).where(f.name.in_(("id", "epoch"))))
    facts = {row[0]: row[1] for row in rows}
    return facts.get("id", ""), facts.get("epoch", "")


def build(connection: Connection, personal: Personal, *, sureness: float) -> Version:
    """Read everything, in one transaction; seconds for 1,000,000 images.

    Suggested labels count from a confidence of `sureness` on, 0 to 1.
    """
    _, seq = changes.bounds(connection)
    vocabulary = Vocabulary.of(_words(connection))
    columns, flags, codes = _read_images(connection)
    postings = _read_postings(connection, None)
    columns |= _counts(postings, vocabulary, len(columns["version"]))
    known = ids_of(flags["known"])
    return Version(
        identity=identity(connection),
        seq=seq,
        columns=columns,
        flags=flags,
        codes=codes,
        postings=Postings().replaced(postings),
        vocabulary=vocabulary,
        words=lexicon.read(connection),
        judged=_read_judged(connection, None),
        suggestions=Postings().replaced(_read_suggestions(connection, None, sureness)),
        sureness=sureness,
        strays=strays_of(known, columns["first_seen_at"].gather(known)),
        personal=personal,
        account_names=_account_names(connection, Column(np.int64), None)[0],
        stamps=Stamps(names=seq, accounts=seq, filters=seq, words=seq, breeds=seq),
    )


def _account_names(
    connection: Connection, names: Column, account_ids: Iterable[int] | None
) -> tuple[Column, bool]:
    """Return the names with those of all, or of these, accounts; and whether one was renamed."""
    draft = Draft(names)
    is_renamed = False
    batches = [None] if account_ids is None else list(bulk.batches(account_ids))
    for batch in batches:
        statement = select(_a.id, _a.name, _a.deactivated_at.is_(None))
        if batch is not None:
            statement = statement.where(_a.id.in_(batch))
        for account_id, name, is_active in connection.execute(statement):
            digest = hashlib.blake2b(f"{is_active} {name}".encode(), digest_size=8).digest()
            value = int.from_bytes(digest, "little", signed=True)
            is_renamed |= draft.get(account_id) not in {0, value}
            draft.put(account_id, value)
    return draft.finish(), is_renamed


def _counts(
    postings: Mapping[int, BitMap], vocabulary: Vocabulary, length: int
) -> dict[str, Column]:
    """Return how many labels of each counted category each image has."""
    counts = {name: np.zeros(length * CHUNK, DTYPES[name]) for name in COUNT_COLUMNS}
    for tag_id, images in postings.items():
        word = vocabulary.word(tag_id)
        if word is not None and word.code:
            counts[COUNT_COLUMNS[word.code - 1]][ids_of(images)] += 1
    return {
        name: Column(DTYPES[name], numbers.reshape(length, CHUNK))
        for name, numbers in counts.items()
    }


def _read_images(
    connection: Connection,
) -> tuple[dict[str, Column], dict[str, BitMap], dict[str, tuple[str, ...]]]:
    low, high = connection.execute(select(func.min(_i.id), func.max(_i.id))).one()
    drafts = {name: Draft(Column(dtype)) for name, dtype in DTYPES.items()}
    masks: dict[str, list[tuple[int, Any]]] = {name: [] for name in FLAGS}
    places: dict[str, dict[str, int]] = {name: {} for name in _CODES}
    length = ((high or -1) >> BITS) + 1
    for index in range((low or 0) >> BITS, length):
        start = index << BITS
        rows = bulk.raw(connection, _ROWS.where(_i.id >= start, _i.id < start + CHUNK))
        if rows:
            read = dict(zip(_NAMES, zip(*rows, strict=True), strict=True))
            _fill(index, read, drafts, masks, places)
    for draft in drafts.values():
        draft.cover(length)
    columns = {name: draft.finish() for name, draft in drafts.items()}
    flags = {name: from_masks(chunks) for name, chunks in masks.items()}
    return columns, flags, {name: tuple(place) for name, place in places.items()}


def _fill(
    index: int,
    read: Mapping[str, Sequence[Any]],
    drafts: Mapping[str, Draft],
    masks: Mapping[str, list[tuple[int, Any]]],
    places: Mapping[str, dict[str, int]],
) -> None:
    at = np.array(read["id"], np.int64) & (CHUNK - 1)
    chunks = {name: draft.writable(index) for name, draft in drafts.items()}
    for name in _NUMBERS:
        chunks[name][at] = read[name]
    for name, place in places.items():
        chunks[name][at] = [place.setdefault(text, len(place) + 1) for text in read[name]]
    chunks["wilson_score"][:] = wilson(chunks["upvotes"], chunks["downvotes"])
    for name in FLAGS:
        mask = np.zeros(CHUNK, np.bool_)
        mask[at] = True if name == "known" else np.array(read[name], np.bool_)
        masks[name].append((index, mask))


def _read_postings(connection: Connection, tag_ids: Iterable[int] | None) -> dict[int, BitMap]:
    """Return the images of each tag, or of these tags; tags without any are left out.

    The database joins the ids into one text per tag, which numpy reads: 25,000,000 rows would
    otherwise pass through Python one by one.
    """
    return _joined(connection, tag_ids, _ASSERTED)


def _read_suggestions(
    connection: Connection, tag_ids: Iterable[int] | None, sureness: float
) -> dict[int, BitMap]:
    """Return the images for which each tag, or each of these, is surely suggested."""
    return _joined(connection, tag_ids, and_(_SUGGESTED, _l.confidence >= sureness))


def _joined(
    connection: Connection, tag_ids: Iterable[int] | None, wanted: ColumnElement[bool]
) -> dict[int, BitMap]:
    joined = func.aggregate_strings(cast(_l.image_id, Text), ",")
    statement = select(_l.tag_id, joined).where(wanted).group_by(_l.tag_id)
    if tag_ids is None:
        return {tag_id: _parse(text) for tag_id, text in connection.execute(statement)}
    found: dict[int, BitMap] = {}
    for batch in bulk.batches(tag_ids):
        rows = connection.execute(statement.where(_l.tag_id.in_(batch)))
        found |= {tag_id: _parse(text) for tag_id, text in rows}
    return found


def _parse(ids: str) -> BitMap:
    return from_ids(np.fromstring(ids, np.uint32, sep=","))


def _read_judged(connection: Connection, tag_ids: Iterable[int] | None) -> dict[int, Verdicts]:
    """Read what was said of the labels of each tag, or of these tags; from its index alone."""
    batches = [None] if tag_ids is None else list(bulk.batches(tag_ids))
    found: dict[int, Verdicts] = {}
    for batch in batches:
        statement = _JUDGED if batch is None else _JUDGED.where(_l.tag_id.in_(batch))
        rows = bulk.raw(connection, statement)
        for tag_id, own in itertools.groupby(rows, key=operator.itemgetter(0)):
            found[tag_id] = Verdicts.of(Table.of(row[1:] for row in own))
    return found


def _words(connection: Connection, tag_ids: Iterable[int] | None = None) -> dict[int, Word]:
    if tag_ids is None:
        return {row[0]: Word(row[1], row[2], row[3]) for row in connection.execute(_WORDS)}
    found: dict[int, Word] = {}
    for batch in bulk.batches(tag_ids):
        rows = connection.execute(_WORDS_BY_ID, {"ids": batch})
        found |= {row[0]: Word(row[1], row[2], row[3]) for row in rows}
    return found


def advance(version: Version, connection: Connection, rows: Sequence[Change]) -> Version:
    """Return the version after `rows`, the log's next; `connection` must see just their state."""
    return _Advance(version, connection, rows).run()


class _Touched:
    """What the rows of the log say may be different now."""

    def __init__(self, rows: Sequence[Change]) -> None:
        self.by_kind: dict[str, set[int]] = defaultdict(set)
        self.labels: set[tuple[int, int]] = set()
        for change in rows:
            if change.kind == ChangeKind.LABEL:
                self.labels.add((change.subject_id, change.other_id or 0))
            else:
                self.by_kind[change.kind].add(change.subject_id)

    def ids(self, kind: ChangeKind) -> set[int]:
        return self.by_kind.get(kind, set())


class _Advance:
    """The making of one version from the one before it."""

    def __init__(self, version: Version, connection: Connection, rows: Sequence[Change]) -> None:
        self.version = version
        self.connection = connection
        self.seq = rows[-1].seq
        self.touched = _Touched(rows)
        self.drafts = {name: Draft(column) for name, column in version.columns.items()}
        self.flags = dict(version.flags)
        self.own_flags: set[str] = set()
        self.codes = {name: list(texts) for name, texts in version.codes.items()}
        self.postings: dict[int, BitMap] = {}
        self.suggestions: dict[int, BitMap] = {}
        self.suggested: set[tuple[int, int]] = set()  # image and tag, of the labels read again
        self.words: dict[int, Word | None] = {}
        self.judged: dict[int, Verdicts] = {}
        self.stamps = version.stamps
        self.strays = version.strays
        self.account_names = version.account_names
        self.regular: BitMap | None = None

    def run(self) -> Version:
        touched, old = self.touched, self.version
        labels = self._apply_images(touched.ids(ChangeKind.IMAGE))
        self._apply_words(labels)
        self._apply_labels(labels)
        self._apply_accounts(touched.ids(ChangeKind.ACCOUNT))
        if touched.ids(ChangeKind.FILTER):
            self.stamps = replace(self.stamps, filters=self.seq)
        words = old.words
        if touched.ids(ChangeKind.WORD):
            words = lexicon.read(self.connection)
            self.stamps = replace(self.stamps, words=self.seq)
        if touched.ids(ChangeKind.BREED):
            self.stamps = replace(self.stamps, breeds=self.seq)
        made = Version(
            identity=old.identity,
            seq=self.seq,
            columns={name: draft.finish() for name, draft in self.drafts.items()},
            flags=self.flags,
            codes={name: tuple(texts) for name, texts in self.codes.items()},
            postings=old.postings.replaced(self.postings),
            vocabulary=old.vocabulary.replaced(self.words),
            words=words,
            judged=self._all_judged(),
            suggestions=old.suggestions.replaced(self.suggestions),
            sureness=old.sureness,
            strays=self.strays,
            personal=old.personal.without(
                touched.ids(ChangeKind.INTERACTION) | touched.ids(ChangeKind.ACCOUNT),
                touched.ids(ChangeKind.GALLERY),
                # A new alias moves the watching of its tag, whoever watches it.
                forget_watches=any(old.vocabulary.word(tag_id) for tag_id in self.words),
            ),
            account_names=self.account_names,
            stamps=self.stamps,
            previous=old,
        )
        outlines = old.memory.get("outlines")
        if outlines is not None:
            before, after = (v.columns["annotation_count"] for v in (old, made))
            made.memory["outlines"] = outlines.followed(
                made.personal,
                touched.labels,
                [i for i in touched.ids(ChangeKind.IMAGE) if before.get(i) != after.get(i)],
                is_all_stale=bool(touched.ids(ChangeKind.POSTING)),
            )
        offers = old.memory.get("offers")
        if offers is not None and words is old.words:
            made.memory["offers"] = offers.replaced(made, self.postings.keys() | self.judged.keys())
        return made

    def _all_judged(self) -> Mapping[int, Verdicts]:
        if not self.judged:
            return self.version.judged
        judged = {**self.version.judged, **self.judged}
        for tag_id, verdicts in self.judged.items():
            # Asked in this order: counting what was said of a label costs the merge of a table.
            if not verdicts.images and not len(verdicts):
                del judged[tag_id]
        return judged

    def _apply_images(self, image_ids: Collection[int]) -> _Labels:
        """Read the rows again; return what is so of the labels that may have changed."""
        known = self.version.flags["known"]
        labels: _Labels = dict.fromkeys(self.touched.labels)
        fresh = {image_id for image_id in image_ids if image_id not in known}
        found: set[int] = set()
        for batch in bulk.batches(image_ids):
            for row in bulk.asked(self.connection, _ROW, _ROWS_BY_ID, batch):
                found.add(row[0])
                self._put(dict(zip(_NAMES, row, strict=True)))
        for image_id in set(image_ids) - found:
            self._forget(image_id, labels)
        asked = fresh | {image_id for image_id, _ in labels}
        for batch in bulk.batches(asked):
            for row in bulk.asked(self.connection, _LABELS_OF_ONE, _LABELS_BY_IMAGE, batch):
                if row[0] in fresh or (row[0], row[1]) in labels:
                    self._read(labels, row)
        return labels

    def _read(self, labels: _Labels, row: Sequence[Any]) -> None:
        """Take in a row of a label, asserted or suggested."""
        image_id, tag_id, state, confidence, *said = row
        if state == LabelState.ASSERTED:
            labels[image_id, tag_id] = Said(*said)
            return
        labels.setdefault((image_id, tag_id), None)
        if confidence is not None and confidence >= self.version.sureness:
            self.suggested.add((image_id, tag_id))

    def _put(self, row: Mapping[str, Any]) -> None:
        image_id = row["id"]
        is_new = image_id not in self.flags["known"]
        if is_new:
            for draft in self.drafts.values():
                draft.cover((image_id >> BITS) + 1)
        if is_new or self.drafts["first_seen_at"].get(image_id) != row["first_seen_at"]:
            self._place(image_id, row["first_seen_at"])
        for name in _NUMBERS:
            self.drafts[name].put(image_id, row[name])
        for name in _CODES:
            self.drafts[name].put(image_id, self._code(name, row[name]))
        score = wilson(row["upvotes"], row["downvotes"]).item()
        self.drafts["wilson_score"].put(image_id, score)
        self.drafts["version"].put(image_id, self.seq)
        for name in FLAGS:
            self._flag(name, image_id, value=name == "known" or bool(row[name]))

    def _forget(self, image_id: int, labels: _Labels) -> None:
        """Take away an image whose row is gone, and its labels with it."""
        for name in FLAGS:
            self._flag(name, image_id, value=False)
        for postings in (self.version.postings, self.version.suggestions):
            for tag_id, images in postings.items():
                if image_id in images:
                    labels[image_id, tag_id] = None
        for name in DTYPES:
            # The counts of tags follow from the labels.
            if name not in COUNT_COLUMNS and self.drafts[name].get(image_id):
                self.drafts[name].put(image_id, 0)
        self.strays = self.strays - BitMap([image_id])

    def _code(self, name: str, text: str) -> int:
        texts = self.codes[name]
        if text not in texts:
            texts.append(text)
        return texts.index(text) + 1

    def _flag(self, name: str, image_id: int, *, value: bool) -> None:
        if (image_id in self.flags[name]) == value:
            return
        if name not in self.own_flags:
            self.flags[name] = self.flags[name].copy()
            self.own_flags.add(name)
        if value:
            self.flags[name].add(image_id)
        else:
            self.flags[name].discard(image_id)

    def _place(self, image_id: int, time: int) -> None:
        """Find out whether the image is in order by when it was first seen."""
        if self.regular is None:
            self.regular = self.flags["known"] - self.strays
        seen = self.drafts["first_seen_at"].get
        self.regular.discard(image_id)
        if is_stray(image_id, time, regular=self.regular, seen=seen):
            self.strays = self.strays | BitMap([image_id])
            return
        self.regular.add(image_id)
        if image_id in self.strays:
            self.strays = self.strays - BitMap([image_id])

    def _apply_words(self, labels: _Labels) -> None:
        """Read the tags again whose row may have changed, and those never heard of."""
        vocabulary = self.version.vocabulary
        asked = self.touched.ids(ChangeKind.TAG) | self.touched.ids(ChangeKind.POSTING)
        asked |= {tag_id for _, tag_id in labels if vocabulary.word(tag_id) is None}
        found = _words(self.connection, asked)
        for tag_id in asked:
            old, new = vocabulary.word(tag_id), found.get(tag_id)
            if old == new:
                continue
            self.words[tag_id] = new
            if old is not None:
                self.stamps = replace(self.stamps, names=self.seq)
                self._recount(tag_id, old, new)

    def _recount(self, tag_id: int, old: Word, new: Word | None) -> None:
        """Move the counts of a tag's images from its old category to its new one."""
        ids = ids_of(self.version.posting(tag_id))
        for word, amount in ((old, -1), (new, 1)):
            if word is not None and word.code:
                self._count(word.code, amount, ids)

    def _count(self, code: int, amount: int, ids: Any) -> None:
        self.drafts[COUNT_COLUMNS[code - 1]].add(ids, amount)

    def _apply_labels(self, labels: _Labels) -> None:
        reread = self.touched.ids(ChangeKind.POSTING)
        if reread:
            now = _read_postings(self.connection, reread)
            judged = _read_judged(self.connection, reread)
            suggested = _read_suggestions(self.connection, reread, self.version.sureness)
            for tag_id in reread:
                self._repost(tag_id, now.get(tag_id, BitMap()))
                self._suggest(tag_id, suggested.get(tag_id, BitMap()))
                if tag_id in self.version.judged or tag_id in judged:
                    self.judged[tag_id] = judged.get(tag_id, NO_VERDICTS)
        changed: dict[int, dict[int, Said | None]] = defaultdict(dict)
        for (image_id, tag_id), said in labels.items():
            self.drafts["version"].put(image_id, self.seq)
            if tag_id not in reread:
                changed[tag_id][image_id] = said
        for tag_id, images in changed.items():
            old = self.version.posting(tag_id)
            more = BitMap([image_id for image_id, said in images.items() if said is not None])
            less = BitMap([image_id for image_id, said in images.items() if said is None])
            self._repost(tag_id, (old | more) - less)
            self._rejudge(tag_id, images)
            more = BitMap([i for i in images if (i, tag_id) in self.suggested])
            self._suggest(tag_id, (self.version.suggested(tag_id) - BitMap(list(images))) | more)

    def _suggest(self, tag_id: int, new: BitMap) -> None:
        old = self.version.suggested(tag_id)
        if new == old:
            return
        self.suggestions[tag_id] = new
        for image_id in old ^ new:
            self.drafts["version"].put(image_id, self.seq)

    def _rejudge(self, tag_id: int, images: Mapping[int, Said | None]) -> None:
        """Put in place what was said of these labels of a tag, where that is another thing now."""
        old = self.version.verdicts(tag_id)
        changed = {
            image_id: said if said != NOTHING else None
            for image_id, said in images.items()
            if (said or NOTHING) != old.said(image_id)
        }
        if changed:
            self.judged[tag_id] = old.replaced(changed)

    def _repost(self, tag_id: int, new: BitMap) -> None:
        old = self.version.posting(tag_id)
        added, taken = ids_of(new - old), ids_of(old - new)
        if not len(added) and not len(taken):
            return
        self.postings[tag_id] = new
        code = self._word_code(tag_id)
        if code:
            self._count(code, 1, added)
            self._count(code, -1, taken)
        for image_id in (*added.tolist(), *taken.tolist()):
            self.drafts["version"].put(image_id, self.seq)

    def _word_code(self, tag_id: int) -> int:
        word = self.words.get(tag_id) or self.version.vocabulary.word(tag_id)
        return word.code if word is not None else 0

    def _apply_accounts(self, account_ids: Collection[int]) -> None:
        if not account_ids:
            return
        self.account_names, is_renamed = _account_names(
            self.connection, self.account_names, account_ids
        )
        self.stamps = replace(self.stamps, accounts=self.seq)
        if is_renamed:
            self.stamps = replace(self.stamps, names=self.seq)
