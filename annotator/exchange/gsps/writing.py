"""A reading as presentation states: one object an image, with all that is drawn on it and the window it is seen with."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from pydicom import DataElement, Dataset
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage, ImplicitVRLittleEndian

from annotator.errors import ExportError, UnreadableObject
from annotator.exchange.drawing import Drawn, Written
from annotator.exchange.gsps.layers import Layer, layers_of
from annotator.exchange.gsps.reading import read
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.source_header import source_header
from annotator.exchange.whole_file import whole_file
from annotator.exchange.written_object import (
    file_of,
    marked_images,
    new_object,
    new_series,
    person,
    reference,
    save,
    series_reference,
)
from annotator.model.geometry import ImagePoint
from annotator.model.image import ImageInfo, ImageKey, ModalityLut, Voi, VoiLut

SERIES_NUMBER = 9002
TOLERANCE_PX = 0.01
LONGEST = 8000
"""Points of an outline that fit into a value with a length of 16 bits (PS3.5 7.1.2)."""
MOST_POINTS = 65535
"""Number of Graphic Points is an unsigned number of 16 bits."""


def write(outgoing: Outgoing, folder: Path) -> tuple[Path, ...]:
    """One presentation state for each marked image, all of them or none; raises ExportError."""
    images = marked_images(outgoing)
    series = new_series(
        GrayscaleSoftcopyPresentationStateStorage, "PR", SERIES_NUMBER, "Marked calcifications"
    )
    paths = []
    with ExitStack() as files:
        for number, info in enumerate(images, start=1):
            path = file_of(outgoing, folder, "gsps", number, len(images))
            header = source_header(outgoing, info)
            made = new_object(outgoing, header, series, number)
            _describe(made, outgoing, header, info)
            _show(made, _voi(outgoing, info), info)
            _draw(made, header, info, layers_of(outgoing, info))
            save(made, files.enter_context(whole_file(path)))
            paths.append(path)
    return tuple(paths)


def check(outgoing: Outgoing, path: Path) -> str | None:
    """Whether a written file draws what the reading says, to a hundredth of a pixel: None, or what not, in a sentence."""
    try:
        found = read(path)
    except UnreadableObject as error:
        return f"It cannot be read back: {error.reason}."
    shown = {one.sop_instance_uid for one in found.images}
    info = next((one for one in outgoing.exam.images if outgoing.uid(one.sop_instance_uid) in shown), None)
    if info is None:
        return "It refers to no image of the exam."
    layers = layers_of(outgoing, info)
    drawn = [one for layer in layers for key in layer.frames for one in layer.on(key)]
    texts = [text for layer in layers for text in layer.texts]
    if len(drawn) != len(found.drawn) or found.notes:
        return f"It draws {len(found.drawn)} things where the reading has {len(drawn)}."
    if not all(_alike(outgoing, *pair) for pair in zip(drawn, found.drawn, strict=True)):
        return "Something in it is not drawn where the reading has it."
    if [one.text for one in found.texts] != [one.text for one in texts]:
        return "It names other findings than the reading has."
    if found.windows.get(outgoing.uid(info.sop_instance_uid)) != _voi(outgoing, info):
        return "The window in it is another one than that of the image."
    return None


def _alike(outgoing: Outgoing, wanted: Drawn, found: Drawn) -> bool:
    if ImageKey(outgoing.uid(wanted.image.sop_instance_uid), wanted.image.frame) != found.image:
        return False
    if wanted.group != found.group or (wanted.point is None) != (found.point is None):
        return False
    ours, theirs = _points(wanted), _points(found)
    return len(ours) == len(theirs) and bool(np.allclose(ours, theirs, rtol=0, atol=TOLERANCE_PX))


def _points(one: Drawn) -> list[tuple[float, float]]:
    return [(p.column, p.row) for p in (*one.outline, *([one.point] if one.point else []))]


def _describe(made: Dataset, outgoing: Outgoing, header: Dataset, info: ImageInfo) -> None:
    made.ContentLabel = "CALCIFICATIONS"
    made.ContentDescription = "Calcifications as marked by a reader"
    made.ContentCreatorName = person(outgoing.reading.reader)
    made.PresentationCreationDate, made.PresentationCreationTime = made.ContentDate, made.ContentTime
    del made.ContentDate, made.ContentTime
    made.Laterality = info.laterality if info.laterality in ("L", "R") else ""
    made.ReferencedSeriesSequence = [series_reference(header)]
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [info.columns, info.rows]
    area.PresentationSizeMode = "SCALE TO FIT"
    spacing = info.spacing
    if spacing is not None and abs(spacing.row_mm / spacing.column_mm - 1) > 1e-3:
        area.PresentationPixelSpacing = [f"{spacing.row_mm:.8g}", f"{spacing.column_mm:.8g}"]
    else:
        area.PresentationPixelAspectRatio = [1, 1]
    made.DisplayedAreaSelectionSequence = [area]


def _voi(outgoing: Outgoing, info: ImageInfo) -> Voi | None:
    """The window in use, else the first of the header."""
    return outgoing.windows.get(info.sop_instance_uid) or next(iter(info.voi), None)


def _show(made: Dataset, voi: Voi | None, info: ImageInfo) -> None:
    """From stored values to the screen: what a presentation state does not say does not happen (PS3.4 N.2)."""
    if info.modality_lut is not None:
        made.ModalityLUTSequence = [_modality(info.modality_lut)]
    elif (info.slope, info.intercept) != (1.0, 0.0):
        made.RescaleSlope, made.RescaleIntercept = f"{info.slope:.10g}", f"{info.intercept:.10g}"
        made.RescaleType = "US"
    if voi is not None:
        made.SoftcopyVOILUTSequence = [_window(voi)]
    made.PresentationLUTShape = "INVERSE" if info.inverse else "IDENTITY"


def _modality(table: ModalityLut) -> Dataset:
    made = _table(table.first, table.bits, table.data)
    made.ModalityLUTType = table.unit or "US"
    return made


def _window(voi: Voi) -> Dataset:
    made = Dataset()
    if isinstance(voi, VoiLut):
        table = _table(voi.first, voi.bits, voi.data)
        if voi.name:
            table.LUTExplanation = voi.name[:64]
        made.VOILUTSequence = [table]
        return made
    made.WindowCenter, made.WindowWidth = f"{voi.center:.10g}", f"{voi.width:.10g}"
    made.VOILUTFunction = str(voi.function)
    if voi.name:
        made.WindowCenterWidthExplanation = voi.name[:64]
    return made


def _table(first: int, bits: int, data: bytes) -> Dataset:
    made, entries = Dataset(), len(data) // 2
    signed = first < 0
    entries = entries % 65536 if not signed or entries < 32768 else entries - 65536
    made.add(DataElement(0x00283002, "SS" if signed else "US", [entries, first, bits]))
    made.add(DataElement(0x00283006, "OW", data))
    return made


def _draw(made: Dataset, header: Dataset, info: ImageInfo, layers: tuple[Layer, ...]) -> None:
    longest = max((len(one.outline) for layer in layers for one in layer.drawn), default=0)
    if longest >= MOST_POINTS:
        raise ExportError(
            f"An outline has {longest:,} points, more than a presentation state can hold; outline it with fewer."
        )
    if longest >= LONGEST:
        made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    made.GraphicLayerSequence = [_layer(one, order) for order, one in enumerate(layers, start=1)]
    made.GraphicAnnotationSequence = [
        _annotation(layer, key, header, info) for layer in layers for key in layer.frames
    ]


def _layer(layer: Layer, order: int) -> Dataset:
    made = Dataset()
    made.GraphicLayer, made.GraphicLayerOrder = layer.name, order
    made.GraphicLayerDescription = layer.description
    if layer.part is not None:
        made.GraphicLayerRecommendedDisplayCIELabValue = list(layer.part.colour)
    return made


def _annotation(layer: Layer, key: ImageKey, header: Dataset, info: ImageInfo) -> Dataset:
    made = Dataset()
    made.ReferencedImageSequence = [reference(header, [key.frame] if info.is_stack else [])]
    made.GraphicLayer = layer.name
    if texts := [_text(one) for one in layer.texts if one.image == key]:
        made.TextObjectSequence = texts
    if graphics := [_graphic(one, part) for one in layer.on(key) for part in _parts(one)]:
        made.GraphicObjectSequence = graphics
    return made


def _parts(one: Drawn) -> list[tuple[ImagePoint, ...]]:
    """What is drawn of one thing: its place, then its outline with the first point again at the end."""
    parts: list[tuple[ImagePoint, ...]] = [(one.point,)] if one.point else []
    return [*parts, (*one.outline, one.outline[0])] if one.outline else parts


def _graphic(one: Drawn, points: tuple[ImagePoint, ...]) -> Dataset:
    made = Dataset()
    made.GraphicAnnotationUnits, made.GraphicDimensions = "PIXEL", 2
    made.NumberOfGraphicPoints = len(points)
    made.GraphicData = [value for point in points for value in (point.column, point.row)]
    made.GraphicType = "POINT" if len(points) == 1 else "POLYLINE"
    if len(points) > 1:
        made.GraphicFilled = "N"
    made.TrackingID, made.TrackingUID = one.group.tracking_id, one.group.tracking_uid
    return made


def _text(one: Written) -> Dataset:
    made = Dataset()
    made.UnformattedTextValue = one.text
    if one.point is not None:
        made.AnchorPoint = [one.point.column, one.point.row]
        made.AnchorPointAnnotationUnits, made.AnchorPointVisibility = "PIXEL", "N"
    return made
