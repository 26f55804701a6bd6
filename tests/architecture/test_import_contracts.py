"""The import contracts of pyproject.toml: kept by the program, and each able to say no."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Runs in a process of its own: where annotator comes from is decided once per process.
CHECK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from importlinter.application import use_cases
from importlinter import configuration
configuration.configure()
options = use_cases.read_user_options(config_filename=sys.argv[2])
use_cases._register_contract_types(options)
report = use_cases.create_report(options, cache_dir=None)
ids = {c["name"]: c["id"] for c in options.contracts_options}
print(json.dumps({ids[c.name]: check.kept for c, check in report.get_contracts_and_checks()}))
"""

# For each contract: the module that oversteps, and what it imports.
VIOLATIONS = [
    ("model", "annotator/model/geometry.py", "import annotator.jobs"),
    ("model", "annotator/model/mark.py", "import msgspec"),
    ("layers", "annotator/rules/__init__.py", "import annotator.workspace"),
    ("layers", "annotator/store/store.py", "import annotator.imaging.dicom_file"),
    ("layers", "annotator/rules/__init__.py", "import annotator.hanging"),
    ("layers", "annotator/analysis/spots/snapping.py", "def late():\n    import annotator.imaging.render"),
    ("layers", "annotator/phantom/write.py", "import annotator.imaging.header"),
    ("layers", "annotator/ui/demonstration/demo.py", "import annotator.cli"),
    ("layers", "annotator/workspace.py", "import annotator.bootstrap"),
    ("layers", "annotator/jobs.py", "import annotator.settings"),
    ("layers", "annotator/stray.py", ""),
    ("window", "annotator/ui/marks/layer.py", "import annotator.ui.panes.viewport"),
    ("window", "annotator/ui/panes/viewport_grid.py", "import annotator.ui.main_window"),
    ("analysis", "annotator/analysis/clusters/grouping.py", "import annotator.analysis.change.compare"),
    ("analysis", "annotator/analysis/spots/peaks.py", "import annotator.analysis.candidates.peaks"),
    ("analysis", "annotator/analysis/stray.py", ""),
    ("qt", "annotator/workspace.py", "from PySide6 import QtCore"),
    ("qt", "annotator/imaging/render.py", "def late():\n    import PySide6.QtGui"),
    ("database", "annotator/workspace.py", "import sqlalchemy"),
    ("database", "annotator/cli/readings.py", "import sqlite3"),
    ("dicom", "annotator/analysis/spots/snapping.py", "import pydicom"),
    ("dicom", "annotator/ui/panes/viewport.py", "from pydicom.uid import UID"),
    ("objects", "annotator/reporting/outgoing.py", "def late():\n    import highdicom"),
    ("objects", "annotator/imaging/header.py", "import pyarrow"),
    ("arrays", "annotator/hanging/order.py", "import numpy as np"),
    ("arrays", "annotator/store/store.py", "import numpy as np"),
]


def kept_contracts(root: Path) -> dict[str, bool]:
    """Contract id -> kept, for the package below `root`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHECK, str(root), str(PROJECT / "pyproject.toml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, bool] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def copy_of_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        PROJECT / "annotator", root / "annotator", ignore=shutil.ignore_patterns("__pycache__", "*.dcm")
    )
    return root


def test_every_contract_is_kept() -> None:
    kept = kept_contracts(PROJECT)
    assert kept
    assert [name for name, ok in kept.items() if not ok] == [], "run lint-imports to see which import it is"


def test_every_contract_is_seen_to_bite_below() -> None:
    assert {name for name, _, _ in VIOLATIONS} == set(kept_contracts(PROJECT))


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(
    contract: str, module: str, line: str, copy_of_package: Path
) -> None:
    path = copy_of_package / module
    assert path.exists() or path.stem == "stray", "a module beside a package of its name is not looked at"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        kept = kept_contracts(copy_of_package)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert [name for name, ok in kept.items() if not ok] == [contract]
