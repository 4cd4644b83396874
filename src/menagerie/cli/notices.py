"""`menagerie notice`: tell every visitor something, at the top of each page."""

from datetime import UTC, datetime, timedelta

from cyclopts import App
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core import notices
from menagerie.errors import Invalid
from menagerie.library import SECOND, SYSTEM

app = App(name="notice", help="Add, list and take down site notices.", result_action="return_value")


@app.command
def add(
    title: str,
    body: str = "",
    *,
    link: str = "",
    link_text: str = "",
    hours: float | None = None,
    data: terminal.DataFolder = None,
) -> None:
    """Show a notice on every page from now on, and print its number.

    Parameters
    ----------
    title
        What it is about.
    body
        What there is to say; plain text.
    link
        A page of this site such as /rules, or a web address.
    link_text
        The words that lead there.
    hours
        For how long; without it until it is taken down.
    """
    if hours is not None and not 0 < hours < 100_000:
        raise Invalid({"hours": ["must be a positive number"]})
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        until_at = tx.now + round(hours * 3600 * SECOND) if hours is not None else None
        made = notices.create(
            tx, title=title, body=body, link=link, link_text=link_text, until_at=until_at
        )
    terminal.out.print(f"notice {made.id} is shown", markup=False)


@app.command(name="list")
def list_(*, data: terminal.DataFolder = None) -> None:
    """List the notices, those that are over too."""
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = notices.find_all(tx)
        shown = {one.id for one in notices.in_force(tx)}
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "shown", "until", "title"):
        table.add_column(heading)
    for one in found:
        until = "" if one.until_at is None else _time(one.until_at)
        table.add_row(str(one.id), "yes" if one.id in shown else "no", until, one.title)
    terminal.out.print(table)


@app.command
def take_down(notice_id: int, *, data: terminal.DataFolder = None) -> None:
    """Show a notice no longer.

    Parameters
    ----------
    notice_id
        Its number in the list.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        notices.take_down(tx, notice_id)
    terminal.out.print(f"notice {notice_id} is not shown any more", markup=False)


def _time(microseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%d %H:%M UTC")
