"""What a reading can be written as: one row for each form, its writer found when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from annotator.exchange.outgoing import Outgoing

Write = Callable[[Outgoing, Path], tuple[Path, ...]]
"""Writes files into a folder, each whole or not at all, and returns them; raises ExportError."""

Compare = Callable[[Outgoing, Path], str | None]
"""Reads a written file back and compares it with what was to be written: None when equal, else one sentence."""


@dataclass(frozen=True, slots=True)
class Format:
    """`says` in a line what it is; `dicom`: a DICOM object, to be validated; `module` has `write` and `check`."""

    name: str
    says: str
    module: str
    dicom: bool = False

    @property
    def write(self) -> Write:
        """Its writer; loads what it needs."""
        found: Write = import_module(self.module).write
        return found

    @property
    def check(self) -> Compare:
        """What reads a written file back; loads what it needs."""
        found: Compare = import_module(self.module).check
        return found


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("sr", "structured report (TID 1500)", "annotator.exchange.sr", dicom=True),
        Format(
            "sr-ohif", "the same for cornerstone3D and OHIF", "annotator.exchange.sr.cornerstone", dicom=True
        ),
        Format("cad", "Mammography CAD SR (TID 4000)", "annotator.exchange.cad_sr", dicom=True),
        Format("seg", "outlines as a segmentation", "annotator.exchange.seg", dicom=True),
        Format("gsps", "marks and window as a presentation state", "annotator.exchange.gsps", dicom=True),
        Format("ko", "images with findings, by key object selection", "annotator.exchange.ko", dicom=True),
    )
}
"""DICOM objects of one reading. Tables and data sets of many readings: `annotator.exchange.tables`."""
