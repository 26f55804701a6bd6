"""Annotations of public data sets become findings that keep what their source said, or are refused in one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import made_datasets as sets
import numpy as np
import public_files as made
import pytest

from annotator.bootstrap import open_workspace
from annotator.errors import UnreadableAnnotations
from annotator.exchange.datasets import KINDS, kind_of
from annotator.exchange.datasets.assembling import OTHER_SIDE
from annotator.exchange.datasets.cbis_ddsm import DISTRIBUTIONS, TYPES, parted
from annotator.exchange.datasets.embed import letters
from annotator.exchange.datasets.found import Wishes
from annotator.exchange.datasets.inbreast import meant
from annotator.exchange.datasets.run_lengths import mask_of
from annotator.exchange.datasets.table_file import table_rows
from annotator.model.finding import Assessment, Associated, Distribution, Finding, Morphology
from annotator.model.image import Laterality
from annotator.model.mark import MarkKind
from annotator.reporting.import_sources import Wanted
from annotator.reporting.importing import Plan, PlannedReading, plan
from annotator.settings import load_settings


def planned(*paths: Path, **wanted) -> Plan:
    settings = load_settings(None, {"database": f"sqlite:///{paths[0].parent / 'test.db'}", "reader": "dr a"})
    workspace = open_workspace(settings)
    try:
        return plan(workspace, Wanted(paths=paths, **wanted))
    finally:
        workspace.close()


def only(found: Plan) -> PlannedReading:
    assert (found.refused, found.missing) == ((), ())
    (one,) = found.readings
    return one


def finding(found: Plan) -> Finding:
    (one,) = only(found).after.findings
    return one


def values(one: Finding) -> dict[str, str]:
    assert one.origin is not None
    return dict(one.origin.values)


def refusal(found: Plan) -> str:
    assert found.readings == ()
    (sentence,) = found.refused
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("maker", "name"),
    [
        (made.make_inbreast, "inbreast"),
        (made.make_cbis, "cbis-ddsm"),
        (made.make_vindr, "vindr"),
        (lambda top: sets.make_embed(top, [sets.embed_clinical()], [sets.embed_image("a.dcm")]), "embed"),
        (lambda top: sets.make_omidb(top, sets.omidb_mark(SuspiciousCalcifications=1)), "omi-db"),
    ],
)
def test_a_folder_is_recognised_by_what_it_holds(tmp_path: Path, maker, name: str) -> None:
    maker(tmp_path)
    kind = kind_of(tmp_path)
    assert kind is not None
    assert kind.name == name


def test_files_are_recognised_by_their_content(tmp_path: Path) -> None:
    coco = sets.make_coco(tmp_path, sets.coco_document())
    labelme = sets.make_labelme(tmp_path)
    (tmp_path / "other.json").write_text('{"a": 1}')
    found = [kind_of(path) for path in (coco, labelme, tmp_path / "other.json", tmp_path / "one.dcm")]
    assert [one and one.name for one in found] == ["coco", "labelme", None, None]


# INbreast


def test_inbreast_points_and_outlines_become_marks_with_the_name_beside(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    found = planned(tmp_path)
    reading = only(found).after
    assert reading.reader == "INbreast"
    assert len(reading.marks) == 4
    for mark, (column, row) in zip(reading.marks, made.SPECKS, strict=True):
        assert mark.point.column == pytest.approx(column, abs=1e-3)
        assert mark.point.row == pytest.approx(row, abs=1e-3)
        assert mark.kind is MarkKind.MICRO
    drawn, point = reading.marks[0], reading.marks[3]
    assert drawn.measurement is not None
    assert drawn.measurement.diameter_mm == pytest.approx(0.342, abs=0.01)
    assert drawn.measurement.outline[0].column == pytest.approx(made.circle(*made.SPECKS[0])[0][0], abs=1e-3)
    assert drawn.measurement.contrast > 300
    assert point.measurement is None
    one = reading.findings[0]
    assert ("Name", "Calcification (2 times)") in one.origin.values
    assert one.origin.coordinates.startswith("x, y")
    assert (one.morphology, one.distributions, one.assessment, one.recommendation) == ((), (), None, None)
    assert any("no name" in note for note in found.notes)


def test_an_inbreast_cluster_is_a_finding_with_the_marks_inside_it(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    regions = [made.region("Calcification", [speck]) for speck in (*made.SPECKS, made.FAR_SPECK)]
    regions.append(made.region("Cluster", [(110, 90), (180, 90), (180, 160), (110, 160)]))
    made.write_regions(tmp_path / "AllXML" / "20586908.xml", regions)
    reading = only(planned(tmp_path)).after
    inside, loose = reading.findings
    assert [len(reading.marks_of(one.id)) for one in (inside, loose)] == [4, 1]
    (cluster,) = reading.clusters
    assert cluster.mark_ids == tuple(mark.id for mark in reading.marks_of(inside.id))
    assert "Bi-Rads" not in values(inside)


def test_the_inbreast_table_stays_beside_and_gives_no_category(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    (tmp_path / "INbreast.csv").write_text(
        "Patient ID;Patient age;Laterality;View;Acquisition date;File Name;ACR;Bi-Rads\n"
        "removed;removed;R;CC;201001;20586908;1;4a\n",
        encoding="utf-8",
    )
    one = finding(planned(tmp_path))
    assert one.laterality is Laterality.RIGHT
    assert one.assessment is None
    assert values(one)["Bi-Rads"] == "4a"
    assert not {"Patient ID", "Acquisition date", "patient id"} & values(one).keys()
    assert any("of the image" in note for note in one.origin.notes)


def test_two_points_are_one_calcification_between_them(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(
        tmp_path / "AllXML" / "20586908.xml", [made.region("Calcification", [(100, 100), (104, 102)])]
    )
    (mark,) = only(planned(tmp_path)).after.marks
    assert (mark.point.column, mark.point.row) == (102, 101)


def test_the_muscle_is_passed_over_and_said(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(
        tmp_path / "AllXML" / "20586908_muscle.xml", [made.region("PectoralMuscle", [(1, 2)] * 5)]
    )
    found = planned(tmp_path)
    assert only(found).marks == 4
    assert any("pectoral muscle" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "what"),
    [("Calcificaton", "calcification"), (" CLUSTER ", "cluster"), ("Assymetry", "asymmetry"), ("xyz", "")],
)
def test_names_are_understood_whatever_their_spelling(name: str, what: str) -> None:
    assert meant(name) == what


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "not a property list"),
        (b"\x00\x01", "not a property list"),
        (b"<?xml version='1.0'?><plist version='1.0'><dict/></plist>", "not laid out as OsiriX"),
        (b"<!DOCTYPE p [<!ENTITY a 'b'>]><plist version='1.0'><string>&a;</string></plist>", "property list"),
    ],
)
def test_a_damaged_inbreast_file_leaves_its_exam_out_and_no_other(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    made.make_inbreast(tmp_path)
    damaged = tmp_path / "AllXML" / "20586908.xml"
    damaged.write_bytes(damaged.read_bytes()[:300] if content is None else content)
    made.write_regions(tmp_path / "AllXML" / "20586934.xml", [made.region("Calcification", [(9, 9)])])
    found = planned(tmp_path)
    (sentence,) = found.refused
    assert words in sentence
    assert [one.marks for one in found.readings] == [1]


def test_annotations_without_their_image_are_told_by_name(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(tmp_path / "AllXML" / "777.xml", [made.region("Calcification", [(1, 2)])])
    found = planned(tmp_path)
    assert found.missing == ("777.xml",)
    assert len(found.readings) == 1


def test_a_place_beyond_the_image_leaves_the_exam_out(tmp_path: Path) -> None:
    made.make_inbreast(tmp_path)
    made.write_regions(
        tmp_path / "AllXML" / "20586908.xml",
        [made.region("Calcification", [(9, 9)]), made.region("Calcification", [(made.COLUMNS + 5, 9)])],
    )
    assert "something is drawn at column 405, row 9" in refusal(planned(tmp_path))


# CBIS-DDSM


def test_cbis_masks_become_outlines_whichever_file_they_are_in(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    reading = only(planned(tmp_path)).after
    assert reading.reader == "CBIS-DDSM"
    assert reading.marks == ()
    first, second = reading.clusters
    corners = {(p.column, p.row) for p in first.outline}
    assert corners == {(110.0, 90.0), (180.0, 90.0), (180.0, 160.0), (110.0, 160.0)}
    for point in second.outline:
        assert min(abs(point.column - side) for side in (110, 180)) < 4
    one = reading.findings[0]
    assert one.morphology == (Morphology.FINE_LINEAR,)
    assert one.distributions == (Distribution.GROUPED,)
    assert one.assessment is Assessment.SUSPICIOUS
    assert one.laterality is Laterality.RIGHT
    assert one.origin.unmapped == ("calc type",)
    told = values(one)
    assert told["calc type"] == "PLEOMORPHIC-FINE_LINEAR_BRANCHING"
    assert told["pathology"] == "MALIGNANT"
    assert not one.known_cancer_here
    assert "patient id" not in told
    assert not any("P_00005" in value for value in told.values())


def test_pleomorphic_is_fine_only_when_asked(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    one = only(planned(tmp_path, fine_pleomorphic=True)).after.findings[0]
    assert one.morphology == (Morphology.FINE_PLEO, Morphology.FINE_LINEAR)
    assert one.origin.unmapped == ()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("LUCENT_CENTERED_PUNCTATE", ["LUCENT_CENTERED", "PUNCTATE"]),
        ("ROUND_AND_REGULAR-PUNCTATE-AMORPHOUS", ["ROUND_AND_REGULAR", "PUNCTATE", "AMORPHOUS"]),
        ("LARGE_RODLIKE", ["LARGE_RODLIKE"]),
        ("N/A", []),
        ("", []),
        ("SPARKLING_PUNCTATE", ["SPARKLING_PUNCTATE"]),
    ],
)
def test_joined_types_are_parted(words: str, parts: list[str]) -> None:
    assert list(parted(words, (*TYPES, "PLEOMORPHIC"))) == parts


def test_joined_distributions_are_all_taken() -> None:
    found = [DISTRIBUTIONS[word] for word in parted("CLUSTERED-SEGMENTAL", tuple(DISTRIBUTIONS))]
    assert found == [Distribution.GROUPED, Distribution.SEGMENTAL]


def test_a_mask_of_another_shape_leaves_the_exam_out(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    film = {"SOPClassUID": made.SECONDARY_CAPTURE, "spacing": None}
    folder = tmp_path / "CBIS-DDSM" / "Calc-Training_P_00005_RIGHT_CC_2" / "07-20-2016" / "ROI mask images"
    made.write_dicom(folder / "1-2.dcm", made.region_mask(off=90), **film)
    sentence = refusal(planned(tmp_path))
    assert "mask of 490 x 390 pixels, its image has 400 x 300" in sentence


def test_a_region_without_its_files_leaves_the_exam_out(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    rows = [made.cbis_row(number=1), made.cbis_row(number=9)]
    made.write_table(tmp_path / "calc_case_description_train_set.csv", rows)
    assert "there is no file of its region Calc-Training_P_00005_RIGHT_CC_9" in refusal(planned(tmp_path))


def test_cbis_images_are_found_by_metadata(tmp_path: Path) -> None:
    made.make_cbis(tmp_path)
    top = tmp_path / "CBIS-DDSM"
    rows = []
    for number, folder in enumerate(sorted(top.iterdir())):
        place = tmp_path / "manifest" / f"1.3.6.{number}"
        place.parent.mkdir(exist_ok=True)
        next(folder.rglob("1-1.dcm")).parent.rename(place)
        rows.append({"Subject ID": folder.name, "File Location": f".\\manifest\\1.3.6.{number}"})
    made.write_table(tmp_path / "metadata.csv", rows)
    assert only(planned(tmp_path)).clusters == 2


# VinDr-Mammo


def test_a_vindr_box_becomes_a_cluster_without_marks(tmp_path: Path) -> None:
    made.make_vindr(tmp_path)
    found = planned(tmp_path)
    reading = only(found).after
    assert reading.marks == ()
    (cluster,) = reading.clusters
    assert [(p.column, p.row) for p in cluster.outline] == [(110.5, 90), (180, 90), (180, 160), (110.5, 160)]
    one = reading.findings[0]
    assert one.associated == (Associated.MASS,)
    assert one.assessment is Assessment.SUSPICIOUS
    assert values(one)["finding categories"] == "['Suspicious Calcification', 'Mass']"
    assert values(one)["split"] == "training"
    assert found.empty == 1


def test_uids_that_are_none_are_tolerated(tmp_path: Path) -> None:
    made.make_vindr(tmp_path)
    # the data set has hexadecimal digits where UIDs belong, which no tool would write
    uid, study = "d8125545210c08e1b1793a5af6458ee2", "dbe0b1a2c3"
    stand_in, other = f"1.2.{10**27}", "1.2.345678"
    (tmp_path / "images" / "study" / "one.dicom").unlink()
    path = tmp_path / "images" / "study" / f"{uid}.dicom"
    made.write_dicom(path, made.breast(), SOPInstanceUID=stand_in, StudyInstanceUID=other)
    content = path.read_bytes().replace(stand_in.encode(), uid.encode())
    path.write_bytes(
        content.replace(other.encode() + b" ", study.encode() + b" ").replace(other.encode(), study.encode())
    )
    box = ("110", "90", "180", "160")
    made.write_table(
        tmp_path / "finding_annotations.csv", [made.vindr_row(uid, "['Suspicious Calcification']", box)]
    )
    assert only(planned(tmp_path)).after.study_instance_uid == "dbe0b1a2c3"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"finding_categories": "Suspicious Calcification"}, "not a list"),
        ({"finding_categories": "['Suspicious Calcification']", "xmin": ""}, "has no box"),
        ({"finding_categories": "['Suspicious Calcification']", "xmin": "190"}, "holds nothing"),
        ({"finding_categories": "['Suspicious Calcification']", "xmin": "nan"}, "holds nothing"),
        (
            {"finding_categories": "['Suspicious Calcification']", "height": "3518"},
            "was annotated at 400 x 3518",
        ),
    ],
)
def test_a_wrong_vindr_row_leaves_its_exam_out(tmp_path: Path, row: dict[str, str], words: str) -> None:
    made.make_vindr(tmp_path)
    good = made.vindr_row("one", "['Suspicious Calcification']", ("110.5", "90.0", "180.0", "160.0"))
    made.write_table(tmp_path / "finding_annotations.csv", [good, good | row])
    assert words in refusal(planned(tmp_path))


@pytest.mark.parametrize(("separator", "name"), [(";", "a semicolon"), ("\t", "a tab")])
def test_a_table_with_another_separator_is_refused(tmp_path: Path, separator: str, name: str) -> None:
    made.make_vindr(tmp_path)
    table = tmp_path / "finding_annotations.csv"
    table.write_text(table.read_text().replace(",", separator))
    with pytest.raises(UnreadableAnnotations, match=f"columns separated by {name}") as fault:
        planned(tmp_path)
    assert "by a comma: save the table so." in str(fault.value)


def test_a_row_with_more_values_than_columns_refuses_the_table(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(UnreadableAnnotations, match="row 3: there are 3 values for 2 columns"):
        list(table_rows(table, ("a", "b")))


def test_a_table_saved_in_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("a,b\n1,n\u00f3dulo\n".encode("latin-1"))
    with pytest.raises(UnreadableAnnotations, match="is not text in UTF-8"):
        list(table_rows(table, ("a", "b")))
    table.write_bytes("\ufeffa,b\n1,n\u00f3dulo\n".encode())
    assert list(table_rows(table, ("a", "b"))) == [(2, {"a": "1", "b": "n\u00f3dulo"})]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00binary\x00", b'a,b\n"open'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    with pytest.raises(UnreadableAnnotations):
        list(table_rows(table, ("a", "b")))


# EMBED


def test_embed_rows_come_before_columns(tmp_path: Path) -> None:
    sets.make_embed(tmp_path, [sets.embed_clinical(calcfind="A,P", changed="C")], [sets.embed_image("a.dcm")])
    reading = only(planned(tmp_path)).after
    (cluster,) = reading.clusters
    assert [(p.column, p.row) for p in cluster.outline] == [(110, 90), (180, 90), (180, 160), (110, 160)]
    (one,) = reading.findings
    assert one.morphology == (Morphology.AMORPHOUS, Morphology.PUNCTATE)
    assert one.distributions == (Distribution.GROUPED,)
    assert (one.assessment, one.laterality) == (Assessment.SUSPICIOUS, Laterality.LEFT)
    assert (one.change, one.recommendation) == (None, None)
    assert "ymin, xmin" in one.origin.coordinates
    assert any("more coarse" in note for note in one.origin.notes)
    assert OTHER_SIDE not in one.origin.notes
    assert not {"empi anon", "acc anon", "study date anon"} & values(one).keys()
    assert values(one)["match level"] == "[1]"


def test_a_source_that_says_the_other_side_than_the_header_is_told(tmp_path: Path) -> None:
    right = {"side": "R"}
    image = sets.embed_image("a.dcm", ImageLateralityFinal="R")
    sets.make_embed(tmp_path, [sets.embed_clinical(**right)], [image])  # its header says left
    one = finding(planned(tmp_path))
    assert one.laterality is Laterality.RIGHT
    assert OTHER_SIDE in one.origin.notes


@pytest.mark.parametrize(("asked", "shapes"), [(False, ()), (True, (Morphology.FINE_PLEO,))])
def test_embed_k_is_no_fine_pleomorphic_unless_asked(tmp_path: Path, asked: bool, shapes) -> None:
    sets.make_embed(tmp_path, [sets.embed_clinical(calcfind="K")], [sets.embed_image("a.dcm")])
    one = finding(planned(tmp_path, fine_pleomorphic=asked))
    assert one.morphology == shapes
    assert ("calcfind" in one.origin.unmapped) is not asked
    assert values(one)["calcfind"] == "K"


def test_an_embed_region_of_a_breast_with_several_findings_is_nobodys(tmp_path: Path) -> None:
    findings = [sets.embed_clinical(), sets.embed_clinical(numfind="2", calcfind="", calcdistri="")]
    sets.make_embed(tmp_path, findings, [sets.embed_image("a.dcm")])
    found = planned(tmp_path)
    assert found.readings == ()
    assert any("which region is whose: 1" in note for note in found.notes)


def test_an_embed_finding_of_the_other_breast_takes_no_region(tmp_path: Path) -> None:
    findings = [sets.embed_clinical(), sets.embed_clinical(side="R", asses="N", calcfind="", calcdistri="")]
    sets.make_embed(
        tmp_path, findings, [sets.embed_image("a.dcm"), sets.embed_image("b.dcm", ROI_coords="()")]
    )
    assert only(planned(tmp_path)).clusters == 1


@pytest.mark.parametrize(
    "words", ["[[1, 2, 3]]", "[90, 110, 160, 180]", "[[160, 110, 90, 180]]", "os.system"]
)
def test_embed_regions_that_are_none_are_refused(tmp_path: Path, words: str) -> None:
    sets.make_embed(tmp_path, [sets.embed_clinical()], [sets.embed_image("a.dcm", ROI_coords=words)])
    assert "row 2" in refusal(planned(tmp_path))


def test_embed_needs_both_tables(tmp_path: Path) -> None:
    sets.make_embed(tmp_path, [sets.embed_clinical()], [sets.embed_image("a.dcm")])
    (tmp_path / "tables" / "EMBED_OpenData_metadata.csv").unlink()
    with pytest.raises(UnreadableAnnotations, match=r"holds no EMBED_OpenData_metadata\.csv"):
        planned(tmp_path, kind="embed")


def test_letters_are_parted_with_or_without_commas() -> None:
    assert letters("A,P") == letters("ap") == letters("A P, A") == ["A", "P"]


# OMI-DB


def test_omidb_marks_of_one_lesion_on_two_views_are_one_finding(tmp_path: Path) -> None:
    mark = sets.omidb_mark(SuspiciousCalcifications=1, Mass=None, Conspicuity="Obvious")
    sets.make_omidb(tmp_path, mark, mark | {"Y1": 100, "MilkOfCalcium": True})
    reading = only(planned(tmp_path)).after
    assert len(reading.clusters) == 2
    (one,) = reading.findings
    assert one.morphology == (Morphology.MILK,)
    assert one.laterality is Laterality.RIGHT
    assert one.origin.unmapped == ("SuspiciousCalcifications", "Conspicuity")
    assert values(one)["Conspicuity"] == "Obvious"
    assert "lower-left" in one.origin.coordinates


def test_omidb_flags_that_are_not_set_say_nothing(tmp_path: Path) -> None:
    mark = sets.omidb_mark(WithCalcification=1, Mass=1, Vascular=0, Dystrophic=False, SutureCalcification="")
    sets.make_omidb(tmp_path, mark | {"BenignClassification": "round_and_punctate"})
    one = finding(planned(tmp_path))
    assert one.morphology == (Morphology.ROUND, Morphology.PUNCTATE)
    assert one.associated == (Associated.MASS,)
    assert not {"Vascular", "Dystrophic", "SutureCalcification"} & values(one).keys()


def test_omidb_marks_of_masses_are_left_out(tmp_path: Path) -> None:
    sets.make_omidb(tmp_path, sets.omidb_mark(Mass=1))
    found = planned(tmp_path)
    assert found.readings == ()
    assert "Marks without calcifications were left out: 1." in found.notes


@pytest.mark.parametrize("change", [{"X1": "abc"}, {"X2": 110}, {"Y1": None}])
def test_a_wrong_omidb_mark_leaves_its_exam_out(tmp_path: Path, change) -> None:
    good = sets.omidb_mark(SuspiciousCalcifications=1)
    sets.make_omidb(tmp_path, good, good | change)
    assert "is not as OMI-DB has them" in refusal(planned(tmp_path))


def test_a_truncated_omidb_file_is_refused(tmp_path: Path) -> None:
    sets.make_omidb(tmp_path, sets.omidb_mark(SuspiciousCalcifications=1))
    file = next(tmp_path.rglob("imagedb_*.json"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UnreadableAnnotations, match="is not JSON"):
        planned(file)


# COCO


def test_coco_outlines_points_boxes_and_masks(tmp_path: Path) -> None:
    outline = made.circle(*made.SPECKS[0])
    runs = np.zeros((made.ROWS, made.COLUMNS), np.uint8)
    runs[200:210, 220:240] = 1
    columns = runs.T.ravel()
    edges = np.flatnonzero(np.diff(columns)) + 1
    counts = np.diff([0, *edges, columns.size]).tolist()
    path = sets.make_coco(
        tmp_path,
        sets.coco_document(
            {"category_id": 1, "segmentation": [sets.flat(outline)], "bbox": [1, 1, 1, 1]},
            {"category_id": 1, "keypoints": [*made.SPECKS[1], 2, 0, 0, 0], "num_keypoints": 1},
            {"category_id": 2, "bbox": [110, 90, 70, 70]},
            {"category_id": 2, "segmentation": {"size": [made.ROWS, made.COLUMNS], "counts": counts}},
            {"category_id": 3, "bbox": [0, 0, 9, 9]},
        ),
    )
    found = planned(path)
    reading = only(found).after
    assert [len(reading.marks_of(one.id)) for one in reading.findings] == [2, 0]
    drawn, point = reading.marks
    assert drawn.measurement is not None
    assert sets.flat([(p.column, p.row) for p in drawn.measurement.outline]) == pytest.approx(
        sets.flat(outline)
    )
    assert (point.point.column, point.point.row) == made.SPECKS[1]
    box, mask = reading.clusters
    assert {(p.column, p.row) for p in mask.outline} == {(220, 200), (240, 200), (240, 210), (220, 210)}
    assert len(box.mark_ids) == 2
    assert reading.findings[0].distributions == (Distribution.GROUPED,)
    assert "mass (1)" in found.notes[0]
    assert reading.findings[0].origin.version == "1.2"


def test_coco_made_for_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    document = sets.coco_document({"category_id": 2, "bbox": [10, 10, 20, 20]})
    document["images"][0] |= {"height": 512, "width": 512}
    path = sets.make_coco(tmp_path, document)
    sentence = refusal(planned(path))
    assert "was annotated at 512 x 512 pixels and has 400 x 300" in sentence


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ({"category_id": 2, "bbox": [10, 10, 0, 5]}, "holds nothing"),
        ({"category_id": 2, "bbox": [10, 10, 5]}, "cannot be used"),
        ({"category_id": 2, "bbox": ["a", 1, 1, 1]}, "cannot be used"),
        ({"category_id": 1, "segmentation": [[1, 2, 3]]}, "not a list of x, y, x, y"),
        ({"category_id": 2, "segmentation": {"size": [9, 9], "counts": [81]}}, "its mask has 9 x 9 pixels"),
        ({"category_id": 2, "segmentation": {"size": [300, 400], "counts": [5]}}, "do not add up"),
        ({"category_id": 2, "segmentation": {"size": [300, 400], "counts": "~~"}}, "its runs hold"),
        ({"category_id": 2, "bbox": [390, 10, 500, 5]}, "something is drawn at column"),
    ],
)
def test_a_wrong_coco_annotation_leaves_its_exam_out(tmp_path: Path, annotation, words: str) -> None:
    good = {"category_id": 2, "bbox": [110, 90, 70, 70]}
    path = sets.make_coco(tmp_path, sets.coco_document(good, annotation))
    assert words in refusal(planned(path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": None}, "no list of images"),
        ({"annotations": [{"id": 1, "image_id": 99, "category_id": 1}]}, "names an image that is not"),
        ({"annotations": [{"id": 1, "image_id": 7, "category_id": 99}]}, "names a category that is not"),
        ({"images": [{"id": 7, "file_name": "one.png"}]}, "has no height and width"),
        ({"categories": [1, 2]}, "no list of categories"),
        ({"images": [{"id": [7], "height": 300, "width": 400}]}, "without an id that is a number or word"),
        ({"annotations": [{"id": 1, "image_id": [7], "category_id": 1}]}, "names an image that is not"),
        ({"annotations": [{"id": 1, "image_id": 7, "category_id": {}}]}, "names a category that is not"),
        (
            {"images": [{"id": 7, "file_name": one, "height": 300, "width": 400} for one in ("a", "one")]},
            "images of id 7 twice",
        ),
    ],
)
def test_coco_laid_out_otherwise_is_refused_whole(tmp_path: Path, change, words: str) -> None:
    path = sets.make_coco(tmp_path, sets.coco_document(**change))
    with pytest.raises(UnreadableAnnotations, match=words):
        planned(path, kind="coco")


def test_a_truncated_coco_file_is_refused(tmp_path: Path) -> None:
    path = sets.make_coco(tmp_path, sets.coco_document({"category_id": 2, "bbox": [110, 90, 70, 70]}))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableAnnotations, match="is not JSON"):
        planned(path, kind="coco")


def test_a_file_too_large_for_annotations_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.write(b'{"images": [], "annotations": [')
        os.truncate(file.fileno(), 300_000_000)
    with pytest.raises(UnreadableAnnotations, match="has 300,000,000 bytes"):
        planned(path, kind="coco")


def test_categories_of_others_are_taken_when_named(tmp_path: Path) -> None:
    document = sets.coco_document({"category_id": 3, "bbox": [110, 90, 70, 70]})
    path = sets.make_coco(tmp_path, document)
    assert planned(path).readings == ()
    one = finding(planned(path, calcifications=("Mass",)))
    assert one.origin.unmapped == ("category",)


def test_compressed_runs_are_those_of_the_reference() -> None:
    # counted by hand after COCO's description: 3, 2, 4, 1, 2 as 3 | 2 | 4 | 1 - 2 = -1 | 2 - 4 = -2
    text = "324ON"
    mask = mask_of(text, 3, 4)
    assert mask.T.ravel().astype(int).tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0]


# labelme


def test_labelme_shapes_of_every_kind(tmp_path: Path) -> None:
    part = np.zeros((10, 20), np.uint8)
    part[2:8, 3:17] = 255
    path = sets.make_labelme(
        tmp_path,
        sets.shape("microcalcification", "point", [made.SPECKS[0]]),
        sets.shape("macrocalcification", "polygon", made.circle(*made.SPECKS[1])),
        sets.shape("calcification", "circle", [made.FAR_SPECK, (made.FAR_SPECK[0] + 2, made.FAR_SPECK[1])]),
        sets.shape("calcification cluster", "rectangle", [(180, 160), (110, 90)]),
        sets.mask_shape("calcifications", 210, 30, part),
        sets.shape("mass", "polygon", [(1, 1), (9, 1), (9, 9)]),
    )
    found = planned(path)
    reading = only(found).after
    assert [mark.kind for mark in reading.marks] == [MarkKind.MICRO, MarkKind.MACRO, MarkKind.MICRO]
    assert reading.marks[2].measurement.diameter_px == pytest.approx(4, rel=0.01)
    rectangle, mask = reading.clusters
    assert (rectangle.outline[0].column, rectangle.outline[0].row) == (110, 90)
    assert {(p.column, p.row) for p in mask.outline} == {(213, 32), (227, 32), (227, 38), (213, 38)}
    assert "mass (1)" in found.notes[0]


def test_labelme_groups_stay_together(tmp_path: Path) -> None:
    path = sets.make_labelme(
        tmp_path,
        sets.shape("fine pleomorphic calcification", "point", [(50, 50)], group_id=1),
        sets.shape("calcification", "point", [(250, 250)], group_id=1, description="seen on MLO too"),
        sets.shape("calcification", "point", [(100, 100)], group_id=2),
    )
    first, second = only(planned(path)).after.findings
    assert first.morphology == (Morphology.FINE_PLEO,)
    assert first.comment == ""
    assert values(first)["description"] == "seen on MLO too"
    assert second.morphology == ()


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([sets.shape("calcification", "blob", [(1, 1)])], "shape_type is 'blob'"),
        ([sets.shape("calcification", "point", [("a", 1)])], "cannot be used"),
        ([sets.shape("calcification", "mask", [(1, 1)], mask="no")], "its mask is"),
        ([sets.shape("calcification", "rectangle", [(1, 1), (1, 1)])], "cannot be used"),
        ([{"points": []}], "cannot be used"),
        ([sets.mask_shape("calcification", 395, 10, np.ones((9, 9)))], "reaches beyond"),
    ],
)
def test_a_wrong_labelme_shape_leaves_the_image_out(tmp_path: Path, shapes, words: str) -> None:
    path = sets.make_labelme(tmp_path, sets.shape("calcification", "point", [(5, 5)]), *shapes)
    assert words in refusal(planned(path))


def test_labelme_of_another_picture_is_refused(tmp_path: Path) -> None:
    path = sets.make_labelme(tmp_path, sets.shape("calcification", "point", [(5, 5)]), imageHeight=2000)
    assert "was annotated at 400 x 2000 pixels" in refusal(planned(path))


# all of them


def test_every_reader_refuses_a_folder_without_its_data_in_one_sentence(tmp_path: Path) -> None:
    for kind in KINDS:
        if kind.name in ("coco", "labelme"):
            continue
        with pytest.raises(UnreadableAnnotations) as fault:
            kind.read(tmp_path, Wishes())
        assert str(fault.value).endswith(".")
        assert str(tmp_path) in str(fault.value)


def test_what_nobody_knows_is_refused_with_what_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"hello": 1}))
    with pytest.raises(UnreadableAnnotations, match="'annotator import --as' what it is"):
        planned(tmp_path)


def test_an_image_that_two_files_may_be_is_told(tmp_path: Path) -> None:
    path = sets.make_labelme(tmp_path, sets.shape("calcification", "point", [(5, 5)]))
    made.write_dicom(tmp_path / "copy" / "one.dcm", made.breast())
    assert "can be any of 2 images" in refusal(planned(path))
