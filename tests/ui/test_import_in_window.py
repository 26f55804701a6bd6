"""Annotations of a data set from the window: looked at, asked about, brought in, and then to be looked at beside one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydicom import dcmread
from PySide6.QtWidgets import QMenu, QMessageBox
from small_exam import write_exam

from annotator.errors import NotAllowed
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.reporting import write_findings
from annotator.reporting.importing import Plan
from annotator.ui.desk import imports
from annotator.ui.desk.imports import IMPORTING, told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


def labelled(folder: Path, image: Path, *points: tuple[float, float], label: str = "calcification") -> Path:
    """A file of labelme on an image, in a folder of its own."""
    header = dcmread(image, stop_before_pixels=True)
    shapes = [
        {"label": label, "points": [point], "group_id": None, "shape_type": "point", "flags": {}}
        for point in points
    ]
    document = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{image.stem}.png",
        "imageData": None,
        "imageHeight": header.Rows,
        "imageWidth": header.Columns,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{image.stem}.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def window(qtbot, open_window, exam: Path):
    window = open_window()
    window.open_paths([exam])
    qtbot.waitUntil(lambda: window.desk.session is not None, timeout=5000)
    return window


def asked(qtbot, window, *paths: Path) -> QMessageBox:
    window.imports.look_at(list(paths))
    qtbot.waitUntil(lambda: window.imports.question is not None, timeout=10000)
    return window.imports.question


def brought_in(qtbot, window, *paths: Path) -> str:
    heard: list[str] = []
    window.imports.message.connect(heard.append)
    box = asked(qtbot, window, *paths)
    next(one for one in box.buttons() if one.text() == "Bring in").click()
    qtbot.waitUntil(lambda: any("brought in" in one for one in heard), timeout=10000)
    return heard[-1]


def test_nothing_is_saved_before_the_answer(qtbot, window, exam: Path, tmp_path: Path) -> None:
    image = next(iter(sorted(exam.rglob("*.dcm"))))
    path = labelled(tmp_path / "set", image, (10, 12), (20, 22))
    box = asked(qtbot, window, path)
    assert box.text() == "1 finding with 2 marks and 0 outlines in 1 exam, as the reading of labelme."
    box.button(QMessageBox.StandardButton.Cancel).click()
    qtbot.waitUntil(lambda: window.imports.question is None)
    readers = {one.reader for one in window.desk.workspace.readings()}
    assert "labelme" not in readers


def test_what_was_brought_in_is_told_and_can_be_looked_at(
    qtbot, window, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = next(iter(sorted(exam.rglob("*.dcm"))))
    path = labelled(tmp_path / "set", image, (10, 12), (20, 22))
    assert brought_in(qtbot, window, path) == "1 reading of labelme brought in"
    monkeypatch.setattr(QMenu, "popup", lambda *_args: None)
    window.signing_commands.list_readings()
    qtbot.waitUntil(lambda: menu_rows(window) != [], timeout=5000)
    (row,) = menu_rows(window)
    assert row.text() == "labelme: brought in, 1 finding"
    assert row.isEnabled()
    row.trigger()
    qtbot.waitUntil(lambda: window.desk.session.is_lent, timeout=5000)
    session = window.desk.session
    assert [(mark.point.column, mark.point.row) for mark in session.reading.marks] == [(10, 12), (20, 22)]
    session.select_finding(session.reading.findings[0].id)
    qtbot.waitUntil(window.finding_panel.origin.isVisible)
    assert window.finding_panel.origin.text().startswith("From labelme 5.5.0: label calcification (2 times)")
    assert "column, then row" in window.finding_panel.origin.toolTip()
    assert not session.may_change()


def menu_rows(window) -> list:
    menus = [one for one in window.findChildren(QMenu) if one.title() == "Readings of this exam"]
    return [] if not menus else [row for row in menus[-1].actions() if not row.isSeparator()]


def test_the_same_again_brings_nothing(qtbot, window, exam: Path, tmp_path: Path) -> None:
    image = next(iter(sorted(exam.rglob("*.dcm"))))
    path = labelled(tmp_path / "set", image, (10, 12))
    brought_in(qtbot, window, path)
    box = asked(qtbot, window, path)
    assert box.text() == "1 reading there already."
    assert all(one.text() != "Bring in" for one in box.buttons())
    box.close()


def test_what_is_left_out_is_counted_and_named(qtbot, window, exam: Path, tmp_path: Path) -> None:
    image, other = sorted(exam.rglob("*.dcm"))[:2]
    labelled(tmp_path / "set", image, (10, 12), label="mass")
    labelled(tmp_path / "set", other, (-50, 12))
    gone = labelled(tmp_path / "set", image, (1, 1))
    gone.rename(gone.with_name("gone.json"))
    document = json.loads((tmp_path / "set" / "gone.json").read_text())
    (tmp_path / "set" / "gone.json").write_text(json.dumps(document | {"imagePath": "gone.png"}))
    box = asked(qtbot, window, tmp_path / "set")
    assert "Left out: " in box.text()  # one reason is said at once, several behind the details
    assert "Images not at hand: 1." in box.text()
    assert "something is drawn at column -50" in box.detailedText()
    assert "not at hand: gone" in box.detailedText()
    box.close()


def test_what_nobody_knows_is_told_in_the_bar(qtbot, window, tmp_path: Path) -> None:
    failed: list[str] = []
    window.imports.failed.connect(lambda text, _again: failed.append(text))
    (tmp_path / "other").mkdir()
    window.imports.look_at([tmp_path / "other"])
    qtbot.waitUntil(lambda: len(failed) == 1, timeout=10000)
    assert "holds no annotations that this program knows" in failed[0]
    assert window.errors.texts == (failed[0],)
    assert window.status.message != imports.LOOKING


def test_stopping_brings_nothing_and_says_so(qtbot, window, exam: Path, tmp_path: Path) -> None:
    image = next(iter(sorted(exam.rglob("*.dcm"))))
    heard: list[str] = []
    window.imports.message.connect(heard.append)
    window.imports.look_at([labelled(tmp_path / "set", image, (10, 12))])
    window.status.cancelled.emit()
    assert heard[-1].startswith("Stopped")
    qtbot.waitUntil(lambda: not window.runner.busy(IMPORTING))
    assert window.imports.question is None


def test_ones_own_reading_from_elsewhere_is_shown_when_it_is_here(qtbot, window, tmp_path: Path) -> None:
    """Saved under another database by the same reader: it becomes the open reading, in which nothing was said yet."""
    heard: list[str] = []
    window.desk.message.connect(heard.append)
    desk, before = window.desk, window.desk.session
    info = desk.exam.images[0]
    said, finding = edits.add_finding(before.reading)
    said, mark = edits.add_mark(said, finding.id, info.key(), ImagePoint(10, 12), MarkKind.MICRO)
    path = tmp_path / "mine.json"
    write_findings(desk.workspace, said, desk.exam, path, identified=True)
    box = asked(qtbot, window, path)
    assert box.text() == "1 finding with 1 mark and 0 outlines in 1 exam, as your own reading."
    next(one for one in box.buttons() if one.text() == "Bring in").click()
    qtbot.waitUntil(lambda: desk.session is not before and desk.session is not None, timeout=10000)
    assert [one.point for one in desk.session.reading.marks] == [mark.point]
    assert any(one.endswith("the one of this exam is yours and is shown.") for one in heard)
    window.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: not desk.session.reading.marks, timeout=5000)


def test_what_could_not_be_saved_is_told_after_the_rest(
    qtbot, window, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []
    window.imports.failed.connect(lambda text, _again: failed.append(text))

    def refused(*_what: object) -> None:
        raise NotAllowed("not as somebody else")

    monkeypatch.setattr(window.desk.workspace, "save_import", refused)
    image = next(iter(sorted(exam.rglob("*.dcm"))))
    assert brought_in(qtbot, window, labelled(tmp_path / "set", image, (10, 12))) == "0 readings brought in"
    qtbot.waitUntil(lambda: len(failed) == 1)
    assert failed[0].startswith("0 readings brought in. labelme's reading of ")
    assert "was not saved" in failed[0]


def test_both_acts_ask_for_what_they_say(qtbot, window, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(imports, "ask", shown.append)
    for act in ("import_annotations", "import_folder"):
        window.actions_by_id[act].trigger()
    assert [one.windowTitle() for one in shown] == ["Import annotations", "Import a folder of annotations"]
    for dialog in shown:
        dialog.deleteLater()


def test_an_empty_plan_says_so() -> None:
    assert told(Plan(()), "anna") == ("There is nothing to bring in.", [])
