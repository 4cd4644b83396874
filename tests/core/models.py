"""The models for tests of the core: the real ones, and one that fails."""

from importlib import resources

from menagerie.errors import Unavailable

PICTURES = resources.files("menagerie.data.demo") / "pictures"


def picture(name: str) -> bytes:
    """A picture of the demo collection: `cat.jpg`, `astronaut.jpg`, …"""
    return (PICTURES / name).read_bytes()


class Broken:
    """Models whose package is damaged."""

    def unsafe(self, _views):
        raise Unavailable("the recognition models cannot be loaded: the file is cut")

    def classify(self, _views):
        raise Unavailable("the recognition models cannot be loaded: the file is cut")
