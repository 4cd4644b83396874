"""`menagerie account`: make, list and change accounts."""

from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core import accounts, keys, passwords
from menagerie.core.apps import quotas
from menagerie.core.people import second_factor
from menagerie.errors import NotFound
from menagerie.library import SYSTEM, Tx
from menagerie.storage.schema import Role

app = App(name="account", help="Make, list and change accounts.", result_action="return_value")
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def create(
    name: str,
    *,
    role: Role = Role.USER,
    data: terminal.DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make an account with a new password and API key, and print both once.

    Parameters
    ----------
    name
        The account's name.
    role
        What it may do.
    as_json
        Print one line of JSON with name, password and key.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        made = accounts.create(tx, name, role)
    _print_secrets({"name": made.account.name, "password": made.password, "key": made.key}, as_json)


@app.command(name="list")
def list_(*, data: terminal.DataFolder = None, as_json: AsJson = False) -> None:
    """List the accounts.

    Parameters
    ----------
    as_json
        Print one line of JSON per account.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = accounts.find_all(tx)
    if as_json:
        for one in found:
            _print_json({"id": one.id, "name": one.name, "role": one.role})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "role"):
        table.add_column(heading)
    for one in found:
        table.add_row(str(one.id), one.name, one.role)
    terminal.out.print(table)


@app.command
def key(
    name: str,
    *,
    label: str = "command line",
    data: terminal.DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Give an account another API key and print it once.

    Parameters
    ----------
    name
        The account's name.
    label
        What the key is called in the account's list.
    as_json
        Print one line of JSON with name and key.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        made = keys.add_for(tx, account.id, label)
    _print_secrets({"name": account.name, "key": made}, as_json)


@app.command
def password(name: str, *, data: terminal.DataFolder = None, as_json: AsJson = False) -> None:
    """Give an account a new password, end its sessions, and print the password once.

    Parameters
    ----------
    name
        The account's name.
    as_json
        Print one line of JSON with name and password.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        made = passwords.admin_reset(tx, account.id)
    _print_secrets({"name": account.name, "password": made}, as_json)


@app.command
def two_factor_off(name: str, *, data: terminal.DataFolder = None) -> None:
    """Let somebody who lost their phone log in with the password alone.

    Parameters
    ----------
    name
        The account's name.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        was_on = second_factor.switch_off(tx, account.id)
    text = "is not asked for a code any more" if was_on else "was not asked for a code"
    terminal.out.print(f"{account.name} {text}", markup=False)


@app.command
def rename(name: str, new_name: str, *, data: terminal.DataFolder = None) -> None:
    """Give an account another name; the old one is free from then on.

    Parameters
    ----------
    name
        The account's name.
    new_name
        The name it gets.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = accounts.rename(tx, _get(tx, name).id, new_name)
    terminal.out.print(f"{name} is {account.name} now", markup=False)


@app.command
def role(name: str, new_role: Role, *, data: terminal.DataFolder = None) -> None:
    """Change what an account may do.

    Parameters
    ----------
    name
        The account's name.
    new_role
        user, assistant, moderator or admin.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        accounts.set_role(tx, account.id, new_role)
    terminal.out.print(f"{account.name} is {new_role} now")


@app.command
def limits(
    name: str,
    *,
    monthly_quota: int | None = None,
    withhold: list[str] | None = None,
    data: terminal.DataFolder = None,
) -> None:
    """Set what an account may do through programs; what is not named goes back to the usual.

    Parameters
    ----------
    name
        The account's name.
    monthly_quota
        Most uploads per calendar month; without it the setting `monthly_quota`.
    withhold
        A feature it may not use, such as pets; may be given several times.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        quotas.set_limits(
            tx, account.id, monthly_quota=monthly_quota, withheld=tuple(withhold or ())
        )
        most = quotas.quota_of(tx, account.id).quota
    uploads = "any number of" if most == quotas.UNLIMITED else f"{most:,}"
    without = f", without {', '.join(sorted(set(withhold)))}" if withhold else ""
    terminal.out.print(f"{account.name} may make {uploads} uploads a month{without}", markup=False)


@app.command
def invite(*, data: terminal.DataFolder = None) -> None:
    """Print a code with which one person can register within two weeks.

    It is asked for where `registration` is `invitation`.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        code = accounts.invite(tx)
    terminal.out.print(code)


@app.command
def verify(name: str, *, data: terminal.DataFolder = None, no: bool = False) -> None:
    """Let an account's uploads and texts need no review.

    Parameters
    ----------
    name
        The account's name.
    no
        Take that back.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        accounts.set_verified(tx, account.id, is_verified=not no)
    terminal.out.print(f"{account.name} is {'no longer ' if no else ''}verified")


@app.command
def suspend(name: str, *, data: terminal.DataFolder = None, no: bool = False) -> None:
    """Close an account: nobody can log in to it, and its keys stop working.

    Parameters
    ----------
    name
        The account's name.
    no
        Open it again.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = _get(tx, name)
        (accounts.reinstate if no else accounts.suspend)(tx, account.id)
    terminal.out.print(f"{account.name} is {'open again' if no else 'closed'}")


def _get(tx: Tx, name: str) -> accounts.Account:
    found = accounts.find_by_name(tx, name)
    if found is None:
        raise NotFound(f"there is no account {name!r}; `menagerie account list` shows them")
    return found


def _print_secrets(values: dict[str, str], as_json: bool) -> None:  # noqa: FBT001 - private
    if as_json:
        _print_json(values)
        return
    for name, value in values.items():
        terminal.out.print(f"{name:10}", end="")
        terminal.out.print(value, markup=False)


def _print_json(values: dict[str, object] | dict[str, str]) -> None:
    terminal.out.print(msgspec.json.encode(values).decode(), markup=False)
