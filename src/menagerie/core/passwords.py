"""Passwords: what a good one is, how it is kept, and how to get in again without it.

Hashing takes tens of milliseconds on purpose, so what people reach from outside hashes before it
opens a transaction: there is one writer at a time.
"""

import functools
import threading
from typing import NewType

import argon2
import msgspec
from sqlalchemy import insert, or_, select, update

from menagerie import jobs
from menagerie.core import mail, rights, sessions, tokens
from menagerie.errors import Invalid, NotFound, Unauthenticated, Unavailable
from menagerie.library import SECOND, SYSTEM, Actor, Library, Tx
from menagerie.storage import schema

MIN_LENGTH = 12
MAX_BYTES = 1000
RESET_JOB = "accounts.send_reset"
RESET_LIFETIME_S = 3600

# What OWASP's cheat sheet on password storage recommends for argon2id (2023 to 2026): 19 MiB, two
# passes, one lane. The memory is taken at most so many times at once, however many threads ask.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns = threading.BoundedSemaphore(4)

Hash = NewType("Hash", str)
"""An argon2 hash, parameters and salt included."""


class Secret(msgspec.Struct, frozen=True):
    """A password that has been checked and hashed."""

    hash: Hash


def prepare(password: str, *, name: str = "") -> Secret:
    """Check and hash a new password, to be handed to a transaction; raises Invalid (`password`).

    `name` is that of the account, which its password may not be.
    """
    problem = problem_of(password, name=name)
    if problem:
        raise Invalid({"password": [problem]})
    with _turns:
        return Secret(Hash(_hasher.hash(password)))


def problem_of(password: str, *, name: str = "") -> str | None:
    """Return what is wrong with a new password, or None.

    >>> problem_of("secret")
    'must have at least 12 characters; four or five words are easy to remember'
    """
    if len(password) < MIN_LENGTH:
        return (
            f"must have at least {MIN_LENGTH} characters; four or five words are easy to remember"
        )
    if rights.is_unfit(password):
        return "may not contain control characters"
    if len(password.encode()) > MAX_BYTES:
        return f"must have at most {MAX_BYTES} bytes"
    if len(set(password.lower())) < 5:
        return "must have at least 5 different characters"
    if name and password.lower().replace(" ", "") == name.lower().replace(" ", ""):
        return "must not be the name of the account"
    return None


def is_right(stored: str | None, password: str) -> bool:
    """Tell whether a password fits a stored hash, taking as long when there is none."""
    if rights.is_unfit(password) or len(password) > MAX_BYTES:
        return False
    with _turns:
        try:
            _hasher.verify(stored or _decoy(), password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
    return stored is not None


@functools.cache
def _decoy() -> str:
    return _hasher.hash("a password of nobody")


def change(library: Library, actor: Actor, old: str, new: str) -> None:
    """Change the actor's password; ends every other session of the account.

    Raises Unauthenticated, and Invalid (`old_password`, `password`).
    """
    with library.reading(actor) as tx:
        account_id = rights.require_account(tx)
        stored = tx.scalar(
            select(schema.accounts.c.password_hash).where(schema.accounts.c.id == account_id)
        )
    if not is_right(stored, old):
        raise Invalid({"old_password": ["is not right"]})
    secret = prepare(new, name=actor.name)
    with library.writing(actor) as tx:
        put(tx, account_id, secret, keep_session_id=actor.session_id)


def reset_by_code(library: Library, name: str, code: str, new: str) -> str:
    """Set a new password with the recovery code given at registration; return the next code.

    Ends every session of the account. Raises Unauthenticated for a wrong name or code, Invalid
    (`password`).
    """
    secret = prepare(new, name=name)
    with library.writing(SYSTEM) as tx:
        row = schema.accounts.c
        account_id = tx.scalar(
            select(row.id).where(
                row.name_key == name.strip().lower(),
                row.recovery_hash == tokens.digest(code.strip()),
                row.deactivated_at.is_(None),
            )
        )
        if account_id is None:
            raise Unauthenticated("The name and the recovery code do not fit.")
        put(tx, account_id, secret)
        return new_recovery_code(tx, account_id)


def admin_reset(tx: Tx, account_id: int) -> str:
    """Give an account a random password and return it; ends every session of the account.

    Raises Unauthenticated or Forbidden for anybody but an administrator, NotFound.
    """
    rights.require_admin(tx)
    password = tokens.generate(tx.library)
    put(tx, account_id, prepare(password))
    return password


def request_reset(tx: Tx, name_or_email: str) -> None:
    """Let a mail be sent with a link to set a new password; silent about whom it goes to.

    Raises Unavailable when no mail server is set.
    """
    if not tx.library.settings.mail_url:
        raise Unavailable("No mails can be sent: set mail_url, or ask an administrator.")
    wanted = name_or_email.strip()
    if not wanted or rights.is_unfit(wanted):
        return
    row = schema.accounts.c
    for (account_id,) in tx.all(
        select(row.id)
        .where(
            or_(row.name_key == wanted.lower(), row.email == wanted),
            row.email.is_not(None),
            row.deactivated_at.is_(None),
        )
        .limit(5)
    ):
        jobs.enqueue(tx, RESET_JOB, {"account_id": account_id})


def send_reset(library: Library, *, account_id: int) -> None:
    """Make a token good for an hour and mail it to the account; the job behind `request_reset`.

    Only the token's hash is ever stored, so it is made here and not where it was asked for.
    """
    token = tokens.generate(library, size_bytes=24)
    with library.writing(SYSTEM) as tx:
        row = schema.accounts.c
        found = tx.one(select(row.name, row.email).where(row.id == account_id))
        if found is None or found.email is None:
            return
        tx.execute(
            insert(schema.password_resets).values(
                hash=tokens.digest(token),
                account_id=account_id,
                created_at=tx.now,
                expires_at=tx.now + RESET_LIFETIME_S * SECOND,
            )
        )
    site = library.settings.site_name
    link = f"{library.settings.public_url.rstrip('/')}/reset?token={token}"
    where = link if library.settings.public_url else f"the page /reset?token={token}"
    mail.send(
        library.settings,
        to=found.email,
        subject=f"Your password at {site}",
        text=f"Hello {found.name},\n\nto set a new password within the next hour, open\n\n"
        f"{where}\n\nIf you did not ask for this, there is nothing you need to do.\n",
    )


def complete_reset(library: Library, token: str, new: str) -> None:
    """Set a new password with a mailed token, once; ends every session of the account.

    Raises Unauthenticated for a token that is wrong, used or too old, Invalid (`password`).
    """
    secret = prepare(new)
    with library.writing(SYSTEM) as tx:
        reset = schema.password_resets.c
        fits = (
            reset.hash == tokens.digest(token),
            reset.used_at.is_(None),
            reset.expires_at > tx.now,
        )
        account_id = tx.scalar(select(reset.account_id).where(*fits))
        if account_id is None:
            raise Unauthenticated("This link has been used or is too old; ask for another.")
        put(tx, account_id, secret)


def put(tx: Tx, account_id: int, secret: Secret, *, keep_session_id: int | None = None) -> None:
    """Store an account's password, end its other sessions and the tokens mailed so far.

    Raises NotFound. The caller decides whether this may be.
    """
    row = schema.accounts.c
    changed = tx.execute(
        update(schema.accounts)
        .where(row.id == account_id, row.deactivated_at.is_(None))
        .values(password_hash=secret.hash)
    )
    if changed.rowcount == 0:
        raise NotFound
    reset = schema.password_resets.c
    tx.execute(
        update(schema.password_resets)
        .where(reset.account_id == account_id, reset.used_at.is_(None))
        .values(used_at=tx.now)
    )
    sessions.end_all(tx, account_id, but_id=keep_session_id)


def new_recovery_code(tx: Tx, account_id: int) -> str:
    """Replace an account's recovery code and return the new one, which is not kept readable."""
    code = tokens.generate(tx.library)
    tx.execute(
        update(schema.accounts)
        .where(schema.accounts.c.id == account_id)
        .values(recovery_hash=tokens.digest(code))
    )
    return code
