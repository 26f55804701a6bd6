"""Where the breast lies on images, by their pixels; also on those that no picture has told of."""

from __future__ import annotations

from annotator.analysis.breast.location import BreastOnImage, breast_on_image
from annotator.analysis.findings.measured import FindingMeasurer
from annotator.errors import UnreadableImage
from annotator.imaging.air import hung, tissue_mask
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pyramid import Levels, levels_of
from annotator.jobs import CancelToken
from annotator.model.finding import Reading
from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo, ImageInfo


def breast_in(info: ImageInfo, levels: Levels) -> tuple[Orientation, BreastOnImage]:
    """How an image hangs and where its breast lies, by its pixels."""
    turn, _ = hung(info, levels)
    return turn, breast_on_image(info, turn, tissue_mask(levels), levels.coarsest_block)


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
        measurer.learn(breast_in(info, levels)[1])
