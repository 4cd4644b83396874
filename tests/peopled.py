"""A library with accounts, made once for the tests of a dialect and copied for each of them."""

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from booru_world import StillClock, copy_database
from build import WITHOUT_MODELS
from menagerie import settings
from menagerie.library import Library
from menagerie.media.pool import DecodePool


class Peopled:
    """Opens copies of a library in which `make_people` made accounts; `values` are settings.

    A PostgreSQL database is not copied, so there accounts are made in each.
    """

    def __init__(
        self,
        request: pytest.FixtureRequest,
        prepared: tuple[Path, str],
        make_people: Callable[[Library], Any],
        **values: object,
    ) -> None:
        self._request = request
        self._make_people = make_people
        self._pool: DecodePool = request.getfixturevalue("shared_pool")
        self._values = values
        self._source = prepared
        self._people: Any = None
        if not prepared[1]:
            folder = request.getfixturevalue("tmp_path_factory").mktemp("peopled")
            library = self._open(folder, seed=1)
            self._people = make_people(library)
            library.database.close()
            self._source = (folder, "")

    def copy(self, folder: Path, **values: object) -> tuple[Library, Any]:
        """Open a copy below `folder`; return it with its people."""
        library = self._open(folder / f"copy_{uuid.uuid4().hex}", seed=2, **values)
        return library, self._people or self._make_people(library)

    def _open(self, folder: Path, *, seed: int, **values: object) -> Library:
        url = copy_database(self._source, folder, self._request)
        base = {"data": str(folder), "log_level": "error", "login_rate": 0, "database_url": url}
        loaded = settings.load(base | WITHOUT_MODELS | self._values | values, {})
        library = Library(loaded, clock=StillClock(), random_source=random.Random(seed))
        library.pool.close()
        library.pool = self._pool
        return library
