"""Findings said with letters: the table of docs/reading.md typed key by key, and what legends do with other keys."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_exam import SPOTS, column_of, write_exam

from annotator.model.finding import (
    Assessment,
    Certainty,
    Change,
    Distribution,
    Finding,
    Morphology,
    Quadrant,
    Recommendation,
    Stage,
)
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.ui.actions import LINE

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key
MODIFIERS = {"Shift": Qt.KeyboardModifier.ShiftModifier, "Alt": Qt.KeyboardModifier.AltModifier}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reading.md"
MOST_PRESSES = 5

_SHAPES = {
    "vascular": Morphology.VASCULAR, "skin": Morphology.SKIN, "coarse": Morphology.COARSE,
    "milk of calcium": Morphology.MILK, "rim": Morphology.RIM, "fine pleomorphic": Morphology.FINE_PLEO,
    "fine linear": Morphology.FINE_LINEAR, "amorphous": Morphology.AMORPHOUS, "round": Morphology.ROUND,
}  # fmt: skip
_WORDS = {
    "grouped": {"distributions": (Distribution.GROUPED,)},
    "segmental": {"distributions": (Distribution.SEGMENTAL,)},
    "diffuse": {"distributions": (Distribution.DIFFUSE,)},
    "new": {"change": Change.NEW},
    "stable under two years": {"change": Change.STABLE_LT2Y},
    "benign": {"certain": True},
    "sure of it": {"certain": True},
}
_CATEGORIES = {key: category for category in Assessment for key in (category.value[-1],)}


def cases() -> list[tuple[str, str, tuple[str, ...], int]]:
    """The rows of the table: finding, what comes before, keys, presses."""
    table = PAGE.read_text(encoding="utf-8").split("<!-- entry -->")[1]
    rows = []
    for line in table.strip().splitlines()[2:]:
        finding, before, keys, presses = (cell.strip() for cell in line.strip("|").split("|"))
        rows.append((finding, before, tuple(re.findall(r"`([^`]+)`", keys)), int(presses)))
    return rows


@pytest.fixture
def window(qtbot, open_window, tmp_path):
    """The small exam with the pointer on a spot of the left CC view."""
    window = open_window()
    window.resize(1366, 768)
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.grid.active.setFocus()
    return window


def press(key: str) -> None:
    """One key, with what is held while it goes down, into whatever has the keyboard."""
    *held, letter = key.split("+")
    modifiers = Qt.KeyboardModifier.NoModifier
    for name in held:
        modifiers |= MODIFIERS[name]
    code = {"Enter": KEY.Key_Return, "Space": KEY.Key_Space}.get(letter) or getattr(KEY, f"Key_{letter}")
    QTest.keyClick(QApplication.focusWidget(), code, modifiers)


def point(window, spot: int):
    """Rest the pointer on a spot; where it is on the pane."""
    pane = window.grid.viewports[1]
    at = pane.widget_position(ImagePoint(column_of("L", SPOTS[spot][0]), SPOTS[spot][1])).toPoint()
    QTest.mouseMove(pane, at + QPoint(3, 3))
    QTest.mouseMove(pane, at)
    return pane, at


def mark(window, spots: int) -> None:
    for spot in range(spots):
        pane, at = point(window, spot)
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at)


def said(finding: Finding) -> dict[str, object]:
    blank = Finding(id="", number=0, tracking_uid="")
    own = {"id", "number", "tracking_uid"}
    parts = (part.name for part in fields(finding) if part.name not in own)
    return {name: getattr(finding, name) for name in parts if getattr(finding, name) != getattr(blank, name)}


def meant(finding: str, keys: tuple[str, ...]) -> dict[str, object]:
    """What a row of the table says of its finding in words."""
    expected: dict[str, object] = {"assessment": _CATEGORIES[keys[-1]]}
    for part in re.split(r", (?:in )?", finding):
        if part in _SHAPES:
            expected["morphology"] = (_SHAPES[part],)
        expected |= _WORDS.get(part, {})
    return expected


def test_the_page_names_at_least_a_dozen_common_cases():
    assert len(cases()) >= 12
    assert all(len(keys) == presses <= MOST_PRESSES for _, _, keys, presses in cases())


@pytest.mark.parametrize(
    ("finding", "before", "keys", "presses"),
    [case for case in cases() if case[1] != "click" and "like the one before" not in case[0]],
    ids=lambda value: value if isinstance(value, str) and "," in value else "",
)
def test_a_common_finding_is_said_by_the_keys_of_the_page(window, qtbot, finding, before, keys, presses):
    if before == "point":
        point(window, 0)
    else:
        mark(window, 3)
        window.grid.active.setFocus()
    for key in keys:
        press(key)
    session = window.desk.session
    assert len(session.reading.findings) == 1
    assert said(session.current_finding) == meant(finding, keys)
    assert len(session.reading.marks) == (1 if before == "point" else 3)
    assert window.grid.holds(QApplication.focusWidget())
    qtbot.waitUntil(lambda: session.unsaved_acts == 0, timeout=5000)
    kept = session.workspace.open_reading(session.exam.study_instance_uid).reading
    assert kept == session.reading


def test_a_second_finding_like_the_one_before(window):
    mark(window, 1)
    window.grid.active.setFocus()
    for key in ("E", "P", "G", "0", "F"):
        press(key)
    pane, at = point(window, 1)
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at)
    (keys,) = [keys for finding, _, keys, _ in cases() if "like the one before" in finding]
    for key in keys:
        press(key)
    first, second = window.desk.session.reading.findings
    assert said(first) == said(second)


def test_one_macrocalcification_that_is_not_described(window):
    press("Shift+M")
    mark(window, 1)
    (keys,) = [keys for _, before, keys, _ in cases() if before == "click"]
    for key in keys:
        press(key)
    session = window.desk.session
    assert said(session.current_finding) == {"assessment": Assessment.BENIGN}
    assert [m.kind for m in session.reading.marks] == [MarkKind.MACRO]


def test_a_line_is_one_act_that_undo_takes_back_and_escape_never_makes(window):
    mark(window, 1)
    session = window.desk.session
    steps = session.undo_stack.count()
    for key in ("E", "P", "G"):
        press(key)
    assert said(session.current_finding) == {}
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Escape)
    assert said(session.current_finding) == {}
    for key in ("E", "P", "G", "0"):
        press(key)
    assert session.undo_stack.count() == steps + 1
    assert session.undo_stack.undoText() == "Say fine pleomorphic, grouped, category 0 (F1)"
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert said(session.current_finding) == {}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("E", "Space", "G", "Enter"), {"distributions": (Distribution.GROUPED,)}),
        (("E", "P", "Enter"), {"morphology": (Morphology.FINE_PLEO,)}),
        (("E", "P", "2"), {"morphology": (Morphology.FINE_PLEO,), "assessment": Assessment.BENIGN}),
        (("E", "2"), {"assessment": Assessment.BENIGN}),
        (("E", "G", "Enter"), {}),
        (("E", "P", "T", "Enter"), {"morphology": (Morphology.FINE_PLEO,), "change": Change.STABLE_LT2Y}),
        (("E", "Shift+S", "Enter"), {"morphology": (Morphology.SKIN,), "certain": True}),
        (("E", "P", "G", "Backspace", "L", "Enter"), {"morphology": (Morphology.FINE_PLEO,), "distributions": (Distribution.LINEAR,)}),
        (("E", "Shift+S", "Backspace", "A", "Enter"), {"morphology": (Morphology.AMORPHOUS,)}),
    ],
    ids="-".join,
)  # fmt: skip
def test_columns_of_a_line_are_skipped_and_taken_back(window, keys, expected):
    mark(window, 1)
    for key in keys:
        press(key)
    if window._legend.isVisible():
        press("Enter")
    assert said(window.desk.session.current_finding) == expected


def test_a_line_replaces_what_it_names_and_leaves_the_rest(window):
    mark(window, 1)
    for key in ("E", "Shift+S", "G", "2"):
        press(key)
    for key in ("E", "A", "Enter"):
        press(key)
    assert said(window.desk.session.current_finding) == {
        "morphology": (Morphology.AMORPHOUS,),
        "distributions": (Distribution.GROUPED,),
        "assessment": Assessment.BENIGN,
    }


def test_a_slip_in_a_line_says_nothing_and_does_nothing_elsewhere(window):
    mark(window, 1)
    inverted = window.grid.active.inverted
    for key in ("E", "P", "Q", "Z"):
        press(key)
    legend = window._legend
    assert legend.isVisible()
    assert "No row begins like that" in legend.hint.text()
    press("Enter")
    assert said(window.desk.session.current_finding) == {"morphology": (Morphology.FINE_PLEO,)}
    assert window.grid.active.inverted is inverted


def test_a_line_that_loses_the_keyboard_is_said_as_far_as_it_was_typed(window):
    mark(window, 1)
    for key in ("E", "P", "G"):
        press(key)
    window.finding_panel.comment.setFocus()
    assert not window._legend.isVisible()
    assert said(window.desk.session.current_finding) == {
        "morphology": (Morphology.FINE_PLEO,),
        "distributions": (Distribution.GROUPED,),
    }


def test_several_descriptors_in_a_row_then_the_category_without_closing_the_legend(window):
    mark(window, 1)
    for key in ("L", "F", "P", "A", "M", "G", "R", "K", "0"):
        press(key)
    assert said(window.desk.session.current_finding) == {
        "morphology": (Morphology.AMORPHOUS, Morphology.FINE_PLEO),
        "distributions": (Distribution.GROUPED,),
        "assessment": Assessment.INCOMPLETE,
    }
    assert not window._legend.isVisible()


def test_more_of_a_finding_several_in_a_row(window):
    mark(window, 1)
    keys = [
        "Shift+L",
        "S",
        "6",
        "Q",
        "U",
        "O",
        "O",
        "X",
        "Y",
        "H",
        "R",
        "6",
        "W",
        "M",
        "K",
        "C",
        "C",
        "T",
        "Z",
        "I",
        "Enter",
    ]
    for key in keys:
        press(key)
    session = window.desk.session
    finding = session.current_finding
    assert session.reading.stage is Stage.FU6
    assert (finding.quadrant, finding.clock_face) == (Quadrant.UPPER_OUTER, 10)
    assert (finding.certainty, finding.recommendation) == (Certainty.HIGH, Recommendation.SIX_MONTHS)
    assert finding.known_cancer_here
    assert (finding.change, finding.size) == (Change.STABLE_LT2Y, MarkKind.MICRO)
    assert [item.value for item in finding.associated] == ["mass"]


def test_a_measured_length_is_taken_over_by_letters(window):
    mark(window, 3)
    for key in ("Shift+L", "M", "E", "Enter"):
        press(key)
    finding = window.desk.session.current_finding
    assert finding.extent is not None
    assert finding.extent.basis is not None


def test_a_preset_that_marks_nothing_leaves_no_finding_for_the_letters_that_follow(window):
    mark(window, 1)
    for key in ("E", "P", "G", "0"):
        press(key)
    session = window.desk.session
    before = session.reading
    pane = window.grid.viewports[1]
    empty = pane.widget_position(ImagePoint(column_of("L", 5), 5)).toPoint()
    QTest.mouseMove(pane, empty + QPoint(3, 3))
    QTest.mouseMove(pane, empty)
    press("B")
    press("Shift+S")
    assert session.current_finding_id is None
    assert "nothing was marked" in window.status.message
    press("K")
    press("2")
    assert session.reading == before


@pytest.mark.parametrize(("letter", "kind", "row"), [("O", MarkKind.MICRO, "Z"), ("I", MarkKind.MACRO, "B2")])
def test_a_preset_without_a_measured_size_calls_nothing_benign_by_its_kind(window, letter, kind, row):
    session, pane = window.desk.session, window.grid.viewports[1]
    empty = pane.widget_position(ImagePoint(column_of("L", 5), 5)).toPoint()
    QTest.mouseMove(pane, empty + QPoint(3, 3))
    QTest.mouseMove(pane, empty)
    press("B")
    press(f"Alt+{letter}")
    assert [mark.kind for mark in session.reading.marks] == [kind]
    assert session.flush()
    assert session.revisions()[-1].label.endswith(f", a {kind} mark")
    session.describe(session.current_finding_id, "Distribution", distributions=(Distribution.SINGLE,))
    assert session.follow_up(session.current_finding_id).row == row


def test_a_category_said_again_stays(window):
    mark(window, 1)
    for key in ("K", "2", "K", "2"):
        press(key)
    assert window.desk.session.current_finding.assessment is Assessment.BENIGN


def test_the_legend_names_the_columns_in_their_order_and_where_it_is(window):
    mark(window, 1)
    press("E")
    legend = window._legend
    titles = [column.title.lower() for column in LINE.columns]
    assert [t.strip(" []\n").lower() for t in legend.hint.text().splitlines()[0].split(">")] == titles
    assert "[Shape]" in legend.hint.text()
    press("P")
    assert "[Distribution]" in legend.hint.text()
    assert legend.told.text() == "Fine pleomorphic"
    assert window.rect().contains(legend.geometry())


def test_as_last_time_is_asked_where_the_offer_is_out_of_sight(window):
    mark(window, 1)
    for key in ("E", "P", "G", "0", "F"):
        press(key)
    session = window.desk.session
    window.toggle_images_only()
    window.grid.active.setFocus()
    press("Shift+E")
    legend = window._legend
    assert legend.isVisible()
    assert "as F1: fine pleomorphic, grouped" in legend.rows.text()
    assert "as F1: fine pleomorphic, grouped" in legend.accessibleDescription()
    assert said(session.current_finding) == {}
    press("E")
    assert said(session.current_finding) == {
        "morphology": (Morphology.FINE_PLEO,),
        "distributions": (Distribution.GROUPED,),
    }
    press("F")
    press("Shift+E")
    QTest.keyClick(QApplication.focusWidget(), KEY.Key_Escape)
    assert said(session.current_finding) == {}
    window.toggle_images_only()


def test_a_word_that_the_edition_no_longer_has_is_in_no_legend(qtbot, open_window, tmp_path):
    window = open_window(lexicon_edition="v2025")
    window.open_paths([write_exam(tmp_path / "exam")])
    qtbot.waitUntil(lambda: window.desk.session is not None and window.exam_view.exact, timeout=20_000)
    window.desk.session.new_finding()
    window.grid.active.setFocus()
    press("E")
    assert "ystrophic" not in window._legend.rows.text()
    assert "Layering" in window._legend.rows.text()
    press("D")
    press("Enter")
    assert said(window.desk.session.current_finding) == {}
    assert not [entry for entry in window.key_commands.entries() if "ystrophic" in entry.title]


@pytest.mark.parametrize("keys", ["L F P L G R", "L F P L L I L G R L L I", "Shift+L D M Shift+L C N"])
def test_the_key_of_a_legend_may_be_pressed_before_every_word(window, keys):
    mark(window, 1)
    for key in keys.split():
        press(key)
    finding = window.desk.session.current_finding
    if keys.startswith("L"):
        assert said(finding) == {
            "morphology": (Morphology.FINE_PLEO,),
            "distributions": (Distribution.GROUPED,),
        }
    else:
        assert (finding.depth.value, finding.change) == ("middle", Change.NEW)


def test_a_click_beside_a_legend_closes_it_and_does_what_it_does(window):
    mark(window, 1)
    for key in ("L", "F", "P"):
        press(key)
    chip = window.finding_panel.assessment.chip(Assessment.BENIGN)
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert not window._legend.isVisible()
    assert window.desk.session.current_finding.assessment is Assessment.BENIGN
    assert window.grid.holds(QApplication.focusWidget())


def test_letters_of_a_legend_without_a_finding_are_no_commands(window):
    session = window.desk.session
    before = session.reading
    for keys in (("E", "P", "G", "B"), ("L", "F", "P", "Enter"), ("K", "2")):
        press(keys[0])
        assert "No finding is chosen" in window._legend.hint.text()
        for key in keys[1:]:
            press(key)
        assert session.reading == before
        assert window._legend.isHidden()
        assert "Nothing was said" in window.status.message
        assert window.grid.active.hasFocus()


def test_the_stage_of_an_exam_is_said_without_a_finding(window):
    session = window.desk.session
    press("Shift+L")
    letters = next(c.letters for c in window._legend.chord.columns[0].choices if c.value is Stage.WORKUP)
    for letter in letters:
        press(letter)
    press("Enter")
    assert session.reading.stage is Stage.WORKUP
    assert not session.reading.findings
