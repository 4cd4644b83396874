"""`menagerie snapshot`: make, list, compare and look into datasets that never change."""

import sys
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from menagerie.cli import choices, exporting, terminal
from menagerie.core import snapshots
from menagerie.core.judged_labels import as_text
from menagerie.core.snapshots import Snapshot
from menagerie.datasets import differences, leaving
from menagerie.library import SYSTEM

app = App(
    name="snapshot",
    help="Make, list, compare and look into datasets that never change.",
    result_action="return_value",
)
Json = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def create(
    name: str,
    *,
    version: str = "",
    description: str = "",
    data: terminal.DataFolder = None,
    choice: choices.Choice = choices.EVERYTHING,
) -> None:
    """Freeze what a query finds now.

    Parameters
    ----------
    name
        What to call it; the next snapshot of the same name follows this one.
    version
        Three numbers such as 1.0.0; else they follow from what changed.
    description
        A sentence for its README.
    """
    with terminal.open_library(data) as library:
        with library.writing(SYSTEM) as tx:
            made = snapshots.create(
                tx,
                name,
                choice.selection(),
                version=version or None,
                description=description,
                enqueues=False,
            )
        done = exporting.freeze(library, made)
        with snapshots.open_content(library, done.key) as content:
            left_out = leaving.of_counts(content.source.counts)
    terminal.out.print(f"{_title(done)}: {done.image_count} images, {done.sha256}", markup=False)
    for sentence in leaving.sentences(left_out):
        terminal.out.print(f"  {sentence}", markup=False)


def _title(snapshot: Snapshot) -> str:
    return f"{snapshot.name}@{snapshot.version}"


@app.command(name="list")
def list_(*, data: terminal.DataFolder = None) -> None:
    """List the snapshots, the newest first."""
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = snapshots.find_listed(tx)
    table = Table("snapshot", "images", "made", "state", "query", box=None)
    for one in found:
        table.add_row(
            _title(one), str(one.image_count), as_text(one.created_at), one.state, one.query
        )
    terminal.out.print(table)


@app.command
def show(snapshot: str, *, data: terminal.DataFolder = None, as_json: Json = False) -> None:
    """Show what a snapshot holds.

    Parameters
    ----------
    snapshot
        Name, name@version or UUID.
    as_json
        Print its header as JSON.
    """
    with terminal.open_library(data) as library:
        with library.reading(SYSTEM) as tx:
            found = snapshots.find(tx, snapshot)
        with snapshots.open_content(library, found.key) as content:
            source = content.source
    if as_json:
        terminal.out.print(msgspec.json.encode(source).decode(), markup=False)
        return
    lines = {
        "snapshot": _title(found),
        "key": found.key,
        "SHA-256": found.sha256 or "",
        "made": source.created_at,
        "query": f"{source.selection.query} ({source.selection.language})",
        "classes": ", ".join(one.name for one in source.classes),
    }
    lines |= {name: str(number) for name, number in source.counts.items()}
    for name, value in lines.items():
        terminal.out.print(f"{name:>12}  {value}", markup=False)


@app.command
def diff(
    before: str, after: str, *, data: terminal.DataFolder = None, as_json: Json = False
) -> None:
    """Print what changed from one snapshot to another, as CSV.

    Parameters
    ----------
    before
        Name, name@version or UUID of the earlier one.
    after
        The same of the later one.
    as_json
        Print JSON instead.
    """
    with terminal.open_library(data) as library:
        with library.reading(SYSTEM) as tx:
            keys = [snapshots.find(tx, text).key for text in (before, after)]
        changes = snapshots.diff(library, *keys)
    if as_json:
        sys.stdout.write(msgspec.json.encode(changes).decode() + "\n")
    else:
        sys.stdout.writelines(differences.table(changes))


@app.command
def withdrawn(snapshot: str, *, data: terminal.DataFolder = None) -> None:
    """Print which images of a snapshot were taken back since, as CSV.

    Parameters
    ----------
    snapshot
        Name, name@version or UUID.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = snapshots.withdrawn(tx, snapshots.find(tx, snapshot).key)
    sys.stdout.writelines(snapshots.withdrawn_table(found))
