"""Keys, profile and settings in the real window: what was changed is in force at once, and told everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import drag, wheel
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.hanging import Layout
from annotator.settings import settings_path
from annotator.ui.actions import ACTIONS
from annotator.ui.actions.also_called import ALSO_CALLED
from annotator.ui.keys.command_search import found
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

KEY = Qt.Key


@pytest.fixture
def window(qtbot, open_window, sample_dicoms: Path) -> MainWindow:
    window = open_window()
    hang(qtbot, window, sample_dicoms)
    return window


def hang(qtbot, window: MainWindow, folder: Path) -> None:
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20000)
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=20000)
    window.grid.active.setFocus()


def press(window: MainWindow, keys: str) -> None:
    QTest.keySequence(window.grid.active, QKeySequence(keys))


def test_an_edited_key_works_and_is_told_in_menu_tooltips_help_and_legend(window: MainWindow) -> None:
    window.profiles.set_keys(
        {
            "invert": ("Ctrl+Alt+I",),
            "new_finding": ("Ctrl+Alt+N",),
            "layout_pair": ("Ctrl+Alt+2",),
            "filter": ("Ctrl+Alt+F",),
            "display_check": ("Ctrl+Alt+D",),
            "descriptor_chord": ("Ctrl+Alt+L",),
        }
    )
    press(window, "I")
    assert not window.grid.active.inverted
    press(window, "Ctrl+Alt+I")
    assert window.grid.active.inverted
    assert window.actions_by_id["invert"].shortcut().toString() == "Ctrl+Alt+I"
    assert "Ctrl+Alt+I" in window.actions_by_id["invert"].toolTip()
    assert "Ctrl+Alt+N" in window.finding_panel.new.toolTip()
    assert "Ctrl+Alt+2" in window.strip.layouts[Layout.PAIR].toolTip()
    assert "Ctrl+Alt+F" in window.worklist.filter.placeholderText()
    assert "Ctrl+Alt+D" in window.status.display.toolTip()
    press(window, "F1")
    help_page = window.key_commands._dialogs["keys"]
    assert "Ctrl+Alt+I" in " ".join(page.toPlainText() for page in help_page.pages)
    help_page.close()
    window.desk.session.new_finding()
    press(window, "Ctrl+Alt+L")
    assert "Ctrl+Alt+L" in QApplication.focusWidget().title.text()


def test_keys_changed_are_there_the_next_time(qtbot, open_window) -> None:
    window = open_window()
    window.profiles.set_keys({"invert": ("Ctrl+Alt+I",)})
    window.close()
    again = open_window()
    assert again.actions_by_id["invert"].shortcut().toString() == "Ctrl+Alt+I"
    again.profiles.reset_keys()
    assert again.actions_by_id["invert"].shortcut().toString() == "I"


def test_a_broken_file_of_profiles_is_told_and_the_window_opens(qtbot, open_window) -> None:
    file = settings_path().with_name("profiles.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[", encoding="utf-8")
    window = open_window()
    assert str(file) in window.status.message
    assert window.actions_by_id["invert"].shortcut().toString() == "I"
    assert file.read_text(encoding="utf-8") == "["


def test_radiology_looks_first_and_marks_when_the_tool_is_taken(window: MainWindow) -> None:
    viewport = window.grid.active
    window.profiles.choose("Radiology")
    before = viewport.voi
    drag(viewport, [QPoint(100, 100), QPoint(140, 100), QPoint(180, 120)])
    assert viewport.voi != before
    assert window.desk.session.reading.marks == ()
    assert window.key_commands.mode().words == "Looking"
    press(window, "M")
    before = viewport.voi
    drag(viewport, [QPoint(100, 100), QPoint(140, 100), QPoint(180, 120)])
    assert viewport.voi == before
    assert window.key_commands.mode().words == "Marking"
    press(window, "Shift+A")
    assert window.key_commands.mode().words == "Looking"


def test_labelling_shows_one_image_and_pages_with_f_and_d(qtbot, window: MainWindow) -> None:
    window.profiles.choose("Labelling")
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=20000)
    assert window.exam_view.preferred is Layout.SINGLE
    window.exam_view.set_layout(Layout.SINGLE)
    qtbot.waitUntil(lambda: not window.exam_view.loading, timeout=20000)
    first = window.grid.active.picture.info.sop_instance_uid
    press(window, "F")
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid != first)
    assert window.desk.session.reading.findings == ()
    press(window, "D")
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid == first)


def test_the_wheel_goes_from_image_to_image_where_the_profile_says_so(qtbot, window: MainWindow) -> None:
    viewport = window.grid.active
    window.profiles.change(wheel="step")
    first, scale = viewport.picture.info.sop_instance_uid, viewport.view.scale
    wheel(viewport, QPoint(60, 60), -120, Qt.KeyboardModifier.ControlModifier)
    assert viewport.view.scale != scale
    wheel(viewport, QPoint(60, 60), -120)
    qtbot.waitUntil(lambda: viewport.picture.info.sop_instance_uid != first)
    assert "wheel: image" in window.status._wheel


def test_settings_that_can_be_are_in_force_at_once(window: MainWindow) -> None:
    press(window, "Ctrl+,")
    page = window.key_commands._dialogs["settings"]
    assert page.isVisible()
    assert not page.isModal()
    page._keep("display_mode", "mean")
    assert window.grid.active.mode.value == "mean"
    page._keep("enlarged", "smooth")
    assert window.grid.active.smooth
    page._keep("cine_speed", 20.0)
    assert window.stack_commands.cine.speed == 20
    page._keep("pseudonyms", True)
    assert window.names.hidden
    page._keep("grey_output", "dithered")
    assert window.grid.active.output.depth.value != 0
    assert window.desk.workspace.settings.grey_output == "dithered"
    page.close()


def test_the_display_mode_of_a_profile_goes_before_that_of_the_settings(window: MainWindow) -> None:
    window.profiles.change(display_mode="mean")
    assert window.grid.active.mode.value == "mean"
    window.profiles.change(display_mode="")
    assert window.grid.active.mode.value == "speck-true"


def test_profiles_are_switched_by_key_and_said(window: MainWindow) -> None:
    press(window, "Ctrl+Shift+P")
    assert window.profiles.current().name == "Radiology"
    assert window.status.message.startswith("Profile Radiology.")
    press(window, "Ctrl+Shift+P")
    assert window.profiles.current().name == "Labelling"


def test_the_search_box_lies_over_the_findings_and_not_over_the_images(window: MainWindow) -> None:
    press(window, "Ctrl+K")
    search = window.key_commands.search
    box = search.geometry()
    images = window.grid.geometry().translated(window.grid.parentWidget().mapTo(window, QPoint(0, 0)))
    assert not box.intersects(images)
    assert window.rect().contains(box)
    QTest.keyClick(search.line, KEY.Key_Escape)


def test_sentences_that_name_a_key_name_the_one_in_force(qtbot, window: MainWindow) -> None:
    window.profiles.set_keys(
        {
            "new_finding": ("J",),
            "open_folder": ("Ctrl+Alt+O",),
            "enlarge": ("Ctrl+Alt+7",),
            "older_exam": ("Ctrl+Alt+E",),
        }
    )
    assert window.finding_panel.new.text() == "New  J"
    window.profiles.set_keys({"new_finding": ("Ctrl+Alt+N",)})
    assert window.finding_panel.new.text() == "New"
    assert "Ctrl+Alt+7" in window.lens.key_words
    press(window, "F7")
    qtbot.waitUntil(lambda: window.exam_view.is_prior_pane(window.exam_view.panes - 1), timeout=10000)
    tool = window.marking_commands.tool_for(window.exam_view.panes - 1)
    assert "Ctrl+Alt+E opens it" in tool.hint


def test_the_empty_worklist_names_the_keys_in_force(open_window) -> None:
    window = open_window()
    assert "Open a folder (Ctrl+Shift+O)" in window.worklist.empty.words.text()
    window.profiles.set_keys({"open_folder": ("Ctrl+Alt+O",)})
    assert "Open a folder (Ctrl+Alt+O)" in window.worklist.empty.words.text()


@pytest.mark.parametrize(
    ("typed", "act"),
    [
        ("coverage", "coverage_map"),
        ("loupe", "lens_twin"),
        ("hotkeys", "change_keys"),
        ("preferences", "settings"),
        ("anonymize", "hide_names"),
        ("magnifier", "lens"),
        ("export pdf", "save_report"),
        ("hanging protocol", "layout_four"),
        ("previous comparison", "layout_prior"),
    ],
)
def test_acts_are_found_by_what_other_programs_call_them(open_window, typed: str, act: str) -> None:
    entries = open_window().key_commands.entries()
    assert act in [entry.id for entry in found(entries, typed, [])][:3]


def test_other_names_are_those_of_acts() -> None:
    assert {spec.id for spec in ACTIONS} >= ALSO_CALLED.keys()
