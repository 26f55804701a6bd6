"""What hangs: panes, and everything else of the exam with the reason why it does not hang."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.hanging.turning import Edge
from annotator.model.image import ImageInfo


class Layout(StrEnum):
    """Ways of hanging an exam; one key each."""

    FOUR = "four"
    """Two rows of pairs."""
    PAIR = "pair"
    """One row."""
    SINGLE = "single"
    LARGE = "large"
    """One large, and beside it the other breast and the other view."""
    PRIOR = "prior"
    """The exam being read above, the one before it below, pane under pane."""
    TWO_SCREENS = "two screens"
    """The exam being read on the first screen, the one before it on the second; without one, a row on each."""


@dataclass(frozen=True, slots=True)
class HungImage:
    """An image in a pane.

    `row` and `column` count from 0, over both screens; `screen` is 1 for the second one. `why` says in
    sentences what it is, by which attribute, and why it hangs here; `orientation_words` how the header has it
    turned (the pixels may have to decide: then the reason of the picture says more). `edge` is the edge of
    the pane at which it stands, "center" also where only the pixels can tell. `alternatives` are the other
    images of this place, which can hang in its stead.
    """

    info: ImageInfo
    row: int
    column: int
    why: str
    edge: Edge
    orientation_words: str
    alternatives: tuple[ImageInfo, ...] = ()
    screen: int = 0
    prior: bool = False


@dataclass(frozen=True, slots=True)
class OtherImage:
    """An image that hangs in no pane and belongs to none of those shown, and why."""

    info: ImageInfo
    why: str
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Hung:
    """An exam in panes, `rows` x `columns` of them row by row; of LARGE the large one is first.

    `empty` says for each pane what is missing there ('' where something hangs). A layout that shows some of
    the rows only can be stepped through: this is step `step` (from 0) of `steps`.
    """

    layout: Layout
    rows: int
    columns: int
    panes: tuple[HungImage | None, ...]
    empty: tuple[str, ...]
    others: tuple[OtherImage, ...] = ()
    step: int = 0
    steps: int = 1
    large_right: bool = False

    @property
    def images(self) -> tuple[ImageInfo, ...]:
        """What hangs, pane by pane."""
        return tuple(pane.info for pane in self.panes if pane is not None)
