"""The image library (TID 1600): what images are spoken of, their sides, views and spacings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydicom import Dataset

from annotator.exchange.sr import concepts as named
from annotator.exchange.sr.finding_items import SIDES, millimetres
from annotator.exchange.sr.items import (
    ACQUIRED,
    CONTAINS,
    MODIFIES,
    ImageRef,
    code,
    container,
    image,
    num,
    text,
)
from annotator.lexicon.loader import Code
from annotator.model.image import ImageInfo, Laterality

BREAST_SIDES: Mapping[str, Laterality] = {
    "73056007": Laterality.RIGHT,
    "80248007": Laterality.LEFT,
    "63762007": Laterality.BOTH,
}
"""CID 6022, which other programs write."""

MODALITIES: Mapping[str, Code] = {
    "CR": Code("CR", "DCM", "Computed Radiography"),
    "DX": Code("DX", "DCM", "Digital Radiography"),
    "MG": Code("MG", "DCM", "Mammography"),
    "OT": Code("OT", "DCM", "Other Modality"),
}
"""CID 29, as far as this program shows pictures of them."""

VIEWS: Mapping[str, Code] = {
    "CC": Code("399162004", "SCT", "cranio-caudal"),
    "MLO": Code("399368009", "SCT", "medio-lateral oblique"),
    "ML": Code("399260004", "SCT", "medial-lateral"),
    "LM": Code("399352003", "SCT", "latero-medial"),
    "LMO": Code("399099002", "SCT", "latero-medial oblique"),
    "FB": Code("399196006", "SCT", "caudo-cranial"),
    "SIO": Code("399188001", "SCT", "superolateral to inferomedial oblique"),
    "ISO": Code("441555000", "SCT", "inferomedial to superolateral oblique"),
    "XCCL": Code("399192008", "SCT", "cranio-caudal exaggerated laterally"),
    "XCCM": Code("399101009", "SCT", "cranio-caudal exaggerated medially"),
}
"""CID 4014 by the short forms of views."""

MODIFIERS: Mapping[str, Code] = {
    "M": Code("399163009", "SCT", "Magnification"),
    "S": Code("399055006", "SCT", "Spot Compression"),
    "CV": Code("399161006", "SCT", "Cleavage"),
    "AT": Code("399011000", "SCT", "Axillary Tail"),
    "RL": Code("399197002", "SCT", "Rolled Lateral"),
    "RM": Code("399226006", "SCT", "Rolled Medial"),
    "RS": Code("415670009", "SCT", "Rolled Superior"),
    "RI": Code("414493004", "SCT", "Rolled Inferior"),
    "ID": Code("399209000", "SCT", "Implant Displaced"),
    "NP": Code("442581004", "SCT", "Nipple in profile"),
    "AC": Code("441752004", "SCT", "Anterior compression"),
    "IMF": Code("442593008", "SCT", "Infra-mammary fold"),
    "AX": Code("442580003", "SCT", "Axillary tissue"),
    "TAN": Code("399110001", "SCT", "tangential"),
}
"""CID 4015."""


def library(images: Mapping[str, ImageInfo]) -> Dataset:
    """The images by the names they leave under, with their descriptors (TID 1602 and 1603)."""
    entries = [
        image(named.SOURCE, ImageRef(info.sop_class_uid, uid), relation=CONTAINS, children=_descriptors(info))
        for uid, info in images.items()
    ]
    return container(
        named.LIBRARY, [container(named.LIBRARY_GROUP, entries, template="1601")], template="1600"
    )


def _descriptors(info: ImageInfo) -> Iterator[Dataset]:
    yield _coded(named.MODALITY, MODALITIES.get(info.modality, MODALITIES["OT"]))
    if info.laterality is not None:
        yield _coded(named.IMAGE_SIDE, SIDES[info.laterality])
    if info.view.name in VIEWS:
        modifiers = (MODIFIERS[one] for one in info.view.modifiers if one in MODIFIERS)
        yield code(
            named.IMAGE_VIEW,
            VIEWS[info.view.name],
            relation=ACQUIRED,
            children=[code(named.IMAGE_VIEW_MODIFIER, one, relation=MODIFIES) for one in modifiers],
        )
    if info.patient_orientation is not None:
        yield text(named.ORIENTATION_ROW, info.patient_orientation[0], relation=ACQUIRED)
        yield text(named.ORIENTATION_COLUMN, info.patient_orientation[1], relation=ACQUIRED)
    yield num(named.ROWS, info.rows, named.PIXELS, relation=ACQUIRED)
    yield num(named.COLUMNS, info.columns, named.PIXELS, relation=ACQUIRED)
    if info.spacing is not None:
        yield from _acquired(
            (
                millimetres(named.SPACING_ACROSS, info.spacing.column_mm, info.spacing.basis),
                millimetres(named.SPACING_DOWN, info.spacing.row_mm, info.spacing.basis),
            )
        )


def _coded(name: Code, value: Code) -> Dataset:
    return code(name, value, relation=ACQUIRED)


def _acquired(items: Iterable[Dataset]) -> Iterator[Dataset]:
    for item in items:
        item.RelationshipType = ACQUIRED
        yield item


def laterality_of(said: Code) -> Laterality | None:
    """The side that a code of CID 244 or 6022 names."""
    return {one.value: side for side, one in SIDES.items()}.get(said.value) or BREAST_SIDES.get(said.value)
