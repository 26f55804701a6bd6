"""One exam with its readings on the way into tables and data sets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from annotator.exchange.finding_json import cluster_facts
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.tables.shapes import Shape, shape_of
from annotator.model.finding import Finding, Reading
from annotator.model.image import ExamInfo, ImageInfo, ImageKey
from annotator.model.mark import Cluster, Mark

WHOLE = "all"
"""What stands for the part of a data set that is not split."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ToldReading:
    """One reading with what a table says beside it.

    `revision` is the one that goes out, `signed` the version that was signed with it (0: none), `part` the part of a
    split, `exam_date` as it leaves.
    """

    out: Outgoing
    revision: int
    part: str = WHOLE
    exam_date: date | None = None

    @property
    def reading(self) -> Reading:
        """What the reader said."""
        return self.out.reading

    @property
    def signed(self) -> int:
        """The version that was signed; 0 for a reading that is open."""
        return self.reading.signatures[-1].version if self.reading.is_signed else 0

    @property
    def finished(self) -> bool:
        """Whether an image without marks says that there is nothing to mark: signed, or called done."""
        return self.reading.is_signed or self.reading.done

    @property
    def id(self) -> str:
        """The id of the reading as it leaves."""
        names = self.out.pseudonyms
        return self.reading.id if names is None else names.name(self.reading.id)

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """The findings by id."""
        return {one.id: one for one in self.reading.findings}

    @cached_property
    def tied(self) -> dict[str, tuple[str, ...]]:
        """The clusters that each mark is tied together in, by the id of the mark."""
        found: dict[str, tuple[str, ...]] = {}
        for cluster in self.reading.clusters:
            for mark in cluster.mark_ids:
                found[mark] = (*found.get(mark, ()), cluster.id)
        return found

    @cached_property
    def images(self) -> dict[str, ImageInfo]:
        """The images at hand by SOP Instance UID (the exam's own), with what this reader corrected."""
        return {info.sop_instance_uid: info for info in self.out.exam.images}

    @cached_property
    def _names(self) -> dict[ImageKey, str]:
        return {}

    def picture(self, key: ImageKey) -> str:
        """What files of a picture are called, without ending; '' where its image is not at hand."""
        if key not in self._names:
            info = self.images.get(key.sop_instance_uid)
            self._names[key] = "" if info is None else picture_name(self.out, info, key)
        return self._names[key]

    @property
    def pictures(self) -> tuple[ImageKey, ...]:
        """Every frame that something is marked or outlined on."""
        marked = [one.image for one in self.reading.marks]
        return tuple(dict.fromkeys([*marked, *(one.image for one in self.reading.clusters)]))


@dataclass(frozen=True, kw_only=True)
class ToldExam:
    """All readings of one exam that go out together; at least one."""

    readings: tuple[ToldReading, ...]

    @property
    def out(self) -> Outgoing:
        """The first of them: exam, names and part of the split are those of all."""
        return self.readings[0].out

    @property
    def info(self) -> ExamInfo:
        """The images, with what the first reader corrected of side and view."""
        return self.out.exam

    @property
    def part(self) -> str:
        """The part of a split it is in."""
        return self.readings[0].part

    @property
    def finished(self) -> bool:
        """Whether every reader has finished with it."""
        return all(one.finished for one in self.readings)

    def pictures(self) -> Iterator[tuple[ImageInfo, ImageKey]]:
        """Pictures that are at hand: every single image, of stacks the frames that something is marked on."""
        marked = {key for one in self.readings for key in one.pictures}
        for info in self.info.images:
            frames = range(1, info.frames + 1)
            yield from ((info, info.key(n)) for n in frames if not info.is_stack or info.key(n) in marked)

    def not_at_hand(self) -> set[str]:
        """SOP Instance UIDs (the exam's own) of images with marks or outlines whose files are not at hand."""
        known = {info.sop_instance_uid for info in self.info.images}
        return {key.sop_instance_uid for one in self.readings for key in one.pictures} - known


def image_name(out: Outgoing, info: ImageInfo) -> str:
    """What files of a whole image are called, without ending: exam, side and view, and a digest of the UID that leaves.

    "JJFPKX9NN7SQ_RCC_1f0a93bc". Never a UID, identified or not.
    """
    digest = hashlib.sha256(f"{out.name}\0{out.uid(info.sop_instance_uid)}".encode()).hexdigest()[:8]
    label = "".join(c for c in info.label if c.isascii() and c.isalnum()) or "view"
    return f"{out.name}_{label}_{digest}"


def picture_name(out: Outgoing, info: ImageInfo, key: ImageKey) -> str:
    """What files of a picture are called, without ending: as the image, of a slice with its number ("..._f012")."""
    return f"{image_name(out, info)}_f{key.frame:03}" if info.is_stack else image_name(out, info)


@dataclass(frozen=True, slots=True)
class ToldMark:
    """One mark with its reading, and what is drawn for it."""

    told: ToldReading
    item: Mark
    shape: Shape

    @property
    def finding(self) -> Finding:
        """The finding it belongs to."""
        return self.told.findings[self.item.finding_id]


@dataclass(frozen=True, slots=True)
class ToldCluster:
    """One cluster with its reading, and what is counted and measured of it (`finding_json.cluster_facts`)."""

    told: ToldReading
    item: Cluster
    facts: Mapping[str, Any]

    @property
    def finding(self) -> Finding:
        """The finding it belongs to."""
        return self.told.findings[self.item.finding_id]


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One finding with its reading."""

    told: ToldReading
    finding: Finding


@dataclass(frozen=True, slots=True)
class ToldImage:
    """One image of an exam."""

    exam: ToldExam
    info: ImageInfo


def marks_of(told: ToldReading) -> Iterator[ToldMark]:
    """Every mark of a reading."""
    return (ToldMark(told, mark, shape_of(mark)) for mark in told.reading.marks)


def clusters_of(told: ToldReading) -> Iterator[ToldCluster]:
    """Every cluster of a reading."""
    reading = told.reading
    return (ToldCluster(told, one, cluster_facts(one, reading)) for one in reading.clusters)
