"""Writing tables of operations in short: what most operations of the dialect have in common."""

import re
from typing import Any

from menagerie.dialects.philomena import site
from menagerie.http.routing import Handler, Operation, Outcome, Parameter, Runs
from menagerie.library import Library

_IN_PATH = re.compile(r"\{(\w+):str\}")
# What the parameters of paths mean, by the part of the path in front of them.
_PATH_PARAMETERS = {
    "images": ("Id of the image.", "1"),
    "comments": ("Id of the comment.", "1"),
    "posts": ("Id of the post.", "1"),
    "profiles": ("Id of the account.", "1"),
    "galleries": ("Id of the gallery.", "1"),
    "forums": ("Short name of the forum.", "general"),
    "topics": ("Slug of the topic.", "welcome"),
    "notifications": ("Id of the notification.", "1"),
    "conversations": ("Slug of the conversation.", "x"),
    "queue": ("What waits, such as report or duplicate.", "report"),
    "log": ("Id of the entry.", "1"),
}


class Table:
    """Collects operations below the API's path; each documents the parameters of its path."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.operations: list[Operation] = []

    def read(
        self,
        tail: str,
        handler: Handler,
        summary: str,
        shape: Any,
        *more: Parameter | Outcome,
        needs_key: bool = False,
    ) -> None:
        """Add a GET; `more` are parameters, and outcomes besides 200 and what any may say."""
        outcomes: tuple[Outcome, ...] = site.READS
        if needs_key:
            outcomes = (site.UNAUTHENTICATED, site.NOT_ALLOWED, *outcomes)
        about = self._operation("GET", tail, handler, summary, shape)
        self.operations.append(_with(about, more, outcomes)._replace(needs_key=needs_key))

    def write(
        self,
        method: str,
        tail: str,
        handler: Handler,
        summary: str,
        shape: Any,
        *more: Parameter | Outcome,
    ) -> None:
        """Add an operation that changes something, with a key."""
        about = self._operation(method, tail, handler, summary, shape)
        self.operations.append(_with(about, more, site.WRITES)._replace(needs_key=True))

    def _operation(
        self, method: str, tail: str, handler: Handler, summary: str, shape: Any
    ) -> Operation:
        return Operation(
            method,
            site.paths(self._library, tail),
            handler,
            Runs.EXECUTOR,
            summary=summary,
            parameters=(*_path_parameters(tail), site.KEY),
            outcomes=(Outcome(200, "As it is now.", shape),),
        )


def _with(
    operation: Operation, more: tuple[Parameter | Outcome, ...], outcomes: tuple[Outcome, ...]
) -> Operation:
    """Add parameters and outcomes to an operation."""
    parameters = tuple(one for one in more if isinstance(one, Parameter))
    own = tuple(one for one in more if isinstance(one, Outcome))
    return operation._replace(
        parameters=(*operation.parameters, *parameters),
        outcomes=(*operation.outcomes, *own, *outcomes),
    )


def _path_parameters(tail: str) -> list[Parameter]:
    """Return the parameters of a path, told by what stands before each.

    >>> [p.help for p in _path_parameters("/forums/{short_name:str}/topics/{slug:str}")]
    ['Short name of the forum.', 'Slug of the topic.']
    """
    found = []
    before = ""
    for part in tail.strip("/").split("/"):
        if match := _IN_PATH.fullmatch(part):
            # A second one in a row is the id of what the first says the kind of.
            about, example = _PATH_PARAMETERS.get(before, ("Id of it.", "1"))
            found.append(Parameter(match[1], about, "path", example))
            before = ""
        else:
            before = part
    return found


def field(name: str, about: str, example: str | None = None) -> Parameter:
    """Return a field of the body."""
    return Parameter(name, about, "form", example)
