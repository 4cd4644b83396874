"""A second factor: codes of an app on one's phone, asked for beside the password.

API keys work without, since they are secrets of their own, and a password that was forgotten and
set anew does not switch it off.

Source: RFC 6238 for the codes; whoever uses a time step uses it up, as its section 5.2 asks.
"""

import base64
import hmac
import io
import re

import msgspec
import pyotp
import segno
from sqlalchemy import delete, func, insert, select, update

from menagerie.core import attempts, passwords, rights, staff_log, tokens
from menagerie.errors import Invalid
from menagerie.library import SECOND, Actor, Library, Tx
from menagerie.storage import schema
from menagerie.storage.schema import ChangeKind

STEP_S = 30
SPARE_CODES = 10
_DRIFT = 1  # time steps that the phone's clock may be off, each way
_SECRET_BYTES = 20
_SPARE_BYTES = 10
_CODE = re.compile(r"[0-9]{6}")
_SPACES = re.compile(r"[\s-]+")


class Setup(msgspec.Struct, frozen=True):
    """What an app needs, shown only now: the secret, an address with it, and that as a drawing."""

    secret: str
    uri: str
    qr_svg: str


_row = schema.second_factors.c
_spare = schema.spare_codes.c


def is_on(tx: Tx, account_id: int) -> bool:
    """Tell whether an account is asked for a code when it logs in."""
    statement = select(_row.account_id).where(
        _row.account_id == account_id, _row.confirmed_at.is_not(None)
    )
    return tx.one(statement) is not None


def begin(tx: Tx) -> Setup:
    """Make a new secret for the actor's account, which is in force once `confirm` saw a code.

    Raises Unauthenticated, or Invalid (`code`) when there is one in force.
    """
    account_id = rights.require_account(tx)
    if is_on(tx, account_id):
        raise Invalid({"code": ["is asked for already; switch that off first"]})
    secret = base64.b32encode(tx.library.random.randbytes(_SECRET_BYTES)).decode()
    tx.execute(delete(schema.second_factors).where(_row.account_id == account_id))
    tx.execute(
        insert(schema.second_factors).values(
            account_id=account_id, secret=secret, created_at=tx.now
        )
    )
    account = schema.accounts.c
    name = tx.scalar(select(account.name).where(account.id == account_id))
    site = tx.library.settings.site_name
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)
    return Setup(secret, uri, _drawing(uri))


def _drawing(text: str) -> str:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        scale=4,
        border=4,
        light="#fff",
        xmldecl=False,
        svgns=True,
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue().decode()


def confirm(library: Library, actor: Actor, code: str) -> list[str]:
    """Ask for codes from now on, since the app gave the right one; return the spare codes.

    Each spare code works once in place of the app's; only now can they be read. Raises
    Unauthenticated, RateLimited, or Invalid (`code`).
    """
    _require_patience(library, actor)
    with library.writing(actor) as tx:
        account_id = rights.require_account(tx)
        is_right = not is_on(tx, account_id) and _use_step(tx, account_id, _tidy(code))
        if is_right:
            own = _row.account_id == account_id
            tx.execute(update(schema.second_factors).where(own).values(confirmed_at=tx.now))
            codes = _new_spare_codes(tx, account_id)
    if not is_right:
        attempts.note_failure(library, _place(actor.account_id))
        raise Invalid({"code": ["is not right; is the clock of your phone?"]})
    return codes


def check(tx: Tx, account_id: int, code: str) -> bool:
    """Tell whether a code is right, which uses it up; the caller bounds how often one may guess."""
    given = _tidy(code)
    if not is_on(tx, account_id) or not given:
        return False
    if _CODE.fullmatch(given):
        return _use_step(tx, account_id, given)
    used = tx.execute(
        update(schema.spare_codes)
        .where(
            _spare.account_id == account_id,
            _spare.hash == tokens.digest(given),
            _spare.used_at.is_(None),
        )
        .values(used_at=tx.now)
    )
    return used.rowcount == 1


def _tidy(code: str) -> str:
    return _SPACES.sub("", code[:100]).lower()


def _use_step(tx: Tx, account_id: int, code: str) -> bool:
    """Tell whether a code is that of a time step not used yet, and use that step up."""
    secret = tx.scalar(select(_row.secret).where(_row.account_id == account_id))
    if secret is None or not _CODE.fullmatch(code):
        return False
    app = pyotp.TOTP(secret)
    now = tx.now // SECOND // STEP_S
    found = -1
    # All are compared, and whole, so that the time taken tells nothing.
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step), code):
            found = step
    used = tx.execute(
        update(schema.second_factors)
        .where(_row.account_id == account_id, _row.last_step < found)
        .values(last_step=found)
    )
    return used.rowcount == 1


def _new_spare_codes(tx: Tx, account_id: int) -> list[str]:
    """Replace the spare codes of an account and return the new ones, in groups of four."""
    tx.execute(delete(schema.spare_codes).where(_spare.account_id == account_id))
    codes = [
        base64.b32encode(tx.library.random.randbytes(_SPARE_BYTES)).decode().lower()
        for _ in range(SPARE_CODES)
    ]
    tx.execute(
        insert(schema.spare_codes),
        [{"account_id": account_id, "hash": tokens.digest(code)} for code in codes],
    )
    return ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]


def spare_count(tx: Tx) -> int:
    """Return how many spare codes of the actor's are left. Raises Unauthenticated."""
    own = _spare.account_id == rights.require_account(tx)
    left = select(func.count()).select_from(schema.spare_codes).where(own, _spare.used_at.is_(None))
    return int(tx.scalar(left))


def renew_spare_codes(library: Library, actor: Actor, code: str) -> list[str]:
    """Replace the actor's spare codes and return the new ones.

    Raises Unauthenticated, RateLimited, or Invalid (`code`).
    """
    _require_patience(library, actor)
    with library.writing(actor) as tx:
        account_id = rights.require_account(tx)
        if check(tx, account_id, code):
            return _new_spare_codes(tx, account_id)
    attempts.note_failure(library, _place(actor.account_id))
    raise Invalid({"code": ["is not right"]})


def disable(library: Library, actor: Actor, *, password: str, code: str) -> None:
    """Ask the actor for codes no longer, which takes the password and a code once more.

    Raises Unauthenticated, RateLimited, or Invalid (`password`, `code`).
    """
    _require_patience(library, actor)
    with library.reading(actor) as tx:
        account_id = rights.require_account(tx)
        account = schema.accounts.c
        stored = tx.scalar(select(account.password_hash).where(account.id == account_id))
    problem = "" if passwords.is_right(stored, password) else "password"
    if not problem:
        with library.writing(actor) as tx:
            if check(tx, account_id, code):
                forget_account(tx, account_id)
                tx.changed(ChangeKind.ACCOUNT, account_id)
            else:
                problem = "code"
    if problem:
        attempts.note_failure(library, _place(account_id))
        raise Invalid({problem: ["is not right"]})


def switch_off(tx: Tx, account_id: int) -> bool:
    """Ask an account that lost its phone for codes no longer; tell whether it was asked before.

    Administrators only: raises Unauthenticated or Forbidden.
    """
    rights.require_admin(tx)
    was_on = is_on(tx, account_id)
    forget_account(tx, account_id)
    if was_on:
        staff_log.note(tx, "switch off second factor", "account", account_id)
    return was_on


def forget_account(tx: Tx, account_id: int) -> None:
    """Delete an account's secret and spare codes; the caller decides whether this may be."""
    tx.execute(delete(schema.spare_codes).where(_spare.account_id == account_id))
    tx.execute(delete(schema.second_factors).where(_row.account_id == account_id))


def require_patience(library: Library, account_id: int) -> None:
    """Return if a code of an account may be guessed now, wherever from; raises RateLimited."""
    attempts.require_patience(library, _place(account_id))


def note_failure(library: Library, account_id: int) -> None:
    """Count a wrong code of an account."""
    attempts.note_failure(library, _place(account_id))


def _require_patience(library: Library, actor: Actor) -> None:
    if actor.account_id is not None:
        require_patience(library, actor.account_id)


def _place(account_id: int | None) -> attempts.Place:
    # From any address: whoever guesses a code knows the password already.
    return (f"code of {account_id}", "")
