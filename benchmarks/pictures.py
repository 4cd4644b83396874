"""Pictures to put in: noise of several scales, so that files are as large as a photograph's."""

import numpy as np
import pyvips


def encoded(count: int, size: tuple[int, int], *, seed: int = 1) -> list[bytes]:
    """Return `count` different JPEG files of `size` (width, height)."""
    rng = np.random.default_rng(seed)
    width, height = size
    made = []
    for _ in range(count):
        image = sum(
            (_layer(rng, width, height, scale) * weight for scale, weight in _SCALES),
            start=pyvips.Image.black(width, height, bands=3),
        )
        made.append(bytes(image.cast("uchar").copy(interpretation="srgb").jpegsave_buffer(Q=88)))
    return made


_SCALES = ((200, 0.6), (20, 0.25), (2, 0.15))  # a layer's grain in pixels and its weight


def _layer(rng: np.random.Generator, width: int, height: int, scale: int) -> pyvips.Image:
    grain = rng.integers(0, 256, (height // scale + 2, width // scale + 2, 3), dtype=np.uint8)
    return (
        pyvips.Image.new_from_array(grain).resize(scale, kernel="linear").crop(0, 0, width, height)
    )
