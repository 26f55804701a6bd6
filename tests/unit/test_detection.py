"""What candidates come to, and which images they are looked for on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.analysis.spots.snapping import measure_spot
from annotator.detection import candidates_of, clusters_of, pectoral_of, why_not
from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import open_image
from annotator.model.candidate import Candidate, CandidateHint
from annotator.model.geometry import ImagePoint, PixelSpacing, SpacingBasis, contains
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
        ({"spacing": PixelSpacing(1.0, 1.0, SpacingBasis.AT_DETECTOR)}, "1 × 1 mm"),
        ({"spacing": PixelSpacing(0.005, 0.005, SpacingBasis.AT_DETECTOR)}, "0.005 × 0.005 mm"),
        ({"spacing": PixelSpacing(0.02, 0.4, SpacingBasis.AT_DETECTOR)}, "0.02 × 0.4 mm"),
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


def with_specks(frame: np.ndarray, *places: tuple[int, int]) -> np.ndarray:
    """The frame with a bright round speck of 0.3 mm at each (column, row); parts beyond its edge are cut off."""
    made = frame.astype(np.float64)
    down, across = np.indices(frame.shape, sparse=True)
    for column, row in places:
        away = (across - column) ** 2 + (down - row) ** 2
        made += 0.35 * np.ptp(frame) * np.exp(-away / (2 * 1.8**2))
    return np.clip(made, 0, frame.max()).astype(frame.dtype)


@pytest.fixture(scope="module")
def oblique(sample_dicoms: Path):
    image = open_image(sample_dicoms / "screening" / "LMLO.dcm")
    specks = with_specks(image.frame(1), (150, 300), (700, 1500), (0, 2400), (0, 500))
    return image.info, specks, candidates_of(image.info, lambda _: specks).candidates


def nearest(candidates: tuple[Candidate, ...], column: float, row: float) -> Candidate:
    one = min(candidates, key=lambda c: np.hypot(c.point.column - column, c.point.row - row))
    assert np.hypot(one.point.column - column, one.point.row - row) < 4
    return one


def test_a_candidate_in_the_pectoral_muscle_of_an_oblique_view_is_told_to_lie_there(oblique) -> None:
    _, _, found = oblique
    assert nearest(found, 150, 300).in_pectoral
    assert not nearest(found, 700, 1500).in_pectoral


def test_the_muscle_is_looked_for_on_oblique_and_side_views_alone_and_on_either_side(
    sample_dicoms: Path,
) -> None:
    regions = {}
    for name in ("LMLO", "RMLO", "LCC"):
        image = open_image(sample_dicoms / "screening" / f"{name}.dcm")
        regions[name] = pectoral_of(image.info, image.frame(1))
    assert regions["LCC"] == ()
    left, right = regions["LMLO"], regions["RMLO"]
    columns = image.info.columns
    assert contains(left, ImagePoint(100, 300))
    assert not contains(left, ImagePoint(columns - 100, 300))
    assert contains(right, ImagePoint(columns - 100, 300))
    assert not contains(right, ImagePoint(100, 300))


def test_candidates_on_the_very_edge_of_an_image_can_be_measured(oblique) -> None:
    info, frame, found = oblique
    assert all(0.5 <= c.point.column <= info.columns - 0.5 for c in found)
    assert all(0.5 <= c.point.row <= info.rows - 0.5 for c in found)
    for row in (2400, 500):
        at = nearest(found, 0, row).point
        measure_spot(frame, at, spacing=info.spacing, inverse=info.inverse, padding=info.padding)
