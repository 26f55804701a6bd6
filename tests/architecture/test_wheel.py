"""What travels in the wheel: all that the program opens at run time, and nothing that is not its own."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from annotator import __version__

PROJECT = Path(__file__).resolve().parents[2]
DATA = {".toml", ".mako", ".typed", ".json", ".svg", ".html", ".css", ".dcm", ".png", ".npz"}


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    builder = WheelBuilder(str(PROJECT))
    return {Path(file.distribution_path).as_posix() for file in builder.recurse_included_files()}


def test_every_module_and_data_file_travels(shipped: set[str]) -> None:
    here = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "annotator").rglob("*")
        if path.suffix in DATA | {".py"}
    }
    assert here
    assert here <= shipped


def test_the_sample_exams_travel_beside_the_modules(shipped: set[str]) -> None:
    here = {
        f"annotator/{path.relative_to(PROJECT).as_posix()}"
        for path in (PROJECT / "sample_dicoms").rglob("*")
        if path.is_file()
    }
    assert "annotator/sample_dicoms/README.md" in here
    assert here <= shipped


def test_nothing_else_travels(shipped: set[str]) -> None:
    assert {name.split("/")[0] for name in shipped} == {"annotator"}
    assert not [name for name in shipped if "__pycache__" in name]


def test_the_command_and_the_version_are_those_of_the_program() -> None:
    (entry,) = metadata.entry_points(group="console_scripts", name="annotator")
    assert entry.load() is sys.modules["annotator.__main__"].main
    assert WheelBuilder(str(PROJECT)).metadata.version == __version__
