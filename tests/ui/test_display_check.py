"""The display check: pattern, photometer, log, and what follows from them for the window and the record."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from annotator.model.display import PHOTOMETER_LEVELS, Measurement, VisualCheck
from annotator.store.display_log import DisplayLog
from annotator.ui.display import test_pattern as pattern_page
from annotator.ui.display.check import DisplayCheck
from annotator.ui.display.displays import Displays, screen_id
from annotator.ui.display.full_field import PatchWindow, PatternWindow
from annotator.ui.pictures.grey_output import Depth, GreyOutput
from annotator.ui.task_runner import TaskRunner

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

OFFICE = [f"{0.4 + 250 * (level / 255) ** 2.2:.4g}" for level in PHOTOMETER_LEVELS]


@pytest.fixture
def runner(qtbot):
    bugs: list[BaseException] = []
    made = TaskRunner(bugs.append)
    yield made
    made.shutdown()
    assert bugs == []


@pytest.fixture
def displays(runner) -> Displays:
    return Displays("auto", runner, DisplayLog())


@pytest.fixture
def check(qtbot, displays) -> DisplayCheck:
    dialog = DisplayCheck(displays, "anna")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def enter(check: DisplayCheck, luminances: list[str]) -> None:
    for row, text in enumerate(luminances):
        check.photometer_page.table.item(row, 0).setText(text)


def click(qtbot, displays, button) -> None:
    """Press a button that writes to the log, and wait until it is there."""
    with qtbot.waitSignal(displays.changed):
        button.click()


def screen():
    return QGuiApplication.primaryScreen()


def test_it_is_not_modal_and_begins_uncalibrated(check):
    assert not check.isModal()
    assert check.state.text().endswith("uncalibrated")
    assert "256 grey levels" in check.facts.text()
    assert not check.photometer_page.keep.isEnabled()
    assert not check.photometer_page.correct.isEnabled()
    assert not check.photometer_page.through.isEnabled()


def test_entries_are_judged_while_they_are_typed(check):
    page = check.photometer_page
    enter(check, ["0.5", "0,4"])
    assert "level 255 are missing" in page.words.text()
    enter(check, ["0.5", "0.4", *OFFICE[2:]])
    assert "Level 15 with 0.4 cd/m2 is not brighter than level 0" in page.words.text()
    assert not page.keep.isEnabled()
    enter(check, ["0.5", "half"])
    assert "'half' for level 15 is not a number" in page.words.text()
    enter(check, OFFICE)
    assert "beyond 10 % (the limit usual in the literature: RANZCR" in page.words.text()
    assert "nothing here says that a screen is fit for diagnosis" in page.words.text()
    assert page.keep.isEnabled()
    assert page.plot.accessibleDescription().startswith("largest deviation")


def test_black_and_white_are_enough(check):
    enter(check, ["0.5", *[""] * 16, "300"])
    assert check.photometer_page.keep.isEnabled()
    assert "between levels 0 and 255" in check.photometer_page.words.text()


@pytest.mark.parametrize(("black", "white"), [("0.05", "4000"), ("0.05", "0.1"), ("1999", "4000")])
def test_the_plot_takes_the_darkest_the_brightest_and_the_flattest_screen(check, black, white):
    check.photometer_page.ambient.setText("0")
    enter(check, [black, *[""] * 16, white])
    assert check.photometer_page.keep.isEnabled()
    drawn = check.photometer_page.plot.grab().toImage()
    enter(check, [""] * 18)
    assert check.photometer_page.plot.grab().toImage() != drawn


def test_a_kept_measurement_corrects_only_when_switched_on(qtbot, displays, check):
    page = check.photometer_page
    enter(check, OFFICE)
    page.ambient.setText("0,2")
    page.serial.setText("A77")
    click(qtbot, displays, page.keep)
    (kept,) = DisplayLog().read().events
    assert isinstance(kept, Measurement)
    assert (kept.screen, kept.by, kept.ambient, kept.serial) == (screen_id(screen()), "anna", 0.2, "A77")
    assert kept.luminances == tuple(float(text) for text in OFFICE)
    assert displays.output(screen()).curve is None
    assert displays.note(screen()).startswith("uncorrected, measured ")
    click(qtbot, displays, page.correct)
    assert displays.output(screen()).curve is not None
    assert displays.output(screen()) is displays.output(screen())
    assert check.state.text().startswith("Readings made here say: GSDF, measured ")
    click(qtbot, displays, page.correct)
    assert displays.output(screen()).curve is None


def test_a_check_of_the_table_is_kept_apart(qtbot, displays, check):
    page = check.photometer_page
    enter(check, OFFICE)
    click(qtbot, displays, page.keep)
    click(qtbot, displays, page.correct)
    page.through.click()
    assert page.table.item(0, 0).text() == ""
    enter(check, ["0.4", *[""] * 16, "250"])
    click(qtbot, displays, page.keep)
    assert DisplayLog().read().events[-1].corrected
    assert ", checked " in displays.note(screen())
    page.through.click()
    assert page.table.item(3, 0).text() == OFFICE[3]


def test_all_of_it_is_there_after_a_restart(qtbot, runner, displays, check):
    enter(check, OFFICE)
    click(qtbot, displays, check.photometer_page.keep)
    click(qtbot, displays, check.photometer_page.correct)
    again = Displays("auto", runner, DisplayLog())
    assert again.note(screen()) == displays.note(screen())
    assert again.output(screen()).curve is not None


def test_a_look_at_the_pattern_goes_to_the_log(qtbot, displays, check):
    page = check.pattern_page
    assert not page.note.isEnabled()
    page.not_passed.click()
    page.remarks.setText("patch 15")
    check.who.setText("bo")
    click(qtbot, displays, page.note)
    (seen,) = DisplayLog().read().events
    assert isinstance(seen, VisualCheck)
    assert (seen.passed, seen.remarks, seen.by) == (False, "patch 15", "bo")
    assert "Test pattern looked at: not passed. patch 15  (bo" in check.log_page.list.item(0).text()
    assert not page.note.isEnabled()
    assert page.remarks.text() == ""


def test_the_log_is_newest_first_and_tells_of_lines_it_cannot_read(qtbot, runner, displays, check):
    click_twice = (check.pattern_page.passed, check.pattern_page.not_passed)
    for verdict in click_twice:
        verdict.click()
        click(qtbot, displays, check.pattern_page.note)
    with DisplayLog().path.open("a") as log:
        log.write("{torn\n")
    later = DisplayCheck(Displays("auto", runner, DisplayLog()), "anna")
    qtbot.addWidget(later)
    told = [later.log_page.list.item(row).text() for row in range(later.log_page.list.count())]
    assert ["not passed" in line for line in told] == [True, False]
    assert later.log_page.unreadable.text().startswith("1 line of the log is damaged")


def test_what_cannot_be_kept_is_told_and_changes_nothing(qtbot, displays, check):
    DisplayLog().path.mkdir()
    enter(check, OFFICE)
    with qtbot.waitSignal(displays.failed):
        check.photometer_page.keep.click()
    assert "cannot be written" in check.message.text()
    assert displays.note(screen()) == "uncalibrated"


def test_a_log_that_cannot_be_read_is_told(qtbot, runner, own_home):
    DisplayLog().path.mkdir()
    dialog = DisplayCheck(Displays("auto", runner, DisplayLog()), "anna")
    qtbot.addWidget(dialog)
    assert "cannot be read" in dialog.message.text()


def test_luminances_are_typed_while_their_patch_is_shown(qtbot, check):
    page = check.photometer_page
    page.patches.click()
    window = page.findChild(PatchWindow)
    qtbot.waitExposed(window)
    assert window.level == 0
    qtbot.keyClicks(window, "0,45")
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert page.table.item(0, 0).text() == "0,4"
    assert window.level == 15
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    assert window.level == 0
    for _ in PHOTOMETER_LEVELS:
        qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not window.isVisible()
    assert page.table.item(1, 0).text() == ""


def test_a_patch_is_one_level_all_over(qtbot):
    window = PatchWindow()
    qtbot.addWidget(window)
    window.resize(300, 200)
    window.show_level(150, GreyOutput())
    shown = window.grab().toImage()
    assert {shown.pixelColor(x, y).getRgb()[:3] for x in range(300) for y in range(160)} == {(150,) * 3}


def test_the_pattern_window_shows_the_correction_and_leaves_it(qtbot, displays, check):
    enter(check, OFFICE)
    click(qtbot, displays, check.photometer_page.keep)
    click(qtbot, displays, check.photometer_page.correct)
    check.pattern_page.show_pattern.click()
    window = check.pattern_page.findChild(PatternWindow)
    corrected = window.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_C)
    plain = window.grab().toImage()
    assert plain != corrected
    expected = pattern_page.pattern_values(plain.width(), plain.height())[100] // 257
    assert [plain.pixelColor(x, 100).red() for x in range(plain.width())] == list(expected)
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.grab().toImage() == corrected
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


@pytest.mark.parametrize(
    "size", [(640, 480), (800, 600), (1280, 1024), (1920, 1080), (2048, 2560), (1536, 2048)]
)
def test_the_pattern_has_every_patch_bar_square_and_line_pair(qtbot, size):
    width, height = size
    values = pattern_page.pattern_values(width, height)
    assert values.shape == (height, width)
    levels = set(np.unique(values // 257))
    for level in PHOTOMETER_LEVELS:
        assert {level, *pattern_page.bar_levels(level)} <= levels
    assert pattern_page.bar_levels(0) == (3, 5)
    assert pattern_page.bar_levels(255) == (252, 250)
    assert pattern_page.bar_levels(120) == (115, 125)
    tile = 2 * pattern_page.TILE_PX
    corner = values[12 : 12 + tile, 12 : 12 + tile]
    middle = values[(height - tile) // 2 :, (width - tile) // 2 :][:tile, :tile]
    assert np.array_equal(corner, middle)
    assert np.array_equal(corner, values[-12 - tile : -12, -12 - tile : -12])
    assert corner[0, :4].tolist() == [0, 65535, 0, 65535]
    assert corner[:4, -1].tolist() == [0, 65535, 0, 65535]
    assert corner[tile // 2, :5].tolist() == [0, 0, 65535, 65535, 0]
    assert len(np.unique(values)) > min(width - 48, 1024) * 0.9


def test_the_pattern_is_called_its_own(qtbot):
    assert "synthetic" in pattern_page.LABEL
    assert "TG" not in pattern_page.LABEL + "".join(pattern_page.LOOK_FOR)


def test_the_setting_reaches_the_screen(runner):
    displays = Displays("dithered", runner, DisplayLog())
    assert displays.output(screen()).depth is Depth.DITHERED
