"""What people write, as HTML: Markdown with what boards add to it, and nothing that could do harm.

Beside CommonMark with tables and struck-out text: `>>123` names a picture (`>>123t` shows it
small, `>>123p` larger), `||text||` covers a spoiler, `@Name` or `@"Name with spaces"` names a
person, `__text__` underlines, `^text^` raises, `%text%` lowers. Each line break counts. Pictures
of other hosts become links, so that a page asks nobody else for anything.

Source of the additions: the markup that Philomena boards take (2021 to 2026).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import blockquote as plain_blockquote
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from menagerie.core import accounts, find, images, tags
from menagerie.core.filters import Filter
from menagerie.core.images import Image
from menagerie.core.talk.writing import MENTION
from menagerie.library import Tx
from menagerie.web import grid, shapes
from menagerie.web.render import segment

MOST_EMBEDS = 50
"""How many different pictures one page shows inside texts; more are named only."""
MOST_NAMES = 50
MOST_CHARACTERS = 30_000
"""Of a text that is read for markup; a longer one is shown as it was written."""
_MOST_MARKS = 4_000
_MOST_ADDRESSES = 400
_MOST_CELLS = 10_000
"""Of a text that is read for markup: each mark may be looked for up to the end of the text."""
_MOST_KEPT_CHARACTERS = 4_000
"""Of a text that is kept as HTML for the next visitor; longer ones would fill the memory."""
_MARK = re.compile(r"[\[!<>*_^%|~@&`\\]")
_IMAGE = re.compile(r">>(\d{1,18})([tsp]?)(?![\w])")
_BOXES = {"t": ("thumb", 150), "s": ("thumb", 150), "p": ("small", 320)}
# Under which the renderer finds what the texts name.
_ENVIRONMENT = "of"

Written = Sequence[Token]


class Names(msgspec.Struct, frozen=True):
    """What the references of some texts stand for: embedded pictures, and people by their key."""

    pictures: Mapping[int, tuple[Image, str | None]] = {}
    """By id; the second is why the picture is spoilered for the viewer, or None."""
    people: Mapping[str, str] = {}
    """Names in lower case, and the names as they are."""


NOBODY = Names()
"""For texts that are shown without a look at what they name."""


# The syntax.


def _blockquote(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Read a quotation, but not a line that begins with the name of a picture."""
    if _IMAGE.match(state.src, state.bMarks[start] + state.tShift[start]):
        return False
    return plain_blockquote(state, start, end, silent)


def _image(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    found = _IMAGE.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel > 0:
        return False
    if not silent:
        token = state.push("image_name", "", 0)
        token.content, token.meta = found[0], {"id": int(found[1]), "size": found[2]}
    state.pos = found.end()
    return True


def _person(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    found = MENTION.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel > 0:
        return False
    name = found[1] or found[2].rstrip(".-_")
    said = found[0] if found[1] else f"@{name}"
    if not name:
        return False
    if not silent:
        token = state.push("person_name", "", 0)
        token.content, token.meta = said, {"name": name.lower()}
    state.pos += len(said)
    return True


def _between(mark: str, name: str, tag: str) -> Callable[[StateInline, bool], bool]:
    """Return the rule for what stands between two marks, without blanks at its ends."""

    def rule(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
        start = state.pos + len(mark)
        if not state.src.startswith(mark, state.pos) or start >= state.posMax:
            return False
        end = state.src.find(mark, start, state.posMax)
        if end <= start or state.src[start].isspace() or state.src[end - 1].isspace():
            return False
        if not silent:
            most = state.posMax
            state.push(f"{name}_open", tag, 1)
            state.pos, state.posMax = start, end
            state.md.inline.tokenize(state)
            state.push(f"{name}_close", tag, -1)
            state.posMax = most
        state.pos = end + len(mark)
        return True

    return rule


@lru_cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    made.enable(["table", "strikethrough", "linkify"])
    made.disable(["html_block", "html_inline"])
    made.block.ruler.at(
        "blockquote", _blockquote, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    made.inline.add_terminator_char("|")
    made.inline.ruler.before("emphasis", "image_name", _image)
    made.inline.ruler.before("emphasis", "person_name", _person)
    made.inline.ruler.before("emphasis", "spoiler", _between("||", "spoiler", "span"))
    made.inline.ruler.before("emphasis", "raised", _between("^", "raised", "sup"))
    made.inline.ruler.before("emphasis", "lowered", _between("%", "lowered", "sub"))
    for name, draw in _DRAWN.items():
        made.add_render_rule(name, draw)
    return made


@lru_cache(maxsize=64)
def _read(text: str) -> Written:
    return _parser().parse(text)


def _is_readable(text: str) -> bool:
    """Tell whether a text can be read for markup in a moment: its length and marks are usual.

    What is written to keep the reader busy has thousands of marks, addresses or cells of tables.
    """
    if len(text) > MOST_CHARACTERS or text.count("//") > _MOST_ADDRESSES:
        return False
    lines = text.split("\n")
    cells = max(line.count("|") for line in lines) * len(lines)
    return cells <= _MOST_CELLS and len(_MARK.findall(text)) <= _MOST_MARKS


def _leaves(written: Written) -> Iterable[Token]:
    for token in written:
        yield token
        yield from token.children or ()


# The pictures and people that texts name.


def names_in(tx: Tx, texts: Iterable[str], chosen: Filter) -> Names:
    """Look up what some texts name, for one viewer with a filter in force: three statements.

    Pictures that the viewer may not find are left out, as are people who are not there.
    """
    image_ids: dict[int, None] = {}
    people: dict[str, None] = {}
    for text in texts:
        pictures, named = _named_in(text)
        image_ids |= dict.fromkeys(pictures)
        people |= dict.fromkeys(named)
    return Names(
        _pictures(tx, list(image_ids)[:MOST_EMBEDS], chosen) if image_ids else {},
        accounts.find_names(tx, list(people)[:MOST_NAMES]) if people else {},
    )


@lru_cache(maxsize=512)
def _named_in(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the pictures that a text embeds and the people it names, in lower case."""
    if not _is_readable(text):
        return (), ()
    leaves = list(_leaves(_read(text)))
    embeds = (t.meta["id"] for t in leaves if t.type == "image_name" and t.meta["size"])
    people = (t.meta["name"] for t in leaves if t.type == "person_name")
    return tuple(dict.fromkeys(embeds)), tuple(dict.fromkeys(people))


def _pictures(tx: Tx, asked: Sequence[int], chosen: Filter) -> dict[int, tuple[Image, str | None]]:
    open_to_all = find.within_filter(tx, chosen)
    ids = [image_id for image_id in asked if image_id < 2**31 and image_id in open_to_all]
    covered = find.spoilered(tx, chosen, ids)
    return {
        image.id: (image, grid.spoiler_reason(image, chosen) if image.id in covered else None)
        for image in images.find_many(tx, ids)
    }


# The HTML.


def html(text: str, names: Names) -> Markup:
    """Return a text as HTML that is safe to show, with what it names from `names`."""
    if not _is_readable(text):
        return Markup("<p>{}</p>").format(text)
    embeds, people = _named_in(text)
    if embeds or len(text) > _MOST_KEPT_CHARACTERS:
        return _draw(text, names)
    return _kept(text, tuple((key, names.people[key]) for key in people if key in names.people))


@lru_cache(maxsize=2048)
def _kept(text: str, people: tuple[tuple[str, str], ...]) -> Markup:
    """Return the HTML of a text without pictures in it: the same for all who may read it."""
    return _draw(text, Names({}, dict(people)))


def _draw(text: str, names: Names) -> Markup:
    parser = _parser()
    drawn = parser.renderer.render(_read(text), parser.options, {_ENVIRONMENT: names})
    return Markup(_CLEANER.clean(drawn))  # noqa: S704  # cleaned just now


def render(tx: Tx, texts: Iterable[str], chosen: Filter) -> dict[str, Markup]:
    """Return texts and their HTML, with what they name looked up together."""
    found = list(dict.fromkeys(texts))
    names = names_in(tx, found, chosen)
    return {text: html(text, names) for text in found}


def plain(text: str, most: int = 200) -> str:
    """Return the words of a text without markup, cut to `most` characters, for cards and feeds.

    >>> plain("a **bold** ||secret|| word, see >>12t")
    'a bold … word, see >>12t'
    """
    beginning = text[:MOST_CHARACTERS]
    said = " ".join((_words(beginning) if _is_readable(beginning) else beginning).split())
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def _words(text: str) -> str:
    words: list[str] = []
    hidden = 0
    for token in _leaves(_read(text)):
        if token.type == "spoiler_open":
            hidden += 1
            words.append("…")
        elif token.type == "spoiler_close":
            hidden -= 1
        elif token.type in {"softbreak", "hardbreak", "paragraph_close", "heading_close"}:
            words.append(" ")
        elif token.type != "inline" and not token.children and not hidden:
            words.append(token.content)
    return "".join(words)


def _draw_image_name(
    _renderer: RendererHTML, tokens: Written, index: int, _options: Any, env: Mapping[str, Any]
) -> str:
    token = tokens[index]
    image_id, size = token.meta["id"], token.meta["size"]
    names: Names = env[_ENVIRONMENT]
    link = f'<a href="/images/{image_id}"'
    found = names.pictures.get(image_id)
    if not size or found is None:
        return f"{link}>{escape(token.content)}</a>"
    image, spoiler = found
    if spoiler is not None:
        return f"{link}>{escape(f'>>{image_id} ({spoiler})')}</a>"
    name, most = _BOXES[size]
    file = shapes.file(image, name)
    scale = min(1.0, most / max(file.width, file.height))
    width, height = max(1, round(file.width * scale)), max(1, round(file.height * scale))
    alt = escape(shapes.alternative_text(image))
    return (
        f'{link} class="embed"><img src="{escape(file.href)}" width="{width}" height="{height}" '
        f'alt="{alt}" loading="lazy"></a>'
    )


def _draw_person_name(
    _renderer: RendererHTML, tokens: Written, index: int, _options: Any, env: Mapping[str, Any]
) -> str:
    token = tokens[index]
    name = env[_ENVIRONMENT].people.get(token.meta["name"])
    if name is None:
        return str(escape(token.content))
    return f'<a href="/profiles/{escape(segment(tags.slug_of(name)))}">@{escape(name)}</a>'


def _draw_foreign_picture(
    _renderer: RendererHTML, tokens: Written, index: int, _options: Any, _env: Mapping[str, Any]
) -> str:
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    return f'<a href="{escape(address)}">{escape(token.content or address)}</a>'


def _draw_strong(open_or_close: str) -> Callable[..., str]:
    def draw(_renderer: Any, tokens: Written, index: int, _options: Any, _env: Any) -> str:
        tag = "u" if tokens[index].markup == "__" else "strong"
        return f"<{open_or_close}{tag}>"

    return draw


def _draw_heading(open_or_close: str) -> Callable[..., str]:
    """Draw headings two steps lower: the page has one of its own, and sections."""

    def draw(_renderer: Any, tokens: Written, index: int, _options: Any, _env: Any) -> str:
        level = min(6, int(tokens[index].tag[1:]) + 2)
        return f"<{open_or_close}h{level}>"

    return draw


_DRAWN: dict[str, Callable[..., str]] = {
    "image_name": _draw_image_name,
    "person_name": _draw_person_name,
    "image": _draw_foreign_picture,
    "strong_open": _draw_strong(""),
    "strong_close": _draw_strong("/"),
    "heading_open": _draw_heading(""),
    "heading_close": _draw_heading("/"),
    # Whoever cannot point at it can still reach and open it with the keyboard.
    "spoiler_open": lambda *_: '<span class="spoiler" tabindex="0">',
}

_OWN = {"img": "/pictures/"}


def _attribute(element: str, attribute: str, value: str) -> str | None:
    """Keep attributes as they are, but pictures of anywhere else than here."""
    if attribute == "src" and not value.startswith(_OWN.get(element, "\0")):
        return None
    return value


_ELEMENTS = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
]

_CLEANER = nh3.Cleaner(
    tags=set(_ELEMENTS),
    attributes={
        "a": {"href", "title"},
        "img": {"src", "width", "height", "alt", "loading"},
        "ol": {"start"},
        "span": {"tabindex"},
    },
    allowed_classes={"a": {"embed"}, "span": {"spoiler"}},
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
)
