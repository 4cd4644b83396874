"""`menagerie demo`: put the demo collection into an empty library."""

from rich.progress import track

from menagerie.cli import terminal
from menagerie.core import (
    accounts,
    annotations,
    galleries,
    intake,
    labelling,
    moderation,
    reviewing,
    upkeep,
    validations,
    votes,
)
from menagerie.data import demo as collection
from menagerie.errors import Invalid
from menagerie.library import SYSTEM, Actor, Library


def demo(*, data: terminal.DataFolder = None) -> None:
    """Put the demo collection into an empty library: pictures, votes and galleries."""
    with terminal.open_library(data) as library:
        if not upkeep.is_empty(library):
            raise Invalid({"data": ["holds images already; the demo needs an empty library"]})
        number = load(library)
    terminal.out.print(f"{number} pictures added; `menagerie serve` shows them")


def load_if_empty(library: Library) -> None:
    """Put the demo collection into the library unless it has images."""
    if upkeep.is_empty(library):
        load(library)


def load(library: Library) -> int:
    """Put the demo collection into the library and return how many pictures it has."""
    found = collection.read()
    actors = {name: _account(library, name) for name in found.accounts}
    ids: dict[str, int] = {}
    for picture in track(found.pictures, "demo collection", console=terminal.err, transient=True):
        ids[picture.file] = _put(library, picture, actors)
    for gallery in found.galleries:
        with library.writing(actors[gallery.owner]) as tx:
            made = galleries.create(tx, title=gallery.title, description=gallery.description)
            for file in gallery.files:
                galleries.add(tx, made.id, ids[file])
    with library.writing(SYSTEM) as tx:
        moderation.feature(tx, ids[found.pictures[0].file])
    return len(ids)


def _account(library: Library, name: str) -> Actor:
    """Return a demo account; nobody can log in to it, since nobody is told its password."""
    with library.writing(SYSTEM) as tx:
        account = accounts.find_by_name(tx, name) or accounts.create(tx, name).account
    return Actor(role=account.role, account_id=account.id, name=account.name)


def _put(library: Library, picture: collection.Picture, actors: dict[str, Actor]) -> int:
    actor = actors[picture.uploader]
    upload = intake.Upload(
        path=picture.path,
        name=picture.file,
        tags=picture.tags,
        sources=picture.sources,
        description=picture.description,
        licence=picture.licence,
    )
    prepared = intake.prepare(library, actor, upload)
    with library.writing(actor) as tx:
        image_id = intake.admit(tx, prepared)
    with library.writing(SYSTEM) as tx:
        # Whoever reviews here, these were looked at before they were shipped.
        reviewing.approve(tx, image_id)
    for name, value in [(n, 1) for n in picture.upvoters] + [(n, -1) for n in picture.downvoters]:
        with library.writing(actors[name]) as tx:
            votes.vote(tx, image_id, value)
    for name in picture.favers:
        with library.writing(actors[name]) as tx:
            votes.fave(tx, image_id)
    _judge(library, image_id, picture, actors)
    return image_id


def _judge(
    library: Library, image_id: int, picture: collection.Picture, actors: dict[str, Actor]
) -> None:
    for said, is_yes in ((picture.yes, True), (picture.no, False)):
        for label, names in said.items():
            for name in names:
                with library.writing(actors[name]) as tx:
                    tag_id = labelling.tag_id_of(tx, label)
                    validations.judge(tx, image_id, tag_id, is_yes=is_yes)
    for label, drawn in picture.outlines.items():
        with library.writing(actors[picture.uploader]) as tx:
            annotations.put(tx, image_id, labelling.tag_id_of(tx, label), drawn)
