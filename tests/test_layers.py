"""The import rules hold, and no name of a dialect leaks to the left of `dialects`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import menagerie

SOURCE = Path(menagerie.__file__).parent
CORE = ["errors.py", "library.py", "jobs.py", "storage", "media", "search", "core"]


def files(*names: str) -> list[Path]:
    found = [SOURCE / name for name in names]
    return [p for one in found for p in ([one] if one.suffix else sorted(one.rglob("*.py")))]


@pytest.mark.slow
def test_imports_go_one_way():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        cwd=SOURCE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", files(*CORE), ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_core_names_no_dialect(path):
    # Docstrings and comments may give a source; names and texts of the program may not.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    foreign = [n for n in names for d in ("philomena", "imagemonkey", "dogapi") if d in n.lower()]
    assert foreign == []


@pytest.mark.parametrize("path", files("."), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_are_documented_and_of_readable_size(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module says what it is"
    if "migrations" not in path.parts:
        assert text.count("\n") <= 700
