"""One decode pool for all tests of this folder, and small pictures made on the spot."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import pyvips

from menagerie.media.pool import DecodePool


@pytest.fixture(scope="session")
def pool() -> Iterator[DecodePool]:
    pool = DecodePool(1, timeout_s=20.0)
    yield pool
    pool.close()


@pytest.fixture
def put(tmp_path: Path):
    """Write bytes to a file and return its path; the name never says the type."""

    def put(data: bytes, name: str = "upload") -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return put


@pytest.fixture(scope="session")
def picture() -> pyvips.Image:
    """A soft colour gradient with a bright corner, 400 × 300: no two corners look alike."""
    y, x = np.mgrid[0:300, 0:400]
    pixels = np.stack([x * 255 // 400, y * 255 // 300, (x + y) % 256], axis=2).astype(np.uint8)
    pixels[:60, :80] = 250
    return pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")


@pytest.fixture(scope="session")
def encoded(picture: pyvips.Image):
    """Return the picture as a file without metadata, by ending; each is encoded once."""

    @cache
    def encoded(ending: str) -> bytes:
        options = {"effort": 1} if ending == ".gif" else {}
        return picture.write_to_buffer(ending, keep="none", **options)

    return encoded
