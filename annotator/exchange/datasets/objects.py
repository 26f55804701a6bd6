"""Which of the standard's objects, or of this program's own files, a file is."""

from __future__ import annotations

from pathlib import Path

from annotator.exchange.careful_dicom import sop_class
from annotator.exchange.datasets.json_file import beginning
from annotator.exchange.finding_json import FORMAT

_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.88.": "sr",
    "1.2.840.10008.5.1.4.1.1.11.": "gsps",
    "1.2.840.10008.5.1.4.1.1.66.": "seg",
}
_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


def object_kind(path: Path) -> str | None:
    """The kind, as "sr", "gsps", "seg" or "json"; None for anything else, images and key objects among it."""
    start = beginning(path, 4096)
    if start[128:132] == b"DICM":
        return _dicom_kind(path)
    return (
        "json" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and FORMAT.encode() in start else None
    )


def _dicom_kind(path: Path) -> str | None:
    said = sop_class(path)
    if said == _KEY_OBJECTS:
        return None
    return next((kind for root, kind in _CLASSES.items() if said.startswith(root)), None)
