"""The first five minutes: the start page, and the guided tour done with real events to a saved finding."""

from __future__ import annotations

import pytest
from hands import bar_buttons, click, drag
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from small_exam import write_exam

from annotator.hanging import Layout
from annotator.model.finding import Assessment, Distribution, Morphology
from annotator.settings import load_settings, settings_path
from annotator.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT = Qt.MouseButton.LeftButton


def hung(qtbot, window: MainWindow, panes: int = 4) -> None:
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=20_000)
    qtbot.waitUntil(
        lambda: sum(v.picture is not None for v in window.grid.viewports) >= panes, timeout=20_000
    )


def test_the_start_page_says_what_to_do_and_each_way_is_a_button(qtbot, open_window) -> None:
    page = open_window().start_page
    assert list(page.ways) == ["open_folder", "open_files", "open_sample", "tour"]
    assert all(button.isVisible() and button.accessibleName() for button in page.ways.values())
    assert page.no_places.isVisible()
    assert "drop" in page.drop.text()


def test_a_folder_opened_is_offered_again_by_its_path_and_nothing_else_is_kept(
    qtbot, open_window, tmp_path
) -> None:
    folder = write_exam(tmp_path / "morning", patient="SECRET-7")
    window = open_window()
    window.open_paths([folder / "RCC.dcm", folder / "LCC.dcm"])
    hung(qtbot, window, 2)
    window.close()
    assert "SECRET" not in settings_path().with_name("window.ini").read_text(encoding="utf-8")
    again = open_window()
    assert list(again.start_page.place_buttons) == [folder]
    QTest.mouseClick(again.start_page.place_buttons[folder], LEFT)
    hung(qtbot, again)


def test_a_folder_that_holds_no_image_is_not_remembered(qtbot, open_window, tmp_path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.dcm").write_bytes(b"DICM no")
    window = open_window()
    window.open_paths([tmp_path / "letters"])
    qtbot.waitUntil(lambda: bool(window.errors.texts), timeout=10_000)
    assert "No image was found: 1 file could not be opened" in window.errors.texts[0]
    assert window.recent.places == ()
    (show,) = bar_buttons(window.errors)
    QTest.mouseClick(show, LEFT)
    assert window.docks.is_shown("problems")


def test_places_that_are_gone_say_so_and_can_be_forgotten(qtbot, open_window, tmp_path) -> None:
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.mkdir()
    gone.mkdir()
    window = open_window()
    window.recent.opening([kept, gone])
    window.recent.opened()
    gone.rmdir()
    window.close()
    page = open_window().start_page
    qtbot.waitUntil(lambda: not page.place_buttons[gone].isEnabled(), timeout=5000)
    assert "not there now" in page.place_buttons[gone].text()
    assert page.place_buttons[kept].isEnabled()
    QTest.mouseClick(page.forget, LEFT)
    assert list(page.place_buttons) == [kept]


def test_remembering_is_switched_off_for_good(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    window.recent.opening([tmp_path])
    window.recent.opened()
    QTest.mouseClick(window.start_page.keep, LEFT, pos=QPoint(8, window.start_page.keep.height() // 2))
    assert window.start_page.place_buttons == {}
    window.runner.flush()
    assert str(tmp_path) not in settings_path().with_name("window.ini").read_text(encoding="utf-8")
    assert not load_settings().last_places
    window.recent.opening([tmp_path])
    window.recent.opened()
    assert window.recent.places == ()


def test_the_question_for_the_profile_is_asked_until_it_was_answered(qtbot, open_window) -> None:
    window = open_window()
    question = window.start_page._question
    assert question.isVisible()
    QTest.mouseClick(question.buttons["Labelling"], LEFT)
    window.close()
    again = open_window()
    assert again.profiles.current().name == "Labelling"
    assert not again.start_page._question.isVisible()


def test_the_page_shows_that_files_may_be_dropped(qtbot, open_window, tmp_path) -> None:
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    assert window.start_page.drop.property("role") == "dropping"


def on_tour(qtbot, window: MainWindow, step: int) -> None:
    qtbot.waitUntil(lambda: window.tour.at == step, timeout=20_000)


def test_the_tour_with_hand_and_eye_ends_with_a_saved_finding_and_its_follow_up(
    qtbot, open_window, sample_dicoms
) -> None:
    window = open_window()
    window.resize(1600, 960)
    QTest.keyClick(window.start_page, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    card, tour = window.tour_card, window.tour
    assert card.isVisible()
    assert QApplication.focusWidget() is card.go
    QTest.keyClick(card.go, Qt.Key.Key_Space)
    on_tour(qtbot, window, 0)
    hung(qtbot, window)
    sample = tour._sample
    qtbot.waitUntil(lambda: sample.pane is not None, timeout=10_000)
    pane = sample.pane
    over = [v for v in window.grid.viewports if v.isVisible()]
    taken = card.rect().translated(card.mapTo(window, QPoint(0, 0)))
    assert not any(taken.intersects(v.rect().translated(v.mapTo(window, QPoint(0, 0)))) for v in over)

    at = pane.widget_position(sample.target.centre)
    QTest.mouseMove(pane, at.toPoint())
    click(pane, at, Qt.MouseButton.MiddleButton)
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_Z)
    start = pane.widget_position(sample.target.centre)
    drag(
        pane,
        [start, QPointF(pane.rect().center()), QPointF(pane.rect().center())],
        Qt.MouseButton.MiddleButton,
    )
    on_tour(qtbot, window, 1)

    QTest.keyClick(pane, Qt.Key.Key_M)
    for point in sample.target.points[:2]:
        click(pane, pane.widget_position(point))
    assert card.progress.text() == "2 of 3 marked"
    click(pane, pane.widget_position(sample.target.points[2]))
    on_tour(qtbot, window, 2)

    marks = [pane.widget_position(m.point) for m in window.desk.session.reading.marks]
    left, right = min(p.x() for p in marks) - 25, max(p.x() for p in marks) + 25
    top, bottom = min(p.y() for p in marks) - 25, max(p.y() for p in marks) + 25
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    drag(pane, [QPointF(x, y) for x, y in corners])
    on_tour(qtbot, window, 3)

    panel = window.finding_panel
    QTest.mouseClick(panel.morphology.chip(Morphology.FINE_PLEO), LEFT)
    assert tour.at == 3
    QTest.mouseClick(panel.distribution.chip(Distribution.GROUPED), LEFT)
    on_tour(qtbot, window, 4)
    QTest.mouseClick(panel.assessment.chip(Assessment.INCOMPLETE), LEFT)
    on_tour(qtbot, window, 5)
    assert window.follow_up_panel.isVisible()
    QTest.mouseClick(card.go, LEFT)
    on_tour(qtbot, window, 6)
    qtbot.waitUntil(lambda: "saved as revision" in card.text.text(), timeout=10_000)
    assert not card.leave.isVisible()
    finding = sample.finding
    QTest.mouseClick(card.go, LEFT)
    assert not card.isVisible()
    window.close()

    again = open_window()
    again.open_paths([sample_dicoms / "screening"])
    hung(qtbot, again)
    reading = again.desk.session.reading
    (kept,) = reading.findings
    assert (kept.id, kept.assessment) == (finding.id, Assessment.INCOMPLETE)
    assert len(reading.marks_of(kept.id)) == 3
    assert len(reading.clusters_of(kept.id)) == 1
    assert str(again.desk.session.follow_up(kept.id).follow_up) == "magnification_views"


def test_the_tour_is_shown_step_by_step_with_the_keyboard_alone_left_and_taken_up_again(
    qtbot, open_window
) -> None:
    window = open_window()
    tour, card = window.tour, window.tour_card
    QTest.keyClick(window.start_page, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    on_tour(qtbot, window, 0)
    hung(qtbot, window)
    qtbot.waitUntil(lambda: tour._sample.pane is not None, timeout=10_000)

    def show_me() -> None:
        QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
        assert QApplication.focusWidget() is card.go
        QTest.keyClick(card.go, Qt.Key.Key_Space)

    show_me()
    on_tour(qtbot, window, 1)
    show_me()
    on_tour(qtbot, window, 2)
    QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    card.leave.setFocus()
    QTest.keyClick(card.leave, Qt.Key.Key_Space)
    assert not card.isVisible()
    window.close()

    again = open_window()
    tour, card, window = again.tour, again.tour_card, again
    QTest.keyClick(again.start_page, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert card.go.text() == "Go on where you left"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    on_tour(qtbot, again, 2)
    hung(qtbot, again)
    qtbot.waitUntil(lambda: tour._sample.pane is not None, timeout=10_000)
    for step in (3, 4, 5, 6):
        show_me()
        on_tour(qtbot, again, step)
    (finding,) = again.desk.session.reading.findings
    assert finding.assessment is Assessment.INCOMPLETE
    qtbot.waitUntil(lambda: "saved as revision" in card.text.text(), timeout=10_000)


def test_a_finding_made_before_the_tour_stays_as_it_is(qtbot, open_window, sample_dicoms) -> None:
    window = open_window()
    window.open_paths([sample_dicoms / "screening"])
    hung(qtbot, window)
    window.desk.session.new_finding()
    before = window.desk.session.reading.findings[0]
    window.tour.start()
    window.tour_card.go.click()
    on_tour(qtbot, window, 0)
    window.tour_card.go.click()
    on_tour(qtbot, window, 1)
    window.tour_card.go.click()
    on_tour(qtbot, window, 2)
    reading = window.desk.session.reading
    assert reading.findings[0] == before
    assert reading.marks_of(before.id) == ()
    assert len(reading.marks) == 3


def test_a_step_can_be_skipped(qtbot, open_window, sample_dicoms) -> None:
    window = open_window()
    window.tour.start()
    window.tour_card.go.click()
    on_tour(qtbot, window, 0)
    QTest.mouseClick(window.tour_card.skip, LEFT)
    assert window.tour.at == 1


def test_the_words_of_the_tour_go_by_keys_and_panes(qtbot, open_window) -> None:
    window = open_window()
    window.tour.start()
    card = window.tour_card
    assert "Shift+F1 takes it up again" in card.text.text()
    window.profiles.set_keys({"tour": ("Ctrl+Alt+T",), "fit": ("Ctrl+Alt+Z",), "mark_micro": ()})
    assert "Ctrl+Alt+T takes it up again" in card.text.text()
    card.go.click()
    on_tour(qtbot, window, 0)
    assert card.text.text().startswith("Four views hang")
    assert "press Ctrl+Alt+Z" in card.text.text()
    window.profiles.choose("Labelling")
    window.hanging_commands.use_layout(Layout.SINGLE)
    assert card.text.text().startswith("RCC hangs, one of four views")
    window.profiles.set_keys({"fit": ("Z",)})
    assert "press Z:" in card.text.text()
    card.skip.click()
    assert card.text.text().startswith("Choose Mark microcalcifications in the menu Mark and click")
