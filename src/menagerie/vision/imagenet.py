"""The thousand classes of the classifier, and which words of the vocabulary they are."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

_FILE = Path(__file__).with_name("imagenet.json")


class Class(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class: its usual name, the vocabulary's word for it if there is one, and dog or cat."""

    name: str
    word: str | None
    species: str | None


@cache
def classes() -> tuple[Class, ...]:
    """Return all classes by index.

    >>> classes()[162]
    Class(name='beagle', word='beagle', species='dog')
    """
    return msgspec.json.decode(_FILE.read_bytes(), type=tuple[Class, ...])


@cache
def of_species(species: str) -> NDArray[np.intp]:
    """Return the indices of the breeds of `dog` or `cat`.

    >>> of_species("cat").tolist()
    [281, 282, 283, 284, 285]
    """
    return np.array([at for at, one in enumerate(classes()) if one.species == species], np.intp)
