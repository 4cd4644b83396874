"""`menagerie requests`: what people ask to be made public."""

from datetime import UTC, datetime

import msgspec
from cyclopts import App
from rich.table import Table
from rich.text import Text

from menagerie.cli import terminal
from menagerie.cli.account import AsJson
from menagerie.core.apps import requests
from menagerie.core.apps.requests import PublicRequest
from menagerie.library import SECOND, SYSTEM
from menagerie.storage.schema import RequestState

app = App(
    name="requests",
    help="List and decide the requests to make private images public.",
    result_action="return_value",
)
_MOST = 1000


@app.command(name="list")
def list_(
    *,
    state: RequestState | None = RequestState.PENDING,
    data: terminal.DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """List requests, the oldest first; those for images that are gone are left out.

    Parameters
    ----------
    state
        pending, approved, denied or cancelled.
    as_json
        Print one line of JSON per request.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found, total = requests.find(tx, state=state, limit=_MOST)
    if as_json:
        for one in found:
            terminal.out.print(msgspec.json.encode(one).decode(), markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("request", "image", "account", "since", "message"):
        table.add_column(heading, no_wrap=heading == "request")
    for one in found:
        since = datetime.fromtimestamp(one.created_at / SECOND, UTC).strftime("%Y-%m-%d %H:%M")
        name, message = Text(one.account_name), Text(one.request_message)
        table.add_row(one.key, str(one.image_id), name, since, message)
    terminal.out.print(table if found else f"no {state} requests")
    if total > len(found):
        terminal.out.print(f"and {total - len(found):,} more")


@app.command
def approve(request: str, *, message: str = "", data: terminal.DataFolder = None) -> None:
    """Make the image of a request public.

    Parameters
    ----------
    request
        The request's id, as `menagerie requests list` shows it.
    message
        What to tell whoever asked.
    """
    decided = _decide(request, message, data, is_approved=True)
    terminal.out.print(f"image {decided.image_id} is public now")


@app.command
def deny(request: str, *, message: str = "", data: terminal.DataFolder = None) -> None:
    """Leave the image of a request private.

    Parameters
    ----------
    request
        The request's id, as `menagerie requests list` shows it.
    message
        What to tell whoever asked.
    """
    decided = _decide(request, message, data, is_approved=False)
    terminal.out.print(f"image {decided.image_id} stays private")


def _decide(
    request: str, message: str, data: terminal.DataFolder, *, is_approved: bool
) -> PublicRequest:
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        return requests.decide(tx, request, approve=is_approved, message=message)
