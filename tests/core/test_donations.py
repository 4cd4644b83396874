"""Donations: consent and credit, visitors' uploads, and copies that were only saved anew."""

import hashlib
import threading

import numpy as np
import pytest
import pyvips

import build
import files
import rows
from menagerie.core import images, intake, lookalikes, moderation, reviewing
from menagerie.core.staff import bans
from menagerie.errors import Banned, Conflict, Invalid
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage.schema import Audience


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


def scene(seed=1, size=(320, 240)):
    """A picture of soft shapes at several scales, as photographs have."""
    chance = np.random.default_rng(seed)
    width, height = size
    total = pyvips.Image.black(width, height, bands=3)
    for cells in (4, 8, 16, 64):
        noise = chance.normal(size=(cells, cells, 3)).astype(np.float32)
        layer = pyvips.Image.new_from_memory(noise.tobytes(), cells, cells, 3, "float")
        total += layer.resize(width / cells, vscale=height / cells) * (120 / cells**0.7)
    return (total + 128).cast("uchar").copy(interpretation="srgb")


def saved(picture, ending="png", **options):
    return picture.write_to_buffer(f".{ending}", **options)


def put(library, tmp_path, data, actor=ANONYMOUS, **values):
    path = tmp_path / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    given = {"requires_account": False, "refuses_lookalikes": True} | values
    prepared = intake.prepare(library, actor, intake.Upload(path=path, **given))
    with library.writing(actor) as tx:
        return intake.admit(tx, prepared)


def test_consent_is_kept_with_its_time_and_gives_the_licence(library, tmp_path, clock):
    image_id = put(
        library,
        tmp_path,
        saved(scene()),
        terms="3",
        author="J. Doe",
        author_url="https://example.com/j",
        title="A dog",
        tags=["dog"],
    )
    other = put(library, tmp_path, saved(scene(2)))
    named = put(library, tmp_path, saved(scene(3)), terms="3", licence="CC-BY-4.0")
    with library.reading(ANONYMOUS) as tx:
        image = images.get(tx, image_id)
        assert (image.consented_at, image.terms, image.licence) == (clock.now(), "3", "CC0-1.0")
        assert (image.author, image.author_url, image.title) == (
            "J. Doe",
            "https://example.com/j",
            "A dog",
        )
        assert image.account_id is None
        image = images.get(tx, other)
        assert (image.consented_at, image.terms, image.licence) == (None, "", "")
        assert images.get(tx, named).licence == "CC-BY-4.0"
    assert image_id in library.catalogue.current().flags["donated"]


def test_credit_is_checked(library, tmp_path):
    with pytest.raises(Invalid) as caught:
        put(
            library,
            tmp_path,
            saved(scene()),
            author="x" * 256,
            author_url="javascript:alert(1)",
            title="a\0b",
            terms="\ud800",
        )
    assert set(caught.value.fields) == {"author", "author_url", "title", "terms"}


def test_a_visitor_may_donate_unless_banned(library, tmp_path):
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, network="192.0.2.0/24")
    put(library, tmp_path, saved(scene(1)), Actor(address="198.51.100.1"))
    with pytest.raises(Banned):
        put(library, tmp_path, saved(scene(2)), Actor(address="192.0.2.9"))


COPIES = {
    "at quality 30": lambda picture: saved(picture, "jpg", Q=30),
    "halved": lambda picture: saved(picture.resize(0.5)),
    "halved and recompressed": lambda picture: saved(picture.resize(0.5), "jpg", Q=60),
    "in another format": lambda picture: saved(picture, "webp", Q=70),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_saved_anew_is_refused_where_asked(library, tmp_path, copy):
    picture = scene()
    first = put(library, tmp_path, saved(picture))
    data = COPIES[copy](picture)
    with pytest.raises(Conflict) as caught:
        put(library, tmp_path, data)
    assert caught.value.existing_id == first
    put(library, tmp_path, data, refuses_lookalikes=False)


OTHERS = {
    "another": lambda _: saved(scene(2)),
    "mirrored": lambda picture: saved(picture.fliphor()),
    "stretched": lambda picture: saved(picture.resize(1, vscale=0.8)),
    "darkened": lambda picture: saved((picture * 0.7).cast("uchar")),
    "animated": lambda _: files.animation(),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_picture_is_taken(library, tmp_path, other):
    picture = scene()
    put(library, tmp_path, saved(picture))
    put(library, tmp_path, OTHERS[other](picture))


def test_flat_pictures_are_all_taken(library, tmp_path):
    for color in ((200, 120, 40), (200, 121, 40), (40, 40, 40), (0, 0, 0)):
        for mark in (1, 2):
            put(library, tmp_path, build.png(color=color, mark=mark))


@pytest.mark.parametrize("way", ["pending", "quarantined", "removed", "deleted", "private"])
def test_what_is_out_of_sight_counts_unless_it_is_private_or_given_up(
    library, alice, tmp_path, way
):
    picture = scene()
    audience = Audience.PRIVATE if way == "private" else Audience.PUBLIC
    first = put(library, tmp_path, saved(picture), alice, audience=audience)
    copy = saved(picture.resize(0.5))
    with library.writing(SYSTEM if way in {"quarantined", "removed"} else alice) as tx:
        match way:
            case "pending":
                images.change(tx, first, review="pending")
            case "quarantined":
                reviewing.quarantine(tx, first)
            case "removed":
                moderation.remove(tx, first, "spam")
            case "deleted":
                images.delete_own(tx, first)
    if way in {"private", "deleted"}:
        put(library, tmp_path, copy)
        return
    with pytest.raises(Conflict) as caught:
        put(library, tmp_path, copy)
    assert caught.value.existing_id == first
    # What is for one's own eyes disturbs nobody.
    put(library, tmp_path, copy, alice, audience=Audience.PRIVATE)


def test_of_two_copies_at_once_one_is_taken(library, tmp_path):
    picture = scene()
    outcomes = []
    prepared = []
    for data in (saved(picture), saved(picture.resize(0.5)), saved(picture, "jpg", Q=60)):
        path = tmp_path / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        upload = intake.Upload(path=path, requires_account=False, refuses_lookalikes=True)
        prepared.append(intake.prepare(library, ANONYMOUS, upload))
    start = threading.Barrier(len(prepared))

    def admit(one):
        start.wait()
        try:
            with library.writing(ANONYMOUS) as tx:
                outcomes.append(intake.admit(tx, one))
        except Conflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=admit, args=[one]) for one in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (taken,) = [one for one in outcomes if isinstance(one, int)]
    assert [one.existing_id for one in outcomes if isinstance(one, Conflict)] == [taken, taken]


def test_a_hash_of_little_contrast_says_nothing():
    assert not lookalikes.is_informative(0)
    assert not lookalikes.is_informative(0b1011)
    assert not lookalikes.is_informative(2**64 - 1)
    assert lookalikes.is_informative(0x0F0F_0F0F_0F0F_0F0F)
