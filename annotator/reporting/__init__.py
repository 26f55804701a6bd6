"""Reports of readings: what is said, measured and looked up, with pictures. Import it where a report is made."""

from annotator.reporting.reports import make_report, write_report

__all__ = ["make_report", "write_report"]
