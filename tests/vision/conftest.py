"""The models, loaded once for all tests of this folder, and what they are shown of the demo."""

from pathlib import Path

import pytest
import pyvips

from menagerie.data import demo
from menagerie.media import sight
from menagerie.vision.models import Models

VIEWS = Path(__file__).parent / "views"
PICTURES = Path(demo.__file__).parent / "pictures"


def view(name: str) -> bytes:
    """Return the pixels of a kept view, exactly those that torch was shown."""
    return pyvips.Image.new_from_file(str(VIEWS / f"{name}.png")).write_to_memory()


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    models = Models(tmp_path_factory.mktemp("models"), 1)
    yield models
    models.close()


@pytest.fixture(scope="session")
def seen(models):
    """Return what is seen in a picture of the demo collection."""
    kept = {}

    def seen(name: str):
        if name not in kept:
            kept[name] = models.classify([sight.views(str(PICTURES / name)).subject])[0]
        return kept[name]

    return seen
