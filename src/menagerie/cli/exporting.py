"""`menagerie export`: write what a query finds as a dataset into a folder."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.progress import Progress

from menagerie.cli import terminal
from menagerie.core import exports, freezing, snapshots
from menagerie.core.snapshots import Snapshot
from menagerie.datasets import exporting
from menagerie.datasets.records import Selection
from menagerie.datasets.writing import Options, Report
from menagerie.errors import Invalid
from menagerie.library import SYSTEM, Library

Format = Annotated[str, Parameter(name="--format")]
_NOT_CHOSEN = Selection()


def export(
    *,
    output: Path,
    format: Format = "jsonl",  # noqa: A002  # the flag's name
    query: str = "*",
    language: Literal["tags", "labels"] = "tags",
    snapshot: str = "",
    data: terminal.DataFolder = None,
    classes: tuple[str, ...] = (),
    licence: tuple[str, ...] = (),
    min_probability: float = 0.8,
    min_votes: int = 1,
    max_probability_negative: float = 0.2,
    include_undecided: bool = False,
    include_unlabelled: bool = True,
    trust_donor: bool = False,
    votes: bool = True,
    dedupe: bool = False,
    seed: str = "menagerie",
    splits: tuple[int, int, int] = (80, 10, 10),
    max_side: int = 0,
    image: Literal["original", "jpg", "png"] = "original",
    multi: Literal["skip", "primary", "duplicate"] = "skip",
    shapes: Literal["boxes", "polygons"] = "boxes",
    shards: int = 0,
    safe_csv: bool = False,
) -> None:
    """Write a dataset into a folder: pictures, labels, splits, licences and hashes.

    Only public images are taken, and none that was reported and waits to be looked at. With
    --snapshot the images and labels are those of a snapshot, and twice the same bytes come out.

    Parameters
    ----------
    output
        Folder to write into; must be empty or not there.
    format
        jsonl, imagefolder, parquet, webdataset, coco, yolo, classfolders or openimages.
    query
        As in the search box, such as "safe, dog".
    language
        The language of the query: tags, or labels such as "dog & ~cat".
    snapshot
        Name, name@version or UUID of a snapshot, in place of a query.
    classes
        Labels that are classes, or tag:NAME for tags; repeat it. All labels met without it.
    licence
        SPDX names of the licences to take, or any; repeat it. All that let copies be handed on
        without it.
    min_probability
        Share of yes from which a label is present.
    min_votes
        Verdicts below which a label is undecided.
    max_probability_negative
        Share of yes up to which a label is absent.
    include_undecided
        Take images whose labels are all undecided.
    include_unlabelled
        Take images without labels.
    trust_donor
        Take a label that nobody judged for present.
    votes
        Write every verdict down.
    dedupe
        Of images that look alike, take the largest.
    seed
        Decides, with the groups, about the splits.
    splits
        Percent of train, validation and test.
    max_side
        Shrink pictures to so many px on the longer side; 0 leaves them.
    image
        Convert pictures.
    multi
        What formats for one class do with an image of several.
    shapes
        Boxes or polygons, for YOLO.
    shards
        Least number of shards.
    safe_csv
        Keep spreadsheets from running cells.
    """
    form = exporting.find_format(format)
    exporting.require_empty(output)
    options = Options(
        max_side=max_side,
        image=image,
        multi=multi,
        shapes=shapes,
        shards=shards,
        safe_csv=safe_csv,
    )
    exporting.require_sound(options)
    selection = Selection(
        query=query,
        language=language,
        classes=classes,
        licences=licence,
        min_probability=min_probability,
        min_votes=min_votes,
        max_probability_negative=max_probability_negative,
        include_undecided=include_undecided,
        include_unlabelled=include_unlabelled,
        trust_donor=trust_donor,
        include_votes=votes,
        dedupe=dedupe,
        seed=seed,
        ratios=splits,
    )
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
