"""Chips that carry words of the lexicon, each with its picture, definition, size and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from html import escape

from annotator.lexicon.entries import data_file
from annotator.lexicon.loader import Lexicon, Term
from annotator.model.finding import Assessment
from annotator.ui.actions.said import FLAGS, SIDES, short_of
from annotator.ui.panels.chips import ChipRow, Choice, Pick

_PICTURE = 160
"""Side of the picture of a shape or distribution in its tooltip."""
_MORE = "The right button tells more."
"""A tip hides part of an image, so the citations in full stand in the window of words."""


class WordRow(ChipRow):
    """A row whose chips are the words of an edition, and those of another one once it is told so.

    `offered` makes the chips out of a lexicon.
    """

    def __init__(
        self,
        title: str,
        offered: Callable[[Lexicon], Sequence[Choice]],
        lexicon: Lexicon,
        pick: Pick,
        *,
        beside: bool = False,
        spacing: int = 4,
    ) -> None:
        super().__init__(title, offered(lexicon), pick, beside=beside, spacing=spacing)
        self._offered = offered

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Offer the words of this edition; which of them are on is to be shown again."""
        self.set_choices(self._offered(lexicon))


def words_of(items: Iterable[StrEnum]) -> Callable[[Lexicon], list[Choice]]:
    """What a row offers of these items, whatever the edition."""
    kept = tuple(items)
    return lambda lexicon: word_choices(lexicon, kept)


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
