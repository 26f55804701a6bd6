"""Grey values beside those of pydicom and DCMTK, pixel by pixel, over every readable file that is named.

Prints the Markdown tables of docs/grey-values.md. Exit status 1 when a single pixel differs.

    python -m benchmarks.grey_values sample_dicoms FOLDER ...
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import Mammogram, read_image
from annotator.imaging.grayscale import display_lut, modality_values, stored_range
from annotator.model.image import ImageInfo, VoiFunction, Window
from benchmarks.grey_cases import write_cases
from benchmarks.grey_peers import (
    DCM2PNM,
    Foretold,
    Setting,
    dcmtk_pixels,
    exact_fraction,
    foretold_dcmtk,
    header_of,
    padded,
    pydicom_fraction,
    pydicom_modality,
    settings_of,
    wraps_in_pydicom,
    write_plain,
)

PADDING = "padding, which the program keeps black and the peer treats as tissue"
DECODER = "lossy file: decoders may differ by one (PS3.5 A.4)"
SHIFTED = "HighBit above BitsStored - 1, where pydicom keeps the lowest bits of a cell (PS3.5 8.1.1)"
WRAPPED = "table of 8 bits whose entries pydicom counts in 8 bits"
CUT = "DCMTK cuts the result, the program rounds it"
BINS = "DCMTK makes equal bins of tables and whole ranges, the last level short"
AS_LINEAR = "LINEAR_EXACT, which DCMTK takes for LINEAR"


@dataclass
class Line:
    """One row of the table: what was compared, and how it came out."""

    files: set[Path] = field(default_factory=set)
    settings: int = 0
    pixels: int = 0
    differences: int = 0


@dataclass
class Tally:
    """All rows, and what the peers do otherwise: reason -> pixels."""

    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    read: set[Path] = field(default_factory=set)
    unreadable: int = 0

    def add(self, peer: str, what: str, path: Path, pixels: int, differences: int, words: str = "") -> None:
        line = self.lines.setdefault((peer, what), Line())
        line.files.add(path)
        line.settings += 1
        line.pixels += pixels
        line.differences += differences
        if differences:
            self.where.append(f"{path.name} {words}: {differences} pixels of {what} differ from {peer}")

    @property
    def differences(self) -> int:
        return sum(line.differences for line in self.lines.values())


def compare(
    paths: Iterable[Path], tally: Tally, *, dcmtk_bits: Sequence[int] = (8, 16), most_frames: int = 1 << 16
) -> None:
    """Every setting of every file, on up to `most_frames` frames spread over a stack.

    `dcmtk_bits` are the depths in which DCMTK is asked; none leaves it out.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            try:
                image = read_image(path)
            except UnreadableImage:
                tally.unreadable += 1
                continue
            tally.read.add(path)
            cells = _stored_by_pydicom(path)
            count = min(image.info.frames, most_frames)
            for number in sorted({int(n) for n in np.linspace(1, image.info.frames, count)}):
                _compare_frame(image, number, cells, tally, Path(folder), dcmtk_bits)


def _compare_frame(
    image: Mammogram,
    number: int,
    cells: NDArray[Any] | None,
    tally: Tally,
    folder: Path,
    dcmtk_bits: Sequence[int],
) -> None:
    info, frame, path = image.info_of(number), image.frame(number), image.info.path
    if cells is not None:
        _compare_stored(info, frame, cells[number - 1], tally)
    header = header_of(path, number)
    modality = pydicom_modality(frame, header)
    wrong = np.count_nonzero(modality != modality_values(info, frame))
    tally.add("pydicom", "modality values", path, frame.size, int(wrong))
    index = frame.astype(np.int64) - stored_range(info)[0]
    plain = folder / "plain.dcm"
    if dcmtk_bits:
        write_plain(plain, header, frame)
    for setting in settings_of(info):
        _check_formula(info, setting, tally)
        _compare_pydicom(info, setting, index, modality, header, tally)
        for bits in dcmtk_bits:
            _compare_dcmtk(info, setting, index, plain, tally, bits)


def _compare_stored(info: ImageInfo, frame: NDArray[Any], theirs: NDArray[Any], tally: Tally) -> None:
    apart = frame.astype(np.int32) - theirs
    wrong = int(np.count_nonzero(apart))
    if wrong and info.high_bit != info.bits_stored - 1:
        shifted = (
            frame.astype(np.int32) << (info.high_bit + 1 - info.bits_stored) & (1 << info.bits_stored) - 1
        )
        tally.reasons["pydicom", SHIFTED] += wrong
        wrong = int(np.count_nonzero(shifted - theirs))
    elif wrong and info.lossy and np.abs(apart).max() <= 1:
        tally.reasons["pydicom", DECODER] += wrong
        wrong = 0
    tally.add("pydicom", "stored values", info.path, frame.size, wrong)


def _compare_pydicom(
    info: ImageInfo,
    setting: Setting,
    index: NDArray[Any],
    modality: NDArray[Any],
    header: pydicom.Dataset,
    tally: Tally,
) -> None:
    theirs = pydicom_fraction(modality, header, info, setting)
    if theirs is None:
        return
    shown = ~padded(info)[index]
    for levels in (256, 65536):
        ours = _by_value(info, setting, levels)[index]
        exact = theirs * (levels - 1) + 0.5
        found = np.floor(exact)
        on_the_edge = np.abs(exact - np.round(exact)) < 1e-6
        wrong = (found != ours) & ~on_the_edge
        if levels == 256:
            tally.reasons["pydicom", PADDING] += int(np.count_nonzero(wrong & ~shown))
        wrong &= shown
        count = int(np.count_nonzero(wrong))
        if count and wraps_in_pydicom(setting.voi):
            tally.reasons["pydicom", WRAPPED] += count if levels == 256 else 0
            count = 0
        what = f"{levels.bit_length() - 1} bits{', inverted' if setting.invert else ''}"
        tally.add("pydicom", what, info.path, index.size, count, setting.words)


def _compare_dcmtk(
    info: ImageInfo, setting: Setting, index: NDArray[Any], plain: Path, tally: Tally, bits: int
) -> None:
    shown = dcmtk_pixels(plain, setting, bits=bits)
    if shown is None:
        return
    wrong = foretold_dcmtk(info, setting, bits=bits).misses(index, shown)
    what = f"{bits} bits{', inverted' if setting.invert else ''}"
    tally.add("DCMTK", what, info.path, index.size, wrong, setting.words)
    if bits == 8:
        _explain(info, setting, index, shown, tally)


def _check_formula(info: ImageInfo, setting: Setting, tally: Tally) -> None:
    """The table that the program shows with is the exact value rounded to the nearest level; padding is 0."""
    fraction, padding = exact_fraction(info, setting), padded(info)
    if info.inverse != setting.invert:
        fraction = 1.0 - fraction
    ours, nearest = _by_value(info, setting, 256), Foretold.nearest(fraction * 255)
    right = np.where(padding, ours == 0, (ours == nearest.low) | (ours == nearest.high))
    wrong = int(np.count_nonzero(~right))
    tally.add("own formula", "tables of 8 bits", info.path, ours.size, wrong, setting.words)


def _explain(
    info: ImageInfo, setting: Setting, index: NDArray[Any], shown: NDArray[Any], tally: Tally
) -> None:
    """Why the levels on the program's screen are not those of DCMTK."""
    padding = padded(info)[index]
    apart = _by_value(info, setting, 256)[index] != shown
    tally.reasons["DCMTK", PADDING] += int(np.count_nonzero(apart & padding))
    reason = CUT if isinstance(setting.voi, Window) else BINS
    if isinstance(setting.voi, Window) and setting.voi.function is VoiFunction.LINEAR_EXACT:
        reason = AS_LINEAR
    tally.reasons["DCMTK", reason] += int(np.count_nonzero(apart & ~padding))


def _by_value(info: ImageInfo, setting: Setting, levels: int) -> NDArray[Any]:
    """The table that the program shows with, by stored value from the lowest one."""
    lut = display_lut(info, setting.voi, invert=setting.invert, levels=levels)
    low, high = stored_range(info)
    return np.asarray(lut[np.arange(low, high + 1) & 0xFFFF])


def _stored_by_pydicom(path: Path) -> NDArray[Any] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = pydicom.dcmread(path, force=True).pixel_array
        except (AttributeError, RuntimeError, ValueError, NotImplementedError):
            return None
    return pixels.reshape(-1, *pixels.shape[-2:])


def files_in(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        yield from sorted(root.rglob("*.dcm")) if root.is_dir() else [root]


def table(tally: Tally) -> str:
    """The rows and the reasons as Markdown."""
    rows = [
        "| beside | what | files | settings | pixels compared | differences |",
        "|---|---|---|---|---|---|",
    ]
    for (peer, what), line in sorted(tally.lines.items()):
        cells = (peer, what, len(line.files), line.settings, f"{line.pixels:,}", f"{line.differences:,}")
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    total = sum(line.pixels for line in tally.lines.values())
    rows.append(f"| all | | {len(tally.read)} | | {total:,} | {tally.differences:,} |")
    rows += ["", "| on the screen otherwise than | pixels of 8 bits | because |", "|---|---|---|"]
    rows += [f"| {peer} | {n:,} | {reason} |" for (peer, reason), n in sorted(tally.reasons.items()) if n]
    return "\n".join(rows)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("roots", nargs="+", type=Path, metavar="FOLDER")
    chosen = parser.parse_args(words)
    dcmtk_bits = () if DCM2PNM is None else (8, 16)
    status = 0
    with tempfile.TemporaryDirectory() as made:
        groups = {"Files": list(files_in(chosen.roots)), "Cases made for this": write_cases(Path(made))}
        for name, paths in groups.items():
            tally = Tally()
            compare(paths, tally, dcmtk_bits=dcmtk_bits)
            without = f", {tally.unreadable} that hold no mammogram left out" if tally.unreadable else ""
            print(f"**{name}**: {len(tally.read)} read{without}.\n\n{table(tally)}\n")
            for line in tally.where:
                print(f"- {line}")
            status |= tally.differences > 0
    if DCM2PNM is None:
        print("dcm2pnm is not installed; DCMTK was left out.", file=sys.stderr)
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
