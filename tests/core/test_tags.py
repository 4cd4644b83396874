import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import rows
from menagerie.core import find, labels, tags, vocabulary
from menagerie.errors import Forbidden, Invalid, NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM, Actor
from menagerie.storage import schema
from menagerie.storage.schema import Audience


def names(resolved):
    return [r.tag.name for r in resolved]


@given(st.text(alphabet="-/\\:.+ abdhlopsuwfnct", max_size=12))
@settings(max_examples=200)
def test_a_slug_can_be_read_back(name):
    assert tags.name_of_slug(tags.slug_of(name)) == name


def test_slugs_are_escaped_as_other_boards_do():
    assert tags.slug_of("a-b/c\\d:e.f+g h") == "a-dash-b-fwslash-c-bwslash-d-colon-e-dot-f-plus-g+h"
    assert tags.name_of_slug(tags.slug_of("/plus/")) == "/plus/"


def test_a_list_is_normalised_cut_and_made_distinct():
    assert tags.parse_list(" Safe,dog ,,DOG, artist : Foo_Bar, big_dog") == [
        "safe",
        "dog",
        "artist:foo_bar",
        "big dog",
    ]
    assert tags.parse_list(["a, b", "c"]) == ["a", "b", "c"]


def test_a_name_may_have_255_bytes_and_a_longer_one_is_dropped():
    assert tags.parse_list("x" * 255) == ["x" * 255]
    assert tags.parse_list("x" * 256) == []
    assert tags.parse_list("é" * 128) == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_no_database_holds_is_refused(text):
    with pytest.raises(Invalid) as caught:
        tags.parse_list(text)
    assert list(caught.value.fields) == ["tags"]


def test_too_many_names_are_refused():
    with pytest.raises(Invalid):
        tags.parse_list(",".join(f"t{n}" for n in range(tags.MAX_NAMES + 1)))


@pytest.mark.parametrize(
    ("given_tags", "expected"),
    [
        ("safe, dog, solo", []),
        ("solo", ["must contain at least one rating tag", "must contain at least 3 tags"]),
        ("", ["must contain at least one rating tag", "must contain at least 3 tags"]),
        ("safe, explicit, dog", ["may not contain any other rating if safe"]),
        ("safe, grotesque, dog", ["may not contain any other rating if safe"]),
        ("suggestive, explicit, dog", ["may contain at most one sexual rating"]),
        ("semi-grimdark, grimdark, dog", ["may contain at most one grim rating"]),
        ("grotesque, dog, solo", []),
        ("grotesque, explicit, grimdark", []),
        ("safe, dog, tagme", ["contains forbidden tag `tagme'"]),
        (
            "safe, suggestive, questionable, grimdark, semi-grimdark, no tag",
            [
                "may contain at most one grim rating",
                "may contain at most one sexual rating",
                "may not contain any other rating if safe",
                "contains forbidden tag `no tag'",
            ],
        ),
    ],
)
def test_board_rules(given_tags, expected):
    assert tags.board_problems(tags.parse_list(given_tags), minimum=3) == expected


def test_the_minimum_is_said_as_it_is_set():
    assert tags.board_problems(["safe"], minimum=5) == ["must contain at least 5 tags"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("cat", "cat, dog", []),
        ("cat, dog", "cat, cow", []),
        ("cat, dog", "cat", ["must contain at least 3 tags"]),
        ("safe, cat, dog", "cat, dog, cow", ["must contain at least one rating tag"]),
        ("safe, explicit, cat", "safe, explicit, dog", []),
        (
            "safe, explicit, cat",
            "safe, explicit, questionable, cat",
            ["may contain at most one sexual rating", "may not contain any other rating if safe"],
        ),
        ("tagme, safe, a", "tagme, safe, b", []),
        ("tagme, safe, a", "notag, safe, b", ["contains forbidden tag `notag'"]),
    ],
)
def test_an_edit_is_judged_by_what_it_makes_worse(before, after, expected):
    found = tags.worsened(tags.parse_list(before), tags.parse_list(after), minimum=3)
    assert found == expected


def test_new_tags_have_category_and_namespace_of_their_name(library):
    with library.writing(SYSTEM) as tx:
        made = tags.resolve(
            tx, ["artist:a", "art pack:b", "oc:c", "spoiler:d", "species:e", "foo:f", "g"]
        )
    assert [(r.tag.category, r.tag.namespace, r.tag.name_in_namespace) for r in made] == [
        ("origin", "artist", "a"),
        ("content-fanmade", "art pack", "b"),
        ("oc", "oc", "c"),
        ("spoiler", "spoiler", "d"),
        (None, "species", "e"),
        (None, None, "foo:f"),
        (None, None, "g"),
    ]
    assert {("tag", r.tag.id, None) for r in made} <= rows.changes(library)


def test_rating_tags_are_seeded_once(library):
    with library.writing(SYSTEM) as tx:
        tags.seed(tx)
        found = tx.all(select(schema.tags.c.name).where(schema.tags.c.category == "rating"))
    assert {name for (name,) in found} == set(tags.RATINGS)


def test_resolving_follows_aliases_and_implies_one_level(library):
    dog, pug, animal, _puppy, doggo = rows.tag_ids(
        library, "dog", "pug", "animal", "puppy", "doggo"
    )
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, doggo, dog)
        vocabulary.imply(tx, pug, doggo)
        vocabulary.imply(tx, dog, animal)
        vocabulary.imply(tx, dog, animal)
        assert names(tags.resolve(tx, ["doggo", "dog", "safe"])) == ["dog", "safe", "animal"]
        resolved = tags.resolve(tx, ["pug", "puppy"])
    assert [(r.tag.name, r.is_implied) for r in resolved] == [
        ("pug", False),
        ("puppy", False),
        ("dog", True),
    ]


def test_an_original_character_brings_its_tag_if_there_is_one(library):
    with library.writing(SYSTEM) as tx:
        assert names(tags.resolve(tx, ["oc:rex"])) == ["oc:rex"]
        tags.resolve(tx, ["oc"])
        resolved = tags.resolve(tx, ["oc:rex"])
        assert [(r.tag.name, r.is_implied) for r in resolved] == [("oc:rex", False), ("oc", True)]
        assert names(tags.resolve(tx, ["oc", "oc:rex"])) == ["oc", "oc:rex"]


def test_unknown_names_are_left_out_when_reading(library):
    with library.reading(ANONYMOUS) as tx:
        assert names(tags.resolve(tx, ["safe", "nowhere"], create=False)) == ["safe"]


def test_a_tag_page_names_its_relatives_by_slug(library):
    dog, hound, pug, animal = rows.tag_ids(library, "dog", "hound", "artist:pug", "animal")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, hound, dog)
        vocabulary.imply(tx, pug, dog)
        vocabulary.imply(tx, dog, animal)
    with library.reading(ANONYMOUS) as tx:
        page = tags.get_by_slug(tx, "dog")
        alias = tags.get_by_slug(tx, "hound")
        assert [p.name for p in tags.find_many(tx, [animal, 999_999, dog])] == ["animal", "dog"]
        with pytest.raises(NotFound):
            tags.get_by_slug(tx, "artist:pug")
        assert tags.get_by_slug(tx, "artist-colon-pug").id == pug
    assert (page.aliases, page.implied_tags, page.implied_by_tags) == (
        ("hound",),
        ("animal",),
        ("artist-colon-pug",),
    )
    assert (page.aliased_tag, alias.aliased_tag) == (None, "dog")


def test_tags_are_shown_by_category_and_name(library):
    with library.writing(SYSTEM) as tx:
        listed = ["zoo", "apple", "oc:rex", "artist:z", "artist:a", "safe", "comic:x", "spoiler:s"]
        made = [r.tag for r in tags.resolve(tx, listed)]
        vocabulary.set_category(tx, made[0].id, "species")
        made[0] = tags.get(tx, made[0].id)
    assert [t.name for t in sorted(made, key=tags.display_key)] == [
        "safe",
        "artist:a",
        "artist:z",
        "oc:rex",
        "zoo",
        "comic:x",
        "spoiler:s",
        "apple",
    ]


def test_autocomplete_finds_names_bare_names_and_aliases_by_use(library):
    rows.image(library, "safe, solo, pinkie, artist:pinto")
    rows.image(library, "safe, solo, pinkie, horse")
    _unused, pinky, horse, pony = rows.tag_ids(library, "pinata", "pinky", "horse", "pinpony")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, pinky, tags.get_by_name(tx, "pinkie").id)
        vocabulary.alias(tx, pony, horse)
    with library.reading(ANONYMOUS) as tx:
        assert tags.autocomplete(tx, "PIN") == [
            tags.Suggestion(None, "pinkie", 2),
            tags.Suggestion(None, "artist:pinto", 1),
            tags.Suggestion("pinpony", "horse", 1),
        ]
        assert tags.autocomplete(tx, "pinky") == [tags.Suggestion("pinky", "pinkie", 2)]
        assert len(tags.autocomplete(tx, "pin", 1)) == 1
        assert tags.autocomplete(tx, " ") == tags.autocomplete(tx, "a\0") == []


def test_autocomplete_among_very_many_that_begin_alike(library):
    rows.image(library, "safe, pin 1, pin 7")
    rows.image(library, "safe, pin 7, artist:pinto")
    rows.tag_ids(library, *(f"pin {n}" for n in range(tags._MOST_MATCHES + 1)))
    alias, target = rows.tag_ids(library, "pin x", "safe")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, alias, target)
    with library.reading(ANONYMOUS) as tx:
        assert tags.autocomplete(tx, "pin") == [
            tags.Suggestion(None, "pin 7", 2),
            tags.Suggestion("pin x", "safe", 2),
            tags.Suggestion(None, "artist:pinto", 1),
            tags.Suggestion(None, "pin 1", 1),
        ]


def test_an_alias_moves_labels_filters_and_watchers(library):
    both = rows.image(library, "safe, dog, hound")
    one = rows.image(library, "safe, hound, solo")
    back = rows.image(library, "safe, hound, dog, solo")
    dog, hound = rows.tag_ids(library, "dog", "hound")
    alice = rows.account(library, "Alice")
    with library.writing(SYSTEM) as tx:
        labels.edit(tx, back, remove=["dog"])
        tx.execute(
            schema.filters.insert().values(
                id=77, account_id=alice.account_id, name="f", created_at=0, updated_at=0
            )
        )
        for tag_id, effect in ((dog, "hide"), (hound, "hide"), (hound, "spoiler")):
            tx.execute(
                schema.filter_tags.insert().values(filter_id=77, tag_id=tag_id, effect=effect)
            )
        tx.execute(schema.watched_tags.insert().values(account_id=alice.account_id, tag_id=hound))
        vocabulary.alias(tx, hound, dog)
        vocabulary.alias(tx, hound, dog)
        assert labels.recount(tx) == []
        listed = schema.filter_tags.c
        kept = tx.all(select(listed.tag_id, listed.effect).where(listed.filter_id == 77))
        assert sorted(map(tuple, kept)) == [(dog, "hide"), (dog, "spoiler")]
        assert tx.scalar(select(schema.watched_tags.c.tag_id)) == dog
    assert rows.tags_of(library, both) == {"safe", "dog"}
    assert rows.tags_of(library, one) == rows.tags_of(library, back) == {"safe", "dog", "solo"}
    assert (rows.count(library, "dog"), rows.count(library, "hound")) == (3, 0)
    assert {
        ("tag", hound, None),
        ("posting", hound, None),
        ("posting", dog, None),
        ("image", both, None),
        ("filter", 77, None),
        ("account", alice.account_id, None),
    } <= rows.changes(library)


def test_aliases_never_chain(library):
    dog, hound, wolf = rows.tag_ids(library, "dog", "hound", "wolf")
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, hound, dog)
        for source, target, fields in (
            (
                wolf,
                hound,
                {"aliased_tag": ["is itself aliased and would create a transitive alias"]},
            ),
            (wolf, wolf, {"aliased_tag": ["is the same tag as the source"]}),
            (dog, wolf, {"tag": ["has incoming aliases and cannot be aliased"]}),
        ):
            with pytest.raises(Invalid) as caught:
                vocabulary.alias(tx, source, target)
            assert caught.value.fields == fields
        vocabulary.unalias(tx, hound)
        vocabulary.alias(tx, dog, wolf)
        assert tags.canonical(tx, ["hound", "dog"])["hound"].name == "hound"


def test_only_moderators_change_the_vocabulary(library):
    dog, hound = rows.tag_ids(library, "dog", "hound")
    alice, mod = rows.account(library, "Alice"), rows.account(library, "Mod", "moderator")
    for actor, error in ((alice, Forbidden), (ANONYMOUS, Unauthenticated)):
        with library.writing(actor) as tx:
            for change in (
                lambda tx: vocabulary.alias(tx, hound, dog),
                lambda tx: vocabulary.unalias(tx, hound),
                lambda tx: vocabulary.imply(tx, hound, dog),
                lambda tx: vocabulary.unimply(tx, hound, dog),
                lambda tx: vocabulary.set_category(tx, dog, "species"),
                lambda tx: vocabulary.describe(tx, dog, description="x"),
            ):
                with pytest.raises(error):
                    change(tx)
    with library.writing(mod) as tx:
        vocabulary.describe(tx, dog, description="barks", short_description="b")
        vocabulary.set_category(tx, dog, "species")
        vocabulary.imply(tx, hound, dog)
        vocabulary.unimply(tx, hound, dog)
        with pytest.raises(Invalid):
            vocabulary.set_category(tx, dog, "animal")
        with pytest.raises(Invalid):
            vocabulary.describe(tx, dog, description="x" * 50_001)
        with pytest.raises(Invalid):
            vocabulary.imply(tx, dog, dog)
        with pytest.raises(NotFound):
            vocabulary.alias(tx, 12345, dog)
        tag = tags.get(tx, dog)
    assert (tag.description, tag.short_description, tag.category) == ("barks", "b", "species")


def test_a_description_is_found_by_its_words(library) -> None:
    with library.writing(SYSTEM) as tx:
        tag = tags.get_by_name(tx, "safe")
        vocabulary.describe(tx, tag.id, description="Suits everybody, kittens included")
    with library.reading(SYSTEM) as tx:
        assert find.tags(tx, "description:kitten", page=1, per_page=5).ids == [tag.id]


def test_a_word_only_on_a_private_image_is_known_to_its_owner_alone(library) -> None:
    owner, other = rows.account(library, "Owner"), rows.account(library, "Other")
    rows.image(library, "safe, holiday in secret", owner=owner, audience=Audience.PRIVATE)
    rows.image(library, "safe, shared", owner=owner, audience=Audience.PRIVATE)
    rows.image(library, "safe, shared", owner=other, audience=Audience.PRIVATE)
    secret, shared = rows.tag_ids(library, "holiday in secret", "shared")

    def known(actor: Actor, name: str, tag_id: int) -> set[bool]:
        with library.reading(actor) as tx:
            try:
                tags.get_by_slug(tx, tags.slug_of(name))
                by_slug = True
            except NotFound:
                by_slug = False
            by_id = bool(tags.find_many(tx, [tag_id]))
            return {by_slug, by_id, tag_id in find.tags(tx, name, page=1, per_page=5).ids}

    assert known(owner, "holiday in secret", secret) == {True}
    for stranger in (ANONYMOUS, other):
        assert known(stranger, "holiday in secret", secret) == {False}
    assert known(ANONYMOUS, "shared", shared) == {False}
    assert known(owner, "shared", shared) == known(other, "shared", shared) == {True}
    assert known(SYSTEM, "holiday in secret", secret) == {True}
    rows.image(library, "safe, shared, holiday in secret", owner=owner)
    for actor in (ANONYMOUS, owner, other):
        assert known(actor, "shared", shared) == {True}
