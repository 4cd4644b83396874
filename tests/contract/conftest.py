"""Boards for the tests of the dialects."""

import random
from collections.abc import Callable, Iterator

import pytest

from booru_world import StillClock, World, copy_database, fill, people
from build import WITHOUT_MODELS
from menagerie import settings as settings_module
from menagerie.library import Library
from menagerie.media.pool import DecodePool


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    """One pool for all: starting its child takes longer than most tests."""
    pool = DecodePool(1)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def make_world(prepared, tmp_path_factory, request) -> Iterator[Callable[..., World]]:
    """Open a world; with `is_empty` it has accounts only. All are closed at the end."""
    opened: list[World] = []

    def make(*, is_empty: bool = False, **values: object) -> World:
        folder = tmp_path_factory.mktemp("world")
        folder = folder.rename(folder.with_name(f"world_{len(opened)}_{folder.name[-1]}"))
        url = copy_database(prepared, folder, request)
        base = WITHOUT_MODELS | {"data": str(folder), "decode_workers": 1, "log_level": "error",
                "fetch_private": True, "database_url": url}  # fmt: skip
        loaded = settings_module.load(base | values, {})
        library = Library(loaded, clock=StillClock(), random_source=random.Random(1))
        world = World(library)
        opened.append(world)
        people(world)
        if not is_empty:
            fill(world)
        return world

    yield make
    for world in opened:
        world.close()


@pytest.fixture(scope="session")
def world(make_world) -> World:
    """The board, to be read only."""
    return make_world()


@pytest.fixture(scope="module")
def board(make_world) -> World:
    """A board of this module's own, to be changed."""
    return make_world()
