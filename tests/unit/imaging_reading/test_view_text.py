"""Side, view and modifiers out of what people type, and nothing out of what could mean two things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.imaging.view_codes import MODIFIERS, VIEWS
from annotator.imaging.view_text import parse_label


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("CC", ("", "CC", ())),
        ("R CC", ("R", "CC", ())),
        ("RCC", ("R", "CC", ())),
        ("rcc", ("R", "CC", ())),
        ("R_CC", ("R", "CC", ())),
        ("L-MLO", ("L", "MLO", ())),
        ("L MLO", ("L", "MLO", ())),
        ("CC R", ("R", "CC", ())),
        ("RMCC", ("R", "CC", ("M",))),
        ("RMSML", ("R", "ML", ("M", "S"))),
        ("R M CC", ("R", "CC", ("M",))),
        ("ML MAG R", ("R", "ML", ("M",))),
        ("Right Mag CC", ("R", "CC", ("M",))),
        ("Left XCCL spot compression", ("L", "XCCL", ("S",))),
        ("LMLOID", ("L", "MLO", ("ID",))),
        ("RMLO ID", ("R", "MLO", ("ID",))),
        ("R XCCL", ("R", "XCCL", ())),
        ("RLM", ("R", "LM", ())),
        ("LLMO", ("L", "LMO", ())),
        ("LM", ("", "LM", ())),
        ("LML", ("L", "ML", ())),
        ("RCC Tomosynthesis Reconstruction", ("R", "CC", ())),
        ("L MLO C-View", ("L", "MLO", ())),
        ("Routine3D_Screening/RMLO", ("R", "MLO", ())),
        ("Left Medio-Lateral Oblique", ("L", "MLO", ())),
        ("right craniocaudal magnification", ("R", "CC", ("M",))),
        ("RIGHT EXAGGERATED CRANIO-CAUDAL LATERALLY", ("R", "XCCL", ())),
        ("L CC implant displaced", ("L", "CC", ("ID",))),
        ("RCC Eklund", ("R", "CC", ("ID",))),
        ("RCC rolled medial", ("R", "CC", ("RM",))),
        ("RCCRL", ("R", "CC", ("RL",))),
        ("Mammo links MLO", ("L", "MLO", ())),
        ("CC droite", ("R", "CC", ())),
    ],
)
def test_labels_as_vendors_and_people_type_them(text: str, parsed: tuple[str, str, tuple[str, ...]]):
    assert parse_label(text) == parsed


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("", ("", "", ())),
        ("Thorax pa", ("", "", ())),
        ("Routine", ("", "", ())),
        ("R", ("", "", ())),
        ("L", ("", "", ())),
        ("CC and MLO", ("", "", ())),
        ("R+L CC", ("", "CC", ())),
        ("RCC LCC", ("", "CC", ())),
        ("bilateral CC", ("", "CC", ())),
        ("left compared to right CC", ("", "CC", ())),
        ("RCC AT 6 MONTHS FOLLOW UP", ("R", "CC", ())),
        ("seen at 6 months, RCC", ("R", "CC", ())),
        ("patient ID 17 RCC", ("R", "CC", ())),
        ("RCC, patient ID 17", ("R", "CC", ())),
        ("contrast 80 ML", ("", "", ())),
        ("80ml contrast, R CC", ("R", "CC", ())),
        ("XCC L", ("", "XCC", ())),
        ("lateral R", ("", "", ())),
        ("analyse de l'image CC", ("", "CC", ())),
        ("compression 80 N, RCC", ("R", "CC", ())),
        ("MAG", ("", "", ())),
        ("RMAG", ("", "", ())),
        ("RM CC", ("", "CC", ())),
        ("LM CC", ("", "", ())),
        ("RCC ID 17", ("R", "CC", ())),
    ],
)
def test_what_could_mean_two_things_says_nothing(text: str, parsed: tuple[str, str, tuple[str, ...]]):
    assert parse_label(text) == parsed


SUFFIXES = sorted(set(MODIFIERS.values()) - {"M", "S"})


@given(
    side=st.sampled_from("RL"),
    prefix=st.sampled_from(["", "M", "S", "MS"]),
    view=st.sampled_from(sorted(set(VIEWS.values()) - {"SPECIMEN", "XCC"})),
    suffix=st.sampled_from(["", *SUFFIXES]),
    gap=st.sampled_from(["", " ", "-", "_", " - "]),
    lower=st.booleans(),
)
def test_every_label_of_the_standard_comes_back(side, prefix, view, suffix, gap, lower):
    text = gap.join(part for part in (side, prefix, view, suffix) if part)
    found = parse_label(text.lower() if lower else text)
    assert found == (side, view, tuple(prefix) + ((suffix,) if suffix else ()))


@given(st.text(max_size=64))
def test_any_text_is_read_without_fault(text):
    assert parse_label(text).side in ("", "R", "L")
