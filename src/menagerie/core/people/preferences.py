"""How an account likes its pages, and what it wants to be told of."""

import re
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import select, update

from menagerie.core import rights
from menagerie.errors import Invalid
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, NewsKind

_CACHE = "preferences"
_MOST_KEPT = 10_000
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_NAME = re.compile(r"[a-z0-9_-]{0,32}")


class Theme(StrEnum):
    """The colours of pages; `auto` is what the browser asks for."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What an account prefers; empty texts are for the site or the browser to decide.

    `view` names a way to list pictures. `is_endless` lets lists grow instead of having pages. The
    three that follow say whether images and topics are followed by doing something with them.
    """

    theme: Theme = Theme.AUTO
    view: str = ""
    language: str = ""
    is_endless: bool = False
    follows_on_upload: bool = True
    follows_on_comment: bool = True
    follows_on_post: bool = True
    told: frozenset[NewsKind] = frozenset(NewsKind)


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON in the row: what is not told, so that a new kind of news is."""

    theme: Theme = Theme.AUTO
    view: str = ""
    is_endless: bool = False
    follows_on_upload: bool = True
    follows_on_comment: bool = True
    follows_on_post: bool = True
    untold: list[str] = []


DEFAULT = Preferences()
_row = schema.accounts.c


def get(tx: Tx) -> Preferences:
    """Return the actor's preferences, those of a newcomer for a visitor without account.

    Answered from memory until the change log says that any account changed.
    """
    account_id = tx.actor.account_id
    if account_id is None:
        return DEFAULT
    if tx.has_changed:
        return of_account(tx, account_id)
    version = tx.version.accounts_version
    memory = tx.library.caches.get(_CACHE)
    if memory is None or memory[0] != version:
        memory = (version, {})
        tx.library.caches[_CACHE] = memory
    known: dict[int, Preferences] = memory[1]
    found = known.get(account_id)
    if found is None:
        # A connection of its own: the transaction's may see a moment before this version.
        with tx.library.reading(tx.actor) as fresh:
            found = of_account(fresh, account_id)
        if len(known) < _MOST_KEPT:
            known[account_id] = found
    return found


def of_account(tx: Tx, account_id: int) -> Preferences:
    """Return the preferences of any account, for rules; those of a newcomer for an unknown one."""
    row = tx.one(select(_row.preferences, _row.language).where(_row.id == account_id))
    return _preferences(row.preferences, row.language) if row is not None else DEFAULT


def wants(stored: str, kind: NewsKind) -> bool:
    """Tell whether a row's `preferences` allow to tell of this kind."""
    return not stored or kind not in msgspec.json.decode(stored, type=_Stored).untold


def _preferences(stored: str, language: str) -> Preferences:
    found = msgspec.json.decode(stored, type=_Stored) if stored else _Stored()
    values = msgspec.structs.asdict(found)
    untold = values.pop("untold")
    told = frozenset(kind for kind in NewsKind if kind not in untold)
    return Preferences(language=language, told=told, **values)


def change(tx: Tx, **values: Any) -> Preferences:
    """Change the actor's preferences, named as the fields of `Preferences`; the others stay.

    Raises Unauthenticated, or Invalid by field.
    """
    account_id = rights.require_account(tx)
    before = msgspec.structs.asdict(of_account(tx, account_id))
    unknown = values.keys() - before.keys()
    if unknown:
        raise Invalid({name: ["is not a preference"] for name in sorted(unknown)})
    problems = {}
    for name, value in values.items():
        try:
            before[name] = _converted(name, value)
        except (msgspec.ValidationError, ValueError):
            problems[name] = ["is not one of the choices"]
    if problems:
        raise Invalid(problems)
    after = Preferences(**before)
    kept = {name: before[name] for name in _Stored.__struct_fields__ if name != "untold"}
    stored = _Stored(**kept, untold=sorted(set(NewsKind) - after.told))
    text = msgspec.json.encode(stored).decode()
    tx.execute(
        update(schema.accounts)
        .where(_row.id == account_id)
        .values(preferences="" if text == "{}" else text, language=after.language)
    )
    tx.changed(ChangeKind.ACCOUNT, account_id)
    return after


def _converted(name: str, value: object) -> object:
    """Return a value as its field holds it; raises ValueError or ValidationError."""
    field = next(f for f in msgspec.structs.fields(Preferences) if f.name == name)
    if name == "told" and not isinstance(value, (str, bytes)):
        value = list(value) if isinstance(value, (set, frozenset, tuple, list)) else value
    found = msgspec.convert(value, field.type)
    shape = {"view": _NAME, "language": _LANGUAGE}.get(name)
    if shape is not None and found and not shape.fullmatch(found):
        raise ValueError(name)
    return found
