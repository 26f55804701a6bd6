"""`annotator render`: an image as a viewport of that size would show it, as PNG."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotator.model.geometry import Orientation, ViewTransform
    from annotator.model.image import ImageInfo, Voi

DEFAULT_SIZE = (1024, 1280)
FARTHEST = 1_000_000
LARGEST_SIDE = 16384


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "render",
        parents=[common],
        help="an image as a viewport would show it, as PNG",
        description="Write what a viewport of a size shows, turned and windowed as in the window, as PNG.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a DICOM image")
    parser.add_argument("out", metavar="OUT.png", type=Path, help="the picture to write")
    parser.add_argument("--frame", metavar="N", type=int, default=1, help="frame number, from 1 (default 1)")
    parser.add_argument(
        "--window",
        metavar="NAME|N|CENTRE,WIDTH",
        help="a window or table of the file by name or by its place, or numbers of your own",
    )
    parser.add_argument("--size", metavar="WxH", type=_size, help="screen pixels (default 1024x1280)")
    parser.add_argument(
        "--region",
        metavar="COL,ROW,W,H",
        type=_region,
        help="part of the stored image to fill the viewport with; alone, it is shown at 1:1",
    )
    parser.add_argument(
        "--mode", choices=("mean", "speck-true"), default="mean", help="how it is made smaller"
    )
    parser.add_argument("--invert", action="store_true", help="black becomes white; padding stays black")
    parser.set_defaults(run=run_render)


def run_render(arguments: argparse.Namespace) -> int:
    """Write the picture; 0 when done."""
    from dataclasses import replace

    import cv2

    from annotator.errors import CallError, ExportError
    from annotator.exchange.whole_file import write_whole
    from annotator.imaging.air import hung, with_chest_wall
    from annotator.imaging.breast_window import default_voi, flat_air
    from annotator.imaging.dicom_file import read_image
    from annotator.imaging.grayscale import display_lut
    from annotator.imaging.pyramid import levels_of
    from annotator.imaging.render import Mode, render_values, shade

    if arguments.out.suffix.lower() != ".png":
        raise CallError(f"{arguments.out}: the picture is written as PNG; give a name that ends in .png")
    image = read_image(arguments.file)
    frames = image.info.frames
    if not 1 <= arguments.frame <= frames:
        raise CallError(f"{arguments.file}: there is no frame {arguments.frame}; it has 1 to {frames}")
    info, frame = image.info_of(arguments.frame), image.frame(arguments.frame)
    voi = default_voi(info, frame) if arguments.window is None else _window(info, arguments.window)
    levels = levels_of(info, frame)
    info = with_chest_wall(info, levels)
    orientation, _ = hung(info, levels)
    width, height, view = _view(info, orientation, arguments.size, arguments.region)
    shown = replace(info, padding=info.padding or flat_air(info, frame))
    lut = display_lut(shown, voi, invert=arguments.invert)
    values = render_values(levels, view, width, height, Mode(arguments.mode), outside=levels.padding_value)
    written, png = cv2.imencode(".png", shade(values, lut.astype("uint8"), view))
    if not written:
        raise ExportError(f"{arguments.out}: the picture could not be encoded as PNG")
    write_whole(arguments.out, png.tobytes())
    return 0


def _view(
    info: ImageInfo,
    orientation: Orientation,
    size: tuple[int, int] | None,
    region: tuple[float, float, float, float] | None,
) -> tuple[int, int, ViewTransform]:
    """Width, height and view: the whole image as it hangs, or a region."""
    from annotator.errors import CallError
    from annotator.imaging.placement import fit_hung, fit_region

    if region is None:
        width, height = size or DEFAULT_SIZE
        return width, height, fit_hung(info, orientation, width, height)
    column, row, across, down = region
    if column >= info.columns or row >= info.rows or column + across <= 0 or row + down <= 0:
        raise CallError(
            f"the region {column:g},{row:g},{across:g},{down:g} lies outside the image of "
            f"{info.columns} x {info.rows} pixels; it is COL,ROW,W,H of the stored image"
        )
    shown = (down, across) if orientation.transpose else (across, down)
    width, height = size or (max(round(shown[0]), 1), max(round(shown[1]), 1))
    if max(width, height) > LARGEST_SIDE:
        raise CallError(
            f"a picture of {width} x {height} pixels is too large; give a --size up to {LARGEST_SIDE}"
        )
    view = fit_region(info.columns, info.rows, width, height, region, orientation, spacing=info.spacing)
    return width, height, view


def _window(info: ImageInfo, words: str) -> Voi:
    """The alternative of the file that is meant, by name or by its place, else a window of one's own."""
    from annotator.errors import CallError
    from annotator.model.image import Window, voi_names

    names = voi_names(info.voi)
    for voi, name in zip(info.voi, names, strict=True):
        if name.casefold() == words.strip().casefold():
            return voi
    if words.isdecimal() and 1 <= int(words) <= len(info.voi):
        return info.voi[int(words) - 1]
    try:
        center, width = (float(part) for part in words.split(","))
    except ValueError:
        listed = ", ".join(f"{number}: {name}" for number, name in enumerate(names, start=1))
        known = f"the file has {listed}" if names else "the file has no windows"
        raise CallError(
            f"--window {words!r} is neither a window of the file nor CENTRE,WIDTH; {known}"
        ) from None
    if not (abs(center) < float("inf") and 0 < width < float("inf")):
        raise CallError(f"--window {words!r}: the width must be above zero and both numbers finite")
    return Window(center, width)


def _size(words: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in words.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is not WxH, e.g. 1024x1280") from None
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise argparse.ArgumentTypeError(f"width and height are between 1 and {LARGEST_SIDE}")
    return width, height


def _region(words: str) -> tuple[float, float, float, float]:
    try:
        column, row, width, height = (float(part) for part in words.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is not COL,ROW,W,H, e.g. 1200,900,512,512") from None
    if not all(abs(number) < FARTHEST for number in (column, row, width, height)):
        raise argparse.ArgumentTypeError(f"{words!r}: the numbers of a region are below {FARTHEST:,}")
    if width <= 0 or height <= 0:
        raise argparse.ArgumentTypeError(f"{words!r}: width and height of a region are above zero")
    return column, row, width, height
