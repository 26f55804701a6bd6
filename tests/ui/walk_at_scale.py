"""Run by test_walk_areas.py in a process of its own, because the scale of the desktop is set before it starts.

Prints how much of the breast the walk shows in panes of several sizes.
"""

from __future__ import annotations

from dataclasses import replace

from pictures import breast, picture
from PySide6.QtCore import QCoreApplication

from annotator.analysis.breast.coverage import cells_in_view
from annotator.model.geometry import Orientation
from annotator.ui.app import make_application
from annotator.ui.looking.coverage_keeper import breast_of
from annotator.ui.looking.quadrant_walk import areas_of, view_of_area
from annotator.ui.panes.viewport import Viewport


def main() -> None:
    app = make_application()
    viewport = Viewport()
    viewport.show()
    shares = []
    spacing = picture().info.spacing
    flat, tall = (
        replace(spacing, row_mm=spacing.column_mm * 0.7),
        replace(spacing, row_mm=spacing.column_mm * 1.4),
    )
    for width, height in ((301, 257), (487, 333), (640, 800)):
        viewport.resize(width, height)
        QCoreApplication.processEvents()
        for turn in (Orientation(), Orientation(flip_columns=True), Orientation(True, False, True)):
            for apart in (spacing, flat, tall):
                shown = picture(breast(1500, 1100), turn, spacing=apart)
                viewport.show_picture(shown)
                seen = 0
                for area in areas_of(viewport, shown):
                    viewport.set_view(view_of_area(viewport, shown, area))
                    seen |= cells_in_view(viewport.view, *viewport.device_size())
                wanted = breast_of(shown)
                shares.append((seen & wanted).bit_count() / wanted.bit_count())
    print(viewport.ratio, len(shares), min(shares))
    viewport.close()
    app.quit()


if __name__ == "__main__":
    main()
