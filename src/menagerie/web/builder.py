"""A search put together from a form, for whoever does not know the language; and taken apart again.

The form makes the same query one would type. What it has no field for stays as it is, in a field
of its own, so that a query goes through the form without losing anything.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from menagerie.core import find, tags
from menagerie.errors import QueryError
from menagerie.http.answers import Answer
from menagerie.library import SECOND, Tx
from menagerie.search import fields, nodes
from menagerie.web import texts
from menagerie.web.render import url
from menagerie.web.texts import marked
from menagerie.web.visit import Form, Visit

_TAG = fields.IMAGES.default.name
_LEAST = {"score": "score", "faves": "faves", "width": "width", "height": "height"}
LEAST = (
    ("score", marked("Score at least")),
    ("faves", marked("Faves at least")),
    ("width", marked("Pixels wide at least")),
    ("height", marked("Pixels high at least")),
)
_SEEN = "first_seen_at"


def build(visit: Visit) -> Answer:
    """Go to the search that the form describes."""
    query = ", ".join(_parts(visit)) or "*"
    return visit.go(
        url(
            "/search",
            q=query,
            sf=visit.call.text("sf"),
            sd=visit.call.text("sd"),
            filter=visit.call.text("filter"),
        )
    )


def _parts(visit: Visit) -> Iterator[str]:
    text = visit.call.text
    for name in tags.parse_list(text("with")):
        yield _term(_TAG, name)
    for name in tags.parse_list(text("without")):
        yield f"-{_term(_TAG, name)}"
    ratings = [name for name in visit.call.texts("rating") if name in texts.RATINGS]
    if ratings:
        alike = " || ".join(ratings)
        yield f"({alike})" if len(ratings) > 1 else alike
    for name in _LEAST:
        if re.fullmatch(r"-?\d{1,9}", text(name).strip()):
            yield f"{name}.gte:{text(name).strip()}"
    for name, bound in (("since", "gte"), ("until", "lte")):
        if day := _day(text(name)):
            yield f"{_SEEN}.{bound}:{day}"
    if who := text("who").strip():
        yield _term("uploader", who)
    if rest := text("rest").strip():
        yield f"({rest})" if re.search(r"\|\||\bOR\b", rest) else rest


def _term(field: str, value: str) -> str:
    return nodes.to_text(nodes.Term(field, value), fields.IMAGES)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def form(tx: Tx, node: nodes.Node, query: str) -> Form:
    """Return the form that makes a query; what no field can say is in the field `rest`."""
    parts = node.children if isinstance(node, nodes.And) else (node,)
    lists: dict[str, list[str]] = {"with": [], "without": [], "rating": [], "rest": []}
    values: dict[str, object] = {}
    for part in parts:
        if isinstance(part, nodes.All | nodes.Nothing):
            continue
        name, value = _said(part)
        if name in lists and not (name == "rating" and lists[name]):
            lists[name].extend(value.split("\n"))
        elif name and name not in values and name not in lists and _means(tx, name, value, part):
            values[name] = value
        else:
            lists["rest"].append(_typed(part, query))
    values |= {name: ", ".join(found) for name, found in lists.items() if name != "rating"}
    return Form({**values, **{f"rating-{name}": "1" for name in lists["rating"]}})


def _said(part: nodes.Node) -> tuple[str, str]:
    """Return the field of the form that says a part, and how; no field for what none can say."""
    match part:
        case nodes.Term(field=field, value=value) if field == _TAG and "," not in value:
            return ("rating", value) if value in texts.RATINGS else ("with", value)
        case nodes.Not(child=nodes.Term(field=field, value=value)) if field == _TAG:
            return ("without", value) if "," not in value else ("", "")
        case nodes.Or(children=children):
            names = [c.value for c in children if isinstance(c, nodes.Term) and c.field == _TAG]
            is_rating = len(names) == len(children) and set(names) <= set(texts.RATINGS)
            return ("rating", "\n".join(names)) if is_rating else ("", "")
        case nodes.Term(field="uploader", value=value):
            return "who", value
        case nodes.Range(field=field, low=int(low), high=None) if field in _LEAST:
            return field, str(low if part.low_inclusive else low + 1)
        case nodes.Range(field=field, low=int(low), high=None) if field == _SEEN:
            return "since", _date(low)
        case nodes.Range(field=field, low=None, high=int(high)) if field == _SEEN:
            return "until", _date(high - 1)
    return "", ""


def _date(moment: int) -> str:
    return datetime.fromtimestamp(moment // SECOND, UTC).date().isoformat()


def _means(tx: Tx, name: str, value: str, part: nodes.Node) -> bool:
    """Tell whether a field of the form says a part exactly: not a time within a day, for one."""
    bound = {"since": f"{_SEEN}.gte:{value}", "until": f"{_SEEN}.lte:{value}"}
    text = bound.get(name) or (_term("uploader", value) if name == "who" else f"{name}.gte:{value}")
    try:
        again = find.parse(tx, text)
    except QueryError:
        return False
    return nodes.to_text(again, fields.IMAGES) == nodes.to_text(part, fields.IMAGES)


def _typed(part: nodes.Node, query: str) -> str:
    text = query[part.span.start : part.span.end].strip()
    if not text or text.count("(") != text.count(")") or isinstance(part, nodes.And | nodes.Or):
        text = nodes.to_text(part, fields.IMAGES)
    return f"({text})" if isinstance(part, nodes.Or) else text
