"""What the commands share: where they print, and how they open the library."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

import menagerie.settings
from menagerie import logs
from menagerie.core import upkeep
from menagerie.library import Library
from menagerie.settings import Settings

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

DataFolder = Annotated[
    Path | None,
    Parameter(help="Folder of the library; else MENAGERIE_DATA, else ./menagerie-data."),
]
"""The flag `--data`, which every command has."""


def complain(text: str) -> None:
    """Print an error."""
    err.print(f"[bold red]error:[/] {escape(text)}")


def load_settings(data: Path | None = None, **flags: object) -> Settings:
    """Read the settings with the flags given and set logging up; raises Invalid."""
    settings = menagerie.settings.load({"data": data, **flags})
    logs.configure(settings)
    return settings


@contextmanager
def open_library(data: Path | None = None, **flags: object) -> Iterator[Library]:
    """Open the library with its tables up to date; close it afterwards."""
    library = Library(load_settings(data, **flags))
    try:
        upkeep.prepare(library)
        yield library
    finally:
        library.close()
