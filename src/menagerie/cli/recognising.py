"""`menagerie recognise`: look at images that were there before the models were, or at all again."""

from typing import Annotated

from cyclopts import Parameter
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from menagerie.cli import terminal
from menagerie.core import recognition
from menagerie.errors import Unavailable
from menagerie.library import SYSTEM


def recognise(
    *,
    data: terminal.DataFolder = None,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
) -> int:
    """Let the models look at images they have not seen yet.

    May run while the library serves, and be stopped and started again. Exits with 1 when files of
    images cannot be had.

    Parameters
    ----------
    everything
        At all images again, also those they have seen.
    """
    with terminal.open_library(data) as library:
        if not library.settings.recognition:
            raise Unavailable("Recognition is switched off; see the setting `recognition`.")
        with library.reading(SYSTEM) as tx:
            waiting = recognition.waiting_ids(tx, again=everything)
        failed = 0
        columns = (
            *Progress.get_default_columns()[:-1],
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=terminal.err) as progress:
            task = progress.add_task("images", total=len(waiting))
            for start in range(0, len(waiting), recognition.BATCH):
                batch = waiting[start : start + recognition.BATCH]
                problems = recognition.look_at(library, batch, again=everything)
                for image_id, error in problems.items():
                    progress.console.print(f"image {image_id}: {error}", markup=False)
                failed += len(problems)
                progress.advance(task, len(batch))
    terminal.out.print(f"looked at {len(waiting) - failed} images")
    return 1 if failed else 0
