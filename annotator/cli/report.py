"""`annotator report`: a saved reading as pages for people, or as text to paste into a RIS."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotator.exchange.outgoing import Outgoing
    from annotator.exchange.report_parts import Report
    from annotator.model.finding import Reading
    from annotator.settings import Settings

DICOM_PDF, DICOM_PAGES = "dicom-pdf", "dicom-pages"
FORMATS = ("html", "pdf", "text", DICOM_PDF, DICOM_PAGES)
_ENDINGS = {".html": "html", ".htm": "html", ".pdf": "pdf", ".txt": "text", ".dcm": DICOM_PDF}


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command and its options."""
    parser = subparsers.add_parser(
        "report",
        parents=[common],
        help="a saved reading as pages for people",
        description="Write the report of a saved reading, as text on standard output or as a file. It names nobody"
        " unless --identified.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "exam",
        metavar="EXAM",
        help="a file or folder of the exam (then with pictures), the id of a reading, or the Study Instance UID or"
        " its unique beginning or end (then without)",
    )
    parser.add_argument("--finding", metavar="F1", help="only this finding (default: the whole exam)")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: as --output ends, else text on standard output; dicom-pdf: the PDF in a DICOM object, for an"
        " archive; dicom-pages: its pages as pictures (Secondary Capture), for what shows nothing else",
    )
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="the file to write; PDF and DICOM need one"
    )
    parser.add_argument("--by", metavar="READER", help="whose reading, where several readers read the exam")
    parser.add_argument(
        "--identified", action="store_true", help="with the patient's name and number, exam date and UID"
    )
    parser.set_defaults(run=run_report)


def run_report(arguments: argparse.Namespace) -> int:
    """Write the report; 0 when it is written."""
    from annotator.bootstrap import open_workspace
    from annotator.cli.chosen import saved_reading
    from annotator.reporting import make_report, note_export
    from annotator.reporting.outgoing import outgoing
    from annotator.settings import load_settings

    form = _format(arguments.format, arguments.output)
    given = {"database": arguments.database, "reader": arguments.reader, "rules_file": arguments.rules}
    settings = load_settings(arguments.settings, given)
    workspace = open_workspace(settings, make_database=False)
    try:
        if workspace.rules_warning:
            print(f"annotator: {workspace.rules_warning}", file=sys.stderr)
        reading, exam = saved_reading(workspace, arguments.exam, arguments.by)
        finding = _finding_id(reading, arguments.finding)
        report = make_report(workspace, reading, exam, finding_id=finding, identified=arguments.identified)
        note_export(workspace, reading, f"report as {form}", identified=arguments.identified)
        leaving = None
        if form in (DICOM_PDF, DICOM_PAGES):
            leaving = outgoing(workspace, reading, exam, identified=arguments.identified)
    finally:
        workspace.close()
    if leaving is None:
        _write(report, form, arguments.output, settings)
    else:
        _write_dicom(report, form, arguments.output, settings, leaving)
    return 0


def _format(said: str | None, output: Path | None) -> str:
    from annotator.errors import CallError

    form: str = said or (_ENDINGS.get(output.suffix.lower(), "") if output else "text")
    if not form:
        raise CallError(f"{output}: give a name that ends in .html, .pdf, .txt or .dcm, or say --format.")
    if form not in ("html", "text") and output is None:
        raise CallError(f"{'a PDF' if form == 'pdf' else 'DICOM'} is written to a file; give --output FILE.")
    return form


def _write(report: Report, form: str, output: Path | None, settings: Settings) -> None:
    from annotator.exchange.report_html import report_html
    from annotator.exchange.report_text import report_text
    from annotator.exchange.whole_file import write_whole

    if form == "pdf" and output is not None:
        from annotator.ui.reports import write_pdf_alone

        write_pdf_alone(output, report, settings.report_paper)
        return
    text = report_text(report) if form == "text" else report_html(report)
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text.encode())


def _write_dicom(report: Report, form: str, output: Path, settings: Settings, leaving: Outgoing) -> None:
    """The report as one object, or one for each page: FILE-1.dcm and so on where there are several."""
    from annotator.exchange.encapsulated import PagesInDicom, PdfInDicom
    from annotator.ui.reports import application_alone, page_pictures, pdf_of

    with application_alone():
        if form == DICOM_PDF:
            pdf = pdf_of(report, settings.report_paper)
        else:
            pages = list(page_pictures(report, settings.report_paper))
    if form == DICOM_PDF:
        PdfInDicom(pdf, report.title, signed=report.signed).write_to(leaving, output)
        return
    many = [output.with_stem(f"{output.stem}-{number}") for number in range(1, len(pages) + 1)]
    PagesInDicom(pages, report.title).write_to(leaving, many if len(pages) > 1 else [output])


def _finding_id(reading: Reading, said: str | None) -> str | None:
    """The id of a finding by its name: F1, f1 or 1."""
    from annotator.errors import CallError

    if said is None:
        return None
    number = re.fullmatch(r"[Ff]?([0-9]{1,9})", said)
    for finding in reading.findings:
        if number is not None and finding.number == int(number.group(1)):
            return finding.id
    names = ", ".join(f"F{finding.number}" for finding in reading.findings) or "none"
    raise CallError(f"--finding {said}: the reading has no such finding; it has {names}.")
