"""Mammogram Annotator: mark, describe and follow up calcifications on DICOM mammograms."""

__version__ = "0.1.0"
