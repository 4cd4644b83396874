"""`menagerie settings`: every setting, its value and where it came from."""

from rich.table import Table

from menagerie.cli import terminal
from menagerie.settings import OPTIONS, Option, shown


def settings(*, data: terminal.DataFolder = None, markdown: bool = False) -> None:
    """Print every setting, its value and where it came from; secrets are masked.

    Parameters
    ----------
    markdown
        Print the reference page of the documentation instead.
    """
    if markdown:
        terminal.out.print(reference(), end="", markup=False)
        return
    current = terminal.load_settings(data)
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "from"):
        table.add_column(heading, no_wrap=heading == "setting")
    for option in OPTIONS:
        table.add_row(option.name, shown(option, current), current.sources[option.name])
    terminal.out.print(table)


def reference() -> str:
    """Return the settings' page of the documentation, in Markdown."""
    lines = [
        "# Settings",
        "",
        (
            "Last wins: the default, `menagerie.toml` in the data folder, the environment"
            " (`MENAGERIE_PORT=9000`), a flag of the command line. A secret can also be read from a"
            " file: `MENAGERIE_FILES_SECRET_FILE=/run/secrets/s3`. A name that is no setting is an"
            " error. `menagerie settings` prints what is in force and where each value came from."
        ),
        "",
        "This page is written by `menagerie settings --markdown`; a test keeps it current.",
        "",
        "| setting | default | unit | what it does |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_row, OPTIONS)]) + "\n"


def _row(option: Option) -> str:
    default = str(option.default).lower() if option.type is bool else str(option.default)
    shown_default = f"`{default}`" if default else ""
    notes = option.help
    if option.choices:
        notes += " One of " + ", ".join(f"`{choice}`" for choice in option.choices) + "."
    if option.is_secret:
        notes += " Secret."
    return f"| `{option.name}` | {shown_default} | {option.unit} | {notes} |"
