"""The command line: `menagerie COMMAND`; each group of commands is a module of its own.

Commands are imported when they are asked for, so that `--help` does not load the server.
"""

import sys
from collections.abc import Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError

import menagerie
from menagerie import errors
from menagerie.cli import terminal

EXIT_CODES: dict[type[errors.MenagerieError], int] = {
    errors.NotFound: 4,
    errors.Invalid: 2,
    errors.QueryError: 2,
    errors.Conflict: 5,
    errors.Unsupported: 2,
    errors.Taken: 5,
    errors.Unauthenticated: 3,
    errors.SecondFactorNeeded: 3,
    errors.Forbidden: 3,
    errors.Banned: 3,
    errors.TooLarge: 6,
    errors.RateLimited: 6,
    errors.Unavailable: 7,
}
"""What the process exits with, by domain error; 1 for anything else, and for a failed check."""

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serving:serve", "Serve the library: web pages, APIs, jobs and upkeep."),
    "demo": ("showing:demo", "Put the demo collection into an empty library."),
    "work": ("serving:work", "Run jobs here, beside or without a server."),
    "migrate": ("serving:migrate", "Bring the database up to date."),
    "account": ("account:app", "Make, list and change accounts."),
    "notice": ("notices:app", "Add, list and take down site notices."),
    "badge": ("badges:app", "Make, list and award badges."),
    "moderation": ("moderation:app", "See what waits for staff, undo what they did, ban people."),
    "tag": ("tag:app", "Make tags aliases, let them imply others, and describe them."),
    "requests": ("requests:app", "List and decide the requests to make private images public."),
    "import": ("importing:import_", "Put the pictures of a folder into the library."),
    "export": ("exporting:export", "Write what a query finds as a dataset into a folder."),
    "snapshot": ("snapshots:app", "Make, list, compare and look into datasets that never change."),
    "search": ("searching:search", "Search from the command line."),
    "vocabulary": ("vocabulary:app", "Import, export, list and add words to judge images by."),
    "forum": ("forums:app", "Make, list and change forums."),
    "data": ("data:app", "Load, check, export and change what is known about dogs and cats."),
    "recognise": ("recognising:recognise", "Let the models look at images they have not seen yet."),
    "check": ("upkeep:check", "Compare files, counters and catalogue with what they should be."),
    "backup": ("upkeep:backup", "Copy the library while it serves."),
    "restore": ("upkeep:restore", "Put a backup into an empty data folder."),
    "settings": ("settings:settings", "Print every setting and where it came from."),
}
"""Each command's function and its line of help."""

app = App(
    name="menagerie",
    help="A self-hosted image library that speaks public image APIs over one store.",
    help_epilogue="Settings come from menagerie.toml in the data folder, MENAGERIE_* and flags;"
    " `menagerie settings` prints them all.",
    version=menagerie.__version__,
    # One line says more than a box, and scripts read it.
    print_error=False,
    exit_on_error=False,
    result_action="return_value",
)
for _name, (_target, _help) in COMMANDS.items():
    app.command(f"menagerie.cli.{_target}", name=_name, help=_help)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are printed as one line."""
    try:
        result = app(words)
    except errors.MenagerieError as error:
        terminal.complain(_explain(error))
        return exit_code(error)
    except CycloptsError as error:
        terminal.complain(str(error).strip())
        return 2
    except OSError as error:
        terminal.complain(str(error))
        return EXIT_CODES[errors.Unavailable]
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else 0


def exit_code(error: errors.MenagerieError) -> int:
    """Return the exit code of a domain error.

    >>> exit_code(errors.Unsupported("is not a picture"))
    2
    """
    for kind in type(error).__mro__:
        if kind in EXIT_CODES:
            return EXIT_CODES[kind]
    return 1


def _explain(error: errors.MenagerieError) -> str:
    if isinstance(error, errors.Invalid):
        return "\n".join(f"{name} {text}" for name, texts in error.fields.items() for text in texts)
    if isinstance(error, errors.QueryError) and error.hint:
        return f"{error.message}\n{error.hint}"
    return error.message
