"""`menagerie tag`: aliases, implications and descriptions of tags."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from menagerie.cli import terminal
from menagerie.core import vocabulary
from menagerie.core.people import avatars
from menagerie.core.staff import relations
from menagerie.library import SYSTEM

app = App(
    name="tag",
    help="Make tags aliases of others, let them imply others, and describe them.",
    result_action="return_value",
)
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Only say what would be done.")
]


@app.command
def alias(
    tag: str, target: str, *, dry_run: DryRun = False, data: terminal.DataFolder = None
) -> None:
    """Make a tag another name for a tag, which gets its images, filters and watchers.

    Parameters
    ----------
    tag
        The tag that becomes an alias.
    target
        What it stands for from then on.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        seen = relations.preview_alias(tx, tag, target)
        if not dry_run:
            vocabulary.alias(tx, seen.source.id, seen.target.id)
    moved = (
        f"{seen.images:,} images ({seen.both:,} have both), {seen.filters:,} filters,"
        f" {seen.watchers:,} watchers, {seen.implications:,} implications,"
        f" {seen.links:,} links and {seen.dnp_entries:,} do-not-post entries"
    )
    what = "would move" if dry_run else "moved"
    _say(f"{what} from {seen.source.name!r} to {seen.target.name!r}: {moved}")


@app.command
def unalias(tag: str, *, data: terminal.DataFolder = None) -> None:
    """Make an alias a tag of its own again, with what had moved where that is known.

    Parameters
    ----------
    tag
        The alias.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        found = relations.named(tx, tag)
        is_back = relations.unalias(tx, found.id)
    whole = "what had moved came back" if is_back else "its former images stay where they are"
    _say(f"{found.name!r} is no alias; {whole}")


@app.command
def imply(
    tag: str,
    implied: str,
    *,
    existing: Annotated[
        bool, Parameter(negative="", help="Give the implied tag to the images there are, too.")
    ] = False,
    dry_run: DryRun = False,
    data: terminal.DataFolder = None,
) -> None:
    """Let adding a tag to an image add another one too.

    Parameters
    ----------
    tag
        The tag that implies.
    implied
        The tag that comes along.
    """
    with terminal.open_library(data) as library:
        with library.reading(SYSTEM) as tx:
            seen = relations.preview_implication(tx, tag, implied)
        if dry_run:
            _say(f"{seen.images:,} images have {seen.tag.name!r} and not {seen.implied.name!r}")
            return
        done = relations.imply(library, SYSTEM, tag, implied, apply_to_existing=existing)
    _say(f"{seen.tag.name!r} implies {seen.implied.name!r}; {done.images:,} images got it")
    for why, number in done.skipped.items():
        _say(f"{number:,} images were skipped: {why}")


@app.command
def unimply(tag: str, implied: str, *, data: terminal.DataFolder = None) -> None:
    """End an implication; images keep what it gave them.

    Parameters
    ----------
    tag
        The tag that implies.
    implied
        The tag that comes along.
    """
    with terminal.open_library(data) as library, library.writing(SYSTEM) as tx:
        first, second = relations.named(tx, tag), relations.named(tx, implied)
        vocabulary.unimply(tx, first.id, second.id)
    _say(f"{first.name!r} does not imply {second.name!r}")


@app.command
def describe(
    tag: str,
    description: str | None = None,
    *,
    short: str | None = None,
    category: str | None = None,
    picture: Path | None = None,
    no_picture: Annotated[bool, Parameter(negative="")] = False,
    data: terminal.DataFolder = None,
) -> None:
    """Say what a tag is for.

    Parameters
    ----------
    tag
        The tag.
    description
        The text for its page.
    short
        One line that is shown beside its name.
    category
        The category it is shown with; empty for none.
    picture
        A file with the picture that stands for images which this tag spoilers.
    no_picture
        Take that picture away.
    """
    with terminal.open_library(data) as library:
        # Read before the transaction, which holds up whoever else writes.
        kept = avatars.keep(library, picture) if picture is not None else None
        with library.writing(SYSTEM) as tx:
            found = relations.named(tx, tag)
            vocabulary.describe(
                tx,
                found.id,
                description=description,
                short_description=short,
                spoiler_image="" if no_picture else kept,
            )
            if category is not None:
                vocabulary.set_category(tx, found.id, category or None)
    _say(f"{found.name!r} is described")


def _say(text: str) -> None:
    terminal.out.print(text, markup=False)
