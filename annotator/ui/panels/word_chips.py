"""Chips that carry words of the lexicon, each with its definition, size and source."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from html import escape

from annotator.lexicon.entries import data_file
from annotator.lexicon.loader import Lexicon, Term
from annotator.model.finding import Assessment
from annotator.ui.actions.said import FLAGS, SIDES, short_of
from annotator.ui.panels.chips import Choice

_PICTURE = 160
"""Side of the picture of a shape or distribution in its tooltip."""


def word_choices(lexicon: Lexicon, items: Iterable[StrEnum]) -> list[Choice]:
    """A chip for each item that the edition offers."""
    offered = ((item, lexicon.term(item)) for item in items)
    return [
        Choice(item, short_of(lexicon, item), told(lexicon, term), term.key)
        for item, term in offered
        if term.offered
    ]


def category_choices(lexicon: Lexicon) -> list[Choice]:
    """A chip for each category, with its name, range of likelihood and management."""
    made = []
    for item in Assessment:
        term = lexicon.assessments[item]
        parts = [
            f"<b>{item} {escape(term.name)}</b>",
            f"Range of likelihood of this category: {escape(term.likelihood)}.",
            f"{escape(term.management)}.",
            _cited(lexicon, term.sources),
        ]
        made.append(Choice(item, str(item), "<br>".join(parts), lexicon.term(item).key))
    return made


def flag_choices() -> list[Choice]:
    """What is known of a finding beside its looks."""
    return [Choice(flag.field, flag.short, flag.meaning) for flag in FLAGS]


def side_choices() -> list[Choice]:
    """Right and left breast."""
    return [Choice(side, str(side), words) for side, words in SIDES.items()]


def told(lexicon: Lexicon, term: Term) -> str:
    """A word with its picture, definition, size and sources, as a tooltip."""
    parts = [f"<b>{escape(term.word)}</b>", escape(term.definition)]
    if term.picture:
        file = escape(str(data_file("pictures").joinpath(term.picture)))
        parts.insert(0, f'<img src="{file}" width="{_PICTURE}" height="{_PICTURE}">')
    if term.size:
        parts.append(f"Size: {escape(term.size)}.")
    parts.append(_cited(lexicon, term.sources))
    return "<br>".join(parts)


def _cited(lexicon: Lexicon, tags: Iterable[str]) -> str:
    citations = dict.fromkeys(lexicon.source(tag).citation for tag in tags)
    return f"<i>{'<br>'.join(map(escape, citations))}</i>"
