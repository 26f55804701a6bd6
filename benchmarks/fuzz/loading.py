"""One broken file through everything the program does with a file before a reader sees it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from annotator.errors import UnreadableImage
from annotator.imaging.collection import scan
from annotator.imaging.dicom_file import Mammogram, read_image
from annotator.imaging.rejected import Rejected
from annotator.model.image import ImageInfo
from annotator.ui.pictures.picture import make_picture
from benchmarks.fuzz.archives import archive
from benchmarks.fuzz.corpus import Seed
from benchmarks.fuzz.mutations import mutated

MOST_FRAMES = 3
MOST_IMAGES = 4
ARCHIVES = 0.06
"""Share of the files that are ZIP archives."""
SHOWN, MENDED, NOTHING = "shown", "shown, with what was mended said", "passed over: no picture"


def broken(seeds: Sequence[Seed], run: str, number: int) -> tuple[str, bytes]:
    """File `number` of a run: its name and content, the same every time."""
    chance = random.Random(f"{run}:{number}")
    seed, other = chance.choices(seeds, [s.weight for s in seeds], k=2)
    if chance.random() < ARCHIVES:
        return f"{number}.zip", archive(seed.data, other.data, chance)
    name = "DICOMDIR" if seed.name.endswith(("directory", "DICOMDIR")) else f"{number}.dcm"
    return name, mutated(seed.data, other.data, chance)


def load(path: Path, allow: Callable[[int], None]) -> list[str]:
    """List the file, decode its frames, make its picture and its thumbnail: the classes of what came of it.

    `allow` is told the bytes of each picture before they are read. Anything raised is a fault of the program.
    """
    outcomes = list[str]()
    for found in scan([path]):
        if isinstance(found, Rejected):
            outcomes.append(kind_of(found.reason))
        elif len(outcomes) < MOST_IMAGES:
            outcomes.append(_opened(found, allow))
    return list(dict.fromkeys(outcomes)) or [NOTHING]


def _opened(info: ImageInfo, allow: Callable[[int], None]) -> str:
    frames = min(info.frames, MOST_FRAMES)
    allow(info.rows * info.columns * 2 * frames)
    try:
        image = read_image(info.path)
        for number in range(1, frames + 1):
            image.preview(number)
            image.frame(number)
        _look_at(image)
    except UnreadableImage as error:
        return kind_of(error.reason)
    return MENDED if image.info.repairs else SHOWN


def _look_at(image: Mammogram) -> None:
    image.slices()
    picture = make_picture(image.info_of(1), 1, image.frame(1))
    assert picture.small.ndim == 2


def kind_of(reason: str) -> str:
    """A reason without what is of this one file in it."""
    return " ".join(_without_names(reason))[:110]


def _without_names(reason: str) -> Iterator[str]:
    reason = re.sub(r"\([^()]*\)|'[^']*'|\"[^\"]*\"", "(...)", reason)
    for word in reason.split():
        yield "N" if re.search(r"\d", word) else word
