"""Where the dialect is reached, how it knows callers and how it words errors."""

from menagerie.errors import MenagerieError
from menagerie.http import answers
from menagerie.http.routing import Door
from menagerie.library import Library


def doors(library: Library) -> list[Door]:
    """Return the doors of the dialect."""
    prefix = library.settings.philomena_prefix.rstrip("/")
    return [
        Door(
            name="philomena",
            title="Philomena",
            prefixes=(prefix + "/api",),
            operations=(),
            errors={
                MenagerieError: lambda _error, _call: answers.json({"error": "Not found"}, 404),
                Exception: lambda _error, _call: answers.json({"error": "Internal Error"}, 500),
            },
            allows_origins=True,
        )
    ]
