"""A project as it leaves: all of it, interrupted anywhere and gone on with, and nothing of who the patients are."""

from __future__ import annotations

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydicom import dcmread

from annotator.bootstrap import open_workspace
from annotator.cli import main
from annotator.errors import CallError, ExportError, StoreError
from annotator.exchange.tables.split import Split
from annotator.jobs import Cancelled, CancelToken, Progress
from annotator.model import edits
from annotator.model.finding import Assessment, Reading
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.history import Act
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.origin import Origin
from annotator.reporting import journal, project
from annotator.reporting.exam_files import ExamFiles
from annotator.reporting.wanted import Exported, Selection, Wanted
from annotator.settings import load_settings
from annotator.store.store import Store
from annotator.workspace import Workspace
from tests.made_signature import signature_of
from tests.ui.small_exam import write_exam

TABLES = ("csv", "parquet", "coco", "json")
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "AT_ONCE", 2)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'r.db'}"


def read(store: Store, study: str, reader: str, *, patient: str = "", marks: int = 2) -> tuple[Reading, int]:
    reading, number = store.open_reading(
        study, reader, lexicon_edition="5", patient=patient, exam_date=date(2024, 3, 12)
    )
    if not reading.findings:
        reading, _ = edits.add_finding(reading)
    finding = reading.findings[0].id
    for at in range(marks):
        place = ImagePoint(10.5 + 7 * at, 20.5)
        reading, _ = edits.add_mark(reading, finding, ImageKey(f"{study}.1"), place, MarkKind.MICRO)
    ids = [mark.id for mark in reading.marks[-marks:]]
    outline = (ImagePoint(5, 5), ImagePoint(60, 5), ImagePoint(60, 40))
    reading, _ = edits.add_cluster(reading, finding, ImageKey(f"{study}.1"), outline, ids, SPACING)
    reading = edits.describe(
        reading, finding, assessment=Assessment.LOW_SUSPICION, comment="as told of Jane Doe"
    )
    return reading, save(store, reading, number)


def save(store: Store, reading: Reading, number: int, act: Act = Act.EDIT) -> int:
    return store.save(reading, reader=reading.reader, based_on=number, act=act, label="x")


def sign(store: Store, reading: Reading, number: int) -> int:
    return save(store, edits.sign(reading, signature_of(reading)), number, Act.SIGN)


@pytest.fixture
def filled(database: str) -> str:
    """Seven exams of four patients, read by anna; two of them by bob too, who signed one of his."""
    store = Store.open(database)
    for number in range(7):
        read(store, f"1.9.{number}", "anna", patient=f"P{number % 4}")
    sign(store, *read(store, "1.9.0", "bob", patient="P0"))
    read(store, "1.9.1", "bob", patient="P1")
    store.close()
    return database


def opened(database: str, reader: str = "anna") -> Workspace:
    return open_workspace(load_settings(overrides={"database": database, "reader": reader}))


def export(
    database: str,
    out: Path,
    *,
    forms: Sequence[str] = TABLES,
    selection: Selection | None = None,
    token: CancelToken | None = None,
    resume: bool = False,
    named: Sequence[Path] = (),
    **how: object,
) -> Exported:
    workspace = opened(database)
    files = ExamFiles(workspace, named)
    try:
        wanted = Wanted(out=out, forms=forms, **how)  # type: ignore[arg-type]
        return project.export_project(
            workspace, selection or Selection(), wanted, files, token, resume=resume
        )
    finally:
        files.close()
        workspace.close()


def rows(out: Path, table: str = "readings") -> list[dict[str, str]]:
    with (out / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def without_times(files: dict[str, bytes]) -> dict[str, bytes]:
    """The card says when an export was begun, proofs when they were made, and the sums what all of them are."""
    told = ("DATA_CARD.md", "SHA256SUMS")
    card = json.loads(files["card.json"])
    assert card.pop("made")
    kept = {name: text for name, text in files.items() if name not in told and "proof" not in name}
    return kept | {"card.json": json.dumps(card).encode()}


def stopping_after(steps: int) -> CancelToken:
    """A token that is cancelled at its nth step."""
    count = itertools.count()

    def step(_progress: Progress) -> None:
        if next(count) == steps:
            token.cancel()

    token = CancelToken(step)
    return token


def test_what_the_reader_may_see_goes_out(filled: str, tmp_path: Path) -> None:
    exported = export(filled, tmp_path / "out")
    assert (exported.readings, exported.exams, exported.faults) == (8, 7, ())
    found = rows(tmp_path / "out")
    assert sorted((one["reader"], one["signed_version"]) for one in found) == [
        *([("anna", "0")] * 7),
        ("bob", "1"),
    ]
    assert len(rows(tmp_path / "out", "marks")) == 16
    assert pq.read_table(tmp_path / "out" / "clusters.parquet").num_rows == 8
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["counts"]["patients by part"] == {"all": 4}
    assert not (tmp_path / "out" / journal.WORK).exists()


def test_readers_signed_ones_and_named_exams_are_chosen(filled: str, tmp_path: Path) -> None:
    def readers(name: str, **said: object) -> list[str]:
        export(filled, tmp_path / name, forms=("csv",), selection=Selection(**said))  # type: ignore[arg-type]
        return sorted(one["reader"] for one in rows(tmp_path / name))

    assert readers("bob", readers=frozenset({"bob"})) == ["bob", "bob"]
    assert readers("signed", signed=True) == ["bob"]
    assert readers("named", studies=frozenset({"1.9.0"})) == ["anna", "bob"]
    with pytest.raises(StoreError, match="No reading is saved that was asked for"):
        readers("nobody", readers=frozenset({"eve"}))


def test_an_amended_reading_of_another_goes_out_as_it_was_signed(filled: str, tmp_path: Path) -> None:
    store = Store.open(filled)
    reading, number = store.open_reading("1.9.0", "bob", lexicon_edition="5")
    number = save(store, edits.amend(reading, "a slip"), number, Act.AMEND)
    read(store, "1.9.0", "bob")
    store.close()
    export(filled, tmp_path / "out", forms=("csv",))
    (bob,) = (one for one in rows(tmp_path / "out") if one["reader"] == "bob")
    assert (bob["signed_version"], bob["marks"], bob["revision"]) == ("1", "2", "2")


def test_nothing_names_an_exam_and_words_nobody_could_clean_stay_here(filled: str, tmp_path: Path) -> None:
    exported = export(filled, tmp_path / "out")
    assert any(
        "comments, and what sources said of findings, were left out" in line for line in exported.left_out
    )
    store = Store.open(filled)
    ids = [one.reading_id for one in store.readings()]
    store.close()
    for text in content(tmp_path / "out").values():
        assert b"1.9." not in text
        assert b"Jane" not in text
        assert not any(one.encode() in text for one in ids)


@pytest.mark.parametrize("steps", [10, 13, 17, 24])
def test_what_is_read_meanwhile_changes_nothing(filled: str, tmp_path: Path, steps: int) -> None:
    """Stopped among the exams or while files are put together; readings change and others come before it goes on."""
    how = {"split": Split((50, 25, 25), 7)}
    export(filled, tmp_path / "whole", **how)
    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        export(filled, out, token=stopping_after(steps), **how)
    assert not (out / "card.json").exists()
    store = Store.open(filled)
    for number in (0, 3, 6):
        read(store, f"1.9.{number}", "anna")
    for number in (-1, 35, 99):
        read(store, f"1.9.{number}", "anna", patient="P9")
    store.close()
    export(filled, out, resume=True, **how)
    assert without_times(content(out)) == without_times(content(tmp_path / "whole"))


def test_stopped_again_and_again_it_ends_byte_for_byte_the_same(filled: str, tmp_path: Path) -> None:
    how = {"split": Split((50, 25, 25), 7)}
    export(filled, tmp_path / "whole", **how)
    out = tmp_path / "out"
    stops = 0
    while True:
        try:
            export(filled, out, token=stopping_after(9 + stops * 5), resume=True, **how)
        except Cancelled:
            stops += 1
            continue
        break
    assert stops > 3
    assert without_times(content(out)) == without_times(content(tmp_path / "whole"))


def test_an_interrupted_export_is_not_begun_over_by_mistake(filled: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        export(filled, out, token=stopping_after(12))
    with pytest.raises(CallError, match="interrupted; go on with --resume"):
        export(filled, out)
    with pytest.raises(CallError, match="was begun behind pseudonyms, without a split; go on with the same"):
        export(filled, out, resume=True, identified=True, split=Split((50, 25, 25), 7))
    export(filled, out, resume=True)
    with pytest.raises(CallError, match="holds an export already"):
        export(filled, out)


def test_going_on_with_what_is_complete_does_nothing_and_is_no_fault(
    filled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    how = ("--format", "csv", "--split", "50,25,25", "--out", str(out))
    assert command(filled, *how) == 0
    before = content(out)
    capsys.readouterr()
    assert command(filled, *how, "--resume") == 0
    assert capsys.readouterr().out == f"{out}: this export is complete, nothing is left to do\n"
    assert command(filled, *how, "--resume", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out), "formats": ["csv"], "complete": True}
    assert command(filled, *how, "--resume", "--seed", "2") == 2
    assert "is complete and was asked for otherwise" in capsys.readouterr().err
    assert content(out) == before


def test_a_part_without_anybody_is_told_and_has_no_list(filled: str, tmp_path: Path) -> None:
    exported = export(
        filled,
        tmp_path / "out",
        forms=("yolo",),
        selection=Selection(readers=frozenset({"anna"})),
        split=Split((99.9, 0.1, 0), 1),
    )
    assert "Anything in val: no patient fell to it. Another seed deals anew." in exported.left_out
    # no image is at hand, so that no picture has a label
    assert not list((tmp_path / "out").glob("*.txt"))
    told = (tmp_path / "out" / "data.yaml").read_text()
    assert "# no picture with labels is in train\n# no picture with labels is in val\nnames:" in told


def test_what_a_source_said_stays_here_where_nobody_could_clean_it(filled: str, tmp_path: Path) -> None:
    store = Store.open(filled)
    reading, number = store.open_reading("1.9.0", "anna", lexicon_edition="5")
    told = Origin(source="labelme", values=(("description", "of Jane Doe"),), notes=("Jane",))
    save(store, replace(reading, findings=(replace(reading.findings[0], origin=told),)), number)
    store.close()
    export(filled, tmp_path / "out", forms=("csv", "json"))
    assert "labelme" in [one["source_said"] for one in rows(tmp_path / "out", "findings")]
    assert not any(b"Jane" in text for text in content(tmp_path / "out").values())


def test_a_folder_with_other_files_stays_as_it_is(exam: Path, database: str, tmp_path: Path, capsys) -> None:
    """The sums would name them, and a folder of exams often names a patient."""
    before = content(exam)
    assert command(database, str(exam), "--format", "csv", "--out", str(exam)) == 2
    assert "holds other files" in capsys.readouterr().err
    assert content(exam) == before
    assert not (exam / journal.WORK).exists()
    (tmp_path / "empty").mkdir()
    assert command(database, str(exam), "--format", "csv", "--out", str(tmp_path / "empty")) == 0


def test_two_at_once_do_not_write_into_one_folder(filled: str, tmp_path: Path) -> None:
    with (
        journal.Journal(tmp_path / "out", {}, resume=False),
        pytest.raises(ExportError, match="Another program is exporting"),
    ):
        export(filled, tmp_path / "out")


def test_nobody_is_in_two_parts_and_nobody_changes_sides(filled: str, tmp_path: Path) -> None:
    how = {"forms": ("csv", "coco"), "split": Split((40, 30, 30), 3)}
    export(filled, tmp_path / "first", **how)
    store = Store.open(filled)
    for number in range(7, 15):
        read(store, f"1.9.{number}", "anna", patient=f"P{number % 6}")
    store.close()
    export(filled, tmp_path / "second", **how)
    parts: dict[str, set[str]] = {}
    for one in (*rows(tmp_path / "first"), *rows(tmp_path / "second")):
        parts.setdefault(one["patient"], set()).add(one["part"])
    assert len(parts) == 6
    assert all(len(found) == 1 for found in parts.values())
    assert len(set.union(*parts.values())) > 1


def test_a_form_without_room_for_two_readers_says_so_first(filled: str, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="yolo cannot say whose word it is, and 1 exam was read by several"):
        export(filled, tmp_path / "out", forms=("yolo",))
    assert not (tmp_path / "out").exists()
    export(filled, tmp_path / "out", forms=("yolo",), selection=Selection(readers=frozenset({"anna"})))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_export_goes_on(filled: str, tmp_path: Path) -> None:
    how = ("--reader", "anna", "--database", filled, "--format", ",".join(TABLES), "--by", "anna")
    call = [sys.executable, "-m", "annotator", "export", *how, "--out"]
    subprocess.run([*call, str(tmp_path / "whole")], check=True, capture_output=True)
    out = tmp_path / "out"
    program = subprocess.Popen([*call, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: (out / journal.WORK / "begun.json").exists() or program.poll() is not None)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    if (out / journal.WORK).exists():
        subprocess.run([*call, str(out), "--resume"], check=True, capture_output=True)
    assert without_times(content(out)) == without_times(content(tmp_path / "whole"))


def wait_for(there: Callable[[], bool]) -> None:
    while not there():
        time.sleep(0.001)


@pytest.fixture
def exam(database: str, tmp_path: Path) -> Path:
    """Four images that are at hand, with a mark and the patient's number in a comment."""
    folder = write_exam(tmp_path / "exam", patient="SMALL-77", study="2.25.1")
    workspace = opened(database)
    (found,) = workspace.group_exams(workspace.list_images([folder]).images)
    reading, finding = edits.add_finding(workspace.open_reading(found.study_instance_uid, found).reading)
    key = found.images[0].key()
    reading, _ = edits.add_mark(reading, finding.id, key, ImagePoint(40.0, 40.0), MarkKind.MICRO)
    reading = edits.describe(reading, finding.id, comment="as told of SMALL-77")
    workspace.save(reading, based_on=0, act=Act.EDIT, label="said")
    workspace.close()
    return folder


def command(database: str, *words: str) -> int:
    return main(["export", *words, "--database", database, "--reader", "anna"])


def test_the_command_writes_several_forms_of_one_exam_with_its_pictures(
    exam: Path, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    forms = ("--format", "json,csv", "--format", "coco", "--images", "png16")
    assert command(database, str(exam), *forms, "--out", str(out), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["readings"], told["objects"], told["faults"]) == (1, 1, [])
    assert len(list((out / "images" / "all").glob("*.png"))) == 4
    (finding,) = rows(out, "findings")
    assert finding["comment"] == "as told of ***"
    document = json.loads((out / "coco" / "all.json").read_text())
    assert len(document["images"]) == 4
    assert all((out / one["file_name"]).exists() for one in document["images"])
    assert not any(b"SMALL-77" in text or b'"2.25.1.' in text for text in content(out).values())
    assert main(["audit", "--database", database, "--act", "exported"]) == 0
    assert "json, csv, coco, as " in capsys.readouterr().out


@pytest.mark.parametrize("form", ["sr", "json", "html", "csv"])
def test_every_form_that_names_the_patient_is_noted_as_such(
    exam: Path, database: str, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (str(exam), "--format", form, "--identified", "--out", str(tmp_path / "out"))
    assert command(database, *words) == 0
    capsys.readouterr()
    assert main(["audit", "--database", database, "--act", "exported", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["audit"]
    assert entry["what"] == f"{form}, with the patient's name"


def test_the_images_go_out_as_copies_that_fit_to_the_tables_and_say_of_nobody(
    exam: Path, database: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert command(database, str(exam), "--format", "csv,coco", "--images", "dicom", "--out", str(out)) == 0
    document = json.loads((out / "coco" / "all.json").read_text())
    assert sorted(one["file_name"] for one in document["images"]) == sorted(
        path.relative_to(out).as_posix() for path in (out / "images").rglob("*.dcm")
    )
    (reading,) = rows(out)
    originals = {dcmread(path).PixelData for path in exam.glob("*.dcm")}
    assert {dcmread(path).PixelData for path in (out / "images").rglob("*.dcm")} == originals
    for one in document["images"]:
        copy = dcmread(out / one["file_name"])
        assert (copy.SOPInstanceUID, copy.Rows, copy.Columns) == (
            one["sop_instance_uid"],
            one["height"],
            one["width"],
        )
        assert copy.StudyInstanceUID == one["study_uid"] == reading["study_uid"]
        assert copy.PatientID == one["patient"] == reading["patient"]
        assert copy.StudyDate == reading["exam_date"].replace("-", "")
        assert copy.ImageLaterality == one["laterality"]
    assert not any(b"SMALL-77" in text for text in content(out).values())
    card = json.loads((out / "card.json").read_text())
    assert card["pictures"] == "dicom"


def test_a_data_set_with_its_images_comes_back_in_another_database(
    exam: Path, database: str, tmp_path: Path
) -> None:
    out, other = tmp_path / "out", f"sqlite:///{tmp_path / 'other.db'}"
    assert command(database, str(exam), "--format", "coco", "--images", "dicom", "--out", str(out)) == 0
    assert main(["import", str(out), "--database", other]) == 0
    workspaces = [opened(database), opened(other)]
    ours, theirs = (one.latest(next(iter(one.readings())).reading_id) for one in workspaces)
    pseudonym = workspaces[0].pseudonyms.uid
    for one in workspaces:
        one.close()
    assert theirs.reader == ours.reader == "anna"
    assert theirs.study_instance_uid == pseudonym(ours.study_instance_uid)
    assert [one.tracking_uid for one in theirs.findings] == [one.tracking_uid for one in ours.findings]
    assert [(one.point, one.kind, one.image.sop_instance_uid) for one in theirs.marks] == [
        (one.point, one.kind, pseudonym(one.image.sop_instance_uid)) for one in ours.marks
    ]


def test_an_image_without_a_copy_is_one_sentence_and_the_rest_is_done(
    exam: Path, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = min(exam.glob("*.dcm"))
    image = dcmread(first)
    image.BurnedInAnnotation = "YES"
    image.save_as(first)
    how = ("--format", "csv", "--images", "dicom", "--out", str(tmp_path / "out"))
    assert command(database, str(exam), *how) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "has no copy: it says itself that text is burned in" in told
    assert len(list((tmp_path / "out" / "images" / "all").glob("*.dcm"))) == 3


def test_one_reading_as_objects_goes_straight_into_the_folder(
    exam: Path, database: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert command(database, "2.25.1", "--format", "json", "--out", str(out)) == 0
    assert all(path.parent == out for path in out.rglob("*.json"))
    assert not (out / "card.json").exists()


def test_what_fails_is_one_sentence_and_the_rest_is_done(
    exam: Path, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in exam.iterdir():
        path.unlink()
    assert command(database, "--format", "seg,csv", "--out", str(tmp_path / "out")) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "seg: the images of the exam are not at hand" in told.err
    assert len(rows(tmp_path / "out", "findings")) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "csv,xls"), "xls: there is no such form; choose of sr"),
        (("--format", "yolo,yolo-seg"), "two forms of the same files"),
        (("--format", "csv", "--split", "70,30"), "three shares of 100"),
        (("--format", "csv", "--split", "70,nan,30"), "three shares of 100"),
        (("--format", "csv", "--identified", "--images", "dicom"), "do not fit to what names the patient"),
        (("--format", "yolo", "--images", "dicom"), "YOLO reads no DICOM"),
        (("--format", "csv", "--split", "a,b,c"), "give three numbers"),
        (("--format", "json", "--split", "70,15,15"), "--split is for tables and data sets"),
        (("--format", "csv", "--since", "yesterday"), "give a day as 2026-03-31"),
    ],
)
def test_a_wrong_call_is_told_and_nothing_is_written(
    exam: Path,
    database: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: Sequence[str],
    said: str,
) -> None:
    assert command(database, *words, "--out", str(tmp_path / "out")) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_exam_nobody_read_is_told(exam: Path, database: str, tmp_path: Path, capsys) -> None:
    assert command(database, "9.9.9", "--format", "csv", "--out", str(tmp_path / "out")) == 1
    assert "No reading of '9.9.9' is saved" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(exam: Path, database: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("x")
    assert command(database, "--format", "csv", "--out", str(tmp_path / "file" / "out")) == 1
    assert "could not be written" in capsys.readouterr().err
