import pytest

import build
from menagerie.core import dnp, tags, vocabulary
from menagerie.core.people import links, news
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS
from menagerie.storage.schema import Audience, DnpState, DnpType, LinkState, Role


@pytest.fixture
def people(library):
    """An artist whose tag was verified, a moderator, and somebody else."""
    artist = build.account(library, "Ann")
    mary = build.account(library, "Mary", Role.MODERATOR)
    build.image(library, "safe, artist:ann, dog", actor=artist)
    with library.writing(artist) as tx:
        link = links.add(tx, "https://example.org/ann", "artist:ann")
        with pytest.raises(Forbidden):
            dnp.request(tx, "artist:ann", DnpType.ARTIST_UPLOAD_ONLY)
    with library.writing(mary) as tx:
        links.decide(tx, link.id, LinkState.VERIFIED)
    return artist, mary, build.account(library, "Bob")


def listed(library, actor, moderator, type_, **how):
    with library.writing(actor) as tx:
        entry = dnp.request(tx, "artist:ann", type_, **how)
    with library.writing(moderator) as tx:
        return dnp.decide(tx, entry.id, DnpState.LISTED)


def test_an_entry_is_seen_and_enforced_once_listed(library, people):
    artist, mary, bob = people
    with library.writing(artist) as tx:
        entry = dnp.request(
            tx, "Artist:Ann", "Artist Upload Only", reason="mine", hides_reason=True, feedback="hi"
        )
        assert (entry.reason, entry.feedback, entry.state) == ("mine", "hi", DnpState.REQUESTED)
        assert dnp.own(tx) == [entry]
    build.image(library, "safe, artist:ann, cat", actor=bob)
    with library.reading(bob) as tx:
        assert dnp.of_tag(tx, entry.tag_id) == []
        assert dnp.find_listed(tx) == ([], 0)
        with pytest.raises(NotFound):
            dnp.get(tx, entry.id)
        with pytest.raises(Forbidden):
            dnp.waiting(tx)
    with library.writing(mary) as tx:
        assert [one.id for one in dnp.waiting(tx)[0]] == [entry.id]
        dnp.decide(tx, entry.id, DnpState.LISTED)
        assert dnp.waiting(tx) == ([], 0)
    with library.reading(ANONYMOUS) as tx:
        (seen,) = dnp.of_tag(tx, entry.tag_id)
        assert (seen.tag_slug, seen.reason, seen.feedback) == ("artist-colon-ann", "", "")
        assert seen.account_name == "Ann"
    with library.reading(artist) as tx:
        assert [one.kind for one in news.find(tx)[0]] == ["dnp", "link"]
    for stranger in (bob, mary):
        with pytest.raises(Invalid) as refused:
            build.image(library, "safe, artist:ann, bird", actor=stranger)
        assert refused.value.fields == {"image": ["DNP (Artist Upload Only)"]}
    build.image(library, "safe, artist:ann, bird", actor=artist)
    build.image(library, "safe, artist:ann, bird", actor=bob, audience=Audience.PRIVATE)
    build.image(library, "safe, artist:ann, bird")  # the library's operator
    with library.writing(artist) as tx:
        assert dnp.decide(tx, entry.id, DnpState.RESCINDED).state is DnpState.RESCINDED
        with pytest.raises(Forbidden):
            dnp.decide(tx, entry.id, DnpState.LISTED)
    build.image(library, "safe, artist:ann, fish", actor=bob)


def test_no_edits_refuses_only_edits(library, people):
    artist, mary, bob = people
    listed(library, artist, mary, DnpType.NO_EDITS)
    listed(library, artist, mary, DnpType.OTHER, conditions="Ask me", reason="why not")
    build.image(library, "safe, artist:ann, dog", actor=bob)
    with pytest.raises(Invalid) as refused:
        build.image(library, "safe, artist:ann, edit", actor=bob)
    assert refused.value.fields == {"image": ["DNP (No Edits)"]}
    with library.reading(bob) as tx:
        assert [one.reason for one in dnp.find_listed(tx)[0]] == ["", "why not"]


def test_wishes_and_links_follow_the_tag_to_its_new_name(library, people):
    artist, mary, bob = people
    listed(library, artist, mary, DnpType.ARTIST_UPLOAD_ONLY)
    build.image(library, "safe, artist:anna", actor=artist)
    with library.writing(mary) as tx:
        old, new = (tags.get_by_name(tx, f"artist:{name}") for name in ("ann", "anna"))
        vocabulary.alias(tx, old.id, new.id)
        (entry,) = dnp.find_listed(tx)[0]
        assert entry.tag_name == "artist:anna"
    for name in ("artist:ann", "artist:anna"):
        with pytest.raises(Invalid):
            build.image(library, f"safe, {name}, bird", actor=bob)
    build.image(library, "safe, artist:ann, bird", actor=artist)


def test_what_cannot_be_asked(library, people):
    artist, _, bob = people
    wrong = [
        (("artist:nobody", "No Edits"), {}, "tag"),
        (("artist:ann", "Nothing"), {}, "type"),
        (("artist:ann", "Other"), {}, "conditions"),
        (("artist:ann", "No Edits"), {"reason": "x" * 10_001}, "reason"),
        (("artist:ann", "No Edits"), {"feedback": "\0"}, "feedback"),
    ]
    with library.writing(artist) as tx:
        for given, how, field in wrong:
            with pytest.raises(Invalid) as refused:
                dnp.request(tx, *given, **how)
            assert list(refused.value.fields) == [field]
    with library.writing(bob) as tx, pytest.raises(Forbidden):
        dnp.request(tx, "artist:ann", "No Edits")
    with library.writing(ANONYMOUS) as tx, pytest.raises(Unauthenticated):
        dnp.request(tx, "artist:ann", "No Edits")
