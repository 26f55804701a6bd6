"""Copies of exams that say of nobody: DICOM PS3.15, Basic Application Level Confidentiality Profile with its options."""

from annotator.exchange.deidentify.kinds import why_not
from annotator.exchange.deidentify.known import Known, known_of
from annotator.exchange.deidentify.pixels import Rectangle
from annotator.exchange.deidentify.profile import DEFAULT, DROPPABLE, RETAINABLE, load_profile, safe_private
from annotator.exchange.deidentify.rewriting import Plan
from annotator.exchange.deidentify.whole import Blackout, Source, layout_of, write_deidentified
from annotator.exchange.moments import Moments

__all__ = [
    "DEFAULT",
    "DROPPABLE",
    "RETAINABLE",
    "Blackout",
    "Known",
    "Moments",
    "Plan",
    "Rectangle",
    "Source",
    "known_of",
    "layout_of",
    "load_profile",
    "safe_private",
    "why_not",
    "write_deidentified",
]
