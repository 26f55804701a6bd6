"""Writes the pictures of the lexicon, one for each shape and distribution, from synthetic breasts."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from annotator.phantom.term_pictures import CUTS, term_picture

FOLDER = Path(__file__).parent.parent / "annotator" / "lexicon" / "pictures"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for kind, term_id in CUTS:
        path = FOLDER / f"{kind}-{term_id}.png"
        Image.fromarray(term_picture(kind, term_id)).save(path, optimize=True)
        print(path.relative_to(FOLDER.parent.parent.parent), path.stat().st_size)  # noqa: T201


if __name__ == "__main__":
    main()
