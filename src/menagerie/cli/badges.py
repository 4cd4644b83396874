"""`menagerie badge`: make and list badges, and award them to people."""

from pathlib import Path

from cyclopts import App
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core import accounts
from menagerie.core.people import avatars, badges
from menagerie.errors import NotFound
from menagerie.library import SYSTEM, Tx

app = App(name="badge", help="Make, list and award badges.", result_action="return_value")


@app.command
def add(
    title: str,
    *,
    description: str = "",
    picture: Path | None = None,
    data: terminal.DataFolder = None,
) -> None:
    """Make a badge and print its number.

    Parameters
    ----------
    title
        What it is called.
    description
        What it is for.
    picture
        A file whose middle is shown.
    """
    with terminal.open_library(data) as library:
        image = avatars.keep(library, picture) if picture is not None else None
        with library.writing(SYSTEM) as tx:
            made = badges.create(tx, title, description=description, image=image)
    terminal.out.print(f"badge {made.id} is {made.title}", markup=False)


@app.command(name="list")
def list_(*, data: terminal.DataFolder = None) -> None:
    """List the badges."""
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = badges.find_all(tx)
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "title", "retired"):
        table.add_column(heading)
    for one in found:
        table.add_row(str(one.id), one.title, "yes" if one.is_retired else "no")
    terminal.out.print(table)


@app.command
def retire(title: str, *, data: terminal.DataFolder = None) -> None:
    """Let a badge be awarded no more; who has it keeps it.

    Parameters
    ----------
    title
        What it is called.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        badges.edit(tx, _get(tx, title).id, is_retired=True)
    terminal.out.print(f"{title} is not awarded any more", markup=False)


@app.command
def award(name: str, title: str, *, label: str = "", data: terminal.DataFolder = None) -> None:
    """Give an account a badge and tell it.

    Parameters
    ----------
    name
        The account's name.
    title
        What the badge is called.
    label
        Shown instead of the badge's title.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        account = accounts.find_by_name(tx, name)
        if account is None:
            raise NotFound(f"there is no account {name!r}; `menagerie account list` shows them")
        given = badges.award(tx, account.id, _get(tx, title).id, label=label)
    terminal.out.print(f"{account.name} has the badge {given.title} now", markup=False)


def _get(tx: Tx, title: str) -> badges.Badge:
    for one in badges.find_all(tx):
        if one.title == title:
            return one
    raise NotFound(f"there is no badge {title!r}; `menagerie badge list` shows them")
