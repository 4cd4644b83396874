"""Words: how running text is cut and stemmed, and how the name of a tag is written.

Both the documents and the queries go through here, so that they meet.
"""

import functools
import re
from collections.abc import Iterator

import snowballstemmer

NAMESPACES = frozenset(
    {
        "art pack",
        "artist",
        "ask",
        "blog",
        "colorist",
        "comic",
        "commissioner",
        "editor",
        "fanfic",
        "oc",
        "parent",
        "parents",
        "photographer",
        "series",
        "species",
        "spoiler",
        "video",
    }
)
"""What may stand before the first colon of a tag's name and mean something."""

_KEEPING_UNDERSCORES = frozenset(
    {"artist", "colorist", "commissioner", "editor", "oc", "photographer"}
)

_SPACES = (0xA0, 0x1680, 0x180E, *range(0x2000, 0x2010), 0x202F, 0x205F, 0x3000, 0xFEFF)
_TYPED = str.maketrans(
    dict.fromkeys(_SPACES, " ")
    | dict.fromkeys((0xB4, 0x2018, 0x2019, 0x201A, 0x201B, 0x2032), "'")
    | dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F, 0x2033), '"')
)

_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a an and are as at be but by for if in into is it no not of on or such that the their
        then there these they this to was will with""",
    )
)

# Ideographs and hiragana are a word each. Python's \w leaves out the combining marks that
# belong to the letter before them, so the blocks that hold them are named.
_ALONE = r"\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0963"
    r"\u0981-\u0d7f\u0e31-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20f0"
)
_LETTERS = rf"(?:(?![{_ALONE}])[\w{_MARKS}])+"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTERS}(?:['.:]{_LETTERS}|(?<=\d)[,;](?=\d){_LETTERS})*")


def normalise_tag_name(text: str) -> str:
    """Return the one spelling of a tag's name; doing it twice changes nothing.

    Lower-cased, spaces and quotation marks unified, underscores made spaces except after the
    namespaces of people and of `oc`, no spaces around the colon of a known namespace. The result
    may be empty or longer than a name may be: the caller decides what that means.

    >>> normalise_tag_name(" Twilight_Sparkle ")
    'twilight sparkle'
    >>> normalise_tag_name("Artist : Foo_Bar")
    'artist:foo_bar'
    """
    name = text.lower()
    if not name.isascii():
        name = name.translate(_TYPED)
    if ":" in name:
        head, _, tail = name.partition(":")
        # Underscores count as spaces here, or `art_pack: x` would take two turns to settle.
        namespace = " ".join(head.replace("_", " ").split())
        if namespace in NAMESPACES:
            if namespace not in _KEEPING_UNDERSCORES:
                tail = tail.replace("_", " ")
            return f"{namespace}:{' '.join(tail.split())}"
    return " ".join(name.replace("_", " ").split())


def words(text: str) -> Iterator[str]:
    """Yield the words of a text in order, lower-cased and unstemmed.

    >>> list(words("Don't STOP, Rainbow-Dash!"))
    ["don't", 'stop', 'rainbow', 'dash']
    """
    for match in _WORD.finditer(text.lower().replace("\u2019", "'")):
        word = match[0]
        if word.strip("_"):
            yield word


def stems(text: str) -> tuple[tuple[str, int], ...]:
    """Return the stemmed English words of a text, each with its place, counted from 0.

    Stop words are left out but keep their place, so that phrases are compared with the gaps in.

    >>> stems("the ponies of Equestria")
    (('poni', 1), ('equestria', 3))
    """
    return tuple(
        (_stem(word), place) for place, word in enumerate(words(text)) if word not in _STOP_WORDS
    )


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    # A stemmer keeps its word inside itself, so threads must not share one.
    stem: str = snowballstemmer.stemmer("english").stemWord(word)
    return stem
