"""What every test may ask for, and what no test may leave behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PROJECT = Path(__file__).resolve().parents[1]

# no test asserts a time, and a busy machine is no fault of what is tested
settings.register_profile("no times", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no times")


@pytest.fixture(scope="session")
def sample_dicoms() -> Path:
    """The sample exams that come with the project."""
    return PROJECT / "sample_dicoms"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real mammograms and hostile files, where ANNOTATOR_TEST_DATA names a folder of them."""
    named = os.environ.get("ANNOTATOR_TEST_DATA")
    if not named:
        pytest.skip("ANNOTATOR_TEST_DATA names no folder of real files")
    folder = Path(named)
    if not (folder / "MANIFEST.tsv").is_file():
        pytest.fail(f"ANNOTATOR_TEST_DATA names {folder}, which holds no MANIFEST.tsv")
    return folder


def _move_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        patch.setenv(name, str(home / name.lower()))
    patch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith("ANNOTATOR_") and name not in ("ANNOTATOR_TEST_DATA", "ANNOTATOR_KILL_ROUNDS"):
            patch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a fixture of a whole module starts comes before `own_home`; it must not meet the user's either."""
    with pytest.MonkeyPatch.context() as patch:
        _move_home(patch, tmp_path_factory.mktemp("shared-home"))
        yield


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, database and logs of a test go to a folder of its own, never to the user's."""
    home = tmp_path_factory.mktemp("home")
    _move_home(monkeypatch, home)
    return home
