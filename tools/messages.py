"""Collect the messages of the pages into `menagerie.pot`, and bring the catalogues up to date.

    python tools/messages.py            # menagerie.pot and every menagerie.po
    python tools/messages.py --check    # say whether menagerie.pot is current
    python tools/messages.py --new de   # begin a language

Messages are what templates say with `_()` and `ngettext()`, what Python marks with `marked()`, and
what the core's errors say. Those of errors may be put together with values: `f"at most {most} tags"`
becomes the key `at most %(most)s tags` with the remark `problem`, and whoever shows the error finds
the key by its pattern.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "menagerie"
WEB = SOURCE / "web"
LOCALE = WEB / "locale"
TEMPLATE = LOCALE / "menagerie.pot"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None, "marked_plural": (1, 2)}
PROBLEM = "problem"
# Where errors come from that pages show. What only operators read on a command line stays English.
RAISING = ("core", "http", "search", "media", "library.py", "errors.py")
FOR_OPERATORS = {"backups.py", "checks.py", "dataset_import.py", "upkeep.py", "word_files.py"}
ERRORS = {
    "Invalid",
    "Forbidden",
    "Banned",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "Taken",
    "QueryError",
}
# The same for everybody, so that collecting twice gives the same bytes.
_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_HEADER = "# Messages of Menagerie's pages. `make messages` writes this file.\n#"


def collected() -> Catalog:
    """Return all messages, without translations."""
    catalogue = _empty(None)
    for path in sorted([*WEB.rglob("*.html"), *WEB.rglob("*.xml"), *WEB.rglob("*.py")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {
            "extensions": "jinja2.ext.i18n",
            "trim_blocks": "true",
            "lstrip_blocks": "true",
            "silent": "false",
        }
        with path.open("rb") as file:
            for _line, message, _comments, _context in extract(
                method, file, KEYWORDS, options=options if method != "python" else {}
            ):
                catalogue.add(message, locations=[(_place(path), None)])
    for name in RAISING:
        paths = [SOURCE / name] if name.endswith(".py") else sorted((SOURCE / name).rglob("*.py"))
        for path in paths:
            if path.name not in FOR_OPERATORS:
                for message in _said_by_errors(ast.parse(path.read_text(encoding="utf-8"))):
                    catalogue.add(
                        message, locations=[(_place(path), None)], auto_comments=[PROBLEM]
                    )
    return catalogue


def _empty(language: str | None) -> Catalog:
    return Catalog(
        locale=language,
        project="Menagerie",
        creation_date=_DATE,
        revision_date=_DATE,
        header_comment=_HEADER,
        fuzzy=False,
    )


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _said_by_errors(tree: ast.Module) -> Iterator[str]:
    """Yield what the errors of a module say, in the order it stands there."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ERRORS:
            for argument in [
                *node.args,
                *(k.value for k in node.keywords if k.arg in {"hint", "also"}),
            ]:
                for text in _texts(argument, constants):
                    if _is_said(text):
                        yield text
        elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
            # The words an error says when it is raised without any.
            for default in node.args.defaults:
                if (
                    isinstance(default, ast.Constant)
                    and isinstance(default.value, str)
                    and " " in default.value
                ):
                    yield default.value


def _is_said(text: str) -> bool:
    """Tell whether a text has words of its own, and is no code and no mere frame of values."""
    return len(re.findall("[A-Za-z]{2,}", re.sub(r"%\(\w+\)s", " ", text))) > 1 and " " in text


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield _pattern(node)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _texts(constants[node.id], constants)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value, constants)
    elif isinstance(node, ast.List | ast.Tuple):
        for value in node.elts:
            yield from _texts(value, constants)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)


def _pattern(node: ast.JoinedStr) -> str:
    """Return the key of a text with values: the last name in each becomes its placeholder."""
    made, taken = [], set[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            made.append(str(part.value).replace("%", "%%"))
            continue
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        name = _name(inner).strip("_").lower() or "value"
        while name in taken:
            name += "2"
        taken.add(name)
        made.append(f"%({name})s")
    return "".join(made)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it."""
    file = io.BytesIO()
    write_po(
        file, catalogue, width=100, sort_by_file=True, ignore_obsolete=True, include_lineno=False
    )
    return re.sub(rb'"Generated-By.*\n', b"", file.getvalue())


def update(language: str, template: Catalog) -> None:
    """Bring one language up to date: new messages come without words, old ones go."""
    path = LOCALE / language / "LC_MESSAGES" / "menagerie.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = (
        read_po(io.BytesIO(path.read_bytes()), locale=language)
        if path.exists()
        else _empty(language)
    )
    catalogue.update(
        template, no_fuzzy_matching=True, update_header_comment=True, update_creation_date=False
    )
    catalogue.fuzzy = False
    catalogue.revision_date = _DATE
    path.write_bytes(written(catalogue))
    missing = sum(1 for message in catalogue if message.id and not _is_translated(message.string))
    sys.stdout.write(f"{language}: {len(catalogue)} messages, {missing} without a translation\n")


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def main() -> int:
    """Run the tool; 1 when `--check` finds the template out of date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--new", metavar="LANGUAGE", help="begin a language")
    options = parser.parse_args()
    template = collected()
    data = written(template)
    if options.check:
        return int(not TEMPLATE.exists() or TEMPLATE.read_bytes() != data)
    LOCALE.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(data)
    languages = {path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/menagerie.po")}
    for language in sorted(languages | ({options.new} if options.new else set())):
        update(language, template)
    sys.stdout.write(f"{len(template)} messages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
