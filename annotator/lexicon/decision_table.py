"""The rows, notes and comparisons of the decision table as read from `follow_up.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any

from annotator.lexicon.conditions import FIELDS, Condition, Sets, read_condition, read_sets
from annotator.lexicon.entries import Entry, data_file, entries, only_kinds, read_toml
from annotator.model.finding import Assessment, Morphology
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
class Comparison:
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
    """The decision table: the first row whose condition holds decides."""

    version: str
    sets: Sets
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    comparisons: Mapping[str, Comparison]

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
    only_kinds(file, content, {"version", "sets", "row", "note", "compare"})
    head = Entry(file, "head", {key: content[key] for key in ("version", "sets") if key in content})
    version = head.text("version")
    sets = read_sets(head, head.table("sets"))
    rows = tuple(_row(entry, sets) for entry in entries(file, content, "row"))
    comparisons = tuple(_comparison(entry, sets) for entry in entries(file, content, "compare"))
    notes = tuple(_note(entry, sets) for entry in entries(file, content, "note"))
    for kind, ids in (("row", [row.id for row in rows]), ("compare", [one.id for one in comparisons])):
        for name in ids:
            if ids.count(name) > 1:
                raise head.fault(f"{kind} {name} stands there {ids.count(name)} times; keep one.")
    return RuleTable(version, sets, rows, notes, {one.id: one for one in comparisons})


def _row(entry: Entry, sets: Sets) -> Row:
    name = entry.text("id")
    when = read_condition(entry, entry.rows("when"), sets)
    category = entry.text("suggestion", "")
    if category and category not in {item.value for item in Assessment}:
        raise entry.fault(f"suggestion {category!r} is not an assessment category; correct or remove it.")
    outcome = Outcome(
        _action(entry, entry.text("follow_up")), entry.text("text"), entry.number("interval_months")
    )
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


def _comparison(entry: Entry, sets: Sets) -> Comparison:
    comparison = Comparison(
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
        named = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as fault:
        raise entry.fault(f"because has unpaired braces ({fault}); correct them.") from fault
    if unknown := sorted(named - set(PLACEHOLDERS)):
        raise entry.fault(f"because uses {{{unknown[0]}}}; it may use {', '.join(PLACEHOLDERS)}.")
