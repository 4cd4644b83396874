"""The list of modules in the docstring of the core is whole, and its order is that of imports."""

import ast
from pathlib import Path

import menagerie.core

FOLDER = Path(menagerie.core.__file__).parent
LISTED = (
    menagerie.core.__doc__.split("before it here: ")[-1].replace("\n", " ").strip(" .").split(", ")
)


def imported(module):
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "menagerie.core":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("menagerie.core."):
            found.add(node.module.split(".")[2])
    return found


def test_the_list_of_modules_is_whole():
    there = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert sorted(LISTED) == sorted(there)


def test_modules_import_only_what_stands_before_them():
    before = {name: set(LISTED[:place]) for place, name in enumerate(LISTED)}
    assert {
        name: imported(name) - before[name] for name in LISTED if imported(name) - before[name]
    } == {}
