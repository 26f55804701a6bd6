"""What a report of a reading says, in order: who and what, each breast, each finding, sources. No form yet.

The reader's own comes first; what the decision table says and what was measured stand beside it. No name, number,
date or UID of a patient or exam is in it unless asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from annotator import __version__
from annotator.exchange.finding_json import STATEMENT, shown_beside
from annotator.exchange.report_finding import NOT_AT_HAND, Beside, finding_section
from annotator.exchange.report_parts import (
    NOT_SAID,
    Facts,
    Listed,
    Part,
    Report,
    Section,
    Table,
    cells,
    shown_safely,
)
from annotator.lexicon.loader import Lexicon
from annotator.model.candidate import Verdict
from annotator.model.finding import Finding, Reading
from annotator.model.follow_up import TAG
from annotator.model.image import ExamInfo
from annotator.rules import BreastAssessments
from annotator.rules.combining import BreastValue

ABOUT_SUGGESTIONS = (
    "Suggestions come from a decision table drawn from the sources named, which a breast imaging specialist"
    " should review. The reader decides."
)
PRELIMINARY = "NOT SIGNED - PRELIMINARY"


_NO_BREASTS = BreastAssessments((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a report is made from. `name` is what exports call the exam, `lexicon` the edition the reading uses,
    `beside` by finding id.

    `displays` say in words on what displays the reading was made. `changes` says for each version but the first, by
    its number, what it changed. `as_signed`: the content is what the last signature covers.
    """

    reading: Reading
    exam: ExamInfo
    name: str = ""
    lexicon: Lexicon
    beside: Mapping[str, Beside] = field(default_factory=dict)
    breasts: BreastAssessments = _NO_BREASTS
    displays: tuple[str, ...] = ()
    changes: Mapping[int, str] = field(default_factory=dict)
    rules_version: str = ""
    as_signed: bool = True


def report_of(material: Material, finding_id: str | None = None, *, identified: bool = False) -> Report:
    """The report of a whole reading, or of one finding; KeyError when there is none with that id.

    `identified` adds the patient's name and number, the dates of exams and the Study Instance UID.
    """
    reading = material.reading
    findings = reading.findings if finding_id is None else (reading.finding(finding_id),)
    whole = finding_id is None
    labels = {image.sop_instance_uid: image.name or "unnamed view" for image in material.exam.images}
    sections = [_about(material, labels, whole=whole, identified=identified)]
    sections += [
        finding_section(
            reading,
            finding,
            material.beside.get(finding.id, Beside()),
            labels,
            material.lexicon,
            identified=identified,
            new_page=whole and len(findings) > 1,
        )
        for finding in findings
    ]
    if sources := tuple(_sources(sections, findings, material)):
        sections.append(Section("Sources", "", (Listed("", sources, small=True),)))
    status, details = _status(material)
    title = "Breast calcification report"
    if not whole:
        title += f", finding F{findings[0].number}"
    return shown_safely(
        Report(
            title=title,
            exam=_exam_name(material, identified=identified),
            signed=not status.startswith(PRELIMINARY),
            status=status,
            status_details=details,
            sections=tuple(sections),
            statement=f"{STATEMENT} {ABOUT_SUGGESTIONS}",
            version_line=f"Mammogram Annotator {__version__}, BI-RADS words of the {material.lexicon.edition_name}",
        )
    )


def _exam_name(material: Material, *, identified: bool) -> str:
    named = f"Exam {material.name}" if material.name else "Exam without a name"
    patient = _patient(material.exam)
    return f"{patient}, {named}" if identified and patient else named


def _patient(exam: ExamInfo) -> str:
    name = next((image.patient_name for image in exam.images if image.patient_name), "")
    return ", ".join(part for part in (name, exam.patient_key) if part)


def _status(material: Material) -> tuple[str, tuple[str, ...]]:
    """What stands on every page, and beside it every signed version with the reason and the change of each."""
    reading = material.reading
    lines = []
    for signed in reading.signatures:
        reason = f" Amended because: {signed.reason}" if signed.reason else ""
        lines.append(
            f"Version {signed.version} signed by {signed.reader}, {_moment(signed.at)}, with program"
            f" {signed.program_version}, lexicon {signed.lexicon_version} (edition {signed.lexicon_edition}),"
            f" table {signed.rules_version}.{reason}"
        )
        if change := material.changes.get(signed.version):
            lines.append(f"Changed in version {signed.version}: {change}.")
    if reading.amending:
        version = reading.signatures[-1].version if reading.signatures else 0
        return f"{PRELIMINARY}, amendment of version {version}", (
            *lines,
            f"Open again because: {reading.amending}",
        )
    if not reading.signatures:
        return PRELIMINARY, ()
    if not material.as_signed:
        return f"{PRELIMINARY}, not what was signed", tuple(lines)
    last = reading.signatures[-1]
    return f"SIGNED, version {last.version}, {last.reader}, {_moment(last.at)}", tuple(lines)


def _moment(iso: str) -> str:
    """A moment of UTC as people write it: 2026-03-02 14:05:09 UTC."""
    return iso.replace("T", " ").replace("Z", " UTC") if iso.endswith("Z") else iso


def _about(material: Material, labels: Mapping[str, str], *, whole: bool, identified: bool) -> Section:
    parts: list[Part] = [Facts("", tuple(_facts(material, labels, identified=identified)))]
    if whole:
        parts += _findings_table(material)
        parts += _breasts(material)
        parts += _seen_on_images(material, labels)
        parts += _candidates(material.reading)
    return Section("", "", tuple(parts))


def _facts(material: Material, labels: Mapping[str, str], *, identified: bool) -> Iterator[tuple[str, str]]:
    reading, exam = material.reading, material.exam
    if identified:
        yield "Patient", _patient(exam) or "not given"
        yield "Exam date", str(exam.day or exam.date) or "not given"
        yield "Study Instance UID", reading.study_instance_uid
    yield "Reader", reading.reader
    yield "Stage", material.lexicon.word(reading.stage) if reading.stage else NOT_SAID
    yield "Views", ", ".join(labels.values()) or "none at hand"
    if not reading.is_signed:
        yield "Exam called done", "yes" if reading.done else "no"
    yield "Lexicon", f"BI-RADS, {material.lexicon.edition_name}, in our own words, {material.lexicon.version}"
    if material.rules_version:
        yield "Table today", material.rules_version
    if material.displays:
        yield "Display", "; ".join(material.displays)


def _findings_table(material: Material) -> Iterator[Part]:
    """Every finding in one line; the pages that follow have the rest."""
    findings = material.reading.findings
    if not findings:
        yield Listed("Findings", ("No calcifications were marked or described.",))
        return
    if len(findings) == 1:
        return
    rows = [_finding_row(material, finding) for finding in findings]
    head = ("", "Side", "Morphology", "Distribution", "Reader's category", "Suggested")
    yield Table("Findings", head, cells(rows), (0.06, 0.14, 0.29, 0.18, 0.18, 0.15), 1)


def _finding_row(material: Material, finding: Finding) -> tuple[str, ...]:
    word, beside = material.lexicon.word, material.beside.get(finding.id, Beside())
    follow_up = shown_beside(finding, beside.follow_up)
    return (
        f"F{finding.number}",
        finding.laterality.breast.capitalize() if finding.laterality else NOT_SAID,
        ", ".join(map(word, finding.morphology)) or NOT_SAID,
        ", ".join(map(word, finding.distributions)) or NOT_SAID,
        finding.assessment.value if finding.assessment else NOT_SAID,
        (follow_up.suggested_assessment if follow_up else None) or "none told",
    )


def _breasts(material: Material) -> Iterator[Part]:
    """What several findings come to; that of a single one stands with it."""
    breasts = material.breasts
    if len(material.reading.findings) < 2:
        return
    suggested = {value.side: value for value in breasts.suggested}
    rows = [
        (
            value.side.breast.capitalize() if value.side else "Side not known",
            _value(value),
            _value(suggested[value.side]) if value.side in suggested else "",
        )
        for value in breasts.own
    ]
    yield Table(
        "Value of each breast",
        ("", "By the reader's categories", "By the suggested ones"),
        cells(rows),
        (0.2, 0.4, 0.4),
        1,
    )


def _value(value: BreastValue) -> str:
    category = value.category.value if value.category else "none"
    return " ".join((f"{category}.", *value.because))


def _seen_on_images(material: Material, labels: Mapping[str, str]) -> Iterator[Part]:
    reading, word = material.reading, material.lexicon.word
    if reading.recalls:
        rows = [
            (
                labels.get(recall.sop_instance_uid, NOT_AT_HAND),
                ", ".join(map(word, recall.reasons)),
                recall.comment,
            )
            for recall in reading.recalls
        ]
        yield Table(
            "Views to be taken again", ("View", "Because of", "Comment"), cells(rows), (0.2, 0.4, 0.4)
        )
    if reading.nipples:
        names = dict.fromkeys(labels.get(one.image.sop_instance_uid, NOT_AT_HAND) for one in reading.nipples)
        yield Facts("", (("Nipple placed on", ", ".join(names)),))
    if reading.chest_walls:
        names = dict.fromkeys(
            labels.get(one.image.sop_instance_uid, NOT_AT_HAND) for one in reading.chest_walls
        )
        yield Facts("", (("Chest wall drawn on", ", ".join(names)),))


def _candidates(reading: Reading) -> Iterator[Part]:
    """How many proposals of which model the reader decided of; nothing where none was looked at."""
    counts = Counter((one.candidate.of_cad, one.model_version, one.verdict) for one in reading.decisions)
    told: dict[bool, list[str]] = {}
    for of_cad, model in dict.fromkeys(
        (one.candidate.of_cad, one.model_version) for one in reading.decisions
    ):
        accepted, rejected = (
            counts[of_cad, model, verdict] for verdict in (Verdict.ACCEPTED, Verdict.REJECTED)
        )
        whose = model if of_cad else f"model {model}"
        told.setdefault(of_cad, []).append(f"{accepted} accepted, {rejected} rejected ({whose})")
    for of_cad, words in told.items():
        trained = "marks of a CAD report" if of_cad else "proposed by a program trained on synthetic images"
        yield Facts("", (("Candidates for labelling", f"{'; '.join(words)}; {trained}"),))


def _sources(sections: Iterable[Section], findings: Iterable[Finding], material: Material) -> Iterator[str]:
    """Every tag of the report with what it stands for, in order of first use."""
    tags: dict[str, None] = {}
    for finding in findings:
        follow_up = shown_beside(finding, material.beside.get(finding.id, Beside()).follow_up)
        tags |= dict.fromkeys(follow_up.cited if follow_up else ())
    for section in sections:
        named = TAG.findall(" ".join(_texts(section)))
        tags |= dict.fromkeys(tag for tag in named if tag in material.lexicon.sources)
    for tag in tags:
        source = material.lexicon.sources.get(tag)
        if source is None:
            yield f"[{tag}]"
        else:
            parts = (f"[{tag}] {source.citation}.", source.sentence, source.address)
            yield " ".join(part for part in parts if part)


def _texts(section: Section) -> Iterator[str]:
    for part in section.parts:
        if isinstance(part, Listed):
            yield from part.items
        elif isinstance(part, Table):
            yield from (cell for row in part.rows for cell in row)
