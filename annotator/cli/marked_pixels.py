"""`annotator doctor --pixels`: whether marked images still show what was marked."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.cli.output import visible
from annotator.model.counts import counted

if TYPE_CHECKING:
    from annotator.settings import Settings


def check_marked_pixels(arguments: argparse.Namespace) -> int:
    """Decode every marked frame whose file the index of exams knows; 1 when one shows other pixels."""
    from annotator.bootstrap import open_workspace
    from annotator.imaging.pixel_check import checked_pixels
    from annotator.model.seen_on_image import PixelState
    from annotator.settings import load_settings

    given = {"database": arguments.database, "reader": arguments.reader}
    settings = load_settings(arguments.settings, given)
    files = _Files(settings)
    states: Counter[PixelState] = Counter()
    workspace = open_workspace(settings, make_database=False)
    try:
        for row in workspace.readings():
            for one, state in checked_pixels(workspace.latest(row.reading_id).pixels, files.of):
                states[state] += 1
                if state is PixelState.OTHER:
                    print(
                        visible(
                            f"{files.of(one.image.sop_instance_uid)}, frame {one.image.frame}: its pixels are not those that"
                            f" {row.reader} marked; look at the marks again, or find the image that was marked"
                        )
                    )
    finally:
        workspace.close()
        files.close()
    told = counted(states.total(), "marked frame")
    print(
        f"{told}: {states[PixelState.SAME]} as marked, {states[PixelState.OTHER]} with other pixels, "
        f"{states[PixelState.UNREADABLE]} cannot be read, {states[PixelState.NOT_AT_HAND]} of files that are not indexed",
        file=sys.stderr,
    )
    return 1 if states[PixelState.OTHER] else 0


class _Files:
    """Files of images by SOP Instance UID, out of the index of exams; none where there is no index."""

    def __init__(self, settings: Settings) -> None:
        from annotator.imaging.exam_index.pages import ExamPages
        from annotator.settings import exam_index_path

        path = exam_index_path(settings)
        self._pages = ExamPages(path) if path.exists() else None

    def of(self, sop_instance_uid: str) -> Path | None:
        """A file of an image that is there."""
        from annotator.imaging.exam_index.tables import number_of

        return None if self._pages is None else self._pages.file_of(number_of(sop_instance_uid))

    def close(self) -> None:
        """Let go of the index."""
        if self._pages is not None:
            self._pages.close()
