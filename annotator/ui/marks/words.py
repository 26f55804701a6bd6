"""A mark and its size in words."""

from __future__ import annotations

from annotator.model.mark import Mark, SpotMeasurement


def size_words(measured: SpotMeasurement | None) -> str:
    """The diameter with its uncertainty and the word for its spacing; in pixels where that is unknown."""
    if measured is None:
        return "not measured"
    if measured.diameter_mm is None or measured.basis is None:
        unsure = f" ± {measured.uncertainty_px:.1f}" if measured.uncertainty_px else ""
        return f"diameter {measured.diameter_px:.1f}{unsure} px, pixel size unknown"
    unsure = f" ± {measured.uncertainty_mm:.2f}" if measured.uncertainty_mm else ""
    return f"diameter {measured.diameter_mm:.2f}{unsure} mm, {measured.basis}"


def mark_words(mark: Mark) -> str:
    """What the reader calls a mark, and how large it was measured."""
    return f"{mark.kind}calcification, {size_words(mark.measurement)}"


def short_words(mark: Mark, label: str) -> str:
    """What stands beside a mark under the pointer: its finding and its diameter, as far as it was measured."""
    measured = mark.measurement
    if measured is None:
        return label
    if measured.diameter_mm is None or measured.basis is None:
        return f"{label}  {measured.diameter_px:.1f} px"
    return f"{label}  {measured.diameter_mm:.2f} mm {measured.basis}"
