"""Every act that the core notes in the log has words on pages, and everything it is about."""

import ast
from pathlib import Path

import menagerie.core
from menagerie.core.animals import editing
from menagerie.storage.schema import SubjectKind
from menagerie.web import acts

CORE = Path(menagerie.core.__file__).parent
WITH_KIND = ("add", "edit", "remove")  # noted together with the kind of what is edited


def texts(node, values):
    """Return the texts that an expression may have, given those of names."""
    if isinstance(node, ast.IfExp):
        return texts(node.body, values) | texts(node.orelse, values)
    if isinstance(node, ast.Name):
        return values.get(node.id, set())
    return {node.value} if isinstance(node, ast.Constant) else set()


def assigned(nodes):
    pairs = [(node.targets[0], node.value) for node in nodes if isinstance(node, ast.Assign)]
    return {to.id: texts(value, {}) for to, value in pairs if isinstance(to, ast.Name)}


def noted(tree, module, places):
    """Return the actions that a module notes.

    `places` says which argument of which function is the action, and learns of functions that are
    told it themselves.
    """
    found, own = set(), {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        values = assigned(tree.body) | assigned(ast.walk(function))
        arguments = [argument.arg for argument in function.args.args]
        for call in ast.walk(function):
            place = isinstance(call, ast.Call) and places.get(named(module, ast.unparse(call.func)))
            if not place:
                continue
            action = call.args[place]
            found |= texts(action, values)
            if isinstance(action, ast.Name) and action.id in arguments:
                own[f"{module}.{function.name}"] = arguments.index(action.id)
    places |= own
    return found


def named(module, name):
    return f"staff_log.{name}" if name == "note" else name if "." in name else f"{module}.{name}"


def test_every_act_has_words_and_no_words_are_of_none():
    places = {"staff_log.note": 1}
    found = {f"{act} {kind.replace('_', ' ')}" for act in WITH_KIND for kind in editing.Kind}
    sources = {file.stem: file.read_text(encoding="utf-8") for file in CORE.rglob("*.py")}
    trees = {
        name: ast.parse(text)
        for name, text in sources.items()
        if "staff_log" in text or "batch." in text
    }
    for _ in range(3):  # as long as functions are told by others that are told by others
        for module, tree in trees.items():
            found |= noted(tree, module, places)
    assert found ^ set(acts.ACTS) == set()
    assert {*SubjectKind, *editing.Kind} <= set(acts.KINDS)
