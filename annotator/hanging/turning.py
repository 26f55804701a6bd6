"""How an image is turned and at which edge it stands. See docs/domain.md, turning and hanging.

Everything here is about the view: marks stay in the stored image and turn with it, because they are drawn
through the same `Orientation`.
"""

from __future__ import annotations

from typing import Literal

from annotator.hanging.order import is_detail
from annotator.model.geometry import Orientation
from annotator.model.image import ImageInfo, Laterality, Wall

Edge = Literal["left", "right", "center"]

SIDEWAYS = ("MLO", "ML", "LM", "LMO", "SIO", "ISO")
"""Views seen from the side, with feet down."""
FROM_ABOVE = ("CC", "FB", "XCC", "XCCL", "XCCM")
"""Views seen along the body, with the outer side up."""
SPECIMEN = "SPECIMEN"

_OPPOSITE: dict[Wall, Wall] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
_TRANSPOSED: dict[Wall, Wall] = {"left": "top", "top": "left", "right": "bottom", "bottom": "right"}


def orientation_for(
    info: ImageInfo, chest_wall: Wall | None = None, axilla: Wall | None = None
) -> tuple[Orientation, str]:
    """How the stored image is turned for display, and the reason in words.

    A reader's own turn goes first. Then Patient Orientation decides. Where the header has none,
    `chest_wall`, the edge of the stored image at which the pixels show it, decides about mirroring, and of an
    MLO `axilla`, the edge that the muscle reaches, what is up; without them the image is shown as stored.
    """
    chest_wall = chest_wall or info.chest_wall
    if info.turned is not None:
        return info.turned, f"turned by the reader: {_in_words(info.turned)}"
    if info.view.name == SPECIMEN:
        return Orientation(), "shown as stored: tissue taken from the breast has no chest wall"
    if info.laterality is Laterality.BOTH:
        return Orientation(), "shown as stored: it does not show which breast it belongs to, but both"
    if info.patient_orientation is None:
        return _from_pixels(info, chest_wall, axilla, "no Patient Orientation in the header")
    row, column = (direction.strip().upper() for direction in info.patient_orientation)
    said = f"Patient Orientation {row}\\{column}"
    transpose = _place_of(column, "AP") < _place_of(row, "AP")
    if transpose:
        row, column = column, row
    if ("A" in row) == ("P" in row):
        return _from_pixels(info, chest_wall, axilla, f"{said} does not say where the chest wall is")
    upside_down = _upside_down(info, column)
    doubt = "" if upside_down is not None else "; it does not say what is up"
    if info.laterality is None:
        orientation = Orientation(transpose, False, bool(upside_down))
        doubt += "; the header does not say which breast this is, so it is not mirrored"
    else:
        flip_columns = ("P" if info.laterality is Laterality.RIGHT else "A") not in row
        orientation = Orientation(transpose, flip_columns, bool(upside_down))
    return orientation, f"{said}: {_in_words(orientation)}{doubt}"


def edge_for(info: ImageInfo) -> Edge:
    """The edge of its pane at which an image stands once turned: its chest wall.

    Without a side it is where Patient Orientation, else `ImageInfo.chest_wall`, says the wall is.
    """
    if info.view.name == SPECIMEN or info.laterality is Laterality.BOTH:
        return "center"
    if info.laterality is not None:
        return "right" if info.laterality is Laterality.RIGHT else "left"
    wall = _wall_said(info) or info.chest_wall
    if wall is None:
        return "center"
    shown = _shown(wall, orientation_for(info)[0])
    return shown if shown == "left" or shown == "right" else "center"


def knows_up(info: ImageInfo) -> bool:
    """Whether the reader or the header say what is up on an image once it is turned."""
    if info.turned is not None:
        return True
    if info.patient_orientation is None:
        return False
    row, column = (direction.strip().upper() for direction in info.patient_orientation)
    if _place_of(column, "AP") < _place_of(row, "AP"):
        row, column = column, row
    return ("A" in row) != ("P" in row) and _upside_down(info, column) is not None


def doubt_of_pixels(info: ImageInfo, orientation: Orientation, wall: Wall) -> str:
    """What to say when a whole view hangs with its chest wall at the wrong edge; '' when it does not.

    `wall` is the edge of the stored image at which the pixels show it beyond doubt. It changes nothing: the
    header decides, and the reader.
    """
    if (
        info.turned is not None
        or info.laterality not in (Laterality.RIGHT, Laterality.LEFT)
        or is_detail(info)
    ):
        return ""
    wanted: Wall = "right" if info.laterality is Laterality.RIGHT else "left"
    if info.view.name == SPECIMEN or _shown(wall, orientation) != _OPPOSITE[wanted]:
        return ""
    return f"; but the pixels show the chest wall at the {_OPPOSITE[wanted]} edge, so side or orientation may be wrong"


def _from_pixels(
    info: ImageInfo, wall: Wall | None, axilla: Wall | None, why: str
) -> tuple[Orientation, str]:
    if info.laterality is None:
        where = "" if wall is None else f"; the chest wall is seen at the {wall} edge"
        return Orientation(), f"{why}; shown as stored: the header does not say which breast this is{where}"
    if wall is None:
        return Orientation(), f"{why}; shown as stored"
    quarter = wall in ("top", "bottom")
    wanted = "right" if info.laterality is Laterality.RIGHT else "left"
    ways = [Orientation(quarter, columns, rows) for rows in (False, True) for columns in (False, True)]
    upright = [way for way in ways if _shown(wall, way) == wanted]
    seen = f"the chest wall seen at the {wall} edge"
    if axilla is not None and info.view.name == "MLO":
        found = next((way for way in upright if _shown(axilla, way) == "top"), None)
        if found is not None:
            return found, f"{why}; {_in_words(found)} by {seen} and the axilla at the {axilla} edge"
    if quarter:
        # a turn of the film is likelier than a mirror
        turned = next(way for way in upright if way.flip_columns != way.flip_rows)
        return turned, f"{why}; turned a quarter by {seen}, and what is up is not known"
    return upright[0], f"{why}; {_in_words(upright[0])} by {seen}"


def _wall_said(info: ImageInfo) -> Wall | None:
    """The edge of the stored image at which Patient Orientation puts the chest wall."""
    if info.patient_orientation is None:
        return None
    row, column = (direction.strip().upper() for direction in info.patient_orientation)
    if _place_of(column, "AP") < _place_of(row, "AP"):
        if ("A" in column) != ("P" in column):
            return "top" if "A" in column else "bottom"
    elif ("A" in row) != ("P" in row):
        return "left" if "A" in row else "right"
    return None


def _shown(wall: Wall, orientation: Orientation) -> Wall:
    """Where an edge of the stored image is once turned."""
    if orientation.transpose:
        wall = _TRANSPOSED[wall]
    if orientation.flip_columns and wall in ("left", "right"):
        wall = _OPPOSITE[wall]
    if orientation.flip_rows and wall in ("top", "bottom"):
        wall = _OPPOSITE[wall]
    return wall


def _place_of(direction: str, letters: str) -> int:
    """How early a direction names one of the letters: the first letter is the main direction."""
    return min((direction.index(letter) for letter in letters if letter in direction), default=99)


def _upside_down(info: ImageInfo, column: str) -> bool | None:
    """Whether the column direction runs the wrong way; None where it does not say."""
    name = info.view.name
    feet_or_head = _place_of(column, "FH") < _place_of(column, "LR")
    if name in SIDEWAYS or (name not in FROM_ABOVE and feet_or_head):
        if "F" in column:
            return False
        if "H" in column:
            return True
    # the outer side is up: running down must not lead to the side of the breast itself
    if info.laterality is not None and ("R" in column or "L" in column):
        return info.laterality.value in column
    return None


def _in_words(orientation: Orientation) -> str:
    if orientation == Orientation():
        return "shown as stored"
    done = [
        ("rows and columns exchanged", orientation.transpose),
        ("mirrored left to right", orientation.flip_columns),
        ("mirrored top to bottom", orientation.flip_rows),
    ]
    return ", ".join(words for words, is_done in done if is_done)
