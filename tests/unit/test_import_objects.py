"""The standard's objects, written by this program and brought in again, lie where they lay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import made_datasets as sets
import public_files as made
import pytest
from pydicom import dcmread

from annotator.bootstrap import open_workspace
from annotator.errors import AnnotatorError
from annotator.exchange.datasets.objects import object_kind
from annotator.exchange.formats import FORMATS
from annotator.jobs import CancelToken
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.geometry import ImagePoint
from annotator.model.image import ExamInfo, ImageKey
from annotator.model.mark import MarkKind
from annotator.reporting.import_sources import Wanted
from annotator.reporting.importing import State, carry_out, plan
from annotator.reporting.outgoing import outgoing
from annotator.settings import load_settings
from annotator.workspace import Workspace

CORNERS = (
    ImagePoint(110.0, 90.0),
    ImagePoint(180.0, 92.0),
    ImagePoint(175.0, 160.0),
    ImagePoint(112.0, 158.0),
)


@pytest.fixture
def workspace(tmp_path: Path):
    made_here = open_workspace(
        load_settings(None, {"database": f"sqlite:///{tmp_path / 'r.db'}", "reader": "dr a"})
    )
    yield made_here
    made_here.close()


@pytest.fixture
def exam(workspace: Workspace, tmp_path: Path) -> ExamInfo:
    made.write_dicom(
        tmp_path / "images" / "a.dcm",
        made.breast(),
        ImageLaterality="R",
        PatientID="P1",
        SOPClassUID=MAMMOGRAM,
    )
    return workspace.group_exams(workspace.list_images([tmp_path / "images"]).images)[0]


MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"


def reading_of(exam: ExamInfo, path: Path) -> Reading:
    key = ImageKey(sets.uids(path)[0])
    reading, one = edits.add_finding(
        Reading(id="r", reader="dr b", study_instance_uid=exam.study_instance_uid)
    )
    ids = []
    for column, row in made.SPECKS:
        reading, mark = edits.add_mark(reading, one.id, key, ImagePoint(column, row), MarkKind.MICRO)
        ids.append(mark.id)
    reading, _ = edits.add_cluster(reading, one.id, key, CORNERS, ids, exam.images[0].spacing)
    return edits.describe(
        reading,
        one.id,
        morphology=(Morphology.AMORPHOUS,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.MODERATE_SUSPICION,
        comment="größer als zuvor",
    )


@pytest.fixture
def written(workspace: Workspace, exam: ExamInfo, tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *, identified: bool = False) -> Path:
        reading = reading_of(exam, tmp_path / "images" / "a.dcm")
        out = outgoing(workspace, reading, exam, CancelToken(), identified=identified)
        folder = tmp_path / "objects"
        folder.mkdir(exist_ok=True)
        (path,) = FORMATS[name].write(out, folder)
        return path

    return write


def brought_in(workspace: Workspace, path: Path, images: Path) -> Reading:
    planned = plan(workspace, Wanted(paths=(path,), images=(images,)))
    (one,) = planned.readings
    assert (planned.refused, one.state) == ((), State.NEW)
    carry_out(workspace, planned)
    again = plan(workspace, Wanted(paths=(path,), images=(images,)))
    assert [each.state for each in again.readings] == [State.THERE]
    return one.after


@pytest.mark.parametrize("name", ["sr", "gsps", "seg"])
def test_objects_are_known_by_what_they_are(written, tmp_path: Path, name: str) -> None:
    assert object_kind(written(name)) == name
    assert object_kind(tmp_path / "images" / "a.dcm") is None


@pytest.mark.parametrize("identified", [False, True])
def test_a_report_comes_back_whole_behind_pseudonyms_or_not(
    workspace, written, exam, tmp_path: Path, identified: bool
) -> None:
    back = brought_in(workspace, written("sr", identified=identified), tmp_path / "images")
    (finding,) = back.findings
    assert (back.reader, back.study_instance_uid) == ("dr b", exam.study_instance_uid)
    assert finding.morphology == (Morphology.AMORPHOUS,)
    assert finding.assessment is Assessment.MODERATE_SUSPICION
    assert finding.comment == "größer als zuvor"
    assert {mark.image.sop_instance_uid for mark in back.marks} == {exam.images[0].sop_instance_uid}
    assert [(mark.point.column, mark.point.row) for mark in back.marks] == list(made.SPECKS)


@pytest.mark.parametrize("name", ["gsps", "seg"])
def test_marks_and_outlines_of_pictures_lie_where_they_lay(
    workspace, written, tmp_path: Path, name: str
) -> None:
    back = brought_in(workspace, written(name), tmp_path / "images")
    (finding,) = back.findings
    assert finding.origin is not None
    assert finding.origin.source == name.upper()
    assert finding.assessment is None
    near = 0.01 if name == "gsps" else 0.75
    places = sorted((mark.point.column, mark.point.row) for mark in back.marks)
    for (column, row), (x, y) in zip(places, sorted(made.SPECKS), strict=True):
        assert abs(column - x) <= near
        assert abs(row - y) <= near
    (cluster,) = back.clusters
    assert min(p.column for p in cluster.outline) == pytest.approx(110, abs=1)
    assert max(p.row for p in cluster.outline) == pytest.approx(160, abs=1)


@pytest.mark.parametrize("name", ["sr", "gsps", "seg"])
def test_a_truncated_object_is_refused_in_a_sentence(workspace, written, tmp_path: Path, name: str) -> None:
    path = written(name)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(AnnotatorError) as fault:
        plan(workspace, Wanted(paths=(path,), kind=name, images=(tmp_path / "images",)))
    assert "\n" not in str(fault.value)
    assert workspace.readings() == ()


def test_an_object_of_another_exam_brings_nothing(workspace, written, tmp_path: Path) -> None:
    path = written("gsps")
    made.write_dicom(tmp_path / "others" / "b.dcm", made.breast())
    planned = plan(workspace, Wanted(paths=(path,), images=(tmp_path / "others",)))
    assert planned.readings == ()
    assert len(planned.missing) == 1
    with pytest.raises(AnnotatorError, match="not at hand"):
        plan(workspace, Wanted(paths=(written("sr"),), images=(tmp_path / "others",)))


def test_masks_and_states_without_anything_on_them_say_so(workspace, written, tmp_path: Path) -> None:
    masks, state = dcmread(written("seg")), dcmread(written("gsps"))
    masks.PixelData = bytes(len(masks.PixelData))
    del state.GraphicAnnotationSequence
    for name, dataset in (("seg", masks), ("gsps", state)):
        path = tmp_path / f"empty-{name}.dcm"
        dataset.save_as(path)
        planned = plan(workspace, Wanted(paths=(path,), images=(tmp_path / "images",)))
        assert planned.readings == ()
        assert [one for one in planned.notes if "Nothing is drawn in it" in one], name
