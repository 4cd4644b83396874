"""Libraries for the tests of the dialect: `kennel` for each test, `make_kennel` with settings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from dog_world import Kennel, make_people
from peopled import Peopled


@pytest.fixture(scope="session")
def peopled(prepared, request) -> Peopled:
    return Peopled(request, prepared, make_people)


@pytest.fixture(scope="module")
def lasting_kennel(peopled, tmp_path_factory) -> Iterator[Kennel]:
    """A library like `kennel` for tests that only read."""
    kennel = Kennel(*peopled.copy(tmp_path_factory.mktemp("kennel")))
    yield kennel
    kennel.close()


@pytest.fixture
def make_kennel(peopled, tmp_path) -> Iterator[Callable[..., Kennel]]:
    """Open a library with breeds and accounts; settings are the arguments."""
    with ExitStack() as stack:

        def make(**values: object) -> Kennel:
            kennel = Kennel(*peopled.copy(tmp_path, **values))
            stack.callback(kennel.close)
            return kennel

        yield make


@pytest.fixture
def kennel(make_kennel) -> Kennel:
    """A library without pictures and without models, with accounts of every role."""
    return make_kennel()
