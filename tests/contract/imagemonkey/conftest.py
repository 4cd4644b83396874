"""Libraries for the tests of the dialect: `monkey` for each test, `make_monkey` with settings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from monkey_world import MACHINE, Monkey, make_people
from peopled import Peopled


@pytest.fixture(scope="session")
def peopled(prepared, request) -> Peopled:
    machine = {"machine_id": MACHINE["X-Client-Id"], "machine_secret": MACHINE["X-Client-Secret"]}
    return Peopled(request, prepared, make_people, **machine)


@pytest.fixture
def make_monkey(peopled, tmp_path) -> Iterator[Callable[..., Monkey]]:
    """Open a library with the vocabulary and accounts; settings are the arguments."""
    with ExitStack() as stack:

        def make(**values: object) -> Monkey:
            monkey = Monkey(*peopled.copy(tmp_path, **values))
            stack.callback(monkey.close)
            return monkey

        yield make


@pytest.fixture
def monkey(make_monkey) -> Monkey:
    """A library without pictures, with accounts of every role."""
    return make_monkey()
