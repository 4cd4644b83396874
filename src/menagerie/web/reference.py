"""The reference of the APIs: every operation on a page of its own, to be read and tried there.

It shows the very documents that programs read at `/openapi.json`. Without scripts it is a
reference with a line for the command line; with them an operation can be tried in place.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from menagerie.errors import NotFound
from menagerie.http.answers import Answer
from menagerie.http.openapi import Made
from menagerie.web.visit import Visit

_DEEPEST = 4
"""How far the description of an answer follows what it is made of."""
_MOST_LINES = 200


class Input(msgspec.Struct, frozen=True):
    """A parameter or field of an operation; `where` is `path`, `query`, `form` or `file`."""

    name: str
    where: str
    help: str
    example: str
    is_required: bool


class Outcome(msgspec.Struct, frozen=True):
    """An answer of an operation: its status, what it means, and the shape of its body."""

    status: str
    help: str
    media_type: str
    shape: str


class Operation(msgspec.Struct, frozen=True):
    """One operation as its page shows it."""

    id: str
    method: str
    path: str
    summary: str
    needs_key: bool
    inputs: tuple[Input, ...]
    outcomes: tuple[Outcome, ...]
    takes: tuple[str, ...]
    """Media types of the body, the first being the one that is sent from here."""
    keys: tuple[str, ...]
    """Ways to say who one is, as `query:key` or `header:x-api-key`."""

    @property
    def group(self) -> str:
        """The first word of the path that says what it is about."""
        words = [word for word in self.path.split("/") if word and word not in {"api", "json"}]
        return next((w for w in words if not re.fullmatch(r"v\d+|\{.*\}", w)), "/")


class Api(msgspec.Struct, frozen=True):
    """One API with its operations, by what they are about."""

    name: str
    title: str
    about: str
    document: str
    operations: tuple[Operation, ...]

    @property
    def groups(self) -> dict[str, list[Operation]]:
        """The operations by the first word of their path, in the order of the document."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.group, []).append(operation)
        return found


class Reference:
    """The pages of some documents, by the name in their address."""

    def __init__(self, documents: Mapping[str, Made]) -> None:
        self._documents = documents

    @lru_cache  # noqa: B019  # as long-lived as the application
    def _api(self, name: str) -> Api:
        if name not in self._documents:
            raise NotFound
        return _read(name, self._documents[name].document)

    def index(self, visit: Visit) -> Answer:
        """Show which APIs there are."""
        return visit.page("apis.html", apis=[self._api(name) for name in self._documents])

    def api(self, visit: Visit) -> Answer:
        """Show the operations of one API."""
        return visit.page("api.html", api=self._api(visit.call.text("name")))

    def operation(self, visit: Visit) -> Answer:
        """Show one operation, to be tried."""
        api = self._api(visit.call.text("name"))
        wanted = visit.call.text("operation")
        for operation in api.operations:
            if operation.id == wanted:
                command = _command(operation, visit.base)
                return visit.page("operation.html", api=api, operation=operation, command=command)
        raise NotFound


# From documents to pages.


def _read(name: str, document: Mapping[str, Any]) -> Api:
    schemas = document["components"]["schemas"]
    schemes = document["components"]["securitySchemes"]
    return Api(
        name=name,
        title=document["info"]["title"].rpartition(": ")[2],
        about=document["info"]["description"],
        document=f"/openapi/{name}.json",
        operations=tuple(
            _operation(method, path, entry, schemas, schemes)
            for path, entries in document["paths"].items()
            for method, entry in entries.items()
        ),
    )


def _operation(
    method: str,
    path: str,
    entry: Mapping[str, Any],
    schemas: Mapping[str, Any],
    schemes: Mapping[str, Mapping[str, str]],
) -> Operation:
    content = entry.get("requestBody", {}).get("content", {})
    return Operation(
        id=entry["operationId"],
        method=method.upper(),
        path=path,
        summary=entry["summary"],
        needs_key="security" in entry,
        inputs=(*_parameters(entry), *_fields(content)),
        outcomes=tuple(
            Outcome(status, found["description"], media_type, _shape(body, schemas))
            for status, found in entry["responses"].items()
            for media_type, body in (found.get("content") or {"": {}}).items()
        ),
        takes=tuple(sorted(content, key=lambda kind: "multipart" not in kind)),
        keys=tuple(
            f"{scheme['in']}:{scheme['name']}"
            for chosen in entry.get("security", ())
            for scheme in map(schemes.__getitem__, chosen)
            if "in" in scheme
        ),
    )


def _parameters(entry: Mapping[str, Any]) -> Iterator[Input]:
    for one in entry["parameters"]:
        yield Input(
            one["name"], one["in"], one["description"], one.get("example", ""), one["required"]
        )


def _fields(content: Mapping[str, Any]) -> Iterator[Input]:
    known: dict[str, Any] = {}
    for body in content.values():
        known |= body["schema"]["properties"]
    for name, schema in known.items():
        where = "file" if "contentMediaType" in schema else "form"
        yield Input(name, where, schema.get("description", ""), "", is_required=False)


def _shape(body: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return what a body looks like: an outline, one line for each part."""
    schema = body.get("schema")
    if not schema:
        return ""
    lines = list(_outline("", schema, schemas, ()))
    return "\n".join([*lines[:_MOST_LINES], "…"] if len(lines) > _MOST_LINES else lines)


def _outline(
    label: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], within: tuple[str, ...]
) -> Iterator[str]:
    """Yield the lines of a part; `within` names what it is a part of, the whole first."""
    head = "  " * len(within) + (f"{label}: " if label else "")
    options = list(schema.get("anyOf", ())) or [schema]
    yield head + " or ".join(_kind(option) for option in options)
    for option in options:
        name = _kind(option)
        if len(within) >= _DEEPEST or ("$ref" in option and name in within):
            continue
        whole = schemas[name] if "$ref" in option else option
        inner = (*within, name)
        for part, one in whole.get("properties", {}).items():
            yield from _outline(part, one, schemas, inner)
        if isinstance(whole.get("items"), dict) and whole["items"]:
            yield from _outline("each", whole["items"], schemas, inner)


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    kind = schema.get("type", "anything")
    return "list" if kind == "array" else str(kind)


def _command(operation: Operation, base: str) -> str:
    """Return the line that runs an operation with curl, with examples in it."""
    path = operation.path
    for one in operation.inputs:
        if one.where == "path":
            path = path.replace(f"{{{one.name}}}", one.example or f"{one.name.upper()}")
    query = [
        f"{one.name}={quote(one.example)}"
        for one in operation.inputs
        if one.where == "query" and one.example
    ]
    header = ""
    for way in operation.keys[:1]:
        where, _, name = way.partition(":")
        if where == "query":
            query.append(f"{name}=KEY")
        else:
            header = f" -H '{name}: KEY'"
    address = base + path + (f"?{'&'.join(query)}" if query else "")
    method = "" if operation.method == "GET" else f" -X {operation.method}"
    return f"curl{method}{header} '{address}'{_sent(operation.inputs)}"


def _sent(inputs: Sequence[Input]) -> str:
    files = [one for one in inputs if one.where == "file"]
    if files:
        return f" -F '{files[0].name}=@picture.png'"
    fields = [one for one in inputs if one.where == "form"]
    return f" -d '{fields[0].name}=…'" if fields else ""
