"""The pages of a report as pictures, for what can show nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QImage, QPageSize, QPainter

from annotator.exchange.report_parts import Report
from annotator.jobs import CancelToken
from annotator.ui.reports import flow
from annotator.ui.reports.pdf import fitted, page_size

DOTS_PER_INCH = 200
"""The smallest letters of a report, 6.4 points, are 18 pixels high."""


def page_pictures(
    report: Report, paper: str = "", token: CancelToken | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Each page as (rows, columns, 3), red, green and blue. `paper` as for `pdf_of`; needs an application of Qt."""
    token = token or CancelToken()
    size = QPageSize(page_size(paper))
    whole = size.sizePixels(flow.RESOLUTION)
    page, pages = fitted(report, whole.width(), whole.height(), token)
    for number, placed in enumerate(pages, start=1):
        token.checkpoint()
        picture = _white(size.size(QPageSize.Unit.Inch))
        painter = QPainter(picture)
        try:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform, on=True
            )
            painter.scale(picture.width() / whole.width(), picture.height() / whole.height())
            page.draw(painter, placed, number, len(pages))
        finally:
            painter.end()
        yield _pixels(picture)


def _white(inches: QSizeF) -> QImage:
    picture = QImage((inches * DOTS_PER_INCH).toSize(), QImage.Format.Format_RGB888)
    picture.fill(Qt.GlobalColor.white)
    return picture


def _pixels(picture: QImage) -> NDArray[np.uint8]:
    lines = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return lines[:, : picture.width() * 3].reshape(picture.height(), picture.width(), 3).copy()
