"""A comparison with the exam before in sentences: what was matched, what is otherwise, what is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from annotator.lexicon.loader import Lexicon
from annotator.model.cluster_facts import ClusterFacts
from annotator.model.compared import Answer, Compared
from annotator.model.comparison import Comparison, EarlierCluster, Provenance
from annotator.model.counts import counted
from annotator.model.geometry import mm_digits
from annotator.model.intervals import interval_words
from annotator.model.timeline import inside

SIGNS = {True: "▲", False: "=", None: "?"}
ANSWERS = {True: "changed", False: "not changed", None: "cannot be told"}
QUESTIONS = ("appearance", "number", "pattern")
"""What a six-month mammogram is asked (docs/domain.md): changed in appearance, number or pattern?"""


def offer_words(earlier: EarlierCluster, today: date | None, reader: str) -> str:
    """What of an earlier exam is compared with: "F2 of 24 months earlier, 11 marks: called the same finding".

    Of others how far away they lie, and how likely they are the same by that.
    """
    when = interval_words(today, earlier.exam.exam_date)
    whose = f", read by {earlier.exam.reader}" if earlier.exam.reader not in ("", reader) else ""
    noun = "candidate" if earlier.provenance is Provenance.CANDIDATES else "mark"
    marks = counted(len(earlier.then.marks), noun)
    name = f"F{earlier.number} of {when}" if earlier.number else when
    return f"{name}{whose}, {marks}: {_why(earlier)}"


def _why(earlier: EarlierCluster) -> str:
    if earlier.provenance is not Provenance.LIKELIEST:
        return earlier.provenance.value
    if earlier.apart_mm is None:
        return "its place from the nipple is not known"
    likely = "" if earlier.likely is None else f", likely the same: {100 * earlier.likely:.0f} %"
    return f"{earlier.apart_mm:.0f} mm from this place{likely}"


def view_words(earlier: EarlierCluster) -> str:
    """The image of now: "RMLO, 20 marks"."""
    return f"{earlier.now.info.name or 'unnamed view'}, {counted(len(earlier.now.marks), 'mark')}"


def title_words(label: str, day: date | None, when: str) -> str:
    """Above one of both parts: "now · RMLO · 2024-03-12"."""
    return " · ".join(part for part in (when, label, "" if day is None else str(day)) if part)


def fact_lines(comparison: Comparison) -> Iterator[str]:
    """Numbers of both sides, each with how it is known; what cannot be compared is told beside one another."""
    compared = comparison.compared
    if compared.can_be_matched:
        yield _estimates(compared)
    if not compared.in_mm:
        yield "No pixel spacing is known of one of them, so that neither lengths nor places can be compared."
        return
    yield _extents(compared.now, compared.then)
    yield (
        f"Density {compared.now.density_per_cm2:.0f} in a square centimetre, "
        f"then {compared.then.density_per_cm2:.0f}."
    )
    if compared.size_change is not None:
        percent = 100 * (compared.size_change - 1)
        yield f"Sizes {percent:+.0f} % in the {compared.measured_pairs} pairs that were measured on both."


def _estimates(compared: Compared) -> str:
    """What is new and gone once it is allowed for that either exam shows less than there is."""
    new, gone = compared.new_range, compared.gone_range
    return (
        f"Really new about {compared.new_count} ({new[0]} to {new[1]}), gone about {compared.gone_count} "
        f"({gone[0]} to {gone[1]}), with what may have been overlooked."
    )


def _extents(now: ClusterFacts, then: ClusterFacts) -> str:
    if now.extent is None or then.extent is None:
        return f"{counted(now.count, 'mark')} now, {then.count} then."
    if now.basis != then.basis:
        return (
            f"Extent {now.extent.in_sentence}, then {then.extent.in_sentence}: not known in the same way, "
            "so not compared."
        )
    return f"Extent {mm_digits(now.extent_mm)} mm, then {mm_digits(then.extent_mm)} mm ({now.basis})."


def answer_words(question: str, answer: Answer) -> str:
    """One of the three questions: "▲ Number: changed. 19 now, 14 then."."""
    head = f"{SIGNS[answer.changed]} {question.capitalize()}: {ANSWERS[answer.changed]}."
    return " ".join((head, *answer.because))


def suggestion_words(comparison: Comparison, lexicon: Lexicon) -> str:
    """The word that is suggested and why, or that none is."""
    hint = comparison.hint
    why = " ".join(hint.because)
    if hint.change is None:
        return f"No word for the change is suggested. {why}".strip()
    return f"Suggested, not said: {inside(lexicon.word(hint.change))}. {why}".strip()
