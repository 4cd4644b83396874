"""What is taken in, what is refused and in which words, and what a crash leaves."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

import build
import files
import rows
from menagerie.core import (
    checks,
    image_files,
    images,
    intake,
    moderation,
    reviewing,
    sweeping,
    visibility,
)
from menagerie.core.staff import bans
from menagerie.errors import (
    Banned,
    Conflict,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from menagerie.library import ANONYMOUS, SYSTEM, Library
from menagerie.media.limits import CORRUPT
from menagerie.storage import blobs, schema
from menagerie.storage.schema import Audience, Origin, Review, Role

BOARD = frozenset({"gif", "jpg", "png", "svg", "webm"})


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


def upload_of(tmp_path, data, **values):
    path = tmp_path / f"file-{hashlib.sha256(data).hexdigest()}"
    path.write_bytes(data)
    return intake.Upload(path=path, **({"tags": "safe, dog, solo", "name": "a.png"} | values))


def put(library, actor, upload):
    prepared = intake.prepare(library, actor, upload)
    with library.writing(actor) as tx:
        return intake.admit(tx, prepared)


def read(library, image_id, actor=SYSTEM):
    with library.reading(actor) as tx:
        return images.get(tx, image_id)


def column(library, table, name, /, **where):
    condition = [table.c[key] == value for key, value in where.items()]
    with library.reading(SYSTEM) as tx:
        return tx.scalar(select(table.c[name]).where(*condition))


def kept(library):
    return {blob.name for blob in library.blobs.list()}


def test_an_upload_becomes_an_image_with_all_its_facts(library, clock, alice, tmp_path):
    data = files.turned_jpeg((64, 48))
    upload = upload_of(
        tmp_path,
        data,
        name="holiday.jpeg",
        tags="Safe, artist:Alice_A, two  cats",
        sources=[" http://a.example/1 ", "https://b.example/", "http://a.example/1", ""],
        description="On *holiday*",
        licence="CC0-1.0",
        is_anonymous=True,
        enforce_board_rules=True,
    )
    image = read(library, put(library, alice, upload))
    assert (image.format, image.media_type, image.name) == ("jpg", "image/jpeg", "holiday.jpeg")
    assert (image.width, image.height) == (48, 64)  # upright
    assert image.sha512 == hashlib.sha512(data).hexdigest()
    assert image.original_size_bytes == len(data)
    published = library.blobs.get(image_files.full(image))
    assert image.full_sha512 == hashlib.sha512(published).hexdigest()
    assert image.size_bytes == len(published)
    assert b"Exif" in data
    assert b"Exif" not in published
    assert library.blobs.get(image_files.original(image)) == data
    assert [tag.name for tag in image.tags] == ["safe", "artist:alice_a", "two cats"]
    assert image.tag_count == 3
    assert image.sources == ("http://a.example/1", "https://b.example/")
    assert (image.description, image.licence) == ("On *holiday*", "CC0-1.0")
    assert (image.account_id, image.account_name) == (alice.account_id, "Alice")
    assert (image.uploader_id, image.uploader_name) == (None, None)
    assert image.created_at == image.first_seen_at == clock.time // 1_000_000 * 1_000_000
    assert visibility.state(image) is visibility.State.VISIBLE
    assert not image.has_representations
    assert None not in {image.nw, image.ne, image.sw, image.se, image.perceptual_hash}
    assert image.id in library.catalogue.current().live
    # It was only read, and nothing of the work is left.
    assert upload.path.read_bytes() == data
    assert list(blobs.work_folder(library.settings).iterdir()) == []


def test_what_has_nothing_to_strip_is_published_as_it_is(library, alice, tmp_path):
    data = files.still("png", strip=True)
    image = read(library, put(library, alice, upload_of(tmp_path, data)))
    assert image.sha512 == image.full_sha512
    assert image_files.full(image) == image_files.original(image)
    assert kept(library) == {image_files.original(image)}


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "avif", "svg", "webm", "apng"])
def test_every_format_is_taken(library, alice, tmp_path, ending):
    data = {
        "svg": files.svg,
        "webm": files.clip,
        "gif": files.animation,
        "apng": files.apng,
    }.get(ending, lambda: files.still(ending))()
    image = read(library, put(library, alice, upload_of(tmp_path, data, name="wrong.bmp")))
    assert image.format == {"apng": "png"}.get(ending, ending)
    assert image.is_animated is (ending in {"gif", "webm", "apng"})


@pytest.mark.parametrize("name", files.HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_and_leaves_nothing(library, alice, tmp_path, name):
    with pytest.raises(Unsupported) as caught:
        put(library, alice, upload_of(tmp_path, files.HOSTILE[name]))
    assert caught.value.fields == {"image": [caught.value.reason]}
    assert kept(library) == set()
    assert list(blobs.work_folder(library.settings).iterdir()) == []
    # The same upload with a sound file passes.
    assert put(library, alice, upload_of(tmp_path, build.png()))


def test_an_entry_may_refuse_formats(library, alice, tmp_path):
    data = files.still("webp")
    with pytest.raises(Unsupported) as caught:
        put(library, alice, upload_of(tmp_path, data, accepts=BOARD))
    assert caught.value.media_type == "image/webp"
    assert put(library, alice, upload_of(tmp_path, data))
    assert put(library, alice, upload_of(tmp_path, build.png(), accepts=BOARD))


WRONG = {
    "no file": ({"path": None}, {"image": [CORRUPT]}),
    "name": ({"name": "é" * 128}, {"name": ["should be at most 255 byte(s)"]}),
    "description": (
        {"description": "é" * 25_001},
        {"description": ["should be at most 50000 byte(s)"]},
    ),
    "nul": ({"description": "a\0b"}, {"description": ["may not contain control characters"]}),
    "scheme": ({"sources": ["ftp://a.example/x"]}, {"source_url": ["has invalid format"]}),
    "no address": ({"sources": ["http://"]}, {"source_url": ["has invalid format"]}),
    "many sources": (
        {"sources": [f"http://a.example/{n}" for n in range(16)]},
        {"sources": ["should have at most 15 item(s)"]},
    ),
    "long source": (
        {"sources": ["http://a.example/" + "x" * 240]},
        {"source": ["should be at most 255 character(s)"]},
    ),
    "tags": (
        {"tags": "solo"},
        {"tags": ["must contain at least one rating tag", "must contain at least 3 tags"]},
    ),
    "safe": (
        {"tags": "safe, explicit, dog"},
        {"tags": ["may not contain any other rating if safe"]},
    ),
    "sexual": (
        {"tags": "suggestive, explicit, dog"},
        {"tags": ["may contain at most one sexual rating"]},
    ),
    "grim": (
        {"tags": "grimdark, semi-grimdark, dog"},
        {"tags": ["may contain at most one grim rating"]},
    ),
    "forbidden": ({"tags": "safe, dog, tagme"}, {"tags": ["contains forbidden tag `tagme'"]}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_field_is_told_in_the_known_words(library, alice, tmp_path, case):
    values, expected = WRONG[case]
    upload = upload_of(tmp_path, build.png(), enforce_board_rules=True)
    with pytest.raises(Invalid) as caught:
        put(library, alice, intake.Upload(**_fields(upload) | values))
    assert caught.value.fields == expected
    assert kept(library) == set()
    assert put(library, alice, upload)


def _fields(upload):
    return {name: getattr(upload, name) for name in upload.__struct_fields__}


def test_all_wrong_fields_are_told_together_and_the_duplicate_last(library, alice, tmp_path):
    data = build.png()
    first = put(library, alice, upload_of(tmp_path, data))
    wrong = {
        "tags": "solo",
        "description": "x" * 50_001,
        "sources": ["gopher://a"],
        "enforce_board_rules": True,
    }
    with pytest.raises(Invalid) as caught:
        put(library, alice, upload_of(tmp_path, data, **wrong))
    assert set(caught.value.fields) == {"tags", "description", "source_url"}
    with pytest.raises(Unsupported) as refused:
        put(library, alice, upload_of(tmp_path, b"no picture", **wrong))
    assert set(refused.value.fields) == {"image", "tags", "description", "source_url"}
    with pytest.raises(Conflict) as taken:
        put(library, alice, upload_of(tmp_path, data))
    assert taken.value.existing_id == first


def test_the_rules_of_the_board_bind_only_where_asked(library, alice, tmp_path):
    image = read(library, put(library, alice, upload_of(tmp_path, build.png(), tags=["cat"])))
    assert [tag.name for tag in image.tags] == ["cat"]


def test_a_refused_upload_makes_no_tags(library, alice, tmp_path):
    upload = upload_of(tmp_path, build.png(), tags="never seen", enforce_board_rules=True)
    with pytest.raises(Invalid):
        put(library, alice, upload)
    assert column(library, schema.tags, "id", name="never seen") is None


def test_a_file_may_be_as_big_as_the_limit_and_no_bigger(library, alice, tmp_path):
    data = build.png()
    with build.configured(library, upload_limit=len(data) - 1):
        with pytest.raises(Invalid) as caught:
            put(library, alice, upload_of(tmp_path, data))
        assert caught.value.fields == {"size": [f"must be less than or equal to {len(data) - 1}"]}
    with build.configured(library, upload_limit=len(data)):
        assert put(library, alice, upload_of(tmp_path, data))


def test_a_picture_may_have_as_many_pixels_as_the_limit_and_no_more(library, alice, tmp_path):
    upload = upload_of(tmp_path, build.png((20, 10)))
    with build.configured(library, pixel_limit=199):
        with pytest.raises(Unsupported) as caught:
            put(library, alice, upload)
        assert caught.value.reason == "dimensions are too large to process"
    with build.configured(library, pixel_limit=200):
        assert put(library, alice, upload)


# Duplicates.


def remove(library, image_id):
    with library.writing(SYSTEM) as tx:
        moderation.remove(tx, image_id, "spam")


def merge(library, image_id):
    target = build.image(library)
    with library.writing(SYSTEM) as tx:
        moderation.merge(tx, image_id, target)


def reject(library, image_id):
    with library.writing(SYSTEM) as tx:
        reviewing.reject(tx, image_id)


@pytest.mark.parametrize("out_of_sight", [None, remove, merge, reject])
def test_a_public_file_is_taken_once_even_out_of_sight(library, alice, bob, tmp_path, out_of_sight):
    upload = upload_of(tmp_path, build.png())
    first = put(library, alice, upload)
    if out_of_sight is not None:
        out_of_sight(library, first)
    with pytest.raises(Conflict) as caught:
        put(library, bob, upload)
    assert caught.value.existing_id == first


def test_a_private_file_may_come_in_any_number_of_times(library, alice, bob, tmp_path):
    data = build.png()
    private = upload_of(tmp_path, data, audience=Audience.PRIVATE)
    first, second = put(library, alice, private), put(library, bob, private)
    public = put(library, bob, upload_of(tmp_path, data))
    third = put(library, alice, private)
    assert len({first, second, third, public}) == 4
    sha512 = hashlib.sha512(data).hexdigest()
    assert column(library, schema.blobs, "image_count", sha512=sha512) == 4
    with pytest.raises(NotFound):
        read(library, first, bob)
    assert read(library, first, alice).audience == Audience.PRIVATE
    assert first not in library.catalogue.current().live


def test_what_its_owner_deleted_may_come_in_again(library, alice, bob, tmp_path):
    upload = upload_of(tmp_path, build.png())
    first = put(library, alice, upload)
    with library.writing(alice) as tx:
        images.delete_own(tx, first)
    second = put(library, bob, upload)
    assert second != first
    assert column(library, schema.blobs, "image_count") == 1


def test_of_two_at_once_one_wins_and_the_other_learns_which(library, alice, bob, tmp_path):
    upload = upload_of(tmp_path, build.png())
    prepared = [intake.prepare(library, actor, upload) for actor in (alice, bob)]
    barrier = threading.Barrier(2)

    def admit(actor, ready):
        barrier.wait()
        try:
            with library.writing(actor) as tx:
                return intake.admit(tx, ready)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(admit, (alice, bob), prepared))
    (won,) = [result for result in results if isinstance(result, int)]
    (lost,) = [result for result in results if isinstance(result, Conflict)]
    assert lost.existing_id == won
    assert column(library, schema.blobs, "image_count") == 1
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


# Who may.


def test_an_upload_needs_an_account_where_asked(library, tmp_path):
    upload = upload_of(tmp_path, build.png())
    with pytest.raises(Unauthenticated):
        put(library, ANONYMOUS, upload)
    assert kept(library) == set()
    nobody = intake.Upload(**_fields(upload) | {"requires_account": False})
    assert read(library, put(library, ANONYMOUS, nobody)).account_id is None


@pytest.mark.parametrize("when", ["before", "between"])
def test_the_banned_may_not_upload(library, alice, tmp_path, when):
    upload = upload_of(tmp_path, build.png())
    prepared = intake.prepare(library, alice, upload)
    with library.writing(SYSTEM) as tx:
        ban_id = bans.ban(tx, account_id=alice.account_id, reason="spam")
    if when == "before":
        with pytest.raises(Banned):
            intake.prepare(library, alice, upload)
    with pytest.raises(Banned), library.writing(alice) as tx:
        intake.admit(tx, prepared)
    with library.writing(SYSTEM) as tx:
        bans.unban(tx, ban_id)
    assert put(library, alice, upload)


def test_a_quota_bounds_what_an_account_keeps(library, alice, bob, tmp_path):
    first, second = build.png(mark=1), build.png(mark=2)
    with build.configured(library, upload_quota=len(first) + len(second) - 1):
        image_id = put(library, alice, upload_of(tmp_path, first))
        with pytest.raises(Invalid) as caught:
            put(library, alice, upload_of(tmp_path, second))
        assert list(caught.value.fields) == ["size"]
        assert "quota" in caught.value.message
        with library.writing(alice) as tx:
            images.delete_own(tx, image_id)
        assert put(library, alice, upload_of(tmp_path, second))
        # An account's own quota beats the setting, also when it is nought.
        with library.writing(SYSTEM) as tx:
            tx.execute(
                update(schema.accounts)
                .where(schema.accounts.c.id == bob.account_id)
                .values(upload_quota_bytes=0)
            )
        with pytest.raises(Invalid):
            put(library, bob, upload_of(tmp_path, build.png(mark=3)))


def test_a_rate_bounds_uploads_per_minute(library, clock, alice, tmp_path):
    with build.configured(library, upload_rate=2):
        for mark in (1, 2):
            put(library, alice, upload_of(tmp_path, build.png(mark=mark)))
            clock.advance(10)
        with pytest.raises(RateLimited) as caught:
            put(library, alice, upload_of(tmp_path, build.png(mark=3)))
        assert caught.value.retry_after_s == 40
        clock.advance(40)
        assert put(library, alice, upload_of(tmp_path, build.png(mark=3)))


def test_an_account_counts_its_uploads(library, alice, tmp_path):
    data = [build.png(mark=mark) for mark in range(4)]
    ids = [
        put(library, alice, upload_of(tmp_path, data[0])),
        put(library, alice, upload_of(tmp_path, data[1], is_anonymous=True)),
        put(library, alice, upload_of(tmp_path, data[2], audience=Audience.PRIVATE)),
        put(library, alice, upload_of(tmp_path, data[3])),
    ]
    own = {"id": alice.account_id}
    assert column(library, schema.accounts, "upload_count", **own) == 2
    assert column(library, schema.accounts, "uploaded_bytes", **own) == sum(map(len, data))
    for image_id in ids[1:]:
        with library.writing(alice) as tx:
            images.delete_own(tx, image_id)
    assert column(library, schema.accounts, "upload_count", **own) == 1
    assert column(library, schema.accounts, "uploaded_bytes", **own) == len(data[0])


@pytest.mark.parametrize(
    ("role", "is_verified", "expected"),
    [
        (Role.USER, False, Review.PENDING),
        (Role.USER, True, Review.APPROVED),
        (Role.ASSISTANT, False, Review.APPROVED),
        (Role.MODERATOR, False, Review.APPROVED),
    ],
)
def test_a_person_reviews_who_is_not_trusted(library, tmp_path, role, is_verified, expected):
    account = rows.account(library, "Somebody", role)
    actor = type(account)(role=role, account_id=account.account_id, is_verified=is_verified)
    upload = upload_of(tmp_path, build.png())
    with build.configured(library, review="person"):
        image_id = put(library, actor, upload)
    assert read(library, image_id, ANONYMOUS).review == expected
    assert (image_id in library.catalogue.current().live) is (expected == Review.APPROVED)
    with library.reading(SYSTEM) as tx:
        assert checks.counters(tx) == []


def test_an_import_says_so_on_its_labels(library, tmp_path):
    put(library, SYSTEM, upload_of(tmp_path, build.png(), origin=Origin.IMPORT))
    assert column(library, schema.labels, "origin") == Origin.IMPORT


# Killed at any moment.


def test_killed_before_the_transaction_leaves_files_for_the_sweeper(
    library, clock, alice, tmp_path
):
    upload = upload_of(tmp_path, build.png())
    intake.prepare(library, alice, upload)
    orphans = kept(library)
    assert len(orphans) == 2
    assert column(library, schema.images, "id") is None
    _age(library, clock, days=0.9)
    assert sweeping.sweep(library) == sweeping.Swept()
    _age(library, clock, days=0.2)
    swept = sweeping.sweep(library)
    assert swept.files == 2
    assert kept(library) == set()
    assert put(library, alice, upload)


def _age(library, clock, *, days):
    """Move the library's clock relative to the real one, which dates the files."""
    newest = max(blob.touched_at for blob in library.blobs.list())
    clock.time = max(clock.time, newest)
    clock.advance(days * 86_400)


def test_killed_inside_the_transaction_leaves_no_row(library, alice, tmp_path):
    upload = upload_of(tmp_path, build.png())
    prepared = intake.prepare(library, alice, upload)

    class Killed(BaseException):
        pass

    def admit_and_die():
        with library.writing(alice) as tx:
            intake.admit(tx, prepared)
            raise Killed

    with pytest.raises(Killed):
        admit_and_die()
    for table in (schema.images, schema.blobs, schema.labels, schema.jobs, schema.image_sources):
        with library.reading(SYSTEM) as tx:
            assert tx.all(select(table)) == []
    assert put(library, alice, upload)


def test_a_file_swept_before_its_image_is_made_is_asked_for_again(library, clock, alice, tmp_path):
    upload = upload_of(tmp_path, build.png())
    prepared = intake.prepare(library, alice, upload)
    _age(library, clock, days=2)
    assert sweeping.sweep(library).files == 2
    with pytest.raises(Unavailable, match="send it again"), library.writing(alice) as tx:
        intake.admit(tx, prepared)
    assert put(library, alice, upload)


def test_the_sweeper_spares_what_images_share_and_drops_what_was_deleted(
    library, clock, alice, bob, tmp_path
):
    data = build.png()
    public = put(library, alice, upload_of(tmp_path, data))
    private = put(library, bob, upload_of(tmp_path, data, audience=Audience.PRIVATE))
    with library.writing(alice) as tx:
        images.delete_own(tx, public)
    _age(library, clock, days=2)
    assert sweeping.sweep(library) == sweeping.Swept()
    with library.writing(bob) as tx:
        images.delete_own(tx, private)
    _age(library, clock, days=2)
    assert sweeping.sweep(library).files == 2
    assert kept(library) == set()
    # Its stub still knows which file it was.
    assert column(library, schema.blobs, "image_count") == 0


def test_the_sweeper_forgets_blobs_that_nothing_refers_to(library, clock):
    with library.writing(SYSTEM) as tx:
        tx.execute(
            schema.blobs.insert().values(
                sha512="ab", size_bytes=1, format="png", image_count=0, touched_at=tx.now
            )
        )
    clock.advance(2 * 86_400)
    sweeping.sweep(library)
    with library.writing(SYSTEM) as tx:
        assert tx.execute(delete(schema.blobs)).rowcount == 0


# From an address.


class _Site(BaseHTTPRequestHandler):
    data = b""

    def do_GET(self):
        if self.path.startswith("/missing"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.data)))
        self.end_headers()
        self.wfile.write(self.data)

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    _Site.data = build.png()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_upload_by_address_is_fetched_and_named_after_it(library, alice, site):
    upload = intake.Upload(url=f"{site}/pictures/cat.png?size=1", tags="cat")
    with pytest.raises(Unsupported) as caught:  # private addresses are not fetched from
        put(library, alice, upload)
    assert caught.value.fields["image"] == [CORRUPT]
    assert "private" in caught.value.fields["url"][0]
    with build.configured(library, fetch_private=True):
        with pytest.raises(Unsupported) as missing:
            put(library, alice, intake.Upload(url=f"{site}/missing", tags="cat"))
        assert "404" in missing.value.fields["url"][0]
        image = read(library, put(library, alice, upload))
    assert image.name == "cat.png?size=1"
    assert library.blobs.get(image_files.original(image)) == _Site.data


def test_what_is_fetched_is_bounded(library, alice, site):
    limit = len(_Site.data) - 1
    with build.configured(library, fetch_private=True, upload_limit=limit):
        with pytest.raises(Invalid) as caught:
            put(library, alice, intake.Upload(url=f"{site}/cat.png"))
        assert caught.value.fields == {"size": [f"must be less than or equal to {limit}"]}


def test_reverse_search_reads_a_file_or_an_address(library, site, tmp_path):
    path = tmp_path / "query"
    path.write_bytes(_Site.data)
    found = intake.query_features(library, path)
    assert found.aspect_ratio == pytest.approx(1.5)
    with build.configured(library, fetch_private=True):
        assert intake.query_features(library, f"{site}/x.png") == found
    with pytest.raises(Unsupported):
        intake.query_features(library, f"{site}/x.png")
    path.write_bytes(b"no picture")
    with pytest.raises(Unsupported):
        intake.query_features(library, path)


def test_a_full_store_refuses_uploads(settings, alice, library, tmp_path, clock):
    """A folder that cannot be written stands for a disk without room."""
    upload = upload_of(tmp_path, build.png())
    work = Path(settings.data) / "files" / ".incoming"
    work.rmdir()
    work.write_bytes(b"")
    with pytest.raises(Unavailable):
        put(library, alice, upload)
    assert column(library, schema.images, "id") is None
    work.unlink()
    work.mkdir()
    assert put(library, alice, upload)


def test_an_image_that_was_answered_is_there_after_a_restart(
    library, settings, alice, tmp_path, clock
):
    data = build.png()
    image_id = put(library, alice, upload_of(tmp_path, data))
    again = Library(settings, clock=clock)
    try:
        image = read(again, image_id)
        assert again.blobs.get(image_files.original(image)) == data
        assert image_id in again.catalogue.current().live
    finally:
        again.close()
