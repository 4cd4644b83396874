"""Finding things out: what is asked, what is kept, and what it costs."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

import analyst_server
from conftest import make_settings
from menagerie.core.animals import book
from menagerie.core.pets import analyses, descriptions, genealogy, pets, tips
from menagerie.core.pets.analyses import Age, BodyCondition, Kind, Muscle, Weight
from menagerie.core.pets.pets import Details
from menagerie.core.pets.photos import Pose
from menagerie.errors import Forbidden, Invalid, NotFound, RateLimited, Unavailable
from menagerie.library import ANONYMOUS
from menagerie.settings import Settings
from menagerie.storage import schema
from menagerie.storage.schema import Species

BEAGLE, BASSET, TABBY = 162, 161, 281
ASKED = [Kind.BODY_CONDITION, Kind.AGE, Kind.MUSCLE, Kind.WEIGHT]


def result(library, actor, pet, kind):
    return analyses.analyse(library, actor, pet.code, kind).result


def test_the_analyst_is_asked_and_its_answers_are_kept(library, alice, keeper, analyst):
    pet = keeper.pet(alice, keeper.photo(pose=Pose.SIDE), name="Rex", species=Species.DOG,
                     age_months=30, breed="1")  # fmt: skip
    assert result(library, alice, pet, Kind.BODY_CONDITION) == BodyCondition(
        6, "The waist hardly shows."
    )
    age = result(library, alice, pet, Kind.AGE)
    assert isinstance(age, Age)
    assert (age.age_months, age.life_stage) == (40, "adult")
    assert (age.plausible_range.min_months, age.plausible_range.max_months) == (24, 60)
    assert result(library, alice, pet, Kind.MUSCLE) == Muscle(False, "The back is well covered.")
    weight = result(library, alice, pet, Kind.WEIGHT)
    assert isinstance(weight, Weight)
    assert (weight.weight_kg, weight.size_classification) == (11.3, "medium")
    text = analyst.questions[0]["messages"][1]["content"][0]["text"]
    for known in ('"name":"Rex"', '"age_months":30', '"pose":"side"', "usual_weight_kg"):
        assert known in text
    for kind in ASKED:
        result(library, alice, pet, kind)
    assert len(analyst.requests) == 4
    with library.reading(alice) as tx:
        assert set(analyses.of_pets(tx, [pet.id])[pet.id]) == set(ASKED)


def test_new_photographs_are_a_reason_to_ask_again(library, alice, keeper, analyst):
    pet = keeper.pet(alice, keeper.photo())
    result(library, alice, pet, Kind.AGE)
    keeper.add(alice, pet, keeper.photo())
    with library.reading(alice) as tx:
        assert Kind.AGE in analyses.of_pets(tx, [pet.id])[pet.id]
    result(library, alice, pet, Kind.AGE)
    assert len(analyst.requests) == 2
    shown = analyst.questions[1]["messages"][1]["content"][1:]
    assert len(shown) == 2


def test_no_more_than_six_photographs_go_along_one_of_each_pose_first(
    library, alice, keeper, analyst
):
    new = [keeper.photo(pose=Pose.TOP), *(keeper.photo() for _ in range(7))]
    pet = keeper.pet(alice, *new)
    result(library, alice, pet, Kind.BODY_CONDITION)
    content = analyst.questions[0]["messages"][1]["content"]
    assert len(content) == 1 + 6
    assert '"pose":"top"' in content[0]["text"]


def test_whoever_may_not_or_has_nothing_to_show_is_told_before_anybody_is_asked(
    library, alice, bob, keeper, analyst
):
    bare, shown = keeper.pet(alice), keeper.pet(alice, keeper.photo())
    for kind in Kind:
        with pytest.raises(Invalid, match="no photographs"):
            result(library, alice, bare, kind)
        with pytest.raises(Forbidden):
            result(library, bob, shown, kind)
    with library.writing(alice) as tx:
        pets.remove(tx, shown.code)
    with pytest.raises(NotFound):
        result(library, alice, shown, Kind.AGE)
    assert analyst.requests == []


def test_the_same_question_at_once_is_asked_once(library, alice, keeper, analyst):
    pet = keeper.pet(alice, keeper.photo())
    analyst.pause_s = 0.3
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(result(library, alice, pet, Kind.AGE)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(analyst.requests) == 1
    assert len(answers) == 5
    assert len(set(map(repr, answers))) == 1


def test_other_questions_at_once_are_all_asked_and_counted(library, alice, keeper, analyst):
    pet = keeper.pet(alice, keeper.photo())
    analyst.pause_s = 0.1
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda kind: result(library, alice, pet, kind), ASKED))
    assert len(found) == len(analyst.requests) == 4
    with library.reading(alice) as tx:
        assert asked(tx, alice) == 4


def test_a_failed_question_costs_nothing_and_may_be_asked_again(library, alice, keeper, analyst):
    pet = keeper.pet(alice, keeper.photo())
    analyst.moods = ["401"]
    with pytest.raises(Unavailable) as caught:
        result(library, alice, pet, Kind.AGE)
    assert "internal" not in str(caught.value)
    with library.reading(alice) as tx:
        assert asked(tx, alice) == 0
    assert result(library, alice, pet, Kind.AGE).age_months == 40
    with library.reading(alice) as tx:
        assert asked(tx, alice) == 1


def asked(tx, actor):
    used = schema.analyst_usage.c
    statement = select(used.requests).where(used.account_id == actor.account_id)
    return tx.scalar(statement)


class TestALimit:
    @pytest.fixture
    def settings(self, tmp_path, database_url, analyst) -> Settings:
        return make_settings(tmp_path / "data", database_url=database_url, analyst_limit=2,
                             analyst_url=analyst.url)  # fmt: skip

    def test_holds_for_an_account_and_a_month(self, library, alice, bob, keeper, clock):
        pet, other = keeper.pet(alice, keeper.photo()), keeper.pet(bob, keeper.photo())
        for kind in (Kind.AGE, Kind.MUSCLE):
            result(library, alice, pet, kind)
        with pytest.raises(RateLimited) as caught:
            result(library, alice, pet, Kind.WEIGHT)
        # From noon of the first of January to the first of February.
        assert caught.value.retry_after_s == 30.5 * 86400
        result(library, bob, other, Kind.WEIGHT)
        clock.advance(caught.value.retry_after_s)
        assert result(library, alice, pet, Kind.WEIGHT).weight_kg == 11.3


class TestWithoutAnAnalyst:
    @pytest.fixture
    def settings(self, tmp_path, database_url) -> Settings:
        return make_settings(tmp_path / "data", database_url=database_url)

    def test_the_settings_that_are_missing_are_named(self, library, alice, keeper):
        pet = keeper.pet(alice, keeper.photo())
        for kind in ASKED:
            with pytest.raises(Unavailable, match="analyst_url"):
                result(library, alice, pet, kind)
        with pytest.raises(Unavailable, match="recognition"):
            result(library, alice, pet, Kind.GENEALOGY)

    def test_tips_are_of_the_kind_and_for_the_pet(self, library, alice, keeper):
        rex = keeper.pet(alice, name="Rex", species=Species.DOG, age_months=3)
        with library.reading(alice) as tx:
            given = tips.of_pet(tx, rex.code)
        assert 0 < len(given) <= tips.MOST
        assert len({tip.text.id for tip in given}) == len(given)
        assert all(tip.text.species == Species.DOG for tip in given)
        reasons = {tip.reason for tip in given if tip.reason}
        assert any("puppy" in reason for reason in reasons)
        with library.writing(alice) as tx:
            pets.change(tx, rex.code, Details(age_months=12 * 12))
            older = {tip.reason for tip in tips.of_pet(tx, rex.code)}
            stranger = pets.create(tx, Details())
            assert tips.of_pet(tx, stranger.code) == []
        assert any("senior" in reason for reason in older)


def test_tips_follow_what_was_found_out(library, alice, keeper, analyst):
    rex = keeper.pet(alice, keeper.photo(), name="Rex", species=Species.DOG)
    result(library, alice, rex, Kind.BODY_CONDITION)
    with library.reading(alice) as tx:
        given = tips.of_pet(tx, rex.code)
    assert {t.text.category for t in given if "6 of 9" in t.reason} == {"Nutrition", "Exercise"}


# Genealogy.


def descent(library, seen, kept_as=None):
    with library.reading(ANONYMOUS) as tx:
        return genealogy.of_classes(book.book(tx), seen, kept_as=kept_as)


def test_one_clear_breed(library):
    found = descent(library, [[(BEAGLE, 0.8), (BASSET, 0.1)], [(BEAGLE, 0.9)]])
    assert not found.is_mixed_breed
    assert found.primary_breed.label == "Beagle"
    assert found.primary_breed.id.isdigit()
    assert 0.9 < found.primary_breed.confidence <= 1
    assert found.secondary_breed.label == "Basset Hound"
    assert msgfields(found.tertiary_breed) == ("", "", 0)
    listed = found.breed_probabilities
    assert listed.labels == ["Beagle", "Basset Hound"]
    assert listed.confidences == sorted(listed.confidences, reverse=True)
    for words in ("2 photographs", "genetic test"):
        assert words in found.mixed_breed_reasoning


def msgfields(ranked):
    return ranked.id, ranked.label, ranked.confidence


def test_no_clear_breed_is_a_mixed_one_and_the_keeper_is_heard(library):
    found = descent(library, [[(BEAGLE, 0.4), (BASSET, 0.35), (235, 0.15)]], kept_as="Pug")
    assert found.is_mixed_breed
    assert "No single breed stands out" in found.mixed_breed_reasoning
    assert "Its keeper says that it is a Pug." in found.mixed_breed_reasoning


def test_what_shows_no_animal_has_no_breed(library):
    assert descent(library, [[(BEAGLE, 0.01)], [(TABBY, 0.02)]]) is None


def test_texts_differ_by_pet_and_stay_with_it(library, alice):
    with library.reading(alice) as tx:
        beagle = book.book(tx).by_imagenet(BEAGLE)
        pug = book.book(tx).by_name(Species.DOG, "Pug")

        def words(seed, breed=beagle, name="Rex", species=Species.DOG):
            return descriptions.describe(tx, seed=seed, name=name, species=species, breed=breed)

        assert words("a") == words("a")
        assert len({words(str(seed)).fun_description for seed in range(40)}) > 8
        assert "{" not in "".join(
            str(words(str(seed), breed, name, species))
            for seed in range(30)
            for breed, name in ((beagle, "Rex"), (pug, None), (None, None))
            for species in Species
        )


class TestWithModels:
    @pytest.fixture
    def settings(self, tmp_path, database_url, analyst) -> Settings:
        return make_settings(tmp_path / "data", database_url=database_url, recognition=True,
                             analyst_url=analyst.url)  # fmt: skip

    @pytest.mark.slow
    def test_a_cat_is_seen_in_the_photograph_of_one_and_not_in_a_cup(
        self, library, alice, keeper, analyst
    ):
        cup = keeper.pet(alice, keeper.photo(keeper.cup))
        assert analyses.analyse(library, alice, cup.code, Kind.GENEALOGY) is None
        cat = keeper.pet(alice, keeper.photo(keeper.cat), keeper.photo(keeper.cup), name="Chelsea")
        found = result(library, alice, cat, Kind.GENEALOGY)
        with library.reading(alice) as tx:
            likeliest = book.book(tx).by_code(found.genealogy.primary_breed.id)
        assert likeliest.species == Species.CAT
        assert "2 photographs" in found.genealogy.mixed_breed_reasoning
        assert found.creative_descriptions.fun_caption == "Star"
        again = time.monotonic()
        assert result(library, alice, cat, Kind.GENEALOGY) == found
        assert time.monotonic() - again < 0.2
        analyst.moods = ["401"]
        keeper.add(alice, cat, keeper.photo())
        own = result(library, alice, cat, Kind.GENEALOGY).creative_descriptions
        assert own.fun_caption != analyst_server.ANSWERS["descriptions"]["fun_caption"]
