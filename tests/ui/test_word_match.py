"""Typed letters find a thing by its words."""

from __future__ import annotations

import pytest

from annotator.ui.keys.word_match import rank


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("", "Invert"),
        ("inv", "Invert"),
        ("INVERT", "Invert"),
        ("lens inv", "Invert inside the lens"),
        ("iil", "Invert inside the lens"),
        ("plphic", "Fine pleomorphic"),
        ("cc", "CC / MLO"),
        ("1:1", "Fit / 1:1"),
        ("verag", "Coverage"),
    ],
)
def test_what_names_a_thing(typed: str, title: str) -> None:
    assert rank(typed, title) is not None


@pytest.mark.parametrize(("typed", "title"), [("q", "Invert"), ("inv q", "Invert"), ("trevni", "Invert")])
def test_what_does_not(typed: str, title: str) -> None:
    assert rank(typed, title) is None


def test_the_nearer_the_name_the_nearer_the_thing() -> None:
    ranks = [rank("window", title) for title in ("Window", "Window as stored", "Second window", "Rewindow")]
    assert None not in ranks
    assert ranks == sorted(ranks)  # type: ignore[type-var]
    assert rank("sav", "Save now") < rank("sav", "Quit", "Finish saving")  # type: ignore[operator]


def test_menus_and_tooltips_count_too_but_less() -> None:
    by_menu = rank("stack", "Cine", "Stack Run through the slices")
    by_name = rank("cine", "Cine", "Stack Run through the slices")
    assert by_menu is not None
    assert by_name is not None
    assert by_name < by_menu
