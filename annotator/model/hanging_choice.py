"""What a reader corrects in how an image hangs."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.geometry import Orientation
from annotator.model.image import Laterality


@dataclass(frozen=True, slots=True)
class HangingChoice:
    """Side, view and turn of one image in the reader's words; None: as its file says.

    `modifiers` are short forms of CID 4015; () says that the view has none. A choice of nothing but None
    is never kept: the image then hangs as its file says.
    """

    sop_instance_uid: str
    laterality: Laterality | None = None
    view_name: str | None = None
    modifiers: tuple[str, ...] | None = None
    orientation: Orientation | None = None

    def __bool__(self) -> bool:
        said = (self.laterality, self.view_name, self.modifiers, self.orientation)
        return any(word is not None for word in said)

    @property
    def words(self) -> str:
        """What was corrected, to stand after "hung as": "right MLO, mirrored left to right"."""
        if not self:
            return "its file says"
        side = "" if self.laterality is None else self.laterality.side
        named = " ".join(part for part in (side, self.view_name or "") if part)
        parts = [named] if named else []
        if self.modifiers is not None:
            parts.append(f"with {' '.join(self.modifiers)}" if self.modifiers else "without modifiers")
        if self.orientation is not None:
            parts.append(_TURNS[self.orientation])
        return ", ".join(parts)


_TURNS = {
    Orientation(): "as stored",
    Orientation(flip_columns=True): "mirrored left to right",
    Orientation(flip_rows=True): "mirrored top to bottom",
    Orientation(flip_columns=True, flip_rows=True): "turned by 180°",
    Orientation(transpose=True): "rows as columns",
    Orientation(transpose=True, flip_columns=True): "turned by 90° clockwise",
    Orientation(transpose=True, flip_rows=True): "turned by 90° anticlockwise",
    Orientation(transpose=True, flip_columns=True, flip_rows=True): "rows as columns, turned by 180°",
}
