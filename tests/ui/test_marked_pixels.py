"""The pixels under marks are kept with the act that marks an image first, and told when they are others later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from small_exam import write_exam

from annotator.cli import main
from annotator.imaging.dicom_file import read_image
from annotator.imaging.exam_index.filling import fill
from annotator.imaging.pixel_digest import pixel_digest
from annotator.model import edits
from annotator.model.finding import Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.ui.desk.marked_pixels import changed_pixels, with_pixels

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
PLACE = ImagePoint(20.0, 20.0)


def marked(reading: Reading, image: ImageKey) -> Reading:
    reading, finding = edits.add_finding(reading)
    return edits.add_mark(reading, finding.id, image, PLACE, MarkKind.MICRO)[0]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_exam(tmp_path / "exam")
    return tmp_path / "exam"


def opened(qtbot, window, files: Path):
    with qtbot.waitSignal(
        window.desk.session_changed, timeout=60_000, check_params_cb=lambda s: s is not None
    ):
        window.open_paths([files])
    qtbot.waitUntil(lambda: len(window.marked_pixels._known) >= 2, timeout=60_000)
    return window.desk.session


def alter(path: Path) -> None:
    dataset = dcmread(path)
    pixels = np.frombuffer(dataset.PixelData, np.uint16).copy()
    pixels[0] ^= 1
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(path)


def test_only_what_an_act_marks_is_kept_and_the_first_stays() -> None:
    empty = Reading(id="r", reader="a", study_instance_uid="1")
    one, other = ImageKey("1.1"), ImageKey("1.2", 3)
    known = {one: "a" * 64, other: "b" * 64}
    first = with_pixels(empty, marked(empty, one), known)
    assert [said.image for said in first.pixels] == [one]
    again = with_pixels(first, marked(first, one), {one: "c" * 64})
    assert again.pixels == first.pixels
    assert with_pixels(first, replace(first, done=True), known).pixels == first.pixels
    assert changed_pixels(first, known) == ()
    assert changed_pixels(first, {one: "c" * 64}) == (one,)
    assert changed_pixels(first, {}) == ()
    outlined, _ = edits.add_cluster(first, first.findings[0].id, other, (PLACE,), [], None)
    assert with_pixels(first, outlined, known).pixels_of(other) == "b" * 64


def test_a_mark_keeps_the_pixels_and_an_altered_file_is_told_when_the_exam_opens(
    qtbot, open_window, files: Path
) -> None:
    window = open_window()
    session = opened(qtbot, window, files)
    info = session.exam.images[0]
    session.apply(marked(session.reading, info.key()), "Mark")
    digest = pixel_digest(read_image(info.path).frame(1))
    assert session.reading.pixels_of(info.key()) == digest
    assert session.flush()
    session.undo_stack.undo()
    assert not session.reading.pixels
    session.undo_stack.redo()
    assert session.flush()
    assert not window.errors.tells("pixels")
    window.close()

    alter(info.path)
    later = open_window()
    opened(qtbot, later, files)
    qtbot.waitUntil(lambda: later.errors.tells("pixels"), timeout=30_000)
    assert session.image_name(info.sop_instance_uid) in later.errors.texts[-1]
    assert "are not those that were marked" in later.errors.texts[-1]


def test_marked_images_out_of_sight_are_looked_at_too(qtbot, open_window, files: Path) -> None:
    window = open_window()
    session = opened(qtbot, window, files)
    info = session.exam.images[0]
    session.pixels = {info.key(): "0" * 64}
    session.apply(marked(session.reading, info.key()), "Mark")
    window.marked_pixels._known.clear()
    window.marked_pixels._read_unseen()
    qtbot.waitUntil(lambda: window.errors.tells("pixels"), timeout=30_000)


def test_doctor_looks_at_every_marked_image_that_is_indexed(
    qtbot, open_window, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = open_window()
    session = opened(qtbot, window, files)
    info = session.exam.images[0]
    session.apply(marked(session.reading, info.key()), "Mark")
    assert session.flush()
    call = ["doctor", "--pixels", "--database", f"sqlite:///{tmp_path / 'r.db'}", "--reader", "anna"]
    assert main(call) == 0
    assert "1 of files that are not indexed" in capsys.readouterr().err
    fill([files], window.indexed.exams.path, jobs=1, settled_ns=0)
    assert main(call) == 0
    assert "1 as marked" in capsys.readouterr().err
    alter(info.path)
    assert main(call) == 1
    said = capsys.readouterr()
    assert "not those that anna marked" in said.out
    assert "1 with other pixels" in said.err
