"""Outlines as DICOM Segmentation (PS3.3 A.51): written, read back, and read from others."""

from __future__ import annotations

from annotator.exchange.seg.reading import read
from annotator.exchange.seg.writing import check, write

__all__ = ["check", "read", "write"]
