"""A decoding process takes a quarter of a second to start: tests of the core share one."""

from collections.abc import Iterator

import pytest

from menagerie.library import Library
from menagerie.media.pool import DecodePool


@pytest.fixture(scope="session")
def shared_pool() -> Iterator[DecodePool]:
    pool = DecodePool(1, memory_bytes=2 << 30, timeout_s=60)
    yield pool
    pool.close()


@pytest.fixture
def library(library: Library, shared_pool: DecodePool) -> Iterator[Library]:
    own = library.pool
    library.pool = shared_pool
    yield library
    library.pool = own
