"""Evaluation: what comments or posts a query's tree matches, on one state of them."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from pyroaring import BitMap
from sqlalchemy import func, select

from menagerie.search import stored, texts
from menagerie.search.columns import from_ids
from menagerie.search.evaluate import (
    Evaluator,
    Hits,
    fits,
    ids_within,
    range_test,
    tag_ids,
)
from menagerie.search.nodes import (
    Custom,
    Flag,
    Fuzzy,
    Leaf,
    Network,
    Node,
    Nothing,
    Phrase,
    Range,
    Term,
    Wildcard,
)
from menagerie.search.patterns import matcher
from menagerie.search.stored import Text
from menagerie.search.talk.written import Kind, Words, Written, among
from menagerie.search.version import Version
from menagerie.search.words import stems
from menagerie.storage import sql


class Viewer(Struct, frozen=True):
    """Whoever asks: their account, and whether they see what is hidden."""

    account_id: int | None = None
    is_staff: bool = False


def newest(found: BitMap, *, start: int, stop: int) -> list[int]:
    """Return the ids from place `start` to before `stop`, the newest first, counted from 0."""
    total = len(found)
    return [found[total - 1 - place] for place in range(start, min(stop, total))]


class Evaluation(Evaluator):
    """One evaluation of a query for comments or posts.

    `images` gives what is known of the images that comments are on.
    """

    def __init__(
        self, written: Written, kind: Kind, images: Version, viewer: Viewer, *, timeout_ms: int
    ) -> None:
        super().__init__(timeout_ms)
        self._written = written
        self._kind = kind
        self._images = images
        self._viewer = viewer
        self._stored = stored.Stored(images.personal)

    def select(self, query: Node, parents: BitMap) -> BitMap:
        """Return the texts that the viewer finds among those on or in `parents`."""
        if isinstance(query, Nothing):
            return BitMap()
        written = self._written
        hits = self.hits(query)
        within = written.under(parents)
        return hits.within(within & written.shown(is_staff=self._viewer.is_staff))

    def _leaf(self, node: Leaf) -> Hits:
        match node:
            case Custom():
                return Hits(self._by([self._viewer.account_id or 0]))
            case Flag():
                return self._flag(node)
            case Range():
                return Hits(self._range(node))
            case Network():
                place = Text(self._kind.table.c.id, self._kind.table.c.address)
                return Hits(self._stored.network(node, place))
            case Phrase() | Wildcard() if node.field in _WORDS:
                return Hits(_WORDS[node.field](self, node))
            case Phrase():
                raise KeyError(node.field)
            case Term() | Wildcard() | Fuzzy():
                return Hits(_VALUES[node.field](self, node))

    def _flag(self, node: Flag) -> Hits:
        if node.field == "image.deleted":
            flags = self._images.flags
            removed = self._written.under(flags["removed"] | flags["merged"])
            return Hits(removed, is_negated=not node.value)
        if node.field == "image.approved":
            approved = self._written.under(self._images.flags["approved"])
            return Hits(approved, is_negated=not node.value)
        return Hits(self._written.flags[_FLAGS[node.field]], is_negated=not node.value)

    def _range(self, node: Range) -> BitMap:
        written, field = self._written, node.field
        if field == "id":
            return ids_within(node)
        if field == "forum_id":
            found = written.topics.forum_ids.where(range_test(node, is_id=True))
            return written.under(found)
        if field == "deleted_by_user_id":
            return self._hidden_by(lambda account_id: _is_in(account_id, node))
        column = written.columns[_COLUMNS[field]]
        found = column.where(range_test(node, is_id=field in _IDS))
        if field == "author_id":
            return found - written.flags["anonymous"]
        # Where there is no text, there are zeros.
        return found & written.flags["known"]

    def body(self, node: Phrase | Wildcard) -> BitMap:
        """Return the texts with these words."""
        return self._worded(self._written.words, node)

    def subject(self, node: Phrase | Wildcard) -> BitMap:
        """Return the posts of topics with these words in their title."""
        return self._written.under(self._worded(self._written.subjects, node))

    def _worded(self, words: Words, node: Phrase | Wildcard) -> BitMap:
        if isinstance(node, Phrase):
            return words.phrase(node.value)
        found = words.fitting(node.pattern)
        self._check_time(node)
        return found

    def reason(self, node: Phrase | Wildcard) -> BitMap:
        """Return the texts that were hidden for a reason with these words, which are few."""
        if isinstance(node, Phrase):
            phrase = node.value
            return self._hidden_for(lambda reason: texts.holds(reason, phrase))
        test = matcher(node.pattern)
        return self._hidden_for(lambda reason: any(test(stem) for stem, _ in stems(reason)))

    def _hidden_for(self, test: Callable[[str], bool]) -> BitMap:
        c = self._kind.table.c
        with self._images.personal.reading() as connection:
            hidden = sql.among(connection, c.id, self._written.flags["hidden"])
            rows = connection.execute(select(c.id, c.hide_reason).where(hidden))
            return BitMap([row[0] for row in rows if test(row[1])])

    def _hidden_by(self, test: Callable[[int], bool]) -> BitMap:
        c = self._kind.table.c
        with self._images.personal.reading() as connection:
            hidden = sql.among(connection, c.id, self._written.flags["hidden"])
            rows = connection.execute(select(c.id, c.hidden_by_id).where(hidden))
            return BitMap([row[0] for row in rows if row[1] is not None and test(row[1])])

    def _by(self, account_ids: list[int]) -> BitMap:
        return among(self._written.columns["account_id"], from_ids(account_ids))

    def true_author(self, node: stored.Literal) -> BitMap:
        """Return the texts of such an author, anonymous ones too."""
        return self._by(self._stored.accounts(node))

    def author(self, node: stored.Literal) -> BitMap:
        """Return the texts of such an author, but for anonymous ones."""
        return self.true_author(node) - self._written.flags["anonymous"]

    def deleted_by_user(self, node: stored.Literal) -> BitMap:
        """Return the texts that such a moderator hid."""
        return self._hidden_by(set(self._stored.accounts(node)).__contains__)

    def fingerprint(self, node: stored.Literal) -> BitMap:
        """Return the texts whose author left such a mark."""
        c = self._kind.table.c
        return self._stored.with_value(Text(c.id, func.lower(c.fingerprint)), node)

    def image_tags(self, node: stored.Literal) -> BitMap:
        """Return the comments on images with such a tag."""
        if isinstance(node, Term):
            tag_id = self._images.tag_id(node.value)
            # The very set that the catalogue keeps: what is under it may be kept as well.
            return self._written.under(self._images.posting(tag_id)) if tag_id else BitMap()
        found = self._images.postings.some(tag_ids(self._images.vocabulary, node))
        self._check_time(node)
        return self._written.under(BitMap.union(BitMap(), *found))

    def forum(self, node: stored.Literal) -> BitMap:
        """Return the posts in such a forum."""
        topics = self._written.topics
        named = (i for i, forum in topics.forums.items() if fits(forum.short_name.lower(), node))
        return self._written.under(topics.within(named))


_FLAGS = {
    "anonymous": "anonymous",
    "deleted": "hidden",
    "approved": "approved",
    "destroyed_content": "destroyed",
}
_COLUMNS = {
    "author_id": "account_id",
    "true_author_id": "account_id",
    "image_id": "parent_id",
    "topic_id": "parent_id",
    "topic_position": "position",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
_IDS = frozenset({"author_id", "true_author_id", "image_id", "topic_id"})
_WORDS: Mapping[str, Callable[[Evaluation, Phrase | Wildcard], BitMap]] = {
    "body": Evaluation.body,
    "subject": Evaluation.subject,
    "deletion_reason": Evaluation.reason,
}
_VALUES: Mapping[str, Callable[[Evaluation, stored.Literal], BitMap]] = {
    "author": Evaluation.author,
    "true_author": Evaluation.true_author,
    "deleted_by_user": Evaluation.deleted_by_user,
    "fingerprint": Evaluation.fingerprint,
    "image.tags": Evaluation.image_tags,
    "forum": Evaluation.forum,
}


def _is_in(number: int, node: Range) -> bool:
    above = node.low is None or number > node.low or (node.low_inclusive and number == node.low)
    below = node.high is None or number < node.high or (node.high_inclusive and number == node.high)
    return above and below
