"""Read an SVG before any renderer may: is it a picture, and nothing but a picture.

An SVG that runs scripts, declares entities or fetches things is refused, not cleaned: a cleaned
file would differ from what its owner uploaded, and a cleaner that misses one case is a hole.
"""

import re
from typing import NoReturn
from xml.parsers import expat

from menagerie.errors import Unsupported
from menagerie.media.limits import Limits, corrupt

MEDIA_TYPE = "image/svg+xml"

_SVG = "http://www.w3.org/2000/svg"
_XHTML = "http://www.w3.org/1999/xhtml"
_XML_BASE = "http://www.w3.org/XML/1998/namespace base"
_ACTIVE_ELEMENTS = frozenset(
    {"script", "iframe", "object", "embed", "audio", "video", "link", "handler", "listener"}
)
_ANIMATIONS = frozenset({"animate", "animateTransform", "animateMotion", "animateColor", "set"})
_INLINE_IMAGE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp)[;,]", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")]*)", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_CSS_FETCHES = re.compile(r"@import|image-set\s*\(|\bsrc\s*\(|\bimage\s*\(", re.IGNORECASE)


def _refuse(reason: str) -> NoReturn:
    raise Unsupported(reason, media_type=MEDIA_TYPE)


class _Element:
    """What the count of drawn elements needs to know of one element."""

    __slots__ = ("children", "targets")

    def __init__(self) -> None:
        self.children: list[_Element] = []
        self.targets: list[str] = []


def inspect(data: bytes, limits: Limits) -> bool:
    """Return whether `data` is an SVG document that may be rendered.

    False means that it is no SVG at all. Raises `Unsupported` with a reason that names the trouble
    when it is one that holds scripts, event handlers, entity declarations, references outside
    itself, or more elements than `limits`, counted with every `<use>`, pattern, mask and marker
    expanded.
    """
    inspector = _Inspector(limits)
    try:
        inspector.parser.Parse(data, True)
    except expat.ExpatError as error:
        if inspector.is_svg:
            raise corrupt(f"not well-formed: {error}", media_type=MEDIA_TYPE) from error
        return False
    if inspector.is_svg:
        _check_expansion(inspector.root, inspector.by_id, limits.max_svg_elements)
    return inspector.is_svg


class _NotSvg(expat.ExpatError):
    """The root element is another one."""


class _Inspector:
    """Expat's handlers, and what they have seen."""

    def __init__(self, limits: Limits) -> None:
        self.is_svg = False
        self.root = _Element()
        self.by_id: dict[str, _Element] = {}
        self._limits = limits
        self._path = [self.root]
        self._count = 0
        self._document_type = "svg"
        self._in_style = 0
        self._css: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.ExternalEntityRefHandler = self._entity

    def _doctype(self, name: str, *_: object) -> None:
        self._document_type = name.rpartition(":")[2].lower()

    def _entity(self, *_: object) -> int:
        # Declarations come before the root: only a file that names itself svg is told why.
        if self._document_type != "svg":
            raise _NotSvg
        _refuse("SVG declares entities, which are not allowed")

    def _instruction(self, target: str, _: str) -> None:
        if target.lower() == "xml-stylesheet":
            _refuse("SVG refers to an external style sheet")

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        namespace, _, name = full_name.rpartition(" ")
        if not self.is_svg:
            if (namespace, name) != (_SVG, "svg"):
                raise _NotSvg
            self.is_svg = True
        self._count += 1
        if self._count > self._limits.max_svg_elements:
            _refuse(f"SVG has more than {self._limits.max_svg_elements} elements")
        if len(self._path) > self._limits.max_svg_depth:
            _refuse(f"SVG is nested deeper than {self._limits.max_svg_depth} elements")
        if name.lower() in _ACTIVE_ELEMENTS:
            _refuse(f"SVG contains a <{name}> element, which is not allowed")
        if namespace == _XHTML:
            _refuse("SVG contains HTML, which is not allowed")
        self._in_style += name == "style"
        element = _Element()
        self._path[-1].children.append(element)
        self._path.append(element)
        for key, value in attributes.items():
            self._attribute(element, name, key, value)

    def _attribute(self, element: _Element, name: str, full_key: str, value: str) -> None:
        key = full_key.rpartition(" ")[2].lower()
        if key.startswith("on"):
            _refuse(f"SVG contains an event handler ({key}), which is not allowed")
        if full_key == _XML_BASE:
            _refuse("SVG sets xml:base, which is not allowed")
        if key == "id":
            self.by_id.setdefault(value, element)
        elif key in {"href", "src"}:
            _check_link(name, value)
            if value.strip().startswith("#") and name != "a" and name not in _ANIMATIONS:
                element.targets.append(value.strip()[1:])
        elif name in _ANIMATIONS and key == "attributename":
            animated = value.rpartition(":")[2].strip().lower()
            if animated == "href" or animated.startswith("on"):
                _refuse(f"SVG animates {value.strip()}, which is not allowed")
        else:
            element.targets += _check_css(value)

    def _end(self, full_name: str) -> None:
        self._path.pop()
        if full_name.rpartition(" ")[2] == "style":
            self._in_style -= 1
            _check_css("".join(self._css))
            self._css.clear()

    def _text(self, text: str) -> None:
        if self._in_style:
            self._css.append(text)


def _check_link(name: str, value: str) -> None:
    """Refuse what a link would run or load; an `<a>` may point at another page."""
    plain = "".join(value.split()).lower()  # browsers ignore white space within a scheme
    if plain.startswith(("javascript:", "vbscript:")):
        _refuse("SVG contains a javascript: link, which is not allowed")
    if name == "a" and not plain.startswith("data:"):
        return
    if not plain.startswith("#") and plain and not _INLINE_IMAGE.match(plain):
        _refuse("SVG contains an external reference, which is not allowed")


def _check_css(css: str) -> list[str]:
    """Refuse CSS that fetches; return the ids it refers to."""
    if "(" not in css and "@" not in css and "\\" not in css:
        return []
    css = _CSS_ESCAPE.sub(_unescape, css)
    if _CSS_FETCHES.search(css):
        _refuse("SVG contains an external reference in its style, which is not allowed")
    targets = []
    for match in _URL.finditer(css):
        target = match.group(1).strip()
        if target.startswith("#"):
            targets.append(target[1:])
        elif target and not _INLINE_IMAGE.match(target):
            _refuse("SVG contains an external reference, which is not allowed")
    return targets


def _unescape(match: re.Match[str]) -> str:
    if match.group(1) is None:
        return match.group(2)
    code = int(match.group(1), 16)
    return chr(code) if code < 0x110000 else "\ufffd"


def _check_expansion(root: _Element, by_id: dict[str, _Element], most: int) -> None:
    """Refuse a document whose references, expanded, draw too much or refer to themselves.

    Without recursion, since the depth of references is the attacker's choice.
    """
    drawn: dict[int, int] = {}
    open_ids: set[int] = set()
    stack = [root]
    while stack:
        element = stack[-1]
        key = id(element)
        if key in drawn:
            stack.pop()
            continue
        parts = element.children + [by_id[t] for t in element.targets if t in by_id]
        if key not in open_ids:
            open_ids.add(key)
            waiting = [part for part in parts if id(part) not in drawn]
            if any(id(part) in open_ids for part in waiting):
                _refuse("SVG contains an element that refers to itself")
            stack += waiting
            continue
        open_ids.discard(key)
        drawn[key] = 1 + sum(drawn[id(part)] for part in parts)
        if drawn[key] > most + 1:  # the document itself is not an element
            _refuse(f"SVG draws more than {most} elements once its references are expanded")
        stack.pop()
