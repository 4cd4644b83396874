"""`menagerie check`, `backup` and `restore`."""

from pathlib import Path

from rich.progress import Progress

from menagerie.cli import terminal
from menagerie.core import backups, checks
from menagerie.library import Library


def check(*, data: terminal.DataFolder = None, deep: bool = False) -> int:
    """Compare files, counters and catalogue with what they should be; change nothing.

    Exits with 1 when something is wrong.

    Parameters
    ----------
    deep
        Read every file, not a sample.
    """
    with terminal.open_library(data) as library:
        report = checks.run(library, is_deep=deep)
    for problem in report.problems:
        terminal.out.print(problem, markup=False)
    looked_at = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    verdict = f"{len(report.problems)} problems" if report.problems else "no problems"
    terminal.out.print(f"{verdict} ({looked_at})")
    return 1 if report.problems else 0


def backup(folder: Path, *, data: terminal.DataFolder = None) -> None:
    """Copy the library while it serves.

    Parameters
    ----------
    folder
        Where to; must be empty or new. It holds secrets: keep it as safe as the library.
    """
    with terminal.open_library(data) as library, Progress(console=terminal.err) as progress:
        task = progress.add_task("files", total=None)
        manifest = backups.back_up(
            library, folder, progress=lambda n: progress.update(task, completed=n)
        )
    terminal.out.print(f"backed up {len(manifest.files)} files and the database to {folder}")


def restore(folder: Path, *, data: terminal.DataFolder = None) -> None:
    """Put a backup into an empty data folder.

    Stop every server of the library first.

    Parameters
    ----------
    folder
        The backup.
    """
    library = Library(terminal.load_settings(data))
    try:
        with Progress(console=terminal.err) as progress:
            task = progress.add_task("files", total=None)
            manifest = backups.restore(
                library, folder, progress=lambda n: progress.update(task, completed=n)
            )
    finally:
        library.close()
    terminal.out.print(f"restored {len(manifest.files)} files and the database")
