"""Polls: a question that belongs to a topic; each account answers once, while it is open."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Select, and_, insert, select, update

from menagerie.core import rights
from menagerie.core.talk import threads, writing
from menagerie.errors import Forbidden, Invalid, NotFound
from menagerie.library import Tx
from menagerie.storage import schema
from menagerie.storage.schema import PollMethod

MAX_TITLE_CHARACTERS = 140
MAX_LABEL_CHARACTERS = 80
MIN_OPTIONS, MAX_OPTIONS = 2, 20


class Draft(msgspec.Struct, frozen=True):
    """A poll to be: `until_at` is when it closes, in microseconds UTC."""

    title: str
    options: tuple[str, ...]
    method: PollMethod | str
    until_at: int


class Option(msgspec.Struct, frozen=True):
    """One answer of a poll, and how many gave it."""

    id: int
    label: str
    vote_count: int


class Poll(msgspec.Struct, frozen=True):
    """A poll as the actor sees it; `own_option_ids` are what the actor answered."""

    id: int
    topic_id: int
    title: str
    method: str
    until_at: int
    vote_count: int
    hidden_at: int | None
    hide_reason: str
    options: tuple[Option, ...]
    own_option_ids: tuple[int, ...]
    is_open: bool


class Voter(msgspec.Struct, frozen=True):
    """An account that chose an option, and when."""

    account_id: int
    name: str
    created_at: int


_poll, _option, _vote = schema.polls.c, schema.poll_options.c, schema.poll_votes.c
_NAMES = Poll.__struct_fields__[:8]
_SELECT: Select[Any] = select(*(_poll[name] for name in _NAMES))


# Reading.


def of_topic(tx: Tx, topic_id: int) -> Poll | None:
    """Return the poll of a topic, None if it has none that the actor may see.

    Takes three statements, two when there is none. Raises NotFound for the topic.
    """
    threads.get(tx, topic_id)
    row = tx.one(_SELECT.where(_poll.topic_id == topic_id))
    if row is None or (row.hidden_at is not None and not tx.actor.is_assistant):
        return None
    mine = and_(_vote.option_id == _option.id, _vote.account_id == (tx.actor.account_id or 0))
    options = tx.all(
        select(_option.id, _option.label, _option.vote_count, _vote.account_id)
        .outerjoin(schema.poll_votes, mine)
        .where(_option.poll_id == row.id)
        .order_by(_option.position)
    )
    own = tuple(each.id for each in options if each.account_id is not None)
    is_open = row.hidden_at is None and tx.now < row.until_at
    fields: list[Any] = [*row, tuple(Option(*each[:3]) for each in options), own, is_open]
    return Poll(*fields)


def _get(tx: Tx, poll_id: int) -> Poll:
    """Return a poll the actor may see; raises NotFound."""
    known = 0 < poll_id < 2**63
    topic_id = tx.scalar(select(_poll.topic_id).where(_poll.id == poll_id)) if known else None
    found = of_topic(tx, topic_id) if topic_id is not None else None
    if found is None:
        raise NotFound
    return found


def voters(tx: Tx, option_id: int) -> list[Voter]:
    """Return who chose an option, by name. For moderators.

    Raises Unauthenticated, Forbidden or NotFound.
    """
    rights.require_moderator(tx)
    known = 0 < option_id < 2**63
    poll_id = tx.scalar(select(_option.poll_id).where(_option.id == option_id)) if known else None
    _get(tx, poll_id or 0)
    account = schema.accounts.c
    rows = tx.all(
        select(account.id, account.name, _vote.created_at)
        .join(schema.poll_votes, _vote.account_id == account.id)
        .where(_vote.option_id == option_id)
        .order_by(account.name_key)
    )
    return [Voter(*row) for row in rows]


# Changing.


def checked(tx: Tx, draft: Draft) -> Draft:
    """Return a draft as it is kept; raises Invalid (`poll_title`, `options`, `method`, `until_at`).

    Options that are blank or said twice are left out.
    """
    title = writing.check_line(draft.title, "poll_title", most=MAX_TITLE_CHARACTERS, is_needed=True)
    labels = [writing.check_line(o, "options", most=MAX_LABEL_CHARACTERS) for o in draft.options]
    options = tuple(dict.fromkeys(label for label in labels if label))
    problems = {}
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        problems["options"] = [f"should be {MIN_OPTIONS} to {MAX_OPTIONS} different ones"]
    if draft.method not in set(PollMethod):
        problems["method"] = [f"must be one of {', '.join(PollMethod)}"]
    if not tx.now < draft.until_at < 2**63:
        problems["until_at"] = ["must be in the future"]
    if problems:
        raise Invalid(problems)
    return Draft(title, options, PollMethod(draft.method), draft.until_at)


def add(tx: Tx, topic_id: int, draft: Draft) -> int:
    """Give a topic that has none a poll that was checked; return its id."""
    made = tx.execute(
        insert(schema.polls)
        .values(
            topic_id=topic_id,
            title=draft.title,
            method=draft.method,
            until_at=draft.until_at,
            created_at=tx.now_s,
        )
        .returning(_poll.id)
    )
    poll_id: int = made.scalar_one()
    tx.execute(
        insert(schema.poll_options),
        [
            {"poll_id": poll_id, "position": position, "label": label}
            for position, label in enumerate(draft.options)
        ],
    )
    return poll_id


def vote(tx: Tx, poll_id: int, option_ids: Iterable[int]) -> Poll:
    """Answer a poll with one option or, where the method allows, several; once and for all.

    Raises NotFound, Unauthenticated, Banned, Forbidden (it is closed) and Invalid (`options`, also
    for a second answer).
    """
    poll = _get(tx, poll_id)
    rights.require_contributor(tx)
    account_id = rights.require_account(tx)
    if not poll.is_open:
        raise Forbidden("This poll is closed.")
    chosen = sorted(set(option_ids))
    problem = ""
    if poll.own_option_ids:
        problem = "have been chosen before; nobody votes twice"
    elif not chosen:
        problem = "must be chosen"
    elif not set(chosen) <= {option.id for option in poll.options}:
        problem = "must be of this poll"
    elif poll.method == PollMethod.SINGLE and len(chosen) > 1:
        problem = "may be one only"
    if problem:
        raise Invalid({"options": [problem]})
    tx.execute(
        insert(schema.poll_votes),
        [{"option_id": i, "account_id": account_id, "created_at": tx.now_s} for i in chosen],
    )
    tx.execute(
        update(schema.poll_options)
        .where(_option.id.in_(chosen))
        .values(vote_count=_option.vote_count + 1)
    )
    tx.execute(
        update(schema.polls)
        .where(_poll.id == poll_id)
        .values(vote_count=_poll.vote_count + len(chosen))
    )
    return _get(tx, poll_id)


def hide(tx: Tx, poll_id: int, reason: str = "") -> Poll:
    """Take a poll out of sight; again changes nothing. For assistants and above.

    Raises Unauthenticated, Forbidden, NotFound and Invalid (`reason`).
    """
    rights.require_assistant(tx)
    if _get(tx, poll_id).hidden_at is None:
        writing.hide(tx, schema.polls, "poll", poll_id, reason)
    return _get(tx, poll_id)


def unhide(tx: Tx, poll_id: int) -> Poll:
    """Put a hidden poll back into sight; raises as `hide`."""
    rights.require_assistant(tx)
    if _get(tx, poll_id).hidden_at is not None:
        writing.unhide(tx, schema.polls, "poll", poll_id)
    return _get(tx, poll_id)
