"""`annotator readings`, `history` and `schema`, from the outside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pydicom
import pytest
from test_narrative import CLOSED, FINDING, NIPPLE, ONE, OPEN_AGAIN, RECALL, SIGNED

from annotator.cli import main
from annotator.lexicon.loader import load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading, Stage
from annotator.model.follow_up import Contradiction, FollowUp, FollowUpAction
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.hanging_choice import HangingChoice
from annotator.model.history import Act
from annotator.model.image import ImageKey, Laterality
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.model.signing import SignedFinding
from annotator.store.encoding import content_digest, encode_reading, json_schema
from annotator.store.narrative import describe_changes
from annotator.store.store import Store

STUDY = "1.2.826.0.1.3680043.8.498.1"
OTHER = "1.2.826.0.1.3680043.8.498.2"
IMAGE = ImageKey("1.2.3")
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.CALIBRATED_FIDUCIAL)


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'readings.db'}"
    store = Store.open(url)
    reading, number = store.open_reading(STUDY, "dr a", lexicon_edition="5")
    blank = reading
    reading, finding = edits.add_finding(reading)
    reading, _ = edits.add_mark(reading, finding.id, IMAGE, ImagePoint(1.0, 2.0), MarkKind.MICRO)
    number = store.save(
        reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="Mark microcalcification"
    )
    number = store.save(
        blank, reader=blank.reader, based_on=number, act=Act.UNDO, label="Mark microcalcification"
    )
    store.save(reading, reader=reading.reader, based_on=number, act=Act.REDO, label="Mark microcalcification")
    other, _ = store.open_reading(OTHER, "dr b", lexicon_edition="5")
    store.save(other, reader=other.reader, based_on=0, act=Act.EDIT, label="Look")
    store.close()
    return url


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_readings_lists_what_is_saved(database: str, capsys):
    found = json.loads(output(capsys, "readings", "--json", "--database", database))["readings"]
    assert [(r["study_instance_uid"], r["reader"], r["revisions"]) for r in found] == [
        (OTHER, "dr b", 1),
        (STUDY, "dr a", 3),
    ]
    assert found[1]["marks"] == 1
    assert found[1]["assessments"] == [None]
    said = output(capsys, "readings", "--database", database)
    assert "dr a  1 finding (no category), 1 mark, 3 revisions" in said


def test_signatures_and_amendments_are_printed_with_their_reasons(tmp_path: Path, capsys):
    url = f"sqlite:///{tmp_path / 's.db'}"
    store = Store.open(url)
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    reading, _ = edits.add_finding(reading)
    number = store.save(reading, reader="a", based_on=0, act=Act.EDIT, label="x")
    for reason in ("", "one more view"):
        if reason:
            reading = edits.amend(reading, reason)
            number = store.save(reading, reader="a", based_on=number, act=Act.AMEND, label="Amend")
        signature = replace(
            SIGNED, version=len(reading.signatures) + 1, reason=reason, content=content_digest(reading)
        )
        reading = edits.sign(reading, signature)
        number = store.save(reading, reader="a", based_on=number, act=Act.SIGN, label="Sign")
    store.close()
    told = output(capsys, "readings", "--database", url)
    assert "signed, version 2" in told
    assert "version 1 signed by a, " in told
    assert "amended because: one more view" in told
    (found,) = json.loads(output(capsys, "readings", "--json", "--database", url))["readings"]
    assert (found["signed"], found["amending"]) == (2, False)
    assert [(s["version"], s["reason"]) for s in found["signatures"]] == [(1, None), (2, "one more view")]
    history = output(capsys, "history", STUDY, "--database", url)
    assert "opened version 1 for an amendment because: one more view" in history
    assert "signed version 2 of the reading, amended because: one more view" in history


def test_no_readings_is_no_fault(tmp_path: Path, capsys):
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    Store.open(url).close()
    assert json.loads(output(capsys, "readings", "--json", "--database", url)) == {"readings": []}


@pytest.mark.parametrize("exam", [STUDY, "498.1"])
def test_history_tells_every_act(database: str, capsys, exam: str):
    (reading,) = json.loads(output(capsys, "history", exam, "--json", "--database", database))["readings"]
    assert [(a["number"], a["act"], a["reader"]) for a in reading["history"]] == [
        (1, "edit", "dr a"),
        (2, "undo", "dr a"),
        (3, "redo", "dr a"),
    ]
    assert [a["sentence"] for a in reading["history"]] == [
        "began F1; placed a microcalcification in F1",
        "took back 'Mark microcalcification': removed F1",
        "did again 'Mark microcalcification': began F1; placed a microcalcification in F1",
    ]
    assert {a["display"] for a in reading["history"]} == {"not recorded"}
    assert "placed a microcalcification in F1" in output(capsys, "history", exam, "--database", database)
    by_id = output(capsys, "history", reading["reading_id"], "--json", "--database", database)
    assert json.loads(by_id)["readings"] == [reading]


def test_the_display_is_told_where_it_changes(tmp_path: Path, capsys):
    url = f"sqlite:///{tmp_path / 'd.db'}"
    store = Store.open(url)
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    for number, display in enumerate(("uncalibrated", "uncalibrated", "GSDF, measured 2026-11-20")):
        reading, _ = edits.add_finding(reading)
        store.save(reading, reader=reading.reader, based_on=number, act=Act.EDIT, label="x", display=display)
    store.close()
    told = output(capsys, "history", STUDY, "--database", url).splitlines()
    assert [line.strip() for line in told if "display" in line] == [
        "display: uncalibrated",
        "display: GSDF, measured 2026-11-20",
    ]
    (found,) = json.loads(output(capsys, "readings", "--json", "--database", url))["readings"]
    assert found["display"] == "GSDF, measured 2026-11-20"


def mammogram(path: Path) -> None:
    file = pydicom.Dataset()
    file.file_meta = pydicom.dataset.FileMetaDataset()
    file.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = "2.25.77"
    file.StudyInstanceUID = STUDY
    file.Modality = "MG"
    file.Rows = file.Columns = 4
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
    file.PixelData = bytes(32)
    pydicom.dcmwrite(path, file, enforce_file_format=True)


def test_history_finds_an_exam_by_its_files(database: str, tmp_path: Path, capsys):
    folder = tmp_path / "exam"
    folder.mkdir()
    mammogram(folder / "one.dcm")
    for place in (folder, folder / "one.dcm"):
        (reading,) = json.loads(output(capsys, "history", str(place), "--json", "--database", database))[
            "readings"
        ]
        assert reading["study_instance_uid"] == STUDY
    assert main(["history", str(tmp_path / "readings.db"), "--database", database]) == 1
    assert "No reading of" in capsys.readouterr().err


def test_history_refuses_what_is_unclear_or_unknown(database: str, capsys):
    assert main(["history", "1.2.826", "--database", database]) == 2
    assert "fits 2 exams" in capsys.readouterr().err
    assert main(["history", "9.9.9", "--database", database]) == 1
    assert "No reading of '9.9.9'" in capsys.readouterr().err


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path, capsys):
    assert main(["readings", "--database", f"sqlite:///{tmp_path}/missing/x.db"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def everything() -> Reading:
    reading = Reading(id="r", reader="a", study_instance_uid=STUDY)
    reading, finding = edits.add_finding(reading)
    point = ImagePoint(1.5, 2.5)
    measured = SpotMeasurement(
        point, 3.0, 0.2, 3.3, 2.7, 40.0, 0.9, 200.0, 8.0, (point,), 0.3, 0.02, 0.33, 0.27, SPACING.basis
    )
    reading, one = edits.add_mark(reading, finding.id, IMAGE, point, MarkKind.MICRO, measured)
    reading, two = edits.add_mark(reading, finding.id, IMAGE, point, MarkKind.MACRO)
    reading, _ = edits.add_cluster(reading, finding.id, IMAGE, (point, point), [one.id, two.id], SPACING)
    return edits.describe(
        reading,
        finding.id,
        morphology=(Morphology.MILK, Morphology.SKIN),
        distributions=(Distribution.SINGLE,),
        assessment=Assessment.KNOWN_CANCER,
        size=MarkKind.MACRO,
        certain=True,
    )


@pytest.mark.parametrize("what", ["finding", "reading"])
def test_the_schema_fits_what_is_saved(capsys, what: str):
    schema = json.loads(output(capsys, "schema", what))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    saved = json.loads(encode_reading(everything()))
    document = saved if what == "reading" else saved["findings"][0]
    validator.validate(document)
    assert not validator.is_valid(document | {"invented": 1})
    assert not validator.is_valid(document | {"id": None})
    finding = document if what == "finding" else document["findings"][0]
    finding["morphology"] = ["popcorn"]
    assert not validator.is_valid(document)


@pytest.mark.parametrize("reading", [CLOSED, OPEN_AGAIN])
def test_the_schema_fits_a_reading_with_everything_that_can_be_said(reading: Reading):
    said = edits.describe(ONE, ONE.findings[0].id, **{name: value for name, (value, _) in FINDING.items()})
    said = edits.recall_view(edits.place_nipple(edits.set_stage(said, Stage.FU6), NIPPLE), RECALL)
    contradiction = Contradiction("macro_fine_pleo", "size", "why", ("BR5",), kept=True)
    told = FollowUp(
        "B1", "4B", FollowUpAction.BIOPSY, 6, "Do.", ("why",), ("BR5",), ("n",), "p", "b", "1", "5", ("as",)
    )
    frozen = SignedFinding(
        finding_id=said.findings[0].id, follow_up=told, contradictions=(contradiction,), assessment="4B"
    )
    signed = replace(reading.signatures[0], findings=(frozen,))
    said = replace(said, signatures=(signed,), amending=reading.amending)
    document = json.loads(encode_reading(said))
    validator = jsonschema.Draft202012Validator(json_schema("reading"))
    validator.validate(document)
    jsonschema.Draft202012Validator(json_schema("finding")).validate(document["findings"][0])
    for place in (
        document["findings"][0],
        document["nipples"][0],
        document["recalls"][0],
        document["signatures"][0],
        document["signatures"][0]["findings"][0],
        document["signatures"][0]["findings"][0]["follow_up"],
        document["signatures"][0]["findings"][0]["contradictions"][0],
        document["findings"][0]["extent"],
    ):
        place["invented"] = 1
        assert not validator.is_valid(document)
        del place["invented"]
        assert validator.is_valid(document)
    assert {*FINDING, "id", "number"} == set(document["findings"][0])


def test_the_schema_names_the_choices():
    schema = json_schema("reading")
    assert set(schema["$defs"]["Morphology"]["enum"]) == {m.value for m in Morphology}
    assert "assessment categories" in schema["$defs"]["Assessment"]["description"]


def test_acts_are_told_in_words():
    word = load_lexicon("5").word
    blank = Reading(id="r", reader="a", study_instance_uid=STUDY)
    full = everything()
    finding, (one, two), (cluster,) = full.findings[0].id, full.marks, full.clusters
    told = {
        describe_changes(full, after, word)
        for after in (
            edits.describe(full, finding, distributions=(Distribution.LINEAR,)),
            edits.describe(full, finding, assessment=Assessment.LOW_SUSPICION),
            edits.describe(full, finding, assessment=None, comment="x"),
            edits.describe(full, finding, certain=False),
            edits.remove_finding(full, finding),
            edits.remove_marks(full, [two.id]),
            edits.remove_cluster(full, cluster.id),
            edits.set_mark_kind(full, [one.id], MarkKind.MACRO),
            edits.move_mark(full, one.id, ImagePoint(9.0, 9.0)),
            edits.move_mark(full, one.id, one.point),
            edits.set_done(full, True),
            edits.choose_hanging(full, HangingChoice("1.2.9", laterality=Laterality.RIGHT, view_name="MLO")),
            full,
        )
    }
    assert told == {
        "set the distribution of F1 to Linear",
        "set the assessment of F1 to 4A (Low suspicion)",
        "cleared the assessment of F1; wrote the comment on F1",
        "cleared certainty of the type for F1",
        "removed F1",
        "removed a macrocalcification from F1; changed a cluster of F1",
        "untied a cluster of F1",
        "called a mark in F1 macro",
        "moved a microcalcification in F1",
        "measured a microcalcification in F1 again",
        "called the exam done",
        "hung image 1.2.9 as right MLO",
        "",
    }
    done = edits.set_done(full, True)
    assert describe_changes(done, edits.set_done(done, False), word) == "took up the exam again"
    unmarked = describe_changes(done, edits.remove_marks(done, [two.id]), word)
    assert unmarked.endswith("changed a cluster of F1; so the exam is no longer done")
    turned = edits.choose_hanging(full, HangingChoice("1.2.9", orientation=Orientation(flip_columns=True)))
    named = describe_changes(full, turned, word, {"1.2.9": "LMLO"}.__getitem__)
    assert named == "hung LMLO as mirrored left to right"
    assert describe_changes(turned, full, word).endswith("as its file says")
    begun = describe_changes(blank, full, word)
    assert begun.startswith("began F1; set the size of F1 to ")
    assert "tied 2 marks into a cluster in F1" in begun
