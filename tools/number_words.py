"""Give every word of the shipped vocabulary its UUID, and write the files in their one form.

    python tools/number_words.py

Run it after editing a file in `src/menagerie/data/vocabulary`. A word's UUID follows from its
accessor, so renaming a word gives it another one: do not rename words that a release had.
"""

import json
from pathlib import Path
from typing import Any

from menagerie.data import vocabulary

FOLDER = Path(vocabulary.__file__).parent


def numbered(file: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the file with every UUID in it, its words in the order of names."""
    for kind in ("labels", "metalabels"):
        for name, entry in file.get(kind, {}).items():
            entry["uuid"] = vocabulary.uuid_of(name)
            for part, below in entry.get("has", {}).items():
                below["uuid"] = vocabulary.uuid_of(f"{name}.has='{part}'")
            for question in entry.get("quiz", []):
                (accessor,) = question["accessors"]
                question["uuid"] = vocabulary.uuid_of(f"{name}{accessor}")
                for answer in question["answers"]:
                    full = f"{name}{accessor}='{answer['name']}'"
                    answer["uuid"] = vocabulary.uuid_of(full)
    for name, category in file.get("refinements", {}).items():
        category["uuid"] = vocabulary.uuid_of(f"{name}=")
        for value, below in category["values"].items():
            below["uuid"] = vocabulary.uuid_of(f"{name}='{value}'")
    return {kind: dict(sorted(entries.items())) for kind, entries in file.items()}


def text_of(file: dict[str, dict[str, Any]]) -> str:
    """Return a file as it is written."""
    return json.dumps(file, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Number every file."""
    for name in vocabulary.names():
        path = FOLDER / f"{name}.json"
        path.write_text(text_of(numbered(vocabulary.read(name))), encoding="utf-8")


if __name__ == "__main__":
    main()
