"""True size of a pixel and how it is known: docs/domain.md, true size; PS3.3 10.7.1."""

from __future__ import annotations

import math
from collections.abc import Callable

from annotator.imaging.facts import Facts
from annotator.model.geometry import PixelSpacing, SpacingBasis

TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
Macro = Callable[[str], Facts | None]
"""Finds a functional group of a frame by its keyword."""

FRAME_SPACING = ("PixelMeasuresSequence", "FramePixelDataPropertiesSequence", "XRayGeometrySequence")
"""Functional groups that a frame's spacing may come from."""

_SAME_FACTOR = 0.05
"""The breast has some centimetres of depth and the distances are to its support: five parts in a hundred."""
_UNLIKELY_FACTOR = (0.9, 5.0)
_IMPOSSIBLE_FACTOR = (0.01, 100.0)
_POSSIBLE_SIDE_MM = (0.005, 10.0)
"""Half the finest pixel of a magnified specimen to one that shows no breast: beyond it, a number is no length.

Filters of some tenths of a millimetre are as many pixels wide as this allows.
"""


def magnification_factor(facts: Facts, macro: Macro | None = None) -> float | None:
    """Estimated Radiographic Magnification Factor (0018,1114), None when absent or impossible.

    That of a frame's geometry goes before that of the image; `macro` finds it, None looks for none.
    """
    geometry = None if macro is None else macro("XRayGeometrySequence")
    factor = None if geometry is None else geometry.positive("EstimatedRadiographicMagnificationFactor")
    if factor is None:
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


def pixel_spacing(
    facts: Facts, sop_class_uid: str, factor: float | None, macro: Macro | None = None
) -> PixelSpacing | None:
    """Spacing with its basis, the first of these that applies; None when only pixels can be measured.

    1 PixelSpacing with a calibration type, or other than ImagerPixelSpacing; 2 ImagerPixelSpacing by the
    magnification factor; 3 ImagerPixelSpacing by SOD / SID; 4 ImagerPixelSpacing; 5 NominalScannedPixelSpacing;
    6 PixelSpacing. The slices of a stack carry theirs in PixelMeasuresSequence, which goes before all of
    these. `macro` finds a functional group by its keyword; without it, that of the image as a whole.
    """
    macro = facts.group if macro is None else macro
    stored = _pair(facts, "PixelSpacing")
    patient = _of_frame(facts, stored, macro)
    if patient is not None and sop_class_uid == TOMOSYNTHESIS and (patient is not stored):
        # The slices of a reconstructed breast lie in the breast, as far as the reconstruction knows its geometry.
        return PixelSpacing(*patient, SpacingBasis.ESTIMATED_IN_BREAST)
    imager = _imager(facts, macro)
    calibration = facts.text("PixelSpacingCalibrationType").upper()
    if patient is not None and (calibration or (imager is not None and not _same(patient, imager))):
        return PixelSpacing(*patient, _CALIBRATED.get(calibration, SpacingBasis.CALIBRATED))
    if imager is not None:
        demagnified = _demagnification(facts, factor, macro)
        if demagnified is None:
            return PixelSpacing(*imager, SpacingBasis.AT_DETECTOR)
        row, column = (side * demagnified for side in imager)
        if _possible(row, column):
            return PixelSpacing(row, column, SpacingBasis.ESTIMATED_IN_BREAST)
        facts.repairs.append(
            f"Magnified {1 / demagnified:g} times a pixel would be {row:g} × {column:g} mm in the breast, which cannot be; "
            "the magnification was ignored."
        )
        return PixelSpacing(*imager, SpacingBasis.AT_DETECTOR)
    film = _pair(facts, "NominalScannedPixelSpacing")
    if film is not None:
        return PixelSpacing(*film, SpacingBasis.AT_FILM)
    return None if patient is None else PixelSpacing(*patient, SpacingBasis.UNVERIFIED)


_CALIBRATED = {
    "GEOMETRY": SpacingBasis.CALIBRATED_GEOMETRY,
    "FIDUCIAL": SpacingBasis.CALIBRATED_FIDUCIAL,
}


def _of_frame(facts: Facts, stored: tuple[float, float] | None, macro: Macro) -> tuple[float, float] | None:
    """PixelSpacing of the frame, else the image's own."""
    measures = macro("PixelMeasuresSequence")
    measured = None if measures is None else _pair(measures, "PixelSpacing")
    if measured is None:
        return stored
    if stored is not None and not _same(stored, measured):
        facts.repairs.append(
            "PixelSpacing of the image and of its frames differ; that of the frames was used."
        )
    return measured


def _imager(facts: Facts, macro: Macro) -> tuple[float, float] | None:
    properties = macro("FramePixelDataPropertiesSequence")
    found = None if properties is None else _pair(properties, "ImagerPixelSpacing")
    return found or _pair(facts, "ImagerPixelSpacing")


def _demagnification(facts: Facts, factor: float | None, macro: Macro) -> float | None:
    """What a length at the detector is multiplied by to be one in the breast; None when not known."""
    by_distance = _by_distance(facts, macro("XRayGeometrySequence"))
    if factor is None:
        return by_distance
    if by_distance is not None and not math.isclose(1 / factor, by_distance, rel_tol=_SAME_FACTOR):
        facts.repairs.append(
            f"The magnification factor is {factor:g} and the distances say {1 / by_distance:.3g}; "
            "the factor was used."
        )
    return 1 / factor


def _by_distance(facts: Facts, geometry: Facts | None) -> float | None:
    """Distance source to patient over distance source to detector (SOD / SID)."""

    def distance(keyword: str) -> float | None:
        own = None if geometry is None else geometry.positive(keyword)
        return own or facts.positive(keyword)

    to_patient, to_detector = distance("DistanceSourceToPatient"), distance("DistanceSourceToDetector")
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
    if len(sides) == 2 and _possible(*sides):
        return sides[0], sides[1]
    if sides:
        shown = "\\".join(f"{s:g}" for s in sides)
        facts.repairs.append(f"{keyword} is {shown}, which is not a spacing, and was ignored.")
    return None


def _possible(row: float, column: float) -> bool:
    low, high = _POSSIBLE_SIDE_MM
    return low <= min(row, column) and max(row, column) <= high


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(math.isclose(x, y, rel_tol=1e-4) for x, y in zip(a, b, strict=True))
