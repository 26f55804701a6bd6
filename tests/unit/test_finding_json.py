"""The JSON document of a reading: complete, honest, and readable again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from annotator import __version__
from annotator.errors import ExportError, InvalidFinding
from annotator.exchange.finding_json import STATEMENT, findings_document, write_findings
from annotator.exchange.findings_file import read_findings
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Morphology, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.geometry import ImagePoint, Orientation, PixelSpacing, SpacingBasis
from annotator.model.hanging_choice import HangingChoice
from annotator.model.image import ImageInfo, ImageKey, Laterality, View
from annotator.model.mark import MarkKind, SpotMeasurement
from annotator.rules import follow_up, load_rules

STUDY = "1.2.826.0.1.3680043.8.498.1"
IMAGE = ImageKey("1.2.826.0.1.3680043.8.498.2")
SPACING = PixelSpacing(0.1, 0.1, SpacingBasis.AT_DETECTOR)


def reading_with_two_findings() -> Reading:
    reading = Reading(id="r", reader="dr a", study_instance_uid=STUDY)
    reading, first = edits.add_finding(reading)
    reading, second = edits.add_finding(reading)
    ids = []
    # marks of both findings alternate, so that their order is not the order of the findings
    for column in (10.0, 13.0, 14.0):
        point = ImagePoint(column, 20.0 if column < 14 else 24.0)
        measurement = SpotMeasurement(
            point, 3.0, 0.2, 3.3, 2.7, 40.0, 0.9, 200.0, 8.0, (point,), 0.3, 0.02, 0.33, 0.27, SPACING.basis
        )
        reading, mark = edits.add_mark(reading, first.id, IMAGE, point, MarkKind.MICRO, measurement)
        ids.append(mark.id)
        reading, _ = edits.add_mark(reading, second.id, IMAGE, point, MarkKind.MACRO)
    reading, _ = edits.add_cluster(reading, first.id, IMAGE, (ImagePoint(0.0, 0.0),) * 3, ids, SPACING)
    corners = (ImagePoint(0.0, 0.0), ImagePoint(3.0, 0.0), ImagePoint(0.0, 4.0))
    reading, _ = edits.add_cluster(reading, second.id, IMAGE, corners)
    return edits.describe(
        reading,
        first.id,
        morphology=(Morphology.FINE_PLEO,),
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.LOW_SUSPICION,
        comment="Größe <unsure>",
    )


def suggestions(reading: Reading) -> dict[str, FollowUp]:
    table = load_rules()
    return {f.id: follow_up(replace(f, size=reading.size_of(f.id)), table) for f in reading.findings}


def images(tmp_path: Path) -> dict[str, ImageInfo]:
    info = ImageInfo(
        path=tmp_path / "DOE_JANE" / "a.dcm",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
        sop_instance_uid=IMAGE.sop_instance_uid,
        rows=100,
        columns=80,
        laterality=Laterality.RIGHT,
        view=View("CC", ("M",)),
        spacing=SPACING,
        patient_key="12345",
        patient_name="Doe^Jane",
    )
    return {info.sop_instance_uid: info}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    reading = reading_with_two_findings()
    path = tmp_path / "findings.json"
    write_findings(reading, images(tmp_path), suggestions(reading), path)
    return path


def test_the_reading_comes_back(tmp_path: Path):
    reading = reading_with_two_findings()
    path = tmp_path / "findings.json"
    for known, found in (({}, {}), (images(tmp_path), suggestions(reading))):
        write_findings(reading, known, found, path)
        assert read_findings(path) == reading
    assert [p.name for p in tmp_path.iterdir()] == ["findings.json"]


def test_how_images_hang_and_whether_the_exam_is_done_come_back(tmp_path: Path):
    reading = reading_with_two_findings()
    mirrored = HangingChoice(IMAGE.sop_instance_uid, orientation=Orientation(flip_columns=True))
    reading = edits.set_done(edits.choose_hanging(reading, mirrored), True)
    path = tmp_path / "findings.json"
    write_findings(reading, {}, {}, path)
    assert read_findings(path) == reading
    # a file of a version that knew neither
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document.pop("done") is True
    assert document.pop("hanging")
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_findings(path) == replace(reading, hanging=(), done=False)


def test_the_document_is_complete(written: Path):
    document = json.loads(written.read_text(encoding="utf-8"))
    assert document["statement"] == STATEMENT
    assert document["program"]["version"] == __version__
    assert document["lexicon_edition"] == "5"
    assert [i["label"] for i in document["images"]] == ["RMCC"]
    first, second = document["findings"]
    assert first["counts"] == {"micro": 3, "macro": 0}
    assert first["marks"][0]["point"] == {"column": 10.0, "row": 20.0}
    assert first["marks"][0]["measurement"]["diameter_mm"] == 0.3
    assert first["marks"][0]["measurement"]["basis"] == "at detector"
    assert first["marks"][0]["image_label"] == "RMCC"
    assert second["marks"][0]["measurement"] is None


def test_the_suggestion_stands_beside_the_readers_category(written: Path):
    first, second = json.loads(written.read_text(encoding="utf-8"))["findings"]
    assert first["assessment"] == "4A"
    assert first["suggestion"]["suggested_assessment"] == "0"
    assert first["suggestion"]["row"] == "M1"
    assert first["suggestion"]["rules_version"]
    assert first["suggestion"]["sources"]
    assert second["assessment"] is None


def test_every_cited_source_is_spelled_out(written: Path):
    document = json.loads(written.read_text(encoding="utf-8"))
    known = document["sources"]
    told = [f["suggestion"] for f in document["findings"] if f["suggestion"]]
    assert {tag for one in told for tag in one["sources"]} <= set(known)
    assert set(re.findall(r"\[([A-Z][\w-]*)\]", json.dumps(told))) <= set(known)
    assert all(source["citation"] for source in known.values())
    assert "magnification" in known["SJRA-8"]["sentence"]


def test_no_category_is_suggested_before_the_readers_own():
    reading = reading_with_two_findings()
    first = reading.findings[0]
    reading = edits.describe(reading, first.id, assessment=None)
    told = findings_document(reading, {}, suggestions(reading))["findings"][0]["suggestion"]
    assert (told["row"], told["follow_up"], told["suggested_assessment"]) == ("", None, None)
    assert not told["sources"]
    assert "ategory" not in json.dumps(told)


def test_the_facts_of_a_cluster(written: Path):
    first, second = json.loads(written.read_text(encoding="utf-8"))["findings"]
    facts = first["clusters"][0]["facts"]
    assert (facts["count"], facts["micro"], facts["extent_of"]) == (3, 3, "marks")
    assert facts["extent_px"] == pytest.approx(32**0.5)
    assert facts["extent_mm"] == pytest.approx(0.1 * 32**0.5)
    assert facts["basis"] == "at detector"
    outlined = second["clusters"][0]["facts"]
    assert (outlined["count"], outlined["extent_of"], outlined["extent_px"]) == (0, "outline", 5.0)
    # no spacing, no millimetres
    assert outlined["extent_mm"] is None


def test_nobody_is_named(written: Path):
    text = written.read_text(encoding="utf-8").lower()
    for word in ("doe", "jane", "12345"):
        assert word not in text


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    reading = reading_with_two_findings()
    with pytest.raises(ExportError, match="could not be written"):
        write_findings(reading, {}, {}, tmp_path / "missing" / "findings.json")
    taken = tmp_path / "taken"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(ExportError, match="could not be written"):
        write_findings(reading, {}, {}, taken)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_text_no_file_can_hold_is_told_and_the_old_file_stays(tmp_path: Path, written: Path):
    before = written.read_bytes()
    reading = reading_with_two_findings()
    spoilt = edits.describe(reading, reading.findings[0].id, comment="\ud800")
    with pytest.raises(ExportError, match="was not written"):
        write_findings(spoilt, {}, {}, written)
    assert written.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "something else"}, "'format'"),
        ({"format_version": 2}, "format version 2"),
        ({"findings": None}, "Expected `array`"),
        ({"findings": [{"id": "a"}]}, r"findings\[0\] cannot be read .*missing required field"),
        ({"findings": [{"id": "a", "marks": [], "clusters": []}]}, "missing required field `number`"),
        (
            {"findings": [{"id": "a", "number": 1, "tracking_uid": "1", "marks": [{}], "clusters": []}]},
            r"marks\[0\]",
        ),
        ({"reader": 7}, "reader"),
    ],
)
def test_a_damaged_file_is_refused_by_field(written: Path, change: dict, said: str):
    document = json.loads(written.read_text(encoding="utf-8")) | change
    written.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InvalidFinding, match=said):
        read_findings(written)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"a": '])
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InvalidFinding, match=r"x\.json"):
        read_findings(path)
    with pytest.raises(InvalidFinding, match="cannot be read"):
        read_findings(tmp_path / "absent.json")
