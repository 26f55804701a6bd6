"""Views, modifiers and attributes in words, for the reasons and for whoever corrects them."""

from __future__ import annotations

from annotator.model.image import ImageInfo, Laterality

VIEW_NAMES = {
    "CC": "cranio-caudal",
    "MLO": "medio-lateral oblique",
    "ML": "medio-lateral",
    "LM": "latero-medial",
    "LMO": "latero-medial oblique",
    "SIO": "superolateral to inferomedial oblique",
    "ISO": "inferomedial to superolateral oblique",
    "FB": "caudo-cranial (from below)",
    "XCC": "cranio-caudal, exaggerated",
    "XCCL": "cranio-caudal, exaggerated laterally",
    "XCCM": "cranio-caudal, exaggerated medially",
    "SPECIMEN": "tissue taken from the breast",
}
"""Views of CID 4014 in the order in which they are read, with their words."""

MODIFIER_NAMES = {
    "M": "magnification",
    "S": "spot compression",
    "ID": "implant displaced",
    "NP": "nipple in profile",
    "AC": "anterior compression",
    "IMF": "inframammary fold",
    "AX": "axillary tissue",
    "AT": "axillary tail",
    "CV": "cleavage",
    "RL": "rolled laterally",
    "RM": "rolled medially",
    "RS": "rolled superiorly",
    "RI": "rolled inferiorly",
    "TAN": "tangential",
}
"""Modifiers of CID 4015, with their words."""

CORRECTED = "corrected by the reader"
"""What stands for the name of an attribute where a reader decided."""

_TAGS = {
    "FrameLaterality": "Frame Laterality (0020,9072)",
    "ImageLaterality": "Image Laterality (0020,0062)",
    "Laterality": "Laterality (0020,0060)",
    "AnatomicRegionModifierSequence": "Anatomic Region Modifier Sequence (0008,2220)",
    "ViewCodeSequence": "View Code Sequence (0054,0220)",
    "ViewModifierCodeSequence": "View Modifier Code Sequence (0054,0222)",
    "ViewPosition": "View Position (0018,5101)",
    "SeriesDescription": "Series Description (0008,103E)",
    "ProtocolName": "Protocol Name (0018,1030)",
    "AcquisitionDeviceProcessingDescription": "Acquisition Device Processing Description (0018,1400)",
}


def attribute(keyword: str) -> str:
    """An attribute as people look for it: its name and tag."""
    return _TAGS.get(keyword, keyword)


def side_words(side: Laterality | None) -> str:
    """Such as: right breast; a breast where the side is not known."""
    return side.breast if side is not None else "a breast"


def view_words(name: str, modifiers: tuple[str, ...] = ()) -> str:
    """Such as: CC, cranio-caudal, with magnification; '' for no view and no modifier."""
    view = f"{name}, {VIEW_NAMES[name]}" if name in VIEW_NAMES else name
    said = " and ".join(MODIFIER_NAMES.get(modifier, modifier) for modifier in modifiers)
    if not said:
        return view
    return f"{view}, with {said}" if view else said


def place_name(side: Laterality | None, view: str, modifiers: tuple[str, ...] = ()) -> str:
    """What belongs in a place: "right CC", "left ML magnification"."""
    side_name = "" if side in (None, Laterality.BOTH) else side.side
    extra = (MODIFIER_NAMES.get(modifier, modifier) for modifier in modifiers)
    return " ".join(word for word in (side_name, view, *extra) if word)


def what_it_is(info: ImageInfo) -> str:
    """Side and view of an image and which attributes decided, in sentences."""
    sentences = [_side_sentence(info), _view_sentence(info), *info.contradictions]
    return " ".join(sentences)


def _side_sentence(info: ImageInfo) -> str:
    if info.laterality is None:
        return "The header does not say which breast this is."
    return f"It shows the {side_words(info.laterality)}{_decided(info.laterality_source)}.".replace(
        "the both", "both"
    )


def _view_sentence(info: ImageInfo) -> str:
    words = view_words(info.view.name, info.view.modifiers)
    if not words:
        return "The header does not say which view this is."
    if not info.view.name:
        return f"The view is not known, only that it is taken with {words}{_decided(info.view.source)}."
    return f"The view is {words}{_decided(info.view.source)}."


def _decided(source: str) -> str:
    if not source:
        return ""
    return f", {CORRECTED}" if source == CORRECTED else f": {attribute(source)} decided"
