"""`menagerie export`: write what a query finds as a dataset into a folder."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress

from menagerie.cli import choices, terminal
from menagerie.core import exports, freezing, snapshots
from menagerie.core.snapshots import Snapshot
from menagerie.datasets import exporting
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Report
from menagerie.errors import Invalid
from menagerie.library import SYSTEM, Library

Format = Annotated[str, Parameter(name="--format")]
_NOT_CHOSEN = Selection()


def export(
    *,
    output: Path,
    format: Format = "jsonl",  # noqa: A002  # the flag's name
    snapshot: str = "",
    data: terminal.DataFolder = None,
    choice: choices.Choice = choices.EVERYTHING,
    writing: choices.Writing = choices.PLAINLY,
) -> None:
    """Write what a query finds as a dataset into a folder.

    Only public images are taken, and none that was reported and waits to be looked at. With
    --snapshot the images and labels are those of a snapshot, and twice the same bytes come out.

    Parameters
    ----------
    output
        Folder to write into; must be empty or not there.
    format
        jsonl, imagefolder, parquet, webdataset, coco, yolo, classfolders or openimages.
    snapshot
        Name, name@version or UUID of a snapshot, in place of a query.
    """
    form = exporting.find_format(format)
    exporting.require_empty(output)
    options = writing.options()
    exporting.require_sound(options)
    selection = choice.selection()
    if snapshot and selection != _NOT_CHOSEN:
        raise Invalid({"snapshot": ["has its own query and thresholds; leave the others away"]})
    with terminal.open_library(data) as library:
        made = _find(library, snapshot) if snapshot else _make(library, selection)
        with Progress(console=terminal.err, transient=True) as progress:
            task = progress.add_task(f"writing {form.title}", total=made.image_count)
            report = exports.write_folder(
                library,
                made,
                format,
                options,
                output,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    _tell(report, output)


def _find(library: Library, text: str) -> Snapshot:
    with library.reading(SYSTEM) as tx:
        return snapshots.find(tx, text)


def _make(library: Library, selection: Selection) -> Snapshot:
    with library.writing(SYSTEM) as tx:
        made = snapshots.create_for_export(tx, selection)
    return freeze(library, made)


def freeze(library: Library, made: Snapshot) -> Snapshot:
    """Freeze a snapshot with a bar; raises Invalid with the reason when it cannot be."""
    with Progress(console=terminal.err, transient=True) as progress:
        task = progress.add_task("reading", total=None)
        done = freezing.freeze(
            library,
            made.key,
            progress=lambda count, total: progress.update(task, completed=count, total=total),
        )
    if not done.is_done:
        raise Invalid({"query": [done.error or "cannot be frozen"]})
    return done


def _tell(report: Report, output: Path) -> None:
    counts = ", ".join(f"{number} {what}" for what, number in report.counts.items())
    terminal.out.print(f"{counts} in {output}", markup=False)
    for why, number in report.lost.items():
        terminal.out.print(f"  not held: {number} {why}", markup=False)
    for note in report.notes:
        terminal.out.print(f"  {note}", markup=False)
