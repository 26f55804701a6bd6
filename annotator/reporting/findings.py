"""The findings of a reading as a file for programs: behind pseudonyms unless asked otherwise, and noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotator.exchange import finding_json
from annotator.exchange.findings_file import read_findings
from annotator.exchange.leaving import reading_as_it_leaves
from annotator.exchange.outgoing import Outgoing
from annotator.jobs import CancelToken
from annotator.lexicon.terms import Source
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, ImageKey
from annotator.model.seen_on_image import PixelState
from annotator.reporting.noted import note_export
from annotator.reporting.outgoing import outgoing
from annotator.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FindingsJson:
    """Everything that was said, as one JSON file; `sources` are those of the lexicon and the decision table in use.

    `pixels_now` is whether marked frames still show what was marked, None where nobody looked.
    """

    sources: Mapping[str, Source]
    pixels_now: Mapping[ImageKey, PixelState] | None

    def write(self, outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
        """Write into a folder, under the name it leaves under. Raises ExportError."""
        path = folder / f"{outgoing.name}-findings.json"
        self.write_to(outgoing, path)
        return (path,)

    def write_to(self, outgoing: Outgoing, path: Path) -> None:
        """Write to a file, whole or not at all. Raises ExportError."""
        names = outgoing.pseudonyms
        finding_json.write_findings(
            outgoing.reading,
            {image.sop_instance_uid: image for image in outgoing.exam.images},
            outgoing.follow_ups,
            path,
            outgoing.displays,
            self.sources,
            None if names is None else finding_json.Behind(names, outgoing.patient),
            self.pixels_now,
        )

    def check(self, outgoing: Outgoing, path: Path) -> str | None:
        """What is otherwise when the file is read again, in a sentence; None when nothing is."""
        if read_findings(path) == reading_as_it_leaves(outgoing):
            return None
        return f"{path.name} does not read as the reading it was written from"


def pixels_now(
    reading: Reading, exam: ExamInfo, token: CancelToken | None = None
) -> dict[ImageKey, PixelState]:
    """Whether the marked frames of an exam still show what was marked; decodes each. Raises Cancelled."""
    from annotator.imaging.pixel_check import checked_pixels  # noqa: PLC0415  decoders, for this only

    files = {image.sop_instance_uid: image.path for image in exam.images}
    return {one.image: state for one, state in checked_pixels(reading.pixels, files.get, token)}


def write_findings(
    workspace: Workspace,
    reading: Reading,
    exam: ExamInfo,
    path: Path,
    token: CancelToken | None = None,
    *,
    identified: bool = False,
) -> None:
    """All findings of a reading with marks and suggestions as one JSON file; for a job, since it decodes marked images.

    `identified`: with the UIDs of the exam and its images, and comments as they were written. Raises ExportError,
    StoreError and Cancelled.
    """
    leaving = outgoing(workspace, reading, exam, token, identified=identified, places=False)
    form = FindingsJson(workspace.lexicon.sources, pixels_now(reading, exam, token))
    note_export(workspace, reading, "findings as JSON", identified=identified)
    form.write_to(leaving, path)
