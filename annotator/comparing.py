"""A cluster beside what there was of it in earlier exams: which one that may be, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from annotator.analysis.breast.location import BreastOnImage
from annotator.analysis.change.compare import compare_clusters
from annotator.analysis.change.constellation import constellation_of
from annotator.analysis.change.earlier_clusters import ReadBefore, earlier_clusters
from annotator.analysis.change.suggested_change import suggested_change
from annotator.analysis.findings.measured import FindingMeasurer
from annotator.breasts import breast_in
from annotator.imaging.air import hung
from annotator.imaging.dicom_file import read_image
from annotator.imaging.pyramid import levels_of
from annotator.jobs import CancelToken
from annotator.model.comparison import ClusterOnImage, Comparison, EarlierClusters
from annotator.model.finding import Reading
from annotator.model.geometry import Orientation
from annotator.model.image import ExamInfo
from annotator.model.timeline import ReadExam
from annotator.over_time import OverTime

FindBreasts = Callable[[Reading, ExamInfo, CancelToken], None]


class Comparing:
    """Looks into readings and decodes images, so everything here is for a job.

    `find_breasts` looks for the breast on the marked images of an exam, as far as no picture has told of it.
    """

    def __init__(self, over_time: OverTime, measurer: FindingMeasurer, find_breasts: FindBreasts) -> None:
        self._over_time = over_time
        self._measurer = measurer
        self._find_breasts = find_breasts

    def earlier_clusters(
        self,
        reading: Reading,
        finding_id: str,
        exam: ExamInfo,
        priors: Sequence[ExamInfo],
        token: CancelToken | None = None,
    ) -> EarlierClusters:
        """What of the exams before, whose images are at hand, the marks of a finding may be compared with.

        `priors`: the last one first. Says why not where there is nothing. Raises StoreError.
        """
        wanted = token or CancelToken()
        self._find_breasts(reading, exam, wanted)
        before = []
        for prior in priors:
            said = self._over_time.said_of(prior.study_instance_uid)
            before += [ReadBefore(prior, read, value) for read, value in said]
            if not said:
                unread = ReadExam(
                    reading_id="",
                    study_instance_uid=prior.study_instance_uid,
                    reader="",
                    exam_date=prior.day,
                )
                before.append(ReadBefore(prior, unread))
            for _, value in said:
                self._find_breasts(value, prior, wanted)
        return earlier_clusters(reading, finding_id, exam, before, self._measurer.breast)

    def compare(
        self,
        now: ClusterOnImage,
        then: ClusterOnImage,
        *,
        months: float | None = None,
        frames: tuple[NDArray[Any] | None, NDArray[Any] | None] = (None, None),
        token: CancelToken | None = None,
    ) -> Comparison:
        """A cluster beside the same cluster on an exam `months` before (None: not known).

        `frames` are the pictures of both where they are decoded already. Raises UnreadableImage.
        """
        wanted = token or CancelToken()
        seen = []
        for cluster, frame in zip((now, then), frames, strict=True):
            wanted.checkpoint()
            turn, breast = self.as_hung(cluster, frame)
            seen.append(constellation_of(cluster, turn, breast))
        compared = compare_clusters(seen[0], seen[1], wanted)
        return Comparison(
            now=now,
            then=then,
            seen_now=seen[0],
            seen_then=seen[1],
            compared=compared,
            hint=suggested_change(compared, months),
        )

    def as_hung(
        self, cluster: ClusterOnImage, frame: NDArray[Any] | None = None
    ) -> tuple[Orientation, BreastOnImage]:
        """How the image of a cluster hangs and where its breast lies. Raises UnreadableImage."""
        info = cluster.info
        if frame is None:
            frame = read_image(info.path, cluster.frame).frame(cluster.frame)
        levels = levels_of(info, frame)
        known = self._measurer.breast(info)
        if known is not None:
            return hung(info, levels)[0], known
        turn, found = breast_in(info, levels)
        self._measurer.learn(found)
        return turn, found
