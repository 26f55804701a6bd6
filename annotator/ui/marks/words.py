"""A mark and its size in words."""

from __future__ import annotations

from annotator.model.geometry import mm_digits
from annotator.model.mark import Mark, SpotMeasurement


def size_words(measured: SpotMeasurement | None) -> str:
    """The diameter with its uncertainty, of a linear piece length and width, and the word for the spacing.

    In pixels where the spacing is unknown.
    """
    if measured is None:
        return "not measured"
    known = measured.basis is not None and measured.size_mm is not None
    how_known = str(measured.basis) if known else "pixel size unknown"
    if measured.is_linear:
        length, width, unit = _sides(measured)
        return f"length {length} × width {width} {unit}, {how_known}"
    if not known:
        unsure = f" ± {measured.uncertainty_px:.1f}" if measured.uncertainty_px else ""
        return f"diameter {measured.diameter_px:.1f}{unsure} px, {how_known}"
    unsure = f" ± {measured.uncertainty_mm:.2f}" if measured.uncertainty_mm else ""
    return f"diameter {measured.diameter_mm:.2f}{unsure} mm, {how_known}"


def _sides(measured: SpotMeasurement) -> tuple[str, str, str]:
    """Length and width of a linear piece, and their unit."""
    if measured.length_mm is None or measured.width_mm is None or measured.basis is None:
        return f"{measured.length_px:.1f}", f"{measured.width_px:.1f}", "px"
    return mm_digits(measured.length_mm), f"{measured.width_mm:.2f}", "mm"


def mark_words(mark: Mark) -> str:
    """What the reader calls a mark, and how large it was measured."""
    return f"{mark.kind}calcification, {size_words(mark.measurement)}"


def short_words(mark: Mark, label: str) -> str:
    """What stands beside a mark under the pointer: its finding and its size, as far as it was measured."""
    measured = mark.measurement
    if measured is None:
        return label
    known = measured.basis is not None and measured.size_mm is not None
    if measured.is_linear:
        length, width, unit = _sides(measured)
        size = f"{length} × {width} {unit}"
    else:
        size = f"{measured.diameter_mm:.2f} mm" if known else f"{measured.diameter_px:.1f} px"
    return f"{label}  {size} {measured.basis}" if known else f"{label}  {size}"
