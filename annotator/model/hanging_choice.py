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
