"""Whether marked images still show what they were marked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from annotator.errors import UnreadableImage
from annotator.imaging.dicom_file import open_image
from annotator.imaging.pixel_digest import pixel_digest
from annotator.jobs import CancelToken
from annotator.model.image import ImageKey
from annotator.model.seen_on_image import MarkedPixels, PixelState


def checked_pixels(
    marked: Sequence[MarkedPixels], file_of: Callable[[str], Path | None], token: CancelToken | None = None
) -> Iterator[tuple[MarkedPixels, PixelState]]:
    """Decode every marked frame and compare; `file_of` gives the file of a SOP Instance UID. Raises Cancelled."""
    for one in marked:
        (token or CancelToken()).checkpoint()
        path = file_of(one.image.sop_instance_uid)
        if path is None:
            yield one, PixelState.NOT_AT_HAND
            continue
        digest = digest_of(path, one.image)
        yield one, PixelState.UNREADABLE if not digest else _state(digest == one.sha256)


def digest_of(path: Path, image: ImageKey) -> str:
    """The digest of a frame of a file; '' where it cannot be read."""
    try:
        return pixel_digest(open_image(path, budget=1).frame(image.frame))
    except (UnreadableImage, IndexError):
        return ""


def _state(same: bool) -> PixelState:
    return PixelState.SAME if same else PixelState.OTHER
