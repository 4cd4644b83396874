"""What a picture looks like with a label in color."""

import numpy as np
import pytest
import pyvips

import build
import files
from menagerie.core import highlighting, images
from menagerie.errors import Unsupported
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.media import highlight as drawing
from menagerie.media.probe import probe
from outlines import put


def pixels(data):
    return pyvips.Image.new_from_buffer(data, "").numpy().astype(int)


def is_grey(pixel):
    return max(pixel) - min(pixel) < 12


def of(library, image_id, label):
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, image_id)
    return highlighting.highlight(library, ANONYMOUS, image, label)


@pytest.mark.parametrize(
    "data",
    [build.png((200, 120), (250, 20, 20)), files.still("webp", size=(200, 120)), files.svg()],
    ids=["png", "webp", "svg"],
)
def test_only_the_boxes_of_the_label_have_color(library, data):
    mouth = build.word(library, "mouth", parent=build.word(library, "dog"))
    image_id = build.image(library, "mouth/dog", data=data)
    assert of(library, image_id, "mouth/dog") is None
    rect = {"type": "rect", "left": 20, "top": 20, "width": 500, "height": 60}
    put(library, ANONYMOUS, image_id, mouth.tag_id, rect)
    assert of(library, image_id, "dog") is None
    assert of(library, image_id, "no, label") is None
    found = of(library, image_id, "dog.has='mouth'")
    assert found[:2] == b"\xff\xd8"
    assert of(library, image_id, "mouth/dog") == found
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, image_id)
    shown = pixels(found)
    assert shown.shape == (image.height, image.width, 3)
    assert is_grey(shown[5:15, 5:15].reshape(-1, 3).mean(axis=0))
    line = shown[50, 20:22].mean(axis=0)
    assert line[0] - line[1] > 60
    assert np.ptp(shown[100:115, :].reshape(-1, 3), axis=1).max() < 25


def test_color_stays_inside(library):
    dog = build.word(library, "dog").tag_id
    image_id = build.image(library, "dog", data=build.png((200, 120), (20, 20, 250)))
    rect = {"type": "rect", "left": 20, "top": 20, "width": 60, "height": 60}
    put(library, ANONYMOUS, image_id, dog, rect)
    shown = pixels(of(library, image_id, "DOG"))
    assert abs(shown[50, 50] - [20, 20, 250]).max() < 12
    assert is_grey(shown[50, 120])


@pytest.mark.parametrize("make", [files.animation, files.clip])
def test_of_what_moves_one_frame_is_shown(library, make):
    dog = build.word(library, "dog").tag_id
    image_id = build.image(library, "dog", data=make())
    rect = {"type": "rect", "left": 0, "top": 0, "width": 20, "height": 20}
    put(library, ANONYMOUS, image_id, dog, rect)
    with library.reading(SYSTEM) as tx:
        image = images.get(tx, image_id)
    assert pixels(of(library, image_id, "dog")).shape[:2] == (image.height, image.width)


def test_large_pictures_get_smaller_and_broken_ones_are_told(library, shared_pool, tmp_path):
    data = build.png((5000, 100), (20, 20, 250))
    path = tmp_path / "[large].png"
    path.write_bytes(data)

    found = shared_pool.run(probe, str(path))
    made = shared_pool.run(drawing.highlight, str(path), found, [(4990.0, 90.0, 10.0, 10.0)])
    assert pixels(made).shape == (82, 4096, 3)
    path.write_bytes(b"no picture")
    with pytest.raises(Unsupported):
        shared_pool.run(drawing.highlight, str(path), found, [(0.0, 0.0, 1.0, 1.0)])
