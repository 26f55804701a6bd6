"""What is known of a finding beyond its description: its side, its views, what goes with it, what it was called before.

It adds notes to what the table says and tells which breast a finding counts for; it changes no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from annotator.lexicon.loader import Lexicon
from annotator.model.changes import unchanged_ends
from annotator.model.finding import Assessment, Associated, Finding, Reading
from annotator.model.follow_up import FollowUp
from annotator.model.image import ImageInfo, Laterality
from annotator.model.mark import Mark
from annotator.model.timeline import ReadExam, Sighting
from annotator.rules.combining import BreastAssessments, Rated, breast_values, is_lower


class Earlier(NamedTuple):
    """The reader's own category at another time; `where` as words: "version 1, signed 2026-03-02"."""

    category: Assessment
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """`associated` is what else is seen there, `views` the names of the images it is marked on.

    `magnified` are those of them that are magnification views, `unmarked_magnified` magnification views of its breast
    on which it is not marked. `earlier` are the reader's categories for it at other times.
    """

    associated: tuple[Associated, ...] = ()
    views: tuple[str, ...] = ()
    magnified: tuple[str, ...] = ()
    unmarked_magnified: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()


NOTHING = Beside()


def known_of(
    reading: Reading,
    finding: Finding,
    images: Mapping[str, ImageInfo],
    earlier: tuple[Earlier, ...] = (),
) -> Beside:
    """What a reading and its images (by SOP Instance UID) tell of a finding beyond its description.

    The category of its last signature counts as an earlier one, beside those of `earlier`.
    """
    marked = _marked_images(reading, finding.id)
    here = [images[uid] for uid in marked if uid in images]
    sides = {image.laterality for image in here}
    of_breast = [
        image
        for uid, image in images.items()
        if image.view.magnified and uid not in marked and image.laterality in sides
    ]
    return Beside(
        associated=tuple(sorted(finding.associated)),
        views=_named(here),
        magnified=_named([image for image in here if image.view.magnified]),
        unmarked_magnified=_named(of_breast),
        earlier=(*_signed(reading, finding.id), *earlier),
    )


def earlier_in(sightings: Iterable[Sighting], here: ReadExam) -> dict[str, Earlier]:
    """By tracking UID, the reader's own category in the last of the exams before this one that gave one."""
    found = {}
    for one in sorted(sightings, key=lambda one: one.exam.order):
        if one.assessment is not None and one.exam.is_before(here):
            whose = "" if one.exam.reader == here.reader else f", read by {one.exam.reader}"
            found[one.tracking_uid] = Earlier(one.assessment, f"the exam of {one.exam.exam_date}{whose}")
    return found


def breast_assessments(
    reading: Reading,
    follow_ups: Mapping[str, FollowUp],
    sides: Mapping[str, Laterality | None],
    lexicon: Lexicon,
) -> BreastAssessments:
    """What the findings of a reading come to for each breast: by the reader's categories and by the suggested ones.

    `follow_ups` by finding id, `sides` of the images by SOP Instance UID. A suggested category is told only of findings
    that have the reader's own.
    """
    own, suggested = [], []
    for finding in reading.findings:
        side, said = _side(reading, finding, sides)
        name = f"F{finding.number}"
        own.append(Rated(name, side, finding.assessment, said))
        told = finding.assessment is not None
        category = follow_ups[finding.id].suggested_assessment if told else None
        suggested.append(Rated(name, side, Assessment(category) if category else None, said, told))
    return BreastAssessments(breast_values(own, lexicon), breast_values(suggested, lexicon))


def _side(
    reading: Reading, finding: Finding, sides: Mapping[str, Laterality | None]
) -> tuple[Laterality | None, bool]:
    """The side the reader said and True, else the one the images tell on which it is marked."""
    if finding.laterality is not None:
        return finding.laterality, True
    told = {sides.get(uid) for uid in _marked_images(reading, finding.id)} - {None}
    return Laterality.BOTH if len(told) > 1 else next(iter(told), None), False


def notes_beside(known: Beside, suggested: Assessment | None, lexicon: Lexicon) -> Iterator[str]:
    """The notes that follow from what is known beyond the description, in sentences with their sources."""
    if known.associated:
        words = " and ".join(lexicon.word(one).lower() for one in known.associated)
        yield f"Calcification rule only: the table does not look at what is seen with it ({words}) [RULE]."
    if known.magnified and len(known.views) > len(known.magnified):
        yield (
            f"One finding in {len(known.views)} views, described from the magnification view"
            f" ({', '.join(known.magnified)}) [SJRA-8][SJRA-9][RP-S]; its size is the greatest extent in any one view."
        )
    elif len(known.views) > 1:
        yield (
            f"One finding in {len(known.views)} views ({', '.join(known.views)});"
            " its size is the greatest extent in any one view, never an average [RULE]."
        )
    if known.unmarked_magnified and not known.magnified:
        yield (
            f"There is a magnification view of this breast ({', '.join(known.unmarked_magnified)}) on which it is not"
            " marked; describe it from there [SJRA-8][SJRA-9][RP-S]."
        )
    for one in known.earlier:
        if suggested is not None and is_lower(suggested, one.category):
            yield (
                f"The reader's own category was {one.category} in {one.where}. The table's {suggested} is lower and never"
                " replaces it; only the reader may lower it [RULE]."
            )


def _marked_images(reading: Reading, finding_id: str) -> list[str]:
    marked = {one.image.sop_instance_uid for one in reading.clusters_of(finding_id)}
    return sorted(marked | _MARKED.of(reading.marks, finding_id))


class _MarkedImages:
    """How many marks of each finding lie on each image, of the marks asked about last.

    Every finding is asked about after every act, and marks may be thousands: only those that an act changed are looked
    at again.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[Mark, ...], Counter[tuple[str, str]]] = ((), Counter())

    def of(self, marks: tuple[Mark, ...], finding_id: str) -> set[str]:
        """SOP Instance UIDs of the images on which a finding is marked."""
        known, counts = self._last
        if known is not marks:
            start, end = unchanged_ends(known, marks)
            counts = counts.copy()
            counts.subtract(map(_owner_and_image, known[start : len(known) - end]))
            counts.update(map(_owner_and_image, marks[start : len(marks) - end]))
            counts = +counts
            self._last = marks, counts
        return {uid for owner, uid in counts if owner == finding_id}


def _owner_and_image(mark: Mark) -> tuple[str, str]:
    return mark.finding_id, mark.image.sop_instance_uid


_MARKED = _MarkedImages()


def _named(images: list[ImageInfo]) -> tuple[str, ...]:
    return tuple(sorted({image.label or "unnamed view" for image in images}))


def _signed(reading: Reading, finding_id: str) -> Iterator[Earlier]:
    for signature in reversed(reading.signatures):
        signed = signature.finding(finding_id)
        if signed is not None:
            if signed.assessment is not None:
                where = f"version {signature.version}, signed {signature.at[:10]}"
                yield Earlier(Assessment(signed.assessment), where)
            return
