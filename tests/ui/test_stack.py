"""Stacks in the window through real wheel, key and mouse events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hands import NONE, click, drag, move, wheel
from pictures import picture
from pydicom.uid import JPEG2000Lossless
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from small_exam import write_exam
from small_stack import FRAMES, SPECKS, pixels, write_stack

from annotator.hanging import Layout
from annotator.imaging import frames
from annotator.imaging.jpeg2000_preview import decode_preview
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.image import Window
from annotator.model.mark import MarkKind
from annotator.reporting import write_report
from annotator.settings import settings_path
from annotator.ui import theme
from annotator.ui.main_window import MainWindow
from annotator.ui.panes.viewport import Viewport
from annotator.ui.pictures.frame_source import FrameSource
from annotator.ui.stacks.frames import AHEAD
from annotator.ui.stacks.strip import SliceStrip
from annotator.ui.words.corner_text import SIDE_AND_VIEW, corner_lines

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

Opener = Callable[..., MainWindow]
MIDDLE = (FRAMES + 1) // 2
KEYS = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def open_window(qtbot, open_window) -> Opener:
    """Opens a window with files hung."""

    def make(*paths: Path) -> MainWindow:
        window = open_window()
        window.open_paths(list(paths))
        qtbot.waitUntil(lambda: window.desk.session is not None, timeout=10_000)
        settled(qtbot, window)
        return window

    return make


def settled(qtbot, window: MainWindow) -> None:
    """Every pane shows what it was asked for last."""

    def done() -> bool:
        view = window.exam_view
        return not view.loading and not any(view.stacks.arriving(p) for p in range(view.panes))

    qtbot.waitUntil(done, timeout=10_000)


def shown(window: MainWindow, pane: int = 0) -> int:
    picture = window.grid.viewports[pane].picture
    assert picture is not None
    return picture.frame_number


def middle_of(viewport) -> QPointF:
    return QPointF(viewport.width() / 2, viewport.height() / 2)


def key(window: MainWindow, which: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.grid.active, which, modifier)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write_stack(tmp_path / "stack")


def test_a_stack_opens_in_its_middle_and_the_wheel_goes_through_it(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    assert shown(window) == MIDDLE
    wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1
    wheel(viewport, middle_of(viewport), 360)
    settled(qtbot, window)
    assert shown(window) == MIDDLE - 2
    assert (viewport.picture.frame == pixels()[MIDDLE - 3]).all()


def test_the_slice_asked_for_last_arrives_however_fast_one_scrolls(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    seen = []
    window.exam_view.slice_shown.connect(lambda _pane, picture: seen.append(picture.frame_number))
    for _ in range(30):
        wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == FRAMES
    for turned in (120, 120, -120, 120, 120, 120):
        wheel(viewport, middle_of(viewport), turned)
    settled(qtbot, window)
    assert shown(window) == FRAMES - 4
    assert viewport.picture is not None


def test_between_slices_zoom_window_and_inversion_stay(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    wheel(viewport, middle_of(viewport), 120, CONTROL)
    assert shown(window) == MIDDLE, "with Ctrl the wheel zooms"
    drag(viewport, [middle_of(viewport), middle_of(viewport) + QPointF(60, 30)], Qt.MouseButton.RightButton)
    key(window, KEYS.Key_I)
    before = viewport.view, viewport.voi, viewport.inverted
    wheel(viewport, middle_of(viewport), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1
    assert (viewport.view, viewport.voi, viewport.inverted) == before
    assert viewport.inverted


def test_slices_are_decoded_ahead_until_all_are_there(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    frames = window.exam_view.stacks.frames
    info = window.grid.active.picture.info
    qtbot.waitUntil(lambda: len(frames.kept(info)) == FRAMES, timeout=10_000)
    # from now on nothing has to be waited for
    wheel(window.grid.active, QPointF(50, 50), -240)
    assert shown(window) == MIDDLE + 2
    assert 0 < frames.used <= window.exam_view.stacks.frames.budget


def test_one_comes_back_to_the_slice_one_left(qtbot, open_window, stack, tmp_path) -> None:
    other = write_stack(tmp_path / "other", uid="2.25.77.2", view="MLO")
    window = open_window(stack, other)
    window.exam_view.set_layout(Layout.SINGLE)
    settled(qtbot, window)
    wheel(window.grid.active, QPointF(50, 50), -360)
    settled(qtbot, window)
    uid = window.grid.active.picture.info.sop_instance_uid
    key(window, KEYS.Key_V)
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid != uid, timeout=10_000)
    assert shown(window) == MIDDLE
    key(window, KEYS.Key_V)
    qtbot.waitUntil(lambda: window.grid.active.picture.info.sop_instance_uid == uid, timeout=10_000)
    assert shown(window) == MIDDLE + 3


def test_a_damaged_slice_is_passed_over_with_a_word(qtbot, open_window, tmp_path) -> None:
    path = write_stack(tmp_path / "stack", jpeg_2000=True)
    damage(path, {MIDDLE, MIDDLE + 3})
    window = open_window(path)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 1, "the middle one cannot be shown, so the next is"
    for _ in range(2):
        wheel(window.grid.active, QPointF(50, 50), -120)
        settled(qtbot, window)
    assert shown(window) == MIDDLE + 2
    assert f"Slice {MIDDLE + 3} cannot be shown" in window.status.message
    wheel(window.grid.active, QPointF(50, 50), -120)
    settled(qtbot, window)
    assert shown(window) == MIDDLE + 4


def damage(path: Path, numbers: set[int]) -> None:
    """Cut off the compressed pictures of some frames, their lengths kept."""
    from pydicom.encaps import encapsulate, generate_frames

    dataset = pydicom.dcmread(path)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=FRAMES))
    frames = [f[:60] + bytes(len(f) - 60) if n in numbers else f for n, f in enumerate(frames, 1)]
    dataset.PixelData = encapsulate(frames)
    dataset.save_as(path)


def text_of(window: MainWindow) -> list[str]:
    viewport = window.grid.active
    lines = corner_lines(
        viewport.picture, viewport.view, viewport.voi, viewport.mode, viewport.inverted, SIDE_AND_VIEW
    )
    return [line.text for line in lines.top]


def put_pointer(viewport, place: tuple[float, float]) -> QPointF:
    at = viewport.widget_position(ImagePoint(*place))
    move(viewport, at, held=NONE)
    return at


def test_keys_go_through_the_slices_and_to_the_ends(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    for which, expected in (
        (KEYS.Key_Down, MIDDLE + 1), (KEYS.Key_Up, MIDDLE), (KEYS.Key_Up, MIDDLE - 1),
        (KEYS.Key_Home, 1), (KEYS.Key_Up, 1), (KEYS.Key_End, FRAMES), (KEYS.Key_Down, FRAMES),
    ):  # fmt: skip
        key(window, which)
        settled(qtbot, window)
        assert shown(window) == expected
    assert text_of(window)[1] == f"slice {FRAMES} of {FRAMES}, {FRAMES - 1}.0 mm"
    said = f"slice {FRAMES} of {FRAMES}, {FRAMES - 1}.0 mm"
    qtbot.waitUntil(lambda: window.status.view.text().startswith(said))


def test_where_there_is_no_stack_the_same_keys_go_to_the_next_image(qtbot, open_window, tmp_path) -> None:
    window = open_window(write_exam(tmp_path / "exam"))
    window.exam_view.set_layout(Layout.SINGLE)
    settled(qtbot, window)
    before = window.grid.active.picture.info.label
    key(window, KEYS.Key_Down)
    settled(qtbot, window)
    assert window.grid.active.picture.info.label != before
    assert not window.actions_by_id["slab"].isEnabled()


def test_one_key_goes_from_slices_to_mean_to_maximum_and_back(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, stored = window.grid.active, pixels().astype(int)
    five = stored[MIDDLE - 3 : MIDDLE + 2]
    key(window, KEYS.Key_J)
    settled(qtbot, window)
    assert (viewport.picture.frame == (five.sum(axis=0) + 2) // 5).all()
    assert text_of(window)[1] == f"slab mean 5 mm (5 slices) around slice {MIDDLE}"
    key(window, KEYS.Key_J)
    settled(qtbot, window)
    assert (viewport.picture.frame == five.max(axis=0)).all()
    wheel(viewport, QPointF(50, 50), -120)
    settled(qtbot, window)
    assert (viewport.picture.frame == stored[MIDDLE - 2 : MIDDLE + 3].max(axis=0)).all()
    said = f"slab maximum 5 mm (5 slices) around slice {MIDDLE + 1}"
    qtbot.waitUntil(lambda: window.status.view.text().startswith(said))
    key(window, KEYS.Key_J)
    settled(qtbot, window)
    assert viewport.picture.slab is None
    assert (viewport.picture.frame == stored[MIDDLE]).all()


def test_shift_and_the_wheel_change_the_thickness(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    key(window, KEYS.Key_J)
    wheel(viewport, QPointF(50, 50), 240, SHIFT)
    settled(qtbot, window)
    assert text_of(window)[1] == f"slab mean 10 mm (11 slices) around slice {MIDDLE}"
    key(window, KEYS.Key_Down, CONTROL)
    settled(qtbot, window)
    assert text_of(window)[1] == f"slab mean 7 mm (7 slices) around slice {MIDDLE}"
    assert shown(window) == MIDDLE


def test_slices_at_unknown_distances_are_counted(qtbot, open_window, tmp_path) -> None:
    window = open_window(write_stack(tmp_path / "stack", positions=False))
    key(window, KEYS.Key_J)
    settled(qtbot, window)
    assert text_of(window)[1:3] == [
        f"slab mean 5 slices around slice {MIDDLE}", f"slice {MIDDLE} of {FRAMES}",
    ]  # fmt: skip


def test_a_mark_keeps_its_slice_and_fades_a_millimetre_away(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, (column, row, focus) = window.grid.active, SPECKS[1]
    window.exam_view.stacks.go(0, focus)
    settled(qtbot, window)
    click(viewport, viewport.widget_position(ImagePoint(column, row)))
    mark = window.desk.session.reading.marks[0]
    assert mark.image.frame == focus
    there = {}
    for number in range(focus - 2, focus + 3):
        window.exam_view.stacks.go(0, number)
        settled(qtbot, window)
        there[number - focus] = viewport.mark_at(mark.point) == mark.id
    assert there == {-2: False, -1: True, 0: True, 1: True, 2: False}


def test_a_click_on_a_dimmed_mark_goes_to_its_slice_and_moves_nothing(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, (column, row, focus) = window.grid.active, SPECKS[1]
    window.exam_view.stacks.go(0, focus)
    settled(qtbot, window)
    at = viewport.widget_position(ImagePoint(column, row))
    click(viewport, at)
    before = window.desk.session.reading
    key(window, KEYS.Key_Escape)
    wheel(viewport, at, -120)
    settled(qtbot, window)
    assert shown(window) == focus + 1
    assert "on slice 12" in window.grid.active._marks.hovered_words()
    drag(viewport, [at, at + QPointF(12, 0), at + QPointF(20, 5)])
    settled(qtbot, window)
    assert window.desk.session.reading == before
    assert window.desk.session.selected_marks == {before.marks[0].id}
    assert shown(window) == focus


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("speck", SPECKS)
def test_a_mark_on_a_slab_goes_to_the_slice_in_focus(qtbot, open_window, stack, speck, presses) -> None:
    window = open_window(stack)
    viewport, (column, row, focus) = window.grid.active, speck
    window.exam_view.stacks.go(0, focus + 2)
    for _ in range(presses):
        key(window, KEYS.Key_J)
    settled(qtbot, window)
    click(viewport, viewport.widget_position(ImagePoint(column + 0.5, row)))
    mark = window.desk.session.reading.marks[0]
    assert mark.image.frame == focus
    assert mark.point.column == pytest.approx(column, abs=0.5)
    assert mark.point.row == pytest.approx(row, abs=0.5)
    expected = window.desk.workspace.spots.measure(
        viewport.picture.info, pixels()[focus - 1], mark.point, 2.0
    )
    assert mark.measurement.contrast == pytest.approx(expected.measurement.contrast, rel=0.02)
    assert f"on slice {focus}, the edge of the slab" in window.status.message
    assert shown(window) == min(focus + 2, FRAMES), "the picture stays where it was"


def test_marks_of_several_slices_become_one_cluster(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    for column, row, focus in SPECKS[:2]:
        window.exam_view.stacks.go(0, focus)
        settled(qtbot, window)
        click(viewport, viewport.widget_position(ImagePoint(column, row)))
    window.exam_view.stacks.go(0, 9)
    key(window, KEYS.Key_J)
    window.exam_view.stacks.thicken(2)
    settled(qtbot, window)
    corners = [(40, 130), (110, 130), (110, 185), (40, 185), (42, 132)]
    drag(viewport, [viewport.widget_position(ImagePoint(*corner)) for corner in corners])
    cluster = window.desk.session.reading.clusters[0]
    assert len(cluster.mark_ids) == 2
    assert {m.image.frame for m in window.desk.session.reading.marks} == {5, 12}


def test_best_slice_of_the_spot_under_the_pointer(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, (column, row, focus) = window.grid.active, SPECKS[0]
    window.exam_view.stacks.go(0, focus + 1)
    settled(qtbot, window)
    put_pointer(viewport, (column, row))
    key(window, KEYS.Key_U)
    qtbot.waitUntil(lambda: "Sharpest" in window.status.message, timeout=10_000)
    settled(qtbot, window)
    assert shown(window) == focus
    assert window.status.message == f"Sharpest in slice {focus} of {FRAMES}, {focus - 1}.0 mm."


def test_best_slice_of_a_mark_that_lies_beside_it(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, (column, row, focus) = window.grid.active, SPECKS[2]
    window.exam_view.stacks.go(0, focus - 1)
    settled(qtbot, window)
    at = put_pointer(viewport, (column, row))
    click(viewport, at)
    key(window, KEYS.Key_U)
    qtbot.waitUntil(lambda: "Sharpest" in window.status.message, timeout=10_000)
    settled(qtbot, window)
    assert shown(window) == focus
    assert window.status.message.endswith(f"Its mark is on slice {focus - 1}.")
    assert window.desk.session.reading.marks[0].image.frame == focus - 1


def test_choosing_a_finding_brings_its_slice_into_view(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    for column, row, focus in SPECKS[:2]:
        window.exam_view.stacks.go(0, focus)
        settled(qtbot, window)
        key(window, KEYS.Key_F)
        click(viewport, viewport.widget_position(ImagePoint(column, row)))
    assert shown(window) == SPECKS[1][2]
    key(window, KEYS.Key_Tab)
    settled(qtbot, window)
    assert shown(window) == SPECKS[0][2]


def test_cine_runs_there_and_back_and_stops_on_any_touch(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    cine, seen = window.stack_commands.cine, []
    window.exam_view.slice_shown.connect(lambda _pane, picture: seen.append(picture.frame_number))
    for _ in range(5):
        key(window, KEYS.Key_Period)
    assert cine.speed == 30
    window.exam_view.stacks.go(0, FRAMES - 2)
    settled(qtbot, window)
    seen.clear()
    key(window, KEYS.Key_C)
    assert cine.playing
    qtbot.waitUntil(lambda: len(seen) >= 6, timeout=10_000)
    assert seen[:6] == [FRAMES - 1, FRAMES, FRAMES - 1, FRAMES - 2, FRAMES - 3, FRAMES - 4]
    key(window, KEYS.Key_Comma)
    assert cine.playing, "its own keys change the speed and do not stop it"
    for touch in (
        lambda: wheel(window.grid.active, QPointF(50, 50), -120),
        lambda: click(window.grid.active, QPointF(50, 50), Qt.MouseButton.MiddleButton),
        lambda: key(window, KEYS.Key_I),
        lambda: key(window, KEYS.Key_C),
    ):
        touch()
        assert not cine.playing
        assert not cine._timer.isActive()
        cine.toggle(0)
    cine.stop()


def strip_of(window: MainWindow) -> SliceStrip:
    return window.grid.active.findChild(SliceStrip)


def test_the_strip_goes_where_it_is_clicked_and_dragged(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, strip = window.grid.active, strip_of(window)
    assert strip.isVisible()
    assert strip.geometry().right() > viewport.width() - 4, "a left breast has its air on the right"
    assert strip.height() > viewport.height() - 4
    click(strip, QPointF(5, strip.y_of(3)))
    settled(qtbot, window)
    assert shown(window) == 3
    drag(strip, [QPointF(5, strip.y_of(5)), QPointF(5, strip.y_of(9)), QPointF(5, strip.height() + 40)])
    settled(qtbot, window)
    assert shown(window) == FRAMES
    assert window.desk.session.reading.marks == ()


def test_the_strip_shows_marks_what_is_decoded_and_where_one_is(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    viewport, strip = window.grid.active, strip_of(window)
    column, row, focus = SPECKS[1]
    window.exam_view.stacks.go(0, focus)
    settled(qtbot, window)
    click(viewport, viewport.widget_position(ImagePoint(column, row)))
    assert strip.marked == {focus}
    window.exam_view.stacks.go(0, 3)
    qtbot.waitUntil(lambda: len(window.exam_view.stacks.frames.kept(viewport.picture.info)) == FRAMES)
    settled(qtbot, window)
    image = strip.grab().toImage()

    def colours(number: int) -> set[str]:
        y = round(strip.y_of(number))
        return {image.pixelColor(x, y).name() for x in range(image.width())}

    assert theme.MARK in colours(focus)
    assert theme.ACCENT in colours(3)
    assert theme.ACCENT not in colours(8)
    assert theme.DIM in colours(8)


def test_two_dimensional_pictures_have_no_strip(qtbot, open_window, tmp_path) -> None:
    window = open_window(write_exam(tmp_path / "exam"))
    assert not any(strip.isVisible() for strip in window.findChildren(SliceStrip))


@pytest.fixture
def small_previews(monkeypatch) -> None:
    """First looks also at pictures that are small enough to be decoded at once."""
    monkeypatch.setattr(frames, "decode_preview", partial(decode_preview, smallest=0))


@pytest.mark.usefixtures("small_previews")
def test_a_first_look_says_so_and_nothing_can_be_marked_on_it(qtbot, open_window, tmp_path) -> None:
    path = write_stack(tmp_path / "stack", jpeg_2000=True)
    window = open_window(path)
    viewport, (column, row, _) = window.grid.active, SPECKS[1]
    full = viewport.picture
    look = FrameSource(full.info).first_look(full.frame_number)
    assert look is not None
    assert look.frame.shape == full.frame.shape
    # rough, but the same picture
    assert np.corrcoef(look.frame.ravel(), full.frame.ravel())[0, 1] > 0.98
    viewport.show_picture(look)
    assert any("first look, full picture on its way" in text for text in text_of(window))
    click(viewport, viewport.widget_position(ImagePoint(column, row)))
    assert window.desk.session.reading.marks == ()
    assert "First look" in window.status.message
    assert look.value_at(ImagePoint(column, row)) is None
    viewport.show_picture(full)
    assert not any("first look" in text for text in text_of(window))
    click(viewport, viewport.widget_position(ImagePoint(column, row)))
    assert len(window.desk.session.reading.marks) == 1


@pytest.mark.usefixtures("small_previews")
def test_jpeg_2000_shows_a_first_look_and_then_the_frame_itself(qtbot, open_window, tmp_path) -> None:
    seen: list[bool] = []
    path = write_stack(tmp_path / "stack", jpeg_2000=True)
    window = open_window(path)
    assert not window.grid.active.picture.provisional
    assert (window.grid.active.picture.frame == pixels()[MIDDLE - 1]).all()
    window.exam_view.stacks.close()
    window.exam_view.picture_shown.connect(lambda _pane, picture: seen.append(picture.provisional))
    window.grid.active.clear()
    window.exam_view.show_image(window.exam_view.order[0])
    settled(qtbot, window)
    assert seen == [True, False]
    assert (window.grid.active.picture.frame == pixels()[MIDDLE - 1]).all()


def test_the_window_of_a_slice_of_its_own_comes_with_it_unless_the_reader_chose(qtbot) -> None:
    viewport = Viewport()
    qtbot.addWidget(viewport)
    own = [(Window(400, 800, name="a"), Window(500, 100, name="b")), (Window(450, 700, name="a"),) * 2]
    one, other = (picture(frames=2, voi=voi, frame_number=n) for n, voi in enumerate(own, 1))
    viewport.show_picture(one)
    viewport.set_voi(own[0][1])
    viewport.show_picture(other)
    assert viewport.voi == own[1][1], "the second window of the new slice"
    viewport.show_picture(one)
    chosen = Window(300, 50)
    viewport.set_voi(chosen)
    viewport.show_picture(other)
    assert viewport.voi == chosen


def test_several_stacks_stay_within_one_budget(qtbot, open_window, stack, tmp_path) -> None:
    other = write_stack(tmp_path / "other", uid="2.25.77.2", side="R")
    settings = settings_path()
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("stack_memory_mb = 4.0\n")
    window = open_window(stack, other)
    frames = window.exam_view.stacks.frames
    assert frames.budget == 4_000_000
    pictures = [v.picture for v in window.grid.viewports if v.picture is not None]
    assert len(pictures) == 2
    qtbot.waitUntil(lambda: not window.runner.busy(AHEAD), timeout=10_000)
    kept = [len(frames.kept(p.info)) for p in pictures]
    assert all(5 <= count < FRAMES for count in kept), kept
    assert frames.used <= 4_000_000


@pytest.mark.usefixtures("small_previews")
def test_two_dimensional_jpeg_2000_has_a_first_look_too(qtbot, open_window, tmp_path) -> None:
    path = write_exam(tmp_path / "exam") / "RCC.dcm"
    dataset = pydicom.dcmread(path)
    stored = dataset.pixel_array
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.save_as(path)
    window = open_window(tmp_path / "exam")
    pane = next(p for p in range(4) if window.exam_view.picture(p).info.label == "RCC")
    assert (window.exam_view.picture(pane).frame == stored).all()
    info, viewport = window.exam_view.picture(pane).info, window.grid.viewports[pane]
    seen: list[bool] = []
    window.exam_view.picture_shown.connect(lambda _pane, picture: seen.append(picture.provisional))
    window.exam_view.shelf.clear()
    viewport.clear()
    window.grid.set_active(viewport)
    window.exam_view.show_image(info)
    settled(qtbot, window)
    assert seen == [True, False]
    assert (viewport.picture.frame == stored).all()


def test_a_report_shows_one_slice_of_a_stack_and_says_how_many_others_have_marks(
    qtbot, open_window, stack, tmp_path
) -> None:
    window = open_window(stack)
    session, info = window.desk.session, window.grid.active.picture.info
    reading, finding = edits.add_finding(session.reading)
    for frame in (4, 5, 5, 6):
        reading, _ = edits.add_mark(reading, finding.id, info.key(frame), ImagePoint(60, 150), MarkKind.MICRO)
    page = tmp_path / "report.html"
    write_report(window.desk.workspace, reading, session.exam, page)
    text = page.read_text(encoding="utf-8")
    assert text.count("<figcaption>") == 3
    assert f"LCC stack, slice 5 of {FRAMES}, whole view" in text
    assert "Marks on 2 other slices of it are not shown" in text


def test_the_line_at_the_bottom_says_what_the_wheel_does(qtbot, open_window, stack, tmp_path) -> None:
    window = open_window(stack)
    viewport = window.grid.active
    move(viewport, middle_of(viewport))
    window.status.forget_message()
    assert window.status.hint.text().endswith("wheel: slice, Ctrl+wheel: zoom")
    key(window, KEYS.Key_X)
    window.status.forget_message()
    assert window.status.hint.text().endswith(
        "right drag: window of the lens · wheel: slice, Shift+wheel: size of the lens"
    )
    key(window, KEYS.Key_X)
    write_exam(tmp_path / "plain")
    window.open_paths([tmp_path / "plain"])
    qtbot.waitUntil(lambda: len(window.desk.exams) == 2, timeout=10_000)
    window.desk.open_exam(next(e for e in window.desk.exams if e.images[0].frames == 1))
    qtbot.waitUntil(lambda: window.grid.active.picture and window.grid.active.picture.info.frames == 1)
    window.status.forget_message()
    assert window.status.hint.text().endswith("right drag: window · wheel: zoom")


def test_a_long_message_is_read_whole(qtbot, open_window, stack) -> None:
    window = open_window(stack)
    window.resize(1400, 800)
    qtbot.waitExposed(window)
    key(window, KEYS.Key_J)
    settled(qtbot, window)
    window.status.forget_message()
    QTest.qWait(50)
    assert window.status.view.isVisible()
    words = "No spot here: this is the background outside the breast. " * 2
    window.status.show_message(words)
    QTest.qWait(50)
    hint = window.status.hint
    assert hint.fontMetrics().horizontalAdvance(words) <= hint.width()
    window.status.forget_message()
    assert window.status.view.isVisible()
