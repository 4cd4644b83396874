"""Golden answers: kept as files, with UUIDs numbered in the order in which they appear.

Write the files anew with MENAGERIE_WRITE_GOLDEN=1 and read the difference.
"""

import os
import re
from pathlib import Path

import httpx
import msgspec

FOLDER = Path(__file__).parent / "contract" / "imagemonkey" / "golden"
WRITES = os.environ.get("MENAGERIE_WRITE_GOLDEN") == "1"  # noqa: TID251  # a switch of the tests
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def compare(name: str, answer: httpx.Response) -> None:
    """Fail unless the answer is JSON and what the file of this name holds."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    numbers: dict[str, str] = {}
    text = _UUID.sub(
        lambda found: numbers.setdefault(found[0], f"<uuid {len(numbers) + 1}>"),
        msgspec.json.format(answer.content, indent=1).decode() + "\n",
    )
    kept = FOLDER / f"{name}.json"
    if WRITES:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")
