"""How an image is turned, at which edge it stands, which image hangs where, and why.

See docs/domain.md, turning and hanging: backs together, the right breast on the left of the screen with its
chest wall at the right edge of its pane, the left breast mirrored; feet or inner side down. `turning` turns
one image, `sheet` puts an exam in rows, `layouts` rows in panes, `reasons` says why.
"""

from annotator.hanging.correction import corrected, corrected_exam
from annotator.hanging.hung import Hung, HungImage, Layout, OtherImage
from annotator.hanging.layouts import hang
from annotator.hanging.order import is_detail, reading_order
from annotator.hanging.prior import exam_before, number_of_one, patient_number, same_patient
from annotator.hanging.sheet import standard_views
from annotator.hanging.turning import SIDEWAYS, Edge, doubt_of_pixels, edge_for, knows_up, orientation_for
from annotator.hanging.words import CORRECTED, MODIFIER_NAMES, VIEW_NAMES, attribute, what_it_is

__all__ = [
    "CORRECTED",
    "MODIFIER_NAMES",
    "SIDEWAYS",
    "VIEW_NAMES",
    "Edge",
    "Hung",
    "HungImage",
    "Layout",
    "OtherImage",
    "attribute",
    "corrected",
    "corrected_exam",
    "doubt_of_pixels",
    "edge_for",
    "exam_before",
    "hang",
    "is_detail",
    "knows_up",
    "number_of_one",
    "orientation_for",
    "patient_number",
    "reading_order",
    "same_patient",
    "standard_views",
    "what_it_is",
]
