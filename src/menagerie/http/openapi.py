"""OpenAPI documents from the tables of operations: what is documented is what is mounted."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from menagerie import __version__
from menagerie.http import answers
from menagerie.http.answers import Answer
from menagerie.http.call import Call
from menagerie.http.routing import Door, Operation, Outcome, Parameter
from menagerie.once import once

_REFERENCE = "#/components/schemas/{name}"
_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Made:
    """The document of some doors, made when it is first asked for: few processes ever are."""

    def __init__(self, title: str, description: str, doors: Sequence[Door]) -> None:
        self._of = (title, description, doors)

    @once
    def document(self) -> dict[str, Any]:
        """The document, but for where the library is reached."""
        return document(*self._of)

    def answer(self, call: Call) -> Answer:
        """Answer the document."""
        return answers.json({**self.document, "servers": [{"url": call.base_url}]})


def of_doors(site: str, dialects: Sequence[Door]) -> dict[str, Made]:
    """Return one document for each API that `dialects` speak, by its title in lower case."""
    made: dict[str, Made] = {}
    for title in dict.fromkeys(dialect.title for dialect in dialects if dialect.title):
        members = [dialect for dialect in dialects if dialect.title == title]
        made[title.lower()] = Made(f"{site}: {title}", members[0].description, members)
    return made


def document(title: str, description: str, doors: Sequence[Door]) -> dict[str, Any]:
    """Return one document of everything `doors` do."""
    shapes = [
        shape
        for door in doors
        for operation in door.operations
        for outcome in operation.outcomes
        for shape in _alternatives(outcome)
        if operation.is_documented
    ]
    shapes += [shape for door in doors for shape in door.shapes]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
    schema_of = {id(shape): schema for shape, schema in zip(shapes, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        for operation in door.operations:
            if operation.is_documented:
                for path in operation.paths:
                    plain = _PATH_PARAMETER.sub(r"{\1}", path)
                    entry = _operation(door, operation, plain, schema_of)
                    paths.setdefault(plain, {})[operation.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "description": description, "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                _scheme(door, name): dict(scheme)
                for door in doors
                for name, scheme in door.credentials.items()
            },
        },
    }


def _scheme(door: Door, name: str) -> str:
    """Return a way to say who one is, named so that those of other doors may be called alike."""
    return f"{door.name.replace(' ', '-')}-{name}"


def _alternatives(outcome: Outcome) -> tuple[Any, ...]:
    if outcome.shape is None:
        return ()
    return outcome.shape if isinstance(outcome.shape, tuple) else (outcome.shape,)


def _operation(
    door: Door, operation: Operation, path: str, schema_of: dict[int, Any]
) -> dict[str, Any]:
    in_path = set(_PATH_PARAMETER.findall(path))
    entry: dict[str, Any] = {
        "operationId": _operation_id(operation.method, path),
        "summary": operation.summary,
        "tags": [door.title or door.name],
        "parameters": [_parameter(p) for p in operation.parameters if _is_shown(p, in_path)],
        "responses": _responses(operation.outcomes, schema_of),
    }
    fields = [p for p in operation.parameters if p.where in {"form", "file"}]
    if fields:
        entry["requestBody"] = _body(
            fields, takes_files=operation.takes_files, takes_json=door.takes_json
        )
    if operation.needs_key:
        # Any one of them will do.
        entry["security"] = [{_scheme(door, name): []} for name in door.credentials]
    return entry


def _is_shown(parameter: Parameter, in_path: set[str]) -> bool:
    if parameter.where == "path":
        return parameter.name in in_path
    return parameter.where == "query"


def _operation_id(method: str, path: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")
    return f"{method.lower()}_{words}"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.help,
        "schema": {"type": "string"},
    }
    if parameter.example is not None:
        entry["example"] = parameter.example
    return entry


def _body(fields: Iterable[Parameter], *, takes_files: bool, takes_json: bool) -> dict[str, Any]:
    fields = list(fields)
    plain = {p.name: {"type": p.kind, "description": p.help} for p in fields if p.where == "form"}
    form: dict[str, Any] = {"schema": {"type": "object", "properties": plain}}
    content = {"application/json": form} if takes_json else {}
    content["application/x-www-form-urlencoded"] = form
    if takes_files:
        files = {
            p.name: {"type": "string", "contentMediaType": "application/octet-stream"}
            for p in fields
            if p.where == "file"
        }
        schema = {"type": "object", "properties": {**plain, **files}}
        content["multipart/form-data"] = {"schema": schema}
    return {"required": False, "content": content}


def _responses(outcomes: Iterable[Outcome], schema_of: dict[int, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for outcome in outcomes:
        response = responses.setdefault(str(outcome.status), {"description": outcome.help})
        if outcome.status in {204, 304}:
            continue
        content = response.setdefault("content", {}).setdefault(outcome.media_type, {"schema": {}})
        found = [schema_of[id(shape)] for shape in _alternatives(outcome)] or [{"type": "string"}]
        options = content["schema"].setdefault("anyOf", [])
        options.extend(schema for schema in found if schema not in options)
    return responses
