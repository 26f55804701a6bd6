"""A site's own decision table in the window: in force and named, or told in the bar why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.lexicon.entries import data_file
from annotator.rules import load_rules

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def site_file(folder: Path, old: str, new: str) -> Path:
    text = data_file("follow_up.toml").read_text(encoding="utf-8")
    path = folder / "site.toml"
    path.write_text(text.replace('version = "', 'version = "site-', 1).replace(old, new, 1), encoding="utf-8")
    return path


def test_a_table_that_fails_its_check_is_told_in_the_bar_and_not_used(open_window, tmp_path) -> None:
    path = site_file(tmp_path, 'sources = ["PARK", "ASMT", "BR5"]', 'sources = ["PARC"]')
    window = open_window(rules_file=str(path))
    told = [text for text in window.errors.texts if "decision table" in text]
    assert len(told) == 1
    assert told[0].startswith("Your own decision table is not used: site.toml: Row S5 cites 'PARC'")
    assert window.errors.isVisible()
    assert window.desk.workspace.rules == load_rules()


def test_a_table_in_order_is_in_force_without_a_word(open_window, tmp_path) -> None:
    path = site_file(tmp_path, 'text = "Biopsy."', 'text = "Biopsy soon."')
    window = open_window(rules_file=str(path))
    assert not [text for text in window.errors.texts if "decision table" in text]
    assert window.desk.workspace.rules.file == str(path)
