"""Whatever in the window changes a reading asks first whether it may: a signed one says how to amend instead."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CHANGES = {
    "add_finding", "track", "set_stage", "place_nipple", "remove_nipple", "recall_view", "keep_view", "describe",
    "remove_finding", "add_mark", "move_mark", "set_mark_kind", "remove_marks", "add_cluster", "remove_cluster",
    "assign_marks", "choose_hanging", "set_done", "finish_first_pass", "draw_chest_wall", "remove_chest_wall",
    "accept_candidates", "reject_candidates", "reconsider_candidates", "keep_pixels", "restore",
}  # fmt: skip
CALLED_BY_ACTS = {"_finding_to_mark"}


def forgetful(source: str) -> list[str]:
    """Functions that call an edit, and neither are guarded nor ask."""
    found = []
    for function in (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)):
        calls = [n.func for n in ast.walk(function) if isinstance(n, ast.Call)]
        edits = [
            call.attr
            for call in calls
            if isinstance(call, ast.Attribute)
            and isinstance(call.value, ast.Name)
            and call.value.id == "edits"
            and call.attr in CHANGES
        ]
        asks = any(isinstance(call, ast.Attribute) and call.attr == "may_change" for call in calls)
        guarded = any(isinstance(d, ast.Name) and d.id == "_while_open" for d in function.decorator_list)
        if edits and not asks and not guarded and function.name not in CALLED_BY_ACTS:
            found.append(function.name)
    return found


def test_every_act_of_the_window_asks_first() -> None:
    modules = sorted((PROJECT / "annotator" / "ui").rglob("*.py"))
    told = {path.name: names for path in modules if (names := forgetful(path.read_text(encoding="utf-8")))}
    assert told == {}
    session = (PROJECT / "annotator" / "ui" / "desk" / "session.py").read_text(encoding="utf-8")
    assert session.count("@_while_open") >= 10


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def act(s):\n    s.apply(edits.describe(s.reading, 1), 'x')", ["act"]),
        ("def act(s):\n    if s.may_change():\n        s.apply(edits.describe(s.reading, 1), 'x')", []),
        ("@_while_open\ndef act(s):\n    s.apply(edits.describe(s.reading, 1), 'x')", []),
        ("def act(s):\n    s.seal(edits.amend(s.reading, 1), 'x')", []),
    ],
)
def test_the_rule_says_no(source: str, names: list[str]) -> None:
    assert forgetful(source) == names


def test_every_edit_of_the_model_is_looked_for() -> None:
    tree = ast.parse((PROJECT / "annotator" / "model" / "edits.py").read_text(encoding="utf-8"))
    changing = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and any(
            isinstance(n, ast.Call)
            and isinstance(n.func, ast.Name)
            and n.func.id in ("_said", "_open", "describe")
            for n in ast.walk(node)
        )
    }
    assert changing | {"set_done"} == CHANGES
