"""The index of all comments, or all posts, of one process: loaded when first asked, kept exact.

It follows the change log as the catalogue of images does, and is asked for a state no older than
that catalogue's version; so both together find whatever has been committed.
"""

import logging
import threading

from sqlalchemy import Connection

from menagerie.search.talk import loading
from menagerie.search.talk.written import Kind, Written
from menagerie.storage import changes
from menagerie.storage.database import Database
from menagerie.storage.schema import ChangeKind

_log = logging.getLogger(__name__)
_AT_ONCE = 100_000  # changes applied in one step


class TextIndex:
    """The texts of one kind; safe to share between threads."""

    def __init__(self, database: Database, kind: Kind) -> None:
        self.kind = kind
        self._database = database
        self._lock = threading.Lock()
        self._newest: Written | None = None

    def at_least(self, identity: tuple[str, str], seq: int) -> Written:
        """Return a state of the library `identity` that has the change `seq` and all before it.

        The first call reads every row, in seconds for a million.
        """
        newest = self._newest
        if newest is not None and newest.seq >= seq and newest.identity == identity:
            return newest
        with self._lock:
            newest = self._newest
            if newest is None or newest.seq < seq or newest.identity != identity:
                with self._database.read() as connection:
                    newest = self._newest = self._followed(newest, connection)
            return newest

    def _followed(self, old: Written | None, connection: Connection) -> Written:
        """Return the state as of what `connection` sees, built anew if the log does not reach."""
        if old is None:
            return loading.build(connection, self._database, self.kind)
        while True:
            epoch, rows = changes.follow(connection, old.seq, limit=_AT_ONCE)
            if not rows and old.seq == 0:
                return old  # nothing has ever happened
            new = [row for row in rows if row.seq > old.seq]
            if (
                not rows
                or (epoch or "") != old.identity[1]
                # Otherwise some may have been trimmed away, or this is another database's log.
                or rows[0].seq not in {old.seq, old.seq + 1}
                or any(row.kind == ChangeKind.VOCABULARY for row in new)
            ):
                _log.info("%s are read anew: the log does not lead on", self.kind.table.name)
                return loading.build(connection, self._database, self.kind)
            if new:
                old = loading.advance(old, connection, self.kind, new)
            if len(rows) < _AT_ONCE:
                return old
