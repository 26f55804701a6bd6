"""What was measured of a finding, in words: dim, beside what the reader says."""

from __future__ import annotations

from annotator.model.counts import counted
from annotator.model.geometry import mm_digits
from annotator.model.measured import Measured, MeasuredOnImage

_CIRCLE_MM = 10


def side_of(measured: Measured) -> str:
    """The side of the images: "R", "R+L", '' while it is not known."""
    return "+".join(map(str, measured.sides))


def facts_line(measured: Measured) -> str:
    """One line for the list of findings; it has no room for a length with its basis, so it has none."""
    count = counted(measured.count, "mark")
    return " · ".join(part for part in (count, " + ".join(measured.views)) if part)


def measured_line(measured: Measured) -> str:
    """Counts and lengths, each length with the word that says how it is known; '' when there are none."""
    parts = []
    if measured.in_circle is not None and measured.in_circle > 1:
        parts.append(f"{measured.in_circle} within {_CIRCLE_MM} mm")
    if measured.extent is not None:
        parts.append(f"extent {measured.extent}")
    if measured.median is not None:
        parts.append(f"median size {measured.median}")
    if measured.longest is not None:
        parts.append(f"longest piece {measured.longest}")
    return f"measured: {', '.join(parts)}" if parts else ""


def places_line(measured: Measured) -> str:
    """Where the finding lies on each image that tells, and whether that is from an estimated nipple; '' for none."""
    told = [one for one in measured.on_images if one.nipple_distance is not None]
    return " · ".join(f"{one.label}: {_place(one)}" for one in told)


def _place(one: MeasuredOnImage) -> str:
    nipple = "nipple" if one.nipple_placed else "estimated nipple"
    depth = "" if one.depth is None else f"{one.depth} third"
    half = "" if one.half is None else f"{one.half} on the {one.view}"
    length = one.nipple_distance
    away = "" if length is None else f"{mm_digits(length.value)} mm from the {nipple} ({length.basis})"
    return ", ".join(part for part in (away, depth, half) if part)
