"""Tags: how names become tags, what the board asks of a set of them, and looking them up.

Source: Philomena (2021 to 2026) for slugs, categories, rules and their exact texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, or_, select, union_all

from menagerie.core import rights
from menagerie.errors import Invalid, NotFound
from menagerie.library import Tx
from menagerie.search import predicate, words
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

MAX_NAME_BYTES = 255
# Far above any real image; one statement must be able to carry them all.
MAX_NAMES = 2000

CATEGORY_ORDER = (
    "error",
    "rating",
    "origin",
    "character",
    "oc",
    "species",
    "body-type",
    "content-fanmade",
    "content-official",
    "spoiler",
)
"""The categories a tag can have, in the order in which tags are shown; those without come last."""

_CATEGORY_OF_NAMESPACE = (
    dict.fromkeys(("artist", "colorist", "editor", "photographer"), "origin")
    | dict.fromkeys(("art pack", "comic", "fanfic", "series", "video"), "content-fanmade")
    | {"oc": "oc", "spoiler": "spoiler"}
)

_SEXUAL = ("suggestive", "questionable", "explicit")
_GRIM = ("semi-grimdark", "grimdark")
RATINGS = ("safe", *_SEXUAL, *_GRIM, "grotesque")

RATINGS_SET = frozenset(RATINGS)

FORBIDDEN = frozenset(
    {
        "tagme",
        "tag me",
        "not tagged",
        "no tag",
        "notag",
        "notags",
        "upvotes galore",
        "downvotes galore",
        "wall of faves",
        "drama in the comments",
        "drama in comments",
        "tag needed",
        "paywall",
        "cringeworthy",
        "solo oc",
        "tag your shit",
    }
)

# In this order, so that what one step writes the next does not escape again.
_SLUG_ESCAPES = (
    ("-", "-dash-"),
    ("/", "-fwslash-"),
    ("\\", "-bwslash-"),
    (":", "-colon-"),
    (".", "-dot-"),
    ("+", "-plus-"),
    (" ", "+"),
)
_PLAIN = {escaped: plain for plain, escaped in _SLUG_ESCAPES}
_ESCAPED = re.compile("|".join(re.escape(escaped) for escaped in _PLAIN))


class Tag(msgspec.Struct, frozen=True):
    """One row of the table of tags."""

    id: int
    name: str
    slug: str
    namespace: str | None
    name_in_namespace: str
    category: str | None
    description: str
    short_description: str | None
    spoiler_image: str | None
    aliased_to_id: int | None
    image_count: int
    created_at: int


class TagPage(Tag, frozen=True):
    """A tag with its relatives, each list holding slugs in the order of names."""

    aliased_tag: str | None = None
    aliases: tuple[str, ...] = ()
    implied_tags: tuple[str, ...] = ()
    implied_by_tags: tuple[str, ...] = ()


class Resolved(msgspec.Struct, frozen=True):
    """A tag meant by a list of names; `is_implied` if no name of the list stands for it."""

    tag: Tag
    is_implied: bool = False


class Suggestion(msgspec.Struct, frozen=True):
    """A tag offered while somebody types; `alias` is the name that matched if not its own."""

    alias: str | None
    canonical: str
    images: int


class Placed(Protocol):
    """What has a place in the display order."""

    @property
    def name(self) -> str:
        """The tag's name."""

    @property
    def category(self) -> str | None:
        """The tag's category."""


# How many tags that begin alike are sorted by use; beyond, the most used are looked through.
_MOST_MATCHES = 1000
_COLUMNS = tuple(schema.tags.c[name] for name in Tag.__struct_fields__)
_SELECT = select(*_COLUMNS)
_PLACES = {category: place for place, category in enumerate(CATEGORY_ORDER)}


def parse_list(text: str | Iterable[str]) -> list[str]:
    """Return the normalised names of a list with commas (or of several), each once, in order.

    Empty names and those of more than 255 bytes are dropped. Raises Invalid (`tags`) for text that
    no database can hold and for more than 2,000 names.

    >>> parse_list("Safe, rainbow_dash,, safe")
    ['safe', 'rainbow dash']
    """
    joined = text if isinstance(text, str) else ",".join(text)
    if rights.is_unfit(joined):
        raise Invalid({"tags": ["may not contain control characters"]})
    names = (words.normalise_tag_name(part) for part in joined.split(","))
    found = list(dict.fromkeys(n for n in names if n and len(n.encode()) <= MAX_NAME_BYTES))
    if len(found) > MAX_NAMES:
        raise Invalid({"tags": [f"must contain at most {MAX_NAMES} tags"]})
    return found


def slug_of(name: str) -> str:
    """Return the name as it stands in addresses.

    >>> slug_of("artist:j. doe")
    'artist-colon-j-dot-+doe'
    """
    for plain, escaped in _SLUG_ESCAPES:
        name = name.replace(plain, escaped)
    return name


def name_of_slug(slug: str) -> str:
    """Return the name that `slug_of` wrote so.

    >>> name_of_slug("artist-colon-j-dot-+doe")
    'artist:j. doe'
    """
    # From left to right, or the end of one escape and the start of the next would make a third.
    return _ESCAPED.sub(lambda match: _PLAIN[match[0]], slug)


def namespace_of(name: str) -> tuple[str | None, str]:
    """Split a normalised name into its namespace, if it has a known one, and the rest.

    >>> namespace_of("oc:foo"), namespace_of("re:zero")
    (('oc', 'foo'), (None, 're:zero'))
    """
    head, colon, tail = name.partition(":")
    return (head, tail) if colon and head in words.NAMESPACES else (None, name)


def display_key(tag: Placed) -> tuple[int, str]:
    """Return the key that sorts tags as they are shown: by category, then by name."""
    return (_PLACES.get(tag.category or "", len(_PLACES)), tag.name)


# What the board asks of the tags of an image.


def board_problems(names: Iterable[str], *, minimum: int) -> list[str]:
    """Return what is wrong with a final set of names on the board, the latest check first.

    >>> board_problems(["solo"], minimum=3)
    ['must contain at least one rating tag', 'must contain at least 3 tags']
    """
    return [text for text, badness in reversed(_checks(names, minimum)) if badness]


def worsened(before: Iterable[str], after: Iterable[str], *, minimum: int) -> list[str]:
    """Return the problems of `after` that `before` had not, or not as badly; latest check first.

    An image that came in another way need not satisfy the board before its tags can be mended.

    >>> worsened(["cat"], ["cat", "dog"], minimum=3), worsened(["cat", "dog"], ["dog"], minimum=3)
    ([], ['must contain at least 3 tags'])
    """
    had = dict(_checks(before, minimum))
    return [
        text for text, badness in reversed(_checks(after, minimum)) if badness > had.get(text, 0)
    ]


def _checks(names: Iterable[str], minimum: int) -> list[tuple[str, int]]:
    """Return each rule's text and by how much it is broken, 0 if not, in the order of checking."""
    present = set(names)
    ratings = present.intersection(RATINGS)
    sexual, grim = len(ratings.intersection(_SEXUAL)), len(ratings.intersection(_GRIM))
    return [
        (f"must contain at least {minimum} tags", max(0, minimum - len(present))),
        *((f"contains forbidden tag `{name}'", 1) for name in sorted(present & FORBIDDEN)),
        ("must contain at least one rating tag", 0 if ratings else 1),
        (
            "may not contain any other rating if safe",
            len(ratings) - 1 if "safe" in ratings else 0,
        ),
        ("may contain at most one sexual rating", max(0, sexual - 1)),
        ("may contain at most one grim rating", max(0, grim - 1)),
    ]


# From names to tags.


def resolve(tx: Tx, names: Sequence[str], *, create: bool = True) -> list[Resolved]:
    """Return the tags that a list of normalised names stands for, and then what those imply.

    An alias stands for its target. Implications go one level. A tag of the namespace `oc` brings
    the tag `oc` along if there is one. Unknown names become new tags, or are left out unless
    `create`. In a reading transaction `create` must be False.
    """
    known = canonical(tx, names)
    if create:
        known |= _create(tx, [name for name in names if name not in known])
    named = {known[name].id: known[name] for name in names if name in known}
    implied = {tag.id: tag for tag in _implied_by(tx, list(named)) if tag.id not in named}
    if any(tag.namespace == "oc" for tag in (*named.values(), *implied.values())):
        brought = canonical(tx, ["oc"]).get("oc")
        if brought is not None and brought.id not in named:
            implied[brought.id] = brought
    return [Resolved(tag) for tag in named.values()] + [
        Resolved(tag, is_implied=True) for tag in implied.values()
    ]


def canonical(tx: Tx, names: Sequence[str]) -> dict[str, Tag]:
    """Return the tags of normalised names, an alias's target for an alias; unknown ones missing."""
    if not names:
        return {}
    found = [Tag(*row) for row in tx.all(_SELECT.where(schema.tags.c.name.in_(names)))]
    targets = _by_id(tx, [t.aliased_to_id for t in found if t.aliased_to_id is not None])
    return {t.name: t if t.aliased_to_id is None else targets[t.aliased_to_id] for t in found}


def canonical_ids(tx: Tx, ids: Iterable[int]) -> list[int]:
    """Return the ids of the tags, or of the targets of those that are aliases, each once, sorted.

    Unknown ids are left out.
    """
    return sorted({tag.aliased_to_id or tag.id for tag in _by_id(tx, list(ids)).values()})


def _by_id(tx: Tx, ids: Sequence[int]) -> dict[int, Tag]:
    if not ids:
        return {}
    return {row.id: Tag(*row) for row in tx.all(_SELECT.where(schema.tags.c.id.in_(ids)))}


def _implied_by(tx: Tx, ids: Sequence[int]) -> list[Tag]:
    if not ids:
        return []
    implications = schema.tag_implications.c
    rows = tx.all(
        _SELECT.join(schema.tag_implications, implications.implied_tag_id == schema.tags.c.id)
        .where(implications.tag_id.in_(ids))
        .order_by(schema.tags.c.name)
    )
    return [Tag(*row) for row in rows]


def _create(tx: Tx, names: Sequence[str], *, category: str | None = None) -> dict[str, Tag]:
    """Make new tags of normalised names that are not taken."""
    if not names:
        return {}
    rows = []
    for name in names:
        namespace, rest = namespace_of(name)
        rows.append(
            {
                "name": name,
                "slug": slug_of(name),
                "namespace": namespace,
                "name_in_namespace": rest,
                "category": category or _CATEGORY_OF_NAMESPACE.get(namespace or ""),
                "created_at": tx.now_s,
            }
        )
    tx.execute(insert(schema.tags), rows)
    made = {row.name: Tag(*row) for row in tx.all(_SELECT.where(schema.tags.c.name.in_(names)))}
    for tag in made.values():
        tx.changed(ChangeKind.TAG, tag.id)
    return made


def seed(tx: Tx) -> None:
    """Make the rating tags that are not there yet."""
    there = canonical(tx, RATINGS)
    _create(tx, [name for name in RATINGS if name not in there], category="rating")


# Looking tags up.


def get(tx: Tx, tag_id: int) -> Tag:
    """Return one tag; raises NotFound."""
    found = _by_id(tx, [tag_id])
    if tag_id not in found:
        raise NotFound
    return found[tag_id]


def get_by_name(tx: Tx, name: str) -> Tag:
    """Return the tag of a normalised name, itself if it is an alias; raises NotFound."""
    row = tx.one(_SELECT.where(schema.tags.c.name == name))
    if row is None:
        raise NotFound
    return Tag(*row)


def get_by_slug(tx: Tx, slug: str) -> TagPage:
    """Return the tag of a slug with its relatives, itself if it is an alias.

    Raises NotFound, also for a word that only images have of which the actor may not know.
    """
    if "\0" in slug:
        raise NotFound
    row = tx.one(_SELECT.where(schema.tags.c.slug == slug))
    found = _known(tx, [Tag(*row)] if row is not None else [])
    if not found:
        raise NotFound
    return _pages(tx, found)[0]


def find_many(tx: Tx, ids: Sequence[int]) -> list[TagPage]:
    """Return tags with their relatives in the order of `ids`, leaving out unknown ones."""
    found = _by_id(tx, ids)
    return _pages(tx, _known(tx, [found[tag_id] for tag_id in ids if tag_id in found]))


def _known(tx: Tx, found: list[Tag]) -> list[Tag]:
    """Leave out the tags that only images have of which the actor may not know."""
    unused = [tag.id for tag in found if tag.image_count == 0]
    if not unused:
        return found
    viewer = predicate.Viewer(tx.actor.account_id, tx.actor.is_moderator)
    ids = schema.tags.c.id
    statement = select(ids).where(ids.in_(unused), predicate.knows_tag(viewer))
    known = {row[0] for row in tx.all(statement)}
    return [tag for tag in found if tag.image_count > 0 or tag.id in known]


def _pages(tx: Tx, found: Sequence[Tag]) -> list[TagPage]:
    if not found:
        return []
    tags, implications = schema.tags.c, schema.tag_implications.c
    ids = [tag.id for tag in found]
    targets = _by_id(tx, [tag.aliased_to_id for tag in found if tag.aliased_to_id is not None])
    aliases = _slugs(tx, tags.aliased_to_id, ids)
    implied = _slugs(tx, implications.tag_id, ids, joined_by=implications.implied_tag_id == tags.id)
    implied_by = _slugs(
        tx, implications.implied_tag_id, ids, joined_by=implications.tag_id == tags.id
    )
    return [
        TagPage(
            **msgspec.structs.asdict(tag),
            aliased_tag=targets[tag.aliased_to_id].slug if tag.aliased_to_id else None,
            aliases=tuple(aliases[tag.id]),
            implied_tags=tuple(implied[tag.id]),
            implied_by_tags=tuple(implied_by[tag.id]),
        )
        for tag in found
    ]


def _slugs(
    tx: Tx,
    key: ColumnElement[int],
    ids: Sequence[int],
    *,
    joined_by: ColumnElement[bool] | None = None,
) -> Mapping[int, list[str]]:
    """Return slugs by the value of `key`, in the order of names."""
    statement = select(key, schema.tags.c.slug).where(key.in_(ids)).order_by(schema.tags.c.name)
    if joined_by is not None:
        statement = statement.join_from(schema.tags, schema.tag_implications, joined_by)
    slugs: defaultdict[int, list[str]] = defaultdict(list)
    for owner, slug in tx.all(statement):
        slugs[owner].append(slug)
    return slugs


def autocomplete(tx: Tx, term: str, limit: int = 10) -> list[Suggestion]:
    """Return the most used tags whose name, bare name or alias begins with `term`.

    The bare name is the one without its namespace. Tags without images are left out; ties are in
    the order of names; a tag that matches by its own name is not offered by an alias as well.
    """
    prefix = words.normalise_tag_name(term)
    if not prefix or rights.is_unfit(prefix):
        return []
    own, target = schema.tags, schema.tags.alias("target")
    matches = _matches(tx, prefix)
    direct = tx.all(
        select(own.c.name, own.c.image_count)
        # Wrapped, or SQLite would go through everything that is no alias first.
        .where(matches, own.c.image_count > 0, func.coalesce(own.c.aliased_to_id, 0) == 0)
        .order_by(own.c.image_count.desc(), own.c.name)
        .limit(limit)
    )
    by_alias = tx.all(
        select(target.c.name, target.c.image_count, own.c.name)
        .join(target, own.c.aliased_to_id == target.c.id)
        .where(matches, own.c.aliased_to_id > 0, target.c.image_count > 0)
        .order_by(target.c.image_count.desc(), own.c.name)
        .limit(limit)
    )
    found = {name: Suggestion(None, name, count) for name, count in direct}
    for name, count, alias in by_alias:
        found.setdefault(name, Suggestion(alias, name, count))
    return sorted(found.values(), key=lambda s: (-s.images, s.canonical))[:limit]


def _matches(tx: Tx, prefix: str) -> ColumnElement[bool]:
    """Return the condition that a tag's name, or its bare name, begins with the prefix.

    Few such tags are found by name and then sorted by use. Of many, the most used are met soon
    enough by walking down the tags by use, which the wrapped columns make both databases do: among
    200,000 tags that all match, 4 ms instead of 300.
    """
    row = schema.tags.c
    columns: tuple[ColumnElement[str], ...] = (row.name, row.name_in_namespace)
    few = [
        select(select(row.id).where(_begins(column, prefix)).limit(_MOST_MATCHES + 1).subquery())
        for column in columns
    ]
    ids = set(tx.execute(union_all(*few)).scalars())
    if len(ids) <= _MOST_MATCHES:
        return row.id.in_(ids)
    return or_(*(_begins(func.coalesce(column, ""), prefix) for column in columns))


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    # A range, since LIKE would not use the index; nothing sorts after the last code point. Not
    # `between`, whose bounds PostgreSQL does not take with a collation.
    return and_(column >= prefix, column <= prefix + "\U0010ffff")
