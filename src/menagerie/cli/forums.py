"""`menagerie forum`: the forums that people discuss in."""

from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core.talk import forums
from menagerie.library import SYSTEM
from menagerie.storage.schema import ForumAccess

app = App(name="forum", help="Make, list and change forums.", result_action="return_value")
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def add(
    short_name: str,
    name: str,
    *,
    description: str = "",
    access: ForumAccess = ForumAccess.NORMAL,
    data: terminal.DataFolder = None,
) -> None:
    """Make a forum.

    Parameters
    ----------
    short_name
        What stands in addresses, such as general.
    name
        As it is to be shown.
    description
        One sentence about it.
    access
        normal for everybody, assistant for assistants and above, staff for moderators and above.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        made = forums.create(tx, name, short_name, description=description, access=access)
    terminal.out.print(f"{made.name} is at /forums/{made.short_name}", markup=False)


@app.command(name="list")
def list_(*, data: terminal.DataFolder = None, as_json: AsJson = False) -> None:
    """List the forums by name.

    Parameters
    ----------
    as_json
        Print one line of JSON per forum.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = forums.find_all(tx)
    if as_json:
        for forum in found:
            terminal.out.print(msgspec.json.encode(forum).decode(), markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("short name", "name", "access", "topics", "posts"):
        table.add_column(heading)
    for forum in found:
        counts = str(forum.topic_count), str(forum.post_count)
        table.add_row(forum.short_name, forum.name, forum.access, *counts)
    terminal.out.print(table, markup=False)


@app.command
def edit(
    short_name: str,
    *,
    name: str | None = None,
    new_short_name: str | None = None,
    description: str | None = None,
    access: ForumAccess | None = None,
    data: terminal.DataFolder = None,
) -> None:
    """Change a forum; what is not named stays.

    Parameters
    ----------
    short_name
        What stands in its address.
    name
        What it is to be called.
    new_short_name
        What is to stand in its address.
    description
        One sentence about it.
    access
        Who may read and write in it: normal, assistant or staff.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        after = forums.edit(
            tx,
            short_name,
            name=name,
            new_short_name=new_short_name,
            description=description,
            access=access,
        )
    terminal.out.print(f"{after.name} is at /forums/{after.short_name}", markup=False)
