"""The vocabulary: names whole, by pattern and by likeness, before and after changes."""

import random

import pytest

from menagerie.search.nodes import Fuzzy, Hole, Wildcard
from menagerie.search.vocabulary import Vocabulary, Word
from search import oracle

LETTERS = ["a", "b", "ab", "ß", "犬", "🦊", " ", "'"]


def random_words(rng, count):
    names = {"".join(rng.choices(LETTERS, k=rng.randint(1, 6))) for _ in range(count)}
    return {place: Word(name) for place, name in enumerate(sorted(names), 1)}


def random_pattern(rng):
    pieces, last = [], None
    for _ in range(rng.randint(1, 5)):
        piece = rng.choice([Hole.ANY, Hole.ONE, "run"])
        if (piece is Hole.ANY or piece == "run") and piece == last:
            continue
        last = piece
        pieces.append(rng.choice(LETTERS) if piece == "run" else piece)
    return tuple(pieces)


@pytest.mark.parametrize("seed", range(20))
def test_patterns_and_likeness_find_what_a_look_at_every_name_finds(seed):
    rng = random.Random(seed)
    words = random_words(rng, 60)
    vocabulary = Vocabulary.of(words)
    for _ in range(3):
        for _ in range(15):
            wanted = Wildcard("tags", random_pattern(rng))
            expected = {i for i, word in words.items() if oracle.fits(word.name, wanted)}
            assert vocabulary.fitting(wanted.pattern) == expected
            value = "".join(rng.choices(LETTERS, k=rng.randint(1, 5)))
            near = Fuzzy("tags", value, rng.choice([1, 2]))
            expected = {i for i, word in words.items() if oracle.fits(word.name, near)}
            assert vocabulary.like(near.value, near.edits) == expected
        changed = {i: Word(f"{rng.choice(LETTERS)}{i}") for i in rng.sample(sorted(words), 5)}
        gone = rng.choice(sorted(set(words) - set(changed)))
        vocabulary = vocabulary.replaced({**changed, gone: None})
        words = {i: word for i, word in {**words, **changed}.items() if i != gone}
        assert dict(vocabulary.items()) == words


def test_names_are_found_and_aliases_lead_to_what_they_stand_for():
    vocabulary = Vocabulary.of({1: Word("dog"), 2: Word("hound", None, 1), 3: Word("cat")})
    assert (vocabulary.id("hound"), vocabulary.own_id("hound")) == (1, 2)
    assert vocabulary.id("do") is None
    assert vocabulary.fitting(("h", Hole.ANY)) == {1}
    assert vocabulary.like("houn", 1) == {1}
    renamed = vocabulary.replaced({1: Word("doggo"), 3: None})
    assert (renamed.id("dog"), renamed.id("doggo"), renamed.id("hound")) == (None, 1, 1)
    assert (renamed.id("cat"), renamed.word(3), len(renamed)) == (None, None, 2)
    assert vocabulary.id("dog") == 1


def test_an_empty_vocabulary_finds_nothing():
    vocabulary = Vocabulary()
    assert vocabulary.fitting((Hole.ANY, "a")) == set()
    assert vocabulary.like("a", 2) == set()
    assert vocabulary.id("a") is None


def test_what_very_many_names_hold_is_found_in_all_of_them():
    rng = random.Random(5)
    parts = ["ka", "kai", "ikai", "k", "🦊", "x"]
    names = {"".join(rng.choices(parts, k=3)) + str(n) for n in range(6000)}
    words = {place: Word(name) for place, name in enumerate(sorted(names), 1)}
    vocabulary = Vocabulary.of(words)
    for pattern in (
        (Hole.ANY, "kai", Hole.ANY),
        (Hole.ANY, "k", Hole.ANY),
        (Hole.ONE, "kai", Hole.ANY),
        ("ka", Hole.ANY, "kai", Hole.ANY),
        (Hole.ANY, "🦊", Hole.ANY, "kai", Hole.ANY),
    ):
        expected = {i for i, w in words.items() if oracle.fits(w.name, Wildcard("tags", pattern))}
        assert len(expected) > 300
        assert vocabulary.fitting(pattern) == expected
