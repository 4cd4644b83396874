"""The catalogue: the one read model of images, in memory, exact as of the last commit.

Beside it are those of comments and posts, which follow it.

It is built from the database (or a snapshot of an earlier build) and follows the change log.
Whoever searches asks `current()` first, which applies what it has not seen; so what anybody has
committed, in any process, is found by the next search in every process.
"""

import logging
import threading
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from menagerie.search import loading, snapshot
from menagerie.search.columns import ids_of
from menagerie.search.personal import Personal
from menagerie.search.talk.index import TextIndex
from menagerie.search.talk.written import COMMENTS, POSTS
from menagerie.search.version import DTYPES, FLAGS, Version
from menagerie.storage import changes
from menagerie.storage.database import Database
from menagerie.storage.schema import ChangeKind

_log = logging.getLogger(__name__)
_AT_ONCE = 100_000  # changes applied in one step; more than so far behind rebuilds as quickly


class Catalogue:
    """The catalogue of one process; safe to share between threads.

    `query_timeout_ms` is the longest that evaluating one query may take; `sureness` is the least
    confidence, 0 to 1, of what models suggest.
    """

    def __init__(
        self,
        database: Database,
        *,
        snapshot_path: Path,
        query_timeout_ms: int,
        sureness: float = 0.5,
    ) -> None:
        self.query_timeout_ms = query_timeout_ms
        self._sureness = sureness
        self._database = database
        self._snapshot_path = snapshot_path
        self.comments = TextIndex(database, COMMENTS)
        self.posts = TextIndex(database, POSTS)
        self._lock = threading.Lock()
        # The newest version, and what Database.marker() said before it was read.
        self._newest: tuple[object, Version] | None = None

    def current(self) -> Version:
        """Return the version with everything committed before this call.

        The first call reads the snapshot or builds from the database; others cost microseconds
        while nothing changed.
        """
        newest = self._newest
        marker = self._database.marker()
        if newest is not None and newest[0] == marker:
            return newest[1]
        with self._lock:
            # Asked again, since waiting for the lock took time; read before the log is, so that a
            # commit in between makes the next call look again.
            marker = self._database.marker()
            if self._newest is None:
                version = self._first()
            elif marker != self._newest[0]:
                version = self._caught_up(self._newest[1])
            else:
                version = self._newest[1]
            self._newest = (marker, version)
            return version

    def rebuild(self) -> Version:
        """Build from the database, whatever is there already."""
        with self._lock:
            marker = self._database.marker()
            version = self._built()
            self._newest = (marker, version)
            return version

    def write_snapshot(self) -> None:
        """Write the newest version to disk, so that the next start need not build it."""
        snapshot.write(self._snapshot_path, self.current())

    def verify(self) -> list[str]:
        """Return how the catalogue differs from a fresh reading of the database, in words."""
        with self._lock, self._database.read() as connection:
            newest = self._newest[1] if self._newest is not None else self._first()
            newest = self._followed(newest, connection)
            fresh = self._read(connection)
        return differences(newest, fresh)

    def _first(self) -> Version:
        personal = Personal(self._database)
        found = snapshot.read(self._snapshot_path, personal)
        with self._database.read() as connection:
            if (
                found is None
                or found.identity != loading.identity(connection)
                or found.sureness != self._sureness
            ):
                return self._read(connection)
            return self._followed(found, connection)

    def _read(self, connection: Connection) -> Version:
        return loading.build(connection, Personal(self._database), sureness=self._sureness)

    def _built(self) -> Version:
        with self._database.read() as connection:
            return self._read(connection)

    def _caught_up(self, version: Version) -> Version:
        with self._database.read() as connection:
            return self._followed(version, connection)

    def _followed(self, version: Version, connection: Connection) -> Version:
        """Return the version as of what `connection` sees, built anew if the log does not reach."""
        epoch, rows = changes.follow(connection, version.seq, limit=_AT_ONCE)
        if _reaches(version, epoch, rows):
            new = rows[1:] if rows and rows[0].seq == version.seq else rows
            return loading.advance(version, connection, new) if new else version
        _log.info("the catalogue is built anew: the log does not lead on from %d", version.seq)
        return self._read(connection)


def _reaches(version: Version, epoch: str | None, rows: list[changes.Change]) -> bool:
    """Tell whether the log's `rows`, from the version's seq on, lead from it to the present."""
    if not rows:
        return version.seq == 0  # nothing has ever happened
    return (
        (epoch or "") == version.identity[1]
        # Otherwise some may have been trimmed away, or this is another database's log.
        and rows[0].seq in {version.seq, version.seq + 1}
        and len(rows) < _AT_ONCE
        and all(row.kind != ChangeKind.VOCABULARY for row in rows if row.seq > version.seq)
    )


def differences(one: Version, other: Version) -> list[str]:
    """Return in words how two versions of the same state differ; empty if they do not."""
    found: list[str] = []
    odd_flags = {name: one.flags[name] ^ other.flags[name] for name in FLAGS}
    found += [f"{n}: {len(odd)} images, such as {odd[0]}" for n, odd in odd_flags.items() if odd]
    ids = ids_of(one.flags["known"] & other.flags["known"])
    for name in DTYPES:
        if name == "version":
            continue
        left, right = one.columns[name].gather(ids), other.columns[name].gather(ids)
        if name in one.codes:
            left = np.array(["", *one.codes[name]])[left]
            right = np.array(["", *other.codes[name]])[right]
        odd_ids = ids[left != right]
        if len(odd_ids):
            found.append(f"{name}: {len(odd_ids)} images, such as {odd_ids[0]}")
    words, fresh_words = dict(one.vocabulary.items()), dict(other.vocabulary.items())
    postings, fresh = dict(one.postings.items()), dict(other.postings.items())
    guesses, fresh_guesses = dict(one.suggestions.items()), dict(other.suggestions.items())
    if one.words != other.words:
        found.append("words: they differ")
    for what, left_map, right_map in (
        ("names", words, fresh_words),
        ("labels", postings, fresh),
        ("suggestions", guesses, fresh_guesses),
        ("verdicts", one.judged, other.judged),
    ):
        odd_tags = [
            tag_id
            for tag_id in left_map.keys() | right_map.keys()
            if left_map.get(tag_id) != right_map.get(tag_id)
        ]
        if odd_tags:
            found.append(f"{what}: {len(odd_tags)} tags, such as {min(odd_tags)}")
    return found
