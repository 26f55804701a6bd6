"""Pictures of whole images kept for quick return, and those read ahead, within one budget of bytes.

Used on the GUI thread only: jobs make pictures, the window keeps them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from annotator.imaging.stack import default_budget
from annotator.model.image import ImageInfo, ImageKey
from annotator.ui.pictures.frame_source import picture_bytes
from annotator.ui.pictures.picture import Picture

SHARE_OF_STACKS = 0.5
"""Pictures take half of what slices of stacks may: an eighth of the machine's memory."""
LEAST_BUDGET = 512_000_000
"""Never less: a screening view of 13.6 million pixels takes some 45 MB with its levels, an exam four of them."""
LEVELS = 5 / 3
"""Memory of a frame with its levels over that of the frame (`imaging.pyramid.build_levels`)."""


def picture_budget(picture_memory_mb: float) -> int:
    """Bytes for pictures: as set, or a share of the machine's memory for 0."""
    if picture_memory_mb > 0:
        return round(picture_memory_mb * 1e6)
    return max(LEAST_BUDGET, int(default_budget() * SHARE_OF_STACKS))


def bytes_expected(info: ImageInfo) -> int:
    """About what the picture of one frame will take, from its header."""
    return int(info.rows * info.columns * 2 * LEVELS)


class PictureShelf:
    """Decoded pictures by image and frame; never more bytes than `budget`.

    What lies on the table (`hold`) goes last, the newest last of it; before it go the neighbours that
    were read ahead (`expect`), the farthest first; before those everything else, the oldest first.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: OrderedDict[ImageKey, tuple[Picture, int]] = OrderedDict()
        self._held: frozenset[str] = frozenset()
        self._expected: dict[str, int] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes of the pictures kept now."""
        return self._bytes

    def __contains__(self, key: ImageKey) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[Picture]:
        """The pictures kept, the one asked for last at the end."""
        return iter([picture for picture, _ in self._kept.values()])

    def get(self, key: ImageKey) -> Picture | None:
        """A picture if it is kept; it counts as the newest from now on."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def peek(self, key: ImageKey) -> Picture | None:
        """A picture if it is kept; it stays as old as it is."""
        return self._kept.get(key, (None, 0))[0]

    def put(self, picture: Picture) -> bool:
        """Keep a picture from full resolution; False when there is no room for one of its rank."""
        if picture.provisional:
            return False
        self.drop(picture.key)
        size = picture_bytes(picture)
        self._kept[picture.key] = picture, size
        self._bytes += size
        self._make_room()
        return picture.key in self._kept

    def drop(self, key: ImageKey) -> None:
        """Let a picture go, if it is kept."""
        _, size = self._kept.pop(key, (None, 0))
        self._bytes -= size

    def hold(self, uids: Iterable[str]) -> None:
        """The SOP Instance UIDs of what lies on the table now: the open exam and what hangs beside it."""
        self._held = frozenset(uids)

    def expect(self, uids: Iterable[str]) -> None:
        """The SOP Instance UIDs of what the reader may open next, the most likely first."""
        self._expected = {uid: place for place, uid in enumerate(dict.fromkeys(uids))}

    def has_room_for(self, info: ImageInfo, frame: int = 1) -> bool:
        """Whether a picture that is yet to be made would be kept without one of higher rank going."""
        rank = self._rank(info.key(frame))
        better = sum(size for key, (_, size) in self._kept.items() if self._rank(key) <= rank)
        return better + bytes_expected(info) <= self.budget

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self._bytes = 0

    def _rank(self, key: ImageKey) -> int:
        """0 for what is on the table, then the neighbours by nearness, then the rest."""
        uid = key.sop_instance_uid
        return 0 if uid in self._held else 1 + self._expected.get(uid, len(self._expected))

    def _make_room(self) -> None:
        while self._bytes > self.budget:
            # of equal rank the first, which is the oldest
            self.drop(max(self._kept, key=self._rank))
