"""Where a finding of a CAD report lies: its centre, and its outline as polyline, circle or turned ellipse."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.exchange.cad_sr import codes
from annotator.exchange.cad_sr.tree import Item
from annotator.model.cad import CadMark, CadOutline, OutlineShape
from annotator.model.geometry import ImagePoint

_CORNERS = {OutlineShape.POLYLINE: range(3, 20_000), OutlineShape.CIRCLE: (2,), OutlineShape.ELLIPSE: (4,)}
_SHAPES = {
    "POLYLINE": OutlineShape.POLYLINE,
    "MULTIPOINT": OutlineShape.POLYLINE,
    "CIRCLE": OutlineShape.CIRCLE,
    "ELLIPSE": OutlineShape.ELLIPSE,
}


def outline_of(item: Item) -> CadOutline | None:
    """The outline of a finding, None where it has none that can be drawn."""
    for child in item.called(codes.OUTLINE):
        shape, points = _SHAPES.get(child.graphic), child.points
        if shape is not None and len(points) in _CORNERS[shape]:
            return CadOutline(shape, points)
    return None


def center_of(item: Item, outline: CadOutline | None, members: Sequence[CadMark] = ()) -> ImagePoint | None:
    """The centre as given; else the middle of the outline, or of the calcifications of a cluster."""
    for child in item.called(codes.CENTER):
        if child.points:
            return child.points[0]
    points = outline.corners if outline is not None else tuple(one.center for one in members)
    if not points:
        return None
    count = len(points)
    return ImagePoint(sum(p.column for p in points) / count, sum(p.row for p in points) / count)
