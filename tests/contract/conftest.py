"""Boards for the tests of the dialects."""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from booru_world import StillClock, World, copy_database, fill, people
from build import WITHOUT_MODELS
from menagerie import settings as settings_module
from menagerie.library import Library


@pytest.fixture(scope="session")
def open_worlds(prepared, shared_pool, tmp_path_factory, request) -> Callable[..., World]:
    """Open a world; with `is_empty` it has accounts only."""
    numbers = itertools.count()

    def make(*, is_empty: bool = False, **values: object) -> World:
        folder = tmp_path_factory.mktemp("world")
        folder = folder.rename(folder.with_name(f"world_{next(numbers)}_{folder.name[-1]}"))
        url = copy_database(prepared, folder, request)
        base = WITHOUT_MODELS | {"data": str(folder), "decode_workers": 1, "log_level": "error",
                "fetch_private": True, "database_url": url}  # fmt: skip
        loaded = settings_module.load(base | values, {})
        library = Library(loaded, clock=StillClock(), random_source=random.Random(1))
        library.pool.close()
        library.pool = shared_pool
        world = World(library)
        people(world)
        if not is_empty:
            fill(world)
        return world

    return make


@pytest.fixture(scope="module")
def make_world(open_worlds) -> Iterator[Callable[..., World]]:
    """Open worlds that are closed after the module."""
    with ExitStack() as stack:

        def make(**values: object) -> World:
            world = open_worlds(**values)
            stack.callback(world.close)
            return world

        yield make


@pytest.fixture(scope="session")
def world(open_worlds) -> Iterator[World]:
    """The board, to be read only."""
    world = open_worlds()
    yield world
    world.close()


@pytest.fixture(scope="module")
def board(make_world) -> World:
    """A board of this module's own, to be changed."""
    return make_world()
