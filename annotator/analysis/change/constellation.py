"""The marks of a cluster as they lie on an image that hangs, in millimetres: what is compared from exam to exam."""

from __future__ import annotations

from annotator.analysis.breast.location import BreastOnImage
from annotator.model.cluster_facts import Place
from annotator.model.compared import Constellation
from annotator.model.comparison import ClusterOnImage
from annotator.model.geometry import ImagePoint, Orientation


def constellation_of(
    cluster: ClusterOnImage, turn: Orientation, breast: BreastOnImage | None
) -> Constellation:
    """The constellation of a cluster on its image, turned by `turn` as it hangs.

    Without a known pixel spacing it is in pixels and says so. `breast` tells the estimated nipple and the breast's area.
    """
    info = cluster.info
    across, down = pixel_mm(cluster, turn)
    nipple = cluster.nipple or (None if breast is None else breast.nipple)

    def place(point: ImagePoint) -> Place:
        shown = turn.to_displayed(point, info.columns, info.rows)
        return shown.column * across, shown.row * down

    sizes = [mark.measurement for mark in cluster.marks]
    return Constellation(
        places=tuple(place(mark.point) for mark in cluster.marks),
        diameters_mm=tuple(None if one is None else one.diameter_mm for one in sizes),
        contrasts=tuple(None if one is None else one.contrast for one in sizes),
        mark_ids=tuple(mark.id for mark in cluster.marks),
        nipple=None if nipple is None or info.spacing is None else place(nipple),
        breast_area_mm2=None if breast is None or info.spacing is None else breast.area_mm2(info.spacing),
        basis=None if info.spacing is None else info.spacing.basis,
        in_mm=info.spacing is not None,
    )


def pixel_mm(cluster: ClusterOnImage, turn: Orientation) -> tuple[float, float]:
    """Millimetres of a displayed pixel across and down; 1 each where they are not known."""
    spacing = cluster.info.spacing
    if spacing is None:
        return 1.0, 1.0
    return (spacing.row_mm, spacing.column_mm) if turn.transpose else (spacing.column_mm, spacing.row_mm)
