"""Modules do not import each other in a circle, and private names stay in their folder.

Every import counts: at the top of a module, inside a function, and under `TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("orca_local", "tui")


def modules() -> dict[str, ast.Module]:
    """The syntax tree of each module of the program, by its dotted name."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths}
    return {name: ast.parse(path.read_text(encoding="utf-8")) for path, name in names.items()}


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each imported (module, name); the name is empty for `import module`. The program has no relative imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def import_graph(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """For each module, the modules of the program that it imports."""
    graph: dict[str, set[str]] = {}
    for name, tree in trees.items():
        pairs = imported_names(tree)
        targets = {f"{module}.{member}" if f"{module}.{member}" in trees else module for module, member in pairs}
        graph[name] = {target for target in targets if target in trees and target != name}
    return graph


def find_circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules of one import circle, in order; empty if there is none."""
    finished: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in finished:
            return []
        path.append(name)
        for target in sorted(graph[name]):
            if circle := visit(target):
                return circle
        finished.add(path.pop())
        return []

    for name in sorted(graph):
        if circle := visit(name):
            return circle
    return []


def folder(module: str) -> str:
    """The folder that a module belongs to, below `orca_local`; all of `tui` is one."""
    return ".".join(module.split(".")[: 2 if module.startswith("orca_local.") else 1])


def private_imports(trees: Mapping[str, ast.Module]) -> list[str]:
    """Every use of a private name of another folder, as `module uses other._name`."""
    uses = []
    for name, tree in trees.items():
        aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                aliases |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        others = {alias: module for alias, module in aliases.items() if module in trees}
        accessed = [
            (others[node.value.id], node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in others
        ]
        for module, member in [*imported_names(tree), *accessed]:
            is_private = member.startswith("_") and not member.endswith("__")
            if is_private and module.startswith(PACKAGES) and folder(module) != folder(name):
                uses.append(f"{name} uses {module}.{member}")
    return uses


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert find_circle(import_graph(modules())) == []


def test_no_private_name_is_used_in_another_folder() -> None:
    assert private_imports(modules()) == []


def test_a_circle_and_a_private_name_would_be_found() -> None:
    trees = {
        "orca_local.a.one": ast.parse("from orca_local.a import two\ndef f():\n    from orca_local.b.three import _x"),
        "orca_local.a.two": ast.parse("import orca_local.b.three"),
        "orca_local.b.three": ast.parse("if TYPE_CHECKING:\n    from orca_local.a.one import f"),
        "orca_local.b.four": ast.parse("from orca_local.a import one\none._f()\none.__name__"),
    }
    circle = ["orca_local.a.one", "orca_local.a.two", "orca_local.b.three", "orca_local.a.one"]
    assert find_circle(import_graph(trees)) == circle
    assert private_imports(trees) == [
        "orca_local.a.one uses orca_local.b.three._x",
        "orca_local.b.four uses orca_local.a.one._f",
    ]
