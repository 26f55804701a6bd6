"""From the tree of a CAD report to what it says, tolerant of what vendors leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pydicom import Dataset

from annotator.exchange.cad_sr import codes
from annotator.exchange.cad_sr.codes import Coded
from annotator.exchange.cad_sr.places import center_of, outline_of
from annotator.exchange.cad_sr.tree import MOST_ITEMS, Item, TooManyItems, Tree
from annotator.exchange.careful_dicom import DAMAGE
from annotator.model.cad import (
    Algorithm,
    CadDetection,
    CadFeature,
    CadKind,
    CadMark,
    CadReport,
    CadStatus,
    RenderingIntent,
)
from annotator.model.image import ImageKey

CAD_CLASS = "1.2.840.10008.5.1.4.1.1.88.50"
_STRICTEST = (RenderingIntent.REQUIRED, RenderingIntent.OPTIONAL, RenderingIntent.NOT_SHOWN)


def is_cad(document: Dataset) -> bool:
    """Whether a data set is a Mammography CAD report, whatever class it was stored under."""
    if codes.coded(document.get("ConceptNameCodeSequence")).value == codes.REPORT.value:
        return True
    try:
        template = str(document.ContentTemplateSequence[0].TemplateIdentifier)
    except DAMAGE:
        template = ""
    return template == "4000" or str(document.get("SOPClassUID", "")) == CAD_CLASS


def understood(document: Dataset) -> CadReport:
    """What a CAD report says. Raises TooManyItems."""
    reader = _Reader(Tree(document), document)
    return reader.report()


class _Reader:
    """One report. What is mended or left out is counted in `notes`."""

    def __init__(self, tree: Tree, document: Dataset) -> None:
        self._tree = tree
        self._document = document
        self._findings = [
            item for item in tree.all() if item.name.value == codes.FINDING.value and not item.target
        ]
        self._notes: Counter[str] = Counter()
        self._followed = 0
        self._detections = tuple(self._all_detections())
        self._fallback = self._only_algorithm()

    def report(self) -> CadReport:
        single = {
            item.place: mark
            for item in self._findings
            if codes.KINDS.get(item.value.value) is CadKind.SINGLE and (mark := self._mark(item)) is not None
        }
        in_clusters = set[tuple[int, ...]]()
        clusters = {
            item.place: mark
            for item in self._findings
            if codes.KINDS.get(item.value.value) is CadKind.CLUSTER
            and (mark := self._mark(item, self._members(item, single, in_clusters))) is not None
        }
        marks = {place: mark for place, mark in {**single, **clusters}.items() if place not in in_clusters}
        detected, with_findings = self._summary()
        return CadReport(
            sop_instance_uid=_said(self._document, "SOPInstanceUID"),
            study_instance_uid=_said(self._document, "StudyInstanceUID"),
            device=self._device(),
            images=self._images(),
            marks=tuple(marks[place] for place in sorted(marks)),
            features=tuple(self._features(marks)),
            others=self._others(),
            detections=self._detections,
            detected=detected,
            analysed=self._status(codes.ANALYSES),
            with_findings=with_findings,
            notes=tuple(
                f"{count} {what}" if count > 1 else f"1 {what}" for what, count in self._notes.items()
            ),
        )

    def _mark(self, item: Item, members: tuple[CadMark, ...] = ()) -> CadMark | None:
        outline = outline_of(item)
        place = center_of(item, outline, members)
        image = self._image_of(item)
        if place is None or image is None:
            self._notes["without a place or an image, left out"] += 1
            return None
        if not any(self._own_intent(one) for one in (item, *self._tree.parents(item))):
            self._notes["without a rendering intent, shown"] += 1
        return CadMark(
            id=item.id,
            kind=codes.KINDS[item.value.value],
            image=image,
            center=place,
            algorithm=self._algorithm(item) or self._of_parents(item) or self._fallback,
            intent=self._intent(item),
            outline=outline,
            certainty=self._share(item.first(codes.CERTAINTY)),
            probability=self._share(item.first(codes.PROBABILITY)),
            operating_point=_operating_point(item),
            number=_whole(item.first(codes.NUMBER)),
            members=members,
            type_codes=tuple(one.value.value for one in item.called(codes.TYPE)),
            distribution_code=next((one.value.value for one in item.called(codes.DISTRIBUTION)), ""),
        )

    def _members(
        self, cluster: Item, single: Mapping[tuple[int, ...], CadMark], taken: set[tuple[int, ...]]
    ) -> tuple[CadMark, ...]:
        """The calcifications of a cluster, below it or referred to."""
        found = {}
        for child in cluster.children:
            meant = self._tree.meant(child)
            if meant is not None and meant.place in single:
                found[meant.place] = single[meant.place]
        taken.update(found)
        return tuple(found.values())

    def _intent(self, item: Item) -> RenderingIntent:
        """The strictest of what is said of it and of what holds it: who may not see the whole may not see a part."""
        own = self._own_intent(item)
        above = [said for one in self._tree.parents(item) if (said := self._own_intent(one)) is not None]
        if own is None and not above:
            return RenderingIntent.REQUIRED
        if own is not None:
            # an optional impression may hold marks that are to be shown whether or not it is
            above = [said for said in above if said is RenderingIntent.NOT_SHOWN]
            above.append(own)
        return max(above, key=_STRICTEST.index)

    def _own_intent(self, item: Item) -> RenderingIntent | None:
        said = item.first(codes.INTENT)
        return None if said is None else codes.INTENTS.get(said.value.value)

    def _algorithm(self, item: Item) -> Algorithm | None:
        name, version = item.first(codes.ALGORITHM), item.first(codes.ALGORITHM_VERSION)
        if name is None or not name.text:
            return None
        return Algorithm(name.text, version.text if version is not None else "")

    def _of_parents(self, item: Item) -> Algorithm | None:
        return next((found for one in self._tree.parents(item) if (found := self._algorithm(one))), None)

    def _only_algorithm(self) -> Algorithm:
        """What speaks where a mark does not say: the one program of the detections, else the device."""
        known = {one.algorithm for one in self._detections}
        if len(known) == 1:
            return next(iter(known))
        return self._device()

    def _device(self) -> Algorithm:
        said = [_said(self._document, one) for one in ("Manufacturer", "ManufacturerModelName")]
        return Algorithm(" ".join(dict.fromkeys(said)).strip(), _said(self._document, "SoftwareVersions"))

    def _share(self, item: Item | None) -> float | None:
        """A certainty or probability as a share; by the standard it is given in percent."""
        number = None if item is None else item.number
        if item is None or number is None:
            return None
        share = number if item.unit in ("1", "{0:1}") else number / 100
        if 0 <= share <= 1:
            return share
        self._notes["certainty outside 0 to 100 %, left out"] += 1
        return None

    def _image_of(self, item: Item) -> ImageKey | None:
        """The image that the places of a finding were selected from, else that of the finding itself."""
        for child in item.children:
            if child.kind != "SCOORD":
                continue
            for below in child.children:
                if (found := self._image(below)) is not None:
                    return found
        return next((found for child in item.children if (found := self._image(child))), None)

    def _image(self, item: Item) -> ImageKey | None:
        meant = self._tree.meant(item)
        if meant is None or meant.kind != "IMAGE":
            return None
        try:
            said = meant.data.ReferencedSOPSequence[0]
            uid = str(said.ReferencedSOPInstanceUID).strip()
            frames = said.get("ReferencedFrameNumber")
            first = frames if frames is None or isinstance(frames, int | str) else frames[0]
            frame = int(first or 1)
        except DAMAGE:
            return None
        return ImageKey(uid, max(frame, 1)) if uid else None

    def _images(self) -> tuple[str, ...]:
        found = (self._image(item) for item in self._tree.all() if item.kind == "IMAGE")
        return tuple(dict.fromkeys(key.sop_instance_uid for key in found if key is not None))

    def _features(self, marks: Mapping[tuple[int, ...], CadMark]) -> Iterator[CadFeature]:
        """Composite features that are not part of another, with all marks below them or referred to."""
        for item in self._tree.all():
            if item.name.value != codes.COMPOSITE.value or item.target:
                continue
            if any(above.name.value == codes.COMPOSITE.value for above in self._tree.parents(item)):
                continue
            held = dict.fromkeys(one.place for one in self._within(item) if one.place in marks)
            if len(held) > 1:
                certainty = self._share(item.first(codes.FEATURE_CERTAINTY))
                yield CadFeature(tuple(marks[place].id for place in held), self._intent(item), certainty)

    def _within(self, item: Item) -> Iterator[Item]:
        """What lies below an item; references are followed once, so that none leads in circles.

        Raises TooManyItems where many references to much would take for ever.
        """
        waiting, followed = [item], set[tuple[int, ...]]()
        while waiting:
            one = waiting.pop()
            meant = self._tree.meant(one)
            if meant is None or meant.place in followed:
                continue
            followed.add(meant.place)
            self._followed += 1
            if self._followed > MOST_ITEMS:
                raise TooManyItems
            yield meant
            waiting.extend(reversed(meant.children))

    def _others(self) -> tuple[tuple[str, int], ...]:
        """Lesions other than calcifications that are for presentation."""
        counts: Counter[str] = Counter()
        for item in self._findings:
            value = item.value
            if value.value in codes.KINDS or value.value in codes.NO_LESION:
                continue
            if self._intent(item) is not RenderingIntent.NOT_SHOWN:
                counts[codes.OTHER_WORDS.get(value.value) or _word(value)] += 1
        return tuple(sorted(counts.items()))

    def _summary(self) -> tuple[CadStatus | None, bool | None]:
        summary = next((i for i in self._tree.all() if i.name.value == codes.SUMMARY.value), None)
        told = None if summary is None else codes.SUMMARIES.get(summary.value.value)
        detected = self._status(codes.DETECTIONS)
        return detected or (None if told is None else told[0]), None if told is None else told[1]

    def _status(self, name: Coded) -> CadStatus | None:
        item = next((i for i in self._tree.all() if i.name.value == name.value and not i.target), None)
        return None if item is None else codes.STATUSES.get(item.value.value)

    def _all_detections(self) -> Iterator[CadDetection]:
        for holder in self._tree.all():
            if holder.name.value not in (codes.DONE_DETECTIONS.value, codes.FAILED_DETECTIONS.value):
                continue
            failed = holder.name.value == codes.FAILED_DETECTIONS.value
            for item in holder.called(codes.DETECTION):
                kind = codes.KINDS.get(item.value.value)
                what = kind or codes.OTHER_WORDS.get(item.value.value) or _word(item.value)
                images = [found for one in self._within(item) if (found := self._image(one)) is not None]
                uids = tuple(dict.fromkeys(key.sop_instance_uid for key in images))
                yield CadDetection(str(what), self._algorithm(item) or Algorithm(""), uids, failed=failed)


def _operating_point(item: Item) -> float | None:
    intent = item.first(codes.INTENT)
    for holder in (intent, item):
        said = None if holder is None else holder.first(codes.OPERATING_POINT)
        if said is not None:
            return said.number
    return None


def _whole(item: Item | None) -> int | None:
    number = None if item is None else item.number
    return round(number) if number is not None and 0 <= number < 100_000 else None


def _word(value: Coded) -> str:
    said = " ".join(value.meaning.split()).lower()[:60]
    return said if said.isprintable() and said else "other finding"


def _said(document: Dataset, keyword: str) -> str:
    try:
        said = document.get(keyword)
    except DAMAGE:
        return ""
    if said is None:
        return ""
    first = said if isinstance(said, str) or not hasattr(said, "__getitem__") else "".join(map(str, said[:1]))
    return " ".join(str(first).split())[:64]
