"""Where the panes of a layout stand, on one board or on two; pure."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.hanging import Hung, Layout

LARGE, SMALL = 3, 2
"""How the large pane and the two stacked beside it share the width."""
MOST_PANES = 8


@dataclass(frozen=True, slots=True)
class Spot:
    """The cells of one pane on a board: 0 is that of the main window, 1 that of the second one."""

    board: int
    row: int
    column: int
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where the panes stand, pane by pane; `widths` are the shares of the columns of the main board.

    `large` is the pane that fits at a scale of its own, None when all share one.
    """

    spots: tuple[Spot, ...]
    widths: tuple[int, ...] = ()
    large: int | None = None

    @property
    def boards(self) -> int:
        """How many boards are used."""
        return len({spot.board for spot in self.spots})


def places_of(hung: Hung, *, earlier_first: bool = False, first_board: int = 0) -> Places:
    """Where the panes of a hanging stand, row by row.

    Of three the first is large, at the right when its breast hangs there. Of two rows the earlier exam
    stands below, above with `earlier_first`. The first screen of a hanging is board `first_board`.
    """
    if hung.layout is Layout.LARGE and len(hung.panes) > 1:
        large, small = (1, 0) if hung.large_right else (0, 1)
        beside = len(hung.panes) - 1
        spots = (Spot(0, 0, large, beside), *(Spot(0, row, small) for row in range(beside)))
        return Places(spots, (SMALL, LARGE) if hung.large_right else (LARGE, SMALL), 0)
    cells = [divmod(number, hung.columns) for number in range(len(hung.panes))]
    if hung.layout is Layout.TWO_SCREENS:
        boards = (first_board, 1 - first_board)
        return Places(tuple(Spot(boards[column // 2], row, column % 2) for row, column in cells))
    turned = hung.layout is Layout.PRIOR and earlier_first
    return Places(tuple(Spot(0, hung.rows - 1 - row if turned else row, column) for row, column in cells))
