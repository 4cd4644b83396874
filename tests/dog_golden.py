"""Golden answers of the TheDogAPI dialect, with ids numbered and breeds cut short.

Write the files anew with MENAGERIE_WRITE_GOLDEN=1 and read the difference.
"""

import os
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec

from dog_world import without_times

FOLDER = Path(__file__).parent / "contract" / "dogapi" / "golden"
WRITES = os.environ.get("MENAGERIE_WRITE_GOLDEN") == "1"  # noqa: TID251  # a switch of the tests
_CODE = re.compile(r'(?<=/images/)[A-Za-z0-9_-]{9}|(?<=id": ")[A-Za-z0-9_-]{9}(?=")')
_PROOF = re.compile(r"(?<=\.)[A-Za-z0-9_-]{22}(?=\.)")


def compare(name: str, answer: httpx.Response, status: int = 200) -> None:
    """Fail unless the answer is JSON and what the file of this name holds."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    brief = msgspec.json.encode(_brief(answer.json()))
    text = without_times(msgspec.json.format(brief, indent=1).decode() + "\n")
    numbers: dict[str, str] = {}
    text = _CODE.sub(lambda m: numbers.setdefault(m[0], f"<id {len(numbers) + 1}>"), text)
    text = _PROOF.sub("<proof>", text)
    kept = FOLDER / f"{name}.json"
    if WRITES:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


def _brief(value: Any) -> Any:
    """Name the fields of breeds instead of their values, which the data may better."""
    if isinstance(value, list):
        return [_brief(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "life_span" in value:
        return {"id": value["id"], "name": value["name"], "fields": " ".join(value)}
    return {key: _brief(item) for key, item in value.items()}
