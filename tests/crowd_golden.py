"""Answers compared with golden files; UUIDs, which differ in each library, become numbers.

Write the files anew with MENAGERIE_WRITE_GOLDEN=1 and read the difference.
"""

import os
import re
from pathlib import Path

import httpx

from booru_world import pretty

FOLDER = Path(__file__).parent / "contract" / "imagemonkey" / "golden" / "crowd"
WRITES = os.environ.get("MENAGERIE_WRITE_GOLDEN") == "1"  # noqa: TID251  # a switch of the tests
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def check(name: str, answer: httpx.Response, status: int = 200) -> None:
    """Compare an answer with the golden file of a name."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    numbers: dict[str, str] = {}
    found = _UUID.sub(
        lambda match: numbers.setdefault(match[0], f"uuid-{len(numbers) + 1}"),
        pretty(answer.content),
    )
    kept = FOLDER / f"{name}.json"
    if WRITES:
        kept.write_text(found, encoding="utf-8")
    assert found == kept.read_text(encoding="utf-8")
