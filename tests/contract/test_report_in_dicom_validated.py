"""What an independent validator says of a report in DICOM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.exchange.encapsulated import PagesInDicom, PdfInDicom
from tests.contract.dciodvfy import complaints
from tests.written_readings import matrix

# a page has no side, which it may not leave out (then it is an error)
KNOWN = ("attribute <Laterality>",)


@pytest.mark.parametrize("identified", [False, True])
@pytest.mark.parametrize("case", ["several views", "tomosynthesis frame", "non-Latin", "described"])
def test_an_independent_validator_finds_nothing(tmp_path: Path, case: str, *, identified: bool) -> None:
    outgoing = matrix(tmp_path / "made", identified=identified)[case]
    pages = [np.full((21, 17, 3), shade, np.uint8) for shade in (200, 250)]
    forms = (
        (PdfInDicom(b"%PDF-1.4 x", "Report"), "EncapsulatedPDF"),
        (PagesInDicom(pages, "Report"), "SCImage"),
    )
    for form, kind in forms:
        for path in form.write(outgoing, tmp_path):
            found = complaints(path, kind)
            assert [line for line in found if not any(known in line for known in KNOWN)] == []
