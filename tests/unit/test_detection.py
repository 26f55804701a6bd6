"""What candidates come to, and which images they are looked for on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.detection import candidates_of, clusters_of, why_not
from annotator.errors import UnreadableImage
from annotator.model.candidate import Candidate, CandidateHint
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis
from annotator.model.image import ImageInfo, ImageKey, View

SPACING = PixelSpacing(0.1, 0.05, SpacingBasis.AT_DETECTOR)
MAMMOGRAM = ImageInfo(
    path=Path("image.dcm"),
    sop_class_uid="1.2.840.10008.5.1.4.1.1.1.2",
    sop_instance_uid="1.2",
    rows=300,
    columns=400,
    modality="MG",
)


def at(*places: tuple[float, float], hint: CandidateHint | None = None, first: int = 0) -> list[Candidate]:
    """Candidates at places in millimetres."""
    return [
        Candidate(f"{first + n}", ImageKey("1.2"), ImagePoint(x / 0.05, y / 0.1), 0.9, 4.0, 0.3, hint)
        for n, (x, y) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7"}, ""),
        ({"modality": ""}, ""),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7", "modality": ""}, "tells no modality"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.2", "modality": "CT"}, "modality is CT"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.13.1.5"}, "projections"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "localizer")}, "localizer"),
        ({"view": View("SPECIMEN")}, "specimen"),
        ({"spacing": SPACING}, ""),
        ({"spacing": PixelSpacing(1.0, 1.0, SpacingBasis.AT_DETECTOR)}, "1 x 1 mm"),
        ({"spacing": PixelSpacing(0.005, 0.005, SpacingBasis.AT_DETECTOR)}, "0.005 x 0.005 mm"),
        ({"spacing": PixelSpacing(0.02, 0.4, SpacingBasis.AT_DETECTOR)}, "0.02 x 0.4 mm"),
    ],
)
def test_only_breasts_are_looked_at(facts: dict, said: str) -> None:
    info = replace(MAMMOGRAM, **facts)
    assert bool(why_not(info)) == bool(said)
    assert said in why_not(info)
    if said:
        with pytest.raises(UnreadableImage, match=said):
            candidates_of(info, lambda _: np.zeros((300, 400), np.uint16))


def test_those_within_a_centimetre_are_a_cluster_the_largest_first() -> None:
    near = at((10, 10), (18, 10), (26, 10))
    more = at((60, 60), (62, 60), (64, 60), (66, 60), first=10)
    lone = at((100, 100), (130, 100), first=20)
    large, small = clusters_of(near + more + lone, SPACING)
    assert [set(large.ids), set(small.ids)] == [{c.id for c in more}, {c.id for c in near}]
    assert small.facts.extent_mm == pytest.approx(16)
    assert small.facts.basis is SpacingBasis.AT_DETECTOR
    assert small.hint.because


def test_pieces_of_an_artery_and_skin_make_no_cluster() -> None:
    spots = at((10, 10), (12, 10), (14, 10))
    for hint in (CandidateHint.ARTERY, CandidateHint.SKIN):
        assert clusters_of([replace(spot, hint=hint) for spot in spots], SPACING) == ()
        assert clusters_of([*spots[:2], replace(spots[2], hint=hint)], SPACING) == ()
    assert len(clusters_of([replace(spot, hint=CandidateHint.RIM) for spot in spots], SPACING)) == 1


def test_without_millimetres_or_candidates_there_are_no_clusters() -> None:
    assert clusters_of(at((10, 10), (12, 10), (14, 10)), None) == ()
    assert clusters_of([], SPACING) == ()
