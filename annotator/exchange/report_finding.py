"""One finding in a report: the reader's own first, what was measured and what the table says beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from annotator.exchange.finding_json import cluster_facts, shown_beside
from annotator.exchange.report_parts import (
    NOT_SAID,
    Listed,
    Opinion,
    Opinions,
    Part,
    Pictures,
    Section,
    Table,
    Words,
    cells,
)
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Assessment, Finding, Morphology, Reading, Stage
from annotator.model.follow_up import Contradiction, FollowUp
from annotator.model.geometry import Millimetres, mm_digits
from annotator.model.intervals import months_words
from annotator.model.mark import MarkKind
from annotator.model.measured import Measured, MeasuredOnImage

FLAGS = {
    "certain": "sure of the benign type",
    "known_cancer_here": "biopsy-proven cancer at this site",
    "adjacent_cancer": "next to a known cancer",
    "priors_requested": "prior mammograms requested",
}
"""What is said by a switch, in words."""

NOT_AT_HAND = "a view not at hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBefore:
    """The same finding in another exam of the patient. `interval` in words, `date` only for identified reports."""

    interval: str
    date: str
    category: Assessment | None
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a finding. `contradictions` None: not looked for, since its images are not at hand.

    `follow_up` is the one in force: of the signature where there is one. `since` says what differs today.
    """

    follow_up: FollowUp | None = None
    since: tuple[str, ...] = ()
    measured: Measured | None = None
    contradictions: tuple[Contradiction, ...] | None = None
    seen: tuple[SeenBefore, ...] = ()
    pictures: tuple[Pictures, ...] = ()


def finding_section(
    reading: Reading,
    finding: Finding,
    beside: Beside,
    labels: Mapping[str, str],
    lexicon: Lexicon,
    *,
    identified: bool = False,
    new_page: bool = False,
) -> Section:
    """One finding; `labels` are the names of the images by SOP Instance UID."""
    told = _Finding(reading, finding, beside, labels, lexicon)
    parts: list[Part] = [told.opinions(), *beside.pictures, told.description()]
    if finding.comment:
        parts.append(Words("Comment", finding.comment))
    if finding.origin is not None:
        parts.append(Words("Brought in from", str(finding.origin)))
    parts += [*told.marked(), *told.conflicts(), *told.seen(identified=identified), *told.reasons()]
    return Section(f"F{finding.number}", told.where(), tuple(parts), new_page)


def ranked(morphology: Sequence[Morphology], lexicon: Lexicon) -> tuple[Morphology, ...]:
    """Shapes from the most suspicious to the least, by the published figures' order: that of the lexicon."""
    order = list(Morphology)
    groups = ("suspicious", "other", "typically benign", "")
    return tuple(
        sorted(morphology, key=lambda one: (groups.index(lexicon.term(one).group), -order.index(one)))
    )


class _Part(NamedTuple):
    """One thing that can be said and measured, '' where it is not; `name` as it is called where it is not said."""

    name: str
    said: str = ""
    measured: str = ""


@dataclass(frozen=True)
class _Finding:
    reading: Reading
    finding: Finding
    beside: Beside
    labels: Mapping[str, str]
    lexicon: Lexicon

    @property
    def follow_up(self) -> FollowUp | None:
        """What may be shown of the follow-up: nothing that leads before the reader's own category."""
        return shown_beside(self.finding, self.beside.follow_up)

    def where(self) -> str:
        """On which views it is marked or outlined."""
        names = dict.fromkeys(self.labels.get(uid, NOT_AT_HAND) for uid in self._images())
        return f"on {', '.join(names)}" if names else "marked on no view"

    def opinions(self) -> Opinions:
        return Opinions(self._own(), self._suggested())

    def description(self) -> Table:
        """What is said beside what is measured; everything that is not said is named in the last row."""
        shown, silent = [], []
        for name, parts in self._rows():
            said = ", ".join(part.said for part in parts if part.said)
            measured = ", ".join(part.measured for part in parts if part.measured)
            if said or measured:
                shown.append((name, said or NOT_SAID, measured))
            if said or not measured:
                silent += [part.name for part in parts if not part.said]
        if silent:
            shown.append(("Not said", "; ".join(silent), ""))
        return Table("Description", ("", "The reader says", "Measured"), cells(shown), (0.18, 0.47, 0.35), 1)

    def marked(self) -> Iterator[Part]:
        """Counts and lengths on each view, and of each outlined group."""
        rows = list(self._marked_rows())
        head = ("View", "Micro", "Macro", "Greatest extent", "From nipple")
        shown = len(head) if any(row[-1] for row in rows) else len(head) - 1
        if rows:
            kept = cells([row[:shown] for row in rows])
            yield Table("Marks by view", head[:shown], kept, (0.24, 0.1, 0.1, 0.28, 0.28)[:shown])

    def conflicts(self) -> Iterator[Part]:
        found = self.beside.contradictions
        if found is None:
            items: tuple[str, ...] = ("Not looked for: the images were not at hand.",)
            yield Listed("Does not go together", items)
        elif found:
            yield Listed("Does not go together", tuple(_conflict(one) for one in found), alert=True)

    def seen(self, *, identified: bool) -> Iterator[Part]:
        if self.beside.seen:
            told = tuple(_seen(one, identified=identified) for one in self.beside.seen)
            yield Listed("The same finding in other exams", told)

    def reasons(self) -> Iterator[Part]:
        """Why the table says what it says, in its own sentences."""
        if self.beside.since:
            yield Listed("Looked up again today", self.beside.since)
        found = self.follow_up
        if found is None or found.is_kept_back:
            return
        if found.because:
            yield Listed(f"Why row {found.row}", found.because)
        if found.notes:
            yield Listed("To know beside it", found.notes)
        if found.patient_pages or found.birads:
            sides = ((found.patient_pages or "nothing", found.birads or "nothing"),)
            title = "Patient pages and BI-RADS side by side"
            yield Table(title, ("Patient pages", "BI-RADS"), sides, (0.5, 0.5))

    def _own(self) -> Opinion:
        finding = self.finding
        lines = []
        if finding.recommendation is not None:
            lines.append(
                f"Recommends: {self._word(finding.recommendation)}{_interval(finding.recommended_months)}"
            )
        elif finding.recommended_months is not None:
            lines.append(f"Recommends: again{_interval(finding.recommended_months)}")
        else:
            lines.append(f"Recommendation: {NOT_SAID}")
        lines.append(f"Certainty: {self._said(finding.certainty) or NOT_SAID}")
        category = finding.assessment
        if category is None:
            return Opinion("Reader's category", NOT_SAID, "", tuple(lines), said=False)
        return Opinion("Reader's category", category.value, self.lexicon.word(category), tuple(lines))

    def _suggested(self) -> Opinion:
        title, found = "Suggestion of the table", self.follow_up
        if found is None:
            return Opinion(title, "not looked up", "", (), said=False)
        if found.is_kept_back:
            return Opinion(
                title, "told after the reader's own", "", (), (f"Table {found.rules_version}.",), False
            )
        lines = (found.text, *((f"Taken for granted: {' '.join(found.assumed)}",) if found.assumed else ()))
        tags = "".join(f"[{tag}]" for tag in found.sources)
        small = (f"Row {found.row}, table {found.rules_version}. Sources {tags}",)
        if found.suggested_assessment is not None:
            category = Assessment(found.suggested_assessment)
            return Opinion(title, category.value, self.lexicon.word(category), lines, small)
        return Opinion(title, "no category", "", lines, small, said=False)

    def _rows(self) -> Iterator[tuple[str, tuple[_Part, ...]]]:
        """Each row of the description: its name, and what it puts together."""
        finding, found = self.finding, self.beside.measured or Measured()
        yield "Stage", (_Part("stage", self._stage()),)
        yield "Morphology", (_Part("morphology", self._shapes()),)
        patterns = ", ".join(map(self._word, finding.distributions))
        yield "Distribution", (_Part("distribution", patterns, _in_circle(found)),)
        sizes = "; ".join(_sizes(self.reading, finding, found))
        yield "Size", (_Part("size", self._size(), sizes),)
        yield "Greatest extent", (_Part("greatest extent", str(finding.extent or ""), _extent(found)),)
        hour = finding.clock_face
        yield (
            "Place",
            (
                _Part(
                    "side",
                    finding.laterality.breast.capitalize() if finding.laterality else "",
                    _sides(found),
                ),
                _Part("quadrant", self._said(finding.quadrant), self._said(found.quadrant).lower()),
                _Part("clock face", self.lexicon.clock_face(hour).word if hour else ""),
                _Part("depth", _third(self._said(finding.depth)), _third(self._said(found.depth)).lower()),
            ),
        )
        distance = str(finding.nipple_distance or "")
        yield "From nipple", (_Part("distance from nipple", distance, _from_nipple(found)),)
        yield (
            "Spread, change",
            (_Part("spread", self._said(finding.spread)), _Part("change", self._said(finding.change))),
        )
        with_it = ", ".join(map(self._word, finding.associated))
        yield "Seen with it", (_Part("what is seen with it", with_it),)
        if flags := [words for name, words in FLAGS.items() if getattr(finding, name)]:
            yield "Also said", (_Part("", ", ".join(flags)),)

    def _shapes(self) -> str:
        shapes = ranked(self.finding.morphology, self.lexicon)
        several = " (most suspicious first)" if len(shapes) > 1 else ""
        return ", ".join(map(self._word, shapes)) + several

    def _stage(self) -> str:
        own: Stage | None = self.finding.stage
        if own is not None:
            return f"{self._word(own)} (of this finding)"
        return f"{self._word(self.reading.stage)} (of the exam)" if self.reading.stage else ""

    def _size(self) -> str:
        if self.finding.size is not None:
            return self._word(self.finding.size)
        agreed = self.reading.size_of(self.finding.id)
        return f"{self._word(agreed)} (all marks)" if agreed is not None else ""

    def _marked_rows(self) -> Iterator[tuple[str, ...]]:
        marks, clusters = self.reading.marks_of(self.finding.id), self.reading.clusters_of(self.finding.id)
        measured = {one.sop_instance_uid: one for one in (self.beside.measured or Measured()).on_images}
        for uid in self._images():
            here = [mark.kind for mark in marks if mark.image.sop_instance_uid == uid]
            counts = tuple(str(here.count(kind)) for kind in (MarkKind.MICRO, MarkKind.MACRO))
            name = self.labels.get(uid, NOT_AT_HAND)
            groups = [one for one in clusters if one.image.sop_instance_uid == uid]
            if here:
                yield (name, *counts, *_lengths(measured.get(uid)))
            for number, cluster in enumerate(groups, start=1):
                facts = cluster_facts(cluster, self.reading)
                if len(groups) == 1 and facts["count"] == len(here):
                    continue
                title = f"{name}, group {number}" if len(groups) > 1 else f"{name}, group"
                counted = (
                    (str(facts["micro"]), str(facts["macro"])) if facts["count"] else ("outlined", "only")
                )
                yield (
                    title,
                    *counted,
                    _group_extent(facts["extent_mm"], facts["basis"], facts["extent_px"]),
                    "",
                )

    def _images(self) -> tuple[str, ...]:
        """UIDs of the images it is marked or outlined on, in order of first mark."""
        marked = [mark.image.sop_instance_uid for mark in self.reading.marks_of(self.finding.id)]
        marked += [one.image.sop_instance_uid for one in self.reading.clusters_of(self.finding.id)]
        return tuple(dict.fromkeys(marked))

    def _said(self, item: StrEnum | None) -> str:
        return self._word(item) if item is not None else ""

    def _word(self, item: StrEnum) -> str:
        return self.lexicon.word(item)


def _interval(months: int | None) -> str:
    if months is None:
        return ""
    return f" in {months_words(months)}" if months else " now"


def _conflict(one: Contradiction) -> str:
    tags = "".join(f"[{tag}]" for tag in one.sources if f"[{tag}]" not in one.text)
    kept = "Seen and left so by the reader." if one.kept else "Still standing."
    return f"{one.text} {tags + ' ' if tags else ''}{kept}"


def _seen(one: SeenBefore, *, identified: bool) -> str:
    when = f"{one.interval} ({one.date})" if identified and one.date else one.interval
    said = f"category {one.category.value}" if one.category is not None else "no category"
    return f"{when[:1].upper()}{when[1:]}: {said}, {one.marks} {'mark' if one.marks == 1 else 'marks'}."


def _third(depth: str) -> str:
    return f"{depth} third" if depth else ""


def _sides(found: Measured) -> str:
    return " and ".join(side.breast for side in found.sides)


def _from_nipple(found: Measured) -> str:
    if found.nipple_distance is None:
        return ""
    to = "to the nipple as placed" if found.nipple_placed else "to where the breast reaches farthest"
    return f"{found.nipple_distance}, {to}"


def _extent(found: Measured) -> str:
    if found.extent is None:
        return ""
    off = found.extent_uncertainty_mm
    return f"{found.extent}, \u00b1 {off:.1f} mm" if off else str(found.extent)


def _in_circle(found: Measured) -> str:
    if not found.in_circle or found.in_circle < 2:
        return ""
    return f"{found.in_circle} marks within one circle of 1 cm"


def _sizes(reading: Reading, finding: Finding, found: Measured) -> Iterable[str]:
    """Counts by kind, and sizes across: in millimetres of one calibration, else in pixels."""
    marks = reading.marks_of(finding.id)
    counts = [(kind, sum(mark.kind is kind for mark in marks)) for kind in MarkKind]
    if marks:
        yield ", ".join(f"{count} {kind.value}" for kind, count in counts if count)
    if found.median is not None:
        yield f"median {found.median}{_spread(found.smallest, found.largest)}"
    else:
        pixels = [mark.measurement.size_px for mark in marks if mark.measurement]
        if pixels:
            yield f"median {median(pixels):.1f} pixels (of {len(pixels)}; no one calibration)"
    if found.longest is not None:
        yield f"the longest linear piece {found.longest}"
    if unmeasured := sum(mark.measurement is None for mark in marks):
        yield f"{unmeasured} not measured"
    if found.outside_breast:
        yield f"{found.outside_breast} in the air beside the breast"


def _spread(smallest: Millimetres | None, largest: Millimetres | None) -> str:
    if smallest is None or largest is None or smallest == largest:
        return ""
    return f", {smallest.value:.2f} to {largest.value:.2f} mm"


def _lengths(here: MeasuredOnImage | None) -> tuple[str, str]:
    if here is None:
        return "", ""
    return str(here.extent or ""), str(here.nipple_distance or "")


def _group_extent(extent_mm: float | None, basis: object, extent_px: float) -> str:
    if extent_mm is None:
        return f"{extent_px:.0f} pixels, spacing unknown"
    return f"{mm_digits(extent_mm)} mm {basis}"
