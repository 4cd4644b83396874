"""The list of modules in the docstring of the core is whole, and its order is that of imports.

A package counts as one module.
"""

import ast
from pathlib import Path

import menagerie.core

FOLDER = Path(menagerie.core.__file__).parent
LISTED = (
    menagerie.core.__doc__.split("before it here: ")[-1].replace("\n", " ").strip(" .").split(", ")
)


def files_of(module):
    package = FOLDER / module
    return sorted(package.glob("*.py")) if package.is_dir() else [FOLDER / f"{module}.py"]


def imported(module):
    found = set()
    for file in files_of(module):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "menagerie.core":
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "menagerie.core."
            ):
                found.add(node.module.split(".")[2])
    return found - {module}


def test_the_list_of_modules_is_whole():
    there = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    assert sorted(LISTED) == sorted(there)


def test_modules_import_only_what_stands_before_them():
    before = {name: set(LISTED[:place]) for place, name in enumerate(LISTED)}
    assert {
        name: imported(name) - before[name] for name in LISTED if imported(name) - before[name]
    } == {}
