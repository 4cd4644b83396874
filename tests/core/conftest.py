"""What takes long to start: tests of the core share one decoding process and the models."""

from collections.abc import Iterator

import pytest

from menagerie.library import Library
from menagerie.media.pool import DecodePool
from menagerie.vision.models import Models


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


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Models:
    """The real models, which load in a second when first asked."""
    return Models(tmp_path_factory.mktemp("models"), threads=1)
