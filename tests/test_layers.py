"""The tree is the data flow: imports point down only, and no module grows past 500 lines."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "redoxsim"

# A module may import from its own folder and from the folders listed for it.
BASE = {"errors", "units", "catalog", "kept", "toml", "threads", "beside"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "units": {"errors"},
    "catalog": {"errors", "units"},
    "kept": set(),
    "threads": set(),
    "beside": set(),
    "toml": {"errors"},
    "network": BASE,
    "equations": BASE | {"network"},
    "codegen": BASE | {"network", "equations"},
    "solve": BASE | {"network", "equations", "codegen"},
    "analysis": BASE,
    "pharmacology": BASE | {"network"},
    "study": BASE | {"network", "equations", "codegen", "solve", "analysis", "pharmacology"},
    "report": BASE | {"network", "equations", "codegen", "solve", "analysis", "pharmacology", "study"},
    "cli": BASE | {"network", "equations", "codegen", "solve", "analysis", "pharmacology", "study", "report"},
}
# Heavy libraries and the only folders that may import them at module level or inside functions.
HEAVY: dict[str, set[str]] = {
    "libsbml": {"network"},
    "antimony": {"network"},
    "llvmlite": {"codegen"},
    "matplotlib": {"report"},
    "click": {"cli"},
    "rich": {"cli"},
    "roadrunner": {"solve", "study"},  # the independent check; the benchmark
    "COPASI": {"study"},
    "amici": {"study"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """A module's tree. Nobody may change it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def folder(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path: Path) -> list[tuple[int, str]]:
    """Every import of the file, also those inside functions; what only a type checker reads is left out."""
    found = []
    waiting: list[ast.AST] = [parsed(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        elif not isinstance(node, ast.expr):  # no expression holds an import
            waiting += ast.iter_child_nodes(node)
    return found


def of_root(path: Path) -> set[str]:
    """What the file takes from the package's top by ``redoxsim.<name>``."""
    return {
        node.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "redoxsim"
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = folder(path)
    if here in {"__init__", "__main__"}:
        return
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] == "redoxsim":
            if len(parts) == 1:
                assert of_root(path) <= {"__version__", "__file__"}, (
                    f"{path}:{line}: only the version may come from the top"
                )
                continue
            there = parts[1]
            assert there in (here, "__version__") or there in ALLOWED[here], (
                f"{path.relative_to(PACKAGE)}:{line}: {here} must not import {there}"
            )
        elif parts[0] in HEAVY:
            assert here in HEAVY[parts[0]], (
                f"{path.relative_to(PACKAGE)}:{line}: {parts[0]} belongs to {HEAVY[parts[0]]}"
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_over_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_no_import_ring() -> None:
    graph: dict[str, set[str]] = {}
    names = {
        path: ".".join(("redoxsim", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
    }
    known = set(names.values())
    for path in MODULES:
        graph[names[path]] = set()
        for node in parsed(path).body:  # module level only: a late import is a statement of its own
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("redoxsim"):
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    graph[names[path]].add(full if full in known else node.module)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "import ring: " + " -> ".join((*trail[trail.index(name) :], name))
        if name in done:
            return
        for other in sorted(graph.get(name, set()) - {name}):
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())
