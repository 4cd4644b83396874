"""What takes long to start: tests of the core share the models."""

import pytest

from menagerie.vision.models import Models


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Models:
    """The real models, which load in a second when first asked."""
    return Models(tmp_path_factory.mktemp("models"), threads=1)
