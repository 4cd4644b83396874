"""The fixture itself: what the other tests of exports rely on."""

import msgspec
import pyvips

import seven
from menagerie.datasets.writing import Options


def test_the_seven_pictures_are_what_they_say(tmp_path):
    content = seven.content(tmp_path)
    lines = {line.record.id: line for line in content.frozen()}
    assert list(lines) == list(seven.KEYS)
    assert [line.record.number for line in lines.values()] == list(range(1, 8))
    turned = lines[seven.TURNED].record
    assert (turned.width, turned.height) == (48, 64)
    assert content.source.counts["images"] == 7
    assert [one.slug for one in content.source.classes] == [
        "big-dog",
        "big-dog-2",
        "ctrain",
        "dog",
        "kaese",
        "mouth-dog",
    ]


def test_a_picture_comes_as_it_is_or_converted(tmp_path):
    content = seven.content(tmp_path)
    gif = next(line for line in content.frozen() if line.record.id == seven.GIF)
    plain = content.picture(gif, Options())
    assert (plain.extension, plain.sha256) == ("gif", gif.record.sha256)
    png = content.picture(gif, Options(image="png", max_side=30))
    assert (png.extension, png.mime, png.width, png.height) == ("png", "image/png", 30, 20)
    assert png.source_sha256 == gif.record.sha256
    again = content.picture(gif, Options(image="png", max_side=30))
    assert msgspec.structs.astuple(again) == msgspec.structs.astuple(png)


def test_the_box_of_the_turned_picture_is_red(tmp_path):
    content = seven.content(tmp_path)
    turned = next(line for line in content.frozen() if line.record.id == seven.TURNED)
    image = pyvips.Image.new_from_file(str(content.picture(turned, Options()).path))
    assert image.get_typeof("exif-data") == 0
    x, y, width, height = map(int, seven.RED_BOX)
    red, green, blue = image.crop(x, y, width, height).stats().numpy()[1:, 4]
    assert red > 200
    assert max(green, blue) < 60
