"""The key object selection: exactly the images, and slices, with something marked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom
import pytest
from pydicom import dcmread

from annotator.errors import ExportError
from annotator.exchange.ko import check, write
from annotator.exchange.outgoing import Outgoing
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo
from annotator.model.mark import MarkKind
from tests.written_readings import image_of, matrix


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outgoing]:
    return matrix(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize(
    "name", ["single", "cluster", "several views", "tomosynthesis frame", "non-Latin", "everything"]
)
def test_the_images_with_findings_are_selected(
    readings: dict[str, Outgoing], tmp_path: Path, name: str
) -> None:
    outgoing = readings[name]
    (path,) = write(outgoing, tmp_path)
    assert check(outgoing, path) is None
    document = highdicom.ko.KeyObjectSelectionDocument.from_dataset(dcmread(path))
    marked = {one.image.sop_instance_uid for one in outgoing.reading.marks}
    for info in outgoing.exam.images:
        uid = outgoing.uid(info.sop_instance_uid)
        if info.sop_instance_uid in marked:
            assert document.resolve_reference(uid)[0] == outgoing.uid(info.study_instance_uid)
        else:
            with pytest.raises(ValueError, match="Could not find"):
                document.resolve_reference(uid)


def test_slices_are_named_and_who_selected_them(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["tomosynthesis frame"]
    document = dcmread(write(outgoing, tmp_path)[0])
    assert document.ConceptNameCodeSequence[0].CodeMeaning == "Of Interest"
    observer, name, said, image = document.ContentSequence
    assert observer.ConceptCodeSequence[0].CodeMeaning == "Person"
    assert name.PersonName == "Reader One^"
    assert said.TextValue == "RCC stack: F1, F2"
    frames = sorted({one.image.frame for one in outgoing.reading.marks})
    assert list(image.ReferencedSOPSequence[0].ReferencedFrameNumber) == frames
    assert "ConceptNameCodeSequence" not in image


def test_findings_are_named_by_view(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    document = dcmread(write(readings["several views"], tmp_path)[0])
    assert document.ContentSequence[2].TextValue == "RCC: F1, F2\r\nRMLO: F1, F2"


def test_other_images_are_told(readings: dict[str, Outgoing], tmp_path: Path) -> None:
    outgoing = readings["cluster"]
    (path,) = write(outgoing, tmp_path)
    key = image_of(outgoing.exam, "LCC").key()
    finding = outgoing.reading.findings[0]
    more, _ = edits.add_mark(outgoing.reading, finding.id, key, ImagePoint(5, 5), MarkKind.MICRO)
    assert "other images" in str(check(replace(outgoing, reading=more), path))
    path.write_bytes(path.read_bytes()[:900])
    assert "cannot be read back" in str(check(outgoing, path))
    assert "no key object selection but" in str(check(outgoing, image_of(outgoing.exam, "LCC").path))


def test_nothing_is_written_of_images_that_are_not_at_hand(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["several views"]
    fewer = ExamInfo(outgoing.exam.study_instance_uid, outgoing.exam.images[:1])
    with pytest.raises(ExportError, match="not at hand"):
        write(replace(outgoing, exam=fewer), tmp_path)
    with pytest.raises(ExportError, match="nothing to write"):
        write(readings["described"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_uid_that_dicom_does_not_allow_goes_out_behind_a_pseudonym_only(
    readings: dict[str, Outgoing], tmp_path: Path
) -> None:
    outgoing = readings["cluster"]
    images = tuple(replace(one, series_instance_uid="05fa52f0") for one in outgoing.exam.images)
    odd = replace(outgoing, exam=ExamInfo(outgoing.exam.study_instance_uid, images))
    with pytest.raises(ExportError, match="a UID that DICOM does not allow"):
        write(replace(odd, pseudonyms=None), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert check(odd, write(odd, tmp_path)[0]) is None
