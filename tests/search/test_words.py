import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menagerie.search import words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Safe", "safe"),
        ("  a \t b\n", "a b"),
        ("a\u00a0\u2003\u3000\ufeff\u200b\u180eb", "a b"),
        ("don\u2019t", "don't"),
        ("\u00b4\u2018\u201a\u201b\u2032", "'''''"),
        ("\u201ca\u201d \u201e\u201f\u2033", '"a" """'),
        ("artist : foo", "artist:foo"),
        ("ARTIST:  Foo", "artist:foo"),
        ("art pack : foo", "art pack:foo"),
        ("art_pack: foo_bar", "art pack:foo bar"),
        ("foo : bar", "foo : bar"),
        ("a_b", "a b"),
        ("__a__b__", "a b"),
        ("artist:a_b", "artist:a_b"),
        ("colorist:a_b", "colorist:a_b"),
        ("commissioner:a_b", "commissioner:a_b"),
        ("editor:a_b", "editor:a_b"),
        ("oc:a_b", "oc:a_b"),
        ("photographer:a_b", "photographer:a_b"),
        ("species:a_b", "species:a b"),
        ("series:_a", "series:a"),
        ("spoiler:s01e01", "spoiler:s01e01"),
        ("foo:a_b", "foo:a b"),
        (":a", ":a"),
        ("artist:", "artist:"),
        ("ÀÉ", "àé"),
        ("_ _", ""),
        ("", ""),
    ],
)
def test_a_tag_name_is_normalised(text, name):
    assert words.normalise_tag_name(text) == name


@given(
    st.lists(
        st.sampled_from(
            ["artist", "art", "pack", "oc", "series", ":", "_", " ", "İ", "Σ", "\u3000"]
        )
        | st.text(max_size=3)
    ).map("".join)
)
def test_normalising_twice_changes_nothing(text):
    once = words.normalise_tag_name(text)
    assert words.normalise_tag_name(once) == once


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello, world!", ["hello", "world"]),
        ("don't and don\u2019t", ["don't", "and", "don't"]),
        ("'quoted' words", ["quoted", "words"]),
        ("example.org: 3.14 or 1,000", ["example.org", "3.14", "or", "1,000"]),
        ("rainbow-dash/twilight", ["rainbow", "dash", "twilight"]),
        ("snake_case _ __", ["snake_case"]),
        ("naïve nai\u0308ve", ["naïve", "nai\u0308ve"]),
        ("日本語 カタカナ", ["日", "本", "語", "カタカナ"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("", []),
        ("...", []),
    ],
)
def test_a_text_is_cut_into_words(text, found):
    assert list(words.words(text)) == found


def test_stems_keep_the_places_of_stop_words():
    assert words.stems("Running of the ponies") == (("run", 0), ("poni", 3))
    assert words.stems("the of and") == ()
    assert words.stems("pony's ponies") == (("poni", 0), ("poni", 1))


def test_threads_do_not_disturb_each_others_stems():
    texts = [
        f"{start}ational {start}ingly {start}nesses" for start in ("rel", "seem", "happi")
    ] * 40
    expected = [words._stem.__wrapped__(word) for text in texts for word in text.split()]
    found = [[] for _ in range(4)]

    def stem_all(into):
        into.extend(words._stem.__wrapped__(word) for text in texts for word in text.split())

    threads = [threading.Thread(target=stem_all, args=(into,)) for into in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
