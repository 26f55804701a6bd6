"""De-identified copies from the window: written beside the reading, told with what looks like text, refused among originals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pytestqt.qtbot import QtBot

from annotator.bootstrap import make_workspace
from annotator.imaging.collection import group_exams, list_images
from annotator.settings import Settings
from annotator.ui.desk.deidentified import DeidentifiedCopies
from annotator.ui.task_runner import TaskRunner
from tests.written_readings import SAMPLES


@pytest.fixture
def copying(qtbot: QtBot, tmp_path: Path) -> Iterator[DeidentifiedCopies]:
    bugs: list[BaseException] = []
    runner = TaskRunner(bugs.append)
    workspace = make_workspace(Settings(database=f"sqlite:///{tmp_path / 'r.db'}", reader="a"))
    yield DeidentifiedCopies(workspace, runner, None)
    runner.shutdown()
    workspace.close()
    assert bugs == []


def labelled(folder: Path) -> Path:
    """A sample image with a name burned in beside the breast."""
    folder.mkdir()
    image = dcmread(SAMPLES / "screening" / "RCC.dcm")
    pixels = image.pixel_array.copy()
    drawn = np.zeros(pixels.shape, np.uint8)
    cv2.putText(drawn, "DOE^JANE 12345", (100, 300), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 4)
    pixels[drawn > 0] = 4095
    image.PixelData = pixels.tobytes()
    image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    image["PixelData"].is_undefined_length = False
    image["PixelData"].VR = "OW"
    image.save_as(folder / "RCC.dcm")
    return folder


def told(
    copying: DeidentifiedCopies, qtbot: QtBot, folder: Path, out: Path, *, blackout: bool = False
) -> str:
    said: list[str] = []
    copying.message.connect(said.append)
    copying.failed.connect(lambda text, _again: said.append(text))
    exam = group_exams(list_images([folder]).images)[0]
    copying.write(exam, out, blackout=blackout)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=120_000)
    return said[1]


def test_copies_are_told_with_what_looks_like_text(
    qtbot: QtBot, copying: DeidentifiedCopies, tmp_path: Path
) -> None:
    folder, out = labelled(tmp_path / "in"), tmp_path / "out"
    assert told(copying, qtbot, folder, out) == (
        f"1 copy without names in {out}; what looks like burned-in text is on 1 image: look at them before you hand them on"
    )
    assert len(list(out.rglob("*.dcm"))) == 1


def test_text_is_blacked_out_when_asked(qtbot: QtBot, copying: DeidentifiedCopies, tmp_path: Path) -> None:
    folder, out = labelled(tmp_path / "in"), tmp_path / "out"
    assert (
        told(copying, qtbot, folder, out, blackout=True)
        == f"1 copy without names in {out}; text blacked out on 1"
    )
    copy = dcmread(next(out.rglob("*.dcm"))).pixel_array
    assert copy[200:340, 60:700].max() == 0
    assert copy.max() > 3000


def test_originals_are_not_mixed_with_copies(
    qtbot: QtBot, copying: DeidentifiedCopies, tmp_path: Path
) -> None:
    folder = labelled(tmp_path / "in")
    assert (
        told(copying, qtbot, folder, folder) == f"{folder} holds the originals; choose a folder beside them."
    )
    assert [one.name for one in folder.iterdir()] == ["RCC.dcm"]
