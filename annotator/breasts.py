"""Where the breast lies on images that no picture has told of, so that places on them can be said."""

from __future__ import annotations

from annotator.analysis.breast.location import breast_on_image
from annotator.analysis.findings.measured import FindingMeasurer
from annotator.errors import UnreadableImage
from annotator.imaging.air import hung, tissue_mask
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pyramid import levels_of
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.image import ExamInfo


def find_breasts(measurer: FindingMeasurer, reading: Reading, exam: ExamInfo, token: CancelToken) -> None:
    """Tell the measurer of the breast on every image with marks or outlines that it does not know; for a job.

    What cannot be read is left out: places on it stay unknown.
    """
    marked = [*(one.image for one in reading.clusters), *(one.image for one in reading.marks)]
    first = {key.sop_instance_uid: key.frame for key in marked}
    for info in exam.images:
        number = first.get(info.sop_instance_uid)
        if number is None or measurer.breast(info) is not None:
            continue
        token.checkpoint()
        try:
            levels = levels_of(info, read_image(info.path, number).frame(number))
        except (UnreadableImage, IndexError):
            continue
        tissue, (turn, _) = tissue_mask(levels), hung(info, levels)
        measurer.learn(breast_on_image(info, turn, tissue, levels.coarsest_block))
