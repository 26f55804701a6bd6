"""What was done to make copies that say of nobody, for programs and for people; nothing of the originals is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from annotator import __version__
from annotator.exchange.deidentify import load_profile
from annotator.reporting.deidentified_file import Record, Wish

_WIDTH = 48


def report_of(wish: Wish, records: Sequence[Record], refused: int) -> dict[str, Any]:
    """All of it as one document: how, each copy, what was left out and why, and every attribute with its deed."""
    profile = load_profile()
    codes = ["basic", *sorted(wish.options)]
    return {
        "format": "annotator de-identification",
        "version": 1,
        "program": f"Mammogram Annotator {__version__}",
        "profile": f"DICOM PS3.15 {profile.edition}, Basic Application Level Confidentiality Profile (113100 DCM)",
        "options": {
            name: {"code": profile.options[name].code, "says": profile.options[name].says}
            for name in codes
            if name in profile.options
        },
        "blackout": "found" if wish.found else [_box(one) for one in wish.rectangles],
        "copies": [copy_document(one) for one in records if one.file],
        "left_out": [
            {"kind": one.kind, "reason": one.passed or "a fault; the command told which"}
            for one in records
            if not one.file
        ],
        "not_understood": refused,
        "attributes": _attributes(records),
    }


def _box(one: Any) -> list[int]:
    return [one.column, one.row, one.columns, one.rows]


def copy_document(one: Record) -> dict[str, Any]:
    """One copy as the document has it."""
    return {
        "file": one.file,
        "kind": one.kind,
        "changed": sum(count for _, _, count in one.deeds),
        "text_like": [
            dict(zip(("column", "row", "columns", "rows", "letters", "marker"), region, strict=True))
            for region in one.regions
        ],
        "blacked_out": [list(box) for box in one.blacked_out],
        "notes": list(one.notes),
    }


def _attributes(records: Sequence[Record]) -> list[dict[str, Any]]:
    files: Counter[tuple[str, str]] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    for one in records:
        for name, deed, count in one.deeds:
            files[name, deed] += 1
            values[name, deed] += count
    return [
        {"attribute": name, "deed": deed, "files": files[name, deed], "values": values[name, deed]}
        for name, deed in sorted(files)
    ]


def report_words(document: Mapping[str, Any]) -> str:
    """The same for people."""
    copies, left_out = document["copies"], document["left_out"]
    lines = [
        f"De-identified by {document['program']}",
        document["profile"],
        *(f"  {one['code']}  {one['says']}" for one in document["options"].values()),
        "",
        f"Copies: {len(copies)}. Files left out: {len(left_out)}. Files not understood: {document['not_understood']}.",
        "",
    ]
    for one in copies:
        lines.append(f"{one['file']}  {one['changed']} values changed")
        lines += [f"    {said}" for said in (*text_words(one), *one["notes"])]
    if left_out:
        lines += ["", "Left out"]
        lines += [f"    {one['kind']}: {one['reason']}" for one in left_out]
    lines += ["", "Attributes (files, values)"]
    lines += [
        f"    {one['attribute']:<{_WIDTH}} {one['deed']:<26} {one['files']:>6} {one['values']:>8}"
        for one in document["attributes"]
    ]
    return "\n".join(lines) + "\n"


def text_words(copy: Mapping[str, Any]) -> list[str]:
    """What looks like burned-in text on one copy, in a line each."""
    done = [f"blacked out: columns {c} to {c + w}, rows {r} to {r + h}" for c, r, w, h in copy["blacked_out"]]
    if done:
        return done
    return [
        f"text? columns {one['column']} to {one['column'] + one['columns']}, rows {one['row']} to"
        f" {one['row'] + one['rows']}{_what(one)}"
        for one in copy["text_like"]
    ]


def _what(region: Mapping[str, Any]) -> str:
    if region["marker"]:
        return ": a few large letters, as markers of side and view have"
    if region["letters"] == 0:
        return ": a bright plate with dark writing"
    return ""
