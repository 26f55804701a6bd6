"""The viewport through real events and grabbed pixels."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hands import LEFT, MIDDLE, NONE, RIGHT, click, drag, move, press, release, wheel
from pictures import INFO, Host, breast, middle, picture, reading_with
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.imaging.grayscale import display_lut, dragged_window
from annotator.imaging.render import Mode, render_values, shade
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import Intent, Laterality, PaddingRange, Technique, View, Window
from annotator.model.mark import MarkKind
from annotator.ui.marks.tools import MarkTool, PanTool
from annotator.ui.words import corner_text
from annotator.ui.words.ruler import rulers

ORIENTATIONS = [Orientation(*turn) for turn in itertools.product((False, True), repeat=3)]


def pixels(widget):
    """What is on the screen, as (height, width, 3)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def turned(frame, orientation):
    shown = frame.T if orientation.transpose else frame
    shown = shown[:, ::-1] if orientation.flip_columns else shown
    return shown[::-1] if orientation.flip_rows else shown


def words(viewport, level=corner_text.ALL):
    lines = corner_text.corner_lines(
        viewport.picture, viewport.view, viewport.voi, viewport.mode, viewport.inverted, level
    )
    return [line.text for line in (*lines.top, *lines.bottom)]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_one_to_one_shows_the_frame_through_the_table_bit_for_bit(viewport, orientation):
    shown = picture(breast(900, 700), orientation)
    viewport.show_picture(shown)
    viewport.one_to_one(QPointF(200, 150))
    viewport.center_on(middle(shown))
    view = viewport.view
    assert view.scale == 1
    left, top = int(view.left), int(view.top)
    expected = display_lut(shown.info, viewport.voi)[turned(shown.frame, orientation)]
    expected = expected[-top : 400 - top, -left : 500 - left]
    clear = np.s_[60:340, :]  # side and view stand above, or below where there is air
    for channel in range(3):
        assert (pixels(viewport)[:, :, channel][clear] == expected[clear]).all()


def test_what_is_on_the_screen_is_what_render_makes(viewport):
    shown = picture()
    viewport.show_picture(shown)
    viewport.set_mode(Mode.SPECK_TRUE)
    viewport.resize(150, 170)
    viewport.set_inverted(True)
    viewport.settle()
    values = render_values(shown.levels, viewport.view, 150, 170, Mode.SPECK_TRUE, outside=0)
    expected = shade(values, display_lut(shown.shown_info, viewport.voi, invert=True), viewport.view)
    assert (pixels(viewport)[60:, :, 1] == expected[60:]).all()


@pytest.mark.parametrize("at", [QPoint(250, 200), QPoint(400, 130), QPoint(330, 377)])
@pytest.mark.parametrize("turn", [120, -120, 360, 35])
def test_the_wheel_zooms_at_the_pointer(viewport, at, turn):
    viewport.show_picture(picture(breast(1200, 900)))
    wheel(viewport, QPoint(350, 200), 600)
    before, scale = viewport.view.to_image(at.x(), at.y()), viewport.view.scale
    wheel(viewport, at, turn)
    assert (viewport.view.scale > scale) == (turn > 0)
    assert viewport.view.to_screen(before) == pytest.approx((at.x(), at.y()), abs=0.51)


def test_in_a_stack_the_wheel_steps_and_ctrl_wheel_zooms(viewport, qtbot):
    viewport.show_picture(picture(frames=9))
    steps = []
    viewport.frame_step_requested.connect(steps.append)
    scale = viewport.view.scale
    for turn in (-120, -60, -60, 240):
        wheel(viewport, QPoint(200, 200), turn)
    assert steps == [1, 1, -2]
    assert viewport.view.scale == scale
    wheel(viewport, QPoint(200, 200), 120, Qt.KeyboardModifier.ControlModifier)
    assert steps == [1, 1, -2]
    assert viewport.view.scale > scale


def test_two_files_that_claim_one_uid_with_other_pixels_are_two_images(viewport):
    viewport.show_picture(picture())
    viewport.one_to_one()
    viewport.show_picture(picture(breast(180, 140)))
    assert viewport.fitted
    assert (viewport.view.rows, viewport.view.columns) == (180, 140)
    viewport.grab()


def test_the_next_frame_of_a_stack_keeps_view_and_window(viewport):
    viewport.show_picture(picture(frames=9))
    wheel(viewport, QPoint(200, 200), 120, Qt.KeyboardModifier.ControlModifier)
    viewport.set_voi(Window(100, 200))
    view = viewport.view
    viewport.show_picture(picture(frames=9, frame_number=2))
    assert (viewport.view, viewport.voi) == (view, Window(100, 200))
    viewport.show_picture(picture(sop_instance_uid="2.25.99"))
    assert viewport.view != view
    assert viewport.voi == INFO.voi[0]


def test_middle_drag_pans_also_in_the_middle_of_a_gesture(viewport):
    host = Host()
    viewport.show_picture(picture(breast(1200, 900)))
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    viewport.one_to_one()
    view = viewport.view
    press(viewport, QPoint(100, 100))
    for at in ((130, 100), (150, 140)):
        move(viewport, QPoint(*at))
    press(viewport, QPoint(150, 140), MIDDLE)
    move(viewport, QPoint(120, 120), LEFT | MIDDLE)
    release(viewport, QPoint(120, 120), MIDDLE)
    assert (viewport.view.left, viewport.view.top) == (view.left - 30, view.top - 20)
    move(viewport, QPoint(90, 130))
    release(viewport, QPoint(90, 130))
    (act,) = host.acts
    assert act[0] == "lasso"
    first, last = act[1][0], act[1][-1]
    assert first == view.to_image(100, 100)
    assert last == viewport.view.to_image(90, 130)


def test_space_turns_the_left_button_into_a_hand(viewport):
    host = Host()
    viewport.show_picture(picture(breast(1200, 900)))
    viewport.set_tool(MarkTool(host, MarkKind.MICRO))
    viewport.one_to_one()
    view = viewport.view
    QTest.keyPress(viewport, Qt.Key.Key_Space)
    drag(viewport, [QPoint(100, 100), QPoint(90, 80), QPoint(60, 70)])
    QTest.keyRelease(viewport, Qt.Key.Key_Space)
    assert (viewport.view.left, viewport.view.top) == (view.left - 40, view.top - 30)
    assert not host.acts


def test_right_drag_sets_the_window_and_esc_takes_it_back(viewport):
    viewport.show_picture(picture())
    start = viewport.voi
    told = []
    viewport.voi_changed.connect(lambda: told.append(viewport.voi))
    drag(viewport, [QPoint(100, 100), QPoint(140, 110), QPoint(200, 70)], RIGHT)
    assert viewport.voi == told[-1] == dragged_window(start, 100, -30)
    dragged = viewport.voi
    press(viewport, QPoint(10, 10), RIGHT)
    move(viewport, QPoint(90, 90), RIGHT)
    assert viewport.voi != dragged
    QTest.keyClick(viewport, Qt.Key.Key_Escape)
    release(viewport, QPoint(90, 90), RIGHT)
    assert viewport.voi == dragged


def test_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(viewport, qtbot):
    viewport.show_picture(picture())
    with qtbot.waitSignal(viewport.customContextMenuRequested) as asked:
        click(viewport, QPoint(50, 60), RIGHT)
    assert asked.args == [QPoint(50, 60)]
    with qtbot.assertNotEmitted(viewport.customContextMenuRequested):
        drag(viewport, [QPoint(100, 100), QPoint(180, 100)], RIGHT)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("zoom", [0, 480, 1200])
def test_a_click_lands_on_the_image_point_seen_there(viewport, orientation, zoom):
    host = Host()
    shown = picture(orientation=orientation)
    viewport.show_picture(shown)
    viewport.set_tool(MarkTool(host, MarkKind.MACRO))
    viewport.center_on(middle(shown))
    wheel(viewport, QPoint(250, 200), zoom or 1)
    viewport.center_on(middle(shown))
    at = viewport.widget_position(ImagePoint(101.5, 133.5)).toPoint()
    click(viewport, at)
    ((kind, point, marked, reach, force),) = host.acts
    assert (kind, marked, force) == ("mark", MarkKind.MACRO, False)
    assert viewport.view.to_screen(point) == pytest.approx((at.x(), at.y()))
    assert point.column == pytest.approx(101.5, abs=0.5 / viewport.view.scale + 1e-6)
    assert point.row == pytest.approx(133.5, abs=0.5 / viewport.view.scale + 1e-6)
    assert reach == pytest.approx(4 / viewport.view.scale)


SCALED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from hands import click
from pictures import Host, breast, middle, picture
from test_viewport import pixels
from annotator.imaging.grayscale import display_lut
from annotator.model.mark import MarkKind
from annotator.ui.marks.tools import MarkTool
from annotator.ui.panes.viewport import Viewport

app = QApplication([])
window = QWidget()
viewport = Viewport(window)
viewport.setGeometry(34, 22, 401, 333)
window.resize(500, 400)
window.show()
viewport.set_overlay_level(2)
shown = picture(breast(1400, 1200))
viewport.show_picture(shown)
viewport.one_to_one()
viewport.center_on(middle(shown))
ratio = viewport.ratio
assert ratio == float(os.environ["QT_SCALE_FACTOR"]), ratio
view = viewport.view
screen = pixels(window)[:, :, 0]
table = display_lut(shown.info, viewport.voi)
x0, y0 = round(34 * ratio), round(22 * ratio)
left, top = int(view.left), int(view.top)
margin = int(80 * ratio)
part = screen[y0 + margin : y0 + int(320 * ratio), x0 + 5 : x0 + int(390 * ratio)]
rows, columns = part.shape
expected = table[shown.frame[margin - top : margin - top + rows, 5 - left : 5 - left + columns]]
assert (part == expected).all(), (part != expected).mean()
host = Host()
viewport.set_tool(MarkTool(host, MarkKind.MICRO))
click(viewport, QPoint(210, 160))
point = host.acts[0][1]
x, y = view.to_screen(point)
assert abs(x + x0 - (210 + 34) * ratio) < 1e-6 and abs(y + y0 - (160 + 22) * ratio) < 1e-6, (x, y)
"""


@pytest.mark.parametrize("factor", ["1", "1.25", "2"])
def test_one_image_pixel_is_one_device_pixel_on_scaled_desktops(factor):
    environment = os.environ | {"QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"}
    here = str(Path(__file__).parent)
    ran = subprocess.run(
        [sys.executable, "-c", SCALED, here], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


HALF_PIXELS = """
import sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from pictures import breast, picture
from annotator.ui.panes.viewport import Viewport

app = QApplication([])
window = QWidget()
viewports = [Viewport(window) for _ in range(2)]
for viewport, left in zip(viewports, (3, 284)):
    viewport.setGeometry(left, 3, 280, 200)
    viewport.show_picture(picture(breast()))
window.resize(570, 210)
window.show()
screen = QPixmap(window.size() * window.devicePixelRatioF())
screen.setDevicePixelRatio(window.devicePixelRatioF())
screen.fill(QColor("magenta"))
window.render(screen)
seen = screen.toImage()
left_over = [(x, y) for x in range(seen.width()) for y in range(seen.height())
             if seen.pixelColor(x, y) == QColor("magenta")]
assert not left_over, left_over[:5]
"""


def test_no_pixel_is_left_over_between_panes_on_a_scaled_desktop():
    environment = os.environ | {"QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"}
    here = str(Path(__file__).parent)
    ran = subprocess.run(
        [sys.executable, "-c", HALF_PIXELS, here],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_pointer_tells_place_and_stored_value(viewport):
    shown = picture()
    viewport.show_picture(shown)
    told = []
    viewport.pointer_moved.connect(told.append)
    at = viewport.widget_position(ImagePoint(150.5, 140.5)).toPoint()
    move(viewport, at, NONE)
    pointer = told[-1]
    assert pointer.point == viewport.view.to_image(at.x(), at.y())
    assert pointer.value == shown.frame[int(pointer.point.row), int(pointer.point.column)]
    move(viewport, QPoint(2, 2), NONE)
    assert told[-1] is None


def test_a_fitted_picture_follows_the_size_and_a_zoomed_one_keeps_its_middle(viewport):
    shown = picture(breast(1200, 900))
    viewport.show_picture(shown)
    viewport.resize(300, 600)
    # the breast is 0.6 of the width: with a little air around it it fills the pane, the rest of the air is out of it
    assert viewport.view.scale == pytest.approx(300 / (900 * 16 / 24))
    assert viewport.view.left + 900 * viewport.view.scale == pytest.approx(300)
    viewport.one_to_one()
    seen = viewport.view.to_image(150, 300)
    viewport.resize(500, 400)
    now = viewport.view.to_image(250, 200)
    assert (now.column, now.row) == pytest.approx((seen.column, seen.row), abs=0.51)


@pytest.mark.parametrize("modifiers", [("M",), ("S",), ("S", "M")])
def test_all_of_a_view_of_a_part_is_shown_however_dark(viewport, modifiers):
    viewport.resize(300, 600)
    viewport.show_picture(picture(breast(1200, 900), view=View("CC", modifiers)))
    assert viewport.view.scale == pytest.approx(300 / 900)


def test_a_pane_of_another_size_never_shows_nothing_but_air(viewport):
    viewport.show_picture(picture(breast(1200, 900)))
    viewport.one_to_one()
    viewport.pan(5000, 5000)
    assert not viewport.fitted
    viewport.resize(300, 300)
    assert viewport.fitted


def test_z_goes_to_one_to_one_and_back(viewport):
    viewport.show_picture(picture(breast(1200, 900)))
    fitted = viewport.view
    viewport.toggle_fit_one_to_one()
    assert viewport.view.scale == 1
    viewport.toggle_fit_one_to_one()
    assert viewport.view == fitted


def test_z_never_shows_nothing_but_air(viewport):
    frame = breast(3000, 2200)
    frame[:, :1700] = 0
    viewport.show_picture(picture(frame))
    viewport.toggle_fit_one_to_one()
    assert viewport.view.scale == 1
    shown = pixels(viewport)[100:300, :, 1]
    assert (shown > 20).mean() > 0.3
    viewport.toggle_fit_one_to_one()
    assert viewport.view.scale < 1


@pytest.mark.parametrize(("side", "right"), [(Laterality.RIGHT, False), (Laterality.LEFT, True)])
def test_words_stand_on_the_air_side_and_off_the_breast(viewport, side, right):
    frame = breast() if side is Laterality.RIGHT else breast()[:, ::-1].copy()
    viewport.show_picture(picture(frame, laterality=side))
    viewport.set_overlay_level(0)
    wording = viewport.wording()
    for block in wording.blocks:
        assert len(block.lines) > 0
        assert block.right == right
        assert not wording.on_tissue(block.rect)
    viewport.one_to_one()
    viewport.zoom_by(8, QPointF(250, 200))
    viewport.center_on(ImagePoint(180 if side is Laterality.RIGHT else 40, 150))
    top, bottom = viewport.wording().blocks
    assert [line.text for line in top.lines] == [f"{side} CC"]
    assert not bottom.lines


def test_what_the_corners_say(viewport):
    viewport.show_picture(
        picture(
            intent=Intent.PROCESSING,
            lossy=True,
            implant=True,
            partial_view=True,
            view=View("CC", ("M",)),
            technique=Technique(29, 80, 74, 58, 1.8),
            image_type=("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"),
        )
    )
    said = words(viewport)
    assert said[0] == "R MCC"
    for expected in (
        "2026-03-12",
        "29 kVp · 80 mAs",
        "74 N · 58 mm thick",
        "FOR PROCESSING",
        "LOSSY",
        "SYNTHETIC 2D",
        "PARTIAL",
    ):
        assert expected in said
    assert {"IMPLANT", "magnified x1.8", "W 4000  C 2000 · LINEAR"} <= set(said)
    assert said[-2] == "0.07 mm at detector"
    minimal = words(viewport, corner_text.MINIMAL)
    assert "FOR PROCESSING" in minimal
    assert "2026-03-12" not in minimal
    assert words(viewport, corner_text.SIDE_AND_VIEW) == [
        "R MCC",
        "FOR PROCESSING · LOSSY",
        "SYNTHETIC 2D · PARTIAL · IMPLANT · magnified x1.8",
    ]


@pytest.mark.parametrize(
    ("mode", "smooth", "zoom", "said"),
    [
        (Mode.SPECK_TRUE, False, 0.25, "speck-true · zoom 0.25"),
        (Mode.SPECK_TRUE, False, 0.8, "speck-true, fading (25 %) · zoom 0.80"),
        (Mode.SPECK_TRUE, False, 0.998, "speck-true, fading (<1 %) · zoom 0.9980"),
        (Mode.MEAN, True, 0.8, "mean · zoom 0.80"),
        (Mode.SPECK_TRUE, True, 1.0, "1:1"),
        (Mode.SPECK_TRUE, False, 2.0, "squares · zoom 2.00"),
        (Mode.MEAN, True, 3.0, "smooth · zoom 3.00"),
    ],
)
def test_the_corner_says_what_a_screen_pixel_is_made_of(viewport, mode, smooth, zoom, said):
    viewport.show_picture(picture(breast(1200, 900)))
    viewport.set_mode(mode)
    viewport.set_smooth(smooth)
    viewport.one_to_one()
    viewport.zoom_by(zoom, QPointF(250, 200))
    assert viewport.wording().blocks is not None
    assert corner_text.made_of(viewport.view, viewport.mode, viewport.smooth) == said
    lines = corner_text.corner_lines(
        viewport.picture, viewport.view, viewport.voi, mode, True, corner_text.ALL, smooth=smooth
    )
    assert lines.bottom[-1].text == f"inverted · {said}"


def test_the_ruler_is_in_millimetres_only_when_they_are_known(viewport):
    viewport.show_picture(picture())
    shown = rulers(viewport.picture, viewport.view, 400)
    assert shown
    for ruler in shown:
        length, unit, basis = ruler.text.split(maxsplit=2)
        assert basis == viewport.picture.info.spacing.basis
        millimetres = float(length) * {"cm": 10, "mm": 1}[unit]
        assert ruler.length == pytest.approx(millimetres / 0.07 * viewport.view.scale)
    viewport.show_picture(picture(spacing=None, sop_instance_uid="2.25.12"))
    assert rulers(viewport.picture, viewport.view, 400) == ()
    assert "spacing unknown" in words(viewport, corner_text.SIDE_AND_VIEW)


def test_padding_stays_black_when_inverted(viewport):
    viewport.show_picture(picture(padding=PaddingRange(0, 0)))
    viewport.set_inverted(True)
    air = viewport.widget_position(ImagePoint(20, 20)).toPoint()
    assert not pixels(viewport)[air.y(), air.x()].any()


def test_marks_can_be_hidden_and_then_not_hit(viewport):
    shown = picture()
    viewport.show_picture(shown)
    point = ImagePoint(150.0, 140.0)
    viewport.set_reading(reading_with(shown, [point]))
    assert viewport.mark_at(point) == "m0"
    with_marks = pixels(viewport)
    viewport.set_marks_visible(False)
    assert viewport.mark_at(point) is None
    assert (pixels(viewport) != with_marks).any()


def test_an_empty_viewport_says_why_and_ignores_the_hand(viewport):
    viewport.set_tool(PanTool())
    viewport.show_picture(picture())
    viewport.clear("no such view among the files opened")
    told = pixels(viewport)
    assert told.std() > 0
    drag(viewport, [QPoint(10, 10), QPoint(50, 50)])
    wheel(viewport, QPoint(10, 10))
    viewport.fit()
    viewport.one_to_one()
    viewport.toggle_fit_one_to_one()
    assert viewport.picture is None
    assert viewport.accessibleDescription() == "no such view among the files opened"


def test_it_has_a_name_for_people_who_do_not_see_it(viewport):
    viewport.show_picture(picture())
    assert viewport.accessibleName() == "Mammogram RCC"
    assert viewport.accessibleDescription()


def test_what_makes_an_image_easy_to_misread_is_said_on_the_breast_too(viewport):
    viewport.show_picture(
        picture(intent=Intent.PROCESSING, view=View("CC", ("M",)), technique=Technique(29, 80, 74, 58, 1.8))
    )
    viewport.one_to_one()
    viewport.zoom_by(8, QPointF(250, 200))
    viewport.center_on(ImagePoint(180, 150))
    top, _ = viewport.wording().blocks
    assert [line.text for line in top.lines] == ["R MCC · FOR PROCESSING · magnified x1.8"]


class PaintedRegions(QObject):
    """What a widget was asked to paint since it was made."""

    def __init__(self, widget):
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, _watched, event):
        if event.type() == QEvent.Type.Paint:
            self.region = self.region.united(event.region())
        return False


@pytest.mark.parametrize("orientation", [Orientation(), Orientation(True, True, False)])
@pytest.mark.parametrize("act", ["window", "invert"])
def test_another_table_repaints_all_that_changes_and_not_the_black_beside_it(
    viewport, qtbot, orientation, act
):
    viewport.set_overlay_level(0)
    viewport.show_picture(picture(orientation=orientation))
    viewport.settle()
    QApplication.processEvents()
    before = pixels(viewport)
    painted = PaintedRegions(viewport)
    if act == "window":
        viewport.set_voi(Window(1111, 2222, name="another one, with many more letters"))
    else:
        viewport.set_inverted(True)
    qtbot.waitUntil(lambda: not viewport._rewording.isActive())
    QApplication.processEvents()
    region = QRegion(painted.region)
    assert not QRegion(viewport.rect()).subtracted(region).isEmpty()
    changed = np.argwhere((pixels(viewport) != before).any(axis=2))
    assert len(changed) > 1000
    assert all(region.contains(QPoint(int(column), int(row))) for row, column in changed[::7])


def test_the_words_follow_a_window_drag_a_moment_later_and_are_not_lettered_before(viewport, qtbot):
    viewport.set_overlay_level(0)
    viewport.show_picture(picture())
    viewport.settle()
    pixels(viewport)
    drawn = viewport.wording().layers
    viewport.set_voi(Window(1111, 2222, name="another one"))
    pixels(viewport)
    assert viewport.wording().layers is drawn
    qtbot.waitUntil(lambda: not viewport._rewording.isActive())
    assert viewport.wording().voi == viewport.voi
    assert viewport.wording().layers is not drawn


def test_during_a_window_drag_the_pointer_is_told_with_the_words(viewport, qtbot):
    viewport.show_picture(picture())
    viewport.set_voi(Window(1111, 2222))
    told = []
    viewport.pointer_moved.connect(told.append)
    qtbot.mouseMove(viewport, QPoint(30, 40))
    qtbot.mouseMove(viewport, QPoint(31, 41))
    qtbot.waitUntil(lambda: not viewport._rewording.isActive())
    qtbot.waitUntil(lambda: len(told) > 0)
    viewport.set_voi(Window(1111, 2223))
    told.clear()
    viewport._pointed = QPointF(30, 40)
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: not viewport._rewording.isActive())
    assert told == [None]
