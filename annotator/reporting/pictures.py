"""Pictures of marked images for a report, and what is said under them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from annotator.errors import UnreadableImage
from annotator.exchange.report_parts import Picture, Pictures
from annotator.imaging.air import hung
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pyramid import levels_of
from annotator.imaging.snapshot import Drawn, Photographer, Snapshot
from annotator.jobs import CancelToken, Progress
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo, ImageInfo, ImageKey, Intent


def report_pictures(
    reading: Reading, exam: ExamInfo, token: CancelToken, only: str | None = None
) -> dict[str, tuple[Pictures, ...]]:
    """Pictures by finding id, of each image that the finding is marked or outlined on; `only` of one finding.

    `exam` as the reader corrected how it hangs. Images that can no longer be read are left out.
    """
    infos = {image.sop_instance_uid: image for image in exam.images}
    wanted = [
        (finding.id, key, others)
        for finding in reading.findings
        if only in (None, finding.id)
        for key, others in _pictured(reading, finding.id)
        if key.sop_instance_uid in infos
    ]
    found: dict[str, tuple[Pictures, ...]] = {}
    keys = list(dict.fromkeys(key for _, key, _ in wanted))
    for done, key in enumerate(keys):
        token.checkpoint(Progress(done, len(keys), "pictures of the report"))
        opened = _photographer(infos[key.sop_instance_uid], key.frame)
        if opened is None:
            continue
        info, photographer = opened
        for finding_id, others in ((f, others) for f, k, others in wanted if k == key):
            drawn = _drawn(reading, finding_id, key)
            name = _name(info, key.frame)
            row = Pictures(name, tuple(_row(photographer, info, name, drawn, others)))
            found[finding_id] = (*found.get(finding_id, ()), row)
    return found


def _pictured(reading: Reading, finding_id: str) -> tuple[tuple[ImageKey, int], ...]:
    """The fullest slice of each image with marks, and images on which the finding is only outlined."""
    marked = reading.pictured_slices(finding_id)
    there = {key.sop_instance_uid for key, _ in marked}
    outlined = {c.image.sop_instance_uid: c.image for c in reading.clusters_of(finding_id)}
    return (*marked, *((key, 0) for uid, key in outlined.items() if uid not in there))


def _photographer(info: ImageInfo, number: int) -> tuple[ImageInfo, Photographer] | None:
    """One frame as it hangs; None when it cannot be read."""
    try:
        image = read_image(info.path, number)
        frame, of_frame = image.frame(number), image.info_of(number)
    except (UnreadableImage, IndexError):
        return None
    # side, view and turn as the reader corrected them, all else as this frame's header says
    of_frame = replace(of_frame, laterality=info.laterality, view=info.view, turned=info.turned)
    orientation, _ = hung(of_frame, levels_of(of_frame, frame))
    return of_frame, Photographer(of_frame, frame, orientation)


def _drawn(reading: Reading, finding_id: str, key: ImageKey) -> Drawn:
    nipple = reading.nipple_on(key.sop_instance_uid)
    return Drawn(
        tuple(mark for mark in reading.marks_of(finding_id) if mark.image == key),
        tuple(cluster.outline for cluster in reading.clusters_of(finding_id) if cluster.image == key),
        None if nipple is None else nipple.point,
    )


def _row(
    photographer: Photographer, info: ImageInfo, name: str, drawn: Drawn, others: int
) -> Iterator[Picture]:
    plain = photographer.crop(drawn.points)
    marked = photographer.crop(drawn.points, drawn)
    whole = photographer.whole(drawn, plain.region)
    for taken, caption in (
        (whole, _of_whole(drawn, others)),
        (plain, _of_crop(plain)),
        (marked, "the same part with marks"),
    ):
        words = ". ".join(part for part in (f"{name}, {caption}", _bar(taken, info), _flags(info)) if part)
        yield Picture(taken.png, f"{words}.", taken.width, taken.height)


def _name(info: ImageInfo, number: int) -> str:
    name = info.name or "Unnamed view"
    return f"{name}, slice {number} of {info.frames}" if info.is_stack else name


def _of_whole(drawn: Drawn, others: int) -> str:
    kinds = {mark.kind.value for mark in drawn.marks}
    shapes = [
        words for kind, words in (("micro", "circles micro"), ("macro", "diamonds macro")) if kind in kinds
    ]
    if drawn.outlines:
        shapes.append("yellow line outlined group")
    if drawn.nipple is not None:
        shapes.append("cross nipple as placed")
    shapes.append("white box part beside it")
    also = ""
    if others:
        slices = "slice" if others == 1 else "slices"
        also = f". Marks on {others} other {slices} of it are not shown"
    return f"whole view, made smaller, speck-true. {'; '.join(shapes).capitalize()}{also}"


def _of_crop(taken: Snapshot) -> str:
    if taken.scale == 1:
        size = "1:1, each image pixel as one picture pixel"
    else:
        size = f"{taken.scale:g}:1, each image pixel as {taken.scale:g} × {taken.scale:g} picture pixels"
    if taken.left_out:
        size += f"; {taken.left_out} marks lie beyond this part"
    return f"{size}. Nothing drawn on it"


def _bar(taken: Snapshot, info: ImageInfo) -> str:
    if not taken.bar_px:
        return "No scale bar: the picture is too small for one"
    if taken.bar_mm is None or info.spacing is None:
        return f"Bar {taken.bar_image_px} image pixels, spacing unknown"
    return f"Bar {taken.bar_mm:g} mm {info.spacing.basis}"


def _flags(info: ImageInfo) -> str:
    found = {
        "FOR PROCESSING": info.intent is Intent.PROCESSING,
        "LOSSY COMPRESSED": info.lossy,
        "SYNTHETIC 2D, made from tomosynthesis": info.generated_2d,
    }
    return "; ".join(words for words, said in found.items() if said)
