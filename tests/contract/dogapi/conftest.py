"""Libraries for the tests of the dialect: `kennel` for each test, `make_kennel` with settings."""

import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import build
from booru_world import StillClock, copy_database
from dog_world import Kennel, People, make_people
from menagerie import settings as settings_module
from menagerie.library import Library
from menagerie.media.pool import DecodePool


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    """One pool for all: starting its child takes longer than most tests."""
    pool = DecodePool(1)
    yield pool
    pool.close()


def open_library(
    folder: Path, url: str, pool: DecodePool, *, seed: int = 2, **values: object
) -> Library:
    base = {"data": str(folder), "log_level": "error", "login_rate": 0, "database_url": url}
    loaded = settings_module.load(base | build.WITHOUT_MODELS | values, {})
    library = Library(loaded, clock=StillClock(), random_source=random.Random(seed))
    library.pool.close()
    library.pool = pool
    return library


@pytest.fixture(scope="session")
def peopled(prepared, tmp_path_factory, pool) -> tuple[Path, People] | None:
    """A folder with a database that has accounts, made once; None where it cannot be copied."""
    if prepared[1]:
        return None
    folder = tmp_path_factory.mktemp("peopled")
    shutil.copyfile(prepared[0] / "menagerie.db", folder / "menagerie.db")
    library = open_library(folder, "", pool, seed=1)
    people = make_people(library)
    library.database.close()
    return folder, people


@pytest.fixture
def make_kennel(prepared, peopled, pool, tmp_path, request) -> Iterator[Callable[..., Kennel]]:
    """Open a library with breeds and accounts; settings are the arguments."""
    opened: list[Kennel] = []

    def make(**values: object) -> Kennel:
        folder = tmp_path / f"kennel_{uuid.uuid4().hex}"
        source = prepared if peopled is None else (peopled[0], "")
        url = copy_database(source, folder, request)
        library = open_library(folder, url, pool, **values)
        kennel = Kennel(library, make_people(library) if peopled is None else peopled[1])
        opened.append(kennel)
        return kennel

    yield make
    for kennel in opened:
        kennel.close()


@pytest.fixture
def kennel(make_kennel) -> Kennel:
    """A library without pictures and without models, with accounts of every role."""
    return make_kennel()
