"""What other programs find in our structured reports: DICOM's own codes, and nothing that is not the reader's under them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from highdicom.sr import PlanarROIMeasurementsAndQualitativeEvaluations, srread
from pydicom import Dataset, dcmread
from reading_strategies import EXAM
from written_readings import begun, going_out, matrix, sample_exam

from annotator.errors import ExportError
from annotator.exchange import sr
from annotator.exchange.formats import FORMATS
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.sr import coded_terms, concepts
from annotator.exchange.sr.items import code
from annotator.exchange.sr.tree import root_of
from annotator.lexicon.loader import KINDS, Code, load_lexicon
from annotator.model import edits
from annotator.model.finding import Assessment, Morphology, Recommendation
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from tests.stored_four_ways import OPPOSITE, WAYS, StoredWay, stored


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outgoing]:
    return matrix(tmp_path_factory.mktemp("images"))


def written(outgoing: Outgoing, folder: Path, form: str = "sr") -> Dataset:
    (path,) = FORMATS[form].write(outgoing, folder)
    return dcmread(path)


def groups(dataset: Dataset) -> list[Dataset]:
    (measurements,) = [one for one in dataset.ContentSequence if name_of(one) == "126010"]
    return list(measurements.get("ContentSequence", []))


def name_of(item: Dataset) -> str:
    return item.ConceptNameCodeSequence[0].CodeValue


def under(group: Dataset, name: str) -> list[Dataset]:
    return [one for one in group.ContentSequence if name_of(one) == name]


def values(group: Dataset, name: str) -> list[str]:
    return [one.ConceptCodeSequence[0].CodeValue for one in under(group, name)]


def everywhere(dataset: Dataset) -> Iterator[Dataset]:
    for item in dataset.get("ContentSequence", []):
        yield item
        yield from everywhere(item)


def test_a_finding_is_one_thing_on_all_its_views(made: dict[str, Outgoing], tmp_path: Path):
    outgoing = made["several views"]
    found = groups(written(outgoing, tmp_path))
    for finding in outgoing.reading.findings:
        of_it = [one for one in found if finding.tracking_uid == under(one, "112040")[0].UID]
        assert [under(one, "112039")[0].TextValue for one in of_it] == [f"F{finding.number}"] * 2
        images = {
            under(one, "111030")[0].ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            for one in of_it
        }
        assert images == {outgoing.uid(mark.image.sop_instance_uid) for mark in outgoing.reading.marks}
    single = [one for one in found if values(one, "121071") == ["129770007"]]
    assert len(single) == len(outgoing.reading.marks)
    assert under(single[2], "112039")[0].TextValue == "C1.03"


def test_what_the_reader_says_stands_under_dicoms_codes(made: dict[str, Outgoing], tmp_path: Path):
    first = groups(written(made["cluster"], tmp_path))[0]
    assert values(first, "121071") == ["129769006"]
    assert values(first, "111009") == ["111344"]
    assert values(first, "111008") == ["129766004"]
    assert values(first, "129720009") == ["129726003"]
    assert values(first, "111005") == ["MA.II.A.5.4B"]
    assert under(first, "111005")[0].ConceptCodeSequence[0].CodingSchemeVersion == "4.0"
    assert values(first, "111053") == ["111143"]
    assert values(first, "111014") == ["129773009"]
    assert values(first, "111048") == ["77831004"]
    (count,) = under(first, "111038")
    assert count.MeasuredValueSequence[0].NumericValue.original_string == "20"
    region = under(first, "111030")[0]
    assert region.GraphicType == "POLYLINE"
    assert region.GraphicData[:2] == region.GraphicData[-2:]


def test_no_millimetre_is_without_its_basis(made: dict[str, Outgoing], tmp_path: Path):
    for name in ("cluster", "magnification", "tomosynthesis frame", "everything"):
        numbers = [one for one in everywhere(written(made[name], tmp_path)) if one.ValueType == "NUM"]
        assert any(unit_of(one) == "mm" for one in numbers)
        for item in numbers:
            known = [
                one.TextValue for one in item.get("ContentSequence", []) if name_of(one) == "calibration"
            ]
            assert bool(known) == (unit_of(item) == "mm"), name_of(item)


def test_without_spacing_only_what_the_reader_said_is_in_millimetres(
    made: dict[str, Outgoing], tmp_path: Path
):
    numbers = [one for one in everywhere(written(made["no spacing"], tmp_path)) if one.ValueType == "NUM"]
    in_mm = [one for one in numbers if unit_of(one) == "mm"]
    assert in_mm
    for one in in_mm:
        assert "said" in [
            said for below in one.ContentSequence if below.ValueType == "CODE" for said in values_of(below)
        ]
    assert {name_of(one) for one in numbers if unit_of(one) == "{pixels}"} >= {"81827009", "103339001"}


def unit_of(item: Dataset) -> str:
    unit: str = item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue
    return unit


def test_the_suggestion_is_never_an_assessment(made: dict[str, Outgoing], tmp_path: Path):
    seen = 0
    for name, outgoing in made.items():
        told = {one.tracking_uid: one.assessment for one in outgoing.reading.findings}
        for group in groups(written(outgoing, tmp_path)):
            assessed = told.get(under(group, "112040")[0].UID)
            codes = [outgoing.lexicon.assessments[assessed].code.value] if assessed else []
            assert values(group, "111005") == codes, name
            for suggestion in under(group, "suggestion"):
                seen += 1
                assert assessed is not None
                assert {
                    one.ConceptNameCodeSequence[0].CodingSchemeDesignator for one in everywhere(suggestion)
                } == {"99CALC"}
                assert {
                    one.ConceptCodeSequence[0].CodingSchemeDesignator
                    for one in everywhere(suggestion)
                    if one.ValueType == "CODE"
                } <= {"99CALC"}
    assert seen


def test_nothing_of_the_table_leaves_before_the_readers_own_category(
    made: dict[str, Outgoing], tmp_path: Path
):
    second = made["several views"].reading.findings[1]
    assert second.assessment is None
    for group in groups(written(made["several views"], tmp_path)):
        if second.tracking_uid == under(group, "112040")[0].UID:
            assert not under(group, "suggestion")


def test_what_is_read_tells_the_suggestion_apart(made: dict[str, Outgoing], tmp_path: Path):
    outgoing = made["cluster"]
    (path,) = sr.write(outgoing, tmp_path)
    finding = outgoing.reading.findings[0]
    told = sr.read(path).suggestions[finding.id]
    said = outgoing.follow_ups[finding.id]
    assert (told.assessment, told.row) == (said.suggested_assessment, said.row)
    assert (told.rules_version, told.lexicon_edition) == (said.rules_version, said.lexicon_edition)


def test_codes_keep_their_meaning_and_the_edition_its_word(made: dict[str, Outgoing], tmp_path: Path):
    found = groups(written(made["several views"], tmp_path))
    milk = next(one for group in found for one in under(group, "111009") if "129753004" in values_of(one))
    assert milk.ConceptCodeSequence[0].CodeMeaning == "Milk of calcium calcification"
    assert milk.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "Layering"
    reading, finding = edits.add_finding(begun(sample_exam("prior"), edition="5"))
    reading = edits.describe(reading, finding.id, assessment=Assessment.HIGH_SUSPICION)
    (group,) = groups(written(going_out(reading, sample_exam("prior")), tmp_path))
    (assessed,) = under(group, "111005")
    assert assessed.ConceptCodeSequence[0].CodeMeaning == "4C - Moderate suspicion"
    assert assessed.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "High suspicion"


def values_of(item: Dataset) -> list[str]:
    return [one.CodeValue for one in item.ConceptCodeSequence]


def test_twelve_months_stand_alone_and_biopsy_of_category_5_is_said_strongly(
    made: dict[str, Outgoing], tmp_path: Path
):
    (group,) = groups(written(made["described"], tmp_path))
    assert not under(group, "111053")
    (interval,) = under(group, "111055")
    assert interval.MeasuredValueSequence[0].NumericValue == 12
    first = groups(written(made["everything"], tmp_path))[0]
    assert values(first, "111053") == ["111148"]


def test_frames_are_named_on_stacks_and_nowhere_else(made: dict[str, Outgoing], tmp_path: Path):
    outgoing = made["tomosynthesis frame"]
    framed = {
        int(one.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber)
        for group in groups(written(outgoing, tmp_path))
        for one in under(group, "111030")
    }
    assert framed == {mark.image.frame for mark in outgoing.reading.marks}
    for group in groups(written(made["cluster"], tmp_path)):
        assert (
            "ReferencedFrameNumber"
            not in under(group, "111030")[0].ContentSequence[0].ReferencedSOPSequence[0]
        )


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_same_findings_are_the_same_tissue_however_the_image_is_stored(way: StoredWay, tmp_path: Path):
    usual, turned = stored(WAYS[0], tmp_path / "usual"), stored(way, tmp_path / "turned")
    first, second = written(usual, tmp_path / "usual"), written(turned, tmp_path / "turned")
    info, drawn, again = usual.exam.images[0], places(first), places(second)
    assert len(drawn) == len(again) > 20
    for one, other in zip(drawn, again, strict=True):
        back = way.place(other, info)
        assert (one.column, one.row) == pytest.approx((back.column, back.row), abs=0.01)
    across, down = (orientation(first)[0], orientation(first)[1])
    assert orientation(second) == [
        "".join(map(OPPOSITE.get, across)) if way.columns_flipped else across,
        "".join(map(OPPOSITE.get, down)) if way.rows_flipped else down,
    ]


def places(dataset: Dataset) -> list[ImagePoint]:
    """Every point of every region, as any program reads it."""
    said = (under(group, "111030")[0].GraphicData for group in groups(dataset))
    return [ImagePoint(*pair) for data in said for pair in zip(data[::2], data[1::2], strict=True)]


def orientation(dataset: Dataset) -> list[str]:
    """What the image library says of the directions of rows and columns."""
    return [
        item.TextValue
        for name in ("111044", "111043")
        for item in everywhere(dataset)
        if name_of(item) == name
    ]


def test_highdicom_reads_every_group(made: dict[str, Outgoing], tmp_path: Path):
    for form in ("sr", "sr-ohif"):
        (path,) = FORMATS[form].write(made["everything"], tmp_path)
        found = srread(str(path)).content.get_planar_roi_measurement_groups()
        assert len(found) == 10
        assert all(isinstance(one, PlanarROIMeasurementsAndQualitativeEvaluations) for one in found)
        assert [one.finding_type.value for one in found][:3] == ["129769006", "129769006", "129770007"]


def test_cornerstone_finds_its_tool_and_a_region_below_the_first_number(
    made: dict[str, Outgoing], tmp_path: Path
):
    found = groups(written(made["cluster"], tmp_path, "sr-ohif"))
    assert found
    for group in found:
        label = under(group, "112039")[0].TextValue
        assert label.startswith("Cornerstone3DTools@^0.1.0:PlanarFreehandROI:")
        first = next(one for one in group.ContentSequence if one.ValueType == "NUM")
        (copy,) = [one for one in first.ContentSequence if one.ValueType == "SCOORD"]
        assert copy.RelationshipType == "INFERRED FROM"
        assert copy.GraphicData == under(group, "111030")[0].GraphicData


def test_a_region_ends_at_the_edge_of_the_image(tmp_path: Path):
    reading, finding = edits.add_finding(begun(EXAM))
    corners = (ImagePoint(-5.25, 10.0), ImagePoint(2570.0, 10.0), ImagePoint(100.0, 3400.5))
    key = EXAM.images[0].key()
    reading, _ = edits.add_cluster(reading, finding.id, key, corners)
    outgoing = going_out(reading, EXAM, identified=True)
    region = under(groups(written(outgoing, tmp_path))[0], "111030")[0]
    assert list(region.GraphicData) == [0.0, 10.0, 2560.0, 10.0, 100.0, 3328.0, 0.0, 10.0]
    (path,) = sr.write(outgoing, tmp_path)
    assert sr.read(path).reading.clusters[0].outline == corners


def test_a_mark_that_nobody_outlined_gets_no_reader_of_its_own(tmp_path: Path):
    reading, finding = edits.add_finding(begun(EXAM))
    for column in (100.0, 140.0):
        reading, _ = edits.add_mark(
            reading, finding.id, EXAM.images[0].key(), ImagePoint(column, 50.0), MarkKind.MICRO
        )
    found = groups(written(going_out(reading, EXAM), tmp_path))
    assert [len(under(one, "derived-outline")) for one in found] == [1, 0, 0]
    assert under(found[1], "111030")[0].GraphicType == "POINT"


def test_a_marked_image_that_is_not_at_hand_is_told_in_a_sentence(tmp_path: Path):
    reading, finding = edits.add_finding(begun(EXAM))
    reading, _ = edits.add_mark(reading, finding.id, ImageKey("2.25.99"), ImagePoint(1, 1), MarkKind.MICRO)
    with pytest.raises(ExportError, match="not at hand"):
        sr.write(going_out(reading, EXAM), tmp_path)
    assert not list(tmp_path.iterdir())


def test_more_marks_than_can_be_read_back_are_told_in_a_sentence(tmp_path: Path):
    reading, finding = edits.add_finding(begun(EXAM))
    reading, mark = edits.add_mark(
        reading, finding.id, EXAM.images[0].key(), ImagePoint(1, 1), MarkKind.MICRO
    )
    marks = tuple(replace(mark, id=f"m{number}", number=number) for number in range(1, 2_502))
    with pytest.raises(ExportError, match="2,501 marks"):
        sr.write(going_out(replace(reading, marks=marks), EXAM), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_image_without_a_valid_uid_is_told_in_a_sentence(tmp_path: Path):
    exam = replace(
        EXAM, images=(replace(EXAM.images[0], sop_instance_uid="d41d8cd98f00b204e9800998ecf8427e"),)
    )
    reading = begun(exam)
    with pytest.raises(ExportError, match="pseudonyms"):
        sr.write(going_out(reading, exam, identified=True), tmp_path)
    assert not list(tmp_path.iterdir())
    outgoing = going_out(reading, exam)
    (path,) = sr.write(outgoing, tmp_path)
    assert sr.check(outgoing, path) is None


def test_every_own_code_fits_and_is_one():
    own = [one for one in vars(concepts).values() if isinstance(one, Code)]
    own += [*concepts.FLAGS.values(), *concepts.RECORDS.values()]
    for one in own:
        assert len(one.value) <= 16, one
        assert len(one.meaning) <= 64, one
    mine = [one.value for one in own if one.scheme == concepts.OWN_SCHEME]
    assert len(mine) == len(set(mine))
    lexicon = load_lexicon()
    for kind in (*KINDS.values(), Assessment, Recommendation):
        codes = [coded_terms.own_code(lexicon, item) for item in kind]
        assert all(len(one.value) <= 16 for one in codes), kind
        assert len({one.value for one in codes}) == len(codes)


@pytest.mark.parametrize("edition", ["5", "v2025"])
def test_every_term_comes_back_by_its_item(edition: str):
    lexicon = load_lexicon(edition)
    for kind in (*KINDS.values(), Assessment, Recommendation):
        for item in kind:
            made = coded_terms.term_item(lexicon, concepts.TYPE, item)
            assert coded_terms.term_of(kind, root_of(made)) is item


def test_codes_of_other_programs_have_terms():
    for value, scheme, term in (
        ("F-01768", "SRT", Morphology.ROUND),
        ("F-037BF", "SRT", Assessment.PROBABLY_BENIGN),
        ("II.AC.b.4", "BI", Assessment.SUSPICIOUS),
        ("111149", "DCM", Recommendation.BIOPSY),
        ("129723006", "SCT", None),
        ("129756007", "99OTHER", None),
    ):
        kinds = (type(term),) if term is not None else (Morphology, *KINDS.values())
        for kind in kinds:
            read = root_of(code(concepts.TYPE, Code(value, scheme, "as they say")))
            assert coded_terms.term_of(kind, read) is term
