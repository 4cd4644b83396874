"""The craft behind portraits: smoothing that keeps edges, strokes, hatching, paper and canvas.

Pictures are float32 arrays, height × width × 3, sRGB from 0 to 1; masks and textures are float32
arrays, height × width. For the children of the decode pool.
"""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import pyvips
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Random: TypeAlias = np.random.Generator

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_STROKE_ANGLES = 24
_STROKE_KINDS = 3
_LIGHTEST_LAYER_PX = 20
"""Strokes at least so broad cover the whole canvas, finer ones what is still wrong."""


def from_vips(image: Any) -> Field:
    """Return an 8-bit sRGB picture without alpha as an array."""
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands).astype(np.float32) / np.float32(255)


def to_vips(picture: Field) -> Any:
    """Return an array as an 8-bit sRGB picture."""
    data = np.ascontiguousarray(np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8))
    height, width, bands = data.shape
    image = pyvips.Image.new_from_memory(data.data, width, height, bands, "uchar")
    return image.copy(interpretation="srgb").copy_memory()


def luma(picture: Field) -> Field:
    """Return how bright each pixel is, 0 to 1."""
    return np.asarray(picture @ _LUMA, np.float32)


def mix(first: Field, second: Field, share: Field | float) -> Field:
    """Return `first` with a share (0 to 1, of all or by pixel) of `second`."""
    amount = share[..., None] if isinstance(share, np.ndarray) and share.ndim == 2 else share
    return np.asarray(first + (second - first) * amount, np.float32)


def smoothstep(values: Field, low: float, high: float) -> Field:
    """Return 0 below `low`, 1 above `high` and a soft slope between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _apply(field: Field, function: Any) -> Field:
    """Run a libvips operation over an array of floats."""
    data = np.ascontiguousarray(field, np.float32)
    height, width = data.shape[:2]
    bands = data.shape[2] if data.ndim == 3 else 1
    done = function(pyvips.Image.new_from_memory(data.data, width, height, bands, "float"))
    result = np.frombuffer(done.cast("float").write_to_memory(), np.float32)
    shape = (done.height, done.width, bands) if data.ndim == 3 else (done.height, done.width)
    return result.reshape(shape).copy()


def blur(field: Field, sigma: float) -> Field:
    """Return an array blurred by a Gaussian of `sigma` px; a wide one is worked out smaller."""
    if sigma <= 4:
        return _apply(field, lambda image: image.gaussblur(sigma, precision="float"))
    height, width = field.shape[:2]
    factor = sigma / 3

    def small(image: Any) -> Any:
        shrunk = image.resize(1 / factor, vscale=1 / factor)
        shrunk = shrunk.gaussblur(3, precision="float")
        scale = {"vscale": height / shrunk.height, "kernel": "cubic"}
        return shrunk.resize(width / shrunk.width, **scale)

    return _apply(field, small)[:height, :width]


def noise(random: Random, size: int, grain: float) -> Field:
    """Return a square of soft noise, mean 0 and deviation 1, whose lumps are `grain` px wide."""
    count = max(2, math.ceil(size / grain) + 2)
    coarse = random.standard_normal((count, count)).astype(np.float32)
    if grain > 1:
        scale = (size + 2 * grain) / count
        coarse = _apply(coarse, lambda image: image.resize(scale, kernel="cubic"))
    start = (coarse.shape[0] - size) // 2
    cut = coarse[start : start + size, start : start + size]
    return np.asarray((cut - cut.mean()) / (cut.std() + 1e-6), np.float32)


def clouds(random: Random, size: int, grain: float) -> Field:
    """Return a square of noise of many sizes, mean 0 and deviation about 1."""
    layers = [noise(random, size, grain / 2**step) / 1.7**step for step in range(4)]
    return np.asarray(np.sum(layers, axis=0) / 1.2, np.float32)


def warp(picture: Field, right: Field, down: Field) -> Field:
    """Return the picture with each pixel taken from so many px to the right and down."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    places = np.stack([columns + right, rows + down], axis=-1)
    np.clip(places, 0, [width - 2, height - 2], out=places)
    data = np.ascontiguousarray(places, np.float32)
    index = pyvips.Image.new_from_memory(data.data, width, height, 2, "float")
    return _apply(picture, lambda image: image.mapim(index, interpolate=_bilinear()))


def _bilinear() -> Any:
    return pyvips.Interpolate.new("bilinear")


def vignette(size: int, *, start: float = 0.55, end: float = 1.25) -> Field:
    """Return 0 in the middle of a square, rising to 1 from `start` to `end` half sides away."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    return smoothstep(np.hypot(axis[:, None], axis[None, :]), start, end)


def curve(picture: Field, *, contrast: float = 0.0, saturation: float = 1.0) -> Field:
    """Return the picture with an S-curve of `contrast` (0 to 1) and its colours so much fuller."""
    bent = picture * picture * (3 - 2 * picture)
    curved = mix(picture, np.asarray(bent, np.float32), contrast)
    grey = luma(curved)[..., None]
    return np.asarray(np.clip(grey + (curved - grey) * saturation, 0, 1), np.float32)


def level(picture: Field) -> Field:
    """Return the picture with its darkest and brightest parts stretched to black and white."""
    low, high = np.percentile(luma(picture), (1, 99))
    if high - low < 0.05:
        return picture  # there is next to nothing to be seen, and stretching shows only noise
    return np.asarray(np.clip((picture - low) / (high - low), 0, 1), np.float32)


def clarity(picture: Field, amount: float, sigma: float = 24) -> Field:
    """Return the picture with its middle-sized shapes standing out by `amount`."""
    return np.asarray(
        np.clip(picture + (picture - blur(picture, sigma)) * amount, 0, 1), np.float32
    )


# Who is in the picture.


def subject(picture: Field) -> Field:
    """Return how much each pixel seems to belong to the subject, 0 to 1, with soft edges.

    What is in the middle, in focus and unlike the rim of the picture is taken for it.
    """
    size = picture.shape[0]
    small = _apply(picture, lambda image: image.resize(160 / size))
    count = small.shape[0]
    axis = np.linspace(-1, 1, count, dtype=np.float32)
    middle = np.exp(-((axis[None, :] ** 2) / 0.75 + ((axis[:, None] - 0.12) ** 2) / 0.85))
    unlike, trust = _unlike_rim(small)
    sharp = blur(np.abs(luma(small) - blur(luma(small), 2)), 5)
    sharp = np.asarray(sharp / (np.percentile(sharp, 95) + 1e-6), np.float32)
    likely = middle * (0.4 + 0.9 * np.clip(unlike, 0, 1) + 0.45 * np.clip(sharp, 0, 1))
    by_place = smoothstep(np.asarray(likely, np.float32), 0.2, 0.55)
    by_color = smoothstep(blur(np.clip(unlike, 0, 1), 2), 0.12, 0.4)
    mask = blur(mix(by_place, by_color, trust), 5 - 3 * trust)
    grown = _apply(mask, lambda image: image.resize(size / count, kernel="cubic"))[:size, :size]
    guide = luma(blur(picture, 3))[..., None]
    return np.clip(smooth(grown[..., None], guide, 30, 0.5)[..., 0], 0, 1)


def _unlike_rim(small: Field) -> tuple[Field, float]:
    """Return how far each pixel's colour is from those at the rim, and how far to trust that.

    A rim of one colour (0 to 1: how much so) is a background; one of many says little.
    """
    edge = max(2, small.shape[0] // 14)
    rim = np.concatenate(
        [part.reshape(-1, 3) for part in (small[:edge], small[:, :edge], small[:, -edge:])]
    )
    centres, shares = _colors(rim)
    # A subject that touches the rim is no background for that.
    common = centres[shares >= min(0.15, shares.max())]
    gaps = np.sqrt(((small[:, :, None] - common) ** 2).sum(-1)).min(-1)
    spread = float(np.median(np.abs(rim - np.median(rim, axis=0)).sum(-1)))
    unlike = np.asarray(gaps / (np.percentile(gaps, 90) + 0.05), np.float32)
    return unlike, math.exp(-((spread / 0.12) ** 2))


def _colors(pixels: Field, count: int = 6) -> tuple[Field, Field]:
    """Return the colours that pixels gather around, and how large a share of them each has."""
    centres = pixels[np.linspace(0, len(pixels) - 1, count).astype(int)]
    for _ in range(6):
        nearest = np.argmin(((pixels[:, None] - centres[None]) ** 2).sum(-1), axis=1)
        for index in range(count):
            if (nearest == index).any():
                centres[index] = pixels[nearest == index].mean(axis=0)
    shares = np.bincount(nearest, minlength=count) / len(pixels)
    return centres, np.asarray(shares, np.float32)


# Smoothing.


def smooth(picture: Field, guide: Field, reach: float, tolerance: float, passes: int = 3) -> Field:
    """Return the picture smoothed over `reach` px, but not across edges of the guide.

    `tolerance` is how large a step of the guide (0 to 1) still counts as no edge.

    Source: the recursive filter of Gastal and Oliveira, "Domain Transform for Edge-Aware Image and
    Video Processing", 2011.
    """
    across = np.abs(np.diff(guide, axis=1)).sum(-1) * (reach / tolerance) + 1
    along = np.abs(np.diff(guide, axis=0)).sum(-1) * (reach / tolerance) + 1
    result = picture.astype(np.float32, copy=True)
    for index in range(passes):
        share = reach * math.sqrt(3) * 2 ** (passes - index - 1) / math.sqrt(4**passes - 1)
        base = math.exp(-math.sqrt(2) / share)
        _sweep(result.transpose(1, 0, 2), np.power(base, across.T, dtype=np.float32))
        _sweep(result, np.power(base, along, dtype=np.float32))
    return result


def _sweep(rows: Field, feedback: Field) -> None:
    """Let each row take from the one before it, down and up again, in place."""
    for index in range(1, len(rows)):
        rows[index] += (rows[index - 1] - rows[index]) * feedback[index - 1][:, None]
    for index in range(len(rows) - 2, -1, -1):
        rows[index] += (rows[index + 1] - rows[index]) * feedback[index][:, None]


# Strokes of a brush.


def flow(picture: Field, sigma: float = 6) -> Field:
    """Return the direction in which shapes run at each pixel, in radians."""
    down, right = np.gradient(blur(luma(picture), 1.5))
    xx, yy, xy = (blur(np.asarray(part, np.float32), sigma)
                  for part in (right * right, down * down, right * down))  # fmt: skip
    return np.asarray(0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2, np.float32)


def strokes(picture: Field, random: Random) -> tuple[Field, Field]:
    """Return the picture painted over with broad, then ever finer strokes, and how thick they lie.

    Finer strokes go only where broad ones are wrong, as a painter would.

    Source: the order of work follows Hertzmann, "Painterly Rendering with Curved Brush Strokes of
    Multiple Sizes", 1998; the strokes are straight stamps of our own.
    """
    directions = flow(picture)
    canvas = blur(picture, 40)
    relief = np.zeros(canvas.shape[:2], np.float32)
    for breadth, most in ((64, 1500), (34, 4000), (18, 8000), (9, 9000)):
        wanted = blur(picture, breadth / 5)
        brush = _Brush(random, breadth)
        for y, x in _places(canvas, wanted, random, breadth, most):
            color = wanted[y, x] + random.normal(0, 0.018, 3).astype(np.float32)
            brush.stamp(canvas, relief, (y, x), float(directions[y, x]), color)
    return np.clip(canvas, 0, 1), relief


def _places(
    canvas: Field, wanted: Field, random: Random, breadth: int, most: int
) -> Iterator[tuple[int, int]]:
    """Yield where strokes are needed, in random order."""
    size, step = canvas.shape[0], breadth * 0.55
    axis = np.arange(step / 2, size, step)
    places = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    places = np.clip(places + random.normal(0, step / 3, places.shape), 0, size - 1).astype(int)
    if breadth < _LIGHTEST_LAYER_PX:
        error = blur(np.abs(canvas - wanted).sum(-1), breadth / 3)[places[:, 0], places[:, 1]]
        order = np.argsort(-error)[:most]
        places = places[order[error[order] > 0.06]]
    for y, x in random.permutation(places)[:most]:
        yield int(y), int(x)


class _Brush:
    """Stamps of one breadth in all directions, with the traces of single bristles."""

    def __init__(self, random: Random, breadth: int) -> None:
        self._random = random
        self._stamps = [
            [self._turned(self._stamp(breadth), angle * math.pi / _STROKE_ANGLES)
             for angle in range(_STROKE_ANGLES)]
            for _ in range(_STROKE_KINDS)
        ]  # fmt: skip

    def _stamp(self, breadth: int) -> Field:
        """Return coverage and thickness of a stroke from left to right."""
        length = int(breadth * 3.2)
        across = np.linspace(-1, 1, breadth, dtype=np.float32)[:, None]
        along = np.linspace(-1, 1, length, dtype=np.float32)[None, :]
        bristles = self._random.normal(0, 1, (breadth, 1)).astype(np.float32)
        ragged = self._random.normal(0, 0.07, (breadth, 1)).astype(np.float32)
        ends = smoothstep(1 - np.abs(along + ragged), 0.02, 0.2)
        sides = smoothstep(1 - np.abs(across) + 0 * along, 0.0, 0.3)
        cover = ends * sides * np.clip(0.9 + 0.12 * bristles, 0.35, 1)
        thick = cover * (0.55 + 0.2 * bristles + 0.5 * np.abs(across) ** 3)
        return np.stack([cover, thick], axis=-1).astype(np.float32)

    @staticmethod
    def _turned(stamp: Field, angle: float) -> Field:
        return _apply(stamp, lambda image: image.similarity(angle=math.degrees(angle)))

    def stamp(
        self, canvas: Field, relief: Field, place: tuple[int, int], angle: float, color: Field
    ) -> None:
        """Put one stroke on the canvas, in place."""
        kind = self._stamps[int(self._random.integers(_STROKE_KINDS))]
        turned = kind[round(angle / math.pi * _STROKE_ANGLES) % _STROKE_ANGLES]
        top, left = place[0] - turned.shape[0] // 2, place[1] - turned.shape[1] // 2
        rows = slice(max(0, top), min(canvas.shape[0], top + turned.shape[0]))
        columns = slice(max(0, left), min(canvas.shape[1], left + turned.shape[1]))
        part = turned[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        cover = part[..., :1]
        canvas[rows, columns] += (color - canvas[rows, columns]) * cover
        relief[rows, columns] += (part[..., 1] - relief[rows, columns]) * part[..., 0]


def lit(relief: Field, strength: float) -> Field:
    """Return by how much light from the upper left brightens or darkens a relief, around 1."""
    down, right = np.gradient(relief)
    return np.asarray(1 - np.clip((down + right) * strength, -0.3, 0.3), np.float32)


# Grounds.


def weave(random: Random, size: int, *, thread_px: float = 5) -> Field:
    """Return the relief of a canvas, about -1 to 1."""
    axis = np.arange(size, dtype=np.float32) * (2 * np.pi / thread_px)
    wobble = noise(random, size, 60) * 0.5
    grain = np.sin(axis[:, None] + wobble) * np.sin(axis[None, :] + wobble.T)
    return np.asarray(grain * 0.7 + noise(random, size, 1.5) * 0.3, np.float32)


def paper(random: Random, size: int) -> Field:
    """Return the relief of rough paper, mean 0 and deviation about 1."""
    return np.asarray(
        noise(random, size, 2.2) * 0.6
        + noise(random, size, 5) * 0.7
        + noise(random, size, 14) * 0.3,
        np.float32,
    )


def hatching(random: Random, size: int, degrees: float, *, length_px: int = 90) -> Field:
    """Return the grain of many thin strokes in one direction, evenly from 0 to 1."""
    wide = math.ceil(size * 1.5)
    grain = noise(random, wide, 2.1)
    total = np.cumsum(np.pad(grain, ((0, 0), (length_px, 0))), axis=1, dtype=np.float64)
    lines = (total[:, length_px:] - total[:, :-length_px]).astype(np.float32)
    lines += noise(random, wide, 40) * lines.std() * 0.25
    turned = _apply(lines, lambda image: image.rotate(degrees))
    start_y, start_x = ((side - size) // 2 for side in turned.shape)
    cut = turned[start_y : start_y + size, start_x : start_x + size]
    spread = (cut - cut.mean()) / (cut.std() + 1e-6)
    return np.asarray(1 / (1 + np.exp(-1.7 * spread)), np.float32)
