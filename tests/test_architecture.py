"""The house rules that a machine can see (architecture, sections 1 and 6)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ["accounts", "products", "campaigns", "integrations", "aiq"]
FORBIDDEN_NAMES = {"utils", "helpers", "services", "managers", "constants", "signals"}
OWN_SIGNALS = {"Signal", "receiver"}


@cache
def modules() -> list[Path]:
    files = (path for app in ORDER for path in (ROOT / app).rglob("*.py"))
    return [path for path in files if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer(module: str) -> int | None:
    """How high a module stands; aiq.lib below all, None for what is not ours."""
    if module == "aiq.lib" or module.startswith("aiq.lib."):
        return -1
    app = module.split(".")[0]
    return ORDER.index(app) if app in ORDER else None


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node, node.module or ""
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> set[str]:
    return {name for _, name in imports(parsed(path))}


def test_a_module_imports_only_what_stands_below_it() -> None:
    too_high = set()
    for path in modules():
        own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
        assert own is not None
        others = ((name, layer(name)) for name in imported(path))
        too_high |= {(name_of(path), name) for name, other in others if other is not None and other > own}
    assert not too_high


def functions(path: Path) -> Iterator[ast.AST]:
    found = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    if path.name == "apps.py":  # Django's own rule: an app's modules may be imported in `ready` and not before
        return (function for function in found if function.name != "ready")
    return found


def test_nothing_of_ours_is_imported_inside_a_function() -> None:
    assert not {
        (name_of(path), name)
        for path in modules()
        for function in functions(path)
        for _, name in imports(function)
        if layer(name) is not None
    }


def test_a_module_is_named_after_what_it_decides() -> None:
    assert not [name_of(path) for path in modules() if {path.stem, path.parent.name} & FORBIDDEN_NAMES]


def test_there_are_no_signals_of_our_own() -> None:
    dispatched = {(name_of(path), name) for path in modules() for name in imported(path) if "django.dispatch" in name}
    assert not [(path, name) for path, name in dispatched if name.rpartition(".")[2] in OWN_SIGNALS]


def test_only_access_asks_guardian() -> None:
    asking = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(name.split(".")[0] == "guardian" for name in imported(path))
    }
    assert asking == {"accounts/access.py"}


@pytest.mark.parametrize("path", sorted((ROOT / "integrations" / "providers").glob("*.py")), ids=name_of)
def test_a_provider_knows_no_models_no_queue_and_no_network(path: Path) -> None:
    banned = {"django", "redis", "rq", "django_rq", "http", "urllib3", "requests", "socket"}
    reached = imported(path)
    assert not {name for name in reached if name.split(".")[0] in banned or ".models" in name}


PURE = [
    *(f"campaigns/decide/{path.name}" for path in sorted((ROOT / "campaigns" / "decide").glob("*.py"))),
    "campaigns/episodes.py",
    "campaigns/incentives/carrying.py",
    "campaigns/incentives/guards.py",
    "campaigns/rendering.py",
    "products/alternatives.py",
]


@pytest.mark.parametrize("name", PURE)
def test_the_pure_middle_touches_no_rows_and_no_clock(name: str) -> None:
    tree = parsed(ROOT / name)
    reached = {imported for _, imported in imports(tree)}
    assert not {module for module in reached if module.startswith("django") or ".models" in module}
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"now", "utcnow", "today", "time"}


def test_the_rules_are_held_by_something() -> None:
    """A walk that finds nothing would pass everything above."""
    assert len(modules()) > 100
