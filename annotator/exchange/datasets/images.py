"""Finding the image that a source means among those at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from annotator.exchange.datasets.found import ImageName, stem_of
from annotator.model.image import ExamInfo, ImageInfo

Place = tuple[ExamInfo, ImageInfo]
_LEVELS = 6
"""Folders above an image whose names count."""


class KnownImages:
    """Images at hand by everything a source may call them.

    `folders` are other names of folders, `pseudonym` gives the UID under which an image has left this database.
    """

    def __init__(
        self,
        exams: Iterable[ExamInfo],
        folders: Mapping[Path, str] | None = None,
        pseudonym: Callable[[str], str] | None = None,
    ) -> None:
        self._by_uid: dict[str, list[Place]] = defaultdict(list)
        self._by_stem: dict[str, list[Place]] = defaultdict(list)
        self._by_prefix: dict[str, list[Place]] = defaultdict(list)
        self._by_folder: dict[str, list[Place]] = defaultdict(list)
        told = folders or {}
        for exam in exams:
            for image in exam.images:
                place = exam, image
                stem = stem_of(image.path.name)
                self._by_uid[image.sop_instance_uid.lower()].append(place)
                if pseudonym is not None:
                    self._by_uid[pseudonym(image.sop_instance_uid)].append(place)
                self._by_stem[stem].append(place)
                self._by_prefix[stem.split("_", 1)[0]].append(place)
                named = {one.name.lower() for one in list(image.path.parents)[:_LEVELS]}
                if told and (name := told.get(image.path.parent.resolve())):
                    named.add(name.lower())
                for name in named:
                    self._by_folder[name].append(place)

    def find(self, name: ImageName) -> tuple[Place, ...]:
        """The images that can be meant: one where it is clear, none or several where it is not.

        A UID goes before the name of a file, that before its beginning. Copies of one image are one; of several in a folder
        that holds one image the largest is it.
        """
        uid, stem = name.sop_instance_uid.lower(), name.stem.lower()
        found = self._by_uid.get(uid, []) if uid else []
        found = found or (self._by_stem.get(stem, []) if stem else [])
        found = found or (self._by_prefix.get(name.prefix.lower(), []) if name.prefix else [])
        if not found and name.folder:
            inside = self._by_folder.get(name.folder.lower(), [])
            found = sorted(inside, key=lambda place: place[1].rows * place[1].columns)[-1:]
        different = {image.sop_instance_uid: (exam, image) for exam, image in reversed(found)}
        return tuple(different.values())
