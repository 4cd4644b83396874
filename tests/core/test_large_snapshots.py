"""Twenty thousand images, frozen and exported in a memory that does not grow with them."""

import hashlib
import json
import subprocess
import sys
import textwrap
import uuid

import pytest
from sqlalchemy import insert, select

import build
from menagerie.core import images
from menagerie.library import SYSTEM
from menagerie.storage import schema
from menagerie.storage.schema import LabelState, Origin

COUNT = 20_000
LIMIT_BYTES = 350 << 20


def _fill(library):
    """Copy one image's row twenty thousand times, each with two labels."""
    image_id = build.image(library, "safe, dog, solo")
    row = schema.images
    with library.writing(SYSTEM) as tx:
        images.change(tx, image_id, licence="CC0-1.0")
        first = dict(tx.one(select(row).where(row.c.id == image_id))._mapping)
        tags = [r.tag_id for r in tx.all(select(schema.labels.c.tag_id))]
        first |= {"claims_hash": False}
        for start in range(0, COUNT, 10_000):
            ids = range(image_id + 1 + start, image_id + 1 + start + 10_000)
            tx.execute(insert(row), [{**first, **_own(n)} for n in ids])
            tx.execute(
                insert(schema.labels),
                [
                    {
                        "image_id": n,
                        "tag_id": tag_id,
                        "origin": Origin.PERSON,
                        "state": LabelState.ASSERTED,
                        "created_at": 0,
                        "yes_weight": n % 4,
                    }
                    for n in ids
                    for tag_id in tags
                ],
            )


def _own(number):
    digest = hashlib.sha256(str(number).encode()).digest()
    return {
        "id": number,
        "key": str(uuid.UUID(bytes=digest[:16], version=4)),
        "perceptual_hash": int.from_bytes(digest[16:24], signed=True),
    }


_SCRIPT = """
    import sys
    from pathlib import Path
    import menagerie.settings
    from menagerie.core import exports, freezing, snapshots
    from menagerie.datasets.records import Selection
    from menagerie.datasets.writing import Options
    from menagerie.library import SYSTEM, Library

    data, database_url, target = sys.argv[1:]
    settings = menagerie.settings.load({"data": data, "database_url": database_url}, {})
    library = Library(settings)
    with library.writing(SYSTEM) as tx:
        selection = Selection(include_undecided=True)
        made = snapshots.create(tx, "large", selection, enqueues=False)
    made = freezing.freeze(library, made.key)
    print(made.state, made.image_count, made.error)
    exports.write_folder(library, made, "webdataset", Options(), Path(target))
    # Not `ru_maxrss`, which begins at what the process that started this one had.
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1024)
    library.close()
"""


@pytest.mark.slow
def test_memory_stays_bounded(library, database_url, tmp_path):
    _fill(library)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(_SCRIPT),
            str(library.settings.data_path),
            database_url,
            str(tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *_, frozen, peak = done.stdout.splitlines()
    assert frozen == f"done {COUNT + 1} None"
    assert int(peak) < LIMIT_BYTES, f"{int(peak) >> 20} MB"
    sizes = json.loads((tmp_path / "out" / "sizes.json").read_bytes())
    assert sum(sizes.values()) == COUNT + 1
