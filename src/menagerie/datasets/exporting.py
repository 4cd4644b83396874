"""Writing an export: a format, and the files all formats share, under its name when whole."""

import contextlib
import fcntl
import glob
import os
import shutil
import uuid
from importlib.util import find_spec
from pathlib import Path

import msgspec

from menagerie.datasets import leaving, root_files
from menagerie.datasets.formats import FORMATS
from menagerie.datasets.writing import (
    Content,
    Folder,
    Format,
    Job,
    Options,
    Progress,
    Report,
)
from menagerie.errors import Invalid, Unavailable

_MOST_SIDE = 16_384
_MOST_SHARDS = 10_000
_UNFINISHED = ".unfinished"


def find_format(name: str) -> Format:
    """Return a format by its name.

    Raises Invalid with the names there are, and Unavailable when a module it needs is missing.
    """
    form = FORMATS.get(name)
    if form is None:
        raise Invalid({"format": [f"must be one of {', '.join(FORMATS)}, not {name!r}"]})
    if form.needs and find_spec(form.needs) is None:
        raise Unavailable(f"The format {name} needs {form.needs}: pip install {form.needs}")
    return form


def read_options(values: object) -> Options:
    """Return options from plain values; raises Invalid with what is allowed."""
    try:
        options = msgspec.convert(values, Options, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid({"options": [str(error)]}) from error
    require_sound(options)
    return options


def require_sound(options: Options) -> None:
    """Raise Invalid for numbers out of their range."""
    problems = {}
    if options.max_side and not 16 <= options.max_side <= _MOST_SIDE:
        problems["max_side"] = [f"must be 0 or from 16 to {_MOST_SIDE}, not {options.max_side}"]
    if not 0 <= options.shards <= _MOST_SHARDS:
        problems["shards"] = [f"must be from 0 to {_MOST_SHARDS}, not {options.shards}"]
    if problems:
        raise Invalid(problems)


def write_folder(
    content: Content,
    form: Format,
    options: Options,
    target: Path,
    *,
    sha256: str,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Write an export into `target`, which must not exist or be empty; return what was lost.

    It is written beside it and gets its name when it is whole. `sha256` is the snapshot's
    identity. Raises Invalid (`output`) for a folder that holds something.
    """
    require_empty(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _drop_abandoned(target)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}{_UNFINISHED}")
    unfinished.mkdir()
    held = os.open(unfinished, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        job = Job(
            content=content,
            folder=Folder(unfinished),
            options=options,
            report=Report(),
            progress=progress,
        )
        for sentence in leaving.sentences(leaving.of_counts(content.source.counts)):
            job.report.note(sentence)
        form.write(job)
        root_files.write(job, form, sha256=sha256)
        require_empty(target)  # somebody else may have been faster
        unfinished.replace(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    finally:
        os.close(held)
    return job.report


def _drop_abandoned(target: Path) -> None:
    """Remove what an export into the same folder left when it was killed; no process holds it."""
    for path in target.parent.glob(f".{glob.escape(target.name)}.*{_UNFINISHED}"):
        with contextlib.suppress(OSError):
            held = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(held)


def require_empty(target: Path) -> None:
    """Raise Invalid (`output`) unless there is nothing at `target`, or an empty folder."""
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Invalid({"output": [f"{target} holds something already; choose an empty folder"]})
