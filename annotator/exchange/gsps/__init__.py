"""Marks, outlines and the window as Grayscale Softcopy Presentation State (PS3.3 A.33.1): written, and read from anyone."""

from __future__ import annotations

from annotator.exchange.gsps.reading import read
from annotator.exchange.gsps.writing import check, write

__all__ = ["check", "read", "write"]
