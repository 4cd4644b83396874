"""Sizes that callers choose, and those that nobody gets."""

import struct

import pytest

import files
from menagerie.core import scaling
from menagerie.errors import Invalid


@pytest.mark.parametrize(
    ("size", "asked", "wrong"),
    [
        ((100, 100), {"width": 4097}, "width"),
        ((10, 4000), {"width": 4000}, "height"),  # which would follow to 1,600,000 px
        ((4000, 10), {"height": 4000}, "width"),
        ((500, 400), {"width": 4000}, "width"),
        ((400, 500), {"height": 4000}, "height"),
        ((500, 400), {"width": 4000, "height": 3000}, "width"),
    ],
)
def test_what_takes_long_and_shows_no_more_is_refused(size, asked, wrong):
    with pytest.raises(Invalid) as refused:
        scaling.target(size, **asked)
    assert list(refused.value.fields) == [wrong]


def test_pictures_become_smaller_and_a_little_larger():
    assert scaling.target((8000, 6000), width=4000) == (4000, 3000)
    assert scaling.target((500, 400), width=2000) == (2000, 1600)
    assert scaling.target((20, 10), height=1) == (2, 1)


def test_files_are_made_to_fit(library, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(files.still("png", size=(60, 40)))
    smaller = scaling.fitted(library, path, (30, 100))
    assert struct.unpack(">II", smaller[16:24]) == (30, 20)
    assert scaling.fitted(library, path, (60, 40)) is None
    for other in (files.animation("gif"), b"no picture"):
        path.write_bytes(other)
        assert scaling.fitted(library, path, (9, 9)) is None
