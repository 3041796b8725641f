"""The rooms of the package: each imports only from rooms below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "kamiyo_api"
# From the top down. Rooms of one layer do not import each other.
LAYERS = (
    ("__main__", "dev"),
    ("__init__",),
    ("documentation",),
    ("cli", "explorer", "server"),
    ("routes", "doctor", "demo"),
    ("web",),
    ("lint",),
    ("access", "health", "importer", "indexer", "search", "trust"),
    ("cache", "chains", "search_counts"),
    ("db",),
    ("redis", "schemas"),
    ("observability",),
    ("context", "error_codes", "policies"),
    ("outages",),
    ("config", "errors", "ids"),
    ("config_parsing",),
)
LEVELS = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in FILES}


def room_of(module: str) -> str:
    """The room of a module: the folder or the file right below the package."""
    _, *inside = module.removesuffix(".__init__").split(".")
    return inside[0] if inside else "__init__"


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that a file imports when it runs, wherever in it."""
    for node in ast.iter_child_nodes(tree):
        # What only the type checker reads is no import.
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            names = [f"{node.module}.{each.name}" for each in node.names]
            yield from (name if known(name) else str(node.module) for name in names)
        else:
            yield from imported(node)


def known(module: str) -> bool:
    """Whether there is such a module or package of ours."""
    return module in MODULES or f"{module}.__init__" in MODULES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards_only(path):
    own = room_of(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    for module in imported(ast.parse(path.read_text())):
        if module.partition(".")[0] == "kamiyo_api" and room_of(module) != own:
            assert LEVELS[own] < LEVELS[room_of(module)], f"{own} imports {module}"


def test_every_room_has_its_layer():
    assert {room_of(module) for module in MODULES} == set(LEVELS)


def test_an_import_upwards_would_be_seen():
    tree = ast.parse("def late():\n    from kamiyo_api.routes import stats\n")
    assert list(imported(tree)) == ["kamiyo_api.routes.stats"]
    assert LEVELS["web"] > LEVELS["routes"]
