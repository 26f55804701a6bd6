"""Presentation states of any maker as places, outlines and words on stored images."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from annotator.errors import UnreadableObject
from annotator.exchange.careful_dicom import DAMAGE, DAMAGED, read_careful
from annotator.exchange.drawing import Drawing, Drawn, Group, Part, ShownImage, Written, placed_on
from annotator.exchange.gsps.curves import Place, curve
from annotator.exchange.gsps.layers import NAMES
from annotator.model.geometry import ImagePoint, circle_outline, ellipse_outline
from annotator.model.image import ExamInfo, ImageKey, Voi, VoiFunction, VoiLut, Window

STATES = {f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in (1, 2, 3)}
"""Grayscale, colour and pseudo-colour softcopy presentation states, which draw in the same way."""
MOST_THINGS = 50_000
FARTHEST_PX = 1e6
_OWN_LAYER = re.compile(r"F\d+ (AREA|MICRO|MACRO)")
_PARTS = {name: part for part, name in NAMES.items()}


def read(path: Path, exam: ExamInfo | None = None) -> Drawing:
    """All that is drawn on the images, and the windows they are shown with; with `exam`, once it fits its images.

    What is drawn on the screen and not on an image cannot be used, and a note says so. Turning, mirroring and zooming of
    the state change nothing, as coordinates are those of the stored image. Raises UnreadableObject.
    """
    state = read_careful(path)
    try:
        said = str(state.get("SOPClassUID") or "")
        if said not in STATES:
            name = state.SOPClassUID.name if said else "something unknown"
            raise UnreadableObject(path, f"it is no presentation state but {name}")
        drawing = _Reader(path, state).drawing()
    except DAMAGE as error:
        raise UnreadableObject(path, DAMAGED) from error
    return drawing if exam is None else placed_on(drawing, exam)


@dataclass
class _Reader:
    path: Path
    state: Dataset
    drawn: list[Drawn] = field(default_factory=list)
    texts: list[Written] = field(default_factory=list)
    unusable: Counter[str] = field(default_factory=Counter)

    def drawing(self) -> Drawing:
        """Everything of the state; one without what every state ends with was cut off."""
        if "PresentationCreationTime" not in self.state:
            raise UnreadableObject(
                self.path, "it ends in the middle (its last part is missing); ask for the file again"
            )
        shown = {
            str(image.ReferencedSOPInstanceUID): None
            for series in self.state.get("ReferencedSeriesSequence") or []
            for image in series.get("ReferencedImageSequence") or []
        }
        for annotation in self.state.get("GraphicAnnotationSequence") or []:
            self._annotation(annotation, tuple(shown))
        shown |= dict.fromkeys(one.image.sop_instance_uid for one in self.drawn)
        shown |= dict.fromkeys(one.image.sop_instance_uid for one in self.texts)
        maker = (str(self.state.get(name) or "") for name in ("Manufacturer", "ManufacturerModelName"))
        return Drawing(
            path=self.path,
            maker=" ".join(dict.fromkeys(maker)).strip(),
            study_instance_uid=str(self.state.get("StudyInstanceUID") or ""),
            images=tuple(ShownImage(uid) for uid in shown),
            drawn=tuple(self.drawn),
            texts=tuple(self.texts),
            windows=dict(self._windows(tuple(shown))),
            notes=tuple(f"{count} {what}." for what, count in self.unusable.items()),
        )

    def _annotation(self, annotation: Dataset, shown: tuple[str, ...]) -> None:
        frames = list(_frames(annotation, shown))
        layer = str(annotation.get("GraphicLayer") or "")
        own = _OWN_LAYER.fullmatch(layer)
        part = _PARTS[own.group(1)] if own else None
        found: list[Drawn] = []
        for graphic in annotation.get("GraphicObjectSequence") or []:
            group = Group(
                layer, part, str(graphic.get("TrackingID") or ""), str(graphic.get("TrackingUID") or "")
            )
            if graphic.get("GraphicAnnotationUnits") != "PIXEL":
                self.unusable["drawn on the screen and not on the image, which cannot be used"] += 1
            else:
                self._join(found, self._graphic(graphic, group, frames[0]))
        for compound in annotation.get("CompoundGraphicSequence") or []:
            kind = str(compound.get("CompoundGraphicType") or "")[:16]
            self.unusable[f"drawn as {kind}, which cannot be used"] += 1
        texts = [self._text(one, frames[0]) for one in annotation.get("TextObjectSequence") or []]
        if (len(found) + len(texts)) * len(frames) + len(self.drawn) > MOST_THINGS:
            raise UnreadableObject(
                self.path,
                f"it draws more than {MOST_THINGS:,} things, which no reading of calcifications has",
            )
        self.drawn += [
            Drawn(key, one.group, one.point, one.outline, one.closed) for key in frames for one in found
        ]
        self.texts += [Written(key, one.text, one.point) for key in frames for one in texts]

    def _join(self, found: list[Drawn], new: Drawn) -> None:
        """Add a thing; an outline of this program's belongs to the place that stands before it."""
        last = found[-1] if found else None
        if (
            last is not None
            and new.group.part in (Part.MICRO, Part.MACRO)
            and last.group == new.group
            and not last.outline
            and new.point is None
        ):
            found[-1] = Drawn(new.image, new.group, last.point, new.outline, new.closed)
        else:
            found.append(new)

    def _graphic(self, graphic: Dataset, group: Group, key: ImageKey) -> Drawn:
        kind = str(graphic.GraphicType)
        points = self._points(graphic.get("GraphicData"))
        if len(points) != int(graphic.get("NumberOfGraphicPoints") or 0):
            raise UnreadableObject(
                self.path, "something in it has another number of points than it says; it is damaged"
            )
        wanted = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4}.get(kind)
        if len(points) < (wanted or 2) or (wanted and len(points) > wanted):
            raise UnreadableObject(
                self.path, f"a {kind.lower()} in it has {len(points)} points; it is damaged"
            )
        if kind == "POINT":
            return Drawn(key, group, ImagePoint(*points[0]))
        if kind == "CIRCLE":
            middle = ImagePoint(*points[0])
            return Drawn(key, group, middle, circle_outline(middle, math.dist(*points)))
        if kind == "ELLIPSE":
            return Drawn(key, group, outline=ellipse_outline([ImagePoint(*one) for one in points]))
        if kind not in ("POLYLINE", "INTERPOLATED"):
            raise UnreadableObject(self.path, f"it draws a {kind[:16]!r}, which is nothing of the standard's")
        closed = len(points) > 3 and points[0] == points[-1]
        around = points[:-1] if closed else points
        if kind == "INTERPOLATED":
            return Drawn(key, group, outline=curve(around, closed=closed), closed=closed)
        return Drawn(key, group, outline=tuple(ImagePoint(*one) for one in around), closed=closed)

    def _points(self, said: Any) -> list[Place]:
        values = [float(one) for one in np.atleast_1d(said if said is not None else [])]
        if len(values) % 2 or not all(math.isfinite(one) and abs(one) < FARTHEST_PX for one in values):
            raise UnreadableObject(
                self.path, "something in it has coordinates that are no places; it is damaged"
            )
        return list(zip(values[::2], values[1::2], strict=True))

    def _text(self, text: Dataset, key: ImageKey) -> Written:
        point = None
        if text.get("AnchorPointAnnotationUnits") == "PIXEL" and text.get("AnchorPoint") is not None:
            (place,) = self._points(text.AnchorPoint)
            point = ImagePoint(*place)
        elif text.get("BoundingBoxAnnotationUnits") == "PIXEL":
            (left, top), (right, bottom) = self._points(
                [*text.BoundingBoxTopLeftHandCorner, *text.BoundingBoxBottomRightHandCorner]
            )
            point = ImagePoint((left + right) / 2, (top + bottom) / 2)
        return Written(key, str(text.get("UnformattedTextValue") or ""), point)

    def _windows(self, shown: Sequence[str]) -> Iterator[tuple[str, Voi]]:
        for item in self.state.get("SoftcopyVOILUTSequence") or []:
            named = [str(one.ReferencedSOPInstanceUID) for one in item.get("ReferencedImageSequence") or []]
            for uid in named or shown:
                yield uid, _window(item)


def _frames(annotation: Dataset, shown: Iterable[str]) -> Iterator[ImageKey]:
    """The frames an annotation is on; one that names no image is on all of the state, one without frames on the first."""
    named = annotation.get("ReferencedImageSequence") or []
    for image in named:
        for frame in np.atleast_1d(image.get("ReferencedFrameNumber") or 1):
            yield ImageKey(str(image.ReferencedSOPInstanceUID), int(frame))
    if not named:
        yield from (ImageKey(uid) for uid in shown)


def _window(item: Dataset) -> Voi:
    if tables := item.get("VOILUTSequence"):
        table = tables[0]
        _, first, bits = (int(one) for one in table.LUTDescriptor)
        data = table.LUTData
        entries = data if isinstance(data, bytes) else np.asarray(data, "<u2").tobytes()
        return VoiLut(first, bits, entries, str(table.get("LUTExplanation") or ""))
    center, width = (float(np.atleast_1d(item[name].value)[0]) for name in ("WindowCenter", "WindowWidth"))
    name = str(np.atleast_1d(item.get("WindowCenterWidthExplanation") or "")[0])
    return Window(center, width, VoiFunction(str(item.get("VOILUTFunction") or "LINEAR")), name)
