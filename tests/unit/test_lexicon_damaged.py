"""Whatever a hand does to the lexicon's files: they are read, or refused in one sentence that names file and entry."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.errors import InvalidLexicon
from annotator.lexicon.entries import data_file
from annotator.lexicon.loader import EDITIONS, read_lexicon

FILES = ("terms.toml", "assessments.toml", "sources.toml")
TEXTS = {name: data_file(name).read_text(encoding="utf-8").splitlines() for name in FILES}
SAYING = {name: [i for i, line in enumerate(lines) if "=" in line] for name, lines in TEXTS.items()}
VALUES = (
    "5",
    "1.5",
    "true",
    "''",
    "'x'",
    "[]",
    "['x']",
    "[['x', 'y', 'z']]",
    "{}",
    "{ x = 1 }",
    "[{}]",
    "1979-05-27",
)


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, str]:
    """A file and its text with one line taken out, doubled, cut, or given another value."""
    name = draw(st.sampled_from(FILES))
    lines = list(TEXTS[name])
    at = draw(st.sampled_from(SAYING[name]))
    how = draw(st.sampled_from(("out", "double", "cut", "value")))
    if how == "out":
        del lines[at]
    elif how == "double":
        lines.insert(at, lines[at])
    elif how == "cut":
        lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    else:
        lines[at] = f"{lines[at].split('=')[0]}= {draw(st.sampled_from(VALUES))}"
    return name, "\n".join(lines)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages())
def test_a_damaged_line_is_read_or_refused_in_one_sentence(tmp_path: Path, damage: tuple[str, str]):
    damaged, text = damage
    for name, lines in TEXTS.items():
        (tmp_path / name).write_text(text if name == damaged else "\n".join(lines), encoding="utf-8")
    for edition in EDITIONS:
        try:
            read_lexicon(edition, tmp_path)
        except InvalidLexicon as fault:
            said = str(fault)
            assert re.search(r"(terms|assessments|sources)\.toml", said), said
            assert len(said) < 500, said
            assert "\n" not in said
            assert said.endswith("."), said
