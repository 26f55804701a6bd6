"""A report as PDF: text that can be searched and copied, fonts embedded, the exam and its state on every page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, product
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QLocale, QMarginsF, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter

from annotator.exchange.report_parts import (
    NOT_SAID,
    Facts,
    Listed,
    Opinion,
    Opinions,
    Part,
    Pictures,
    Report,
    Section,
    Table,
    Words,
)
from annotator.exchange.whole_file import write_whole
from annotator.jobs import CancelToken
from annotator.ui.reports import flow
from annotator.ui.reports.flow import MM, POINT, Cell, SetText, Strip, Style

MARGIN_MM = 15.0
HEADER_MM, FOOTER_MM = 11.0, 12.0
PADDING = 2.4 * MM
SHORT = 44
"""Values of fewer letters stand two on a line."""
PICTURES_MM = (62.0, 54.0, 48.0, 43.0, 39.0, 35.0)
"""Heights of pictures: the highest with which a finding fits on its page, else one in the middle."""
USUAL_MM = 43.0
SCALES = (1.0, 0.92, 0.86, 0.8)
"""What a report of one finding may be made smaller by, so that it is one page: at the smallest its text has 6.4 points."""


def write_pdf(path: Path, report: Report, paper: str = "", token: CancelToken | None = None) -> None:
    """Write the report as PDF, whole or not at all; raises ExportError. Needs an application of Qt, on any thread."""
    write_whole(path, pdf_of(report, paper, token))


def write_pdf_alone(path: Path, report: Report, paper: str = "") -> None:
    """`write_pdf` in a program without a window."""
    with application_alone():
        write_pdf(path, report, paper)


@contextmanager
def application_alone() -> Iterator[None]:
    """An application of Qt for a program without a window; of a screen it needs nothing but the fonts."""
    application = QGuiApplication.instance()
    if application is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        application = QGuiApplication([])
    yield
    del application


def pdf_of(report: Report, paper: str = "", token: CancelToken | None = None) -> bytes:
    """The bytes of a PDF. `paper` is A4 or Letter, '' what is usual where this computer says it is."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(flow.RESOLUTION)
    writer.setPdfVersion(QPdfWriter.PdfVersion.PdfVersion_A1b)
    writer.setTitle(f"{report.title}, {report.exam}")
    writer.setCreator(report.version_line)
    writer.setPageSize(QPageSize(page_size(paper)))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    page, pages = fitted(report, writer.width(), writer.height(), token or CancelToken())
    painter = QPainter(writer)
    try:
        painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
        for number, placed in enumerate(pages, start=1):
            (token or CancelToken()).checkpoint()
            if number > 1:
                writer.newPage()
            page.draw(painter, placed, number, len(pages))
    finally:
        painter.end()
    return bytes(buffer.data().data())


def page_size(paper: str) -> QPageSize.PageSizeId:
    """A4 or Letter, as `pdf_of` takes it."""
    if not paper:
        american = QLocale.system().measurementSystem() is QLocale.MeasurementSystem.ImperialUSSystem
        paper = "Letter" if american else "A4"
    return QPageSize.PageSizeId.Letter if paper == "Letter" else QPageSize.PageSizeId.A4


def fitted(
    report: Report, width: int, height: int, token: CancelToken
) -> tuple[PageSetter, list[list[tuple[float, Strip]]]]:
    """The report set in pages: one page for one finding where that can be read, its natural size otherwise."""
    natural = PageSetter(report, width, height)
    pages = natural.pages(token)
    alone = not any(section.new_page for section in report.sections)
    if len(pages) == 1 or not alone:
        return natural, pages
    for views, scale, highest in product((1, 2), SCALES, PICTURES_MM):
        token.checkpoint()
        page = PageSetter(report, width, height, scale, highest, views, natural.decoded)
        if len(fitting := page.pages(token)) == 1:
            return page, fitting
    return natural, pages


class PageSetter:
    """Sets the parts of a report as strips, and draws what stands on every page.

    `scale`: how much smaller than their natural size the strips are drawn; `highest` the height of pictures in mm
    before that, None for what the finding leaves of its page; `views` so many stand on one row. `decoded` are pictures
    by their PNG.
    """

    def __init__(
        self,
        report: Report,
        width: int,
        height: int,
        scale: float = 1.0,
        highest: float | None = None,
        views: int = 1,
        decoded: dict[bytes, QImage] | None = None,
    ) -> None:
        self._report = report
        self.scale = scale
        self._highest = highest
        self._views = views
        self.decoded: dict[bytes, QImage] = {} if decoded is None else decoded
        margin = MARGIN_MM * MM
        top, bottom = (MARGIN_MM - 5 + HEADER_MM) * MM, (MARGIN_MM - 5 + FOOTER_MM) * MM
        self.body = QRectF(margin, top, width - 2 * margin, height - top - bottom)
        self.width, self.height = self.body.width() / scale, self.body.height() / scale

    def pages(self, token: CancelToken) -> list[list[tuple[float, Strip]]]:
        """Pages of (place from the top, strip)."""
        return flow.paginated(self.strips(token), self.height)

    def strips(self, token: CancelToken) -> list[Strip]:
        """The whole report."""
        found = [*self._title()]
        for section in self._report.sections:
            token.checkpoint()
            used = 0.0 if section.new_page else sum(strip.height for strip in found)
            found += self._section(section, self.height - used)
        return found

    def draw(self, painter: QPainter, placed: list[tuple[float, Strip]], number: int, count: int) -> None:
        """Page `number` of `count`, in device units of the resolution in which everything is set."""
        self.draw_frame(painter, number, count)
        painter.save()
        painter.translate(self.body.topLeft())
        painter.scale(self.scale, self.scale)
        for top, strip in placed:
            strip.paint(painter, 0.0, top)
        painter.restore()

    def draw_frame(self, painter: QPainter, number: int, count: int) -> None:
        """The exam and its state above, what this is and the page below."""
        left, width = self.body.left(), self.body.width()
        status = flow.ACCENT if self._report.signed else flow.WARNING
        top = (MARGIN_MM - 5) * MM
        state = SetText(_cut(self._report.status, 90), Style(7.6, status, bold=True), width)
        exam = SetText(_cut(self._report.exam, 70), Style(7.6, flow.QUIET), width - state.width - 4 * MM)
        exam.draw(painter, left, top)
        state.draw(painter, left + width - state.width, top)
        painter.fillRect(QRectF(left, top + 5 * MM, width, 0.7 * POINT), flow.LINE)
        below = self.body.bottom() + 3 * MM
        painter.fillRect(QRectF(left, below, width, 0.7 * POINT), flow.LINE)
        SetText(f"{self._report.version_line}. {self._report.statement}", flow.TINY, width - 24 * MM).draw(
            painter, left, below + 1.2 * MM
        )
        page = SetText(f"Page {number} of {count}", flow.SMALL, width)
        page.draw(painter, left + width - page.width, below + 1.2 * MM)

    def _title(self) -> Iterator[Strip]:
        report = self._report
        colour = flow.ACCENT if report.signed else flow.WARNING
        yield from flow.lines([Cell(0, self.width, report.title, flow.BIG)], keep=True)
        yield from flow.lines([Cell(0, self.width, report.exam, flow.SMALL)], keep=True)
        yield flow.gap(1.5 * MM, keep=True)
        body = [flow.gap(1 * MM)]
        body += flow.lines(
            [Cell(PADDING, self.width - 2 * PADDING, report.status, Style(10, colour, bold=True))]
        )
        for line in report.status_details:
            body += flow.lines([Cell(PADDING, self.width - 2 * PADDING, line, flow.SMALL)])
        body.append(flow.gap(1 * MM))
        yield from flow.boxed(body, 0, self.width, colour, None if report.signed else flow.WARM)
        yield flow.gap(1.5 * MM)

    def _section(self, section: Section, room: float) -> Iterator[Strip]:
        """A section whose pictures, all in one place, are as high as `room`, what is left of the page, lets them be."""
        heading = list(self._section_heading(section))
        views = [list(self._pictures(part)) for part in section.parts if isinstance(part, Pictures)]
        rows = [list(chain(*views[at : at + self._views])) for at in range(0, len(views), self._views)]
        rows = [row for row in rows if row]
        words = [[] if isinstance(part, Pictures) else list(self._part(part)) for part in section.parts]
        rest = room - sum(strip.height for strip in chain(heading, *words))
        fitting = (mm for mm in PICTURES_MM if sum(self._row(row, mm).height for row in rows) <= rest)
        highest = self._highest or next(fitting, USUAL_MM)
        yield from heading
        for part, strips in zip(section.parts, words, strict=True):
            yield from strips
            if isinstance(part, Pictures):
                yield from (self._row(row, highest) for row in rows)
                rows = []

    def _section_heading(self, section: Section) -> Iterator[Strip]:
        if section.new_page:
            yield Strip(0.0, lambda _painter, _x, _y: None, keep=True, new_page=True)
        if not section.title:
            return
        if not section.new_page:
            yield flow.gap(2.5 * MM, keep=True)
        first = SetText(section.title, flow.SECTION, self.width)
        beside = first.width + 3 * MM
        cells = [
            Cell(0, self.width, section.title, flow.SECTION),
            Cell(beside, self.width - beside, section.aside, Style(9.5, flow.QUIET)),
        ]
        yield from flow.kept(flow.lines(cells))
        yield flow.gap(1 * MM, keep=True)

    def _part(self, part: Part) -> Iterator[Strip]:
        """Everything but pictures."""
        if isinstance(part, Opinions):
            yield from self._opinions(part)
            return
        yield from self._heading(getattr(part, "title", ""))
        if isinstance(part, Facts):
            yield from self._facts(part)
        elif isinstance(part, Listed):
            yield from self._listed(part)
        elif isinstance(part, Table):
            yield from self._table(part)
        elif isinstance(part, Words):
            yield from flow.lines([Cell(0, self.width, part.text, flow.BODY)])
        yield flow.gap(0.5 * MM)

    def _heading(self, title: str) -> Iterator[Strip]:
        if title:
            yield flow.gap(1.4 * MM, keep=True)
            yield from flow.kept(flow.lines([Cell(0, self.width, title.upper(), flow.HEAD)]))
            yield flow.gap(0.4 * MM, keep=True)

    def _facts(self, part: Facts) -> Iterator[Strip]:
        """Two facts a line where both are short, so that a finding has the rest of the page."""
        name, half = 27 * MM, self.width / 2
        rows = list(part.rows)
        while rows:
            cells = [Cell(0, name, rows[0][0], flow.SMALL)]
            both_short = len(rows) > 1 and max(len(value) for _, value in rows[:2]) < SHORT
            pair = rows[:2] if both_short else rows[:1]
            room = (half if len(pair) == 2 else self.width) - name - 2 * MM
            cells.append(Cell(name, room, pair[0][1], _said(pair[0][1])))
            if len(pair) == 2:
                cells.append(Cell(half, name, pair[1][0], flow.SMALL))
                cells.append(Cell(half + name, room, pair[1][1], _said(pair[1][1])))
            yield from flow.lines(cells)
            del rows[: len(pair)]

    def _listed(self, part: Listed) -> Iterator[Strip]:
        style = flow.TINY if part.small else flow.BODY
        indent = PADDING if part.alert else 0.0
        found: list[Strip] = []
        for item in part.items:
            bullet = Cell(indent, 3 * MM, "\u2022", style)
            room = self.width - indent - 3 * MM
            found += flow.lines([bullet, Cell(indent + 3 * MM, room, item, style)])
        yield from flow.boxed(found, 0, self.width, flow.WARNING, flow.WARM) if part.alert else found

    def _table(self, part: Table) -> Iterator[Strip]:
        lefts = [sum(part.widths[:place]) * self.width for place in range(len(part.widths))]
        rooms = [share * self.width - 2 * MM for share in part.widths]
        head = [
            Cell(left, room, name, flow.HEAD)
            for left, room, name in zip(lefts, rooms, part.head, strict=True)
            if name
        ]
        yield from flow.kept(flow.lines(head))
        yield flow.rule(self.width) if not head else Strip(*_kept_rule(self.width))
        first_beside = len(part.head) - part.beside
        for row in part.rows:
            cells = []
            for place, (left, room, text) in enumerate(zip(lefts, rooms, row, strict=True)):
                quiet = place >= first_beside or (not place and not part.head[0])
                cells.append(Cell(left, room, text, flow.SMALL if quiet else _said(text)))
            strips = list(flow.lines(cells))
            # the thin line belongs to its row
            if strips:
                strips[-1] = Strip(strips[-1].height, strips[-1].paint, keep=True)
            yield from strips
            yield flow.rule(self.width)

    def _opinions(self, part: Opinions) -> Iterator[Strip]:
        apart = 3 * MM
        room = (self.width - apart) / 2
        texts = [_opinion_texts(one, room - 2 * PADDING) for one in (part.own, part.suggested)]
        height = max(sum(text.height for text in column) for column in texts) + 2 * PADDING

        def paint(painter: QPainter, x: float, y: float) -> None:
            for place, column in enumerate(texts):
                left = x + place * (room + apart)
                colour, thick = (flow.LINE, 0.8) if place else (flow.ACCENT, 1.6)
                flow.frame(painter, QRectF(left, y, room, height), colour, thick)
                top = y + PADDING
                for text in column:
                    text.draw(painter, left + PADDING, top)
                    top += text.height

        if height <= self.height / 2:
            yield Strip(height + 1.5 * MM, paint)
            return
        # a table of a site may say so much that no box holds it
        for one in (part.own, part.suggested):
            for words, style in _opinion_words(one):
                yield from flow.lines([Cell(0, self.width, words, style)])
            yield flow.gap(1.5 * MM)

    def _pictures(self, part: Pictures) -> Iterator[tuple[QImage, str]]:
        for picture in part.pictures:
            if picture.png not in self.decoded:
                self.decoded[picture.png] = QImage.fromData(picture.png)
            yield self.decoded[picture.png], picture.caption

    def _row(self, pictures: list[tuple[QImage, str]], highest_mm: float) -> Strip:
        return flow.pictured(pictures, self.width, highest_mm * MM)


def _kept_rule(width: float) -> tuple[float, flow.Paint, bool]:
    found = flow.rule(width, flow.QUIET)
    return found.height, found.paint, True


def _opinion_words(one: Opinion) -> Iterator[tuple[str, Style]]:
    yield one.title.upper(), flow.HEAD
    category = f"{one.category}  {one.name}" if one.name else one.category
    yield category, flow.CATEGORY if one.said else Style(12.5, flow.QUIET, italic=True)
    for line in one.lines:
        yield line, flow.BODY
    for line in one.small:
        yield line, flow.SMALL


def _opinion_texts(one: Opinion, width: float) -> list[SetText]:
    return [SetText(words, style, width) for words, style in _opinion_words(one)]


def _said(text: str) -> Style:
    return flow.UNSAID if text == NOT_SAID else flow.BODY


def _cut(text: str, longest: int) -> str:
    """One line of it: what stands on every page has one."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
