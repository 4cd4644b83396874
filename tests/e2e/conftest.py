"""Fixtures of the end-to-end tests: a server, and virtual environments for its clients."""

import subprocess
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.serving import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty library."""
    with serving(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def client_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a virtual environment that holds only the named packages; returns its Python."""

    def make(*packages: str) -> Path:
        folder = tmp_path_factory.mktemp("client")
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *packages], check=True, timeout=300
        )
        return python

    return make
