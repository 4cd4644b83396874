import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.media.hashes import (
    Intensities,
    Summary,
    hamming,
    intensity_distance,
    perceptual_hash,
)

WHITE = 255


def filled(height, width, colour):
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (filled(1, 1, (255, 0, 0)), (54.213, 54.213, 54.213, 54.213)),
        (filled(2, 2, WHITE), (1020, 510, 510, 255)),
        (filled(100, 100, WHITE), (265.302, 260.1, 260.1, 255)),
    ],
)
def test_intensities_are_those_of_the_spec(pixels, expected):
    found = msgspec.structs.astuple(Summary.of(pixels).intensities())
    assert found == pytest.approx(expected, abs=1e-9)


def plain_intensities(pixels):
    """The rule of the spec, word for word."""
    height, width = pixels.shape[:2]
    h2, w2 = height // 2, width // 2
    luma = pixels @ np.array([0.2126, 0.7152, 0.0722])
    sums = dict.fromkeys(("nw", "ne", "sw", "se"), 0.0)
    for i in range(height):
        for j in range(width):
            for ns in "n" * (i <= h2) + "s" * (i >= h2):
                for we in "w" * (j <= w2) + "e" * (j >= w2):
                    sums[ns + we] += luma[i, j]
    divisor = (height + height % 2) * (width + width % 2) / 4
    return Intensities(**{name: round(total / divisor, 6) for name, total in sums.items()})


@given(st.integers(1, 90), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_the_summary_agrees_with_the_rule_word_for_word(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    found, expected = Summary.of(pixels).intensities(), plain_intensities(pixels)
    assert msgspec.structs.astuple(found) == pytest.approx(
        msgspec.structs.astuple(expected), abs=2e-6
    )
    assert 0 <= perceptual_hash(pixels) < 2**64


def test_the_average_colour_is_the_mean():
    pixels = filled(10, 10, (200, 100, 0))
    pixels[:5] = (100, 100, 50)
    assert Summary.of(pixels).average_colour() == "#966419"


def test_a_scaled_picture_keeps_its_perceptual_hash_and_another_does_not(picture):
    whole = perceptual_hash(picture.numpy())
    assert hamming(whole, perceptual_hash(picture.resize(0.3).numpy())) <= 8
    assert hamming(whole, perceptual_hash(picture.resize(2.5).numpy())) <= 8
    assert hamming(whole, perceptual_hash(np.ascontiguousarray(picture.numpy()[::-1]))) > 15


def test_a_flat_picture_has_a_stable_hash():
    hashes = {perceptual_hash(filled(n, 70, n)) for n in (5, 64, 99, 200)}
    assert hashes == {0}


def test_the_distance_of_intensities_is_the_sum_of_squares():
    one, other = Intensities(1, 2, 3, 4), Intensities(2, 4, 6, 8)
    assert intensity_distance(one, other) == 1 + 4 + 9 + 16
