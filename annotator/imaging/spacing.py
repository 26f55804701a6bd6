"""True size of a pixel and how it is known: docs/domain.md, true size; PS3.3 10.7.1."""

from __future__ import annotations

import math

from annotator.imaging.facts import Facts
from annotator.model.geometry import PixelSpacing, SpacingBasis

TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
_UNLIKELY_FACTOR = (0.9, 5.0)
_IMPOSSIBLE_FACTOR = (0.01, 100.0)
_POSSIBLE_SIDE_MM = (1e-4, 100.0)
"""A hundredth of the finest film scanner's pixel to more than a breast: beyond it, a number is no length."""


def magnification_factor(facts: Facts) -> float | None:
    """Estimated Radiographic Magnification Factor (0018,1114), None when absent or impossible."""
    factor = facts.positive("EstimatedRadiographicMagnificationFactor")
    low, high = _IMPOSSIBLE_FACTOR
    if factor is not None and not low <= factor <= high:
        facts.repairs.append(
            f"EstimatedRadiographicMagnificationFactor is {factor:g}, which cannot be, and was ignored."
        )
        return None
    low, high = _UNLIKELY_FACTOR
    if factor is not None and not low <= factor <= high:
        facts.repairs.append(
            f"EstimatedRadiographicMagnificationFactor is {factor:g}, which is unlikely; sizes may be wrong."
        )
    return factor


def pixel_spacing(facts: Facts, sop_class_uid: str, factor: float | None) -> PixelSpacing | None:
    """Spacing with its basis, the first of these that applies; None when only pixels can be measured.

    1 PixelSpacing with a calibration type, or other than ImagerPixelSpacing; 2 ImagerPixelSpacing by the
    magnification factor; 3 ImagerPixelSpacing by SOD / SID; 4 ImagerPixelSpacing; 5 NominalScannedPixelSpacing;
    6 PixelSpacing. Frames of a stack carry theirs in PixelMeasuresSequence.
    """
    patient = _pair(facts, "PixelSpacing")
    imager = _pair(facts, "ImagerPixelSpacing")
    calibration = facts.text("PixelSpacingCalibrationType").upper()
    if patient is not None and (calibration or (imager is not None and not _same(patient, imager))):
        return PixelSpacing(*patient, _CALIBRATED.get(calibration, SpacingBasis.CALIBRATED))
    if imager is not None:
        demagnified = _demagnification(facts, factor)
        if demagnified is None:
            return PixelSpacing(*imager, SpacingBasis.AT_DETECTOR)
        row, column = (side * demagnified for side in imager)
        return PixelSpacing(row, column, SpacingBasis.ESTIMATED_IN_BREAST)
    film = _pair(facts, "NominalScannedPixelSpacing")
    if film is not None:
        return PixelSpacing(*film, SpacingBasis.AT_FILM)
    if patient is not None:
        return PixelSpacing(*patient, SpacingBasis.UNVERIFIED)
    return _of_frames(facts, sop_class_uid)


_CALIBRATED = {
    "GEOMETRY": SpacingBasis.CALIBRATED_GEOMETRY,
    "FIDUCIAL": SpacingBasis.CALIBRATED_FIDUCIAL,
}


def _of_frames(facts: Facts, sop_class_uid: str) -> PixelSpacing | None:
    measures = facts.group("PixelMeasuresSequence")
    sides = _pair(measures, "PixelSpacing") if measures is not None else None
    if sides is None:
        return None
    # The slices of a reconstructed breast lie in the breast, as far as the reconstruction knows its geometry.
    in_breast = sop_class_uid == TOMOSYNTHESIS
    basis = SpacingBasis.ESTIMATED_IN_BREAST if in_breast else SpacingBasis.UNVERIFIED
    return PixelSpacing(*sides, basis)


def _demagnification(facts: Facts, factor: float | None) -> float | None:
    """What a length at the detector is multiplied by to be one in the breast; None when not known."""
    if factor is not None:
        return 1 / factor
    to_patient = facts.positive("DistanceSourceToPatient")
    to_detector = facts.positive("DistanceSourceToDetector")
    if to_patient is None or to_detector is None:
        return None
    if not _IMPOSSIBLE_FACTOR[0] * to_detector <= to_patient <= to_detector:
        facts.repairs.append(
            f"DistanceSourceToPatient {to_patient:g} does not go with DistanceSourceToDetector {to_detector:g}; "
            "both were ignored."
        )
        return None
    return to_patient / to_detector


def _pair(facts: Facts, keyword: str) -> tuple[float, float] | None:
    """(row, column) spacing in mm, None unless both can be the side of a pixel."""
    if not facts.texts(keyword):
        return None
    sides = facts.numbers(keyword)
    low, high = _POSSIBLE_SIDE_MM
    if len(sides) == 2 and low <= min(sides) and max(sides) <= high:
        return sides[0], sides[1]
    if sides:
        shown = "\\".join(f"{s:g}" for s in sides)
        facts.repairs.append(f"{keyword} is {shown}, which is not a spacing, and was ignored.")
    return None


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(math.isclose(x, y, rel_tol=1e-4) for x, y in zip(a, b, strict=True))
