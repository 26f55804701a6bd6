"""Rules about the source itself: what it may import, catch and print, and how long it may grow."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "annotator"
MODULES = sorted(PACKAGE.rglob("*.py"))

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
MODULE_LINES = 500
FUNCTION_LINES = 60
USUAL_FUNCTION_LINES = 25
# Where a fault that nobody foresaw may be caught, because the program or a batch must go on or end well.
CATCH_ALL = {
    "ui/app.py",
    "ui/task_runner.py",
    "cli/__init__.py",
    "imaging/decode_guard.py",
    "imaging/decode_program.py",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Full names of the modules a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or "")


def function_lengths(tree: ast.AST) -> list[tuple[str, int]]:
    """Name and lines of every function; its docstring is not counted."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node) is not None:
            lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
        found.append((node.name, lines))
    return found


def long_functions(tree: ast.AST, limit: int) -> list[str]:
    return [f"{name} ({lines} lines)" for name, lines in function_lengths(tree) if lines > limit]


def blind_handlers(tree: ast.AST) -> list[int]:
    """Lines of handlers that catch every fault there is."""
    blind = {"Exception", "BaseException"}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or any(isinstance(name, ast.Name) and name.id in blind for name in ast.walk(node.type))
        )
    ]


def prints(tree: ast.AST) -> list[int]:
    """Lines that print on standard output (a print to a named stream says where it goes)."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and not any(word.arg == "file" for word in node.keywords)
    ]


def test_there_is_something_to_judge() -> None:
    assert len(MODULES) > 10


def test_no_module_is_named_after_nothing() -> None:
    named = [*MODULES, *(folder for folder in PACKAGE.rglob("*") if folder.is_dir())]
    assert [name_of(path) for path in named if path.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_fits_in_a_head(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{name_of(path)} has {lines} lines; give it two homes"
    assert long_functions(tree_of(path), FUNCTION_LINES) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    tree = tree_of(path)
    assert not tree.body or ast.get_docstring(tree), f"{name_of(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_unforeseen_faults_are_caught_only_where_that_is_declared(path: Path) -> None:
    if name_of(path) not in CATCH_ALL:
        assert blind_handlers(tree_of(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_prints(path: Path) -> None:
    if not name_of(path).startswith("cli/"):
        assert prints(tree_of(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    assert [name for name in imported_names(tree_of(path)) if name.startswith(".")] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "model").glob("*.py")), ids=name_of)
def test_the_model_needs_only_the_standard_library_and_its_errors(path: Path) -> None:
    for name in imported_names(tree_of(path)):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names or name.startswith(("annotator.model", "annotator.errors")), (
            name
        )


def test_every_package_is_one() -> None:
    """A folder of modules without __init__.py would escape every import contract."""
    folders = {path.parent for path in MODULES}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize(
    ("source", "judge", "verdict"),
    [
        ("def f():\n" + "    x = 1\n" * 60, lambda tree: long_functions(tree, 60), ["f (61 lines)"]),
        ("def f():\n" + "    x = 1\n" * 59, lambda tree: long_functions(tree, 60), []),
        ('def f():\n    """Says."""\n' + "    x = 1\n" * 59, lambda tree: long_functions(tree, 60), []),
        ("try:\n    f()\nexcept Exception:\n    pass\n", blind_handlers, [3]),
        ("try:\n    f()\nexcept (OSError, BaseException):\n    pass\n", blind_handlers, [3]),
        ("try:\n    f()\nexcept:\n    pass\n", blind_handlers, [3]),
        ("try:\n    f()\nexcept OSError:\n    pass\n", blind_handlers, []),
        ("x = 1\nprint(x)\n", prints, [2]),
        ("print(1, file=sys.stderr)\n", prints, []),
        (
            "from . import x\nimport a.b\nfrom c.d import e\n",
            lambda t: sorted(imported_names(t)),
            [".", "a.b", "c.d"],
        ),
    ],
)
def test_the_judges_can_say_no(source: str, judge: object, verdict: list[object]) -> None:
    assert callable(judge)
    assert judge(ast.parse(source)) == verdict


def test_most_functions_are_short() -> None:
    lengths = [lines for path in MODULES for _, lines in function_lengths(tree_of(path))]
    longer = sum(lines > USUAL_FUNCTION_LINES for lines in lengths)
    assert longer < 0.1 * len(lengths), (
        f"{longer} of {len(lengths)} functions exceed {USUAL_FUNCTION_LINES} lines"
    )
