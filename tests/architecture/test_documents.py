"""The documents and the program say the same."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING
from pathlib import Path

import pytest

from annotator import __version__
from annotator.cli import COMMANDS, _command_parser
from annotator.cli.doctor import LIBRARIES
from annotator.settings import SETTABLE

PROJECT = Path(__file__).resolve().parents[2]


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    text = (PROJECT / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `annotator ([a-z-]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    pages = ("command-line.md", "rules.md")
    text = "".join((PROJECT / "docs" / page).read_text(encoding="utf-8") for page in pages)
    told = set(re.findall(r"--[a-z-]+", text)) | {"--help", "--verbose"}
    assert set(_options(_command_parser(name))) <= told


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The long options of a command and of the commands within it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for within in action.choices.values():
                yield from _options(within)
        else:
            yield from (option for option in action.option_strings if option.startswith("--"))


def test_every_setting_is_documented_with_what_it_is_at_first() -> None:
    text = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    told = {}
    for names, values in re.findall(r"^\| (`[a-z_`, ]+`) \| ([^|]+) \|", text, re.MULTILINE):
        told |= dict(
            zip(re.findall(r"`(\w+)`", names), re.findall(r"`([^`]+)`", values) or [""], strict=True)
        )
    assert set(told) == {field.name for field in SETTABLE}
    for field in SETTABLE:
        if field.default is not MISSING:
            assert tomllib.loads(f"value = {told[field.name]}")["value"] == field.default, field.name


def test_doctor_looks_for_every_library_the_program_needs() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0] for line in project["dependencies"]]
    assert sorted(LIBRARIES) == sorted(needed)


def test_the_change_log_knows_this_version() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)}\b", text, re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_say_what_was_rejected() -> None:
    pages = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for heading in ("## Context", "## Decision", "## Rejected"):
            assert heading in text, f"{page.name} has no {heading!r}"


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_code_points_to_headings_of_the_domain_page() -> None:
    headings = re.findall(
        r"^## (.+)$", (PROJECT / "docs" / "domain.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    known = {heading.lower() for heading in headings}
    cited = {
        " ".join(name.split())
        for module in (PROJECT / "annotator").rglob("*.py")
        for name in re.findall(r"docs/domain\.md,\s([a-z\s]+)", module.read_text(encoding="utf-8"))
    }
    assert cited
    assert cited <= known
