"""A reading as one quiet page: a single HTML file that needs nothing else and prints well.

The reader's own category comes first; what the decision table says stands beside it, with its reasons
and sources. No name, number, date or UID of a patient or exam is in it unless asked for.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from importlib.resources import files
from pathlib import Path
from statistics import median

from annotator import __version__
from annotator.exchange.finding_json import STATEMENT, cluster_facts, shown_beside
from annotator.exchange.whole_file import write_whole
from annotator.lexicon.loader import Lexicon
from annotator.model.finding import Assessment, Finding, Reading
from annotator.model.follow_up import FollowUp, FollowUpAction
from annotator.model.geometry import Millimetres
from annotator.model.image import ExamInfo
from annotator.model.mark import Mark, MarkKind

_ABOUT_SUGGESTIONS = (
    "Suggestions come from a decision table drawn from the sources named, which a breast imaging specialist"
    " should review. The reader decides."
)
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """A picture for the report: PNG bytes and a caption, under a finding or (None) before all of them."""

    png: bytes
    caption: str
    finding_id: str | None = None


def write_report(
    path: Path,
    reading: Reading,
    exam: ExamInfo,
    follow_ups: Mapping[str, FollowUp],
    lexicon: Lexicon,
    pictures: Sequence[ReportPicture] = (),
    displays: Sequence[str] = (),
    *,
    identified: bool = False,
) -> None:
    """Write the report of a reading as one HTML file, whole or not at all. Raises ExportError.

    `follow_ups` by finding id; `lexicon` is the edition the reading uses, `displays` say in
    words on what displays it was made. `identified` adds the
    patient's name and number, the exam's date and its UID.
    """
    page = report_html(reading, exam, follow_ups, lexicon, pictures, displays, identified=identified)
    # a lone surrogate in a comment has no place in any file: show a question mark instead
    write_whole(path, page.encode("utf-8", errors="replace"))


def report_html(
    reading: Reading,
    exam: ExamInfo,
    follow_ups: Mapping[str, FollowUp],
    lexicon: Lexicon,
    pictures: Sequence[ReportPicture] = (),
    displays: Sequence[str] = (),
    *,
    identified: bool = False,
) -> str:
    """The page `write_report` writes."""
    style = files("annotator.exchange").joinpath("report.css").read_text(encoding="utf-8")
    title = f"Calcification findings, exam {pseudonym(reading.study_instance_uid)}"
    labels = {image.sop_instance_uid: image.name or "unnamed view" for image in exam.images}
    sections = [
        _finding(
            reading, finding, labels, shown_beside(finding, follow_ups.get(finding.id)), lexicon, pictures
        )
        for finding in reading.findings
    ]
    if not sections:
        sections = ['<section class="finding"><p>No calcifications were marked or described.</p></section>']
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{_facts(_about(reading, exam, lexicon, displays, identified=identified))}
</header>
<p class="banner" role="note">{escape(STATEMENT)} {escape(_ABOUT_SUGGESTIONS)}</p>
{_pictures(p for p in pictures if p.finding_id is None)}
<main>
{"".join(sections)}
</main>
<footer>{escape(STATEMENT)} Mammogram Annotator {escape(__version__)}, BI-RADS words of the {escape(lexicon.edition_name)}. \
Every length carries the word that says how its pixel spacing is known.</footer>
</body>
</html>
"""


def pseudonym(study_instance_uid: str) -> str:
    """A short name for an exam that cannot be turned back into its UID."""
    return hashlib.sha256(study_instance_uid.encode()).hexdigest()[:10].upper()


def _about(
    reading: Reading, exam: ExamInfo, lexicon: Lexicon, displays: Sequence[str], *, identified: bool
) -> Iterable[tuple[str, str]]:
    if identified:
        name = next((i.patient_name for i in exam.images if i.patient_name), "")
        yield "Patient", ", ".join(part for part in (name, exam.patient_key) if part) or "not given"
        yield "Exam date", exam.date or "not given"
        yield "Study Instance UID", reading.study_instance_uid
    yield "Reader", reading.reader
    yield "Views", ", ".join(i.name or "unnamed view" for i in exam.images) or "none at hand"
    yield "Findings", str(len(reading.findings))
    if displays:
        yield "Display", "; ".join(displays)
    yield "Lexicon", f"BI-RADS, {lexicon.edition_name}, in our own words"


def _finding(
    reading: Reading,
    finding: Finding,
    labels: Mapping[str, str],
    follow_up: FollowUp | None,
    lexicon: Lexicon,
    pictures: Sequence[ReportPicture],
) -> str:
    marks = reading.marks_of(finding.id)
    clusters = reading.clusters_of(finding.id)
    shown = dict.fromkeys(labels.get(m.image.sop_instance_uid, "a view not at hand") for m in marks)
    shown |= dict.fromkeys(labels.get(c.image.sop_instance_uid, "a view not at hand") for c in clusters)
    where = f' <span class="where">on {escape(", ".join(shown))}</span>' if shown else ""
    return f"""<section class="finding">
<h2>F{finding.number}{where}</h2>
<div class="beside">
<div class="reader"><h3>Reader's category</h3>{_category(finding.assessment, lexicon, "Not given")}</div>
<div class="suggestion"><h3>Suggestion of the table</h3>{_suggested(follow_up, lexicon)}</div>
</div>
{_pictures(p for p in pictures if p.finding_id == finding.id)}
<h3>Description</h3>
{_facts(_description(reading, finding, lexicon))}
<h3>Marks</h3>
{_facts(_marks(marks, labels))}
{_clusters(reading, finding, labels)}
{_reasons(follow_up, lexicon)}
</section>
"""


def _category(assessment: Assessment | None, lexicon: Lexicon, otherwise: str) -> str:
    if assessment is None:
        return f'<p class="category quiet">{escape(otherwise)}</p>'
    name = escape(lexicon.word(assessment))
    return f'<p class="category">{escape(assessment.value)} <span class="where">{name}</span></p>'


def _suggested(follow_up: FollowUp | None, lexicon: Lexicon) -> str:
    if follow_up is None:
        return '<p class="category quiet">Not looked up</p>'
    suggested = follow_up.suggested_assessment
    silent = follow_up.follow_up in (FollowUpAction.MORE_INPUT, FollowUpAction.READER_DECIDES)
    otherwise = "No category" if silent else "Told after the reader's own"
    category = _category(Assessment(suggested) if suggested else None, lexicon, otherwise)
    version = f"Row {follow_up.row}, table {follow_up.rules_version}"
    return f'{category}<p>{escape(follow_up.text)}</p><p class="quiet">{escape(version)}</p>'


def _description(reading: Reading, finding: Finding, lexicon: Lexicon) -> Iterable[tuple[str, str]]:
    def word(item: StrEnum | None) -> str:
        return lexicon.word(item) if item is not None else "not described"

    agreed = reading.size_of(finding.id)
    size = word(finding.size or agreed)
    yield "Stage", word(finding.stage)
    yield "Size", f"{size} (all marks)" if finding.size is None and agreed else size
    yield "Morphology", ", ".join(map(word, finding.morphology)) or "not described"
    yield "Distribution", ", ".join(map(word, finding.distributions)) or "not described"
    yield "Spread", word(finding.spread)
    yield "Change", word(finding.change)
    flags = {
        "sure of the benign type": finding.certain,
        "biopsy-proven cancer at this site": finding.known_cancer_here,
        "next to a known cancer": finding.adjacent_cancer,
        "prior mammograms requested": finding.priors_requested,
    }
    if any(flags.values()):
        yield "Also said", ", ".join(text for text, said in flags.items() if said)
    if finding.comment:
        yield "Comment", finding.comment


def _marks(marks: Sequence[Mark], labels: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if not marks:
        yield "Marked", "none one by one"
        return
    for kind in MarkKind:
        of_kind = [m for m in marks if m.kind is kind]
        if of_kind:
            views = dict.fromkeys(labels.get(m.image.sop_instance_uid, "a view not at hand") for m in of_kind)
            yield f"{kind.value.capitalize()}calcifications", f"{len(of_kind)} on {', '.join(views)}"
    yield from _diameters(marks)


def _diameters(marks: Sequence[Mark]) -> Iterable[tuple[str, str]]:
    """Smallest, median and largest diameter, lengths of different bases kept apart."""
    by_basis: dict[str, list[Millimetres]] = {}
    in_pixels = []
    for mark in marks:
        spot = mark.measurement
        if spot is not None and spot.diameter_mm is not None and spot.basis is not None:
            by_basis.setdefault(spot.basis, []).append(Millimetres(spot.diameter_mm, spot.basis))
        elif spot is not None:
            in_pixels.append(spot.diameter_px)
    for lengths in by_basis.values():
        values = sorted(length.value for length in lengths)
        middle = Millimetres(median(values), lengths[0].basis)
        spread = f", {values[0]:.2f} to {values[-1]:.2f} mm" if len(values) > 1 else ""
        yield "Diameter", f"{middle}{f' (median of {len(values)}{spread})' if spread else ''}"
    if in_pixels:
        yield "Diameter", f"{median(in_pixels):.1f} pixels (median of {len(in_pixels)}; spacing unknown)"
    unmeasured = sum(mark.measurement is None for mark in marks)
    if unmeasured:
        yield "Not measured", str(unmeasured)


def _clusters(reading: Reading, finding: Finding, labels: Mapping[str, str]) -> str:
    rows = []
    for cluster in reading.clusters_of(finding.id):
        facts = cluster_facts(cluster, reading)
        extent = (
            str(Millimetres(facts["extent_mm"], facts["basis"]))
            if facts["basis"]
            else f"{facts['extent_px']:.0f} pixels, spacing unknown"
        )
        view = labels.get(cluster.image.sop_instance_uid, "a view not at hand")
        count = str(facts["count"]) if facts["count"] else "outlined only"
        cells = (view, count, f"{extent} (of the {facts['extent_of']})")
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    if not rows:
        return ""
    head = "<tr><th>View</th><th>Calcifications marked</th><th>Greatest extent</th></tr>"
    return f"<h3>Clusters</h3>\n<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _reasons(follow_up: FollowUp | None, lexicon: Lexicon) -> str:
    if follow_up is None:
        return ""
    parts = []
    if follow_up.because:
        parts += [f"<h3>Why row {escape(follow_up.row)}</h3>", _list(follow_up.because)]
    if follow_up.notes:
        parts += ["<h3>To know beside it</h3>", _list(follow_up.notes)]
    if follow_up.patient_pages or follow_up.birads:
        parts.append(
            "<h3>Patient pages and BI-RADS side by side</h3>\n"
            "<table><thead><tr><th>Patient pages</th><th>BI-RADS</th></tr></thead><tbody>"
            f"<tr><td>{escape(follow_up.patient_pages)}</td><td>{escape(follow_up.birads)}</td></tr></tbody></table>"
        )
    parts += ["<h3>Sources</h3>", _sources(follow_up.cited, lexicon)]
    return "\n".join(parts)


def _sources(tags: Iterable[str], lexicon: Lexicon) -> str:
    items = []
    for tag in tags:
        source = lexicon.sources.get(tag)
        if source is None:
            items.append(f"<li>[{escape(tag)}]</li>")
            continue
        sentence = f" {source.sentence}" if source.sentence else ""
        address = f" {source.address}" if source.address else ""
        items.append(f"<li>{escape(f'[{tag}] {source.citation}.{sentence}{address}')}</li>")
    return f'<ul class="sources">{"".join(items)}</ul>'


def _list(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>"


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<dl class="facts">{cells}</dl>'


def _pictures(pictures: Iterable[ReportPicture]) -> str:
    figures = []
    for picture in pictures:
        data = base64.b64encode(picture.png).decode("ascii")
        caption = escape(picture.caption)
        figures.append(
            f'<figure><img src="data:image/png;base64,{data}" alt="{caption}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""
