import pytest

import build
from menagerie.core import staff_log, suggestions, tags, words
from menagerie.core.staff import bans
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage.schema import Audience, Role, SuggestionState, WordKind


@pytest.fixture
def mod(library):
    return build.account(library, "Mod", Role.MODERATOR)


def wish(library, name, times=1, actor=ANONYMOUS):
    with library.writing(actor) as tx:
        return [suggestions.suggest(tx, name) for _ in range(times)][-1]


def test_anybody_wishes_and_each_time_counts(library):
    first = wish(library, "  Sea   Slugs_ ")
    assert (first.name, first.tag_name, first.use_count) == ("Sea Slugs_", "sea slugs", 1)
    assert first.state == SuggestionState.OPEN
    assert wish(library, "sea slugs", 2, build.account(library)).use_count == 3
    with library.reading(ANONYMOUS) as tx:
        assert [s.name for s in suggestions.open(tx)] == ["Sea Slugs_"]


def test_what_can_be_no_word_or_is_one_is_refused(library):
    for name in ("", "  ", "_", "a, b", "a\0b", "a\x07b", "\ud800", "x" * 101, "DOG", "mouth/dog"):
        with pytest.raises(Invalid) as raised:
            wish(library, name)
        assert list(raised.value.fields) == ["name"], name
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, network="192.0.2.0/24", reason="no")
    with pytest.raises(Banned):
        wish(library, "yeti", actor=Actor(address="192.0.2.7"))
    with library.reading(ANONYMOUS) as tx:
        assert suggestions.open(tx) == []


def test_trending_counts_what_was_said_and_what_images_carry(library):
    wish(library, "yeti", 3)
    wish(library, "kraken", 1)
    for _ in range(2):
        build.image(library, "safe, kraken, one")
    build.image(library, "safe, kraken, secret", audience=Audience.PRIVATE)
    with library.reading(ANONYMOUS) as tx:
        found = [(use.suggestion.name, use.count) for use in suggestions.uses(tx)]
        assert found == [("yeti", 3), ("kraken", 2)]
        assert [use.suggestion.name for use in suggestions.trending(tx, 2)] == ["yeti"]
        assert suggestions.trending(tx) == []
    wish(library, "yeti", 17)
    with library.reading(ANONYMOUS) as tx:
        assert suggestions.trending(tx) == []
    wish(library, "yeti")
    with library.reading(ANONYMOUS) as tx:
        assert [use.count for use in suggestions.trending(tx)] == [21]


def test_accepting_makes_every_image_with_the_tag_one_with_the_label(library, mod):
    image_id = build.image(library, "safe, yeti, one")
    wish(library, "Yeti")
    with library.writing(mod) as tx:
        with pytest.raises(Invalid, match="plural"):
            suggestions.accept(tx, "yeti", kind=WordKind.NORMAL)
        word = suggestions.accept(tx, "yeti", kind=WordKind.NORMAL, plural="yetis")
    assert (word.name, word.plural) == ("Yeti", "yetis")
    with library.reading(ANONYMOUS) as tx:
        assert words.vocabulary(tx).by_tag(tags.get_by_name(tx, "yeti").id) == word
        assert suggestions.open(tx) == []
        assert image_id in tx.version.posting(word.tag_id)
    with library.reading(mod) as tx:
        (entry,) = staff_log.find(tx, subject_kind="suggestion")
        assert (entry.action, entry.account_name) == ("accept word", "Mod")
    with library.writing(mod) as tx, pytest.raises(Invalid, match="already the label"):
        suggestions.accept(tx, "yeti", kind=WordKind.NORMAL, plural="yetis")


def test_a_better_spelling_takes_the_labels_and_maps_the_old_one(library, mod):
    image_id = build.image(library, "safe, smartfone, one")
    other_id = build.image(library, "safe, yetti, one")
    wish(library, "smartfone")
    wish(library, "yetti")
    with library.writing(mod) as tx:
        known = suggestions.accept(
            tx, "smartfone", kind=WordKind.NORMAL, plural="x", rename_to="smartphone"
        )
        new = suggestions.accept(
            tx, "yetti", kind=WordKind.NORMAL, plural="yetis", rename_to="yeti"
        )
    with library.reading(ANONYMOUS) as tx:
        book = words.vocabulary(tx)
        assert book.by_name("smartphone") == known
        assert known.plural == "smartphones"
        assert tags.canonical(tx, ["smartfone"])["smartfone"].id == known.tag_id
        assert tags.canonical(tx, ["yetti"])["yetti"].id == new.tag_id
        assert image_id in tx.version.posting(known.tag_id)
        assert other_id in tx.version.posting(new.tag_id)
    with pytest.raises(Invalid, match="already the label 'yeti'"):
        wish(library, "Yetti")


def test_a_suggestion_may_become_a_part_or_a_scene(library, mod):
    for name in ("snout", "moon/tree", "attic"):
        wish(library, name)
    with library.writing(mod) as tx:
        snout = suggestions.accept(tx, "snout", kind=WordKind.NORMAL, parent="dog")
        moon = suggestions.accept(tx, "moon/tree", kind=WordKind.NORMAL, parent="tree")
        attic = suggestions.accept(tx, "attic", kind=WordKind.META)
        assert [w.accessor for w in (snout, moon, attic)] == [
            "dog.has='snout'",
            "tree.has='moon'",
            "attic",
        ]
        with pytest.raises(Invalid, match="'dgo' is no label; near: dog"):
            suggestions.accept(tx, "snout", kind=WordKind.NORMAL, parent="dgo")


def test_a_rejected_suggestion_stays_so(library, mod):
    wish(library, "yeti")
    with library.writing(mod) as tx:
        assert suggestions.reject(tx, "Yeti").state == SuggestionState.REJECTED
        with pytest.raises(NotFound):
            suggestions.reject(tx, "kraken")
    assert wish(library, "yeti").state == SuggestionState.REJECTED
    with library.writing(mod) as tx:
        suggestions.accept(tx, "yeti", kind=WordKind.NORMAL, plural="yetis")
        with pytest.raises(Invalid):
            suggestions.reject(tx, "yeti")


def test_only_moderators_decide(library):
    wish(library, "yeti")
    for actor, error in ((ANONYMOUS, Unauthenticated), (build.account(library), Forbidden)):
        with library.writing(actor) as tx:
            with pytest.raises(error):
                suggestions.accept(tx, "yeti", kind=WordKind.NORMAL, plural="yetis")
            with pytest.raises(error):
                suggestions.reject(tx, "yeti")
    with library.reading(ANONYMOUS) as tx:
        assert [s.name for s in suggestions.open(tx)] == ["yeti"]


def test_a_word_made_by_hand_fulfils_the_wish_and_one_taken_out_opens_it_again(library):
    wish(library, "yeti")
    with library.writing(SYSTEM) as tx:
        word = words.add(tx, "yeti", kind=WordKind.NORMAL)
        assert suggestions.open(tx) == []
        words.remove(tx, word.key)
    assert wish(library, "yeti").state == SuggestionState.OPEN
