"""Which objects can be de-identified at all, and which only when asked for."""

from __future__ import annotations

from collections.abc import Collection

from annotator.exchange.deidentify.profile import OptionName

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
_RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
_REPORTS = "1.2.840.10008.5.1.4.1.1.88."
_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
_PRESENTATIONS = "1.2.840.10008.5.1.4.1.1.11."
_DIRECTORY = "1.2.840.10008.1.3.10"
_STANDARD = "1.2.840.10008."
_SCREEN = frozenset({"SCREEN SAVE", "SCREENSAVE", "SCREEN_SAVE", "SCREENSHOT", "SCREEN CAPTURE"})


def why_not(
    sop_class: str, image_type: Collection[str], options: Collection[OptionName], *, secondary: bool
) -> str | None:
    """The sentence that says why an object gets no copy; None when it gets one."""
    if sop_class.startswith(_ENCAPSULATED):
        return "it is a document in an envelope (PDF or the like), whose pages cannot be cleaned; it got no copy."
    if sop_class == _RAW_DATA:
        return "it is raw data, all of it private to the maker of the machine; it got no copy."
    if sop_class == _DIRECTORY:
        return "it is the directory of a disk, which names patients and files; it got no copy."
    if sop_class and not sop_class.startswith(_STANDARD):
        return "it is an object private to the maker of the machine; it got no copy."
    if sop_class.startswith(_REPORTS) and "structured" not in options:
        return "it is a structured report, whose content is dropped; it got no copy."
    if sop_class.startswith(_PRESENTATIONS) and "graphics" not in options:
        return "it is a presentation state, whose graphics are dropped; it got no copy."
    captured = sop_class == _SECONDARY_CAPTURE or sop_class.startswith(f"{_SECONDARY_CAPTURE}.")
    screen = any(one.strip().upper() in _SCREEN for one in image_type)
    if (captured or screen) and not secondary:
        return "it is a secondary capture or picture of a screen, where text is often burned in; add --secondary to copy it."
    return None
