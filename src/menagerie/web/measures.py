"""Weights, heights and years of breeds as people read them, in both units."""

import msgspec

from menagerie.core.animals.book import Breed

_POUNDS_PER_KG = 2.204_622_6
_CM_PER_INCH = 2.54


class Measure(msgspec.Struct, frozen=True):
    """A measure in metric units and in those of the United States, which are empty for years."""

    metric: str
    imperial: str = ""


def weight(breed: Breed) -> Measure | None:
    """Return the weight of a breed, None if it is not known."""
    low, high = breed.weight_min_kg, breed.weight_max_kg
    if low is None or high is None:
        return None
    imperial = span(_rounded(low * _POUNDS_PER_KG), _rounded(high * _POUNDS_PER_KG))
    return Measure(f"{span(low, high)} kg", f"{imperial} lb")


def height(breed: Breed) -> Measure | None:
    """Return the height at the withers, None if it is not known."""
    low, high = breed.height_min_cm, breed.height_max_cm
    if low is None or high is None:
        return None
    imperial = span(_rounded(low / _CM_PER_INCH), _rounded(high / _CM_PER_INCH))
    return Measure(f"{span(low, high)} cm", f"{imperial} in")


def life(breed: Breed) -> Measure | None:
    """Return how old a breed becomes, None if it is not known; the page says that it is years."""
    low, high = breed.life_min_years, breed.life_max_years
    return None if low is None or high is None else Measure(span(low, high))


def span(low: float, high: float) -> str:
    """Return a range, or the number if it is only one.

    >>> span(3, 4.5), span(5, 5)
    ('3–4.5', '5')
    """
    return f"{low:g}–{high:g}" if low != high else f"{low:g}"


def _rounded(value: float) -> float:
    """Return a number of pounds or inches: small ones to the half, others whole."""
    step = 0.5 if value < 20 else 1  # a half is much of a little dog
    return max(step, round(value / step) * step)
