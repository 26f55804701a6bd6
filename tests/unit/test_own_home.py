"""No test meets the settings, readings or index of whoever runs it, nor does what prepares a whole module."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.settings import header_index_path


@pytest.fixture(scope="module")
def cache_of_a_module() -> Path:
    return header_index_path()


def test_each_test_and_each_module_has_a_home_of_its_own(
    cache_of_a_module: Path, tmp_path_factory: pytest.TempPathFactory
):
    made = tmp_path_factory.getbasetemp()
    assert cache_of_a_module.is_relative_to(made)
    assert header_index_path().is_relative_to(made)
    assert header_index_path() != cache_of_a_module
