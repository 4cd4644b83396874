"""`menagerie vocabulary`: the words that people judge images by."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core import words
from menagerie.errors import Invalid, NotFound
from menagerie.library import SYSTEM, Tx
from menagerie.storage.schema import WordKind

app = App(
    name="vocabulary",
    help="Import, export, list and add the words that people judge images by.",
    help_epilogue="The file is one JSON object with `labels`, `metalabels` and `refinements`;"
    " `menagerie vocabulary export` prints an example.",
    result_action="return_value",
)
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


@app.command(name="import")
def import_(file: Path, *, data: terminal.DataFolder = None) -> None:
    """Make words be as a JSON file says; words that it does not name stay.

    A word is known by its UUID, or else by its name. If anything in the file is wrong, every
    problem is told and nothing is changed.

    Parameters
    ----------
    file
        The file.
    """
    try:
        decoded = msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        raise Invalid({str(file): [f"is not JSON: {error}"]}) from None
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        done = words.import_json(tx, decoded)
    for place in done.unknown:
        terminal.err.print(f"passed over: {place}", markup=False)
    terminal.out.print(f"{len(done.added)} words added, {len(done.changed)} changed")


@app.command
def export(file: Path | None = None, *, data: terminal.DataFolder = None) -> None:
    """Write every word into a JSON file that `import` reads.

    Parameters
    ----------
    file
        The file; without one it is printed.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        text = msgspec.json.format(msgspec.json.encode(words.export_json(tx)), indent=1) + b"\n"
    if file is None:
        terminal.out.print(text.decode(), markup=False, end="")
    else:
        file.write_bytes(text)


@app.command(name="list")
def list_(
    *,
    data: terminal.DataFolder = None,
    kind: WordKind | None = None,
    as_json: AsJson = False,
) -> None:
    """List the words in the order of names.

    Parameters
    ----------
    kind
        Only words of this kind.
    as_json
        Print one line of JSON per word.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        found = [w for w in words.vocabulary(tx).all if kind is None or w.kind == kind]
    if as_json:
        for word in found:
            shown = {"name": word.display, "accessor": word.accessor, "kind": word.kind}
            line = msgspec.json.encode(shown | {"uuid": word.key, "plural": word.plural})
            terminal.out.print(line.decode(), markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("accessor", "kind", "description"):
        table.add_column(heading)
    for word in found:
        table.add_row(word.accessor, word.kind, word.description)
    terminal.out.print(table, markup=False)


@app.command
def add(
    name: str,
    *,
    data: terminal.DataFolder = None,
    kind: WordKind = WordKind.NORMAL,
    parent: str = "",
    plural: str = "",
    description: str = "",
) -> None:
    """Add one word and print its UUID.

    Images that carry the tag of its name have the label at once.

    Parameters
    ----------
    name
        As it is to be shown.
    kind
        normal for what can be seen and outlined, meta for a scene or circumstance,
        refinement_category for a property, refinement for a value of one.
    parent
        What it is a part of, such as dog for a mouth, or the property, such as color.
    plural
        Its plural.
    description
        One sentence about it.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        above = _parent(tx, parent) if parent else None
        word = words.add(tx, name, kind=kind, parent=above, plural=plural, description=description)
    terminal.out.print(word.key)


def _parent(tx: Tx, name: str) -> words.Word:
    """Return the word of an accessor, or the property of a name."""
    book = words.vocabulary(tx)
    above = book.by_accessor(name) or book.by_accessor(f"{name}=")
    if above is None:
        near = ", ".join(book.near(name))
        hint = f"; did you mean {near}?" if near else ""
        raise NotFound(f"there is no word {name!r}{hint}")
    return above
