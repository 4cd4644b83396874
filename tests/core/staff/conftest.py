"""People of a small world in which staff act."""

import pytest

import rows
from menagerie.storage.schema import Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


@pytest.fixture
def moderator(library):
    return rows.account(library, "Mod", Role.MODERATOR)


@pytest.fixture
def act(library):
    """Run a function of the core in a transaction by somebody."""

    def run(actor, function, *args, **kwargs):
        with library.writing(actor) as tx:
            return function(tx, *args, **kwargs)

    return run
