"""The files of exams: those that were named, else those of the index of exams; one exam in memory at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotator.imaging.collection import scan
from annotator.imaging.exam_index.pages import ExamPages
from annotator.jobs import CancelToken
from annotator.model.image import ExamInfo, ImageInfo
from annotator.settings import exam_index_path, header_index_path
from annotator.workspace import Workspace


class ExamFiles:
    """Where the images of an exam are. Of files and folders that were named only the paths are kept in memory."""

    def __init__(self, workspace: Workspace, named: Sequence[Path], token: CancelToken | None = None) -> None:
        self._workspace = workspace
        self._files: dict[str, list[Path]] = {}
        self._pages: ExamPages | None = None
        settings = workspace.settings
        if named:
            index = header_index_path() if settings.header_index else None
            for found in scan(named, token=token, index=index):
                if isinstance(found, ImageInfo) and found.study_instance_uid:
                    self._files.setdefault(found.study_instance_uid, []).append(found.path)
        if settings.header_index and exam_index_path(settings).exists():
            self._pages = ExamPages(exam_index_path(settings))

    @property
    def named(self) -> frozenset[str]:
        """The Study Instance UIDs of the files that were named."""
        return frozenset(self._files)

    def exam(self, study_instance_uid: str) -> ExamInfo:
        """An exam with the images that are at hand; without any where none is."""
        paths = self._files.get(study_instance_uid, [])
        if not paths and self._pages is not None:
            paths = self._pages.files_of(study_instance_uid)[0]
        exams = self._workspace.group_exams(self._workspace.list_images(paths).images) if paths else ()
        found = (one for one in exams if one.study_instance_uid == study_instance_uid)
        return next(found, ExamInfo(study_instance_uid, ()))

    def close(self) -> None:
        """Let go of the index."""
        if self._pages is not None:
            self._pages.close()
