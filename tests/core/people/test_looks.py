"""Avatars, badges and links."""

import io
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import pyvips

import build
import rows
from menagerie.core import accounts, sweeping, tags, vocabulary
from menagerie.core.people import avatars, badges, links, news
from menagerie.core.staff import bans
from menagerie.errors import (
    Banned,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unsupported,
)
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.storage.schema import LinkState, NewsKind, Role

RED = (250, 0, 0)


def shown(library, actor):
    with library.reading(ANONYMOUS) as tx:
        return accounts.profile(tx, actor.account_id).avatar


def opened(library, name):
    return pyvips.Image.new_from_buffer(library.blobs.get(name), "")


def animation():
    """A GIF whose first frame is red and whose second is blue."""
    frames = np.zeros((80, 60, 3), np.uint8)
    frames[:40], frames[40:] = (255, 0, 0), (0, 0, 255)
    roll = pyvips.Image.new_from_array(frames).copy(interpretation="srgb")
    roll = roll.copy()
    roll.set_type(pyvips.GValue.gint_type, "page-height", 40)
    return roll.gifsave_buffer()


def test_an_avatar_is_a_small_square_of_the_first_frame(library, clock, tmp_path):
    alice = build.account(library, "Alice")
    assert shown(library, alice) is None
    first = avatars.put(library, alice, build.png((500, 20), RED))
    picture = opened(library, first)
    assert (picture.width, picture.height) == (256, 256)
    (tmp_path / "a.gif").write_bytes(animation())
    second = avatars.put(library, alice, tmp_path / "a.gif")
    red, green, blue = opened(library, second)(128, 128)[:3]
    assert red > 200
    assert max(green, blue) < 60
    assert shown(library, alice) == second
    assert avatars.is_name(second)
    head = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    svg = head + b'<rect width="9" height="9"/></svg>'
    assert avatars.is_name(avatars.keep(library, svg))
    clock.time = time.time_ns() // 1000 + 2 * sweeping.GRACE
    assert sweeping.sweep(library).files == 2
    assert library.blobs.exists(second)
    with library.writing(alice) as tx:
        avatars.remove(tx)
    assert shown(library, alice) is None
    assert sweeping.sweep(library).files == 1


def test_what_is_no_avatar_and_who_may_have_none(library):
    alice, mary = build.account(library, "Alice"), build.account(library, "Mary", Role.MODERATOR)
    hostile = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    for data in (b"", b"no picture", build.png()[:50], hostile):
        with pytest.raises(Unsupported):
            avatars.put(library, alice, data)
    with pytest.raises(TooLarge):
        avatars.put(library, alice, bytes(avatars.MAX_BYTES + 1))
    with pytest.raises(Unauthenticated):
        avatars.put(library, ANONYMOUS, build.png())
    avatars.put(library, mary, build.png())
    avatars.put(library, alice, build.png())
    with library.writing(alice) as tx, pytest.raises(Forbidden):
        avatars.remove(tx, mary.account_id)
    with library.writing(mary) as tx:
        avatars.remove(tx, alice.account_id)
        with pytest.raises(NotFound):
            avatars.remove(tx, 999)
        bans.ban(tx, reason="rude", account_id=alice.account_id)
    assert shown(library, alice) is None
    with pytest.raises(Banned):
        avatars.put(library, alice, build.png())


def test_a_tag_has_the_picture_that_staff_give_it(library):
    alice, mary = build.account(library, "Alice"), build.account(library, "Mary", Role.MODERATOR)
    [dog] = rows.tag_ids(library, "dog")
    name = avatars.keep(library, build.png())

    def picture(**given):
        with library.writing(mary) as tx:
            vocabulary.describe(tx, dog, **given)
            return tags.get(tx, dog).spoiler_image

    with pytest.raises(Forbidden), library.writing(alice) as tx:
        vocabulary.describe(tx, dog, spoiler_image=name)
    assert picture(spoiler_image=name) == name
    assert picture(description="Barks.") == name
    for wrong in ("../x", name.replace("avatars/", "avatars/0")):
        with pytest.raises(Invalid, match="spoiler_image"):
            picture(spoiler_image=wrong)
    with library.writing(mary) as tx:
        assert avatars.needed(tx, [name, "avatars/x"]) == {name}
    assert picture(spoiler_image="") is None


def test_a_name_has_a_drawing_of_its_own():
    drawn = {avatars.generated(f"Name {n}") for n in range(50)}
    assert len(drawn) == 50
    assert avatars.generated("ALICE") == avatars.generated("alice")
    for text in drawn:
        ET.parse(io.StringIO(text))  # noqa: S314 - our own
        assert "style" not in text
    assert avatars.generated('"><script>').count("script") == 0
    assert avatars.data_uri("Alice").startswith("data:image/svg+xml;base64,")


def test_badges_are_made_awarded_and_taken_back(library):
    alice, mary = build.account(library, "Alice"), build.account(library, "Mary", Role.MODERATOR)
    image = avatars.keep(library, build.png())
    with library.writing(alice) as tx:
        for act in (
            lambda: badges.create(tx, "Artist"),
            lambda: badges.award(tx, alice.account_id, 1),
            lambda: badges.take_back(tx, 1),
        ):
            with pytest.raises(Forbidden):
                act()
    with library.writing(mary) as tx:
        artist = badges.create(tx, "Artist", description="Draws", image=image)
        for wrong in ({"title": ""}, {"title": "Artist"}, {"title": "x", "image": "../x"}):
            with pytest.raises(Invalid):
                badges.create(tx, **wrong)
        given = badges.award(tx, alice.account_id, artist.id, label="Great artist", reason="so")
        badges.award(tx, alice.account_id, artist.id)
        for account_id, badge_id in ((999, artist.id), (alice.account_id, 999)):
            with pytest.raises(NotFound):
                badges.award(tx, account_id, badge_id)
        badges.edit(tx, artist.id, is_retired=True, title="Painter")
        with pytest.raises(Invalid):
            badges.award(tx, alice.account_id, artist.id)
        assert given.awarded_by_name == "Mary"
    with library.writing(alice) as tx:
        assert [one.title for one in badges.of_account(tx, alice.account_id)] == [
            "Great artist",
            "Painter",
        ]
        assert {one.kind for one in news.find(tx)[0]} == {NewsKind.AWARD}
    with library.writing(mary) as tx:
        badges.take_back(tx, given.id)
        with pytest.raises(NotFound):
            badges.take_back(tx, given.id)
        assert len(badges.of_account(tx, alice.account_id)) == 1
        assert [one.title for one in badges.find_all(tx)] == ["Painter"]


def test_links_are_seen_by_others_once_verified(library):
    alice, mary = build.account(library, "Alice"), build.account(library, "Mary", Role.MODERATOR)
    build.image(library, "safe, artist:alice, dog", actor=alice)
    with library.writing(alice) as tx:
        made = links.add(tx, " https://example.org/alice ", "Artist:Alice")
        hidden = links.add(tx, "https://example.org/other", is_public=False)
        assert (made.tag_slug, made.state) == ("artist-colon-alice", LinkState.UNVERIFIED)
        assert made.code.startswith("menagerie-")
        assert made.code != hidden.code
        wrong = [
            ("javascript:alert(1)", None, "url"),
            ("https://", None, "url"),
            ("https://a b", None, "url"),
            ("https://example.org/alice", None, "url"),
            ("https://example.org/" + "x" * 1000, None, "url"),
            ("https://example.org/3", "artist:nobody", "tag"),
        ]
        for url, tag, field in wrong:
            with pytest.raises(Invalid) as refused:
                links.add(tx, url, tag)
            assert list(refused.value.fields) == [field]
        with pytest.raises(Forbidden):
            links.decide(tx, made.id, LinkState.VERIFIED)
        assert links.of_account(tx, alice.account_id) == [made, hidden]
    with library.reading(ANONYMOUS) as tx:
        assert links.of_account(tx, alice.account_id) == links.of_tag(tx, made.tag_id) == []
        assert not links.is_linked(tx, alice.account_id, made.tag_id)
        with pytest.raises(Unauthenticated):
            links.waiting(tx)
    with library.writing(mary) as tx:
        assert links.waiting(tx) == ([made, hidden], 2)
        for link in (made, hidden):
            links.decide(tx, link.id, LinkState.VERIFIED)
        assert links.waiting(tx) == ([], 0)
    with library.reading(ANONYMOUS) as tx:
        (seen,) = links.of_account(tx, alice.account_id)
        assert (seen.url, seen.code) == ("https://example.org/alice", "")
        assert links.of_tag(tx, made.tag_id) == [seen]
        assert links.is_linked(tx, alice.account_id, tags.get_by_name(tx, "artist:alice").id)
    bob = build.account(library, "Bob")
    with library.writing(bob) as tx, pytest.raises(NotFound):
        links.delete(tx, made.id)
    with library.writing(alice) as tx:
        assert news.find(tx)[1] == 2
        links.delete(tx, made.id)
        assert [one.id for one in links.of_account(tx, alice.account_id)] == [hidden.id]
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, reason="rude", account_id=bob.account_id)
    with library.writing(bob) as tx, pytest.raises(Banned):
        links.add(tx, "https://example.org/bob")
