"""Reports on paper: pages of vector text and pictures."""

from annotator.ui.reports.page_pictures import page_pictures
from annotator.ui.reports.pdf import application_alone, pdf_of, write_pdf, write_pdf_alone

__all__ = ["application_alone", "page_pictures", "pdf_of", "write_pdf", "write_pdf_alone"]
