"""Words, ruler and letters over real panes: what stands there, and that nothing of it lies on the breast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pictures import breast, picture
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from annotator.imaging.collection import list_images
from annotator.jobs import CancelToken
from annotator.model.geometry import ImagePoint, Orientation
from annotator.model.image import Intent, Laterality, Technique, View
from annotator.ui import theme
from annotator.ui.desk.reading_desk import sample_folder
from annotator.ui.pictures.picture import load_picture
from annotator.ui.window.words_in_window import part_words
from annotator.ui.words.corner_paint import SHADE, colour_of
from annotator.ui.words.corner_text import ALL, MINIMAL, SIDE_AND_VIEW, Beside, Line, all_words
from annotator.ui.words.exam_names import ExamNames

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEVELS = (ALL, MINIMAL, SIDE_AND_VIEW)
PANES = [(180, 300), (340, 330), (410, 355), (820, 715), (1900, 2060)]
FULL = {
    "patient_name": "DOE^JANE",
    "patient_key": "4711",
    "patient_birth_date": "19640201",
    "patient_age": "062Y",
    "acquisition_date": "20260312",
    "acquisition_time": "104107",
    "institution_name": "House of Health",
    "institution_address": "1 Long Road that goes on for many a mile, Town, State, Land",
    "manufacturer": "Maker",
    "model_name": "Model with a long name",
    "device_serial_number": "S9",
    "detector_id": "D7",
    "operators_name": "ROE^RICHARD",
    "reason": "lump felt",
    "patient_orientation": ("P", "L"),
    "partial_view": True,
    "partial_view_reasons": ("Medial",),
    "technique": Technique(29, 80, 74, 58, 1.8, 1022, "TUNGSTEN", "RHODIUM", 45, 512, 1.2, 5.2),
}


def painted(wording):
    """Where the words lie, as a mask of the pane."""
    width, height = wording.size
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    wording.paint(painter)
    painter.end()
    values = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    return values[:, :, 3] > 0


def tissue(wording, mask=None):
    """Where the breast lies (cells of `mask`, else of the picture's own), looked up pixel by pixel."""
    width, height = wording.size
    view, mask = wording.view, wording.picture.tissue if mask is None else mask
    block = wording.picture.levels.coarsest_block
    across = [view.to_image(x + 0.5, 0.5) for x in range(width)]
    down = [view.to_image(0.5, y + 0.5) for y in range(height)]
    turned = view.orientation.transpose
    columns = np.array([p.column for p in (down if turned else across)])
    rows = np.array([p.row for p in (across if turned else down)])
    inside = (rows >= 0)[:, None] & (rows < view.rows)[:, None] & (columns >= 0) & (columns < view.columns)
    found = mask[
        np.clip(rows.astype(int) // block, 0, mask.shape[0] - 1)[:, None],
        np.clip(columns.astype(int) // block, 0, mask.shape[1] - 1),
    ]
    found = found & inside
    return found.T if turned else found


def lines_of(wording):
    return [line.text for block in wording.blocks for line in block.lines]


def covers_breast(wording):
    return bool((painted(wording) & tissue(wording)).any())


@pytest.mark.parametrize("size", PANES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", list("RL"))
def test_no_word_lies_on_a_breast_that_fits_its_pane(viewport, size, level, side):
    frame = breast(900, 660)
    laterality = Laterality(side)
    if side == "L":
        frame = frame[:, ::-1].copy()
    viewport.resize(*size)
    viewport.set_overlay_level(level)
    viewport.show_picture(picture(frame, laterality=laterality, lossy=True, intent=Intent.PROCESSING, **FULL))
    wording = viewport.wording()
    assert tissue(wording).any()
    assert painted(wording).any()
    assert not covers_breast(wording)
    assert f"{side} CC" in lines_of(wording)[0]
    assert all(block.right == (side == "L") for block in wording.blocks)


@pytest.mark.parametrize("turn", [Orientation(True, False, True), Orientation(False, True, True)])
def test_no_word_lies_on_a_breast_that_is_turned(viewport, turn):
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture(breast(600, 400), turn, **FULL))
    assert not covers_breast(viewport.wording())


@pytest.mark.parametrize("level", LEVELS)
def test_while_the_breast_is_shifted_and_enlarged_words_make_room(viewport, level):
    """At most one line lies on the breast, and only where no air is left."""
    viewport.set_overlay_level(level)
    shown = picture(breast(1500, 1100), **FULL)
    viewport.show_picture(shown)
    counts = []
    for scale in (0.3, 0.6, 1.0, 2.0):
        viewport.fit()
        viewport.zoom_by(scale / viewport.view.scale, QPointF(250, 200))
        for column in range(0, 1100, 180):
            viewport.center_on(ImagePoint(column, 700))
            wording = viewport.wording()
            counts.append(len(lines_of(wording)))
            if covers_breast(wording):
                assert len(wording.blocks[0].lines) <= 3
                assert wording.blocks[0].lines[0].text.startswith("R CC")
                mask = painted(wording) & tissue(wording)
                assert np.ptp(np.nonzero(mask.any(axis=1))[0]) < 60
                assert wording.put.ruler is None or not wording.on_tissue(wording.put.ruler.bar)
    assert min(counts) >= 1
    assert level == SIDE_AND_VIEW or max(counts) > min(counts)


def test_where_no_air_is_left_one_small_line_says_what_must_be_known(viewport):
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture(intent=Intent.PROCESSING, lossy=True, **FULL))
    viewport.one_to_one()
    viewport.zoom_by(8, QPointF(250, 200))
    viewport.center_on(ImagePoint(180, 150))
    wording = viewport.wording()
    said = " · ".join(lines_of(wording))
    assert said == "R CC · FOR PROCESSING · LOSSY · PARTIAL Medial · magnified x1.8"
    assert not wording.blocks[1].lines
    assert wording.put.ruler is None
    assert wording.put.letters == ()
    assert QRectF(0, 0, *wording.size).contains(wording.blocks[0].rect)


def test_three_steps(viewport):
    viewport.resize(1600, 1000)
    viewport.show_picture(picture(**FULL))
    said = {}
    for level in LEVELS:
        viewport.set_overlay_level(level)
        wording = viewport.wording()
        said[level] = lines_of(wording)
        assert (wording.put.ruler is None) == (level == SIDE_AND_VIEW)
        assert bool(wording.put.letters) == (level < SIDE_AND_VIEW)
        assert said[level][0] == "R CC"
    everything = "\n".join(said[ALL])
    for words in (
        "DOE, JANE", "ID 4711", "born 1964-02-01", "62 y", "2026-03-12 10:41:07", "House of Health", "1 Long Road",
        "Maker · Model with a long name", "serial S9", "detector D7", "29 kVp · 80 mAs · 1022 ms · W/Rh",
        "74 N · 58 mm thick · 45°", "organ dose 1.20 mGy", "entrance dose 5.20 mGy", "relative exposure 512",
        "ROE, RICHARD", "lump felt", "PARTIAL Medial", "magnified x1.8",
    ):  # fmt: skip
        assert words in everything, words
    assert len(said[SIDE_AND_VIEW]) < len(said[MINIMAL]) < len(said[ALL])
    assert "DOE" not in "".join(said[MINIMAL])
    assert said[SIDE_AND_VIEW] == ["R CC", "PARTIAL Medial · magnified x1.8"]


def test_the_more_important_line_stays_where_there_is_room_for_few(viewport):
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture(**FULL))
    said = lines_of(viewport.wording())
    assert any(line.startswith("DOE") for line in said)
    assert not any("Long Road" in line for line in said)
    assert any("Long Road" in line for line in all_words(viewport.picture))


def test_letters_stand_at_their_edges(viewport):
    viewport.resize(900, 700)
    viewport.set_overlay_level(MINIMAL)
    viewport.show_picture(picture(patient_orientation=("P", "L")))
    wording = viewport.wording()
    at = {placed.line.text: placed.rect.center() for placed in wording.put.letters}
    assert set(at) == {"A", "P", "L", "R"}
    assert at["A"].x() < 60
    assert at["P"].x() > 840
    assert at["R"].y() < 40
    assert at["L"].y() > 660
    assert not covers_breast(wording)


def test_a_header_without_orientation_has_no_letters(viewport):
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture())
    assert viewport.wording().put.letters == ()


def test_pseudonyms_hide_who_and_where_on_the_image_too(viewport):
    viewport.resize(1600, 1000)
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture(**FULL))
    names = ExamNames()
    viewport.words.follow(names)
    assert "DOE, JANE" in lines_of(viewport.wording())
    names.set_hidden(True)
    wording = viewport.wording()
    everything = " ".join([*lines_of(wording), *all_words(viewport.picture, wording.beside)])
    for secret in ("DOE", "JANE", "4711", "1964", "House", "Road", "S9", "D7", "ROE", "lump"):
        assert secret not in everything, secret
    assert "Patient 1 · 62 y" in everything
    assert "29 kVp" in everything


def test_parts_of_a_mosaic_are_numbered(viewport):
    first, second = (
        replace(picture().info, sop_instance_uid=uid, partial_view=True, view=View("CC"))
        for uid in ("2.25.1", "2.25.2")
    )
    whole = picture().info
    assert part_words(second, (first, second, whole)) == "section 2 of 2"
    assert part_words(first, (first, whole)) == ""
    assert part_words(whole, (whole, first, second)) == ""
    viewport.show_picture(picture(partial_view=True))
    viewport.words.set_part("section 2 of 2")
    assert "section 2 of 2" in " ".join(lines_of(viewport.wording()))


def test_every_colour_of_words_is_read_on_black_and_on_white_air():
    under = round(255 * (1 - SHADE.alphaF()))
    for line in (
        Line("words"),
        Line("title", title=True),
        Line("A", letter=True),
        Line("LOSSY", warning=True),
    ):
        for ground in ("#000000", f"#{under:02x}{under:02x}{under:02x}"):
            assert theme.contrast(colour_of(line), ground) >= theme.MINIMUM_CONTRAST


def test_room_that_is_asked_for_is_left_beside_words_and_breast(viewport):
    viewport.set_overlay_level(ALL)
    viewport.show_picture(picture(**FULL))
    for size in (QSize(24, 18), QSize(90, 60)):
        viewport.words.leave_room(size)
        wording = viewport.wording()
        rect = wording.put.room
        assert (rect.width(), rect.height()) == (size.width(), size.height())
        mask = painted(wording) | tissue(wording)
        assert not mask[int(rect.top()) : int(rect.bottom()), int(rect.left()) : int(rect.right())].any()
    viewport.one_to_one()
    viewport.zoom_by(8, QPointF(250, 200))
    viewport.center_on(ImagePoint(180, 150))
    assert viewport.wording().put.room is None


def test_dark_fat_of_a_view_of_a_part_is_no_air_where_there_is_other(viewport):
    frame = breast(600, 400)
    inside = frame > 0
    frame[inside & (np.arange(600) > 260)[:, None]] = 12
    shown = picture(frame, laterality=Laterality.RIGHT, view=View("CC", ("M",)), **FULL)
    viewport.resize(1100, 700)
    viewport.set_overlay_level(ALL)
    viewport.show_picture(shown)
    block = shown.levels.coarsest_block
    rows, columns = shown.tissue.shape
    cells = np.zeros((rows * block, columns * block), bool)
    cells[:600, :400] = inside
    mask = cells.reshape(rows, block, columns, block).all(axis=(1, 3))
    wording = viewport.wording()
    assert (tissue(wording, mask) & ~tissue(wording)).any()
    assert wording.put.ruler is not None
    assert painted(wording).any()
    assert not (painted(wording) & tissue(wording, mask)).any()


def test_a_screen_never_measured_is_named_with_all_words_only(viewport):
    viewport.resize(900, 700)
    viewport.show_picture(picture())
    viewport.words.set_screen("screen uncalibrated")
    said = {}
    for level in LEVELS:
        viewport.set_overlay_level(level)
        said[level] = "screen uncalibrated" in lines_of(viewport.wording())
    assert said == {ALL: True, MINIMAL: False, SIDE_AND_VIEW: False}
    assert viewport.wording().beside == Beside(screen="screen uncalibrated")


@pytest.mark.parametrize("size", [(200, 330), (410, 355), (1100, 1400)])
def test_no_word_lies_on_any_breast_of_the_sample_exams(viewport, size):
    folder = sample_folder()
    assert folder is not None
    listed = list_images([folder])
    assert len(listed.images) >= 12
    viewport.resize(*size)
    for info in listed.images:
        shown = load_picture(info, max(info.frames // 2, 1))(CancelToken())
        viewport.show_picture(shown)
        for level in LEVELS:
            viewport.set_overlay_level(level)
            wording = viewport.wording()
            assert sum(line.startswith(f"{info.laterality} ") for line in lines_of(wording)) == 1
            assert not covers_breast(wording), (info.name, level)


def test_the_step_is_told_remembered_and_goes_round(open_window):
    window = open_window()
    levels = []
    for _ in range(3):
        window.words.cycle_text()
        levels.append({viewport.words.level for viewport in window.grid.viewports})
    assert levels == [{MINIMAL}, {SIDE_AND_VIEW}, {ALL}]
    window.words.cycle_text()
    assert "Few words" in window.status.message
    again = open_window()
    assert again.words.step == MINIMAL


def test_panes_of_a_window_follow_its_pseudonyms_and_screens(open_window, qtbot):
    window = open_window()
    viewport = window.grid.viewports[-1]
    viewport.resize(1600, 1000)
    viewport.show_picture(picture(**FULL))
    window.words.tell_screens()
    assert window.grid.viewports[0].words.beside == Beside(screen="screen uncalibrated")
    window.names.set_hidden(True)
    assert "DOE" not in " ".join(lines_of(viewport.wording()))
    window.names.set_hidden(False)
    assert "DOE, JANE" in lines_of(viewport.wording())


def test_where_no_air_is_left_an_earlier_exam_is_named_in_the_one_line(viewport):
    viewport.show_picture(picture())
    viewport.words.set_prior("PRIOR · 2022-03-09")
    viewport.one_to_one()
    viewport.zoom_by(8, QPointF(250, 200))
    viewport.center_on(ImagePoint(180, 150))
    assert lines_of(viewport.wording()) == ["R CC · PRIOR · 2022-03-09"]
    assert colour_of(viewport.wording().blocks[0].lines[0]) == theme.STRONG
