"""A library with people who keep pets, and an analyst to ask."""

from pathlib import Path
from typing import Any

import pytest

import build
import files
from menagerie.core.pets import pets, photos
from menagerie.core.pets.pets import Details, Pet
from menagerie.core.pets.photos import NewPhoto
from menagerie.data import demo
from menagerie.library import Actor, Library
from menagerie.settings import Settings

PICTURES = Path(demo.__file__).parent / "pictures"


@pytest.fixture
def settings(settings_to_ask) -> Settings:
    return settings_to_ask


@pytest.fixture
def alice(library) -> Actor:
    return build.account(library, "Alice")


@pytest.fixture
def bob(library) -> Actor:
    return build.account(library, "Bob")


class Keeper:
    """Makes pets of one library."""

    cat = PICTURES / "cat.jpg"
    cup = PICTURES / "coffee.jpg"

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self._folder = folder
        self._count = 0

    def photo(self, path: Path | None = None, **said: Any) -> NewPhoto:
        """A new photograph, of noise unless a file is given."""
        if path is None:
            self._count += 1
            path = self._folder / f"photo-{self._count}.jpg"
            path.write_bytes(files.still("jpg", seed=self._count))
        return NewPhoto(path=path, name=path.name, **said)

    def pet(self, actor: Actor, *new: NewPhoto, **details: Any) -> Pet:
        """Make a pet with these photographs."""
        prepared = photos.prepare(self.library, actor, new)
        with self.library.writing(actor) as tx:
            pet = pets.create(tx, Details(**details))
            pets.add_photos(tx, pet, prepared)
        return pet

    def add(self, actor: Actor, pet: Pet, *new: NewPhoto) -> None:
        """Add photographs."""
        prepared = photos.prepare(self.library, actor, new)
        with self.library.writing(actor) as tx:
            pets.add_photos(tx, pet, prepared)


@pytest.fixture
def keeper(library, tmp_path) -> Keeper:
    return Keeper(library, tmp_path)
