"""`menagerie data`: breeds, facts, health tips, laws and translations."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.table import Table

from menagerie.cli import terminal
from menagerie.core import short_ids
from menagerie.core.animals import book, editing, exporting, laws, loading, texts, translations
from menagerie.core.animals.editing import Kind
from menagerie.data import animals
from menagerie.errors import Invalid, NotFound
from menagerie.library import SYSTEM, Tx
from menagerie.storage.schema import AnimalTextKind, Species

app = App(
    name="data",
    help="Load, check, export, show and change what is known about dogs and cats.",
    help_epilogue="Files are JSON in folders such as breeds/ and facts/; `menagerie data export`"
    " writes an example of each.",
    result_action="return_value",
)


@app.command
def load(folder: Path | None = None, *, data: terminal.DataFolder = None) -> None:
    """Load files of your own, or the shipped ones again.

    Yours win over what is there and count as edited: newer shipped files leave them alone. What
    your folder does not say stays as it is. The shipped files are loaded by themselves when they
    change; they leave alone what you edited or removed.

    Parameters
    ----------
    folder
        Your folder; without one the shipped files.
    """
    if folder is not None and not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        loaded = loading.load(tx, folder)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "added", "changed", "removed", "kept as edited"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, counts in msgspec.structs.asdict(loaded).items():
        table.add_row(name.replace("_", " "), *map(str, msgspec.structs.astuple(counts)))
    terminal.out.print(table)


@app.command
def check(folder: Path | None = None) -> int:
    """Say what is wrong with files; exits with 1 when anything is.

    Parameters
    ----------
    folder
        A whole folder as `export` writes it; without one the shipped files.
    """
    problems = animals.problems(folder or animals.FOLDER)
    for problem in problems:
        terminal.out.print(problem, markup=False)
    terminal.out.print(f"{len(problems)} problems" if problems else "no problems")
    return 1 if problems else 0


@app.command
def export(folder: Path, *, data: terminal.DataFolder = None) -> None:
    """Write everything into a folder of files that `load` reads.

    Parameters
    ----------
    folder
        The folder; files in it that are called alike are replaced.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        paths = exporting.export(tx, folder)
    terminal.out.print(f"wrote {len(paths)} files to {folder}", markup=False)


@app.command
def show(kind: Kind | None = None, code: str = "", *, data: terminal.DataFolder = None) -> None:
    """Show how much there is, or one thing as JSON.

    Parameters
    ----------
    kind
        What: breed, fact, health_tip, law or category.
    code
        Its id; of a breed the name will do, of a text the slug.
    """
    with terminal.open_library(data) as library, library.reading(SYSTEM) as tx:
        if kind is None:
            _summarise(tx)
            return
        if not code:
            raise Invalid({"code": ["say which one"]})
        shown = editing.entry_of(tx, kind, _code(tx, kind, code))
    text = msgspec.json.format(msgspec.json.encode(shown), indent=1).decode()
    terminal.out.print(text, markup=False)


def _summarise(tx: Tx) -> None:
    there = book.book(tx)
    table = Table(box=None, pad_edge=False)
    for heading in ("", *(f"{species}s" for species in Species)):
        table.add_column(heading, justify="right" if heading else "left")
    counts: dict[str, list[int]] = {
        "breeds": [len(there.of_species(species)) for species in Species],
        "facts": _counts(tx, AnimalTextKind.FACT),
        "health tips": _counts(tx, AnimalTextKind.HEALTH_TIP),
        "laws": [sum(c.law_count for c in laws.countries(tx, species)) for species in Species],
        "categories": [len(there.categories_of(species)) for species in Species],
    }
    for name, numbers in counts.items():
        table.add_row(name, *map(str, numbers))
    terminal.out.print(table)
    terminal.out.print(f"also in: {', '.join(translations.languages(tx)) or 'no other language'}")


def _counts(tx: Tx, kind: AnimalTextKind) -> list[int]:
    return [texts.find(tx, kind, species=species, limit=0).total for species in Species]


@app.command
def add(
    kind: Kind,
    fields: Annotated[tuple[str, ...], Parameter(allow_leading_hyphen=True)],
    *,
    data: terminal.DataFolder = None,
    species: Species = Species.DOG,
) -> None:
    """Add something and print its id.

    menagerie data add fact title="Noses" fact="Dogs smell better than people do."

    Parameters
    ----------
    kind
        What: breed, fact, health_tip, law or category.
    fields
        Each FIELD=VALUE, the value JSON or plain text; or one JSON object. `data show` tells the
        fields of each kind. A law needs iso_code and country beside them.
    species
        The animal that it is about.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        code = editing.add(tx, kind, species, _fields(fields))
    terminal.out.print(code, markup=False)


@app.command
def edit(
    kind: Kind,
    code: str,
    fields: Annotated[tuple[str, ...], Parameter(allow_leading_hyphen=True)],
    *,
    data: terminal.DataFolder = None,
) -> None:
    """Change fields of something; newer shipped files leave it alone from then on.

    menagerie data edit breed pug 'temperament=["Charming", "Loyal"]' origin=China

    Parameters
    ----------
    kind
        What: breed, fact, health_tip or law.
    code
        Its id; of a breed the name will do, of a text the slug.
    fields
        Each FIELD=VALUE, the value JSON or plain text; or one JSON object. reference_image of a
        breed is the number or public id of an image, or null.
    """
    changes = _fields(fields)
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        found = _code(tx, kind, code)
        if kind is Kind.BREED and "reference_image" in changes:
            editing.set_reference_image(tx, found, _image(tx, changes.pop("reference_image")))
        if changes:
            editing.edit(tx, kind, found, changes)


@app.command
def remove(kind: Kind, code: str, *, data: terminal.DataFolder = None) -> None:
    """Take something out; its pictures and tags stay.

    Parameters
    ----------
    kind
        What: breed, fact, health_tip or law.
    code
        Its id; of a breed the name will do, of a text the slug.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        editing.remove(tx, kind, _code(tx, kind, code))


@app.command
def translate(
    subject: str, field: str, language: str, text: str, *, data: terminal.DataFolder = None
) -> None:
    """Say something in another language.

    menagerie data translate breed:1 name es "Affenpinscher"

    Parameters
    ----------
    subject
        breed:ID, text:ID, group:NAME or tip_category:NAME.
    field
        Such as name, description, title or text.
    language
        Two letters.
    text
        What to say; an empty text falls back to English.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        editing.translate(tx, subject, field, language, text)


def _code(tx: Tx, kind: Kind, text: str) -> str:
    """Return the id of a breed by its id or name; of anything else what was given."""
    if kind is not Kind.BREED:
        return text
    there = book.book(tx)
    found = there.by_code(text) or next(
        (breed for species in Species if (breed := there.by_name(species, text))), None
    )
    return found.code if found is not None else text


def _fields(words: tuple[str, ...]) -> dict[str, object]:
    """Return FIELD=VALUE words, or one JSON object, as an object."""
    found: dict[str, object] = {}
    for word in words:
        if word.lstrip().startswith("{"):
            try:
                found |= msgspec.json.decode(word, type=dict[str, object])
            except msgspec.DecodeError as error:
                raise Invalid({"fields": [f"is not a JSON object: {error}"]}) from None
            continue
        name, equals, value = word.partition("=")
        if not equals:
            raise Invalid({"fields": [f"must be FIELD=VALUE, not {word!r}"]})
        found[name.strip()] = _value(value)
    return found


def _value(text: str) -> object:
    """Return what JSON says, else the text itself; numbers in quotes stay texts."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _image(tx: Tx, said: object) -> int | None:
    """Return the number of an image by its number or its public id."""
    if said is None or isinstance(said, int):
        return said
    number = short_ids.decode(tx.library, str(said))
    if number is None:
        raise NotFound(f"there is no image {said!r}")
    return number
