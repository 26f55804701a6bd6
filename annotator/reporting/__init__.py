"""Readings as they leave the program: reports with pictures, findings for programs. Import it where one is made."""

from annotator.reporting.findings import write_findings
from annotator.reporting.noted import note_export
from annotator.reporting.reports import make_report, write_report

__all__ = ["make_report", "note_export", "write_findings", "write_report"]
