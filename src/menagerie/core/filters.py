"""Filters: a viewer's standing choice of what to hide and what to cover with a spoiler.

Source: Philomena (2021 to 2026) for the seeded filters, their ids, and what a query may hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy import delete as delete_rows

from menagerie.core import rights, tags
from menagerie.errors import Forbidden, Invalid, NotFound, QueryError
from menagerie.library import Actor, Tx
from menagerie.search import booru, fields, nodes, texts
from menagerie.storage import schema, sql
from menagerie.storage.schema import ChangeKind, Effect

DEFAULT_ID = 1
EVERYTHING_ID = 2
# Low ids mean something to clients, who know other boards' system filters by them.
LAST_RESERVED_ID = 100
MAX_NAME_BYTES = 255
MAX_DESCRIPTION_BYTES = 10_000
DESCRIPTION = "filter.description"  # its field in the index of words
MAX_QUERY_BYTES = 65_536
MAX_OWN = 500
_CACHE = "filters"
_MOST_CACHED = 10_000


class Filter(msgspec.Struct, frozen=True):
    """A filter; the ids of its tags ascend, its queries are one a line and ORed."""

    id: int
    account_id: int | None
    name: str
    description: str
    is_system: bool
    is_public: bool
    hidden_query: str
    spoilered_query: str
    user_count: int
    created_at: int
    updated_at: int
    hidden_tag_ids: tuple[int, ...] = ()
    spoilered_tag_ids: tuple[int, ...] = ()


class _Cache(msgspec.Struct):
    """Filters by id as of one version of the catalogue."""

    version: int
    filters: dict[int, Filter]


_ROW_NAMES = Filter.__struct_fields__[:-2]
_SELECT: Select[Any] = select(*(schema.filters.c[name] for name in _ROW_NAMES))


# Reading.


def get(tx: Tx, filter_id: int) -> Filter:
    """Return a filter that the actor may read; raises NotFound, also for a foreign private one."""
    found = find(tx, filter_id)
    if found is None:
        raise NotFound
    return found


def find(tx: Tx, filter_id: int) -> Filter | None:
    """Return a filter, or None if there is none that the actor may read."""
    found = _load(tx, filter_id)
    return found if found is not None and may_read(tx.actor, found) else None


def may_read(actor: Actor, found: Filter) -> bool:
    """Tell whether an actor may read and use a filter."""
    return found.is_system or found.is_public or actor.is_moderator or _is_own(actor, found)


def _is_own(actor: Actor, found: Filter) -> bool:
    return found.account_id is not None and found.account_id == actor.account_id


def find_many(tx: Tx, ids: Iterable[int]) -> list[Filter]:
    """Return the filters of `ids` that the actor may read, in that order."""
    return [found for i in ids if (found := find(tx, i)) is not None]


def system(tx: Tx) -> list[Filter]:
    """Return the filters that come with the library, by id."""
    row = schema.filters.c
    return _read(tx.connection, _SELECT.where(row.is_system).order_by(row.id))


def own(tx: Tx) -> list[Filter]:
    """Return the actor's own filters by id; raises Unauthenticated."""
    row = schema.filters.c
    mine = row.account_id == rights.require_account(tx)
    return _read(tx.connection, _SELECT.where(mine).order_by(row.id))


def effective(tx: Tx, requested_id: int | None = None) -> Filter:
    """Return the filter in force: the requested one, the account's, or the system's Default.

    One that does not exist or may not be read is passed over without a word.
    """
    for filter_id in (requested_id, tx.actor.filter_id):
        if filter_id is not None and (found := find(tx, filter_id)) is not None:
            return found
    return get(tx, DEFAULT_ID)


def _load(tx: Tx, filter_id: int) -> Filter | None:
    if not 0 < filter_id < 2**63:
        return None
    cache = _cache(tx)
    found = cache.filters.get(filter_id) if not tx.has_changed else None
    if found is not None:
        return found
    statement = _SELECT.where(schema.filters.c.id == filter_id)
    if tx.has_changed:
        # What this transaction made may yet be rolled back, so others must not be told.
        return next(iter(_read(tx.connection, statement)), None)
    # A connection of its own: the transaction's may see a moment before the cache's version.
    with tx.library.database.read() as connection:
        found = next(iter(_read(connection, statement)), None)
        if found is not None and len(cache.filters) < _MOST_CACHED:
            cache.filters[filter_id] = found
    return found


def _cache(tx: Tx) -> _Cache:
    version = tx.version.filters_version
    cache: _Cache | None = tx.library.caches.get(_CACHE)
    if cache is None or cache.version != version:
        cache = tx.library.caches[_CACHE] = _Cache(version, {})
    return cache


def _read(connection: Connection, statement: Select[Any]) -> list[Filter]:
    rows = connection.execute(statement).all()
    if not rows:
        return []
    listed = schema.filter_tags.c
    chosen: dict[tuple[int, str], list[int]] = {}
    for filter_id, effect, tag_id in connection.execute(
        select(listed.filter_id, listed.effect, listed.tag_id)
        .where(listed.filter_id.in_([row[0] for row in rows]))
        .order_by(listed.tag_id)
    ):
        chosen.setdefault((filter_id, effect), []).append(tag_id)
    return [_filter(row, chosen) for row in rows]


def _filter(row: Sequence[Any], chosen: Mapping[tuple[int, str], list[int]]) -> Filter:
    listed = (tuple(chosen.get((row[0], effect), ())) for effect in (Effect.HIDE, Effect.SPOILER))
    values: tuple[Any, ...] = (*row, *listed)
    return Filter(*values)


# Queries.


def parse_query(text: str, *, now: int, inside: booru.Inside = booru.Inside.FILTER) -> nodes.Node:
    """Return the tree of a stored query: one query a line, ORed; `Nothing` when all are blank.

    `inside` says whether it belongs to a filter or to a watch list; `now` is microseconds UTC.
    Raises QueryError, its place counted from the start of the text.
    """
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        try:
            node = booru.parse(
                line.strip("\r\n"),
                fields.IMAGES,
                now=now,
                signed_in=True,
                inside=inside,
            )
        except QueryError as error:
            raise QueryError(
                error.message, start=start + error.start, end=start + error.end, hint=error.hint
            ) from error
        if not isinstance(node, nodes.Nothing):
            found.append(node)
        start += len(line)
    return nodes.disjunction(found) if found else nodes.Nothing()


def compile_query(text: str, *, now: int) -> nodes.Node:
    """Return the tree of a stored query; one that can no longer be understood matches everything.

    Hiding too much is the safe side: people rely on a filter to keep things from them.
    """
    try:
        return parse_query(text, now=now)
    except QueryError:
        return nodes.All()


# Changing.


def create(
    tx: Tx,
    *,
    name: str,
    description: str = "",
    hidden_tags: Iterable[str | int] = (),
    spoilered_tags: Iterable[str | int] = (),
    hidden_query: str = "",
    spoilered_query: str = "",
    is_public: bool = False,
) -> Filter:
    """Make a filter of the actor's own. Tags are names or ids, an alias standing for its target.

    Unknown tags are left out. Raises Unauthenticated, Banned for a public one, or Invalid (`name`,
    `description`, `hidden_query`, `spoilered_query`).
    """
    account_id = rights.require_account(tx)
    if is_public:
        rights.require_contributor(tx)
    values: dict[str, Any] = {
        "name": name.strip(),
        "description": description,
        "hidden_query": hidden_query,
        "spoilered_query": spoilered_query,
        "is_public": is_public,
    }
    _check(tx, values, account_id, filter_id=None)
    if len(own(tx)) >= MAX_OWN:
        raise Invalid({"name": [f"would be one more than the {MAX_OWN} filters allowed"]})
    made = tx.execute(
        insert(schema.filters)
        .values(account_id=account_id, created_at=tx.now_s, updated_at=tx.now_s, **values)
        .returning(schema.filters.c.id)
    )
    filter_id: int = made.scalar_one()
    texts.index(tx.connection, DESCRIPTION, filter_id, description)
    _set_tags(tx, filter_id, Effect.HIDE, hidden_tags)
    _set_tags(tx, filter_id, Effect.SPOILER, spoilered_tags)
    tx.changed(ChangeKind.FILTER, filter_id)
    return get(tx, filter_id)


def edit(
    tx: Tx,
    filter_id: int,
    *,
    name: str | None = None,
    description: str | None = None,
    hidden_tags: Iterable[str | int] | None = None,
    spoilered_tags: Iterable[str | int] | None = None,
    hidden_query: str | None = None,
    spoilered_query: str | None = None,
    is_public: bool | None = None,
) -> Filter:
    """Change a filter of the actor's own; administrators also change the system's.

    None leaves a part as it is. Raises NotFound, Unauthenticated, Forbidden, and Banned and Invalid
    as `create` does.
    """
    found = _require_own(tx, filter_id)
    if found.is_public if is_public is None else is_public:
        rights.require_contributor(tx)
    given: dict[str, Any] = {
        "name": name.strip() if name is not None else None,
        "description": description,
        "hidden_query": hidden_query,
        "spoilered_query": spoilered_query,
        "is_public": is_public,
    }
    values = {key: value for key, value in given.items() if value is not None}
    _check(tx, values, found.account_id, filter_id=filter_id)
    tx.execute(
        update(schema.filters)
        .where(schema.filters.c.id == filter_id)
        .values(updated_at=tx.now_s, **values)
    )
    if description is not None:
        texts.index(tx.connection, DESCRIPTION, filter_id, description)
    if hidden_tags is not None:
        _set_tags(tx, filter_id, Effect.HIDE, hidden_tags)
    if spoilered_tags is not None:
        _set_tags(tx, filter_id, Effect.SPOILER, spoilered_tags)
    tx.changed(ChangeKind.FILTER, filter_id)
    return get(tx, filter_id)


def delete(tx: Tx, filter_id: int) -> None:
    """Delete a filter of the actor's own; whoever had chosen it falls back to the Default.

    Raises NotFound, Unauthenticated, and Forbidden, always so for the system's filters.
    """
    found = _require_own(tx, filter_id)
    if found.is_system:
        raise Forbidden("A filter of the system cannot be deleted.")
    delete_many(tx, [filter_id])


def delete_many(tx: Tx, ids: Sequence[int]) -> None:
    """Delete filters whoever owns them; the caller has decided that this may be."""
    account = schema.accounts.c
    users = tx.all(select(account.id).where(account.filter_id.in_(ids)))
    tx.execute(update(schema.accounts).where(account.filter_id.in_(ids)).values(filter_id=None))
    tx.execute(delete_rows(schema.filter_tags).where(schema.filter_tags.c.filter_id.in_(ids)))
    for filter_id in ids:
        texts.index(tx.connection, DESCRIPTION, filter_id, "")
    tx.execute(delete_rows(schema.filters).where(schema.filters.c.id.in_(ids)))
    for (account_id,) in users:
        tx.changed(ChangeKind.ACCOUNT, account_id)
    for filter_id in ids:
        tx.changed(ChangeKind.FILTER, filter_id)


def choose(tx: Tx, filter_id: int) -> Filter:
    """Put a filter in force for the actor's account, until another is chosen.

    Raises Unauthenticated or NotFound.
    """
    account_id = rights.require_account(tx)
    get(tx, filter_id)
    _choose(tx, account_id, filter_id)
    return get(tx, filter_id)


def unchoose(tx: Tx, account_id: int) -> None:
    """Let an account fall back to the Default; the caller decides whether this may be."""
    _choose(tx, account_id, None)


def _choose(tx: Tx, account_id: int, filter_id: int | None) -> None:
    account, row = schema.accounts.c, schema.filters.c
    before = tx.scalar(select(account.filter_id).where(account.id == account_id))
    if before == filter_id:
        return
    tx.execute(update(schema.accounts).where(account.id == account_id).values(filter_id=filter_id))
    for changed_id, by in ((before, -1), (filter_id, 1)):
        if changed_id is not None:
            tx.execute(
                update(schema.filters)
                .where(row.id == changed_id)
                .values(user_count=row.user_count + by)
            )
            tx.changed(ChangeKind.FILTER, changed_id)
    tx.changed(ChangeKind.ACCOUNT, account_id)


def _require_own(tx: Tx, filter_id: int) -> Filter:
    if not tx.actor.is_admin:
        rights.require_account(tx)
    found = get(tx, filter_id)
    if not (tx.actor.is_admin if found.is_system else _is_own(tx.actor, found)):
        raise Forbidden("Only its owner may change a filter.")
    return found


def _check(
    tx: Tx, values: dict[str, Any], account_id: int | None, *, filter_id: int | None
) -> None:
    """Raise Invalid naming everything that is wrong with new values of a filter."""
    problems: dict[str, list[str]] = {}
    if "name" in values and (text := _name_problem(tx, values["name"], account_id, filter_id)):
        problems["name"] = [text]
    limits = {
        "description": MAX_DESCRIPTION_BYTES,
        "hidden_query": MAX_QUERY_BYTES,
        "spoilered_query": MAX_QUERY_BYTES,
    }
    for key, limit in limits.items():
        value = values.get(key, "")
        if rights.is_unfit(value):
            problems[key] = ["may not contain control characters"]
        elif len(value.encode()) > limit:
            problems[key] = [f"should be at most {limit} byte(s)"]
        elif key != "description" and (text := _query_problem(tx, value)):
            problems[key] = [text]
    if problems:
        raise Invalid(problems)


def _name_problem(tx: Tx, name: str, account_id: int | None, filter_id: int | None) -> str | None:
    if not name:
        return "can't be blank"
    if rights.is_unfit(name):
        return "may not contain control characters"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"should be at most {MAX_NAME_BYTES} byte(s)"
    row = schema.filters.c
    taken = tx.scalar(select(row.id).where(row.account_id == account_id, row.name == name))
    return "has already been taken" if taken not in {None, filter_id} else None


def _query_problem(tx: Tx, text: str) -> str | None:
    try:
        node = parse_query(text, now=tx.now_s)
    except QueryError as error:
        return error.message
    if nodes.Custom("my", "downvotes") in set(nodes.walk(node)):
        return "may not contain my:downvotes"
    return None


def _set_tags(tx: Tx, filter_id: int, effect: Effect, wanted: Iterable[str | int]) -> None:
    given = list(wanted)
    names = tags.parse_list([item for item in given if isinstance(item, str)])
    numbers = [n for n in given if isinstance(n, int) and 0 < n < 2**63]
    if len(numbers) > tags.MAX_NAMES:
        raise Invalid({"tags": [f"must be at most {tags.MAX_NAMES} tags"]})
    ids = set(tags.canonical_ids(tx, numbers))
    ids.update(tag.id for tag in tags.canonical(tx, names).values())
    listed = schema.filter_tags.c
    tx.execute(
        delete_rows(schema.filter_tags).where(
            listed.filter_id == filter_id, listed.effect == effect
        )
    )
    if ids:
        tx.execute(
            insert(schema.filter_tags),
            [{"filter_id": filter_id, "tag_id": i, "effect": effect} for i in sorted(ids)],
        )


def seed(tx: Tx) -> None:
    """Make the system's filters with the ids that clients know: 1 Default, 2 Everything.

    The rating tags must be there.
    """
    row = schema.filters.c
    if tx.scalar(select(row.id).where(row.id == DEFAULT_ID)) is not None:
        return
    descriptions = {
        DEFAULT_ID: ("Default", "Hides what is explicit or grotesque."),
        EVERYTHING_ID: ("Everything", "Hides nothing."),
    }
    tx.execute(
        insert(schema.filters),
        [
            {
                "id": filter_id,
                "name": name,
                "description": description,
                "is_system": True,
                "created_at": tx.now_s,
                "updated_at": tx.now_s,
            }
            for filter_id, (name, description) in descriptions.items()
        ],
    )
    sql.skip_ids(tx.connection, schema.filters, last=LAST_RESERVED_ID)
    _set_tags(tx, DEFAULT_ID, Effect.HIDE, ["explicit", "grotesque"])
    _set_tags(tx, DEFAULT_ID, Effect.SPOILER, ["questionable"])
    for filter_id, (_name, description) in descriptions.items():
        texts.index(tx.connection, DESCRIPTION, filter_id, description)
        tx.changed(ChangeKind.FILTER, filter_id)


def recount(tx: Tx) -> list[str]:
    """Return where `user_count` differs from the number of accounts that chose the filter."""
    chosen = (
        select(schema.accounts.c.filter_id, func.count().label("number"))
        .group_by(schema.accounts.c.filter_id)
        .subquery()
    )
    row, real = schema.filters.c, func.coalesce(chosen.c.number, 0)
    return [
        f"filter {filter_id}: user_count is {stored}, should be {number}"
        for filter_id, stored, number in tx.all(
            select(row.id, row.user_count, real)
            .outerjoin(chosen, chosen.c.filter_id == row.id)
            .where(row.user_count != real)
            .order_by(row.id)
        )
    ]
