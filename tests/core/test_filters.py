import pytest

import rows
from menagerie.core import accounts, filters, find, tags, vocabulary
from menagerie.core.staff import bans
from menagerie.errors import Banned, Forbidden, Invalid, NotFound, QueryError, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.search import nodes
from menagerie.storage.schema import Role


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


@pytest.fixture
def bob(library):
    return rows.account(library, "Bob")


def chosen(alice, filter_id):
    return Actor(role=Role.USER, account_id=alice.account_id, name=alice.name, filter_id=filter_id)


def test_the_system_has_its_two_filters_under_known_ids(library):
    with library.writing(SYSTEM) as tx:
        filters.seed(tx)
    with library.reading(ANONYMOUS) as tx:
        default, everything = filters.system(tx)
        ids = {name: tag.id for name, tag in tags.canonical(tx, tags.RATINGS).items()}
        assert filters.get(tx, 1) == default
    assert (default.id, default.name, everything.id, everything.name) == (
        1,
        "Default",
        2,
        "Everything",
    )
    assert default.hidden_tag_ids == tuple(sorted((ids["explicit"], ids["grotesque"])))
    assert default.spoilered_tag_ids == (ids["questionable"],)
    assert everything.hidden_tag_ids == everything.spoilered_tag_ids == ()
    assert default.is_system
    assert not default.is_public


def test_a_filter_takes_names_ids_and_aliases(library, alice):
    dog, hound, cat = rows.tag_ids(library, "dog", "hound", "cat")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, hound, dog)
    with library.writing(alice) as tx:
        made = filters.create(
            tx,
            name=" Mine ",
            hidden_tags=["Hound, nowhere", cat, 10**30, -1],
            spoilered_tags=[hound],
            hidden_query="score.lt:0\n\nmy:hidden",
        )
        assert made.id > 2
    with library.reading(alice) as tx:
        found = filters.get(tx, made.id)
        assert filters.own(tx) == [found]
    assert found == made
    assert (found.name, found.account_id) == ("Mine", alice.account_id)
    assert found.hidden_tag_ids == tuple(sorted((dog, cat)))
    assert found.spoilered_tag_ids == (dog,)


def test_what_is_wrong_with_a_filter_is_said_all_together(library, alice):
    with library.writing(alice) as tx:
        filters.create(tx, name="Mine")
        with pytest.raises(Invalid) as caught:
            filters.create(
                tx,
                name="Mine",
                description="x" * 10_001,
                hidden_query="safe\n(dog",
                spoilered_query="filter_id:2",
            )
    assert caught.value.fields == {
        "name": ["has already been taken"],
        "description": ["should be at most 10000 byte(s)"],
        "hidden_query": ["Imbalanced parentheses."],
        "spoilered_query": ["Filter queries inside filters are not allowed."],
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "é" * 128}, "name"),
        ({"name": "x", "hidden_query": "safe, -(my:downvotes)"}, "hidden_query"),
        ({"name": "x", "spoilered_query": "a\ud800"}, "spoilered_query"),
        ({"name": "x", "description": "\0"}, "description"),
    ],
)
def test_refused_values(library, alice, values, field):
    with pytest.raises(Invalid) as caught, library.writing(alice) as tx:
        filters.create(tx, **values)
    assert list(caught.value.fields) == [field]


def test_two_owners_may_use_one_name(library, alice, bob):
    for actor in (alice, bob):
        with library.writing(actor) as tx:
            made = filters.create(tx, name="Mine")
    with library.writing(bob) as tx:
        assert filters.edit(tx, made.id, name="Mine", description="d").description == "d"


def test_who_may_read_and_change(library, alice, bob):
    mod = rows.account(library, "Mod", "moderator")
    admin = rows.account(library, "Root", "admin")
    with library.writing(alice) as tx:
        private = filters.create(tx, name="private").id
        public = filters.create(tx, name="public", is_public=True).id
    for actor, readable in (
        (alice, {private, public}),
        (bob, {public}),
        (ANONYMOUS, {public}),
        (mod, {private, public}),
    ):
        with library.reading(actor) as tx:
            found = filters.find_many(tx, [private, public, 999, 2**70])
            assert {f.id for f in found} == readable
            if private not in readable:
                with pytest.raises(NotFound):
                    filters.get(tx, private)
    for actor, target, error in (
        (bob, private, NotFound),
        (bob, public, Forbidden),
        (mod, private, Forbidden),
        (alice, 1, Forbidden),
        (ANONYMOUS, public, Unauthenticated),
    ):
        for change in (lambda tx, i: filters.edit(tx, i, name="x"), filters.delete):
            with pytest.raises(error), library.writing(actor) as tx:
                change(tx, target)
    with library.writing(admin) as tx:
        assert filters.edit(tx, 1, description="Calm.").hidden_tag_ids
        with pytest.raises(Forbidden):
            filters.delete(tx, 1)


def test_an_edit_changes_only_what_is_given(library, alice):
    with library.writing(alice) as tx:
        made = filters.create(tx, name="a", hidden_tags=["safe"], hidden_query="x")
        edited = filters.edit(tx, made.id, spoilered_tags=["explicit"], is_public=True)
        emptied = filters.edit(tx, made.id, hidden_tags=[], hidden_query="")
    assert edited.hidden_tag_ids == made.hidden_tag_ids
    assert edited.hidden_query == "x"
    assert edited.is_public
    assert edited.spoilered_tag_ids
    assert (emptied.hidden_tag_ids, emptied.hidden_query) == ((), "")
    with library.reading(alice) as tx:
        assert filters.get(tx, made.id) == emptied


def test_the_filter_in_force(library, alice, bob):
    with library.writing(alice) as tx:
        own = filters.create(tx, name="own").id
    with library.writing(bob) as tx:
        foreign = filters.create(tx, name="foreign").id
    for actor, requested, expected in (
        (ANONYMOUS, None, 1),
        (ANONYMOUS, 2, 2),
        (ANONYMOUS, own, 1),
        (ANONYMOUS, 999, 1),
        (alice, None, 1),
        (alice, foreign, 1),
        (chosen(alice, own), None, own),
        (chosen(alice, own), 2, 2),
        (chosen(alice, own), foreign, own),
        (chosen(alice, foreign), None, 1),
    ):
        with library.reading(actor) as tx:
            assert filters.effective(tx, requested).id == expected


def test_choosing_counts_users_and_deleting_lets_them_go(library, alice, bob):
    with library.writing(alice) as tx:
        own = filters.create(tx, name="own", is_public=True).id
    for actor in (alice, bob, bob):
        with library.writing(actor) as tx:
            filters.choose(tx, own)
    with library.writing(alice) as tx:
        filters.choose(tx, 2)
        assert filters.get(tx, own).user_count == filters.get(tx, 2).user_count == 1
        assert filters.recount(tx) == []
    assert {("account", bob.account_id, None), ("filter", own, None)} <= rows.changes(library)
    with library.writing(alice) as tx:
        filters.delete(tx, own)
        assert filters.recount(tx) == []
    with library.reading(chosen(bob, own)) as tx:
        assert filters.effective(tx).id == 1
    with pytest.raises(NotFound), library.writing(alice) as tx:
        filters.choose(tx, own)
    with pytest.raises(Unauthenticated), library.writing(ANONYMOUS) as tx:
        filters.choose(tx, 2)


def test_a_query_is_one_search_a_line():
    dog, cat = nodes.Term("tags", "dog"), nodes.Term("tags", "cat")
    assert filters.parse_query("dog\r\n \ncat", now=0) == nodes.Or((dog, cat))
    assert filters.parse_query("dog", now=0) == dog
    assert filters.parse_query(" \n", now=0) == nodes.Nothing()
    with pytest.raises(QueryError) as caught:
        filters.parse_query("dog\ncat\n(x", now=0)
    assert caught.value.start >= 8


def test_a_query_that_became_senseless_matches_everything():
    assert filters.compile_query("dog\n(", now=0) == nodes.All()
    assert filters.compile_query("dog", now=0) == nodes.Term("tags", "dog")


def test_a_description_is_found_by_its_words_until_it_is_gone(library) -> None:
    with library.reading(SYSTEM) as tx:
        assert find.filters(tx, "description:hiding", page=1, per_page=5).ids == [1, 2]
    actor = rows.account(library, "Finder")
    with library.writing(actor) as tx:
        made = filters.create(tx, name="quiet", description="No barking dogs")
        assert find.filters(tx, "description:dog", page=1, per_page=5).ids == [made.id]
        filters.edit(tx, made.id, description="Nothing")
        assert find.filters(tx, "description:dog", page=1, per_page=5).ids == []


def test_whoever_is_banned_shows_nothing_to_others(library, alice):
    with library.writing(alice) as tx:
        shown = filters.create(tx, name="Shown", is_public=True)
        own = filters.create(tx, name="Own")
    with library.writing(SYSTEM) as tx:
        bans.ban(tx, account_id=alice.account_id, reason="spam")
    with library.writing(alice) as tx:
        assert filters.edit(tx, own.id, name="Mine").name == "Mine"
        assert not filters.edit(tx, shown.id, is_public=False).is_public
        for publish in (
            lambda: filters.create(tx, name="Spam", is_public=True),
            lambda: filters.edit(tx, own.id, is_public=True),
            lambda: accounts.edit(tx, description="spam"),
        ):
            with pytest.raises(Banned):
                publish()
