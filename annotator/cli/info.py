"""`annotator info`: what is in files and folders, bad ones with their reason."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible

if TYPE_CHECKING:
    from annotator.imaging.rejected import Rejected
    from annotator.model.image import ImageInfo

_COLUMNS = "{:<8} {:<11} {:>11} {:>4} {:>4}  {:<32} {}"


@dataclass(frozen=True)
class Row:
    """One file as `--json` shows it; a file that cannot be read has only its path and its error."""

    path: str
    readable: bool
    error: str | None = None
    repairs: tuple[str, ...] = ()
    kind: str | None = None
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    modality: str | None = None
    intent: str | None = None
    laterality: str | None = None
    laterality_source: str | None = None
    view: str | None = None
    view_modifiers: tuple[str, ...] = ()
    view_source: str | None = None
    label: str | None = None
    patient_orientation: tuple[str, str] | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None
    bits_stored: int | None = None
    bits_allocated: int | None = None
    signed: bool | None = None
    photometric: str | None = None
    transfer_syntax_uid: str | None = None
    lossy: bool | None = None
    implant: bool | None = None
    partial_view: bool | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_basis: str | None = None
    magnification_factor: float | None = None
    padding: tuple[int, int] | None = None
    alternatives: tuple[str, ...] = ()
    windows: tuple[dict[str, Any], ...] = ()
    voi_luts: tuple[dict[str, Any], ...] = ()
    pixel_sha256: str | None = None


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `info`."""
    parser = subparsers.add_parser(
        "info",
        parents=[common],
        help="what is in files and folders, bad ones with their reason",
        description="One row for every file that is DICOM or claims to be. Exit status 1 when one cannot be read.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, folder, DICOMDIR or ZIP")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders within folders too")
    parser.add_argument("--pixels", action="store_true", help="decode every frame and hash the values")
    parser.add_argument("--json", action="store_true", help="one JSON object a file and line")
    parser.set_defaults(run=run_info)


def run_info(args: argparse.Namespace) -> int:
    """Print one row a file as it is found; 1 when any of them could not be read."""
    from annotator.imaging.collection import scan
    from annotator.imaging.rejected import Rejected

    if not args.json:
        print(_COLUMNS.format("label", "modality", "pixels", "frm", "bits", "spacing", "file"))
    found_any = failed = False
    for found in scan(args.paths, recursive=args.recursive):
        row = _bad_row(found) if isinstance(found, Rejected) else _row(found, pixels=args.pixels)
        found_any = True
        failed |= not row.readable
        if args.json:
            print_json(asdict(row))
        else:
            print(_line(row), flush=True)
    if not found_any:
        hint = "" if args.recursive else "; give -r to look into folders within folders"
        print(f"no DICOM file was found{hint}", file=sys.stderr)
    return 1 if failed or not found_any else 0


def _bad_row(rejected: Rejected) -> Row:
    from annotator.imaging.archive import shown_path

    return Row(str(shown_path(rejected.path)), readable=False, error=rejected.reason)


def _row(info: ImageInfo, *, pixels: bool) -> Row:
    from annotator.errors import UnreadableImage
    from annotator.imaging.archive import shown_path

    row = Row(str(shown_path(info.path)), readable=True, repairs=info.repairs, **_facts(info))
    if not pixels:
        return row
    try:
        digest, repairs = _decoded(info)
    except UnreadableImage as error:
        return replace(row, readable=False, error=error.reason)
    return replace(row, repairs=repairs, pixel_sha256=digest)


def _decoded(info: ImageInfo) -> tuple[str, tuple[str, ...]]:
    """SHA-256 of the stored values of all frames as little-endian uint16, and all that was mended."""
    from hashlib import sha256

    from annotator.imaging.dicom_file import read_image

    mammogram = read_image(info.path)
    digest = sha256()
    for number in range(1, mammogram.info.frames + 1):
        digest.update(mammogram.frame(number).astype("<u2", copy=False).tobytes())
    return digest.hexdigest(), tuple(dict.fromkeys((*info.repairs, *mammogram.info.repairs)))


def _facts(info: ImageInfo) -> dict[str, Any]:
    from annotator.imaging.header import MAMMOGRAPHY_CLASSES
    from annotator.model.image import Window, voi_names

    spacing = info.spacing
    return {
        "kind": MAMMOGRAPHY_CLASSES.get(info.sop_class_uid, "not a mammography object"),
        **{name: getattr(info, name) for name in _SAME_NAME},
        "intent": info.intent,
        "laterality": info.laterality,
        "laterality_source": info.laterality_source or None,
        "view": info.view.name,
        "view_modifiers": info.view.modifiers,
        "view_source": info.view.source or None,
        "spacing_mm": None if spacing is None else (spacing.row_mm, spacing.column_mm),
        "spacing_basis": None if spacing is None else spacing.basis,
        "magnification_factor": info.technique.magnification_factor,
        "padding": None if info.padding is None else (info.padding.low, info.padding.high),
        "alternatives": voi_names(info.voi),
        "windows": tuple(
            {"name": v.name, "center": v.center, "width": v.width, "function": v.function}
            for v in info.voi
            if isinstance(v, Window)
        ),
        "voi_luts": tuple(
            {"name": v.name, "first": v.first, "entries": len(v.data) // 2, "bits": v.bits}
            for v in info.voi
            if not isinstance(v, Window)
        ),
    }


_SAME_NAME = (
    "sop_class_uid",
    "sop_instance_uid",
    "study_instance_uid",
    "series_instance_uid",
    "modality",
    "label",
    "patient_orientation",
    "rows",
    "columns",
    "frames",
    "bits_stored",
    "bits_allocated",
    "signed",
    "photometric",
    "transfer_syntax_uid",
    "lossy",
    "implant",
    "partial_view",
)


def _line(row: Row) -> str:
    if not row.readable:
        return visible(f"{'-':<8} {row.path}: {row.error}")
    spacing = "pixels only"
    if row.spacing_mm is not None:
        sides = " x ".join(f"{s:.4g}" for s in dict.fromkeys(row.spacing_mm))
        spacing = f"{sides} mm {row.spacing_basis}"
    size = f"{row.columns} x {row.rows}"
    first = _COLUMNS.format(
        row.label or "-", row.modality or "-", size, row.frames, row.bits_stored, spacing, row.path
    )
    return "\n".join(map(visible, (first, *(f"{'':<8} {repair}" for repair in row.repairs))))
