"""The steps of a screen against those of the standard, with the band that published standards allow."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from annotator.imaging.gsdf import LAST_JND, USUAL_LIMIT, Conformance, contrast_of_jnd
from annotator.ui import theme

_HIGHEST_FACTOR = 2.5
_LINE_POINTS = 80
_FIRST_JND, _LAST_JND = 1.5, LAST_JND - 0.5
_SYMBOL = 3.5


class ConformancePlot(QWidget):
    """Contrast dL/L of one JND over the JND index: a line for the standard, points for the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._measured: Conformance | None = None
        self._corrected: Conformance | None = None
        self.setMinimumSize(360, 260)
        self.setAccessibleName("Conformance plot")

    def sizeHint(self) -> QSize:
        return QSize(520, 380)

    def show_conformance(self, measured: Conformance | None, corrected: Conformance | None = None) -> None:
        """Show a screen as measured, and as the correction table should make it; None for nothing."""
        self._measured, self._corrected = measured, corrected
        said = "nothing measured"
        if measured is not None:
            said = f"largest deviation {measured.largest:.0f} %"
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.FIELD))
        em = self.fontMetrics().height()
        area = QRectF(self.rect()).adjusted(4.5 * em, 1.2 * em, -em, -2.8 * em)
        if self._measured is None:
            painter.setPen(QColor(theme.DIM))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Enter luminances to see the steps")
        else:
            _Drawing(painter, area, em, self._measured, self._corrected).paint()
        painter.end()


class _Drawing:
    """One painting of the plot: the scales belong together."""

    def __init__(
        self,
        painter: QPainter,
        area: QRectF,
        em: int,
        measured: Conformance,
        corrected: Conformance | None,
    ) -> None:
        self._painter, self._area, self._em = painter, area, em
        self._measured, self._corrected = measured, corrected
        middles = measured.jnd if corrected is None else np.concatenate([measured.jnd, corrected.jnd])
        first, last = float(middles.min()), float(middles.max())
        margin = max((last - first) * 0.04, 5.0)
        self._first, self._last = max(first - margin, _FIRST_JND), min(last + margin, _LAST_JND)
        self._line_at = np.linspace(self._first, self._last, _LINE_POINTS)
        self._line_contrast = contrast_of_jnd(self._line_at)
        self._low = math.log10(float(self._line_contrast.min()) / _HIGHEST_FACTOR)
        self._high = math.log10(float(self._line_contrast.max()) * _HIGHEST_FACTOR)

    def paint(self) -> None:
        self._axes()
        self._band()
        painter = self._painter
        painter.setPen(QPen(QColor(theme.DIM), 1.5))
        painter.drawPolyline(self._line(1.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.MARK))
        for point in self._points(self._measured):
            painter.drawEllipse(point, _SYMBOL, _SYMBOL)
        if self._corrected is not None:
            painter.setBrush(QColor(theme.ACCENT))
            for point in self._points(self._corrected):
                painter.drawRect(QRectF(point.x() - _SYMBOL, point.y() - _SYMBOL, 2 * _SYMBOL, 2 * _SYMBOL))
        self._key(self._corrected is not None)

    def _axes(self) -> None:
        painter, area, em = self._painter, self._area, self._em
        for jnd in _ticks(self._first, self._last):
            x = self._at(jnd, 10**self._low).x()
            painter.setPen(QColor(theme.LINE))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(theme.DIM))
            cell = QRectF(x - 3 * em, area.bottom() + em * 0.2, 6 * em, em)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{jnd:.0f}")
        for value in (m * 10.0**e for e in range(-4, 1) for m in (1, 2, 5)):
            if not self._low <= math.log10(value) <= self._high:
                continue
            y = self._at(self._first, value).y()
            painter.setPen(QColor(theme.LINE))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.DIM))
            cell = QRectF(area.left() - 4.4 * em, y - em / 2, 4.1 * em, em)
            painter.drawText(cell, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}")
        below = QRectF(area.left(), area.bottom() + 1.3 * em, area.width(), 1.2 * em)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "JND index (contrast dL/L of one JND upwards)")

    def _band(self) -> None:
        band = self._line(1 + USUAL_LIMIT / 100)
        for point in reversed(self._line(1 - USUAL_LIMIT / 100).toList()):
            band.append(point)
        fill = QColor(theme.SAVED)
        fill.setAlphaF(0.25)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(fill)
        self._painter.drawPolygon(band)

    def _key(self, corrected: bool) -> None:
        rows = [(theme.MARK, "measured"), (theme.SAVED, f"GSDF and ±{USUAL_LIMIT:g} %")]
        if corrected:
            rows.insert(1, (theme.ACCENT, "with the correction table, computed"))
        width = max(self._painter.fontMetrics().horizontalAdvance(text) for _, text in rows)
        left, top = self._area.right() - width - 1.5 * self._em, self._area.top() + 0.4 * self._em
        for row, (colour, text) in enumerate(rows):
            y = top + row * 1.3 * self._em
            self._painter.setPen(Qt.PenStyle.NoPen)
            self._painter.setBrush(QColor(colour))
            self._painter.drawRect(QRectF(left, y + 0.3 * self._em, 0.5 * self._em, 0.5 * self._em))
            self._painter.setPen(QColor(theme.TEXT))
            self._painter.drawText(
                QRectF(left + self._em, y, width + self._em, 1.2 * self._em),
                Qt.AlignmentFlag.AlignVCenter,
                text,
            )

    def _line(self, factor: float) -> QPolygonF:
        points = zip(self._line_at, self._line_contrast * factor, strict=True)
        return QPolygonF([self._at(float(j), float(c)) for j, c in points])

    def _points(self, conformance: Conformance) -> list[QPointF]:
        # as far from the line as from the standard of its own interval, which may be wide
        inside = np.clip(conformance.jnd, _FIRST_JND, _LAST_JND)
        contrast = contrast_of_jnd(inside) * (conformance.contrast / conformance.standard)
        points = zip(conformance.jnd, contrast, strict=True)
        return [self._at(float(j), float(c)) for j, c in points]

    def _at(self, jnd: float, contrast: float) -> QPointF:
        """Where a value lies; what is beyond the scale lies on its edge."""
        level = min(max(math.log10(max(contrast, 1e-9)), self._low), self._high)
        across = (jnd - self._first) / (self._last - self._first)
        up = (level - self._low) / (self._high - self._low)
        return QPointF(
            self._area.left() + min(max(across, 0.0), 1.0) * self._area.width(),
            self._area.bottom() - up * self._area.height(),
        )


def _ticks(first: float, last: float) -> list[float]:
    step = 100.0 if last - first > 250 else 50.0 if last - first > 100 else 20.0
    return [float(tick) for tick in np.arange(math.ceil(first / step) * step, last, step)]
