"""The rows, notes and comparisons of the decision table as read from `follow_up.toml`."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any

from annotator.errors import InvalidLexicon
from annotator.lexicon.conditions import FIELDS, Alternative, Condition, Sets, read_condition, read_sets
from annotator.lexicon.entries import Entry, data_file, entries, only_kinds, read_toml
from annotator.lexicon.loader import Source, load_lexicon, sources_in
from annotator.model.finding import LONGEST_MONTHS, Assessment, Morphology
from annotator.model.follow_up import FollowUpAction

PLACEHOLDERS = ("stage", "size", "morphology", "distribution", "spread", "change", "cancer")
"""What a reason may say of the finding, in the words of the lexicon."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is documented as the next step; `interval_months` None where no source gives one."""

    follow_up: FollowUpAction
    text: str
    interval_months: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. `suggestion` None: no category may be given."""

    id: str
    when: Condition
    suggestion: Assessment | None
    outcome: Outcome
    by_morphology: Mapping[Morphology, Outcome]
    because: tuple[str, ...]
    sources: tuple[str, ...]
    compare: tuple[str, ...]

    def outcome_for(self, morphology: Morphology | None) -> Outcome:
        """The next step for one shape, where the row tells shapes apart."""
        return self.by_morphology.get(morphology, self.outcome) if morphology else self.outcome


@dataclass(frozen=True, slots=True)
class Note:
    """What is said beside a row. `rows` empty: beside any; `together`: shapes that must all be there."""

    text: str
    rows: tuple[str, ...]
    when: Condition | None
    together: tuple[Morphology, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """What patient pages and BI-RADS say about one topic where they differ, each text with its source tags.

    `when` None: of any finding whose row names it.
    """

    id: str
    when: Condition | None
    patient_pages: str
    birads: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The decision table: the first row whose condition holds decides.

    `sources` are those the table brings itself, beside the lexicon's. `file` is the path of a site's own table, ''
    for the one that comes with the program.
    """

    version: str
    sets: Sets
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    comparisons: Mapping[str, SourceDifference]
    sources: Mapping[str, Source] = field(default_factory=dict)
    file: str = ""

    @property
    def name(self) -> str:
        """How the table is named to people: its version, and whose it is where it is a site's own."""
        return f"{self.version} of this site ({Path(self.file).name})" if self.file else self.version

    @property
    def digest(self) -> str:
        """SHA-256 of everything the table says, as hexadecimal digits; the same however its file is laid out."""
        said = [part.name for part in fields(self) if part.name not in ("sets", "file")]
        content = {name: getattr(self, name) for name in said}
        text = json.dumps(content, default=_plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def row_for(self, bits: int) -> Row | None:
        """The deciding row for the bits of a description, None where the table has a hole."""
        for row in self.rows:
            for one in row.when.alternatives:
                if not one.forbidden_bits & bits:
                    return row
        return None


def load_rules(path: Path | None = None) -> RuleTable:
    """The decision table of a file, or the one that comes with the program; InvalidLexicon."""
    source: Traversable | Path = data_file("follow_up.toml") if path is None else path
    content = read_toml(source)
    file = source.name
    only_kinds(file, content, {"version", "sets", "row", "note", "compare", "source"})
    head = Entry(file, "head", {key: content[key] for key in ("version", "sets") if key in content})
    version = head.text("version")
    if not _VERSION.fullmatch(version):
        raise head.fault(f"version {version[:40]!r} is not a version; write version = '1.0.0'.")
    sets = read_sets(head, head.table("sets"))
    rows = tuple(_row(entry, sets) for entry in entries(file, content, "row"))
    comparisons = tuple(_comparison(entry, sets) for entry in entries(file, content, "compare"))
    notes = tuple(_note(entry, sets) for entry in entries(file, content, "note"))
    _refuse_repeated(head, "row", [row.id for row in rows])
    _refuse_repeated(head, "compare", [one.id for one in comparisons])
    if not 0 < len(rows) <= MOST_ROWS:
        raise head.fault(f"there are {len(rows)} rows; a table has 1 to {MOST_ROWS}.")
    return RuleTable(
        version,
        sets,
        rows,
        notes,
        {one.id: one for one in comparisons},
        _own_sources(file, content),
        "" if path is None else str(path),
    )


MOST_ROWS = 300
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}")
_ROW_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,15}")
_TAG = re.compile(r"[0-9A-Za-z]+(-[0-9A-Z]+)?")


def _refuse_repeated(head: Entry, kind: str, ids: list[str]) -> None:
    for name, times in Counter(ids).items():
        if times > 1:
            raise head.fault(f"{kind} {name} stands there {times} times; keep one.")


def _own_sources(file: str, content: Mapping[str, Any]) -> dict[str, Source]:
    known = load_lexicon().sources
    found = sources_in(file, content)
    for tag in found:
        if tag in known:
            raise InvalidLexicon(
                f"{file}: source {tag}: the program has a source of that tag; choose another."
            )
        if not _TAG.fullmatch(tag):
            raise InvalidLexicon(
                f"{file}: source {tag!r}: a tag is letters and digits, with a number after a hyphen at most; "
                "write tag = 'SITE' and number its sentences."
            )
    return found


def _plain(part: Any) -> Any:
    """A part of a table as JSON: a condition as what it allows, so that negation and named sets make no difference."""
    if isinstance(part, Alternative):
        return {
            name: sorted(values) for name, values in part.allowed.items() if len(values) < len(FIELDS[name])
        }
    return {one.name: getattr(part, one.name) for one in fields(part)}


def _row(entry: Entry, sets: Sets) -> Row:
    name = entry.text("id")
    if not _ROW_ID.fullmatch(name):
        raise entry.fault(
            "a row's id is 1 to 16 letters, digits, points or hyphens, such as 'B1'; correct it."
        )
    when = read_condition(entry, entry.rows("when"), sets)
    category = entry.text("suggestion", "")
    if category and category not in {item.value for item in Assessment}:
        raise entry.fault(f"suggestion {category!r} is not an assessment category; correct or remove it.")
    outcome = Outcome(_action(entry, entry.text("follow_up")), entry.text("text"), _months(entry))
    by_morphology = {
        Morphology(shape): _special(entry, shape, special, outcome)
        for shape, special in entry.table("by_morphology").items()
        if _is_shape(entry, shape)
    }
    because = entry.texts("because")
    for template in because:
        _check_placeholders(entry, template)
    row = Row(
        id=name,
        when=when,
        suggestion=Assessment(category) if category else None,
        outcome=outcome,
        by_morphology=by_morphology,
        because=because,
        sources=entry.texts("sources"),
        compare=entry.texts("compare", ()),
    )
    entry.finish()
    return row


def _months(entry: Entry) -> int | None:
    months = entry.number("interval_months")
    if months is not None and not 0 <= months <= LONGEST_MONTHS:
        raise entry.fault(f"interval_months must be 0 to {LONGEST_MONTHS}.")
    return months


def _special(row: Entry, shape: str, content: Any, general: Outcome) -> Outcome:
    entry = Entry(row.file, f"{row.label}, {shape}", content)
    action = _action(entry, entry.text("follow_up", general.follow_up.value))
    outcome = Outcome(action, entry.text("text"), general.interval_months)
    entry.finish()
    return outcome


def _note(entry: Entry, sets: Sets) -> Note:
    together = entry.texts("together", ())
    note = Note(
        text=entry.text("text"),
        rows=entry.texts("rows", ()),
        when=_optional_condition(entry, sets),
        together=tuple(Morphology(shape) for shape in together if _is_shape(entry, shape)),
        sources=entry.texts("sources"),
    )
    entry.finish()
    return note


def _comparison(entry: Entry, sets: Sets) -> SourceDifference:
    comparison = SourceDifference(
        id=entry.text("id"),
        when=_optional_condition(entry, sets),
        patient_pages=entry.text("patient_pages"),
        birads=entry.text("birads"),
        sources=entry.texts("sources"),
    )
    entry.finish()
    return comparison


def _optional_condition(entry: Entry, sets: Sets) -> Condition | None:
    return read_condition(entry, entry.rows("when"), sets) if entry.has("when") else None


def _action(entry: Entry, name: str) -> FollowUpAction:
    try:
        return FollowUpAction(name)
    except ValueError:
        known = ", ".join(item.value for item in FollowUpAction)
        raise entry.fault(f"follow_up {name!r} is none of {known}; choose one of them.") from None


def _is_shape(entry: Entry, name: str) -> bool:
    if name not in FIELDS["morphology"] or name == "unset":
        raise entry.fault(f"{name!r} is not a morphology; use an id of terms.toml.")
    return True


def _check_placeholders(entry: Entry, template: str) -> None:
    try:
        parsed = [part for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as fault:
        raise entry.fault(f"because has unpaired braces ({fault}); correct them.") from fault
    for _, name, how, conversion in parsed:
        if name not in PLACEHOLDERS:
            raise entry.fault(f"because uses {{{name}}}; it may use {', '.join(PLACEHOLDERS)}.")
        # a width of a thousand million would fill the memory
        if how or conversion:
            raise entry.fault(f"because says how to print {{{name}}}; write the name alone.")
