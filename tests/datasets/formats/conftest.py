"""Writing one format, and loading it with other people's libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from menagerie.datasets.formats import FORMATS
from menagerie.datasets.writing import Content, Folder, Job, Options, Report


def write(content: Content, name: str, folder: Path, **options) -> Report:
    """Write a snapshot in a format, with a README of nothing but its front matter."""
    report = Report()
    seen = []
    job = Job(
        content=content,
        folder=Folder(folder),
        options=Options(**options),
        report=report,
        progress=lambda done, total: seen.append((done, total)),
    )
    FORMATS[name].write(job)
    assert seen == sorted(seen)
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert on_disk == set(job.folder.written)
    for one in job.folder.written.values():
        assert job.folder.note_file(one.path) == one
    folder.mkdir(parents=True, exist_ok=True)
    # A value in JSON is one in YAML as well.
    top = [f"{key}: {json.dumps(value)}" for key, value in report.front_matter.items()]
    (folder / "README.md").write_text("\n".join(["---", *top, "---", "# Seven", ""]))
    return report


@pytest.fixture
def export(tmp_path):
    """Write a snapshot in a format and return the folder and the report."""

    def exported(content, name, folder="", **options):
        target = tmp_path / (folder or name)
        return target, write(content, name, target, **options)

    return exported


@pytest.fixture
def load(tmp_path):
    """Load folders in a process without network: `loader=folder`, or `loader__more=folder`."""

    def loaded(**tasks: Path) -> dict:
        named = {key: f"{key.split('__')[0]}:{folder}" for key, folder in tasks.items()}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).parent / "loaders.py"), *named.values()],
            env={
                "HF_HUB_OFFLINE": "1",
                "HF_HOME": str(tmp_path / "hf"),
                "MPLCONFIGDIR": str(tmp_path / "mpl"),
                "HOME": str(tmp_path),
            },
            capture_output=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr.decode()[-6000:]
        answers = json.loads(done.stdout)
        return {key: answers[task] for key, task in named.items()}

    return loaded
