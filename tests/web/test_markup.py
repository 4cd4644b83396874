"""What people write, as HTML: the board's additions, and nothing that could do harm."""

import re
import time

import pytest

import build
from menagerie.core import filters
from menagerie.library import ANONYMOUS
from menagerie.web import markup
from menagerie.web.markup import NOBODY, html, plain


def drawn(text: str) -> str:
    return str(html(text, NOBODY)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b* **c** __d__ ~~e~~", "<p>a <em>b</em> <strong>c</strong> <u>d</u> <s>e</s></p>"),
        ("x^2^ and H%2%O", "<p>x<sup>2</sup> and H<sub>2</sub>O</p>"),
        ("100% sure, 50% not", "<p>100% sure, 50% not</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("||a **b**||", '<p><span class="spoiler" tabindex="0">a <strong>b</strong></span></p>'),
        ("a || b || c", "<p>a || b || c</p>"),
        ("# Big", "<h3>Big</h3>"),
        (">>12 is", '<p><a href="/images/12" rel="nofollow ugc noopener">&gt;&gt;12</a> is</p>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("`>>12t`", "<p><code>&gt;&gt;12t</code></p>"),
        ("mail a@b, @nobody", "<p>mail a@b, @nobody</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("![x](https://evil.example/x.png)",
         '<p><a href="https://evil.example/x.png" rel="nofollow ugc noopener">x</a></p>'),
    ],
)  # fmt: skip
def test_a_text_is_drawn_as_boards_do(text, expected):
    assert drawn(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](https://a.example 'onmouseover=alert(1) \"')",
        '![x](/pictures/1/a.png" onerror="alert(1))',
        "<javascript:alert(1)>",
        '||<svg onload=alert(1)>|| @"<img src=x>"',
        "[a]: javascript:alert(1)\n\n[a]",
    ],
)
def test_nothing_that_could_do_harm_comes_through(text):
    tags = re.findall(r"<[^>]+>", drawn(text))
    assert not [
        t
        for t in tags
        if re.search(r"script|onerror|onload|onmouse|javascript|data:", t.split(" title=")[0])
    ]
    assert not [t for t in tags if t.startswith(("<img", "<svg", "<script"))]


def test_addresses_become_links_that_vouch_for_nothing():
    assert drawn("see https://example.org/a_b_c now") == (
        '<p>see <a href="https://example.org/a_b_c" rel="nofollow ugc noopener">'
        "https://example.org/a_b_c</a> now</p>"
    )


def test_pictures_and_people_are_looked_up_for_who_looks(library):
    build.account(library, "Twi Light")
    shown = build.image(library, tags="safe, cat, solo")
    dark = build.image(library, tags="explicit, cat, solo")
    mild = build.image(library, tags="questionable, cat, solo")
    text = f'>>{shown}t >>{dark}p >>{mild}t >>999t @"twi light" @Nobody >>{shown}'
    with library.reading(ANONYMOUS) as tx:
        said = str(markup.render(tx, [text], filters.effective(tx))[text])
    assert said.count("<img") == 1
    assert f'<a href="/images/{shown}" class="embed"' in said
    assert f'src="/pictures/{shown}/' in said
    assert f"&gt;&gt;{mild} (questionable)" in said  # spoilered: named, not shown
    assert f"/pictures/{dark}/" not in said  # hidden by the filter
    assert '<a href="/profiles/Twi+Light"' in said
    assert "@Nobody" in said
    assert "/profiles/Nobody" not in said


@pytest.mark.slow
def test_hostile_texts_cost_no_more_than_their_length():
    def cost(text: str) -> float:
        started = time.process_time()
        drawn(text)
        return time.process_time() - started

    marks = ("*", "[", "![", "`", "||a", "^a", ">>1t ", "@a ", "- ", "_a", "<", "[a](b", "a|")
    for mark in marks:
        short, long = (mark * (n // len(mark)) for n in (3_000, 24_000))
        # Eight times the text may take eight times as long, and a good deal more on a busy machine.
        assert cost(long) < 40 * max(cost(short), 0.01), mark


def test_a_text_of_great_length_is_shown_as_written():
    text = "**a** <b>" * 5_000
    assert drawn(text).startswith("<p>**a** &lt;b&gt;")


@pytest.mark.parametrize(
    "text", ["http://a/(" * 2_900, "<http://" * 3_600, "![" * 14_000,
             "|a" * 100 + "\n" + "|-" * 100 + "\n" + "a\n" * 10_000]
)  # fmt: skip
def test_a_text_made_to_keep_the_reader_busy_is_shown_as_written(text):
    started = time.process_time()
    assert "<a " not in drawn(text)
    assert plain(text, 50).startswith(text[:8].strip())
    assert time.process_time() - started < 0.5


def test_a_text_has_words_without_markup():
    assert (
        plain("# T\n\nsome *words* ||hidden|| `code` [link](https://a.b)")
        == "T some words … code link"
    )
    assert len(plain("word " * 200, 50)) <= 50
