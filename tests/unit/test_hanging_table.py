r"""How every image hangs: a table of what is expected, by view, modifier, side, way of storing and kind of code.

The tables are read off the standard and the rule of hanging, not out of the program:

- PS3.16 CID 4014 and CID 4015 for the codes: SNOMED CT (SCT), and the codes before it under the three names that
  files give them (SRT, SNM3, 99SDM), with the two that were withdrawn.
- Rows run front to back or back to front. A right breast has its chest wall on the right (rows run to P), a left
  one on the left (rows run to A). From the side, columns run to the feet (F); from above they run to the other
  side of the body, so that the outer side of the breast is up.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from annotator.hanging import Layout, doubt_of_pixels, edge_for, hang, orientation_for
from annotator.imaging.dataset import PIXEL_DATA, PixelElement, RawFile
from annotator.imaging.header import image_info
from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo, ImageInfo

# view, how it is seen, its words, SCT, SRT and SNM3, 99SDM
CID_4014 = """
CC       above  cranio-caudal                               399162004  R-10242  R-10242
MLO      side   medio-lateral oblique                       399368009  R-10226  R-10226
ML       side   medio-lateral                               399260004  R-10224  R-10224
LM       side   latero-medial                               399352003  R-10228  R-10228
LMO      side   latero-medial oblique                       399099002  R-10230  R-10230
FB       above  caudo-cranial (from below)                  399196006  R-10244  R-10244
SIO      side   superolateral to inferomedial oblique       399188001  R-102D0  R-102D0
ISO      side   inferomedial to superolateral oblique       441555000  R-40AAA  R-40AAA
XCC      above  cranio-caudal, exaggerated                  399265009  R-102CF  R-102CF
XCCL     above  cranio-caudal, exaggerated laterally        399192008  R-1024A  Y-X1770
XCCM     above  cranio-caudal, exaggerated medially         399101009  R-1024B  Y-X1771
SPECIMEN none   tissue taken from the breast                127457009  G-8310   G-8310
"""

# modifier, its words, SCT, all codes before
CID_4015 = """
CV   cleavage              399161006  R-102D2
AT   axillary tail         399011000  R-102D1
RL   rolled laterally      399197002  R-102D3
RM   rolled medially       399226006  R-102D4
RI   rolled inferiorly     414493004  R-102CA
RS   rolled superiorly     415670009  R-102C9
ID   implant displaced     399209000  R-102D5
NP   nipple in profile     442581004  R-40AB3
AC   anterior compression  441752004  P2-00161
IMF  inframammary fold     442593008  R-40ABE
AX   axillary tissue       442580003  R-40AB2
M    magnification         399163009  R-102D6
S    spot compression      399055006  R-102D7
TAN  tangential            399110001  R-102C2
"""

# Patient Orientation of the stored image (rows \ columns) and what is done to it
RIGHT_FROM_THE_SIDE = r"""
P\F  shown as stored
A\F  mirrored left to right
P\H  mirrored top to bottom
A\H  mirrored left to right, mirrored top to bottom
F\P  rows and columns exchanged
F\A  rows and columns exchanged, mirrored left to right
H\P  rows and columns exchanged, mirrored top to bottom
H\A  rows and columns exchanged, mirrored left to right, mirrored top to bottom
"""
LEFT_FROM_THE_SIDE = r"""
A\F  shown as stored
P\F  mirrored left to right
A\H  mirrored top to bottom
P\H  mirrored left to right, mirrored top to bottom
F\A  rows and columns exchanged
F\P  rows and columns exchanged, mirrored left to right
H\A  rows and columns exchanged, mirrored top to bottom
H\P  rows and columns exchanged, mirrored left to right, mirrored top to bottom
"""
RIGHT_FROM_ABOVE = r"""
P\L  shown as stored
A\L  mirrored left to right
P\R  mirrored top to bottom
A\R  mirrored left to right, mirrored top to bottom
L\P  rows and columns exchanged
L\A  rows and columns exchanged, mirrored left to right
R\P  rows and columns exchanged, mirrored top to bottom
R\A  rows and columns exchanged, mirrored left to right, mirrored top to bottom
"""
LEFT_FROM_ABOVE = r"""
A\R  shown as stored
P\R  mirrored left to right
A\L  mirrored top to bottom
P\L  mirrored left to right, mirrored top to bottom
R\A  rows and columns exchanged
R\P  rows and columns exchanged, mirrored left to right
L\A  rows and columns exchanged, mirrored top to bottom
L\P  rows and columns exchanged, mirrored left to right, mirrored top to bottom
"""
# oblique rows and columns as machines write them: the first letter is the main direction
RIGHT_OBLIQUE = r"""
P\FL    shown as stored
A\FL    mirrored left to right
A\HR    mirrored left to right, mirrored top to bottom
PL\FL   shown as stored
FL\P    rows and columns exchanged
HR\AR   rows and columns exchanged, mirrored left to right, mirrored top to bottom
P\RF    shown as stored
P\LH    mirrored top to bottom
"""
LEFT_OBLIQUE = r"""
A\FR    shown as stored
P\FR    mirrored left to right
P\HL    mirrored left to right, mirrored top to bottom
AR\FR   shown as stored
FR\A    rows and columns exchanged
HL\PL   rows and columns exchanged, mirrored left to right, mirrored top to bottom
A\LF    shown as stored
A\RH    mirrored top to bottom
"""
# from above the side counts, whatever the tilt
RIGHT_TILTED = r"""
P\FL    shown as stored
P\HL    shown as stored
P\FR    mirrored top to bottom
A\HR    mirrored left to right, mirrored top to bottom
"""
LEFT_TILTED = r"""
A\FR    shown as stored
A\HR    shown as stored
A\FL    mirrored top to bottom
P\HL    mirrored left to right, mirrored top to bottom
"""

OBLIQUE = {
    ("R", "side"): RIGHT_OBLIQUE,
    ("L", "side"): LEFT_OBLIQUE,
    ("R", "above"): RIGHT_TILTED,
    ("L", "above"): LEFT_TILTED,
}
TURNS = {
    ("R", "side"): RIGHT_FROM_THE_SIDE,
    ("L", "side"): LEFT_FROM_THE_SIDE,
    ("R", "above"): RIGHT_FROM_ABOVE,
    ("L", "above"): LEFT_FROM_ABOVE,
}
# side -> pane of a row of two, edge of the pane at which the chest wall stands, words
PANES = {"R": (0, "right", "right breast"), "L": (1, "left", "left breast")}
GENERATIONS = {"SCT": 0, "SRT": 1, "SNM3": 1, "99SDM": 2}


def _rows(table: str, columns: int) -> list[tuple[str, ...]]:
    """Lines of a table: words parted by two blanks or more where a column may hold several words."""
    found = []
    for line in table.strip().splitlines():
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        first, _, rest = cells[0].partition(" ")
        cells = [first, *([rest] if rest else []), *cells[1:]]
        if len(cells) != columns:
            raise ValueError(f"{line!r} has {len(cells)} columns")
        found.append(tuple(cells))
    return found


VIEWS = {row[0]: row[1:] for row in _rows(CID_4014, 6)}
MODIFIERS = {row[0]: row[1:] for row in _rows(CID_4015, 4)}


def _turn(words: str) -> Orientation:
    return Orientation("exchanged" in words, "left to right" in words, "top to bottom" in words)


def _item(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _code(value: str, scheme: str) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning="")


def _header(uid: str, **values: Any) -> ImageInfo:
    """What the program makes of a header with these elements."""
    dataset = FileDataset(
        "image.dcm",
        _item(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2",
            SOPInstanceUID=uid,
            StudyInstanceUID="1.2.3",
            Modality="MG",
            PresentationIntentType="FOR PRESENTATION",
            SamplesPerPixel=1,
            PhotometricInterpretation="MONOCHROME2",
            Rows=400,
            Columns=300,
            BitsAllocated=16,
            BitsStored=12,
            HighBit=11,
            PixelRepresentation=0,
            **values,
        ),
    )
    pixels = PixelElement(PIXEL_DATA, 0, 400 * 300 * 2, "OW", False)
    return image_info(RawFile(Path("image.dcm"), dataset, "1.2.840.10008.1.2.1", pixels, 0, ()))


def _coded(
    uid: str, side: str, view: str, modifiers: tuple[str, ...], scheme: str, stored: str, **more: Any
) -> ImageInfo:
    generation = GENERATIONS[scheme]
    coded = _code(VIEWS[view][2 + generation], scheme)
    coded.ViewModifierCodeSequence = Sequence(
        [_code(MODIFIERS[modifier][1 + min(generation, 1)], scheme) for modifier in modifiers]
    )
    return _header(
        uid,
        ImageLaterality=side,
        ViewCodeSequence=Sequence([coded]),
        PatientOrientation=stored.split("\\"),
        **more,
    )


def _expected_turns(side: str, view: str) -> list[tuple[str, str]]:
    seen = VIEWS[view][0]
    if seen == "none":
        return [(stored, "") for stored, _ in _rows(TURNS[side, "side"], 2)]
    return [(stored, words) for stored, words in _rows(TURNS[side, seen], 2)]


@pytest.mark.parametrize("scheme", GENERATIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_modifier_side_and_way_of_storing(view: str, scheme: str):
    """Pane, turn and reason of each; beside it hangs the same view of the other breast."""
    for modifier, side in product((None, *MODIFIERS), "RL"):
        modifiers = () if modifier is None else (modifier,)
        other = "L" if side == "R" else "R"
        partner = _coded("2", other, view, modifiers, "SCT", _expected_turns(other, view)[0][0])
        for stored, words in _expected_turns(side, view):
            info = _coded("1.2", side, view, modifiers, scheme, stored)
            case = f"{side} {view} {modifier} {scheme} {stored}"
            assert (info.laterality, info.laterality_source) == (side, "ImageLaterality"), case
            assert (info.view.name, info.view.modifiers) == (view, modifiers), case
            assert info.view.source == "ViewCodeSequence", case
            assert info.repairs == (), case
            _hangs_right(info, partner, side, view, modifier, stored, words, case)


def _hangs_right(
    info: ImageInfo,
    partner: ImageInfo,
    side: str,
    view: str,
    modifier: str | None,
    stored: str,
    words: str,
    case: str,
) -> None:
    hung = hang(ExamInfo("1.2.3", (partner, info)))
    assert (hung.rows, hung.columns, hung.others) == (1, 2, ()), case
    pane, edge, side_words = PANES[side]
    place = hung.panes[pane]
    assert place is not None, case
    assert place.info is info, case
    assert place.edge == ("center" if view == "SPECIMEN" else edge), case
    if view == "SPECIMEN":
        assert place.orientation_words.startswith("shown as stored"), case
    else:
        assert place.orientation_words == f"Patient Orientation {stored}: {words}", case
        assert f"hangs on the {'left' if side == 'R' else 'right'}" in place.why, case
        assert f"chest wall at the {edge} edge" in place.why, case
    assert f"It shows the {side_words}: Image Laterality (0020,0062) decided." in place.why, case
    said = f"{view}, {VIEWS[view][1]}" + (f", with {MODIFIERS[modifier][0]}" if modifier else "")
    assert f"The view is {said}: View Code Sequence (0054,0220) decided." in place.why, case
    assert orientation_for(info)[0] == (Orientation() if view == "SPECIMEN" else _turn(words)), case


@pytest.mark.parametrize("side", "RL")
@pytest.mark.parametrize("view", [view for view in VIEWS if view != "SPECIMEN"])
def test_oblique_directions(side: str, view: str):
    for stored, words in _rows(OBLIQUE[side, VIEWS[view][0]], 2):
        hung = hang(ExamInfo("1.2.3", (_coded("1.2", side, view, (), "SCT", stored),)))
        assert hung.panes[0] is not None
        assert hung.panes[0].orientation_words == f"Patient Orientation {stored}: {words}"


# where else the side and the view can be written: elements, which attributes decide
FALLBACKS: list[tuple[dict[str, Any], str, str]] = [
    ({"ImageLaterality": "{side}", "ViewPosition": "{view}"}, "ImageLaterality", "ViewPosition"),
    ({"Laterality": "{side}", "ViewPosition": "{view}"}, "Laterality", "ViewPosition"),
    ({"ViewPosition": "{side}{view}"}, "ViewPosition", "ViewPosition"),
    ({"SeriesDescription": "{side} {view}"}, "SeriesDescription", "SeriesDescription"),
    ({"SeriesDescription": "{side}-{view}"}, "SeriesDescription", "SeriesDescription"),
    ({"ProtocolName": "{side}{view}"}, "ProtocolName", "ProtocolName"),
    ({"Laterality": "{side}", "ProtocolName": "mammo {view}"}, "Laterality", "ProtocolName"),
    (
        {"AcquisitionDeviceProcessingDescription": "{side} {view} tissue view"},
        "AcquisitionDeviceProcessingDescription",
        "AcquisitionDeviceProcessingDescription",
    ),
]
NAMES = {
    "ImageLaterality": "Image Laterality (0020,0062)",
    "Laterality": "Laterality (0020,0060)",
    "ViewPosition": "View Position (0018,5101)",
    "SeriesDescription": "Series Description (0008,103E)",
    "ProtocolName": "Protocol Name (0018,1030)",
    "AcquisitionDeviceProcessingDescription": "Acquisition Device Processing Description (0018,1400)",
}


@pytest.mark.parametrize(("elements", "side_from", "view_from"), FALLBACKS)
@pytest.mark.parametrize("side", "RL")
@pytest.mark.parametrize("view", [view for view in VIEWS if view not in ("SPECIMEN", "XCC")])
def test_without_codes_what_is_typed_decides_and_is_named(
    elements, side_from, view_from, side: str, view: str
):
    stored, words = _expected_turns(side, view)[5]
    typed = {keyword: text.format(side=side, view=view) for keyword, text in elements.items()}
    info = _header("1.2", PatientOrientation=stored.split("\\"), **typed)
    assert (info.laterality, info.view.name) == (side, view)
    partner = _coded("2", "L" if side == "R" else "R", view, (), "SCT", "P\\F")
    place = hang(ExamInfo("1.2.3", (partner, info))).panes[PANES[side][0]]
    assert place is not None
    assert place.info is info
    assert f"{NAMES[side_from]} decided." in place.why
    assert f"{NAMES[view_from]} decided." in place.why
    assert place.orientation_words == f"Patient Orientation {stored}: {words}"


SCREENING = [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
# what a further image is called among the images of a pane; a plain one is alike the one that hangs there
AGAINST = {None: "taken earlier", **{name: row[0] for name, row in MODIFIERS.items()}}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("modifier", [None, *MODIFIERS])
@pytest.mark.parametrize("side", "RL")
def test_every_image_has_a_place_beside_a_screening_exam(view: str, modifier: str | None, side: str):
    """A view of the four belongs to the pane of its side and view, all else to a further row."""
    four = tuple(
        _coded(f"1.{at}", s, v, (), "SCT", "P\\L", AcquisitionDate="20260102", AcquisitionTime="101500")
        for at, (s, v) in enumerate(SCREENING)
    )
    modifiers = () if modifier is None else (modifier,)
    extra = _coded(
        "2", side, view, modifiers, "SRT", "P\\L", AcquisitionDate="20260102", AcquisitionTime="100000"
    )
    exam = ExamInfo("1.2.3", (extra, *four))
    hung = hang(exam)
    assert [pane and pane.info.label for pane in hung.panes] == ["RCC", "LCC", "RMLO", "LMLO"]
    beside = [extra in pane.alternatives for pane in hung.panes if pane is not None]
    if (side, view) in SCREENING:
        assert beside == [(side, view) == place for place in SCREENING]
        assert hung.others == ()
        pane = hung.panes[beside.index(True)]
        assert pane is not None
        assert f"Also in this place: {extra.name} ({AGAINST[modifier]})." in pane.why
    else:
        assert not any(beside)
        assert [other.info for other in hung.others] == [extra]
        assert hung.others[0].why.startswith("It hangs in row 3 of 3 (")
        further = hang(exam, step=1)
        assert [p.info for p in further.panes if p is not None] == [extra]
        single = hang(exam, layout=Layout.SINGLE, focus="2").panes[0]
        assert single is not None
        assert single.info is extra


# side, edge of the stored image at which the pixels show the chest wall, what is done, edge of the pane
WITHOUT_ORIENTATION = """
R  right   shown as stored                                        right
R  left    mirrored left to right                                 right
R  top     rows and columns exchanged, mirrored left to right     right
R  bottom  rows and columns exchanged, mirrored top to bottom     right
L  left    shown as stored                                        left
L  right   mirrored left to right                                 left
L  top     rows and columns exchanged, mirrored top to bottom     left
L  bottom  rows and columns exchanged, mirrored left to right     left
-  left    shown as stored                                        left
-  right   shown as stored                                        right
-  top     shown as stored                                        center
-  bottom  shown as stored                                        center
-  -       shown as stored                                        center
B  left    shown as stored                                        center
B  right   shown as stored                                        center
"""


@pytest.mark.parametrize("row", WITHOUT_ORIENTATION.strip().splitlines())
@pytest.mark.parametrize("view", [view for view in VIEWS if view != "SPECIMEN"])
def test_without_patient_orientation_the_chest_wall_in_the_pixels_decides(view: str, row: str):
    side, wall, *words, edge = row.split()
    coded = Sequence([_code(VIEWS[view][2], "SCT")])
    info = _header("1.2", ImageLaterality="" if side == "-" else side, ViewCodeSequence=coded)
    seen = replace(info, chest_wall=None if wall == "-" else wall)
    turn, reason = orientation_for(seen)
    assert turn == _turn(" ".join(words))
    assert edge_for(seen) == edge
    if side == "B":
        assert "both" in reason
    else:
        assert reason.startswith("no Patient Orientation in the header")
        assert (wall == "-") or f"the {wall} edge" in reason
    if side == "-":
        assert "does not say which breast" in reason


# an MLO without orientation: side, chest wall, the edge that the muscle reaches, what is done
MLO_WITHOUT_ORIENTATION = """
R  right   top     shown as stored
R  right   bottom  mirrored top to bottom
R  left    top     mirrored left to right
R  left    bottom  mirrored left to right, mirrored top to bottom
R  bottom  left    rows and columns exchanged
R  bottom  right   rows and columns exchanged, mirrored top to bottom
R  top     left    rows and columns exchanged, mirrored left to right
R  top     right   rows and columns exchanged, mirrored left to right, mirrored top to bottom
L  left    top     shown as stored
L  left    bottom  mirrored top to bottom
L  right   top     mirrored left to right
L  top     left    rows and columns exchanged
L  bottom  right   rows and columns exchanged, mirrored left to right, mirrored top to bottom
"""


@pytest.mark.parametrize("row", MLO_WITHOUT_ORIENTATION.strip().splitlines())
def test_of_an_mlo_the_axilla_in_the_pixels_tells_what_is_up(row: str):
    side, wall, axilla, *words = row.split()
    info = replace(_coded("1", side, "MLO", (), "SCT", "P\\F"), patient_orientation=None)
    turn, reason = orientation_for(info, wall, axilla)
    assert turn == _turn(" ".join(words))
    assert (
        f"{' '.join(words)} by the chest wall seen at the {wall} edge and the axilla at the {axilla} edge"
        in reason
    )
    above = replace(info, view=replace(info.view, name="CC"))
    assert "axilla" not in orientation_for(above, wall, axilla)[1]
    assert orientation_for(_coded("1", side, "MLO", (), "SCT", "P\\F"), wall, axilla)[1].startswith("Patient")


# without a side: never mirrored left to right, feet down, at the edge where the orientation has the chest wall
WITHOUT_A_SIDE = r"""
A\F  shown as stored                                       left
P\F  shown as stored                                       right
A\H  mirrored top to bottom                                left
P\H  mirrored top to bottom                                right
F\A  rows and columns exchanged                            left
H\P  rows and columns exchanged, mirrored top to bottom    right
"""


@pytest.mark.parametrize("row", WITHOUT_A_SIDE.strip().splitlines())
def test_a_side_view_of_no_known_side_stands_on_its_feet_at_its_chest_wall(row: str):
    stored, *words, edge = row.split()
    coded = Sequence([_code(VIEWS["MLO"][2], "SCT")])
    info = _header("1.2", ViewCodeSequence=coded, PatientOrientation=stored.split("\\"))
    place = hang(ExamInfo("1.2.3", (info,))).panes[0]
    assert place is not None
    assert place.edge == edge
    assert place.orientation_words.startswith(f"Patient Orientation {stored}: {' '.join(words)};")
    assert "The header does not say which breast this is." in place.why


@pytest.mark.parametrize(("side", "stored"), [("R", "P\\F"), ("R", "A\\F"), ("R", "F\\P"), ("L", "A\\F")])
def test_a_chest_wall_seen_at_the_wrong_edge_is_told_and_changes_nothing(side: str, stored: str):
    info = _coded("1", side, "MLO", (), "SCT", stored)
    turn, _ = orientation_for(info)
    told = {wall: doubt_of_pixels(info, turn, wall) for wall in ("left", "right", "top", "bottom")}
    # rows run to the letter of the chest wall, or away from it
    wrong = {"P\\F": "left", "A\\F": "right", "F\\P": "top"}[stored]
    edge = "left" if side == "R" else "right"
    assert {wall for wall, words in told.items() if words} == {wrong}
    assert (
        told[wrong]
        == f"; but the pixels show the chest wall at the {edge} edge, so side or orientation may be wrong"
    )
    detail = _coded("1", side, "MLO", ("M",), "SCT", stored)
    assert doubt_of_pixels(detail, turn, wrong) == ""
    assert doubt_of_pixels(replace(info, turned=turn), turn, wrong) == ""
