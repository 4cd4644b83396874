"""What models suggest: it never counts by itself, and people have the last word."""

import pytest

import rows
from menagerie.core import find, labels, tags, vocabulary
from menagerie.errors import NotFound, Unauthenticated
from menagerie.library import ANONYMOUS, SYSTEM
from menagerie.search.catalogue import Catalogue
from menagerie.storage.schema import Audience, Review


@pytest.fixture
def alice(library):
    return rows.account(library, "Alice")


def suggest(library, image_id, **confidences):
    with library.writing(SYSTEM) as tx:
        found = tags.resolve(tx, list(confidences))
        guesses = [(r.tag.id, confidences[r.tag.name]) for r in found if not r.is_implied]
        labels.suggest(tx, image_id, guesses)


def suggested(library, image_id, actor=SYSTEM):
    with library.reading(actor) as tx:
        return [(s.name, s.confidence) for s in labels.suggestions(tx, image_id)]


def found(library, text, actor=ANONYMOUS):
    with library.reading(actor) as tx:
        return sorted(find.images(tx, find.parse(tx, text)).ids)


def decline(library, image_id, name, actor):
    with library.writing(actor) as tx:
        labels.decline(tx, image_id, tags.get_by_name(tx, name).id)


def test_a_suggestion_is_found_as_such_from_the_threshold_on_and_counts_for_nothing(library):
    image_id = rows.image(library, "safe")
    suggest(library, image_id, pug=0.9, cup=0.5, sofa=0.49)
    assert suggested(library, image_id) == [("pug", 0.9), ("cup", 0.5), ("sofa", 0.49)]
    assert found(library, "suggested:pug, suggested:cup") == [image_id]
    assert found(library, "suggested:sofa") == []
    assert found(library, "pug") == []
    assert rows.tags_of(library, image_id) == {"safe"}
    assert rows.count(library, "pug") == 0
    with library.reading(SYSTEM) as tx:
        assert labels.recount(tx) == []
    assert library.catalogue.verify() == []


def test_suggesting_again_replaces_what_models_said_and_leaves_no_trace_if_nothing_differs(library):
    image_id = rows.image(library, "safe")
    suggest(library, image_id, pug=0.9, cup=0.6)
    before = library.catalogue.current().seq
    suggest(library, image_id, pug=0.9, cup=0.6)
    assert library.catalogue.current().seq == before
    suggest(library, image_id, pug=0.4, ball=0.7)
    assert suggested(library, image_id) == [("ball", 0.7), ("pug", 0.4)]
    assert found(library, "suggested:pug OR suggested:cup") == []
    assert found(library, "suggested:ball") == [image_id]
    assert library.catalogue.verify() == []


def test_people_win(library, alice):
    image_id = rows.image(library, "safe, sofa")
    suggest(library, image_id, pug=0.9, cup=0.8, ball=0.7, sofa=0.9)
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, add=["pug"], remove=["sofa"], enforce_board_rules=False)
    decline(library, image_id, "cup", alice)
    decline(library, image_id, "sofa", alice)  # nobody suggests it
    assert suggested(library, image_id) == [("ball", 0.7)]
    suggest(library, image_id, pug=0.9, cup=0.99, ball=0.7, sofa=0.99)
    assert suggested(library, image_id) == [("ball", 0.7)]
    assert rows.tags_of(library, image_id) == {"safe", "pug"}
    assert found(library, "suggested:cup OR suggested:pug OR suggested:sofa") == []
    assert found(library, "pug") == [image_id]
    with library.writing(alice) as tx:
        labels.edit(tx, image_id, add=["cup"], enforce_board_rules=False)
    assert rows.tags_of(library, image_id) == {"safe", "pug", "cup"}
    with library.reading(SYSTEM) as tx:
        assert labels.recount(tx) == []
    assert library.catalogue.verify() == []


def test_suggestions_follow_their_tag_when_it_becomes_an_alias(library, alice):
    one, other, third = (rows.image(library, "safe") for _ in range(3))
    suggest(library, one, gizmo=0.9)
    suggest(library, other, gizmo=0.9, gadget=0.8)
    suggest(library, third, gizmo=0.9, gadget=0.8)
    decline(library, other, "gadget", alice)
    decline(library, third, "gizmo", alice)
    with library.writing(SYSTEM) as tx:
        vocabulary.alias(tx, *(tags.get_by_name(tx, name).id for name in ("gizmo", "gadget")))
    assert found(library, "suggested:gadget") == [one]
    assert found(library, "suggested:gizmo") == [one]
    assert library.catalogue.verify() == []


def test_suggestions_are_seen_by_whoever_sees_the_image_and_declined_by_contributors(
    library, alice
):
    bob = rows.account(library, "Bob")
    moderator = rows.account(library, "Mod", "moderator")
    public = rows.image(library, "safe", owner=alice)
    private = rows.image(library, "safe", owner=alice, audience=Audience.PRIVATE)
    rejected = rows.image(library, "safe", owner=alice, review=Review.REJECTED)
    removed = rows.image(library, "safe", owner=alice)
    rows.remove(library, removed)
    for image_id in (public, private, rejected, removed):
        suggest(library, image_id, pug=0.9)
    may_see = {
        ANONYMOUS: {public},
        bob: {public},
        alice: {public, private, rejected},
        moderator: {public, rejected, removed},
    }
    for actor, ids in may_see.items():
        for image_id in (public, private, rejected, removed):
            if image_id in ids:
                assert suggested(library, image_id, actor) == [("pug", 0.9)]
            else:
                with pytest.raises(NotFound):
                    suggested(library, image_id, actor)
                with pytest.raises(NotFound):
                    decline(library, image_id, "pug", actor)
    assert found(library, "suggested:pug") == [public]
    assert found(library, "suggested:pug", alice) == sorted([private, public])
    with pytest.raises(Unauthenticated):
        decline(library, public, "pug", ANONYMOUS)
    decline(library, private, "pug", alice)
    assert suggested(library, private, alice) == []


def test_a_merge_asserts_on_the_target_what_was_only_suggested_there(library):
    image_id, target_id = rows.image(library, "safe, pug"), rows.image(library, "safe")
    suggest(library, target_id, pug=0.9)
    with library.writing(SYSTEM) as tx:
        labels.move_all(tx, image_id, target_id)
    assert rows.tags_of(library, target_id) == {"safe", "pug"}
    assert suggested(library, target_id) == []
    suggest(library, target_id)
    assert rows.tags_of(library, target_id) == {"safe", "pug"}
    assert library.catalogue.verify() == []


def test_how_sure_a_model_must_be_is_a_setting_that_a_snapshot_does_not_outlive(library):
    image_id = rows.image(library, "safe")
    suggest(library, image_id, pug=0.4)
    assert found(library, "suggested:pug") == []
    library.catalogue.write_snapshot()
    library.catalogue = Catalogue(
        library.database,
        snapshot_path=library.settings.data_path / "catalogue.snapshot",
        query_timeout_ms=5000,
        sureness=0.4,
    )
    assert found(library, "suggested:pug") == [image_id]
