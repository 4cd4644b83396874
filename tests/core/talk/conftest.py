import pytest

import rows


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


@pytest.fixture
def helper(library):
    return rows.account(library, "Helper", "assistant")


@pytest.fixture
def mod(library):
    return rows.account(library, "Mod", "moderator")
