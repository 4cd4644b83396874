"""Libraries for the tests of the dialect: `monkey` for each test, `make_monkey` with settings."""

import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from booru_world import StillClock, copy_database
from build import WITHOUT_MODELS
from menagerie import settings as settings_module
from menagerie.library import Library
from menagerie.media.pool import DecodePool
from monkey_world import MACHINE, Monkey, People, make_people


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    """One pool for all: starting its child takes longer than most tests."""
    pool = DecodePool(1)
    yield pool
    pool.close()


def open_library(
    folder: Path, url: str, pool: DecodePool, *, seed: int = 2, **values: object
) -> Library:
    base = WITHOUT_MODELS | {
            "data": str(folder), "log_level": "error", "login_rate": 0, "database_url": url,
            "machine_id": MACHINE["X-Client-Id"],
            "machine_secret": MACHINE["X-Client-Secret"]}  # fmt: skip
    loaded = settings_module.load(base | values, {})
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
def make_monkey(prepared, peopled, pool, tmp_path, request) -> Iterator[Callable[..., Monkey]]:
    """Open a library with the vocabulary and accounts; settings are the arguments."""
    opened: list[Monkey] = []

    def make(**values: object) -> Monkey:
        folder = tmp_path / f"monkey_{uuid.uuid4().hex}"
        source = prepared if peopled is None else (peopled[0], "")
        url = copy_database(source, folder, request)
        library = open_library(folder, url, pool, **values)
        monkey = Monkey(library, make_people(library) if peopled is None else peopled[1])
        opened.append(monkey)
        return monkey

    yield make
    for monkey in opened:
        monkey.client.close()
        monkey.library.database.close()


@pytest.fixture
def monkey(make_monkey) -> Monkey:
    """A library without pictures, with accounts of every role."""
    return make_monkey()
