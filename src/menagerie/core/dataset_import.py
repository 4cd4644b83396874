"""Imports of datasets: what a reader found becomes images, labels with verdicts, and outlines.

Each image is one transaction, so that an import that was stopped goes on where it was. An image
that is here already, by its UUID or its file, stays as it is.

    for found in reader.read(folder, settings.upload_limit):
        done = dataset_import.put(library, actor, found, wishes)
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from menagerie.core import annotations, imported_shapes, intake, tags, wordbook, words
from menagerie.core.word_drafts import RESERVED
from menagerie.core.wordbook import Word
from menagerie.datasets.readers import Found
from menagerie.datasets.records import Class, Label, Object, Record, Vote
from menagerie.errors import Conflict, Invalid, NotFound
from menagerie.library import SECOND, SYSTEM, Actor, Library, Tx
from menagerie.search.words import normalise_tag_name
from menagerie.storage import schema
from menagerie.storage.blobs import work_folder
from menagerie.storage.schema import ChangeKind, Origin, WordKind

VIA = "import"
_MOST_VERDICTS = 1_000_000_000
_MOST_SAID = 10_000
_NO_NAME = re.compile(f"[{re.escape(RESERVED)}]+")


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What an import is to do beside what the dataset says.

    `tags` are for every image. With `makes_words` labels that are not in the vocabulary become
    words of it, else they are mere tags; with `keeps_splits` the splits become tags too.
    """

    tags: Sequence[str] = ()
    makes_words: bool = True
    keeps_splits: bool = False


class Done(msgspec.Struct, frozen=True):
    """What became of one image: its id, whether it is new, and what could not be taken over."""

    image_id: int
    is_new: bool
    notes: list[str] = []


def put(library: Library, actor: Actor, found: Found, wishes: Wishes) -> Done:
    """Put one image of a dataset into the library.

    Raises Invalid for a file that is no picture and for fields that are wrong, Banned,
    RateLimited, Unavailable.
    """
    record = found.record
    _require_sound(record)
    there = _find(library, record.id)
    if there is not None:
        return Done(there, is_new=False)
    if wishes.makes_words:
        learn(library, [Class(index=0, name=name, slug="") for name in _label_names(record)])
    with _file_of(library, found) as path:
        upload = _upload(library, record, path, wishes)
        try:
            prepared = intake.prepare(library, actor, upload)
            with library.writing(actor) as tx:
                image_id = intake.admit(tx, prepared)
                notes = _put_labels(tx, image_id, record, found.votes)
                notes += _put_objects(tx, image_id, record)
        except Conflict as error:
            return Done(error.existing_id, is_new=False)
    return Done(image_id, is_new=True, notes=[*found.notes, *notes])


def _require_sound(record: Record) -> None:
    """Raise Invalid for numbers that no dataset comes to by counting."""
    said: list[Label | Object] = [*record.labels, *record.objects]
    counts = [number for one in said for number in (one.num_yes, one.num_no)]
    if any(not 0 <= number <= _MOST_VERDICTS for number in counts):
        raise Invalid({"labels": [f"must have from 0 to {_MOST_VERDICTS} verdicts"]})
    if any(label.p_dawid_skene > 1 for label in record.labels):
        raise Invalid({"labels": ["must have a probability of at most 1"]})
    if len(said) > _MOST_SAID:
        raise Invalid({"labels": [f"must be at most {_MOST_SAID}, outlines included"]})


def _find(library: Library, key: str) -> int | None:
    if not key:
        return None
    with library.reading(SYSTEM) as tx:
        found: int | None = tx.scalar(select(schema.images.c.id).where(schema.images.c.key == key))
    return found


@contextmanager
def _file_of(library: Library, found: Found) -> Iterator[Path]:
    """Give a path to the picture, which may have been inside an archive."""
    if found.path is not None:
        yield found.path
        return
    with tempfile.NamedTemporaryFile(dir=work_folder(library.settings)) as file:
        file.write(found.data)
        file.flush()
        yield Path(file.name)


def _upload(library: Library, record: Record, path: Path, wishes: Wishes) -> intake.Upload:
    names = [*wishes.tags, *record.tags]
    if wishes.keeps_splits and record.split:
        names.append(f"split:{record.split}")
    with library.reading(SYSTEM) as tx:
        names += [name for _tag_id, name in _tags_of(tx, _label_names(record)).values()]
    return intake.Upload(
        path=path,
        name=Path(record.file_name).name,
        tags=names,
        sources=[record.source_url] if record.source_url else [],
        description=record.description,
        licence=record.license,
        author=record.author,
        author_url=record.author_url,
        title=record.title,
        origin=Origin.IMPORT,
        requires_account=False,
        key=record.id,
        created_at=time_of(record.created_at),
    )


def time_of(text: str) -> int | None:
    """Return a time as datasets write it in microseconds UTC, or None for what is none.

    >>> time_of("2026-01-01T12:00:00Z"), time_of("last summer")
    (1767268800000000, None)
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is None:
        time = datetime.fromisoformat(f"{time.isoformat()}+00:00")
    return max(0, int(time.timestamp())) * SECOND


# Words.


def learn(library: Library, classes: Iterable[Class]) -> None:
    """Make words of the classes that are none yet, parts below what they are parts of.

    A class that cannot be a word stays a tag.
    """
    with library.reading(SYSTEM) as tx:
        book = wordbook.vocabulary(tx)
        missing = [one for one in classes if book.by_display(word_name(one.name)) is None]
    # Those that stand on their own first, since others hang below them.
    for one in sorted(missing, key=lambda one: bool(one.parent)):
        with library.writing(SYSTEM) as tx:
            _learn(tx, one)


def word_name(label: str) -> str:
    """Return what a label of a dataset is called as a word, without signs that queries need.

    >>> word_name("dog (puppy)"), word_name("  Käse "), word_name("mouth/dog")
    ('dog puppy', 'Käse', 'mouth/dog')
    """
    return " ".join(_NO_NAME.sub(" ", label).split())


def _learn(tx: Tx, one: Class) -> None:
    book = wordbook.vocabulary(tx)
    name = word_name(one.name)
    if book.by_display(name) is not None:
        return
    parent = book.by_name(one.parent) if one.parent else None
    if parent is not None:
        name = name.removesuffix(f"/{parent.name}")
    key = one.key if one.key and book.by_key(one.key) is None else None
    kind = WordKind.META if one.is_meta else WordKind.NORMAL
    try:
        words.add(tx, name, kind=kind, parent=parent, key=key)
    except Invalid:  # too long, say; then it is a tag like any other
        return


def _label_names(record: Record) -> list[str]:
    names = [label.name for label in record.labels] + [thing.label for thing in record.objects]
    return list(dict.fromkeys(names))


def _tags_of(tx: Tx, labels: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return id and name of the tag that each label is; the id is 0 for one that is still none."""
    book = wordbook.vocabulary(tx)
    found: dict[str, Word] = {}
    plain: dict[str, tuple[int, str]] = {}
    for label in labels:
        word = book.by_display(word_name(label))
        if word is not None and word.tag_id is not None:
            found[label] = word
        elif name := normalise_tag_name(label.replace(",", " ")):
            plain[label] = (0, name)
    ids = [word.tag_id for word in found.values()]
    row = schema.tags.c
    names = dict(tuple(r) for r in tx.all(select(row.id, row.name).where(row.id.in_(ids))))
    known = tags.canonical(tx, [name for _id, name in plain.values()])
    named = {
        label: (known[name].id, known[name].name) if name in known else (0, name)
        for label, (_id, name) in plain.items()
    }
    return named | {
        label: (word.tag_id, names[word.tag_id])
        for label, word in found.items()
        if word.tag_id is not None
    }


# Labels.


def _put_labels(tx: Tx, image_id: int, record: Record, votes: Sequence[Vote]) -> list[str]:
    """Give the labels of a new image their origin, time and verdicts; return what was lost."""
    created_at = time_of(record.created_at)
    known = _tags_of(tx, _label_names(record))
    row = schema.labels.c
    if created_at is not None:
        tx.execute(
            update(schema.labels).where(row.image_id == image_id).values(created_at=created_at)
        )
    notes, number = [], 0
    for label in record.labels:
        tag_id = known.get(label.name, (0, ""))[0]
        verdicts = _verdicts(tx, label, [vote for vote in votes if vote.label == label.name])
        changed = tx.execute(
            update(schema.labels)
            .where(row.image_id == image_id, row.tag_id == tag_id)
            .values(
                **_origin(tx, label, created_at or tx.now_s),
                yes_weight=label.num_yes,
                no_weight=label.num_no,
                truth=label.p_dawid_skene if label.p_dawid_skene >= 0 else None,
            )
        )
        if changed.rowcount == 0:
            notes.append(f"label {label.name!r} could not be put on the image")
            continue
        rows = [{"image_id": image_id, "tag_id": tag_id, **verdict} for verdict in verdicts]
        if rows:
            tx.execute(insert(schema.validations), rows)
        number += len(rows)
        tx.changed(ChangeKind.LABEL, image_id, tag_id)
    image = schema.images
    tx.execute(update(image).where(image.c.id == image_id).values(verdict_count=number))
    return notes


def _origin(tx: Tx, label: Label, donated_at: int) -> dict[str, object]:
    """Return the columns that say who put a label on and when, for datasets to say the same."""
    created_at = time_of(label.created_at) or donated_at
    about: dict[str, object] = {"created_at": created_at, "account_id": tx.actor.account_id}
    if label.source == "machine":
        return about | {"origin": Origin.MODEL, "confidence": label.probability}
    if label.source == "donor":
        return about | {"origin": Origin.PERSON, "created_at": donated_at}
    if label.source in {"crowd", "moderator"}:
        # A person's label from the moment of the upload is a donor's.
        is_donors = created_at == donated_at
        return about | {"origin": Origin.IMPLIED if is_donors else Origin.PERSON}
    return about | {"origin": Origin.IMPORT}


def _verdicts(tx: Tx, label: Label, votes: Sequence[Vote]) -> list[dict[str, Any]]:
    """Return rows whose weights come to the counts of a label.

    Verdicts that are known one by one stay so. The rest, which a dataset only gives as a sum, is
    one row of nobody's for yes and one for no.
    """
    left = {1: label.num_yes, 0: label.num_no}
    said = {value: sum(v.weight for v in votes if v.value == value) for value in left}
    rows = []
    if all(said[value] <= left[value] for value in left) and _are_plausible(votes):
        rows = [_verdict(tx, vote) for vote in votes]
        left = {value: left[value] - said[value] for value in left}
    at = time_of(label.created_at) or tx.now
    return rows + [
        _row(is_yes=bool(value), weight=weight, at=at) | {"via": VIA}
        for value, weight in left.items()
        if weight > 0
    ]


def _are_plausible(votes: Sequence[Vote]) -> bool:
    workers = [vote.worker for vote in votes if vote.worker]
    is_once = len(set(workers)) == len(workers)
    return is_once and all(vote.value in {0, 1} and vote.weight > 0 for vote in votes)


def _verdict(tx: Tx, vote: Vote) -> dict[str, Any]:
    row = _row(is_yes=bool(vote.value), weight=vote.weight, at=time_of(vote.at) or tx.now)
    return row | {"voter": _voter(tx, vote.worker), "via": vote.kind}


def _voter(tx: Tx, worker: str) -> str | None:
    """Return what stands for a contributor of a dataset, who is nobody that we know."""
    if not worker:
        return None
    key = bytes.fromhex(tx.library.facts["secret"])
    digest = hashlib.blake2b(worker.encode(), key=key, digest_size=16, person=b"import")
    return f"i{digest.hexdigest()}"


def _row(*, is_yes: bool, weight: int, at: int) -> dict[str, Any]:
    return {
        "voter": None,
        "account_id": None,
        "is_yes": is_yes,
        "weight": weight,
        "created_at": at,
        "updated_at": at,
    }


# Outlines.


def _put_objects(tx: Tx, image_id: int, record: Record) -> list[str]:
    """Draw the objects of a new image, a set for each label; return what was lost."""
    known = _tags_of(tx, _label_names(record))
    sets: dict[tuple[str, bool], list[Object]] = {}
    for thing in record.objects:
        sets.setdefault((thing.label, thing.source == "machine"), []).append(thing)
    notes = []
    for (label, is_auto), things in sets.items():
        tag_id = known.get(label, (0, ""))[0]
        try:
            _put_set(tx, image_id, tag_id, things, is_auto=is_auto)
        except (Invalid, NotFound) as error:
            notes.append(f"outlines of {label!r}: {error.message}")
    return notes


def _put_set(
    tx: Tx, image_id: int, tag_id: int, things: Sequence[Object], *, is_auto: bool
) -> None:
    book = wordbook.vocabulary(tx)
    drawn = [imported_shapes.drawn(thing, book) for thing in things]
    made = annotations.put(tx, image_id, tag_id, drawn, is_auto=is_auto)
    yes, no = max(thing.num_yes for thing in things), max(thing.num_no for thing in things)
    if not yes and not no:
        return
    rows = [
        _row(is_yes=is_yes, weight=weight, at=tx.now)
        | {"annotation_id": made.id, "revision": made.revision}
        for is_yes, weight in ((True, yes), (False, no))
        if weight
    ]
    tx.execute(insert(schema.annotation_validations), rows)
    drawn_sets = schema.annotations
    tx.execute(
        update(drawn_sets).where(drawn_sets.c.id == made.id).values(yes_weight=yes, no_weight=no)
    )
