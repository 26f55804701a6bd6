"""Files of one SOP Instance UID: whether they are the same bytes, the same pixels, or two images under one name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from annotator.batch import outcomes
from annotator.errors import UnreadableImage
from annotator.imaging.exam_index.image_facts import step_behind
from annotator.imaging.exam_index.tables import Connection
from annotator.imaging.exam_index.writer import IndexWriter, Verdict
from annotator.jobs import CancelToken, Progress

_WRITE_EVERY = 32


def compare_copies(
    connection: Connection, writer: IndexWriter, jobs: int, token: CancelToken
) -> tuple[int, int]:
    """Compare all files that share a SOP Instance UID and were not compared as they are now.

    (images that are there more than once, of these with other pixels). Raises Cancelled; what was compared is kept.
    """
    several = _several(connection)
    known = dict(connection.execute("SELECT sop, files FROM copies").fetchall())
    with writer.transaction():
        writer.judge({}, several.keys())
    waiting = [(sop, files) for sop, (files, _paths) in several.items() if known.get(sop) != files]
    judged: dict[int, tuple[Verdict, str]] = {}
    paths = [several[sop][1] for sop, _ in waiting]
    for done, outcome in enumerate(
        outcomes(compared, paths, jobs=jobs if len(paths) > 1 else 1, token=None), 1
    ):
        sop, files = waiting[outcome.number]
        judged[sop] = (outcome.result or Verdict.NOT_COMPARED, files)
        if len(judged) >= _WRITE_EVERY or done == len(waiting):
            with writer.transaction():
                writer.judge(judged, several.keys())
            judged = {}
        token.checkpoint(Progress(done, len(waiting), "copies"))
    other = connection.execute("SELECT count(*) FROM copies WHERE verdict = ?", (int(Verdict.OTHER_PIXELS),))
    return len(several), int(other.fetchone()[0])


def compared(paths: Sequence[str]) -> Verdict:
    """What files have in common; the work of one process."""
    step_behind()
    files = [Path(path) for path in paths]
    try:
        if len({_digest_of_file(file) for file in files}) == 1:
            return Verdict.SAME_BYTES
        same = len({_digest_of_pixels(file) for file in files}) == 1
    except (OSError, UnreadableImage):
        return Verdict.NOT_COMPARED
    return Verdict.SAME_PIXELS if same else Verdict.OTHER_PIXELS


def _several(connection: Connection) -> dict[int, tuple[str, list[str]]]:
    """By number of the SOP Instance UID: what tells these files from later ones, and their paths."""
    rows = connection.execute(
        "SELECT files.sop, folders.path, files.name, files.id, size, modified FROM files JOIN folders "
        "ON folders.id = files.folder WHERE missing = 0 AND files.sop IN (SELECT sop FROM files WHERE sop IS NOT NULL "
        "AND missing = 0 GROUP BY sop HAVING count(*) > 1) ORDER BY files.sop, files.id"
    )
    found: dict[int, tuple[str, list[str]]] = {}
    for sop, folder, name, number, size, modified in rows:
        files, paths = found.get(sop, ("", []))
        paths.append(os.path.join(os.fsdecode(folder), os.fsdecode(name)))  # noqa: PTH118
        found[sop] = (f"{files}{number} {size} {modified};", paths)
    return found


def _digest_of_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _digest_of_pixels(path: Path) -> bytes:
    from annotator.imaging.dicom_file import read_image  # noqa: PLC0415 - only where bytes differ
    from annotator.imaging.pixel_digest import pixel_digest  # noqa: PLC0415

    image = read_image(path)
    digests = [pixel_digest(image.frame(number)) for number in range(1, image.info.frames + 1)]
    return " ".join(digests).encode()
