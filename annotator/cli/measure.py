"""`annotator measure`: the bright spots nearest to given places, as a click in the window measures them."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json

if TYPE_CHECKING:
    from annotator.analysis.spots.snapping import SpotResult
    from annotator.imaging.dicom_file import Mammogram
    from annotator.model.geometry import ImagePoint
    from annotator.model.mark import SpotMeasurement
    from annotator.settings import Settings

_PLACES = {
    "column": 2,
    "row": 2,
    "diameter_mm": 3,
    "diameter_px": 2,
    "uncertainty_mm": 3,
    "uncertainty_px": 2,
    "major_mm": 3,
    "minor_mm": 3,
    "orientation_deg": 0,
    "circularity": 2,
    "contrast": 1,
    "cnr": 1,
    "level": 2,
    "length_mm": 3,
    "length_px": 2,
    "width_mm": 3,
    "width_px": 2,
}
_LEVELS = (0.30, 0.78)


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "measure",
        parents=[common],
        help="the bright spots nearest to given places",
        description="Measure the bright spot nearest to each place, as a click there in the window does.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a DICOM image")
    parser.add_argument(
        "--at",
        metavar="COL,ROW",
        type=place,
        action="append",
        required=True,
        help="a place in the stored image, 0,0 the outer corner of its first pixel; may be given again",
    )
    parser.add_argument("--frame", metavar="N", type=int, default=1, help="frame number, from 1 (default 1)")
    parser.add_argument(
        "--choice",
        metavar="K",
        type=int,
        default=1,
        help="the K-th likeliest of the spots that could be meant at each place, from 1 (default 1)",
    )
    parser.add_argument(
        "--level",
        metavar="L",
        type=float,
        help="take the outline at this share of the spot's height, 0.30 to 0.78 (default: where it is steepest)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of sentences")
    parser.set_defaults(run=run_measure)


def run_measure(arguments: argparse.Namespace) -> int:
    """Answer for every place; 0 when all were answered, be it that there is no spot."""
    from annotator.imaging.dicom_file import read_image
    from annotator.settings import load_settings

    settings = load_settings(arguments.settings)
    image = read_image(arguments.file)
    _check(arguments, image)
    answers = [(at, _measured(image, at, arguments, settings)) for at in arguments.at]
    if arguments.json:
        spots = [_as_json(at, result) for at, result in answers]
        print_json({"path": str(arguments.file), "frame": arguments.frame, "spots": spots})
    else:
        print("\n".join(_in_words(at, result) for at, result in answers))
    return 0


def _check(arguments: argparse.Namespace, image: Mammogram) -> None:
    """Refuse a call that the file cannot answer."""
    from annotator.errors import CallError

    info = image.info
    if not 1 <= arguments.frame <= info.frames:
        raise CallError(f"{arguments.file}: there is no frame {arguments.frame}; it has 1 to {info.frames}")
    for column, row in arguments.at:
        if not (0 <= column < info.columns and 0 <= row < info.rows):
            raise CallError(
                f"--at {column:g},{row:g} lies outside the image of {info.columns} x {info.rows} pixels; "
                "give the column first, then the row"
            )
    if arguments.choice < 1:
        raise CallError(f"--choice {arguments.choice}: spots are counted from 1, the likeliest.")
    low, high = _LEVELS
    if arguments.level is not None and not low <= arguments.level <= high:
        raise CallError(f"--level {arguments.level:g}: give a share of the height, {low} to {high}.")


def _measured(
    image: Mammogram, at: tuple[float, float], arguments: argparse.Namespace, settings: Settings
) -> SpotResult:
    """The spot that is meant at one place; refused where fewer than the one asked for could be meant."""
    from annotator.analysis.spots.snapping import SpotResult, measure_spot
    from annotator.model.geometry import ImagePoint

    result = measure_spot(
        image.frame(arguments.frame),
        ImagePoint(*at),
        spacing=image.info_of(arguments.frame).spacing,
        inverse=image.info.inverse,
        padding=image.info.padding,
        micro_below_mm=settings.micro_below_mm,
        macro_above_mm=settings.macro_above_mm,
        choice=arguments.choice - 1,
        level=arguments.level,
    )
    if result.found and arguments.choice > result.choices:
        number = f"only {result.choices} spots" if result.choices > 1 else "only one spot"
        return SpotResult(False, f"{number} could be meant here", None, None, result.choices)
    return result


def _as_json(at: tuple[float, float], result: SpotResult) -> dict[str, Any]:
    """One object per place, always with the same keys; null where nothing was found or is not known."""
    found = result.measurement
    numbers: dict[str, Any] = dict.fromkeys(_PLACES)
    if found is not None:
        values = {name: getattr(found, name, None) for name in _PLACES}
        values |= {"column": found.center.column, "row": found.center.row}
        numbers = {name: _rounded(value, _PLACES[name]) for name, value in values.items()}
    return {
        "at": list(at),
        "found": result.found,
        "reason": result.reason,
        "choices": result.choices,
        **numbers,
        "basis": found.basis if found is not None else None,
        "outline": _corners(found.outline if found is not None else ()),
        "axis": _corners(found.axis if found is not None else ()),
        "proposal": result.proposal,
    }


def _corners(points: Iterable[ImagePoint]) -> list[list[float]]:
    return [[round(point.column, 2), round(point.row, 2)] for point in points]


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places or None)


def _in_words(at: tuple[float, float], result: SpotResult) -> str:
    place = f"{at[0]:g},{at[1]:g}"
    spot = result.measurement
    if spot is None:
        return f"{place}: {result.reason}"
    words = f"{place}: spot at {spot.center.column:.1f},{spot.center.row:.1f}, {_size(spot)}, contrast {spot.cnr:.0f} × noise"
    return f"{words}, proposed as {result.proposal}" if result.proposal else words


def _size(spot: SpotMeasurement) -> str:
    """The diameter with its uncertainty; of a linear piece length and width."""
    basis = f"mm {spot.basis}" if spot.basis is not None else "pixels (the file tells no spacing)"
    length, width = spot.length_px, spot.width_px
    if spot.basis is not None:
        length, width = spot.length_mm, spot.width_mm
    if length is not None and width is not None:
        return f"linear, {length:.2f} × {width:.2f} {basis}"
    if spot.diameter_mm is None or spot.uncertainty_mm is None:
        return f"{spot.diameter_px:.1f} ± {spot.uncertainty_px:.1f} {basis}"
    return f"{spot.diameter_mm:.2f} ± {spot.uncertainty_mm:.2f} {basis}"


def place(words: str) -> tuple[float, float]:
    try:
        column, row = (float(part) for part in words.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is not COL,ROW, e.g. 1906,1541") from None
    if not (math.isfinite(column) and math.isfinite(row)):
        raise argparse.ArgumentTypeError(f"{words!r} is not a place; both numbers are finite")
    return column, row
