"""Which part of an image was on a screen at acquisition resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.model.image import ImageKey


@dataclass(frozen=True, slots=True)
class Seen:
    """Cells of one stored image that were seen at 1:1 or larger.

    Cells are squares of `cell_px` image pixels, `columns` x `rows` of them (those at the right and lower
    edge may reach beyond the image). Cell (0, 0) begins at the first pixel; they count row by row, and bit n
    of `bits` is cell n.
    """

    image: ImageKey
    cell_px: int
    columns: int
    rows: int
    bits: int = 0

    def __post_init__(self) -> None:
        if min(self.cell_px, self.columns, self.rows) < 1:
            raise ValueError("a grid of cells has at least one, of at least one pixel")
        if self.bits < 0 or self.bits >> self.cells:
            raise ValueError("there are more bits than cells")

    @property
    def cells(self) -> int:
        """How many cells the image has."""
        return self.columns * self.rows

    @property
    def grid(self) -> tuple[int, int, int]:
        """(cell_px, columns, rows): bits of one grid mean nothing in another."""
        return self.cell_px, self.columns, self.rows

    def with_cells(self, bits: int) -> Seen:
        """These cells were seen too; what was seen stays seen."""
        return self if not bits & ~self.bits else replace(self, bits=self.bits | bits)

    def on_grid(self, cell_px: int, columns: int, rows: int) -> Seen:
        """The same in cells of another size: a cell counts as seen where all it overlaps here was seen."""
        if self.grid == (cell_px, columns, rows):
            return self
        bits = 0
        for row in range(rows):
            for column in range(columns):
                if self._all_seen(column * cell_px, row * cell_px, cell_px):
                    bits |= 1 << (row * columns + column)
        return Seen(self.image, cell_px, columns, rows, bits)

    def _all_seen(self, left: int, top: int, side: int) -> bool:
        """Whether every cell that a square of the image overlaps was seen; False where there is none."""
        across = range(left // self.cell_px, min(-(-(left + side) // self.cell_px), self.columns))
        down = range(top // self.cell_px, min(-(-(top + side) // self.cell_px), self.rows))
        cells = [row * self.columns + column for row in down for column in across]
        return bool(cells) and all(self.bits >> cell & 1 for cell in cells)

    def share_of(self, breast_bits: int) -> float:
        """Which part of the cells of the breast was seen, 0 to 1; 1 where no cell holds any breast."""
        breast = breast_bits.bit_count()
        return (self.bits & breast_bits).bit_count() / breast if breast else 1.0
