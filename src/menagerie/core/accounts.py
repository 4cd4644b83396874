"""Accounts: who may have one, how to get in, what others see of it.

Keys, sessions, passwords and credentials have modules of their own; what others call most often
of them is named here too, so that `accounts` is the one door.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Select, func, insert, select, update

from menagerie.core import (
    attempts,
    credentials,
    keys,
    own_data,
    passwords,
    rights,
    sessions,
    staff_log,
    tags,
    tokens,
    watching,
)
from menagerie.core.people import second_factor
from menagerie.errors import (
    Banned,
    Forbidden,
    Invalid,
    NotFound,
    SecondFactorNeeded,
    Unauthenticated,
)
from menagerie.library import SECOND, SYSTEM, Actor, Library, Tx
from menagerie.settings import Registration
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind, Role

actor_for_key = credentials.actor_for_key
actor_for_session = credentials.actor_for_session
flush_last_used = credentials.flush_last_used
add_key = keys.add
find_keys = keys.find_own
revoke_key = keys.revoke
find_sessions = sessions.find_own
end_session = sessions.end
log_out = sessions.end_current
change_password = passwords.change
reset_by_code = passwords.reset_by_code
admin_reset = passwords.admin_reset
request_reset = passwords.request_reset
complete_reset = passwords.complete_reset
send_reset = passwords.send_reset
is_banned = rights.is_banned
watched = watching.get
watch = watching.change
export_own = own_data.export
deactivate = own_data.delete_account

MAX_NAME_LENGTH = 50
MAX_EMAIL_LENGTH = 254
MAX_DESCRIPTION_BYTES = 10_000
INVITATION_LIFETIME_S = 14 * 24 * 3600
MAX_TITLE_BYTES = 100


class Account(msgspec.Struct, frozen=True):
    """An account as itself and administrators see it."""

    id: int
    name: str
    email: str | None
    role: Role
    is_role_hidden: bool
    is_verified: bool
    description: str
    filter_id: int | None
    watched_query: str
    watched_exclude_query: str
    watched_without_spoilered: bool
    upload_quota_bytes: int | None
    uploaded_bytes: int
    upload_count: int
    comment_count: int
    post_count: int
    topic_count: int
    avatar: str | None
    title: str
    created_at: int
    deactivated_at: int | None


class Created(msgspec.Struct, frozen=True):
    """A new account; its password, if it was made up, and API key can be read only here."""

    account: Account
    password: str
    key: str


class LoggedIn(msgspec.Struct, frozen=True):
    """A new session: the text for its cookie, and who is behind it."""

    token: str
    actor: Actor


class Profile(msgspec.Struct, frozen=True):
    """What everybody sees of an account; `role` is `user` if the person hides another one.

    `avatar` is a blob name, None for a drawing; `title` is what staff gave.
    """

    id: int
    name: str
    slug: str
    role: Role
    is_role_hidden: bool
    description: str
    created_at: int
    upload_count: int
    comment_count: int
    post_count: int
    topic_count: int
    avatar: str | None
    title: str


_row = schema.accounts.c
_SELECT: Select[Any] = select(*(_row[name] for name in Account.__struct_fields__))


def _account(row: Iterable[Any]) -> Account:
    return msgspec.convert(dict(zip(Account.__struct_fields__, row, strict=True)), Account)


# Making accounts.


def sign_up(
    library: Library,
    actor: Actor,
    *,
    name: str,
    password: str,
    invitation: str | None = None,
    email: str | None = None,
) -> tuple[Account, str]:
    """Register a new account: `register` with the slow hashing before its transaction."""
    problem = passwords.problem_of(password, name=name)
    if problem:
        with library.reading(actor) as tx:
            problems = _problems(tx, name, email)
        raise Invalid(problems | {"password": [problem]})
    secret = passwords.prepare(password, name=name)
    with library.writing(actor) as tx:
        return register(tx, name, secret, invitation=invitation, email=email)


def register(
    tx: Tx,
    name: str,
    password: str | passwords.Secret,
    *,
    invitation: str | None = None,
    email: str | None = None,
) -> tuple[Account, str]:
    """Make an account for a visitor and return it with its recovery code, shown only now.

    Raises Forbidden when registration is closed, Banned, and Invalid (`name`, `password`,
    `email`, `invitation`). A password that is still to be hashed holds up every other writer;
    see `sign_up`.
    """
    mode = tx.library.settings.registration
    if mode == Registration.CLOSED:
        raise Forbidden("Nobody can register here; ask an administrator for an account.")
    if rights.is_banned(tx):
        raise Banned
    problems = _problems(tx, name, email)
    invitation_id = _find_invitation(tx, invitation or "")
    if mode == Registration.INVITATION and invitation_id is None:
        problems["invitation"] = ["is not known, has been used or is too old"]
    if isinstance(password, str) and (text := passwords.problem_of(password, name=name)):
        problems["password"] = [text]
    if problems:
        raise Invalid(problems)
    account_id = _insert(tx, name, Role.USER, password, email=email)
    if invitation_id is not None:
        tx.execute(
            update(schema.invitations)
            .where(schema.invitations.c.id == invitation_id)
            .values(used_by_id=account_id)
        )
    return _get(tx, account_id), passwords.new_recovery_code(tx, account_id)


def create(
    tx: Tx,
    name: str,
    role: Role = Role.USER,
    password: str | passwords.Secret | None = None,
    *,
    key_name: str = "first key",
) -> Created:
    """Make an account with a key, whatever the registration setting says; administrators only.

    Without a password, one is made up; one that is hashed already is not told. Raises Forbidden, or
    Invalid (`name`, `password`).
    """
    rights.require_admin(tx)
    chosen = password or tokens.generate(tx.library)
    problems = _problems(tx, name, None)
    if isinstance(chosen, str) and (text := passwords.problem_of(chosen, name=name)):
        problems["password"] = [text]
    if role is Role.ANONYMOUS:
        problems["role"] = ["cannot be that of an account"]
    if problems:
        raise Invalid(problems)
    account_id = _insert(tx, name, role, chosen)
    key = keys.add_for(tx, account_id, key_name)
    return Created(_get(tx, account_id), chosen if isinstance(chosen, str) else "", key)


def ensure_admin(tx: Tx) -> Created | None:
    """Make the first administrator if there is none in force; None if there is one."""
    rights.require_admin(tx)
    in_force = select(_row.id).where(_row.role == Role.ADMIN, _row.deactivated_at.is_(None))
    if tx.one(in_force) is not None:
        return None
    name, number = "admin", 1
    while _is_taken(tx, name):
        number += 1
        name = f"admin{number}"
    return create(tx, name, Role.ADMIN)


def _insert(
    tx: Tx, name: str, role: Role, password: str | passwords.Secret, *, email: str | None = None
) -> int:
    name = tidy_name(name)
    secret = password
    if isinstance(secret, str):
        secret = passwords.prepare(secret, name=name)
    made = tx.execute(
        insert(schema.accounts)
        .values(
            name=name,
            name_key=name.lower(),
            email=(email or "").strip() or None,
            role=role,
            password_hash=secret.hash,
            created_at=tx.now_s,
        )
        .returning(_row.id)
    )
    account_id: int = made.scalar_one()
    tx.changed(ChangeKind.ACCOUNT, account_id)
    return account_id


def tidy_name(name: str) -> str:
    """Return a name as it is kept: composed characters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def is_address_known(tx: Tx, email: str) -> bool:
    """Tell whether an account has this address, which nobody may have proven to be theirs."""
    address = func.lower(schema.accounts.c.email)
    found = select(schema.accounts.c.id).where(address == email.strip().lower()).limit(1)
    return tx.one(found) is not None


def _problems(tx: Tx, name: str, email: str | None) -> dict[str, list[str]]:
    problems = {}
    if text := _name_problem(tx, tidy_name(name) if not rights.is_unfit(name) else "\0"):
        problems["name"] = [text]
    if email and (
        len(email) > MAX_EMAIL_LENGTH or not re.fullmatch(r"\s*[!-~]+@[!-~]+\.[!-~]+\s*", email)
    ):
        problems["email"] = ["is not an address for mails"]
    return problems


def _name_problem(tx: Tx, name: str, *, account_id: int | None = None) -> str | None:
    """Return what is wrong with a name, or None; `account_id` is whose it may be already."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        return f"must have between 1 and {MAX_NAME_LENGTH} characters"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} for c in name):
        return "may not contain control characters"
    # Whatever a page or program calls people without a name, a number like that follows.
    if re.search(r" #[0-9A-Fa-f]{1,4}$", name):
        return "is kept for anonymous visitors"
    if _is_taken(tx, name, by_other_than=account_id):
        return "has already been taken"
    # A profile is found by the slug alone, which must therefore lead back to the name.
    if tags.name_of_slug(tags.slug_of(name)) != name:
        return "cannot be written in an address"
    return None


def _is_taken(tx: Tx, name: str, *, by_other_than: int | None = None) -> bool:
    found = tx.scalar(select(_row.id).where(_row.name_key == name.lower()))
    return found is not None and found != by_other_than


def invite(tx: Tx) -> str:
    """Return a code with which one person can register within two weeks; moderators only."""
    rights.require_moderator(tx)
    code = tokens.generate(tx.library)
    tx.execute(
        insert(schema.invitations).values(
            hash=tokens.digest(code),
            created_by_id=tx.actor.account_id,
            created_at=tx.now,
            expires_at=tx.now + INVITATION_LIFETIME_S * SECOND,
        )
    )
    return code


def _find_invitation(tx: Tx, code: str) -> int | None:
    row = schema.invitations.c
    found: int | None = tx.scalar(
        select(row.id).where(
            row.hash == tokens.digest(code.strip()),
            row.used_by_id.is_(None),
            row.expires_at > tx.now,
        )
    )
    return found


# Getting in.


def log_in(
    library: Library,
    name: str,
    password: str,
    *,
    code: str = "",
    address: str = "",
    user_agent: str = "",
) -> LoggedIn:
    """Begin a session for whoever knows the password of the account, and a code if it asks for one.

    Raises Unauthenticated, the same for a wrong name and a wrong password; SecondFactorNeeded for a
    code that is missing or wrong beside the right password; and RateLimited after ten wrong
    passwords for one name from one address, or ten wrong codes of one account, within a quarter of
    an hour.
    """
    # The name is cut only so that what is remembered of failures stays small.
    name_key = tidy_name(name[: MAX_NAME_LENGTH * 2]).lower() if not rights.is_unfit(name) else ""
    place = (name_key, address)
    attempts.require_patience(library, place)
    with library.reading(SYSTEM) as tx:
        row = tx.one(
            select(_row.id, _row.password_hash).where(
                _row.name_key == name_key, _row.deactivated_at.is_(None)
            )
        )
    if not passwords.is_right(row.password_hash if row else None, password) or row is None:
        attempts.note_failure(library, place)
        raise Unauthenticated("The name or the password is wrong.")
    if code:
        second_factor.require_patience(library, row.id)
    token = _open_session(library, row.id, code, address=address, user_agent=user_agent)
    if token is None:
        if code:
            second_factor.note_failure(library, row.id)
            raise SecondFactorNeeded("The code is wrong, too old, or has been used.")
        raise SecondFactorNeeded
    attempts.forget(library, place)
    with library.reading(SYSTEM) as tx:
        actor = actor_for_session(tx, token)
    if actor is None:
        raise Unauthenticated
    return LoggedIn(token, msgspec.structs.replace(actor, address=address))


def _open_session(
    library: Library, account_id: int, code: str, *, address: str, user_agent: str
) -> str | None:
    """Return the token of a new session; None if the account asks for a code other than this."""
    with library.writing(SYSTEM) as tx:
        needs_code = second_factor.is_on(tx, account_id)
        if needs_code and not second_factor.check(tx, account_id, code):
            return None
        token, _ = sessions.start(tx, account_id, address=address, user_agent=user_agent)
        return token


# Reading and changing accounts.


def get(tx: Tx, account_id: int) -> Account:
    """Return one's own account, or any for administrators; raises NotFound."""
    if account_id != tx.actor.account_id and not tx.actor.is_admin:
        raise NotFound
    return _get(tx, account_id)


def _get(tx: Tx, account_id: int) -> Account:
    row = tx.one(_SELECT.where(_row.id == account_id)) if 0 < account_id < 2**63 else None
    if row is None:
        raise NotFound
    return _account(row)


def find_by_name(tx: Tx, name: str) -> Account | None:
    """Return the account of a name, case ignored, or None; for rules and not for showing."""
    if rights.is_unfit(name):
        return None
    row = tx.one(_SELECT.where(_row.name_key == tidy_name(name).lower()))
    return _account(row) if row is not None else None


def find_names(tx: Tx, names: Iterable[str]) -> dict[str, str]:
    """Return the names as they are of the accounts in force among `names`, by the name asked."""
    keys = {tidy_name(name).lower(): name for name in names if not rights.is_unfit(name)}
    rows = tx.all(
        select(_row.name_key, _row.name).where(
            _row.name_key.in_(list(keys)), _row.deactivated_at.is_(None)
        )
    )
    return {keys[key]: name for key, name in rows}


def find_all(tx: Tx, *, limit: int = 1000, offset: int = 0) -> list[Account]:
    """Return accounts in the order they were made; administrators only."""
    rights.require_admin(tx)
    return [_account(row) for row in tx.all(_SELECT.order_by(_row.id).limit(limit).offset(offset))]


def profile(tx: Tx, account_id: int) -> Profile:
    """Return what everybody sees of an account; raises NotFound, also when it is deactivated."""
    return _profile(_get(tx, account_id))


def profile_by_slug(tx: Tx, slug: str) -> Profile:
    """Return the profile that a name's slug stands for; raises NotFound."""
    found = find_by_name(tx, tags.name_of_slug(slug))
    if found is None:
        raise NotFound
    return _profile(found)


def _profile(found: Account) -> Profile:
    if found.deactivated_at is not None:
        raise NotFound
    return Profile(
        id=found.id,
        name=found.name,
        slug=tags.slug_of(found.name),
        role=Role.USER if found.is_role_hidden else found.role,
        is_role_hidden=found.is_role_hidden,
        description=found.description,
        created_at=found.created_at,
        upload_count=found.upload_count,
        comment_count=found.comment_count,
        post_count=found.post_count,
        topic_count=found.topic_count,
        avatar=found.avatar,
        title=found.title,
    )


def edit(
    tx: Tx,
    *,
    description: str | None = None,
    email: str | None = None,
    is_role_hidden: bool | None = None,
) -> Account:
    """Change the actor's own account; None leaves a part, an empty email forgets the address.

    Raises Unauthenticated, Banned for a description, or Invalid (`description`, `email`).
    """
    account_id = rights.require_account(tx)
    if description:
        rights.require_contributor(tx)
    problems = {k: v for k, v in _problems(tx, "x" * 51, email).items() if k == "email"}
    if description is not None and (
        rights.is_unfit(description) or len(description.encode()) > MAX_DESCRIPTION_BYTES
    ):
        problems["description"] = [f"should be at most {MAX_DESCRIPTION_BYTES} byte(s)"]
    if problems:
        raise Invalid(problems)
    given: dict[str, Any] = {"description": description, "is_role_hidden": is_role_hidden}
    values = {name: value for name, value in given.items() if value is not None}
    if email is not None:
        values["email"] = email.strip() or None
    if values:
        _update(tx, account_id, **values)
    return _get(tx, account_id)


def _update(tx: Tx, account_id: int, **values: Any) -> None:
    changed = tx.execute(update(schema.accounts).where(_row.id == account_id).values(**values))
    if changed.rowcount == 0:
        raise NotFound
    tx.changed(ChangeKind.ACCOUNT, account_id)


def rename(tx: Tx, account_id: int, name: str) -> Account:
    """Give an account another name; the old one is free from then on. Moderators only.

    Only an administrator renames one of the staff. Raises Unauthenticated, Forbidden, NotFound, or
    Invalid (`name`).
    """
    rights.require_moderator(tx)
    before = _get(tx, account_id)
    if before.role in {Role.MODERATOR, Role.ADMIN} and tx.actor.account_id != account_id:
        rights.require_admin(tx)
    if before.deactivated_at is not None:
        raise NotFound
    is_unfit = rights.is_unfit(name)
    name = tidy_name(name) if not is_unfit else "\0"
    problem = _name_problem(tx, name, account_id=account_id)
    if problem:
        raise Invalid({"name": [problem]})
    if name != before.name:
        _update(tx, account_id, name=name, name_key=name.lower())
        details: dict[str, object] = {"before": before.name, "after": name}
        staff_log.note(tx, "rename", "account", account_id, details=details)
    return _get(tx, account_id)


def set_title(tx: Tx, account_id: int, title: str) -> Account:
    """Give an account a title that is shown beside its name, or none; moderators only.

    Raises Unauthenticated, Forbidden, NotFound, or Invalid (`title`).
    """
    rights.require_moderator(tx)
    title = " ".join(title.split())
    if rights.is_unfit(title) or len(title.encode()) > MAX_TITLE_BYTES:
        raise Invalid({"title": [f"should be at most {MAX_TITLE_BYTES} byte(s)"]})
    _update(tx, account_id, title=title)
    staff_log.note(tx, "set title", "account", account_id, details={"title": title})
    return _get(tx, account_id)


def set_role(tx: Tx, account_id: int, role: Role) -> None:
    """Give an account a role; administrators only.

    Raises Forbidden, NotFound, or Invalid (`role`), also for taking the last administrator away.
    """
    rights.require_admin(tx)
    if role is Role.ANONYMOUS:
        raise Invalid({"role": ["cannot be that of an account"]})
    if role is not Role.ADMIN:
        rights.require_other_admin(tx, account_id)
    _update(tx, account_id, role=role)


def set_verified(tx: Tx, account_id: int, *, is_verified: bool) -> None:
    """Say whether an account's uploads need no review; moderators only. Raises NotFound."""
    rights.require_moderator(tx)
    _update(tx, account_id, is_verified=is_verified)


def set_quota(tx: Tx, account_id: int, quota_bytes: int | None) -> None:
    """Set how many bytes an account may keep, None for the setting's value; administrators only.

    Raises NotFound.
    """
    rights.require_admin(tx)
    _update(tx, account_id, upload_quota_bytes=quota_bytes)


def suspend(tx: Tx, account_id: int) -> None:
    """Shut an account: its sessions end, its keys answer Forbidden; administrators only.

    Everything else stays, and `reinstate` opens it again. Raises NotFound, or Invalid (`role`) for
    the last administrator.
    """
    rights.require_admin(tx)
    rights.require_other_admin(tx, account_id)
    _update(tx, account_id, deactivated_at=tx.now)
    sessions.end_all(tx, account_id)


def reinstate(tx: Tx, account_id: int) -> None:
    """Open a suspended account again; administrators only. Raises NotFound."""
    rights.require_admin(tx)
    _update(tx, account_id, deactivated_at=None)
