"""Reports on paper: pages of vector text and pictures."""

from annotator.ui.reports.pdf import pdf_of, write_pdf, write_pdf_alone

__all__ = ["pdf_of", "write_pdf", "write_pdf_alone"]
