"""The data card: what a data set holds, how it came about, and what is not in it; and the checksums of its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from annotator import __version__
from annotator.errors import ExportError
from annotator.exchange.finding_json import COORDINATES, STATEMENT
from annotator.exchange.tables.columns import SEPARATOR
from annotator.exchange.tables.spool import told
from annotator.exchange.tables.told import ToldExam
from annotator.exchange.whole_file import whole_file, write_whole

CARD, CARD_TEXT, CHECKSUMS = "card.json", "DATA_CARD.md", "SHA256SUMS"
UNKNOWN = "not said"

COUNTED = {
    "readings by reader": "Readings by reader",
    "readings by lexicon edition": "Readings by lexicon edition",
    "readings by state": "Readings by state",
    "readings by part": "Readings by part of the split",
    "exams by part": "Exams by part of the split",
    "patients by part": "Patients by part of the split",
    "findings by category": "Findings by the reader's category",
    "findings by morphology": "Findings by morphology",
    "findings by distribution": "Findings by distribution",
    "marks by size word": "Marks by size word",
    "marks by basis of millimetres": "Marks by how their millimetres are known",
    "clusters by basis of millimetres": "Clusters by how their millimetres are known",
    "images by view": "Images at hand by side and view",
    "images by manufacturer": "Images at hand by manufacturer",
    "images by basis of millimetres": "Images at hand by how their millimetres are known",
}
"""What is counted, and how it is called; each by the values that occur."""

_BETWEEN = "\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of an export beside its readings. `made` is ISO 8601 in UTC, `selection` and `left_out` sentences."""

    made: str
    formats: Sequence[str]
    pictures: str
    identified: bool
    selection: Sequence[str]
    rules_version: str
    lexicon_version: str
    split: Mapping[str, Any] | None
    left_out: Sequence[str]


def count(counters: dict[str, int], exam: ToldExam) -> None:
    """Add one exam to the counts."""
    for what, value in _counted(exam):
        key = f"{what}{_BETWEEN}{value}"
        counters[key] = counters.get(key, 0) + 1


def add_patients(counters: dict[str, int], patients: Mapping[str, str]) -> None:
    """Add patients (pseudonym -> part)."""
    for part in patients.values():
        key = f"patients by part{_BETWEEN}{part}"
        counters[key] = counters.get(key, 0) + 1


def write_card(folder: Path, about: About, counters: Mapping[str, int]) -> None:
    """`card.json` and `DATA_CARD.md`. Raises ExportError."""
    counts = {
        what: {
            key.partition(_BETWEEN)[2]: number
            for key, number in sorted(counters.items())
            if key.partition(_BETWEEN)[0] == what
        }
        for what in COUNTED
    }
    card = {
        "format": "mammo-annotator data card",
        "format_version": 1,
        "statement": STATEMENT,
        "program": {"name": "Mammogram Annotator", "version": __version__},
        "made": about.made,
        "formats": list(about.formats),
        "pictures": about.pictures,
        "identified": about.identified,
        "coordinates": COORDINATES,
        "selection": list(about.selection),
        "versions": {"decision_table": about.rules_version, "lexicon": about.lexicon_version},
        "split": about.split,
        "counts": counts,
        "not_in_it": list(about.left_out),
        "checksums": CHECKSUMS,
    }
    write_whole(folder / CARD, msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    write_whole(folder / CARD_TEXT, _as_text(card).encode())


def read_card(folder: Path) -> Mapping[str, Any] | None:
    """The card of the export that a folder holds, None where there is none. Raises ExportError for one that is none."""
    path = folder / CARD
    try:
        card = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} is not the card of an export ({error}); choose another folder.") from error
    return card if isinstance(card, dict) else {}


def write_checksums(folder: Path, tick: Callable[[], None]) -> int:
    """`SHA256SUMS` of every file below a folder but itself and hidden ones, as `sha256sum -c` reads it; their number.

    `tick` is called for each file. Raises ExportError.
    """
    number = 0
    with told(folder), whole_file(folder / CHECKSUMS) as sums:
        for path in _files(folder):
            tick()
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            sums.write(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
            number += 1
    return number


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and not (name == CHECKSUMS and Path(at) == folder):
                yield Path(at) / name


def _counted(exam: ToldExam) -> Iterator[tuple[str, str]]:
    yield "exams by part", exam.part
    for info in exam.info.images:
        yield "images by view", info.label or UNKNOWN
        yield "images by manufacturer", info.manufacturer or UNKNOWN
        yield "images by basis of millimetres", info.spacing.basis if info.spacing else "pixels only"
    for one in exam.readings:
        reading = one.reading
        yield "readings by reader", reading.reader
        yield "readings by lexicon edition", reading.lexicon_edition
        yield "readings by part", one.part
        yield "readings by state", "signed" if reading.is_signed else "done" if reading.done else "open"
        for finding in reading.findings:
            yield "findings by category", finding.assessment or UNKNOWN
            yield "findings by morphology", SEPARATOR.join(finding.morphology) or UNKNOWN
            yield "findings by distribution", SEPARATOR.join(finding.distributions) or UNKNOWN
        for mark in reading.marks:
            yield "marks by size word", mark.kind
            basis = mark.measurement.basis if mark.measurement else "not measured"
            yield "marks by basis of millimetres", basis or "pixels only"
        for cluster in reading.clusters:
            known = cluster.spacing.basis if cluster.spacing else "pixels only"
            yield "clusters by basis of millimetres", known


def _as_text(card: Mapping[str, Any]) -> str:
    named = (
        "With the exams' own UIDs."
        if card["identified"]
        else "Behind pseudonyms; only the database turns them back."
    )
    lines = [
        "# Data card",
        "",
        f"Calcifications on mammograms as readers marked and described them. {named}",
        "",
        f"{STATEMENT}",
        "",
        f"- made: {card['made']}, by Mammogram Annotator {card['program']['version']}",
        f"- formats: {', '.join(card['formats'])}",
        f"- decision table behind suggestions: {card['versions']['decision_table']}",
        f"- lexicon: {card['versions']['lexicon']}",
        f"- coordinates: {card['coordinates']}",
        f"- checksums: `sha256sum -c {CHECKSUMS}`",
        "",
        "## Which readings",
        "",
        *(f"- {sentence}" for sentence in card["selection"]),
        "",
        "## Split",
        "",
        _split_words(card["split"]),
        "",
        "## What is not in it",
        "",
        *(f"- {sentence}" for sentence in card["not_in_it"]),
        "",
        "## Counts",
    ]
    for what, called in COUNTED.items():
        counts = card["counts"][what]
        lines += ["", f"| {called} | |", "|---|---|"]
        lines += [f"| {_cell(value)} | {number} |" for value, number in counts.items()] or ["| none | 0 |"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", ", ").replace("\n", " ")


def _split_words(split: Mapping[str, Any] | None) -> str:
    if split is None:
        return "Not split."
    shares = ", ".join(f"{part} {share:g} %" for part, share in split["shares"].items())
    return (
        f"By patient, {shares}, seed {split['seed']}. A patient's part follows from the seed and the patient's pseudonym"
        " alone: nobody is in two parts, and nobody changes sides when exams are added. Shares are met on average."
    )
