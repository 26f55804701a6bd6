"""Chips that carry words of the lexicon, each with its picture, definition, size and sources."""

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
_MORE = "The right button tells more."
"""A tip hides part of an image, so the citations in full stand in the window of words."""


def word_choices(lexicon: Lexicon, items: Iterable[StrEnum]) -> list[Choice]:
    """A chip for each item that the edition offers."""
    offered = ((item, lexicon.term(item)) for item in items)
    return [
        Choice(item, short_of(lexicon, item), told(term), term.key) for item, term in offered if term.offered
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


def told(term: Term) -> str:
    """A word with its picture, definition, size and the tags of its sources, as a tooltip."""
    parts = [f"<b>{escape(term.word)}</b>", escape(term.definition)]
    if term.size:
        parts.append(f"Size: {escape(term.size)}.")
    parts.append(f"<i>After {escape(', '.join(term.sources))}. {_MORE}</i>")
    text = "<br>".join(parts)
    if not term.picture:
        return text
    file = escape(str(data_file("pictures").joinpath(term.picture)))
    # side by side the tip is low and hides little of an image
    return (
        f'<table><tr><td><img src="{file}" width="{_PICTURE}" height="{_PICTURE}"></td>'
        f'<td width="{_PICTURE + 50}" style="padding-left:8px">{text}</td></tr></table>'
    )


def _cited(lexicon: Lexicon, tags: Iterable[str]) -> str:
    citations = dict.fromkeys(lexicon.source(tag).citation for tag in tags)
    return f"<i>{'<br>'.join(map(escape, citations))}</i>"
